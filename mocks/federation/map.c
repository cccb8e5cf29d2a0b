#include "mocks/federation/map.h"

#include "harness/core/hash.h"
#include "harness/core/mem.h"

static size_t home_of(const struct map *m, const char *key) {
    return (size_t)hash_fnv1a_64(key, strlen(key)) & (m->cap - 1);
}

/* The place of key, or the free one where it would go. cap > count, so the walk ends. */
static size_t place_of(const struct map *m, const char *key) {
    size_t i = home_of(m, key);
    while (m->entries[i].key && strcmp(m->entries[i].key, key) != 0)
        i = (i + 1) & (m->cap - 1);
    return i;
}

void map_release(struct map *m) {
    for (size_t i = 0; i < m->cap; i++)
        free(m->entries[i].key);
    free(m->entries);
    *m = (struct map){0};
}

void *map_get(const struct map *m, const char *key) {
    return m->cap > 0 ? m->entries[place_of(m, key)].value : NULL;
}

static void grow(struct map *m) {
    struct map bigger = {.cap = m->cap > 0 ? m->cap * 2 : 64, .count = m->count};
    bigger.entries = xcalloc(bigger.cap, sizeof(*bigger.entries));
    for (size_t i = 0; i < m->cap; i++)
        if (m->entries[i].key)
            bigger.entries[place_of(&bigger, m->entries[i].key)] = m->entries[i];
    free(m->entries);
    *m = bigger;
}

void map_set(struct map *m, const char *key, void *value) {
    if ((m->count + 1) * 4 > m->cap * 3)
        grow(m);
    struct map_entry *e = &m->entries[place_of(m, key)];
    if (!e->key) {
        e->key = xstrdup(key);
        m->count++;
    }
    e->value = value;
}

void map_remove(struct map *m, const char *key) {
    if (m->cap == 0)
        return;
    size_t hole = place_of(m, key);
    if (!m->entries[hole].key)
        return;
    free(m->entries[hole].key);
    m->entries[hole] = (struct map_entry){0};
    m->count--;
    /* Whoever was pushed past the hole moves back, so that no search ends too early. */
    for (size_t i = (hole + 1) & (m->cap - 1); m->entries[i].key; i = (i + 1) & (m->cap - 1)) {
        struct map_entry e = m->entries[i];
        m->entries[i] = (struct map_entry){0};
        m->entries[place_of(m, e.key)] = e;
    }
}
