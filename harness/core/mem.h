/*
 * Memory that cannot fail and owners that clean up: out of memory aborts (a test harness has no
 * better answer), and a local that owns something is released when it goes out of scope.
 *
 *     DEFINE_OWNED(struct buf, buf)            in a header, behind buf_free()
 *     CLEANUP(buf_freep) struct buf *b = buf_new();
 *     return buf_take(&b);                     hands b over; nothing is freed here
 */
#ifndef CONFED_CORE_MEM_H
#define CONFED_CORE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define DEFINE_OWNED(type, name)                                        \
    static inline __attribute__((unused)) void name##_freep(type **p) { \
        name##_free(*p);                                                \
    }                                                                   \
    static inline __attribute__((unused)) type *name##_take(type **p) { \
        type *taken = *p;                                               \
        *p = NULL;                                                      \
        return taken;                                                   \
    }

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

void *xmalloc(size_t size) __attribute__((returns_nonnull, malloc));
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull, malloc));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull, malloc));
char *xstrndup(const char *s, size_t len_max) __attribute__((returns_nonnull, malloc));
void *xmemdup(const void *p, size_t len) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0), returns_nonnull));

/* Makes room for one more element in a growing array: x = xgrow(x, count, &cap, sizeof(*x)). */
void *xgrow(void *array, size_t count, size_t *cap, size_t element_size)
    __attribute__((returns_nonnull));

/* For CLEANUP of a char * that was malloc'ed; str_take hands it over. */
void str_freep(char **p);
char *str_take(char **p);

#endif
