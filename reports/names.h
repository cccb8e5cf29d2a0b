/*
 * Names that stay apart: some readers keep only the first of two cases with the same name, so the
 * second and further results of one id get a number behind it.
 */
#ifndef CONFED_REPORTS_NAMES_H
#define CONFED_REPORTS_NAMES_H

#include "harness/core/mem.h"

#include <jansson.h>
#include <stddef.h>

struct names;
/* Of the list of results, which is borrowed; a few bytes for each. */
struct names *names_new(const json_t *list);
void names_free(struct names *n);
DEFINE_OWNED(struct names, names)

/* How manieth result of its id the index-th is: 1 for most. */
size_t names_ordinal(const struct names *n, size_t index);

#endif
