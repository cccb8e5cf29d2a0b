/*
 * Expressions that choose among cases:
 *
 *     area=gaps and not needs=loadbalancer
 *     covers=W34 or (title~'NodePort' and required)
 *
 * A term is FIELD=TEXT, FIELD!=TEXT, FIELD~REGEX or FIELD!~REGEX (POSIX extended), or the name of a
 * flag alone. Where a field is a list, = and ~ ask for one of its elements, != and !~ for none. A
 * text with blanks or parentheses stands in single or double quotes. `not` binds closest, then
 * `and`, then `or`.
 */
#ifndef CONFED_MODEL_CASE_FILTER_H
#define CONFED_MODEL_CASE_FILTER_H

#include "harness/core/err.h"
#include "harness/model/scenario.h"

#include <jansson.h>
#include <stdbool.h>

/* The fields of a case, for case_filter_holds; owned. gaps: ids of the ledger, borrowed, or NULL.
 */
json_t *case_filter_fields(const struct scenario *s, const json_t *gaps);
/* ERR_USAGE says where the expression is wrong, and what is expected there. */
int case_filter_holds(const char *expression, const json_t *fields, bool *ret, struct err *err);

#endif
