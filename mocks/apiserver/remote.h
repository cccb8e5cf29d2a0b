/*
 * What reaches into a running pod: exec, attach, port-forward and log, between a client's
 * connection and a kubelet. exec and attach speak SPDY/3.1 (channel.k8s.io, v2 to v4) and WebSocket
 * (channel.k8s.io, v4, v5, and base64 forms); port-forward speaks SPDY/3.1, plain and tunnelled
 * through a WebSocket as kubectl does since 1.31.
 *
 * The API server has checked who asks, and that pod and container exist; here the parameters and
 * the upgrade are checked as a kubelet does. A process is started before the answer, so that what a
 * kubelet refuses is an HTTP status: ERR_NOT_FOUND 404, ERR_STATE and ERR_USAGE 400, else 500.
 */
#ifndef CONFED_APISERVER_REMOTE_H
#define CONFED_APISERVER_REMOTE_H

#include "mocks/apiserver/kubelet.h"
#include "mocks/serve/http.h"

struct remote_options {
    const struct kubelet_ops *kubelet; /* borrowed until the exchange has ended */
    struct kubelet_request request;    /* borrowed for the call; of the pod a reference is kept */
    bool no_websocket_v5;              /* as before Kubernetes 1.29 */
};

/* Answers x: an error, or an upgrade that lives until either side ends it. EXEC, ATTACH and
 * PORT_FORWARD. */
void remote_handle(const struct remote_options *o, struct http_exchange *x);
/* Answers x with a log, streamed while the process runs. */
void remote_log(const struct remote_options *o, struct http_exchange *x);

#endif
