/*
 * Bytes in, requests out: HTTP/1.0 and 1.1 (RFC 9112) without sockets. One codec reads one request
 * at a time; what follows it on the wire stays with the caller until http_codec_next().
 *
 *     size_t used = http_codec_feed(&c, data, len);
 *     switch (c.state) {
 *     case HTTP_CODEC_DONE:   c.request is whole; its strings live until http_codec_next()
 *     case HTTP_CODEC_FAILED: answer c.status with c.problem and close: framing is lost
 *     default:                everything was used, more is needed
 *     }
 *
 * Strict where leniency lets two readers disagree about where a request ends: both lengths at once,
 * folded headers, a space before the colon, bare CR and control characters are refused.
 */
#ifndef CONFED_SERVE_HTTP_CODEC_H
#define CONFED_SERVE_HTTP_CODEC_H

#include "harness/core/buf.h"
#include "mocks/serve/http.h"

#include <stdint.h>

enum {
    HTTP_CODEC_HEAD_MAX = 64 << 10, /* request line and headers, else 431 */
    HTTP_CODEC_HEADERS_MAX = 256,   /* their number, else 431 */
    HTTP_CODEC_BODY_MAX = 8 << 20,  /* else 413 */
};

enum http_codec_state {
    HTTP_CODEC_HEAD, /* request line and headers */
    HTTP_CODEC_BODY, /* a body of a known length */
    HTTP_CODEC_CHUNK_SIZE,
    HTTP_CODEC_CHUNK_DATA,
    HTTP_CODEC_CHUNK_END,
    HTTP_CODEC_TRAILER,
    HTTP_CODEC_DONE,
    HTTP_CODEC_FAILED,
};

struct http_codec {
    enum http_codec_state state;
    struct http_request request; /* whole when DONE; the peer is left to the caller */
    int minor;                   /* HTTP/1.minor */
    bool keep_alive;             /* the client wants to send more on this connection */
    bool expects_continue;       /* Expect: 100-continue; known from BODY on */
    int status;                  /* FAILED: the answer that fits */
    const char *problem;         /* FAILED: why; borrowed, static */

    /* Private. */
    struct buf head, body;
    size_t body_max;
    size_t line_len;    /* of the line that is being read */
    uint64_t body_left; /* BODY, CHUNK_DATA */
    size_t digits, skipped;
    int64_t content_length; /* -1: none */
    bool chunked;
    const char *host;
};

/* body_max 0: HTTP_CODEC_BODY_MAX. */
void http_codec_init(struct http_codec *c, size_t body_max);
void http_codec_release(struct http_codec *c);
/* Reads on until the request is whole, broken or needs more. Returns how many bytes it used. */
size_t http_codec_feed(struct http_codec *c, const void *data, size_t len);
/* Whether a request has begun to arrive and is not whole. */
bool http_codec_is_between(const struct http_codec *c);
/* Forgets the request and is ready for the next one. */
void http_codec_next(struct http_codec *c);

#endif
