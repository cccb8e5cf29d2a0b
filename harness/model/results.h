/*
 * results.json (README.md has its members) read and checked: what compares, merges or keeps results
 * begins here, so that none of them has to ask twice whether a case is there twice.
 */
#ifndef CONFED_MODEL_RESULTS_H
#define CONFED_MODEL_RESULTS_H

#include "harness/core/err.h"

#include <jansson.h>

enum { RESULTS_VERSION = 1 };

/*
 * Owned results, or NULL with ERR_NOT_FOUND, ERR_IO or ERR_INPUT: a file of a newer version, of
 * another kind, with a case that is there twice or with a verdict that is none. Of each case at
 * least the members in keep (which ends with NULL, and has "case" and "verdict") are there, and the
 * others are not checked; keep NULL: all are there.
 */
json_t *results_load(const char *path, const char *const keep[], struct err *err);
/* The same checks of a value; name is said in messages. */
int results_check(const json_t *results, const char *name, struct err *err);
/* Whether a document of this version can be read; ERR_INPUT says that a newer confed is needed. */
int results_version_check(const json_t *document, const char *name, struct err *err);

#endif
