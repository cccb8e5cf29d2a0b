#include "mocks/serve/http_connection.h"

#include "harness/core/clock.h"
#include "mocks/serve/http_codec.h"
#include "mocks/serve/http_response.h"
#include "mocks/serve/socket.h"
#include "mocks/serve/stream.h"
#include "mocks/serve/tls_context.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STASH_MAX = 256 << 10,    /* pipelined input kept while an answer is made; then reading stops */
    BACKLOG_MAX = 1 << 20,    /* unsent answers before the next request is read */
    ENDING_TIMEOUT_MS = 5000, /* for the peer to take the last answer and close */
};

enum phase {
    PHASE_READING,   /* a request */
    PHASE_ANSWERING, /* the handler has the exchange */
    PHASE_STREAMING, /* and has begun a chunked answer */
    PHASE_TUNNEL,
    PHASE_ENDING, /* the last answer is on its way */
};

struct http_connection {
    struct http_connection_room *room;
    struct http_connection *next, **place;
    struct stream *stream;
    struct http_codec codec;
    struct http_exchange exchange;
    struct http_tunnel tunnel;
    enum phase phase;
    bool dead, pumping, continued, until_close, known_peer;
    int64_t deadline_ms; /* -1: none */
    struct buf stash;    /* input that waits for its turn */
    struct tls_identity identity;
    char remote[SOCKET_NAME_SIZE];
    struct loop_later pump, dispose;
};

static void pump(void *self);

static struct http_connection *of_exchange(const struct http_exchange *x) {
    return (struct http_connection *)(uintptr_t)((const char *)x -
                                                 offsetof(struct http_connection, exchange));
}

static struct http_connection *of_tunnel(const struct http_tunnel *t) {
    return (struct http_connection *)(uintptr_t)((const char *)t -
                                                 offsetof(struct http_connection, tunnel));
}

static void set_deadline(struct http_connection *c, int64_t delay_ms) {
    c->deadline_ms = clock_monotonic_ms() + delay_ms;
}

static const char *date_of(struct http_connection_room *room) {
    int64_t now_ms = clock_wall_ms() + room->clock_ahead_ms;
    if (now_ms / 1000 != room->date_s) {
        room->date_s = now_ms / 1000;
        http_date(now_ms, room->date);
    }
    return room->date;
}

static void end_connection(struct http_connection *c) {
    c->phase = PHASE_ENDING;
    set_deadline(c, ENDING_TIMEOUT_MS);
    buf_release(&c->stash);
    stream_finish(c->stream);
}

/* The exchange is through: on to the next request, or to the end. */
static void finish_answer(struct http_connection *c, bool keep_alive) {
    stream_push(c->stream);
    if (!keep_alive) {
        end_connection(c);
        return;
    }
    c->phase = PHASE_READING;
    c->continued = false;
    http_codec_next(&c->codec);
    set_deadline(c, c->room->limits.idle_timeout_ms);
    if (!c->pumping)
        loop_do_later(c->room->loop, &c->pump, pump, c);
}

static bool is_head(const struct http_connection *c) {
    return strcmp(c->codec.request.method, "HEAD") == 0;
}

static bool may_gzip(const struct http_connection *c, const struct http_headers *headers,
                     size_t len) {
    return len >= c->room->limits.gzip_min_len &&
           http_headers_has_token(&c->codec.request.headers, "Accept-Encoding", "gzip") &&
           !(headers && http_headers_get(headers, "Content-Encoding"));
}

static void exchange_reply(struct http_exchange *x, int status, const struct http_headers *headers,
                           const void *body, size_t len) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_ANSWERING);
    struct buf zipped = BUF_INIT;
    struct http_response r = {
        .status = status,
        .headers = headers,
        .content_length = len,
        .close = !c->codec.keep_alive,
        .gzip = may_gzip(c, headers, len),
        .date = date_of(c->room),
    };
    if (r.gzip) {
        http_gzip_to(body, len, &zipped);
        body = zipped.data;
        r.content_length = zipped.len;
    }
    struct buf *out = stream_out(c->stream);
    http_response_head_to(&r, out);
    if (!is_head(c) && http_status_has_body(status))
        buf_add(out, body, r.content_length);
    buf_release(&zipped);
    finish_answer(c, c->codec.keep_alive);
}

static void exchange_stream_begin(struct http_exchange *x, int status,
                                  const struct http_headers *headers) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_ANSWERING);
    c->until_close = c->codec.minor == 0;
    struct http_response r = {
        .status = status,
        .headers = headers,
        .framing = c->until_close ? HTTP_UNTIL_CLOSE : HTTP_CHUNKED,
        .close = c->until_close || !c->codec.keep_alive,
        .date = date_of(c->room),
    };
    http_response_head_to(&r, stream_out(c->stream));
    stream_push(c->stream);
    c->phase = PHASE_STREAMING;
}

static void exchange_stream_write(struct http_exchange *x, const void *data, size_t len) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_STREAMING);
    if (is_head(c))
        return;
    if (c->until_close)
        buf_add(stream_out(c->stream), data, len);
    else
        http_chunk_to(data, len, stream_out(c->stream));
    stream_push(c->stream);
}

static void exchange_stream_send(struct http_exchange *x, const struct http_chunk *chunk) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_STREAMING);
    if (is_head(c))
        return;
    if (c->until_close)
        stream_write_now(c->stream, chunk->framed.data + chunk->at, chunk->len);
    else
        stream_write_now(c->stream, chunk->framed.data, chunk->framed.len);
}

static size_t exchange_stream_backlog(const struct http_exchange *x) {
    return stream_backlog(of_exchange(x)->stream);
}

static void exchange_stream_end(struct http_exchange *x) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_STREAMING);
    if (!c->until_close && !is_head(c))
        http_last_chunk_to(stream_out(c->stream));
    finish_answer(c, !c->until_close && c->codec.keep_alive);
}

static void exchange_reply_part(struct http_exchange *x, int status,
                                const struct http_headers *headers, const void *body, size_t len,
                                size_t sent) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_ANSWERING && sent < len);
    struct http_response r = {
        .status = status, .headers = headers, .content_length = len, .date = date_of(c->room)};
    http_response_head_to(&r, stream_out(c->stream));
    buf_add(stream_out(c->stream), body, sent);
    finish_answer(c, false);
}

static void exchange_stream_break(struct http_exchange *x) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_STREAMING);
    finish_answer(c, false);
}

static void dispose(void *self) {
    struct http_connection *c = self;
    http_codec_release(&c->codec);
    tls_identity_release(&c->identity);
    buf_release(&c->stash);
    free(c);
}

/* Leaves the room; the memory stays until the callbacks on the stack are through. */
static void retire(struct http_connection *c) {
    assert(!c->dead);
    c->dead = true;
    *c->place = c->next;
    if (c->next)
        c->next->place = c->place;
    c->room->count--;
    loop_cancel_later(c->room->loop, &c->pump);
    loop_do_later(c->room->loop, &c->dispose, dispose, c);
}

static void exchange_abort(struct http_exchange *x) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_ANSWERING || c->phase == PHASE_STREAMING);
    stream_reset(c->stream);
    retire(c);
}

static void tunnel_write(struct http_tunnel *t, const void *data, size_t len) {
    assert(of_tunnel(t)->phase == PHASE_TUNNEL);
    stream_write(of_tunnel(t)->stream, data, len);
}

static size_t tunnel_backlog(const struct http_tunnel *t) {
    return stream_backlog(of_tunnel(t)->stream);
}

static void tunnel_pause(struct http_tunnel *t, bool paused) {
    stream_pause(of_tunnel(t)->stream, paused);
}

static void tunnel_close(struct http_tunnel *t) {
    assert(of_tunnel(t)->phase == PHASE_TUNNEL);
    end_connection(of_tunnel(t));
}

static const struct http_tunnel_ops tunnel_ops = {
    .write = tunnel_write,
    .backlog = tunnel_backlog,
    .pause = tunnel_pause,
    .close = tunnel_close,
};

static struct http_tunnel *exchange_upgrade(struct http_exchange *x,
                                            const struct http_headers *headers) {
    struct http_connection *c = of_exchange(x);
    assert(c->phase == PHASE_ANSWERING);
    struct http_response r = {
        .status = 101, .headers = headers, .framing = HTTP_TUNNEL, .date = date_of(c->room)};
    http_response_head_to(&r, stream_out(c->stream));
    stream_push(c->stream);
    c->phase = PHASE_TUNNEL;
    c->tunnel = (struct http_tunnel){.ops = &tunnel_ops};
    if (!c->pumping) /* what came behind the request is for the tunnel */
        loop_do_later(c->room->loop, &c->pump, pump, c);
    return &c->tunnel;
}

static const struct http_exchange_ops exchange_ops = {
    .reply = exchange_reply,
    .stream_begin = exchange_stream_begin,
    .stream_write = exchange_stream_write,
    .stream_send = exchange_stream_send,
    .stream_backlog = exchange_stream_backlog,
    .stream_end = exchange_stream_end,
    .abort = exchange_abort,
    .reply_part = exchange_reply_part,
    .stream_break = exchange_stream_break,
    .upgrade = exchange_upgrade,
};

/* The certificate is that of the connection: read once. */
static void learn_peer(struct http_connection *c) {
    if (c->known_peer)
        return;
    c->known_peer = true;
    if (c->room->tls)
        tls_identity_read(stream_tls(c->stream), &c->identity);
}

static void dispatch(struct http_connection *c) {
    learn_peer(c);
    c->codec.request.peer = (struct http_peer){
        .remote = c->remote,
        .cert_cn = c->identity.common_name,
        .cert_orgs = (const char *const *)c->identity.organizations,
        .cert_org_count = c->identity.organization_count,
        .cert_problem = c->identity.problem,
        .tls = c->room->tls != NULL,
    };
    c->exchange = (struct http_exchange){.ops = &exchange_ops, .request = &c->codec.request};
    c->phase = PHASE_ANSWERING;
    c->deadline_ms = -1;
    c->room->handler(c->room->self, &c->exchange);
}

static void refuse(struct http_connection *c, int status, const char *problem) {
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", "text/plain; charset=utf-8");
    char *body = xasprintf("%d %s: %s", status, http_status_text(status), problem);
    struct http_response r = {
        .status = status,
        .headers = &headers,
        .content_length = strlen(body),
        .close = true,
        .date = date_of(c->room),
    };
    http_response_head_to(&r, stream_out(c->stream));
    buf_adds(stream_out(c->stream), body);
    http_headers_release(&headers);
    free(body);
    end_connection(c);
}

static bool in_body(const struct http_codec *c) {
    return http_codec_is_between(c) && c->state != HTTP_CODEC_HEAD;
}

/* Feeds one request's worth; returns how much was used. */
static size_t read_request(struct http_connection *c, const char *data, size_t len) {
    bool begun = http_codec_is_between(&c->codec), was_in_body = in_body(&c->codec);
    size_t used = http_codec_feed(&c->codec, data, len);
    if (c->codec.state == HTTP_CODEC_DONE) {
        dispatch(c);
        return used;
    }
    if (c->codec.state == HTTP_CODEC_FAILED) {
        refuse(c, c->codec.status, c->codec.problem);
        return used;
    }
    if (!begun && http_codec_is_between(&c->codec))
        set_deadline(c, c->room->limits.head_timeout_ms);
    if (!was_in_body && in_body(&c->codec)) {
        set_deadline(c, c->room->limits.body_timeout_ms);
        if (c->codec.expects_continue && c->codec.body.len == 0 && c->codec.minor == 1)
            stream_write(c->stream, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    return used;
}

/* Uses what can be used now of the input; the rest waits. */
static size_t use_input(struct http_connection *c, const char *data, size_t len) {
    size_t used = 0;
    c->pumping = true;
    while (used < len && !c->dead) {
        if (c->phase == PHASE_READING && stream_backlog(c->stream) < BACKLOG_MAX) {
            used += read_request(c, data + used, len - used);
        } else if (c->phase == PHASE_TUNNEL) {
            assert(c->tunnel.on_data);
            c->tunnel.on_data(c->tunnel.self, data + used, len - used);
            used = len;
        } else if (c->phase == PHASE_ENDING) {
            used = len;
        } else {
            break;
        }
    }
    c->pumping = false;
    return used;
}

static void pump(void *self) {
    struct http_connection *c = self;
    if (c->stash.len == 0)
        return;
    struct buf input = c->stash;
    c->stash = (struct buf)BUF_INIT;
    size_t used = use_input(c, input.data, input.len);
    if (!c->dead && c->phase != PHASE_ENDING) {
        buf_consume(&input, used);
        if (input.len)
            c->stash = input;
        else
            buf_release(&input);
        stream_pause(c->stream, c->stash.len > STASH_MAX);
        return;
    }
    buf_release(&input);
}

static void on_data(void *self, const void *data, size_t len) {
    struct http_connection *c = self;
    if (c->stash.len == 0) {
        size_t used = use_input(c, data, len);
        if (c->dead || used == len)
            return;
        data = (const char *)data + used;
        len -= used;
    }
    buf_add(&c->stash, data, len);
    if (c->stash.len > STASH_MAX)
        stream_pause(c->stream, true);
}

static void on_drained(void *self) {
    struct http_connection *c = self;
    if (c->stash.len)
        loop_do_later(c->room->loop, &c->pump, pump, c);
}

void http_connection_free(struct http_connection *c) {
    if (!c || c->dead)
        return;
    enum phase phase = c->phase;
    stream_free(c->stream);
    retire(c);
    if ((phase == PHASE_ANSWERING || phase == PHASE_STREAMING) && c->exchange.on_closed)
        c->exchange.on_closed(c->exchange.on_closed_self);
    if (phase == PHASE_TUNNEL && c->tunnel.on_closed)
        c->tunnel.on_closed(c->tunnel.self);
}

static void on_closed(void *self) {
    http_connection_free(self);
}

static const struct stream_ops stream_callbacks = {
    .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed};

void http_connection_new(struct http_connection_room *room, int fd, const char *remote) {
    struct http_connection *c = xcalloc(1, sizeof(*c));
    c->room = room;
    c->stash = (struct buf)BUF_INIT;
    snprintf(c->remote, sizeof(c->remote), "%s", remote);
    http_codec_init(&c->codec, room->limits.body_max);
    c->stream = stream_new(room->loop, fd, room->tls, &stream_callbacks, c);
    set_deadline(c, room->limits.head_timeout_ms);
    c->next = room->first;
    c->place = &room->first;
    if (c->next)
        c->next->place = &c->next;
    room->first = c;
    room->count++;
}

static void expire(struct http_connection *c) {
    bool slow = c->phase == PHASE_READING && http_codec_is_between(&c->codec);
    if (slow)
        refuse(c, 408, "the request did not arrive in time");
    else
        http_connection_free(c);
}

void http_connection_sweep(struct http_connection_room *room, int64_t now_ms) {
    struct http_connection *next;
    for (struct http_connection *c = room->first; c; c = next) {
        next = c->next;
        if (c->deadline_ms >= 0 && c->deadline_ms <= now_ms)
            expire(c);
    }
}
