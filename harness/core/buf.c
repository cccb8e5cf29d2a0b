#include "harness/core/buf.h"
#include "harness/core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_release(struct buf *b) {
    free(b->data);
    *b = (struct buf){.limit = b->limit};
}

void buf_clear(struct buf *b) {
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_detach(struct buf *b) {
    char *data = b->data ? b->data : xstrdup("");
    *b = (struct buf){.limit = b->limit};
    return data;
}

const char *buf_str(const struct buf *b) {
    return b->data ? b->data : "";
}

char *buf_reserve(struct buf *b, size_t len) {
    if (b->failed || len > b->limit - b->len) {
        b->failed = true;
        return NULL;
    }
    size_t need = b->len + len + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < need)
            cap *= 2;
        b->data = xrealloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len) {
    char *room = buf_reserve(b, len);
    if (!room)
        return;
    if (len)
        memcpy(room, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s) {
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c) {
    buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    assert(len >= 0);
    char *room = buf_reserve(b, (size_t)len);
    if (room) {
        vsnprintf(room, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(b, fmt, ap);
    va_end(ap);
}

void buf_consume(struct buf *b, size_t len) {
    assert(len <= b->len);
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

void buf_truncate(struct buf *b, size_t len) {
    assert(len <= b->len);
    b->len = len;
    if (b->data)
        b->data[len] = '\0';
}
