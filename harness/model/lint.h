/*
 * Reading a mapping that people wrote: members by name and kind, every mistake reported with its
 * line, nothing guessed.
 */
#ifndef CONFED_MODEL_LINT_H
#define CONFED_MODEL_LINT_H

#include "harness/model/problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct lint { /* all borrowed */
    struct problems *problems;
    const char *file;
    int line; /* of the mapping */
    const json_t *object;
    const json_t *lines; /* its lines, as from yaml_parse_with_lines; NULL: unknown */
};

enum lint_kind {
    LINT_ANY,
    LINT_TEXT,
    LINT_TEXT_OR_NUMBER, /* also a text with ${...} */
    LINT_FLAG,           /* also a text with ${...} */
    LINT_LIST,
    LINT_OBJECT,
};

/*
 * A JSON document and its lines, both owned: what is no JSON is a problem, and the document NULL
 * then. *ret_lines may be NULL.
 */
json_t *lint_document(const char *text, size_t len, const char *name, json_t **ret_lines,
                      struct problems *problems);

/* The line of a node of a lines tree, otherwise when it has none. */
int lint_line(const json_t *lines, int otherwise);
/* A problem at the member's line. */
void lint_add(struct lint *lint, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports members that are not in keys (ends with NULL), with the nearest that is. */
void lint_keys(struct lint *lint, const char *const keys[], const char *what);
/* Borrowed; NULL when it is not there (a problem when required) or of another kind (a problem). */
const json_t *lint_member(struct lint *lint, const char *key, enum lint_kind kind, bool required);
/*
 * A text, or a list of at least one, that the check finds right; else a problem that says what is
 * expected. Borrowed; of a text NULL when it is not there, or said to be wrong.
 */
typedef bool lint_check_fn(const char *text);
const char *lint_text(struct lint *lint, const char *key, bool required, lint_check_fn *check,
                      const char *expected);
const json_t *lint_texts(struct lint *lint, const char *key, bool required, lint_check_fn *check,
                         const char *expected);
/* Not empty; an address of the web; an id of a case, like lifecycle.dns. */
lint_check_fn lint_is_something, lint_is_url, lint_is_case;
/* Milliseconds of a duration, 0 when it is not there or wrong (a problem). */
int64_t lint_duration(struct lint *lint, const char *key);

#endif
