#include "mocks/cluster/index.h"
#include "harness/core/mem.h"

#include <stdlib.h>

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
