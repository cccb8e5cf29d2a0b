/* The joined clusters: polled every 40 s, Ready, NotReady or Offline, with zones from their nodes.
 */
#ifndef CONFED_FEDERATION_CLUSTERS_H
#define CONFED_FEDERATION_CLUSTERS_H

#include "mocks/federation/state.h"

void clusters_start(struct federation *f);
void clusters_stop(struct federation *f);
struct fed_cluster *clusters_find(const struct federation *f, const char *name);
/* For loops: the cluster in the slot, NULL when there is none. */
static inline struct fed_cluster *clusters_at(const struct federation *f, size_t slot) {
    return f->clusters[slot];
}
/* A request to the member; 0 when it cannot be reached. *ret_body owned, may be NULL. */
int clusters_call(struct fed_cluster *c, const char *method, const char *target, const json_t *body,
                  json_t **ret_body);

#endif
