/* The joined clusters: which there are, and requests to them. How they are is health.h's. */
#ifndef CONFED_FEDERATION_CLUSTERS_H
#define CONFED_FEDERATION_CLUSTERS_H

#include "mocks/federation/state.h"

void clusters_start(struct federation *f);
void clusters_stop(struct federation *f);
struct fed_cluster *clusters_find(const struct federation *f, const char *name);
/* The one that the Cluster object stands for, new if it was not known as that before. */
struct fed_cluster *clusters_know(struct federation *f, const json_t *object);
/* Ends its client, with what that watched. */
void clusters_leave(struct fed_cluster *c);
/* The address in a Cluster object; borrowed, NULL when there is none. */
const char *clusters_server(const json_t *object);
/* For loops: the cluster in the slot, NULL when there is none. */
static inline struct fed_cluster *clusters_at(const struct federation *f, size_t slot) {
    return f->clusters[slot];
}
/* A request to the member; 0 when it cannot be reached, negative as in federation.h. *ret_body
 * owned, may be NULL. */
int clusters_ask(struct fed_cluster *c, const struct member_request *request, json_t **ret_body);
/* The same with MEMBER_NOW. */
int clusters_call(struct fed_cluster *c, const char *method, const char *target, const json_t *body,
                  json_t **ret_body);

#endif
