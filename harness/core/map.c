#include "harness/core/map.h"
#include "harness/core/hash.h"
#include "harness/core/mem.h"

#include <stdlib.h>
#include <string.h>

void map_release(struct map *m) {
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i].key);
    free(m->slots);
    *m = (struct map){0};
}

/* The slot with the key, or NULL. */
static struct map_slot *find(const struct map *m, const char *key, uint64_t hash) {
    if (m->cap == 0)
        return NULL;
    for (size_t i = (size_t)hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *s = &m->slots[i];
        if (!s->key && !s->dead)
            return NULL;
        if (s->key && s->hash == hash && strcmp(s->key, key) == 0)
            return s;
    }
}

void *map_get(const struct map *m, const char *key) {
    const struct map_slot *s = find(m, key, hash_fnv1a_64(key, strlen(key)));
    return s ? s->value : NULL;
}

static void place(struct map *m, char *key, uint64_t hash, void *value) {
    size_t i = (size_t)hash & (m->cap - 1);
    while (m->slots[i].key)
        i = (i + 1) & (m->cap - 1);
    if (!m->slots[i].dead)
        m->used++;
    m->slots[i] = (struct map_slot){.key = key, .hash = hash, .value = value};
    m->count++;
}

static void resize(struct map *m) {
    struct map old = *m;
    size_t cap = 16;
    while (cap < old.count * 4)
        cap *= 2;
    *m = (struct map){.slots = xcalloc(cap, sizeof(*m->slots)), .cap = cap};
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].key)
            place(m, old.slots[i].key, old.slots[i].hash, old.slots[i].value);
    }
    free(old.slots);
}

void map_set(struct map *m, const char *key, void *value) {
    uint64_t hash = hash_fnv1a_64(key, strlen(key));
    struct map_slot *s = find(m, key, hash);
    if (s) {
        s->value = value;
        return;
    }
    if ((m->used + 1) * 4 > m->cap * 3)
        resize(m);
    place(m, xstrdup(key), hash, value);
}

void *map_remove(struct map *m, const char *key) {
    struct map_slot *s = find(m, key, hash_fnv1a_64(key, strlen(key)));
    if (!s)
        return NULL;
    void *value = s->value;
    free(s->key);
    *s = (struct map_slot){.dead = true};
    m->count--;
    return value;
}

void *map_next(const struct map *m, size_t *at) {
    while (*at < m->cap) {
        const struct map_slot *s = &m->slots[(*at)++];
        if (s->key)
            return s->value;
    }
    return NULL;
}
