/* What the HTTP server in a container answers; used by the NodePorts, port-forward and wget. */
#ifndef CONFED_CLUSTER_POD_HTTP_H
#define CONFED_CLUSTER_POD_HTTP_H

#include "harness/core/buf.h"

#include "mocks/cluster/pod.h"

struct pod_http_request {
    const char *method, *path;         /* path with its query */
    const char *host, *agent, *remote; /* NULL: unknown */
};

/* The container that serves HTTP at the port (0: at any), or NULL: connection refused. */
struct container *pod_http_server(struct pod *p, uint16_t port);
/* Answers and writes the access log. Returns the status; the body is appended; *ret_type static. */
int pod_http_answer(struct container *k, const struct pod_http_request *r, struct buf *body,
                    const char **ret_type);

/* A GET from inside the cluster to url: a service's cluster IP, a pod's address, or else the
 * world (ops->http_get). host names are not resolved here. 0: nobody answers. */
int pod_http_fetch(struct cluster *c, const char *ip, int64_t port, const char *path,
                   const struct pod_http_request *r, struct buf *body);

#endif
