/*
 * The channels of exec and attach over an upgraded connection, SPDY streams or WebSocket messages:
 * the session above does not see which. The wire owns itself: it lives until its tunnel is closed;
 * the session leaves it with remote_wire_finish() or is told on_gone, once, and must not use it
 * afterwards.
 */
#ifndef CONFED_APISERVER_REMOTE_WIRE_H
#define CONFED_APISERVER_REMOTE_WIRE_H

#include "mocks/serve/http.h"

enum remote_channel {
    REMOTE_STDIN,
    REMOTE_STDOUT,
    REMOTE_STDERR,
    REMOTE_ERROR,
    REMOTE_RESIZE,
    REMOTE_CHANNELS,
};

struct remote_wire_ops {
    void (*on_input)(void *self, enum remote_channel channel, const void *data, size_t len);
    void (*on_input_end)(void *self, enum remote_channel channel);
    void (*on_gone)(void *self); /* the client left or broke the protocol */
};

struct remote_wire_options {
    const struct remote_wire_ops *ops;
    void *self;
    bool wanted[REMOTE_CHANNELS]; /* the client opens or reads these */
    bool websocket;
    bool base64;     /* WebSocket: text messages, channel as a digit, data as base64 */
    bool half_close; /* WebSocket v5: channel 255 closes one */
};

struct remote_wire;
/* t is borrowed until it is closed. */
struct remote_wire *remote_wire_new(struct http_tunnel *t, const struct remote_wire_options *o);
/* Kept until the client has opened all channels. Dropped, with all that follows, when the client
 * reads too slowly. */
void remote_wire_output(struct remote_wire *w, enum remote_channel channel, const void *data,
                        size_t len);
/* The last word, on the error channel (NULL: none): then the channels are closed, and the
 * connection. on_gone is not called any more. */
void remote_wire_finish(struct remote_wire *w, const char *status);

#endif
