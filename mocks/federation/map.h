/* From text to a pointer. Keys are copied, values are the caller's. */
#ifndef CONFED_FEDERATION_MAP_H
#define CONFED_FEDERATION_MAP_H

#include <stddef.h>

struct map_entry {
    char *key; /* NULL: free */
    void *value;
};

struct map { /* zero-initialised is empty */
    struct map_entry *entries;
    size_t cap; /* a power of two */
    size_t count;
};

void map_release(struct map *m);                     /* the values stay */
void *map_get(const struct map *m, const char *key); /* NULL when there is none */
void map_set(struct map *m, const char *key, void *value);
void map_remove(struct map *m, const char *key);

#endif
