/*
 * The conditions of predicates that look at one value: equals, contains, matches, in_cidr and so
 * on. `every` and `some`, which hold predicates themselves, are predicate.c's.
 */
#ifndef CONFED_MODEL_CONDITION_H
#define CONFED_MODEL_CONDITION_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>

struct condition {
    const char *name;
    const char *phrase; /* "is not", "contains": between a path and the wanted value */
    bool takes_missing; /* holds may be asked with have NULL */
    bool (*holds)(const json_t *have, const json_t *want);
    int (*check)(const json_t *want, struct err *err); /* ERR_INPUT: what want should be */
};
/* Borrowed, or NULL when no condition is called so. */
const struct condition *condition_find(const char *name);
/* Numbers by value (1 equals 1.0), everything else as JSON does. */
bool condition_equal(const json_t *a, const json_t *b);

#endif
