/*
 * Answers that were made, for questions that come again while nothing has changed. What was asked
 * is compared byte for byte (flags, case and EDNS included), the id excepted, so that an answer
 * from here is the one that would be made anew. Everything is forgotten when the version of the
 * data is another one. Internal to this folder.
 */
#ifndef CONFED_DNSSERVER_ANSWER_CACHE_H
#define CONFED_DNSSERVER_ANSWER_CACHE_H

#include "harness/core/buf.h"
#include "harness/core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer_lifetime {
    ANSWER_UNTIL_CHANGE,
    ANSWER_THIS_SECOND, /* the time stands in it (the serial of an SOA) */
    ANSWER_ONCE,        /* made of what no version covers: never kept */
};

/* A question as it came. len is at least 2. */
struct answer_question {
    const void *query;
    size_t len;
    bool tcp;
};

struct answer_cache;
struct answer_cache *answer_cache_new(void);
void answer_cache_free(struct answer_cache *c);
DEFINE_OWNED(struct answer_cache, answer_cache)

/* Appends the answer that is kept, with the question's id; false: there is none. */
bool answer_cache_get(struct answer_cache *c, uint64_t version, const struct answer_question *q,
                      struct buf *reply);
/* Keeps a copy of the answer, when it is of the usual size. */
void answer_cache_put(struct answer_cache *c, const struct answer_question *q, const void *answer,
                      size_t len);

/*
 * Of the answer under way: what it is made of shortens its life, said before the clock is asked. An
 * answer_cache_get() that found none begins with the longest; answer_cache_put() heeds it.
 */
void answer_cache_shorten(struct answer_cache *c, enum answer_lifetime lifetime);

#endif
