/*
 * One stored version of one object. It never changes: a write makes a new one. So watchers, lists
 * and the event history share it by reference, and its serialised form is made at most once for
 * each API version in which somebody asked for it.
 */
#ifndef CONFED_APISERVER_OBJECT_H
#define CONFED_APISERVER_OBJECT_H

#include "mocks/apiserver/resource.h"

#include <jansson.h>
#include <stdint.h>

#define OBJECT_HOMES_MAX 6

/* `{"kind":K,"apiVersion":V,"metadata":...}` and a newline; the rest of an item without kind and
 * version begins at body. */
struct object_text {
    char *data;
    size_t len;
    size_t body;
};

struct object {
    size_t refs;
    int64_t rv;
    const struct resource *resource; /* borrowed; outlives the object */
    json_t *json;                    /* storage version */
    size_t weight;                   /* about its bytes in memory, as it counts in the history */
    struct object_text texts[OBJECT_HOMES_MAX];
};

struct object *object_new_take(const struct resource *r, json_t *json, int64_t rv);
/* The same content with another version; owned. */
struct object *object_at_version(const struct object *o, int64_t rv);
struct object *object_ref(struct object *o);
void object_unref(struct object *o); /* accepts NULL */

const char *object_name(const struct object *o);
const char *object_ns(const struct object *o); /* "" when it has none */
/* Serialised in the version of that home; borrowed from the object. */
const struct object_text *object_text(struct object *o, size_t home);
/* A copy in the version of that home whose members may be shared with the store; owned. */
json_t *object_json(const struct object *o, size_t home);
/* "apps/v1", "v1"; owned. */
char *object_api_version(const struct resource_home *h);
/* The path of the object in that home (percent-encoded name); owned. */
char *object_self_link(const struct resource *r, size_t home, const char *ns, const char *name);

#endif
