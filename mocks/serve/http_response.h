/* Answers as bytes: status line, headers, chunks. Sans-IO. */
#ifndef CONFED_SERVE_HTTP_RESPONSE_H
#define CONFED_SERVE_HTTP_RESPONSE_H

#include "harness/core/buf.h"
#include "mocks/serve/http.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_DATE_SIZE 40

enum http_framing { HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE, HTTP_TUNNEL };

struct http_response {
    int status;
    const struct http_headers *headers; /* NULL: none; lengths and Connection in it are ignored */
    enum http_framing framing;
    size_t content_length; /* HTTP_LENGTH */
    bool gzip;             /* the body is compressed */
    bool close;            /* no more requests on this connection */
    const char *date;
};

const char *http_status_text(int status); /* borrowed */
/* "Sun, 06 Nov 1994 08:49:37 GMT"; returns text. */
char *http_date(int64_t wall_ms, char text[HTTP_DATE_SIZE]);
/* Whether an answer of that status has a body at all. */
bool http_status_has_body(int status);
void http_response_head_to(const struct http_response *r, struct buf *out);
/* One chunk; nothing for len 0, which would end the body. */
void http_chunk_to(const void *data, size_t len, struct buf *out);
void http_last_chunk_to(struct buf *out);
/* Appends the body as gzip. */
void http_gzip_to(const void *data, size_t len, struct buf *out);

#endif
