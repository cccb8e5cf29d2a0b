/*
 * A byte string that grows to a limit. Writers append freely and check once at the end: after the
 * first append that would pass the limit, the buffer is latched (buf_failed), keeps what it had and
 * ignores further appends. The bytes are always followed by a NUL that does not count.
 *
 *     struct buf b = BUF_INIT;                  limit BUF_LIMIT_DEFAULT
 *     buf_addf(&b, "%s=%d\n", name, value);
 *     char *text = buf_detach(&b);              owned by the caller; b is empty again
 */
#ifndef CONFED_CORE_BUF_H
#define CONFED_CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define BUF_LIMIT_DEFAULT ((size_t)256 << 20)
#define BUF_INIT \
    { .limit = BUF_LIMIT_DEFAULT }
#define BUF_INIT_LIMIT(len_max) \
    { .limit = (len_max) }

struct buf {
    char *data;   /* NULL or NUL-terminated; owned */
    size_t len;   /* bytes, without the NUL */
    size_t cap;   /* bytes allocated */
    size_t limit; /* bytes at most */
    bool failed;  /* an append did not fit */
};

void buf_release(struct buf *b);          /* frees the bytes; b can be used again */
void buf_clear(struct buf *b);            /* len 0, memory kept, latch reset */
char *buf_detach(struct buf *b);          /* owned; never NULL */
const char *buf_str(const struct buf *b); /* borrowed; never NULL */
static inline bool buf_failed(const struct buf *b) {
    return b->failed;
}

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Removes len bytes from the front; len may be the whole. */
void buf_consume(struct buf *b, size_t len);
/* Room for len more bytes, to be filled by the caller who then adds to b->len. NULL when latched.
 */
char *buf_reserve(struct buf *b, size_t len);
/* Shortens to len. */
void buf_truncate(struct buf *b, size_t len);

#endif
