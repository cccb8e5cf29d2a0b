#include "reports/names.h"
#include "harness/core/hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct key {
    uint64_t hash;
    uint32_t index;
};

struct names {
    uint32_t *ordinals;
    size_t count;
};

static const json_t *id_of(const json_t *list, size_t index) {
    return json_object_get(json_array_get(list, index), "case");
}

static int compare(const void *a, const void *b) {
    const struct key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* Among keys of one hash: nearly always the same id, so that the key in front has the answer. */
static uint32_t ordinal_of(const struct names *n, const json_t *list, const struct key *first,
                           const struct key *key) {
    for (const struct key *k = key; k-- > first;)
        if (json_equal(id_of(list, k->index), id_of(list, key->index)))
            return n->ordinals[k->index] + 1;
    return 1;
}

struct names *names_new(const json_t *list) {
    struct names *n = xcalloc(1, sizeof(*n));
    n->count = json_array_size(list);
    n->ordinals = xcalloc(n->count + 1, sizeof(*n->ordinals));
    struct key *keys = xcalloc(n->count + 1, sizeof(*keys)), *first = keys;
    for (size_t i = 0; i < n->count; i++) {
        const json_t *id = id_of(list, i);
        keys[i].hash = hash_fnv1a_64(json_string_value(id), json_string_length(id));
        keys[i].index = (uint32_t)i;
    }
    qsort(keys, n->count, sizeof(*keys), compare);
    for (struct key *k = keys; k < keys + n->count; k++) {
        if (k->hash != first->hash)
            first = k;
        n->ordinals[k->index] = ordinal_of(n, list, first, k);
    }
    free(keys);
    return n;
}

void names_free(struct names *n) {
    if (!n)
        return;
    free(n->ordinals);
    free(n);
}

size_t names_ordinal(const struct names *n, size_t index) {
    return index < n->count ? n->ordinals[index] : 1;
}
