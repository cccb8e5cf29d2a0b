/*
 * The cluster controller: every 40 s a look at each cluster, /healthz and nodes, from which come
 * its conditions, zones and region. Its client is made when it is first looked at, from the secret
 * that its spec names, and kept: a token that is changed later, or another address, is not noticed.
 * A secret that is not there is waited for, a minute long; without a client there is no status. An
 * answer is waited for without end, and the clusters behind that one with it.
 *
 * Source: federation/pkg/federation-controller/cluster/clustercontroller.go, cluster_client.go,
 * util/cluster_util.go.
 */
#ifndef CONFED_FEDERATION_HEALTH_H
#define CONFED_FEDERATION_HEALTH_H

#include "mocks/federation/state.h"

void health_start(struct federation *f);
void health_stop(struct federation *f);

#endif
