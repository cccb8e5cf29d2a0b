/* What the copies of a federated job say, added up. */
#ifndef CONFED_FEDERATION_JOBS_H
#define CONFED_FEDERATION_JOBS_H

#include "mocks/federation/state.h"

/*
 * Writes it into the federation when it differs; an HTTP status. Pods are added up, the first start
 * and the last completion count, and of the conditions one: the last failure, else the last
 * completion, so that one member that has completed makes the whole look complete.
 *
 * Source: federation/pkg/federation-controller/job/jobcontroller.go of Kubernetes 1.8.
 */
int jobs_write_status(struct fed_object *o, const json_t *federated);

#endif
