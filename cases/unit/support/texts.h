/* JSON that can be read inside of C, and how often a text holds another. */
#ifndef CONFED_UNIT_TEXTS_H
#define CONFED_UNIT_TEXTS_H

#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Any JSON value written with single quotes for double ones; the test fails when it is none.
 * Owned. */
static inline json_t *quoted(const char *text) {
    char *copy = xstrdup(text);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    free(copy);
    if (!value)
        fail_msg("the test's own JSON: %s: %.200s", error.text, text);
    return value;
}

/* How many times part, which is not empty, is in the text, one behind the other. */
static inline size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

#endif
