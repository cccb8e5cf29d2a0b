#include "mocks/serve/http_response.h"

#include "harness/core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_LEVEL = 1, GZIP_WINDOW = 15 + 16 /* with gzip's header */ };

const char *http_status_text(int status) {
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Request Entity Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "Unknown";
}

char *http_date(int64_t wall_ms, char text[HTTP_DATE_SIZE]) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return text;
}

bool http_status_has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

static bool is_ours(const char *name) {
    return strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0 ||
           strcasecmp(name, "Connection") == 0 || strcasecmp(name, "Date") == 0;
}

/* A newline in a value would begin a header of its own. */
static void add_header(struct buf *out, const char *name, const char *value) {
    buf_adds(out, name);
    buf_add(out, ": ", 2);
    size_t len = strcspn(value, "\r\n");
    buf_add(out, value, len);
    buf_add(out, "\r\n", 2);
}

static void add_framing(const struct http_response *r, struct buf *out) {
    char length[32];
    switch (r->framing) {
    case HTTP_LENGTH:
        if (!http_status_has_body(r->status))
            break;
        snprintf(length, sizeof(length), "%zu", r->content_length);
        add_header(out, "Content-Length", length);
        break;
    case HTTP_CHUNKED:
        buf_adds(out, "Transfer-Encoding: chunked\r\n");
        break;
    case HTTP_UNTIL_CLOSE:
        break;
    case HTTP_TUNNEL:
        buf_adds(out, "Connection: Upgrade\r\n");
        break;
    }
    if (r->close && r->framing != HTTP_TUNNEL)
        buf_adds(out, "Connection: close\r\n");
}

void http_response_head_to(const struct http_response *r, struct buf *out) {
    char line[32];
    int len = snprintf(line, sizeof(line), "HTTP/1.1 %03d ", r->status);
    buf_add(out, line, (size_t)len);
    buf_adds(out, http_status_text(r->status));
    buf_add(out, "\r\n", 2);
    for (size_t i = 0; r->headers && i < r->headers->count; i++)
        if (!is_ours(r->headers->items[i].name))
            add_header(out, r->headers->items[i].name, r->headers->items[i].value);
    add_header(out, "Date", r->date);
    if (r->gzip)
        buf_adds(out, "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
    add_framing(r, out);
    buf_add(out, "\r\n", 2);
}

void http_chunk_to(const void *data, size_t len, struct buf *out) {
    if (len == 0)
        return;
    char size[32];
    int size_len = snprintf(size, sizeof(size), "%zx\r\n", len);
    buf_add(out, size, (size_t)size_len);
    buf_add(out, data, len);
    buf_add(out, "\r\n", 2);
}

void http_last_chunk_to(struct buf *out) {
    buf_adds(out, "0\r\n\r\n");
}

void http_gzip_to(const void *data, size_t len, struct buf *out) {
    z_stream z = {0};
    int r = deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
    assert(r == Z_OK && len <= UINT32_MAX);
    char *room = buf_reserve(out, deflateBound(&z, len));
    if (room) {
        z.next_in = (const Bytef *)data;
        z.avail_in = (uInt)len;
        z.next_out = (Bytef *)room;
        z.avail_out = (uInt)deflateBound(&z, len);
        r = deflate(&z, Z_FINISH);
        assert(r == Z_STREAM_END);
        out->len += z.total_out;
        out->data[out->len] = '\0';
    }
    deflateEnd(&z);
}
