#include "mocks/cluster/map.h"

#include "harness/core/hash.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"

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

void index_release(struct index *x) {
    size_t at = 0;
    for (struct index_bucket *b; (b = map_next(&x->buckets, &at));) {
        free(b->key);
        free(b->items);
        free(b);
    }
    map_release(&x->buckets);
}

void index_add(struct index *x, struct index_links *links, void *owner, const char *key) {
    struct index_bucket *b = map_get(&x->buckets, key);
    if (!b) {
        b = xcalloc(1, sizeof(*b));
        b->key = xstrdup(key);
        map_set(&x->buckets, key, b);
    }
    b->items = xgrow(b->items, b->count, &b->cap, sizeof(*b->items));
    links->items = xgrow(links->items, links->count, &links->cap, sizeof(*links->items));
    b->items[b->count] = (struct index_item){owner, links, links->count};
    links->items[links->count++] = (struct index_link){b, b->count++};
}

void index_remove_all(struct index *x, struct index_links *links) {
    for (size_t i = 0; i < links->count; i++) {
        struct index_bucket *b = links->items[i].bucket;
        size_t at = links->items[i].at;
        b->items[at] = b->items[--b->count];
        if (at < b->count)
            b->items[at].links->items[b->items[at].link].at = at;
        if (b->count == 0) {
            map_remove(&x->buckets, b->key);
            free(b->key);
            free(b->items);
            free(b);
        }
    }
    free(links->items);
    *links = (struct index_links){0};
}

const struct index_bucket *index_find(const struct index *x, const char *key) {
    return map_get(&x->buckets, key);
}
