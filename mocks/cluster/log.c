#include "mocks/cluster/log.h"

#include "harness/core/mem.h"

#define LINE_MAX_BYTES 16384

void log_release(struct log *l) {
    for (size_t i = 0; i < l->count; i++)
        free(l->lines[l->head + i].text);
    free(l->lines);
    buf_release(&l->partial[0]);
    buf_release(&l->partial[1]);
    *l = (struct log){0};
}

static void drop_first(struct log *l) {
    l->bytes -= l->lines[l->head].len;
    free(l->lines[l->head].text);
    l->head++;
    l->count--;
    l->first++;
}

static void append(struct log *l, int fd, const char *text, size_t len, int64_t wall_ms) {
    while (l->count && (l->count >= LOG_LINES_MAX || l->bytes + len > LOG_BYTES_MAX))
        drop_first(l);
    if (l->head > 0 && l->head + l->count == l->cap) {
        memmove(l->lines, l->lines + l->head, l->count * sizeof(*l->lines));
        l->head = 0;
    }
    l->lines = xgrow(l->lines, l->head + l->count, &l->cap, sizeof(*l->lines));
    l->lines[l->head + l->count++] =
        (struct log_line){.wall_ms = wall_ms, .fd = fd, .text = xmemdup(text, len), .len = len};
    l->bytes += len;
}

void log_write(struct log *l, int fd, const void *data, size_t len, int64_t wall_ms) {
    struct buf *b = &l->partial[fd == 2];
    const char *p = data, *end = p + len;
    b->limit = LINE_MAX_BYTES + 1;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t take = nl ? (size_t)(nl + 1 - p) : (size_t)(end - p);
        if (take > LINE_MAX_BYTES - b->len)
            take = LINE_MAX_BYTES - b->len;
        buf_add(b, p, take);
        p += take;
        if (b->len && (b->data[b->len - 1] == '\n' || b->len == LINE_MAX_BYTES)) {
            append(l, fd, b->data, b->len, wall_ms);
            buf_clear(b);
        }
    }
}

void log_flush(struct log *l, int64_t wall_ms) {
    for (int fd = 1; fd <= 2; fd++) {
        struct buf *b = &l->partial[fd == 2];
        if (b->len)
            append(l, fd, b->data, b->len, wall_ms);
        buf_clear(b);
    }
}

const struct log_line *log_get(const struct log *l, uint64_t number) {
    if (number < l->first || number >= l->first + l->count)
        return NULL;
    return &l->lines[l->head + (size_t)(number - l->first)];
}
