/*
 * One HTTP exchange as a handler sees it: a request that has arrived whole, and a way to answer it.
 *
 * Handlers (the API server, etcd, an nginx in a pod) know nothing of sockets. The wire
 * (mocks/serve/http_server.h) makes exchanges from connections; tests make them in memory
 * (mocks/serve/memory_exchange.h). An exchange is answered in exactly one of three ways:
 *
 *     http_reply()                                          one whole answer
 *     http_stream_begin(), http_stream_write()..., http_stream_end()    chunked: watches, logs -f
 *     http_upgrade()                                        101, then raw bytes: SPDY, WebSocket
 *
 * The request is borrowed and lives until the answer has ended. A handler that answers later sets
 * on_closed to learn that the client went away first; after on_closed the exchange is gone.
 */
#ifndef CONFED_SERVE_HTTP_H
#define CONFED_SERVE_HTTP_H

#include "harness/core/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct http_header {
    char *name;
    char *value;
};

struct http_headers {
    struct http_header *items;
    size_t count, cap;
};

/* The first value of the header, compared without case; borrowed or NULL. */
const char *http_headers_get(const struct http_headers *h, const char *name);
void http_headers_add(struct http_headers *h, const char *name, const char *value);
void http_headers_release(struct http_headers *h);
/* Whether the comma-separated header has the token, compared without case. */
bool http_headers_has_token(const struct http_headers *h, const char *name, const char *token);

/* Who asks. Strings are borrowed from the connection. */
struct http_peer {
    const char *remote;           /* "127.0.0.1:41234" */
    const char *cert_cn;          /* subject CN of a client certificate that verified, or NULL */
    const char *const *cert_orgs; /* its subject Os */
    size_t cert_org_count;
    const char *cert_problem; /* why the certificate that was sent did not verify, or NULL */
    bool tls;
};

struct http_request {
    const char *method; /* "GET" */
    const char *path;   /* as sent, still percent-encoded, without the query: "/api/v1/pods" */
    const char *query;  /* as sent, without '?'; "" when there is none */
    struct http_headers headers;
    const char *body; /* NUL-terminated for convenience; never NULL */
    size_t body_len;
    struct http_peer peer;
};

/* Raw bytes in both directions after an upgrade. */
struct http_tunnel;
struct http_tunnel_ops {
    void (*write)(struct http_tunnel *t, const void *data, size_t len);
    size_t (*backlog)(const struct http_tunnel *t);    /* bytes written and not yet sent */
    void (*pause)(struct http_tunnel *t, bool paused); /* stop or resume on_data */
    void (*close)(struct http_tunnel *t); /* after what was written is sent; no more calls back */
};
struct http_tunnel {
    const struct http_tunnel_ops *ops;
    /* Set by the user of the tunnel. */
    void (*on_data)(void *self, const void *data, size_t len);
    void (*on_closed)(void *self); /* the peer went; the tunnel is gone afterwards */
    void *self;
};

/* A chunk for many streams, framed once. Zeroed: nothing yet. */
struct http_chunk {
    struct buf framed; /* its size, its bytes, the end of the line */
    size_t at, len;    /* of the bytes within */
};
void http_chunk_init(struct http_chunk *c, const void *data, size_t len);
void http_chunk_release(struct http_chunk *c);

struct http_exchange;
struct http_exchange_ops {
    void (*reply)(struct http_exchange *x, int status, const struct http_headers *headers,
                  const void *body, size_t len);
    void (*stream_begin)(struct http_exchange *x, int status, const struct http_headers *headers);
    void (*stream_write)(struct http_exchange *x, const void *data, size_t len);
    void (*stream_send)(struct http_exchange *x, const struct http_chunk *chunk);
    size_t (*stream_backlog)(const struct http_exchange *x);
    void (*stream_end)(struct http_exchange *x);
    void (*abort)(struct http_exchange *x);
    void (*reply_part)(struct http_exchange *x, int status, const struct http_headers *headers,
                       const void *body, size_t len, size_t sent);
    void (*stream_break)(struct http_exchange *x);
    struct http_tunnel *(*upgrade)(struct http_exchange *x, const struct http_headers *headers);
};

struct http_exchange {
    const struct http_exchange_ops *ops;
    const struct http_request *request; /* borrowed */
    void (*on_closed)(void *self);      /* set by the handler; NULL when it does not care */
    void *on_closed_self;
};

typedef void http_handler_fn(void *self, struct http_exchange *x);

/* Answers whole. headers may be NULL; Content-Length and Date are added. x is gone afterwards. */
static inline void http_reply(struct http_exchange *x, int status,
                              const struct http_headers *headers, const void *body, size_t len) {
    x->ops->reply(x, status, headers, body, len);
}
static inline void http_stream_begin(struct http_exchange *x, int status,
                                     const struct http_headers *headers) {
    x->ops->stream_begin(x, status, headers);
}
/* One chunk. What is written in one turn of the loop leaves together. */
static inline void http_stream_write(struct http_exchange *x, const void *data, size_t len) {
    x->ops->stream_write(x, data, len);
}
/* One chunk that others get too (an event of a watch): it leaves at once and is not copied. */
static inline void http_stream_send(struct http_exchange *x, const struct http_chunk *chunk) {
    x->ops->stream_send(x, chunk);
}
/* Bytes that the client has not taken yet: the measure for cutting a slow reader off. */
static inline size_t http_stream_backlog(const struct http_exchange *x) {
    return x->ops->stream_backlog(x);
}
/* Ends the chunked body; x is gone afterwards. */
static inline void http_stream_end(struct http_exchange *x) {
    x->ops->stream_end(x);
}
/* Cuts the connection without a proper end; x is gone afterwards. */
static inline void http_abort(struct http_exchange *x) {
    x->ops->abort(x);
}
/* A fault: announces len bytes of body, sends the first of them and closes; x is gone afterwards.
 * sent is less than len. */
static inline void http_reply_part(struct http_exchange *x, int status,
                                   const struct http_headers *headers, const void *body, size_t len,
                                   size_t sent) {
    x->ops->reply_part(x, status, headers, body, len, sent);
}
/* A fault: closes behind what was written, without the end of the body; x is gone afterwards. */
static inline void http_stream_break(struct http_exchange *x) {
    x->ops->stream_break(x);
}
/* Answers 101 with the headers; x is gone afterwards. The caller sets on_data, on_closed, self. */
static inline struct http_tunnel *http_upgrade(struct http_exchange *x,
                                               const struct http_headers *headers) {
    return x->ops->upgrade(x, headers);
}

/* The decoded value of a query parameter (the first), owned; NULL when it is not there. */
char *http_query_get(const char *query, const char *name);
/* The decoded value number index of a repeated parameter (command=a&command=b), owned or NULL. */
char *http_query_get_nth(const char *query, const char *name, size_t index);

#endif
