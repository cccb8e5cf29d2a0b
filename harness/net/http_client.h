/*
 * An HTTP(S) client for Kubernetes API servers (libcurl below): credentials of a kubeconfig user,
 * proxies of the environment ignored, a deadline on every request, connections kept.
 *
 * Blocking calls are for small programs (kubefed). The harness, which waits for many things at
 * once, starts requests on an http_pool and gives its descriptors to poll.
 */
#ifndef CONFED_NET_HTTP_CLIENT_H
#define CONFED_NET_HTTP_CLIENT_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct http_target {    /* all borrowed; NULL where not given */
    const char *server; /* "https://127.7.11.11:6443" */
    const char *ca_pem, *cert_pem, *key_pem;
    const char *token, *username, *password;
    bool insecure;
    const char *user_agent; /* NULL: "confed" */
    /* One line for each request and answer as kubectl -v 9 logs it; NULL: none. */
    void (*trace)(void *self, const char *line);
    void *trace_self;
};

struct http_call {                     /* all borrowed */
    const char *method, *path;         /* path with query */
    const char *content_type, *accept; /* NULL: application/json */
    const void *body;
    size_t body_len;
    int64_t timeout_ms; /* 0: 30 s; -1: none (watches) */
};

struct http_answer {
    int status; /* 0: the server was not reached or broke off; see problem */
    struct buf body;
    char *content_type; /* owned or NULL */
    char *problem;      /* owned; why status is 0: "connection refused", ... */
    int64_t elapsed_ms;
    /* The server's clock, from the Date of its answer, whose resolution is a second; 0: it sent
     * none. Our clock showed clock_ms when it showed date_ms, give or take clock_error_ms. */
    int64_t date_ms, clock_ms, clock_error_ms;
};
void http_answer_release(struct http_answer *a);

struct http_client;
struct http_client *http_client_new(const struct http_target *target); /* copies what it needs */
void http_client_free(struct http_client *c);
DEFINE_OWNED(struct http_client, http_client)
/* Blocking. Any answer, also none, is in ret; negative only for a request that cannot be made. */
int http_client_do(struct http_client *c, const struct http_call *call, struct http_answer *ret,
                   struct err *err);

struct http_pool;
struct http_pool *http_pool_new(void);
void http_pool_free(struct http_pool *p); /* cancels what runs */
DEFINE_OWNED(struct http_pool, http_pool)
struct http_pending;
typedef void http_done_fn(void *self, struct http_answer *answer); /* answer borrowed */
/* on_data may be NULL (then the body is collected); else it gets pieces as they come (watches). */
struct http_pending *http_pool_start(struct http_pool *p, const struct http_target *target,
                                     const struct http_call *call,
                                     void (*on_data)(void *self, const void *data, size_t len),
                                     http_done_fn *done, void *self);
void http_pending_cancel(struct http_pending *r);
/*
 * Waits until something happens on the pool or on fds[], at most timeout_ms; then runs callbacks.
 * fds as for poll(2).
 */
struct pollfd;
int http_pool_wait(struct http_pool *p, struct pollfd *fds, size_t fd_count, int timeout_ms,
                   struct err *err);

#endif
