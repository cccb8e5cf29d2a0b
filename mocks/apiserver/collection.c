#include "mocks/apiserver/collection.h"

#include "harness/core/hash.h"
#include "harness/core/mem.h"

#define TABLE_MIN 16
#define KEY_MAX 512 /* a namespace is at most 63 long, a name 253 */

static uint64_t hash_of(const char *key) {
    uint64_t h = hash_fnv1a_64(key, strlen(key));
    h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9u;
    return h ^ (h >> 32);
}

/* The level follows from the key, so that the same objects make the same list. */
static size_t level_of(uint64_t h) {
    size_t level = 1;
    while (level < COLLECTION_LEVELS && (h & 3) == 0) {
        level++;
        h >>= 2;
    }
    return level;
}

/* For each level the pointer that leads to the first slot not less than key. */
static void find(struct collection *c, const char *key, struct slot **ret[COLLECTION_LEVELS]) {
    struct slot **row = c->head;
    for (size_t level = COLLECTION_LEVELS; level-- > 0;) {
        while (row[level] && strcmp(row[level]->key, key) < 0)
            row = row[level]->next;
        ret[level] = &row[level];
    }
}

struct slot *collection_seek(const struct collection *c, const char *key) {
    struct slot *const *row = c->head;
    for (size_t level = COLLECTION_LEVELS; level-- > 0;)
        while (row[level] && strcmp(row[level]->key, key) < 0)
            row = row[level]->next;
    return row[0];
}

static bool make_key(char key[KEY_MAX], const char *ns, const char *name) {
    int n = snprintf(key, KEY_MAX, "%s/%s", ns ? ns : "", name);
    return n >= 0 && n < KEY_MAX;
}

static struct slot *lookup(const struct collection *c, const char *key) {
    if (!c->table_size)
        return NULL;
    uint64_t hash = hash_of(key);
    struct slot *slot = c->table[hash & (c->table_size - 1)];
    while (slot && (slot->hash != hash || strcmp(slot->key, key) != 0))
        slot = slot->same;
    return slot;
}

static void table_add(struct collection *c, struct slot *slot) {
    struct slot **place = &c->table[slot->hash & (c->table_size - 1)];
    slot->same = *place;
    *place = slot;
}

static void table_remove(struct collection *c, const struct slot *slot) {
    struct slot **place = &c->table[slot->hash & (c->table_size - 1)];
    while (*place != slot)
        place = &(*place)->same;
    *place = slot->same;
}

static void table_grow(struct collection *c) {
    if (c->count < c->table_size)
        return;
    free(c->table);
    c->table_size = c->table_size ? 2 * c->table_size : TABLE_MIN;
    c->table = xcalloc(c->table_size, sizeof(*c->table));
    for (struct slot *slot = c->head[0]; slot; slot = slot->next[0])
        table_add(c, slot);
}

struct object *collection_get(const struct collection *c, const char *ns, const char *name) {
    char key[KEY_MAX];
    if (!make_key(key, ns, name))
        return NULL;
    const struct slot *slot = lookup(c, key);
    return slot ? slot->object : NULL;
}

void collection_put_take(struct collection *c, struct object *o) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", object_ns(o), object_name(o));
    struct slot *have = lookup(c, key);
    if (have) {
        object_unref(have->object);
        have->object = o;
        return;
    }

    table_grow(c);
    struct slot **at[COLLECTION_LEVELS];
    find(c, key, at);
    uint64_t hash = hash_of(key);
    size_t levels = level_of(hash);
    size_t key_size = strlen(key) + 1;
    struct slot *slot = xmalloc(sizeof(*slot) + levels * sizeof(slot->next[0]) + key_size);
    slot->object = o;
    slot->hash = hash;
    slot->key = memcpy(&slot->next[levels], key, key_size);
    for (size_t i = 0; i < levels; i++) {
        slot->next[i] = *at[i];
        *at[i] = slot;
    }
    table_add(c, slot);
    c->count++;
}

void collection_remove(struct collection *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns ? ns : "", name);
    struct slot *slot = lookup(c, key);
    if (!slot)
        return;
    struct slot **at[COLLECTION_LEVELS];
    find(c, key, at);
    table_remove(c, slot);
    for (size_t i = 0; i < COLLECTION_LEVELS && *at[i] == slot; i++)
        *at[i] = slot->next[i];
    object_unref(slot->object);
    free(slot);
    c->count--;
}

void collection_release(struct collection *c) {
    struct slot *slot = c->head[0];
    while (slot) {
        struct slot *next = slot->next[0];
        object_unref(slot->object);
        free(slot);
        slot = next;
    }
    free(c->table);
    *c = (struct collection){.count = 0};
}
