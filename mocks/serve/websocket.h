/*
 * The server's side of RFC 6455 without sockets: the handshake's headers and the frames. Pings are
 * answered, fragments joined, masks checked; what breaks the protocol closes with the code that
 * fits. The websocket must not be freed from its own callbacks.
 */
#ifndef CONFED_SERVE_WEBSOCKET_H
#define CONFED_SERVE_WEBSOCKET_H

#include "harness/core/mem.h"
#include "mocks/serve/http.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether the request asks for a WebSocket at all (then websocket_check says if it may). */
bool websocket_is_asked_for(const struct http_request *r);
/* NULL, or what is wrong with the handshake (400); borrowed. */
const char *websocket_check(const struct http_request *r);
/* Adds Upgrade, Sec-WebSocket-Accept and, unless NULL, the protocol. The request was checked. */
void websocket_answer(const struct http_request *r, const char *protocol, struct http_headers *ret);
/*
 * The first protocol of the client's list that is supported, borrowed from supported. NULL with
 * *ret_offered false: the client names none; with true: none of them is supported.
 */
const char *websocket_select(const struct http_request *r, const char *const *supported,
                             size_t count, bool *ret_offered);

enum { WEBSOCKET_MESSAGE_MAX = 4 << 20 };

enum websocket_code {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_BAD_TEXT = 1007,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_INTERNAL_ERROR = 1011,
};

struct websocket_ops {
    void (*write)(void *self, const void *data, size_t len); /* to the client */
    void (*on_message)(void *self, bool text, const void *data, size_t len);
    /* The client closed or broke the protocol; our close frame is written. Once. */
    void (*on_close)(void *self, int code);
};

struct websocket;
struct websocket *websocket_new(const struct websocket_ops *ops, void *self);
void websocket_free(struct websocket *w);
DEFINE_OWNED(struct websocket, websocket)

void websocket_feed(struct websocket *w, const void *data, size_t len);
void websocket_send(struct websocket *w, bool text, const void *data, size_t len);
/* Sends the close frame; nothing is sent or received after it. */
void websocket_close(struct websocket *w, enum websocket_code code, const char *reason);

#endif
