/* Which pod answers behind a service; the controller's functions are in controllers.h. */
#ifndef CONFED_CLUSTER_ENDPOINTS_H
#define CONFED_CLUSTER_ENDPOINTS_H

#include "mocks/cluster/state.h"

struct pod;

/* A ready pod of the service filed under key ("clusterip:10.152.183.7", "nodeport:TCP:30080"),
 * picked in turn; NULL: nothing there. */
struct pod *endpoints_pick(struct cluster *c, const char *key, int64_t port, const char *protocol,
                           bool by_node_port, uint16_t *ret_target_port);

#endif
