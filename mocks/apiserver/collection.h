/*
 * The objects of one resource, sorted by "namespace/name" as etcd sorts its keys: a skip list, so
 * that inserting and seeking to where a page of a list ended cost O(log n). One object is found
 * through a table of hashes beside it: a walk through the list would touch memory at each step.
 */
#ifndef CONFED_APISERVER_COLLECTION_H
#define CONFED_APISERVER_COLLECTION_H

#include "mocks/apiserver/object.h"

#define COLLECTION_LEVELS 16

struct slot {
    struct object *object; /* referenced */
    uint64_t hash;         /* of key */
    struct slot *same;     /* the next in the same place of the table */
    const char *key;       /* "namespace/name"; cluster-scoped: "/name"; lies behind next */
    struct slot *next[];   /* as many as the slot's level; [0] is the next in order */
};

struct collection {
    struct slot *head[COLLECTION_LEVELS];
    size_t count;
    struct slot **table; /* by hash; a power of two of places, at least as many as objects */
    size_t table_size;
};

void collection_release(struct collection *c);
struct object *collection_get(const struct collection *c, const char *ns, const char *name);
/* Puts or replaces, taking over the reference. */
void collection_put_take(struct collection *c, struct object *o);
void collection_remove(struct collection *c, const char *ns, const char *name);
/* The first slot whose key is not less than key. */
struct slot *collection_seek(const struct collection *c, const char *key);

#endif
