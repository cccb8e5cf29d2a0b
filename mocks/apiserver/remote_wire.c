#include "mocks/apiserver/remote_wire.h"

#include "harness/core/base64.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/serve/spdy.h"
#include "mocks/serve/websocket.h"

#include <stdlib.h>
#include <string.h>

enum {
    BACKLOG_MAX = 64 << 20, /* unread output before a client is given up */
    CLOSE_SIGNAL = 255,     /* WebSocket v5 */
};

static const char *const channel_names[REMOTE_CHANNELS] = {"stdin", "stdout", "stderr", "error",
                                                           "resize"};

struct remote_wire {
    struct remote_wire_options o;
    struct http_tunnel *tunnel;
    struct spdy *spdy;
    struct websocket *websocket;
    uint32_t streams[REMOTE_CHANNELS];   /* SPDY ids; 0: not open */
    struct buf waiting[REMOTE_CHANNELS]; /* output until all channels are open */
    bool attached;                       /* the session still looks at it */
    bool finishing, feeding, dead, overrun;
};

static void wire_free(struct remote_wire *w) {
    if (w->feeding) { /* by on_data, on its way out */
        w->dead = true;
        return;
    }
    for (size_t i = 0; i < REMOTE_CHANNELS; i++)
        buf_release(&w->waiting[i]);
    spdy_free(w->spdy);
    websocket_free(w->websocket);
    free(w);
}

static void tell_gone(struct remote_wire *w) {
    if (!w->attached)
        return;
    w->attached = false;
    w->o.ops->on_gone(w->o.self);
}

static void close_tunnel(struct remote_wire *w) {
    struct http_tunnel *t = w->tunnel;
    if (!t)
        return;
    w->tunnel = NULL;
    t->ops->close(t);
    wire_free(w);
}

static void write_tunnel(void *self, const void *data, size_t len) {
    struct remote_wire *w = self;
    if (w->tunnel)
        w->tunnel->ops->write(w->tunnel, data, len);
}

static void input(struct remote_wire *w, enum remote_channel channel, const void *data,
                  size_t len) {
    if (w->attached && len > 0 && (channel == REMOTE_STDIN || channel == REMOTE_RESIZE))
        w->o.ops->on_input(w->o.self, channel, data, len);
}

static void input_end(struct remote_wire *w, enum remote_channel channel) {
    if (w->attached && channel == REMOTE_STDIN)
        w->o.ops->on_input_end(w->o.self, channel);
}

static bool channel_of(const struct remote_wire *w, uint32_t id, enum remote_channel *ret) {
    for (unsigned i = 0; i < REMOTE_CHANNELS; i++) {
        if (w->streams[i] == id) {
            *ret = (enum remote_channel)i;
            return true;
        }
    }
    return false;
}

static bool all_open(const struct remote_wire *w) {
    for (size_t i = 0; i < REMOTE_CHANNELS; i++)
        if (w->o.wanted[i] && w->streams[i] == 0)
            return false;
    return true;
}

/*
 * The connection stays until the client closes it: its SPDY library drops what it has queued and
 * not yet read when the connection ends first (docker/spdystream, Connection.Serve).
 */
static void finish_spdy(struct remote_wire *w) {
    for (size_t i = 0; i < REMOTE_CHANNELS; i++)
        if (w->streams[i])
            spdy_fin(w->spdy, w->streams[i]);
}

/*
 * Not before all streams are open: until then kubectl reads none of them, and a full queue for one
 * would keep it from seeing the reply that opens the next.
 */
static void send_waiting(struct remote_wire *w) {
    for (size_t i = 0; i < REMOTE_CHANNELS; i++) {
        spdy_data(w->spdy, w->streams[i], w->waiting[i].data, w->waiting[i].len);
        buf_release(&w->waiting[i]);
    }
    if (w->finishing)
        finish_spdy(w);
}

static void on_stream(void *self, uint32_t id, const struct http_headers *headers) {
    struct remote_wire *w = self;
    const char *type = http_headers_get(headers, "streamtype");
    unsigned i = 0;
    while (i < REMOTE_CHANNELS && !str_eq(type, channel_names[i]))
        i++;
    if (i == REMOTE_CHANNELS || w->streams[i] != 0) {
        spdy_reset(w->spdy, id, SPDY_REFUSED);
        return;
    }
    spdy_reply(w->spdy, id);
    w->streams[i] = id;
    if (all_open(w))
        send_waiting(w);
}

static void on_stream_data(void *self, uint32_t id, const void *data, size_t len) {
    enum remote_channel channel;
    if (channel_of(self, id, &channel))
        input(self, channel, data, len);
}

static void on_stream_fin(void *self, uint32_t id) {
    enum remote_channel channel;
    if (channel_of(self, id, &channel))
        input_end(self, channel);
}

static void on_stream_reset(void *self, uint32_t id) {
    on_stream_fin(self, id);
}

static void on_spdy_failed(void *self, const char *problem) {
    (void)problem;
    tell_gone(self);
    close_tunnel(self);
}

static const struct spdy_ops spdy_callbacks = {
    .write = write_tunnel,
    .on_stream = on_stream,
    .on_data = on_stream_data,
    .on_fin = on_stream_fin,
    .on_reset = on_stream_reset,
    .on_failed = on_spdy_failed,
};

static void on_channel_message(struct remote_wire *w, unsigned channel, const void *data,
                               size_t len) {
    const unsigned char *bytes = data;
    if (channel == CLOSE_SIGNAL && w->o.half_close && len == 1 && bytes[0] < REMOTE_CHANNELS)
        input_end(w, (enum remote_channel)bytes[0]);
    else if (channel < REMOTE_CHANNELS && w->o.wanted[channel])
        input(w, (enum remote_channel)channel, data, len);
}

static void on_message(void *self, bool text, const void *data, size_t len) {
    struct remote_wire *w = self;
    (void)text;
    const char *bytes = data;
    if (len == 0)
        return;
    if (!w->o.base64) {
        on_channel_message(w, (unsigned char)bytes[0], bytes + 1, len - 1);
        return;
    }
    size_t decoded_len = 0;
    char *decoded = base64_decode(bytes + 1, &decoded_len);
    if (decoded)
        on_channel_message(w, (unsigned)(bytes[0] - '0'), decoded, decoded_len);
    free(decoded); /* what is not base64 is not input */
}

static void on_websocket_close(void *self, int code) {
    (void)code;
    tell_gone(self);
    close_tunnel(self);
}

static const struct websocket_ops websocket_callbacks = {
    .write = write_tunnel, .on_message = on_message, .on_close = on_websocket_close};

static void on_tunnel_data(void *self, const void *data, size_t len) {
    struct remote_wire *w = self;
    w->feeding = true;
    if (w->spdy)
        spdy_feed(w->spdy, data, len);
    else
        websocket_feed(w->websocket, data, len);
    w->feeding = false;
    if (w->dead)
        wire_free(w);
}

static void on_tunnel_closed(void *self) {
    struct remote_wire *w = self;
    w->tunnel = NULL;
    tell_gone(w);
    wire_free(w);
}

static void send_message(struct remote_wire *w, enum remote_channel channel, const void *data,
                         size_t len) {
    struct buf message = BUF_INIT;
    buf_addc(&message, (char)(w->o.base64 ? '0' + (int)channel : (int)channel));
    if (w->o.base64) {
        char *encoded = base64_encode(data, len);
        buf_adds(&message, encoded);
        free(encoded);
    } else {
        buf_add(&message, data, len);
    }
    websocket_send(w->websocket, w->o.base64, message.data, message.len);
    buf_release(&message);
}

struct remote_wire *remote_wire_new(struct http_tunnel *t, const struct remote_wire_options *o) {
    struct remote_wire *w = xcalloc(1, sizeof(*w));
    w->o = *o;
    w->tunnel = t;
    w->attached = true;
    for (size_t i = 0; i < REMOTE_CHANNELS; i++)
        w->waiting[i] = (struct buf)BUF_INIT_LIMIT(BACKLOG_MAX);
    t->on_data = on_tunnel_data;
    t->on_closed = on_tunnel_closed;
    t->self = w;
    if (!o->websocket) {
        w->spdy = spdy_new(&spdy_callbacks, w);
        return w;
    }
    w->websocket = websocket_new(&websocket_callbacks, w);
    /* An empty message tells the client that the connection stands, as the kubelet's does. */
    send_message(w,
                 o->wanted[REMOTE_STDOUT]   ? REMOTE_STDOUT
                 : o->wanted[REMOTE_STDERR] ? REMOTE_STDERR
                                            : REMOTE_ERROR,
                 "", 0);
    return w;
}

static bool too_slow(const struct remote_wire *w, enum remote_channel channel) {
    size_t backlog = w->tunnel->ops->backlog(w->tunnel);
    if (w->spdy)
        backlog += spdy_backlog(w->spdy);
    return backlog > BACKLOG_MAX || buf_failed(&w->waiting[channel]);
}

static void send_output(struct remote_wire *w, enum remote_channel channel, const void *data,
                        size_t len) {
    if (!w->tunnel || !w->o.wanted[channel] || len == 0)
        return;
    if (w->websocket)
        send_message(w, channel, data, len);
    else if (all_open(w))
        spdy_data(w->spdy, w->streams[channel], data, len);
    else
        buf_add(&w->waiting[channel], data, len);
}

/* The process is in the middle of its output: it cannot be killed from here. */
void remote_wire_output(struct remote_wire *w, enum remote_channel channel, const void *data,
                        size_t len) {
    if (w->overrun)
        return;
    send_output(w, channel, data, len);
    w->overrun = w->tunnel && too_slow(w, channel);
}

void remote_wire_finish(struct remote_wire *w, const char *status) {
    w->attached = false;
    w->finishing = true;
    send_output(w, REMOTE_ERROR, status ? status : "", status ? strlen(status) : 0);
    if (w->overrun) { /* the output has a hole: it must not end as if it were whole */
        close_tunnel(w);
    } else if (w->websocket) {
        websocket_close(w->websocket, WEBSOCKET_NORMAL, "");
        close_tunnel(w);
    } else if (all_open(w)) {
        finish_spdy(w);
    }
}
