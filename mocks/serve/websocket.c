#include "mocks/serve/websocket.h"

#include "harness/core/base64.h"
#include "harness/core/str.h"
#include "mocks/serve/openssl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

enum { HEAD_MAX = 14, CONTROL_MAX = 125, KEY_LEN = 16, SHA1_LEN = 20 };

struct websocket {
    const struct websocket_ops *ops;
    void *self;
    bool closed;
    unsigned char head[HEAD_MAX];
    size_t head_len;
    uint64_t payload_left;
    uint64_t payload_at; /* bytes of the frame that were read: where the mask is */
    struct buf message;  /* fragments so far */
    struct buf control;
    bool fragmented, text; /* a message has begun */
};

bool websocket_is_asked_for(const struct http_request *r) {
    return http_headers_has_token(&r->headers, "Connection", "upgrade") &&
           http_headers_has_token(&r->headers, "Upgrade", "websocket");
}

const char *websocket_check(const struct http_request *r) {
    if (!str_eq(r->method, "GET"))
        return "a WebSocket is asked for with GET";
    const char *version = http_headers_get(&r->headers, "Sec-WebSocket-Version");
    if (!str_eq(version, "13"))
        return "Sec-WebSocket-Version must be 13";
    const char *key = http_headers_get(&r->headers, "Sec-WebSocket-Key");
    size_t len = 0;
    char *decoded = key ? base64_decode(key, &len) : NULL;
    free(decoded);
    return decoded && len == KEY_LEN ? NULL : "Sec-WebSocket-Key must be 16 bytes of base64";
}

void websocket_answer(const struct http_request *r, const char *protocol,
                      struct http_headers *ret) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
    char *text = xasprintf("%s%s", http_headers_get(&r->headers, "Sec-WebSocket-Key"), guid);
    unsigned char digest[SHA1_LEN];
    int ok = EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
    assert(ok == 1);
    char *accept = base64_encode(digest, sizeof(digest));
    http_headers_add(ret, "Upgrade", "websocket");
    http_headers_add(ret, "Sec-WebSocket-Accept", accept);
    if (protocol)
        http_headers_add(ret, "Sec-WebSocket-Protocol", protocol);
    free(accept);
    free(text);
}

/* The first of the supported ones that the element of a list names. */
static const char *supported_one(const char *word, size_t len, const char *const *supported,
                                 size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strlen(supported[i]) == len && strncmp(supported[i], word, len) == 0)
            return supported[i];
    return NULL;
}

const char *websocket_select(const struct http_request *r, const char *const *supported,
                             size_t count, bool *ret_offered) {
    *ret_offered = false;
    for (size_t i = 0; i < r->headers.count; i++) {
        if (strcasecmp(r->headers.items[i].name, "Sec-WebSocket-Protocol") != 0)
            continue;
        const char *at = r->headers.items[i].value;
        while (*(at += strspn(at, ", \t"))) {
            size_t len = strcspn(at, ", \t");
            *ret_offered = true;
            const char *found = supported_one(at, len, supported, count);
            if (found)
                return found;
            at += len;
        }
    }
    return NULL;
}

struct websocket *websocket_new(const struct websocket_ops *ops, void *self) {
    struct websocket *w = xcalloc(1, sizeof(*w));
    w->ops = ops;
    w->self = self;
    w->message = (struct buf)BUF_INIT_LIMIT(WEBSOCKET_MESSAGE_MAX);
    w->control = (struct buf)BUF_INIT_LIMIT(CONTROL_MAX);
    return w;
}

void websocket_free(struct websocket *w) {
    if (!w)
        return;
    buf_release(&w->message);
    buf_release(&w->control);
    free(w);
}

static void write_frame(struct websocket *w, enum opcode opcode, const void *data, size_t len) {
    unsigned char head[HEAD_MAX] = {(unsigned char)(0x80 | opcode)};
    size_t head_len = 2;
    if (len < 126) {
        head[1] = (unsigned char)len;
    } else if (len <= UINT16_MAX) {
        head[1] = 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        head_len = 4;
    } else {
        head[1] = 127;
        for (size_t i = 0; i < 8; i++)
            head[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
        head_len = 10;
    }
    w->ops->write(w->self, head, head_len);
    if (len)
        w->ops->write(w->self, data, len);
}

void websocket_send(struct websocket *w, bool text, const void *data, size_t len) {
    if (!w->closed)
        write_frame(w, text ? TEXT : BINARY, data, len);
}

void websocket_close(struct websocket *w, enum websocket_code code, const char *reason) {
    if (w->closed)
        return;
    w->closed = true;
    char payload[CONTROL_MAX] = {(char)(code >> 8), (char)(code & 0xff)};
    size_t len = strnlen(reason, sizeof(payload) - 2);
    memcpy(payload + 2, reason, len);
    write_frame(w, CLOSE, payload, len + 2);
}

static void fail(struct websocket *w, enum websocket_code code, const char *reason) {
    if (w->closed)
        return;
    websocket_close(w, code, reason);
    w->ops->on_close(w->self, (int)code);
}

static enum opcode frame_opcode(const struct websocket *w) {
    return (enum opcode)(w->head[0] & 0x0f);
}

static bool is_final(const struct websocket *w) {
    return w->head[0] & 0x80;
}

static size_t head_size(const struct websocket *w) {
    if (w->head_len < 2)
        return 2;
    size_t len = w->head[1] & 0x7f;
    return 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4;
}

static uint64_t payload_len(const struct websocket *w) {
    size_t len = w->head[1] & 0x7f;
    if (len < 126)
        return len;
    uint64_t sum = 0;
    for (size_t i = 0; i < (len == 126 ? 2 : 8); i++)
        sum = sum << 8 | w->head[2 + i];
    return sum;
}

/* After two bytes: what needs no length to be wrong. NULL: fine so far. */
static const char *check_start(const struct websocket *w) {
    enum opcode opcode = frame_opcode(w);
    if (w->head[0] & 0x70)
        return "reserved bits are set";
    if (!(w->head[1] & 0x80))
        return "a client's frame is not masked";
    if (opcode >= CLOSE)
        return opcode > PONG                       ? "unknown opcode"
               : !is_final(w)                      ? "a control frame is fragmented"
               : (w->head[1] & 0x7f) > CONTROL_MAX ? "a control frame is too long"
                                                   : NULL;
    if (opcode > BINARY)
        return "unknown opcode";
    if (opcode == CONTINUATION)
        return w->fragmented ? NULL : "a continuation of nothing";
    return w->fragmented ? "a message within a message" : NULL;
}

static void begin_frame(struct websocket *w) {
    w->payload_left = payload_len(w);
    w->payload_at = 0;
    enum opcode opcode = frame_opcode(w);
    if (opcode >= CLOSE) {
        buf_clear(&w->control);
        return;
    }
    if (opcode != CONTINUATION) {
        buf_clear(&w->message);
        w->text = opcode == TEXT;
        w->fragmented = true;
    }
    if (w->payload_left > WEBSOCKET_MESSAGE_MAX - w->message.len)
        fail(w, WEBSOCKET_TOO_BIG, "message too big");
}

static void on_close_frame(struct websocket *w) {
    const unsigned char *p = (const unsigned char *)buf_str(&w->control);
    size_t len = w->control.len;
    int code = len >= 2 ? p[0] << 8 | p[1] : WEBSOCKET_NORMAL;
    bool known = (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 && code != 1006) ||
                 (code >= 3000 && code <= 4999);
    if (len == 1 || !known) {
        fail(w, WEBSOCKET_PROTOCOL_ERROR, "malformed close frame");
    } else if (len > 2 && !str_is_utf8((const char *)p + 2, len - 2)) {
        fail(w, WEBSOCKET_BAD_TEXT, "the reason is not UTF-8");
    } else {
        w->closed = true;
        write_frame(w, CLOSE, p, len >= 2 ? 2 : 0);
        w->ops->on_close(w->self, code);
    }
}

static void end_frame(struct websocket *w) {
    w->head_len = 0;
    switch (frame_opcode(w)) {
    case CLOSE:
        on_close_frame(w);
        return;
    case PING:
        write_frame(w, PONG, w->control.data, w->control.len);
        return;
    case PONG:
        return;
    case CONTINUATION:
    case TEXT:
    case BINARY:
        break;
    }
    if (!is_final(w))
        return;
    w->fragmented = false;
    if (w->text && !str_is_utf8(buf_str(&w->message), w->message.len))
        fail(w, WEBSOCKET_BAD_TEXT, "the text is not UTF-8");
    else
        w->ops->on_message(w->self, w->text, buf_str(&w->message), w->message.len);
}

static void add_payload(struct websocket *w, const unsigned char *data, size_t len) {
    struct buf *b = frame_opcode(w) >= CLOSE ? &w->control : &w->message;
    const unsigned char *mask = w->head + head_size(w) - 4;
    char *room = buf_reserve(b, len);
    assert(room); /* the frame's length was checked */
    for (size_t i = 0; i < len; i++)
        room[i] = (char)(data[i] ^ mask[(w->payload_at + i) & 3]);
    b->len += len;
    b->data[b->len] = '\0';
    w->payload_at += len;
    w->payload_left -= len;
}

/* Takes one byte of a frame's head; true: the head is whole. */
static bool read_head(struct websocket *w, unsigned char byte) {
    w->head[w->head_len++] = byte;
    if (w->head_len == 2) {
        const char *wrong = check_start(w);
        if (wrong) {
            fail(w, WEBSOCKET_PROTOCOL_ERROR, wrong);
            return false;
        }
    }
    if (w->head_len < head_size(w))
        return false;
    begin_frame(w);
    return !w->closed;
}

void websocket_feed(struct websocket *w, const void *data, size_t len) {
    const unsigned char *p = data;
    bool in_payload = w->head_len >= 2 && w->head_len == head_size(w);
    while (len > 0 && !w->closed) {
        if (!in_payload) {
            in_payload = read_head(w, *p++);
            len--;
        } else {
            size_t take = len < w->payload_left ? len : (size_t)w->payload_left;
            add_payload(w, p, take);
            p += take;
            len -= take;
        }
        if (in_payload && w->payload_left == 0) {
            end_frame(w);
            in_payload = false;
        }
    }
}
