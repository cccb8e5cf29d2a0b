/*
 * What changes for a user between two releases, point by point, as a file
 * (fixtures/upgrades/README.md has its fields).
 */
#ifndef CONFED_JUDGE_UPGRADE_LIST_H
#define CONFED_JUDGE_UPGRADE_LIST_H

#include "harness/core/err.h"
#include "harness/model/problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a list. Everything that is wrong with it is a problem, by file and line, with what is
 * expected there; then NULL. Owned.
 */
json_t *upgrade_list_lint(const char *text, size_t len, const char *name,
                          struct problems *problems);
/* The same of a file: ERR_INPUT has the first problem, and how many more there are. Owned or NULL.
 */
json_t *upgrade_list_load(const char *path, struct err *err);

/* Whether the list is about an upgrade between these releases; NULL: no. */
bool upgrade_list_is_for(const json_t *list, const char *from, const char *to);

#endif
