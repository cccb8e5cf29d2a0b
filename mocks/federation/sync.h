/* Brings the members' copies of a federated object in line with it. */
#ifndef CONFED_FEDERATION_SYNC_H
#define CONFED_FEDERATION_SYNC_H

#include "mocks/federation/state.h"

/* One pass over the object; plans its own retry. May remove and free o. */
void sync_object(struct fed_object *o);

/* The copy to be: name, labels, annotations and content, without status; owned. */
json_t *sync_desired(const struct kind *k, const json_t *federated);
/*
 * Whether the object shall be in the cluster (cluster selector annotation). Namespaces heed it
 * since they have the same controller as the rest; before, they were in every cluster.
 */
bool sync_wants_cluster(const struct federation *f, const struct kind *k, const json_t *federated,
                        const struct fed_cluster *c);
/* PUT of the object or a subresource (or NULL) into the federation, whose echo is not taken for
 * a change by somebody else. *ret_answer may be NULL. */
int sync_put(struct fed_object *o, const json_t *federated, const char *sub, json_t **ret_answer);
/* Writes status into the federation when it differs; returns the HTTP status or 200. */
int sync_put_status(struct fed_object *o, const json_t *federated, json_t *status);

/* The object has a deletionTimestamp. Returns whether all is done; else a retry is needed. */
bool deletion_run(struct fed_object *o, const json_t *federated);

#endif
