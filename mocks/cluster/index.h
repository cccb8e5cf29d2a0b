/*
 * Who belongs to what ("uid:<owner>", "label:ns/app=nginx", "node:n1", "ip:10.1.7.3"), so that no
 * controller ever has to look at everything.
 *
 *     index_add(&c->index, &pod->links, pod, "node:juju-c1-1");
 *     const struct index_bucket *b = index_find(&c->index, "node:juju-c1-1");
 *     for (size_t i = 0; b && i < b->count; i++)
 *         use(b->items[i].owner);
 */
#ifndef CONFED_CLUSTER_INDEX_H
#define CONFED_CLUSTER_INDEX_H

#include "harness/core/map.h"

struct index_links;

struct index_item {
    void *owner;
    struct index_links *links;
    size_t link; /* which of its links points here */
};

struct index_bucket {
    char *key; /* owned */
    struct index_item *items;
    size_t count, cap;
};

struct index_link {
    struct index_bucket *bucket;
    size_t at;
};

/* Everything that one owner is filed under; zero-initialised. */
struct index_links {
    struct index_link *items;
    size_t count, cap;
};

struct index {
    struct map buckets;
};

void index_release(struct index *x); /* after every owner's links were removed */
void index_add(struct index *x, struct index_links *links, void *owner, const char *key);
void index_remove_all(struct index *x, struct index_links *links);
const struct index_bucket *index_find(const struct index *x, const char *key); /* or NULL */

#endif
