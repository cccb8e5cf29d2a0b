#include "mocks/serve/spdy.h"

#include "mocks/serve/spdy_headers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_HEAD = 8,
    INITIAL_WINDOW = 64 << 10,
    CREDIT_STEP = 32 << 10, /* read bytes before credit is given */
    DATA_MAX = 32 << 10,    /* of one of our frames */
    FLAG_FIN = 1,
    FLAG_UNIDIRECTIONAL = 2,
    SETTING_INITIAL_WINDOW = 7,
};

enum frame_type {
    SYN_STREAM = 1,
    SYN_REPLY = 2,
    RST_STREAM = 3,
    SETTINGS = 4,
    PING = 6,
    GOAWAY = 7,
    HEADERS = 8,
    WINDOW_UPDATE = 9,
};

struct stream {
    uint32_t id;
    bool client_done, we_done, fin_queued;
    int64_t window; /* what we may send */
    uint32_t uncredited;
    struct buf queue;
};

struct spdy {
    const struct spdy_ops *ops;
    void *self;
    bool failed, going_away, peer_flows;
    struct spdy_inflater *inflater;
    struct spdy_deflater *deflater;

    struct stream *streams;
    size_t count, cap;
    uint32_t last_id;
    int64_t window; /* of the session */
    uint32_t uncredited, initial_window;

    unsigned char head[FRAME_HEAD];
    size_t head_len;
    struct buf payload;  /* of a control frame */
    size_t payload_left; /* of the frame that is being read */
};

static uint32_t get32(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(unsigned char *p, uint32_t value) {
    p[0] = (unsigned char)(value >> 24);
    p[1] = (unsigned char)(value >> 16);
    p[2] = (unsigned char)(value >> 8);
    p[3] = (unsigned char)value;
}

struct spdy *spdy_new(const struct spdy_ops *ops, void *self) {
    struct spdy *s = xcalloc(1, sizeof(*s));
    s->ops = ops;
    s->self = self;
    s->inflater = spdy_inflater_new();
    s->deflater = spdy_deflater_new();
    s->window = s->initial_window = INITIAL_WINDOW;
    s->payload = (struct buf)BUF_INIT_LIMIT(SPDY_CONTROL_MAX);
    return s;
}

void spdy_free(struct spdy *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        buf_release(&s->streams[i].queue);
    free(s->streams);
    spdy_inflater_free(s->inflater);
    spdy_deflater_free(s->deflater);
    buf_release(&s->payload);
    free(s);
}

static struct stream *find(const struct spdy *s, uint32_t id) {
    for (size_t i = 0; i < s->count; i++)
        if (s->streams[i].id == id)
            return &s->streams[i];
    return NULL;
}

static void forget(struct spdy *s, struct stream *stream) {
    buf_release(&stream->queue);
    *stream = s->streams[--s->count];
}

static void write_control(struct spdy *s, enum frame_type type, unsigned flags, const void *payload,
                          size_t len) {
    unsigned char head[FRAME_HEAD] = {0x80, 3, 0, (unsigned char)type};
    put32(head + 4, (uint32_t)len);
    head[4] = (unsigned char)flags;
    s->ops->write(s->self, head, sizeof(head));
    s->ops->write(s->self, payload, len);
}

static void write_pair(struct spdy *s, enum frame_type type, uint32_t first, uint32_t second) {
    unsigned char payload[8];
    put32(payload, first);
    put32(payload + 4, second);
    write_control(s, type, 0, payload, sizeof(payload));
}

static void fail(struct spdy *s, const char *problem) {
    if (s->failed)
        return;
    write_pair(s, GOAWAY, s->last_id, SPDY_PROTOCOL_ERROR);
    s->failed = true;
    s->ops->on_failed(s->self, problem);
}

static void write_data(struct spdy *s, uint32_t id, const void *data, size_t len, bool fin) {
    unsigned char head[FRAME_HEAD];
    put32(head, id);
    put32(head + 4, (uint32_t)len);
    head[4] = fin ? FLAG_FIN : 0;
    s->ops->write(s->self, head, sizeof(head));
    if (len)
        s->ops->write(s->self, data, len);
}

static size_t may_send(const struct spdy *s, const struct stream *stream) {
    if (!s->peer_flows)
        return DATA_MAX;
    int64_t room = stream->window < s->window ? stream->window : s->window;
    return room <= 0 ? 0 : room < DATA_MAX ? (size_t)room : DATA_MAX;
}

/* Sends what the windows allow; true: the stream is gone. */
static bool drain(struct spdy *s, struct stream *stream) {
    size_t at = 0, room;
    while (at < stream->queue.len && (room = may_send(s, stream)) > 0) {
        size_t len = stream->queue.len - at < room ? stream->queue.len - at : room;
        bool last = stream->fin_queued && at + len == stream->queue.len;
        write_data(s, stream->id, stream->queue.data + at, len, last);
        stream->window -= (int64_t)len;
        s->window -= (int64_t)len;
        stream->we_done |= last;
        at += len;
    }
    buf_consume(&stream->queue, at);
    if (stream->fin_queued && stream->queue.len == 0 && !stream->we_done) {
        write_data(s, stream->id, NULL, 0, true);
        stream->we_done = true;
    }
    if (!stream->we_done || !stream->client_done)
        return false;
    forget(s, stream);
    return true;
}

static void drain_all(struct spdy *s) {
    for (size_t i = 0; i < s->count;)
        i += drain(s, &s->streams[i]) ? 0 : 1;
}

void spdy_reply(struct spdy *s, uint32_t id) {
    if (s->failed || !find(s, id))
        return;
    struct buf payload = BUF_INIT;
    unsigned char bytes[4];
    put32(bytes, id);
    buf_add(&payload, bytes, sizeof(bytes));
    struct http_headers none = {0};
    spdy_deflater_run(s->deflater, &none, &payload);
    write_control(s, SYN_REPLY, 0, payload.data, payload.len);
    buf_release(&payload);
}

void spdy_data(struct spdy *s, uint32_t id, const void *data, size_t len) {
    struct stream *stream = s->failed ? NULL : find(s, id);
    if (!stream || stream->fin_queued)
        return;
    buf_add(&stream->queue, data, len);
    if (buf_failed(&stream->queue)) {
        spdy_reset(s, id, SPDY_FLOW_CONTROL_ERROR);
        s->ops->on_reset(s->self, id);
        return;
    }
    drain(s, stream);
}

void spdy_fin(struct spdy *s, uint32_t id) {
    struct stream *stream = s->failed ? NULL : find(s, id);
    if (!stream || stream->fin_queued)
        return;
    stream->fin_queued = true;
    drain(s, stream);
}

void spdy_reset(struct spdy *s, uint32_t id, enum spdy_reset why) {
    struct stream *stream = s->failed ? NULL : find(s, id);
    if (!stream)
        return;
    write_pair(s, RST_STREAM, id, why);
    forget(s, stream);
}

void spdy_goaway(struct spdy *s) {
    if (s->failed || s->going_away)
        return;
    s->going_away = true;
    write_pair(s, GOAWAY, s->last_id, 0);
}

size_t spdy_streams(const struct spdy *s) {
    return s->count;
}

size_t spdy_backlog(const struct spdy *s) {
    size_t sum = 0;
    for (size_t i = 0; i < s->count; i++)
        sum += s->streams[i].queue.len;
    return sum;
}

static void client_fin(struct spdy *s, uint32_t id) {
    struct stream *stream = find(s, id);
    if (!stream || stream->client_done)
        return;
    stream->client_done = true;
    s->ops->on_fin(s->self, id);
    stream = find(s, id);
    if (stream && stream->we_done)
        forget(s, stream);
}

static void add_stream(struct spdy *s, uint32_t id, unsigned flags) {
    s->streams = xgrow(s->streams, s->count, &s->cap, sizeof(*s->streams));
    s->streams[s->count++] = (struct stream){
        .id = id,
        .we_done = flags & FLAG_UNIDIRECTIONAL,
        .fin_queued = flags & FLAG_UNIDIRECTIONAL,
        .window = s->initial_window,
        .queue = BUF_INIT_LIMIT(SPDY_QUEUE_MAX),
    };
}

static void on_syn_stream(struct spdy *s, const unsigned char *p, size_t len, unsigned flags) {
    struct http_headers headers = {0};
    if (len < 10 || !spdy_inflater_run(s->inflater, p + 10, len - 10, &headers)) {
        http_headers_release(&headers);
        fail(s, "malformed SYN_STREAM");
        return;
    }
    uint32_t id = get32(p) & 0x7fffffff;
    if (id % 2 == 0 || id <= s->last_id) {
        http_headers_release(&headers);
        fail(s, "stream id out of order");
        return;
    }
    s->last_id = id;
    if (s->going_away || s->count == SPDY_STREAMS_MAX) {
        write_pair(s, RST_STREAM, id, SPDY_REFUSED);
    } else {
        add_stream(s, id, flags);
        s->ops->on_stream(s->self, id, &headers);
        if (flags & FLAG_FIN)
            client_fin(s, id);
    }
    http_headers_release(&headers);
}

/* Not expected from a client, but the compression's state must stay in step. */
static void on_late_headers(struct spdy *s, const unsigned char *p, size_t len, unsigned flags) {
    struct http_headers headers = {0};
    bool ok = len >= 4 && spdy_inflater_run(s->inflater, p + 4, len - 4, &headers);
    http_headers_release(&headers);
    if (!ok)
        fail(s, "malformed HEADERS");
    else if (flags & FLAG_FIN)
        client_fin(s, get32(p) & 0x7fffffff);
}

static void on_rst_stream(struct spdy *s, const unsigned char *p, size_t len) {
    if (len != 8) {
        fail(s, "malformed RST_STREAM");
        return;
    }
    struct stream *stream = find(s, get32(p) & 0x7fffffff);
    if (!stream)
        return;
    uint32_t id = stream->id;
    forget(s, stream);
    s->ops->on_reset(s->self, id);
}

static void on_settings(struct spdy *s, const unsigned char *p, size_t len) {
    if (len < 4 || (len - 4) / 8 < get32(p)) {
        fail(s, "malformed SETTINGS");
        return;
    }
    for (uint32_t i = 0; i < get32(p); i++) {
        const unsigned char *entry = p + 4 + (size_t)i * 8;
        uint32_t value = get32(entry + 4);
        if ((get32(entry) & 0xffffff) != SETTING_INITIAL_WINDOW || value > INT32_MAX)
            continue;
        for (size_t k = 0; k < s->count; k++)
            s->streams[k].window += (int64_t)value - s->initial_window;
        s->initial_window = value;
        s->peer_flows = true;
    }
    drain_all(s);
}

static void on_window_update(struct spdy *s, const unsigned char *p, size_t len) {
    if (len != 8) {
        fail(s, "malformed WINDOW_UPDATE");
        return;
    }
    uint32_t id = get32(p) & 0x7fffffff, delta = get32(p + 4) & 0x7fffffff;
    struct stream *stream = id ? find(s, id) : NULL;
    int64_t *window = id == 0 ? &s->window : stream ? &stream->window : NULL;
    s->peer_flows = true;
    if (!window)
        return;
    *window += delta;
    if (*window > INT32_MAX)
        fail(s, "window overflow");
    else
        drain_all(s);
}

static void on_ping(struct spdy *s, const unsigned char *p, size_t len) {
    if (len != 4)
        fail(s, "malformed PING");
    else if (p[3] & 1) /* the client's; even ones would answer ours */
        write_control(s, PING, 0, p, len);
}

static void on_control(struct spdy *s) {
    const unsigned char *p = (const unsigned char *)buf_str(&s->payload);
    size_t len = s->payload.len;
    unsigned flags = s->head[4];
    switch (s->head[2] << 8 | s->head[3]) {
    case SYN_STREAM:
        on_syn_stream(s, p, len, flags);
        break;
    case SYN_REPLY:
    case HEADERS:
        on_late_headers(s, p, len, flags);
        break;
    case RST_STREAM:
        on_rst_stream(s, p, len);
        break;
    case SETTINGS:
        on_settings(s, p, len);
        break;
    case PING:
        on_ping(s, p, len);
        break;
    case GOAWAY:
        if (len != 8)
            fail(s, "malformed GOAWAY");
        break;
    case WINDOW_UPDATE:
        on_window_update(s, p, len);
        break;
    default: /* unknown frames are skipped (2.2.1) */
        break;
    }
}

static void give_credit(struct spdy *s, uint32_t id, uint32_t *uncredited, size_t len) {
    *uncredited += (uint32_t)len;
    if (*uncredited < CREDIT_STEP)
        return;
    write_pair(s, WINDOW_UPDATE, id, *uncredited);
    *uncredited = 0;
}

static void on_data(struct spdy *s, const void *data, size_t len) {
    uint32_t id = get32(s->head);
    struct stream *stream = find(s, id);
    give_credit(s, 0, &s->uncredited, len);
    if (!stream || stream->client_done)
        return;
    give_credit(s, id, &stream->uncredited, len);
    s->ops->on_data(s->self, id, data, len);
}

/* The frame's head is whole. */
static void begin_frame(struct spdy *s) {
    s->payload_left = get32(s->head + 4) & 0xffffff;
    buf_clear(&s->payload);
    if (s->head[0] & 0x80) {
        if ((s->head[0] & 0x7f) != 0 || s->head[1] != 3)
            fail(s, "not SPDY version 3");
        else if (s->payload_left > SPDY_CONTROL_MAX)
            fail(s, "control frame too large");
    } else if (!find(s, get32(s->head)) && get32(s->head) > s->last_id) {
        fail(s, "data for a stream that was never opened");
    }
}

static void end_frame(struct spdy *s) {
    s->head_len = 0;
    if (s->head[0] & 0x80)
        on_control(s);
    else if (s->head[4] & FLAG_FIN)
        client_fin(s, get32(s->head));
}

void spdy_feed(struct spdy *s, const void *data, size_t len) {
    const unsigned char *p = data;
    while (len > 0 && !s->failed) {
        if (s->head_len < FRAME_HEAD) {
            s->head[s->head_len++] = *p++;
            len--;
            if (s->head_len < FRAME_HEAD)
                continue;
            begin_frame(s);
        } else {
            size_t take = len < s->payload_left ? len : s->payload_left;
            if (s->head[0] & 0x80)
                buf_add(&s->payload, p, take);
            else
                on_data(s, p, take);
            p += take;
            len -= take;
            s->payload_left -= take;
        }
        if (s->payload_left == 0 && !s->failed)
            end_frame(s);
    }
}
