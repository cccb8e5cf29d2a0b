/*
 * An exchange without a network, for tests and for parts of the world that call each other.
 *
 *     struct memory_exchange *m = memory_exchange_new("GET", "/api/v1/pods?watch=1", NULL, 0);
 *     http_headers_add(&m->request.headers, "Accept", "application/json");
 *     apiserver_handle(api, &m->exchange);
 *     assert_int_equal(m->status, 200);            m->body holds what was written so far
 *     memory_exchange_free(m);                     a stream that still runs sees its client leave
 */
#ifndef CONFED_SERVE_MEMORY_EXCHANGE_H
#define CONFED_SERVE_MEMORY_EXCHANGE_H

#include "harness/core/mem.h"
#include "mocks/serve/http.h"

struct memory_exchange {
    struct http_exchange exchange;
    struct http_request request;
    char *method, *path, *query, *request_body; /* owned, behind request */

    int status; /* 0 until answered */
    struct http_headers headers;
    struct buf body; /* the whole answer, or the chunks so far */
    size_t chunks;   /* stream_write calls */
    bool streaming;  /* begun and not ended */
    bool ended, aborted;
    size_t backlog; /* what stream_backlog answers; a test sets it to play a slow reader */

    bool upgraded;
    struct http_tunnel tunnel; /* what was written to it is in body */
    bool tunnel_paused, tunnel_closed;
};

/* target is path and query; body may be NULL. */
struct memory_exchange *memory_exchange_new(const char *method, const char *target,
                                            const void *body, size_t len);
/* The client leaves: on_closed is called when the handler has not finished. Accepts NULL. */
void memory_exchange_free(struct memory_exchange *m);
DEFINE_OWNED(struct memory_exchange, memory_exchange)

#endif
