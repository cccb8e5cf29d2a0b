/*
 * YAML read and written as JSON values, with the scalars that kubectl (go-yaml, YAML 1.1) reads:
 * y, yes, on and true are true, 0755 is octal, ~ and null are null. A quoted scalar is a string.
 * Anchors and aliases work; merge keys ("<<") too. Everything is written double-quoted, because a
 * plain "y" would come back as true.
 */
#ifndef CONFED_CORE_YAML_H
#define CONFED_CORE_YAML_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>

/*
 * All documents of the text as one array, owned; NULL with "<name>:<line>: ..." when malformed.
 * Empty documents are left out.
 */
json_t *yaml_parse_all(const char *text, size_t len, const char *name, struct err *err);
/* The only document; ERR_INPUT when there is none or more than one. Owned. */
json_t *yaml_parse(const char *text, size_t len, const char *name, struct err *err);
json_t *yaml_load_path(const char *path, struct err *err); /* owned or NULL */

/*
 * Like yaml_parse, and fills *ret_lines (owned) with the same shape: objects carry "" -> the line
 * on which they begin and each key -> {"": line} or a nested shape. For messages about content.
 */
json_t *yaml_parse_with_lines(const char *text, size_t len, const char *name, json_t **ret_lines,
                              struct err *err);

/* Appends value as block YAML. */
void yaml_dump_to(const json_t *value, struct buf *out);

#endif
