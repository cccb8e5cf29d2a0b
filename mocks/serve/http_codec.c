#include "mocks/serve/http_codec.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CHUNK_LINE_MAX = 1024, /* a chunk's size with its extensions */
    EMPTY_LINES_MAX = 16,
    BUFFER_KEPT_MAX = 64 << 10,
};

void http_codec_init(struct http_codec *c, size_t body_max) {
    *c = (struct http_codec){0};
    c->body_max = body_max ? body_max : HTTP_CODEC_BODY_MAX;
    c->head = (struct buf)BUF_INIT_LIMIT(HTTP_CODEC_HEAD_MAX);
    c->body = (struct buf)BUF_INIT_LIMIT(c->body_max);
    c->content_length = -1;
}

void http_codec_release(struct http_codec *c) {
    free(c->request.headers.items); /* names and values lie in head */
    buf_release(&c->head);
    buf_release(&c->body);
    *c = (struct http_codec){0};
}

static void clear_buffer(struct buf *b) {
    if (b->cap > BUFFER_KEPT_MAX) {
        size_t limit = b->limit;
        buf_release(b);
        b->limit = limit;
        b->failed = false;
    } else {
        buf_clear(b);
    }
}

void http_codec_next(struct http_codec *c) {
    struct http_codec fresh = {
        .head = c->head,
        .body = c->body,
        .body_max = c->body_max,
        .content_length = -1,
        .request.headers = {.items = c->request.headers.items, .cap = c->request.headers.cap},
    };
    *c = fresh;
    clear_buffer(&c->head);
    clear_buffer(&c->body);
}

bool http_codec_is_between(const struct http_codec *c) {
    return c->state != HTTP_CODEC_DONE && c->state != HTTP_CODEC_FAILED &&
           (c->state != HTTP_CODEC_HEAD || c->head.len > 0);
}

static bool fail(struct http_codec *c, int status, const char *problem) {
    c->state = HTTP_CODEC_FAILED;
    c->status = status;
    c->problem = problem;
    return false;
}

static bool is_token(const char *s) {
    if (!*s)
        return false;
    for (; *s; s++) {
        bool alnum = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || *s == '-';
        if (!alnum && !strchr("!#$%&'*+.^_`|~", *s))
            return false;
    }
    return true;
}

static bool has_control(const char *s) {
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
            return true;
    return false;
}

/* The next line of the head, NUL-terminated without its end; NULL after the last. */
static char *next_line(char **at, char *end) {
    char *line = *at;
    char *newline = memchr(line, '\n', (size_t)(end - line));
    if (!newline)
        return NULL;
    *at = newline + 1;
    *newline = '\0';
    if (newline > line && newline[-1] == '\r')
        newline[-1] = '\0';
    return line;
}

static bool read_version(struct http_codec *c, const char *version) {
    if (strncmp(version, "HTTP/", 5) != 0)
        return fail(c, 400, "malformed HTTP version");
    if (str_eq(version, "HTTP/1.1") || str_eq(version, "HTTP/1.0")) {
        c->minor = version[7] - '0';
        return true;
    }
    bool well_formed = version[5] >= '0' && version[5] <= '9' && version[6] == '.' &&
                       version[7] >= '0' && version[7] <= '9' && !version[8];
    return well_formed ? fail(c, 505, "unsupported protocol version")
                       : fail(c, 400, "malformed HTTP version");
}

/* Splits path and query; the absolute form loses its scheme and authority. */
static bool read_target(struct http_codec *c, char *target) {
    if (has_control(target))
        return fail(c, 400, "control character in the request target");
    if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0) {
        char *authority = strstr(target, "//") + 2;
        char *path = authority + strcspn(authority, "/?");
        if (*path == '/') {
            target = path;
        } else { /* an empty path means "/": room for it is where the authority was */
            target = path - 1;
            *target = '/';
        }
    }
    if (*target != '/' && !(str_eq(target, "*") && str_eq(c->request.method, "OPTIONS")))
        return fail(c, 400, "malformed request target");
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    c->request.path = target;
    c->request.query = query ? query : "";
    return true;
}

static bool read_request_line(struct http_codec *c, char *line) {
    char *target = strchr(line, ' ');
    char *version = target ? strrchr(target + 1, ' ') : NULL;
    if (!version)
        return fail(c, 400, "malformed request line");
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line))
        return fail(c, 400, "malformed method");
    c->request.method = line;
    if (strchr(target, ' '))
        return fail(c, 400, "malformed request line");
    return read_version(c, version) && read_target(c, target);
}

static bool note_content_length(struct http_codec *c, const char *value) {
    int64_t length;
    if (*value < '0' || *value > '9' || !str_to_int(value, 0, INT64_MAX, &length))
        return fail(c, 400, "bad Content-Length");
    if (c->content_length >= 0 && c->content_length != length)
        return fail(c, 400, "Content-Length given twice, differently");
    c->content_length = length;
    return true;
}

static bool note_header(struct http_codec *c, const char *name, const char *value) {
    switch (*name | 0x20) {
    case 'c':
        if (strcasecmp(name, "Content-Length") == 0)
            return note_content_length(c, value);
        return true;
    case 'e':
        if (strcasecmp(name, "Expect") != 0)
            return true;
        c->expects_continue = strcasecmp(value, "100-continue") == 0;
        return c->expects_continue ? true : fail(c, 417, "unknown expectation");
    case 'h':
        if (strcasecmp(name, "Host") != 0)
            return true;
        if (c->host)
            return fail(c, 400, "too many Host headers");
        c->host = value;
        return true;
    case 't':
        if (strcasecmp(name, "Transfer-Encoding") != 0)
            return true;
        if (c->chunked)
            return fail(c, 400, "Transfer-Encoding given twice");
        if (strcasecmp(value, "chunked") != 0)
            return fail(c, 501, "unsupported transfer encoding");
        c->chunked = true;
        return true;
    default:
        return true;
    }
}

static bool read_header(struct http_codec *c, char *line) {
    char *colon = strchr(line, ':');
    if (*line == ' ' || *line == '\t')
        return fail(c, 400, "folded header line");
    if (!colon)
        return fail(c, 400, "malformed header line");
    *colon = '\0';
    if (!is_token(line))
        return fail(c, 400, "malformed header name");
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    if (has_control(value))
        return fail(c, 400, "control character in a header value");

    struct http_headers *h = &c->request.headers;
    if (h->count == HTTP_CODEC_HEADERS_MAX)
        return fail(c, 431, "too many header lines");
    h->items = xgrow(h->items, h->count, &h->cap, sizeof(*h->items));
    h->items[h->count++] = (struct http_header){.name = line, .value = value};
    return note_header(c, line, value);
}

static bool begin_body(struct http_codec *c) {
    const struct http_headers *h = &c->request.headers;
    if (c->minor == 1 && !c->host)
        return fail(c, 400, "missing required Host header");
    c->keep_alive = c->minor == 1 ? !http_headers_has_token(h, "Connection", "close")
                                  : http_headers_has_token(h, "Connection", "keep-alive");
    if (c->chunked && c->minor == 0)
        return fail(c, 400, "chunked body in HTTP/1.0");
    if (c->chunked && c->content_length >= 0)
        return fail(c, 400, "both Content-Length and Transfer-Encoding");
    if (c->chunked) {
        c->state = HTTP_CODEC_CHUNK_SIZE;
        return true;
    }
    if (c->content_length > (int64_t)c->body_max)
        return fail(c, 413, "request body too large");
    c->body_left = c->content_length > 0 ? (uint64_t)c->content_length : 0;
    c->state = c->body_left ? HTTP_CODEC_BODY : HTTP_CODEC_DONE;
    return true;
}

static bool parse_head(struct http_codec *c) {
    char *at = c->head.data, *end = at + c->head.len;
    if (memchr(at, '\0', c->head.len))
        return fail(c, 400, "NUL in the request head");
    char *line = next_line(&at, end);
    if (!line || !read_request_line(c, line))
        return false;
    while ((line = next_line(&at, end)) && *line)
        if (!read_header(c, line))
            return false;
    return begin_body(c);
}

static size_t feed_head(struct http_codec *c, const char *data, size_t len) {
    size_t used = 0;
    while (used < len) {
        const char *newline = memchr(data + used, '\n', len - used);
        size_t piece = newline ? (size_t)(newline - data) + 1 - used : len - used;
        buf_add(&c->head, data + used, piece);
        used += piece;
        if (buf_failed(&c->head)) {
            fail(c, 431, "request line and headers too large");
            return used;
        }
        c->line_len += piece;
        if (!newline)
            return used;
        bool empty =
            c->line_len == 1 || (c->line_len == 2 && c->head.data[c->head.len - 2] == '\r');
        size_t line_len = c->line_len;
        c->line_len = 0;
        if (!empty)
            continue;
        if (c->head.len > line_len) {
            parse_head(c);
            return used;
        }
        /* An empty line before the request (RFC 9112, 2.2). */
        buf_clear(&c->head);
        if (++c->skipped > EMPTY_LINES_MAX) {
            fail(c, 400, "malformed request line");
            return used;
        }
    }
    return used;
}

static size_t feed_data(struct http_codec *c, const char *data, size_t len) {
    size_t take = len < c->body_left ? len : (size_t)c->body_left;
    buf_add(&c->body, data, take);
    c->body_left -= take;
    if (c->body_left == 0)
        c->state = c->state == HTTP_CODEC_BODY ? HTTP_CODEC_DONE : HTTP_CODEC_CHUNK_END;
    return take;
}

static int hex_value(char ch) {
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* line_len counts the line; digits is how many of its characters were the size. */
static void feed_chunk_size(struct http_codec *c, char ch) {
    if (ch == '\n') {
        if (c->digits == 0) {
            fail(c, 400, "malformed chunk size");
            return;
        }
        c->state = c->body_left ? HTTP_CODEC_CHUNK_DATA : HTTP_CODEC_TRAILER;
        c->line_len = c->digits = 0;
        return;
    }
    int value = hex_value(ch);
    if (value >= 0 && c->line_len == c->digits) {
        c->body_left = c->body_left * 16 + (uint64_t)value;
        c->digits++;
    } else if (c->digits == 0 || (c->line_len == c->digits && !strchr("; \t\r", ch)) || !ch) {
        fail(c, 400, "malformed chunk size");
        return;
    }
    c->line_len++;
    if (c->digits > 15 || c->line_len > CHUNK_LINE_MAX)
        fail(c, 400, "malformed chunk size");
    else if (c->body_left > c->body_max - c->body.len)
        fail(c, 413, "request body too large");
}

static void feed_chunk_end(struct http_codec *c, char ch) {
    if (ch == '\r' && c->line_len == 0) {
        c->line_len = 1;
    } else if (ch == '\n') {
        c->line_len = 0;
        c->state = HTTP_CODEC_CHUNK_SIZE;
    } else {
        fail(c, 400, "a chunk is longer than its size");
    }
}

/* Trailers are read and dropped. */
static void feed_trailer(struct http_codec *c, char ch) {
    if (++c->skipped > HTTP_CODEC_HEAD_MAX) {
        fail(c, 431, "trailers too large");
    } else if (ch == '\n') {
        if (c->line_len == 0)
            c->state = HTTP_CODEC_DONE;
        c->line_len = 0;
    } else if (ch != '\r') {
        c->line_len++;
    }
}

size_t http_codec_feed(struct http_codec *c, const void *data, size_t len) {
    const char *bytes = data;
    size_t used = 0;
    while (used < len && c->state != HTTP_CODEC_DONE && c->state != HTTP_CODEC_FAILED) {
        switch (c->state) {
        case HTTP_CODEC_HEAD:
            used += feed_head(c, bytes + used, len - used);
            break;
        case HTTP_CODEC_BODY:
        case HTTP_CODEC_CHUNK_DATA:
            used += feed_data(c, bytes + used, len - used);
            break;
        case HTTP_CODEC_CHUNK_SIZE:
            feed_chunk_size(c, bytes[used++]);
            break;
        case HTTP_CODEC_CHUNK_END:
            feed_chunk_end(c, bytes[used++]);
            break;
        case HTTP_CODEC_TRAILER:
            feed_trailer(c, bytes[used++]);
            break;
        case HTTP_CODEC_DONE:
        case HTTP_CODEC_FAILED:
            break;
        }
    }
    c->request.body = buf_str(&c->body);
    c->request.body_len = c->body.len;
    return used;
}
