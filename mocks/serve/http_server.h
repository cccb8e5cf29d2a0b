/*
 * HTTP/1.1 (RFC 9112) on TCP, plain or TLS 1.2, for any number of handlers in one process: the
 * thin shell around the sans-IO parts. ALPN offers http/1.1 only, so that Go clients do not try
 * HTTP/2. Keep-alive, pipelining (answered in order), chunked bodies both ways, Expect:
 * 100-continue, gzip where the client accepts it and the body is large, and Upgrade.
 *
 * Bounds: request line and headers 64 KiB together (431), body 8 MiB (413), 10 s for a request head
 * to arrive (slow-loris; real time), 60 s for its body, idle connections 10 min.
 */
#ifndef CONFED_SERVE_HTTP_SERVER_H
#define CONFED_SERVE_HTTP_SERVER_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "mocks/serve/http.h"
#include "mocks/serve/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* What may befall a connection before a byte is read. */
struct http_server_faults {
    bool (*accept)(void *self); /* false: the client sees a reset, as from a port that is closed */
    void *self;
};

/* 0 stands for the default, in brackets. */
struct http_server_limits {
    int64_t head_timeout_ms; /* [10 s] from the first byte (or the connection) to the whole head */
    int64_t body_timeout_ms; /* [60 s] for the body after that */
    int64_t idle_timeout_ms; /* [10 min] between requests */
    size_t body_max;         /* [8 MiB] */
    size_t gzip_min_len;     /* [128 KiB], from where on Kubernetes compresses */
};

struct http_server_options {
    const char *address;  /* "127.7.0.11" */
    uint16_t port;        /* 0: the kernel chooses */
    const char *cert_pem; /* server certificate and chain; NULL: plain HTTP */
    const char *key_pem;
    const char *client_ca_pem; /* client certificates are asked for and verified; NULL: not asked */
    bool client_cert_required; /* else who sends none, or a bad one, is told to the handler */
    http_handler_fn *handler;
    void *self;
    int64_t clock_ahead_ms; /* of the real one, in the Date of its answers */
    /* Borrowed while the server lives; NULL: none. */
    const struct http_server_faults *faults;
    struct http_server_limits limits;
};

struct http_server;
/* Starts to listen. ERR_IO names the address and port that are taken. */
struct http_server *http_server_new(struct loop *l, const struct http_server_options *o,
                                    struct err *err);
/* Closes the listener and all connections. */
void http_server_free(struct http_server *s);
DEFINE_OWNED(struct http_server, http_server)
uint16_t http_server_port(const struct http_server *s);
size_t http_server_connections(const struct http_server *s);

#endif
