/* port-forward: one kubelet process for each connection that a client forwards. */
#ifndef CONFED_APISERVER_REMOTE_FORWARD_H
#define CONFED_APISERVER_REMOTE_FORWARD_H

#include "mocks/apiserver/remote.h"

/* Answers x with 101 and headers; in a WebSocket, its binary messages carry the SPDY bytes. */
void remote_forward(const struct remote_options *o, bool in_websocket,
                    const struct http_headers *headers, struct http_exchange *x);

#endif
