/* Replica sets, deployments and jobs: how many replicas where, and the sum of what runs. */
#ifndef CONFED_FEDERATION_REPLICAS_H
#define CONFED_FEDERATION_REPLICAS_H

#include "mocks/federation/state.h"

/* Planned replicas by cluster slot, -1 where the object is not to be planned; owned. Reads pods of
 * members whose copy is not settled. */
int64_t *replicas_plan(struct fed_object *o, const json_t *federated);
/* Writes the sum of the ready members' statuses into the federation; an HTTP status. */
int replicas_write_status(struct fed_object *o, const json_t *federated);

#endif
