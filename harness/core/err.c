#include "harness/core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...) {
    if (!err)
        return code;

    char text[sizeof(err->text)]; /* the arguments may point into err->text */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    memcpy(err->text, text, sizeof(text));
    err->code = code;
    return code;
}

int err_prefix(struct err *err, const char *fmt, ...) {
    if (!err)
        return ERR_STATE;

    char prefix[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(prefix, sizeof(prefix), fmt, ap);
    va_end(ap);
    return err_set(err, err->code, "%s: %s", prefix, err->text);
}

int err_errno(struct err *err, const char *fmt, ...) {
    int saved = errno;
    char text[sizeof(err->text) / 2];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(err, saved == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", text, strerror(saved));
}
