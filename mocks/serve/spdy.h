/*
 * The server's side of SPDY/3.1 without sockets, as far as Kubernetes uses it for exec, attach and
 * port-forward: the client opens streams, data flows both ways (draft-mbelshe-httpbis-spdy-00).
 *
 *     spdy_feed(s, data, len)        bytes of the client; calls on_stream, on_data, ...
 *     spdy_reply(s, id)              must come before the first data of ours
 *     spdy_data(s, id, data, len)    queued while the stream's window is closed
 *     spdy_fin(s, id)                our half is done, behind what is queued
 *
 * Kubernetes' own client (docker/spdystream) sends no WINDOW_UPDATE and heeds none: windows bind us
 * only from the client's first WINDOW_UPDATE or SETTINGS_INITIAL_WINDOW_SIZE on; we give credit for
 * all that we read. A frame that breaks the protocol ends the session with GOAWAY and on_failed.
 * The session must not be freed from its own callbacks.
 */
#ifndef CONFED_SERVE_SPDY_H
#define CONFED_SERVE_SPDY_H

#include "harness/core/mem.h"
#include "mocks/serve/http.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SPDY_STREAMS_MAX = 256,       /* open at once; more are refused */
    SPDY_CONTROL_MAX = 64 << 10,  /* a control frame */
    SPDY_HEADERS_MAX = 256 << 10, /* a header block, inflated */
    SPDY_QUEUE_MAX = 64 << 20,    /* queued for one stream; then it is reset */
};

enum spdy_reset {
    SPDY_PROTOCOL_ERROR = 1,
    SPDY_INVALID_STREAM = 2,
    SPDY_REFUSED = 3,
    SPDY_CANCEL = 5,
    SPDY_INTERNAL_ERROR = 6,
    SPDY_FLOW_CONTROL_ERROR = 7
};

struct spdy_ops {
    void (*write)(void *self, const void *data, size_t len); /* to the client */
    void (*on_stream)(void *self, uint32_t id, const struct http_headers *headers); /* borrowed */
    void (*on_data)(void *self, uint32_t id, const void *data, size_t len);
    void (*on_fin)(void *self, uint32_t id);            /* the client's half is done */
    void (*on_reset)(void *self, uint32_t id);          /* the stream is gone */
    void (*on_failed)(void *self, const char *problem); /* the session is; once */
};

struct spdy;
struct spdy *spdy_new(const struct spdy_ops *ops, void *self);
void spdy_free(struct spdy *s);
DEFINE_OWNED(struct spdy, spdy)

void spdy_feed(struct spdy *s, const void *data, size_t len);
/* These ignore streams that are gone. */
void spdy_reply(struct spdy *s, uint32_t id);
void spdy_data(struct spdy *s, uint32_t id, const void *data, size_t len);
void spdy_fin(struct spdy *s, uint32_t id);
void spdy_reset(struct spdy *s, uint32_t id, enum spdy_reset why);
void spdy_goaway(struct spdy *s); /* no new streams from now on */

size_t spdy_streams(const struct spdy *s); /* open ones */
size_t spdy_backlog(const struct spdy *s); /* bytes that wait for windows */

#endif
