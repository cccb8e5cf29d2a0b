/*
 * Short paths into jansson values. A path is a list of keys that ends with NULL; "[0]" is an index
 * into an array. Missing, NULL and mistyped all mean "not there": the getters never fail.
 *
 *     const char *name = json_str(pod, "metadata", "name", NULL);           borrowed or NULL
 *     json_t *port = json_at(service, "spec", "ports", "[0]", NULL);        borrowed or NULL
 */
#ifndef CONFED_CORE_JSON_H
#define CONFED_CORE_JSON_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

static inline void json_freep(json_t **p) {
    json_decref(*p);
}
static inline json_t *json_take(json_t **p) {
    json_t *taken = *p;
    *p = NULL;
    return taken;
}

/*
 * The same value, as jansson wants it also where it changes nothing (to iterate) or only counts its
 * owners (to put it somewhere).
 */
static inline json_t *json_mutable(const json_t *value) {
    return (json_t *)(uintptr_t)value;
}

json_t *json_at(const json_t *root, ...) __attribute__((sentinel));      /* borrowed or NULL */
const char *json_str(const json_t *root, ...) __attribute__((sentinel)); /* borrowed or NULL */
int64_t json_int(const json_t *root, int64_t otherwise, ...) __attribute__((sentinel));
bool json_flag(const json_t *root, ...) __attribute__((sentinel)); /* the value is true */

/* The object at key, made when it is missing or no object; borrowed. */
json_t *json_ensure_object(json_t *object, const char *key);
/* The array at key, made when it is missing or no array; borrowed. */
json_t *json_ensure_array(json_t *object, const char *key);
/* Sets object[key] to a new string; a NULL text removes the key. */
void json_set_str(json_t *object, const char *key, const char *text);
void json_set_int(json_t *object, const char *key, int64_t value);
void json_set_bool(json_t *object, const char *key, bool value);

/* Whether the list (NULL: none) has this text (NULL: no). */
bool json_has_text(const json_t *list, const char *text);
/* Whether each member of want is in have: objects by subset, arrays by element, else equality. */
bool json_contains(const json_t *have, const json_t *want);

/* Parses one JSON text (duplicates refused, depth bounded by jansson); owned or NULL. */
json_t *json_parse(const char *text, size_t len, const char *name, struct err *err);
json_t *json_load_path(const char *path, struct err *err); /* owned or NULL */
/* Appends the compact form (or indented by 2 and sorted). */
void json_dump_to(const json_t *value, bool pretty, struct buf *out);
char *json_text(const json_t *value); /* compact; owned */

#endif
