/*
 * What is divided among the clusters: the replicas of replica sets and deployments, parallelism and
 * completions of jobs, the limits of autoscalers; and the sum of what runs.
 */
#ifndef CONFED_FEDERATION_REPLICAS_H
#define CONFED_FEDERATION_REPLICAS_H

#include "mocks/federation/state.h"

struct replicas_plan {
    struct {
        const char *field; /* of spec; NULL: the object has none such */
        int64_t *by_slot;  /* -1 where the object is not to be planned; 0 in the first: no copy */
    } parts[2];
};

/* Owned. Reads pods of members whose copy is not settled. */
struct replicas_plan *replicas_plan(struct fed_object *o, const json_t *federated);
void replicas_plan_free(struct replicas_plan *p);
/* Writes the sum of the ready members' statuses into the federation; an HTTP status. */
int replicas_write_status(struct fed_object *o, const json_t *federated);

#endif
