/*
 * One request on one curl handle: what http_client.c and http_pool.c share. Internal to this
 * folder.
 */
#ifndef CONFED_NET_HTTP_TRANSFER_H
#define CONFED_NET_HTTP_TRANSFER_H

#include "harness/net/http_client.h"

#include <curl/curl.h>

typedef void http_data_fn(void *self, const void *data, size_t len);

struct http_transfer {
    CURL *easy; /* owned by the caller */
    struct curl_slist *headers;
    char *method, *url;
    void *request; /* owned copy of the body */
    size_t request_len;
    char problem[CURL_ERROR_SIZE];
    int64_t started_ms;

    http_data_fn *on_data;
    void *on_data_self;
    const bool *cancelled; /* NULL, or: cut the transfer as soon as this is true */

    /* For the trace; NULL trace: nothing is kept. */
    void (*trace)(void *self, const char *line);
    void *trace_self;
    char *reason;
    struct buf answer_headers; /* "Name: value\n"... */

    struct http_answer answer;
};

/* Sets the handle up for the call. ERR_USAGE: the method or path cannot be sent. */
int http_transfer_begin(struct http_transfer *t, CURL *easy, const struct http_target *target,
                        const struct http_call *call, struct err *err);
/* Fills t->answer from how the transfer ended. */
void http_transfer_end(struct http_transfer *t, CURLcode result);
/* Frees everything but the handle, the answer included. */
void http_transfer_release(struct http_transfer *t);

void http_trace_request(struct http_transfer *t);
void http_trace_answer(struct http_transfer *t);

#endif
