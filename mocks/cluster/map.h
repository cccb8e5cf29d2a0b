/*
 * Two small containers of the cluster: a map from text to pointer, and an index that tells who
 * belongs to what ("uid:<owner>", "label:ns/app=nginx", "node:n1", "ip:10.1.7.3") so that no
 * controller ever has to look at everything. Adding, finding and removing cost the same however
 * many there are.
 *
 *     index_add(&c->index, &pod->links, pod, "node:juju-c1-1");
 *     const struct index_bucket *b = index_find(&c->index, "node:juju-c1-1");
 *     for (size_t i = 0; b && i < b->count; i++)
 *         use(b->items[i].owner);
 */
#ifndef CONFED_CLUSTER_MAP_H
#define CONFED_CLUSTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    char *key; /* owned; NULL: free, or a tombstone when dead */
    uint64_t hash;
    void *value;
    bool dead;
};

struct map {
    struct map_slot *slots;
    size_t cap, count, used; /* used counts tombstones too */
};

void map_release(struct map *m); /* values are the caller's */
void *map_get(const struct map *m, const char *key); /* NULL: not there */
void map_set(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key); /* what was there, or NULL */
/* Walks in no order: start with *at 0; NULL at the end. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

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
