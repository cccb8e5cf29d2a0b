#include "mocks/apiserver/past.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

bool past_is_known(const struct apiserver *s, int64_t rv) {
    return rv <= s->rv && rv + 1 >= s->history_first;
}

static int by_key(const void *a, const void *b) {
    const struct past_object *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->changed > y->changed) - (x->changed < y->changed);
}

/* Of the changes of one object the first says what was there. */
static void keep_first(struct past *p) {
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (kept > 0 && str_eq(p->objects[kept - 1].key, p->objects[i].key))
            free(p->objects[i].key);
        else
            p->objects[kept++] = p->objects[i];
    }
    p->count = kept;
}

void past_init(struct past *p, const struct apiserver *s, const struct kind *k, int64_t rv) {
    *p = (struct past){.now = &k->objects};
    for (int64_t v = rv + 1; v <= s->rv; v++) {
        const struct change *c = &s->history[v % SERVER_HISTORY_MAX];
        if (c->kind != k)
            continue;
        p->objects = xgrow(p->objects, p->count, &p->cap, sizeof(*p->objects));
        p->objects[p->count++] = (struct past_object){
            .key = xasprintf("%s/%s", object_ns(c->object), object_name(c->object)),
            .changed = v,
            .object = c->type == APISERVER_DELETED ? c->gone : c->old};
    }
    if (p->count > 0)
        qsort(p->objects, p->count, sizeof(*p->objects), by_key);
    keep_first(p);
}

void past_release(struct past *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->objects[i].key);
    free(p->objects);
}

void past_seek(struct past *p, const char *key) {
    p->slot = collection_seek(p->now, key);
    p->at = 0;
    while (p->at < p->count && strcmp(p->objects[p->at].key, key) < 0)
        p->at++;
}

struct object *past_next(struct past *p, const char **ret_key) {
    while (p->slot || p->at < p->count) {
        struct past_object *then = p->at < p->count ? &p->objects[p->at] : NULL;
        struct slot *now = p->slot;
        int order = !then ? -1 : !now ? 1 : strcmp(now->key, then->key);
        if (order <= 0)
            p->slot = now->next[0];
        if (order < 0) {
            *ret_key = now->key;
            return now->object;
        }
        p->at++;
        if (then->object) {
            *ret_key = then->key;
            return then->object;
        }
    }
    return NULL;
}
