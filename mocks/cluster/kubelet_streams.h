/* What a container tells the kubelet's open streams (attach, logs -f). */
#ifndef CONFED_CLUSTER_KUBELET_STREAMS_H
#define CONFED_CLUSTER_KUBELET_STREAMS_H

#include "mocks/cluster/container.h"

void kubelet_attached_output(struct container *k, int fd, const void *data, size_t len);
/* The container ended: its streams end from a timer. */
void kubelet_end_streams(struct container *k);
/* The cluster goes: what is still ending ends now. */
void kubelet_release(struct cluster *c);

#endif
