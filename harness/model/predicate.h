/*
 * Predicates over JSON, as cases and the gap ledger write them (cases/README.md): a mapping, all of
 * whose members must hold. A member is `path: value` (objects by subset, lists by element),
 * `path: {condition: ...}`, or one of `all`, `any`, `not`.
 *
 *     struct predicate_difference d = {0};
 *     if (!predicate_holds(expect, seen, &d))
 *         ... d.expected "exit is 0", d.seen "exit is 1"
 *     predicate_difference_release(&d);
 *
 * Where there is nothing at a path, only `exists: false` and `not_equals` hold. `every` and `some`
 * do not hold for an empty list: a check that looked at nothing must not pass.
 */
#ifndef CONFED_MODEL_PREDICATE_H
#define CONFED_MODEL_PREDICATE_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>

/* The first member that does not hold, one line each; owned. */
struct predicate_difference {
    char *expected, *seen;
};
void predicate_difference_release(struct predicate_difference *d);

/* Whether predicate holds over seen. ret (NULL allowed) is written only when it does not. */
bool predicate_holds(const json_t *predicate, const json_t *seen, struct predicate_difference *ret);

/* The same where a member's name is looked up by the caller: owned value, or NULL for nothing. */
typedef json_t *predicate_lookup_fn(void *self, const char *name);
bool predicate_holds_for(const json_t *predicate, predicate_lookup_fn *lookup, void *self,
                         struct predicate_difference *ret);

/*
 * Whether predicate is well-formed; ERR_INPUT says what is not. Paths must begin with one of roots
 * (ends with NULL; NULL: any). With names_are_values, a member's name is a value, not a path.
 */
int predicate_check(const json_t *predicate, const char *const roots[], bool names_are_values,
                    struct err *err);
/* Appends the predicate as one line: `exit is 0 and stdout contains "nginx"`. */
void predicate_describe(const json_t *predicate, struct buf *out);
/* Whether a member of it, at any depth of all, any and not, begins with the path's first name. */
bool predicate_mentions(const json_t *predicate, const char *root);

#endif
