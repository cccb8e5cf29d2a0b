#include "mocks/serve/memory_exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct memory_exchange *of_exchange(struct http_exchange *x) {
    return (struct memory_exchange *)(void *)((char *)x -
                                              offsetof(struct memory_exchange, exchange));
}

static void begin(struct memory_exchange *m, int status, const struct http_headers *headers) {
    assert(m->status == 0 && !m->ended && !m->aborted); /* answered once only */
    m->status = status;
    for (size_t i = 0; headers && i < headers->count; i++)
        http_headers_add(&m->headers, headers->items[i].name, headers->items[i].value);
}

static void exchange_reply(struct http_exchange *x, int status, const struct http_headers *headers,
                           const void *body, size_t len) {
    struct memory_exchange *m = of_exchange(x);
    begin(m, status, headers);
    buf_add(&m->body, body, len);
    m->ended = true;
}

static void exchange_stream_begin(struct http_exchange *x, int status,
                                  const struct http_headers *headers) {
    struct memory_exchange *m = of_exchange(x);
    begin(m, status, headers);
    m->streaming = true;
}

static void exchange_stream_write(struct http_exchange *x, const void *data, size_t len) {
    struct memory_exchange *m = of_exchange(x);
    assert(m->streaming);
    buf_add(&m->body, data, len);
    m->chunks++;
}

static void exchange_stream_send(struct http_exchange *x, const struct http_chunk *chunk) {
    exchange_stream_write(x, chunk->framed.data + chunk->at, chunk->len);
}

static size_t exchange_stream_backlog(const struct http_exchange *x) {
    return ((const struct memory_exchange *)(const void *)((const char *)x -
                                                           offsetof(struct memory_exchange,
                                                                    exchange)))
        ->backlog;
}

static void exchange_stream_end(struct http_exchange *x) {
    struct memory_exchange *m = of_exchange(x);
    assert(m->streaming);
    m->streaming = false;
    m->ended = true;
}

static void exchange_abort(struct http_exchange *x) {
    struct memory_exchange *m = of_exchange(x);
    assert(!m->ended && !m->aborted);
    m->streaming = false;
    m->aborted = true;
}

static void exchange_reply_part(struct http_exchange *x, int status,
                                const struct http_headers *headers, const void *body, size_t len,
                                size_t sent) {
    struct memory_exchange *m = of_exchange(x);
    assert(sent < len);
    begin(m, status, headers);
    buf_add(&m->body, body, sent);
    m->aborted = true;
}

static struct memory_exchange *of_tunnel(struct http_tunnel *t) {
    return (struct memory_exchange *)(void *)((char *)t - offsetof(struct memory_exchange, tunnel));
}

static void tunnel_write(struct http_tunnel *t, const void *data, size_t len) {
    struct memory_exchange *m = of_tunnel(t);
    assert(!m->tunnel_closed);
    buf_add(&m->body, data, len);
}

static size_t tunnel_backlog(const struct http_tunnel *t) {
    return ((const struct memory_exchange *)(const void *)((const char *)t -
                                                           offsetof(struct memory_exchange,
                                                                    tunnel)))
        ->backlog;
}

static void tunnel_pause(struct http_tunnel *t, bool paused) {
    of_tunnel(t)->tunnel_paused = paused;
}

static void tunnel_close(struct http_tunnel *t) {
    struct memory_exchange *m = of_tunnel(t);
    assert(!m->tunnel_closed);
    m->tunnel_closed = true;
}

static const struct http_tunnel_ops tunnel_ops = {
    .write = tunnel_write,
    .backlog = tunnel_backlog,
    .pause = tunnel_pause,
    .close = tunnel_close,
};

static struct http_tunnel *exchange_upgrade(struct http_exchange *x,
                                            const struct http_headers *headers) {
    struct memory_exchange *m = of_exchange(x);
    begin(m, 101, headers);
    m->upgraded = true;
    m->ended = true;
    m->tunnel.ops = &tunnel_ops;
    return &m->tunnel;
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
    .stream_break = exchange_abort,
    .upgrade = exchange_upgrade,
};

struct memory_exchange *memory_exchange_new(const char *method, const char *target,
                                            const void *body, size_t len) {
    struct memory_exchange *m = xcalloc(1, sizeof(*m));
    size_t path_len = strcspn(target, "?");
    m->body = (struct buf)BUF_INIT;
    m->method = xstrdup(method);
    m->path = xstrndup(target, path_len);
    m->query = xstrdup(target[path_len] ? target + path_len + 1 : "");
    m->request_body = xcalloc(1, len + 1);
    if (len)
        memcpy(m->request_body, body, len);
    m->request = (struct http_request){
        .method = m->method,
        .path = m->path,
        .query = m->query,
        .body = m->request_body,
        .body_len = len,
        .peer = {.remote = "127.0.0.1:0"},
    };
    m->exchange = (struct http_exchange){.ops = &exchange_ops, .request = &m->request};
    return m;
}

static void client_leaves(struct memory_exchange *m) {
    if (m->upgraded && !m->tunnel_closed) {
        m->tunnel_closed = true;
        if (m->tunnel.on_closed)
            m->tunnel.on_closed(m->tunnel.self);
    }
    if (!m->ended && !m->aborted) {
        m->aborted = true;
        m->streaming = false;
        if (m->exchange.on_closed)
            m->exchange.on_closed(m->exchange.on_closed_self);
    }
}

void memory_exchange_free(struct memory_exchange *m) {
    if (!m)
        return;
    client_leaves(m);
    http_headers_release(&m->request.headers);
    http_headers_release(&m->headers);
    buf_release(&m->body);
    free(m->method);
    free(m->path);
    free(m->query);
    free(m->request_body);
    free(m);
}
