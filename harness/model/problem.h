/* What is wrong with files that people write: collected, one line each, `file:line: what`. */
#ifndef CONFED_MODEL_PROBLEM_H
#define CONFED_MODEL_PROBLEM_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <stddef.h>

struct problems {    /* zero-initialised but for the buffer's limit: PROBLEMS_INIT */
    struct buf text; /* lines that end with a newline */
    size_t count;
};
#define PROBLEMS_INIT \
    { .text = BUF_INIT_LIMIT((size_t)1 << 20) }

void problems_release(struct problems *p);
/* line 0: the file as a whole. */
void problems_add(struct problems *p, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* An error that names its file, and line, itself. */
void problems_add_err(struct problems *p, const struct err *err);

/*
 * The first as an error, and how many more there are, with what is said behind that (": confed
 * lint"); 0 when there is none.
 */
int problems_err(const struct problems *p, const char *others, struct err *err);

#endif
