/*
 * From text to a pointer (open addressing). Keys are copied, values are the caller's. Adding,
 * finding and removing cost the same however many there are.
 */
#ifndef CONFED_CORE_MAP_H
#define CONFED_CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    char *key; /* owned; NULL: free, or a tombstone when dead */
    uint64_t hash;
    void *value;
    bool dead;
};

struct map { /* zero-initialised is empty */
    struct map_slot *slots;
    size_t cap, count, used; /* used counts tombstones too */
};

void map_release(struct map *m);                     /* values are the caller's */
void *map_get(const struct map *m, const char *key); /* NULL: not there */
void map_set(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key); /* what was there, or NULL */
/* Walks in no order: start with *at 0; NULL at the end. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

#endif
