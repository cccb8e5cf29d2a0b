#include "mocks/apiserver/collection.h"

#include "harness/core/hash.h"
#include "harness/core/mem.h"

#define KEY_MAX 512 /* a namespace is at most 63 long, a name 253 */

/* The level follows from the key, so that the same objects make the same list. */
static size_t level_of(const char *key) {
    uint64_t h = hash_fnv1a_64(key, strlen(key));
    h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9u;
    h ^= h >> 32;
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

struct object *collection_get(const struct collection *c, const char *ns, const char *name) {
    char key[KEY_MAX];
    if (!make_key(key, ns, name))
        return NULL;
    struct slot *slot = collection_seek(c, key);
    return slot && strcmp(slot->key, key) == 0 ? slot->object : NULL;
}

void collection_put_take(struct collection *c, struct object *o) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", object_ns(o), object_name(o));
    struct slot **at[COLLECTION_LEVELS];
    find(c, key, at);
    if (*at[0] && strcmp((*at[0])->key, key) == 0) {
        object_unref((*at[0])->object);
        (*at[0])->object = o;
        return;
    }

    size_t levels = level_of(key);
    size_t key_size = strlen(key) + 1;
    struct slot *slot = xmalloc(sizeof(*slot) + levels * sizeof(slot->next[0]) + key_size);
    slot->object = o;
    slot->key = memcpy(&slot->next[levels], key, key_size);
    for (size_t i = 0; i < levels; i++) {
        slot->next[i] = *at[i];
        *at[i] = slot;
    }
    c->count++;
}

void collection_remove(struct collection *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns ? ns : "", name);
    struct slot **at[COLLECTION_LEVELS];
    find(c, key, at);
    struct slot *slot = *at[0];
    if (!slot || strcmp(slot->key, key) != 0)
        return;
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
    *c = (struct collection){.count = 0};
}
