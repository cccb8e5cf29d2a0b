/*
 * Gathers what a truth table (harness/model/truth.h) is made of: the objects of the federation, its
 * host and its members through their APIs, the records in the provider's etcd, and the answers of
 * the zone's server and of each cluster's DNS. A cluster's DNS is inside of it: it is asked over
 * TCP through `kubectl port-forward`, unless somebody says at which address it can be reached.
 *
 * Nothing here is a failure: what could not be seen is in the evidence, with the reason.
 */
#ifndef CONFED_DRIVER_TRUTH_GATHER_H
#define CONFED_DRIVER_TRUTH_GATHER_H

#include "harness/driver/ask.h"

struct truth_gather;
/*
 * args (borrowed, outlives it): service, namespace, federation_context, host_context, clusters[],
 * zone_server ("address[:port]"), etcd (URL), dns {cluster: "address[:port]"}, forms[], types[],
 * askers[]; all but service optional. done is called once, from the loop, with the table
 * (borrowed).
 */
struct truth_gather *truth_gather_start(const struct ask_place *place, const json_t *args,
                                        int64_t timeout_ms,
                                        void (*done)(void *self, const json_t *table), void *self);
void truth_gather_free(struct truth_gather *g); /* ends its port-forwards; also before done */

/*
 * Where the provider's file is: the secret that the controller manager among deployments (a list of
 * the API) names; and the value of one of its keys ("etcd-endpoints"). Owned; NULL when not there.
 */
char *truth_provider_secret(const json_t *deployments);
char *truth_provider_entry(const json_t *secret, const char *key);

#endif
