/*
 * Values of a case: paths into JSON, and texts with ${...} in them.
 *
 * A path is `json.spec.ports[0].nodePort`. A key with dots stands in brackets and double quotes,
 * `metadata.annotations["a.b/c"]`; `items[metadata.name=c1]` is the first element of a list whose
 * part has that text. A path names a value or nothing: reading never fails.
 *
 * In a text, ${path} stands for a part of the bound values; a text that is only one ${path} keeps
 * the value's type; `$${` is a plain `${`.
 */
#ifndef CONFED_MODEL_VALUE_H
#define CONFED_MODEL_VALUE_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Borrowed, or NULL when there is nothing at path (or the path is malformed). */
json_t *value_at(const json_t *root, const char *path);
/* ERR_INPUT with what is wrong with the path. */
int value_path_check(const char *path, struct err *err);

/*
 * A copy of value with every ${...} of its texts replaced (keys of objects are left alone); owned.
 * NULL with ERR_NOT_FOUND when something is not bound, ERR_INPUT when a ${ is not closed.
 */
json_t *value_expand(const json_t *value, const json_t *bound, struct err *err);
/* The same for one text, as a value; owned or NULL. */
json_t *value_expand_text(const char *text, const json_t *bound, struct err *err);
/* Adds the first name of each ${...} of value, in texts and in keys, to the object names: true. */
int value_references(const json_t *value, json_t *names, struct err *err);

/*
 * What a `bind` or `evidence` member names: a path into seen, or {in: path, matches: regex} for the
 * first group (the whole match when it has none). Owned; NULL with ERR_NOT_FOUND when not there.
 */
json_t *value_extract(const json_t *seen, const json_t *what, struct err *err);
/* Whether what has the form that value_extract takes. */
int value_extract_check(const json_t *what, struct err *err);

/* A JSON text from any bytes: what is not UTF-8 becomes U+FFFD. Owned. */
json_t *value_from_bytes(const char *data, size_t len);
/*
 * What a command printed as JSON: the first object or list that begins a line of text, as programs
 * print warnings before and behind it. Owned; NULL: there is none.
 */
json_t *value_json_in(const char *text);
/* One line for people: compact JSON, cut after about len_max bytes. Owned. */
char *value_line(const json_t *value, size_t len_max);
/* A whole number, or a text that is one, in [min, max]. */
bool value_to_int(const json_t *value, int64_t min, int64_t max, int64_t *ret_value);
/* A text as argument, file content or variable: texts as they are, others as compact JSON. Owned.
 */
char *value_to_text(const json_t *value);
/* "250ms", "40s", "9m", "1h", "1m30s"; false when malformed or above a year. */
bool value_duration_ms(const char *text, int64_t *ret_ms);

#endif
