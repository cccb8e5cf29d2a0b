/*
 * The network between a pod and DNS servers: real packets to the sockets of the plane. The address
 * of the service kube-dns leads to the cluster's own server, as kube-proxy's rules do; a machine's
 * address and an open port lead to what listens there. A server of our own answers before the pod
 * goes on, so that the world's clock cannot run out while the loop has not turned.
 */
#ifndef CONFED_SIM_POD_DNS_H
#define CONFED_SIM_POD_DNS_H

#include "mocks/sim/site.h"

/* Fills in the dns_ functions of the site's cluster_ops, whose self is the site. */
void pod_dns_install(struct site *s);

#endif
