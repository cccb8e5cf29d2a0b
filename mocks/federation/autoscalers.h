/*
 * Federated horizontal pod autoscalers: their limits, divided among the clusters and moved one at a
 * time to where they are used, and the sum of what the copies say.
 *
 * Source: federation/pkg/federatedtypes/hpa.go of Kubernetes 1.8. The real one takes clusters in
 * the order of Go's maps, so that what nobody needs wanders about; here the order is that of the
 * rows, and it stays where it is. Where the real one would look for a place for ever, the rest
 * stays undivided.
 */
#ifndef CONFED_FEDERATION_AUTOSCALERS_H
#define CONFED_FEDERATION_AUTOSCALERS_H

#include "mocks/federation/state.h"

struct autoscaler_part { /* of one cluster */
    bool exists;         /* there is a copy; the rest up to the results is what it says */
    int64_t min, max;    /* spec; min -1: not set */
    int64_t current, desired;
    bool scaled;  /* status.lastScaleTime is set */
    bool settled; /* and that is two minutes ago: limits may be moved */
    /* Results. */
    bool has; /* there is to be a copy */
    int64_t planned_min, planned_max;
};

/* Divides the limits of the federated object. */
void autoscalers_divide(int64_t min, int64_t max, struct autoscaler_part *parts, size_t count);

/* What is known of the copy. */
struct autoscaler_part autoscalers_part(const struct federation *f, const struct shard *s);
/* Writes the sum of the ready members' statuses into the federation; an HTTP status. */
int autoscalers_write_status(struct fed_object *o, const json_t *federated);

#endif
