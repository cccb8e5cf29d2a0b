#include "harness/core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p) {
    if (!p) {
        fputs("confed: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t size) {
    return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size) {
    return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size) {
    return or_die(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s) {
    return or_die(strdup(s));
}

char *xstrndup(const char *s, size_t len_max) {
    return or_die(strndup(s, len_max));
}

void *xmemdup(const void *p, size_t len) {
    void *copy = xmalloc(len);
    if (len)
        memcpy(copy, p, len);
    return copy;
}

char *xvasprintf(const char *fmt, va_list ap) {
    char *text = NULL;
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    return or_die(text);
}

char *xasprintf(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    return text;
}

void *xgrow(void *array, size_t count, size_t *cap, size_t element_size) {
    if (count < *cap)
        return or_die(array);
    *cap = *cap ? *cap * 2 : 8;
    return or_die(reallocarray(array, *cap, element_size));
}

void str_freep(char **p) {
    free(*p);
}

char *str_take(char **p) {
    char *taken = *p;
    *p = NULL;
    return taken;
}
