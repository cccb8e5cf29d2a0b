/* One exec or attach: a process of a kubelet, bound to the channels of a client. */
#ifndef CONFED_APISERVER_REMOTE_EXEC_H
#define CONFED_APISERVER_REMOTE_EXEC_H

#include "mocks/apiserver/remote.h"

struct remote_protocol {
    const char *name; /* as agreed; NULL: none was named */
    int version;      /* 1 to 5 */
    bool websocket, base64;
};

/* Starts the process and answers x: an error, or 101 with headers. */
void remote_exec(const struct remote_options *o, const struct remote_protocol *protocol,
                 const struct http_headers *headers, struct http_exchange *x);

#endif
