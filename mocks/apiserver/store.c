/* What is stored, under which version, and the history that watches resume from. */
#include "mocks/apiserver/server.h"

#include "harness/core/str.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/watch.h"

static void index_kind(struct apiserver *s, const struct resource *r, size_t place) {
    for (const struct resource_home *h = r->homes; h->group; h++) {
        if (!resource_is_served(r, h->group, h->version, s->group_versions))
            continue;
        CLEANUP(str_freep) char *key = xasprintf("%s/%s/%s", h->group, h->version, r->name);
        json_set_int(s->kind_index, key, (int64_t)place);
    }
}

struct kind *store_add_kind(struct apiserver *s, const struct resource *r) {
    s->kinds = xgrow(s->kinds, s->kind_count, &s->kind_cap, sizeof(struct kind *));
    struct kind *k = xcalloc(1, sizeof(*k));
    k->resource = r;
    index_kind(s, r, s->kind_count);
    s->kinds[s->kind_count++] = k;
    return k;
}

struct kind *store_kind(const struct apiserver *s, const char *group, const char *version,
                        const char *resource, size_t *ret_home) {
    char key[256];
    int n = snprintf(key, sizeof(key), "%s/%s/%s", group, version, resource);
    if (n < 0 || (size_t)n >= sizeof(key))
        return NULL;
    const json_t *place = json_object_get(s->kind_index, key);
    if (!place)
        return NULL;
    struct kind *k = s->kinds[json_integer_value(place)];
    if (k->gone)
        return NULL;
    for (size_t i = 0; k->resource->homes[i].group; i++)
        if (str_eq(k->resource->homes[i].group, group) &&
            str_eq(k->resource->homes[i].version, version))
            *ret_home = i;
    return k;
}

struct kind *store_kind_any(const struct apiserver *s, const char *group, const char *resource) {
    for (size_t i = 0; i < s->kind_count; i++) {
        const struct resource *r = s->kinds[i]->resource;
        if (s->kinds[i]->gone || !str_eq(r->name, resource))
            continue;
        for (const struct resource_home *h = r->homes; h->group; h++)
            if (!group || str_eq(h->group, group))
                return s->kinds[i];
    }
    return NULL;
}

struct kind *store_kind_of(const struct apiserver *s, const char *api_version, const char *kind) {
    if (!api_version || !kind)
        return NULL;
    const char *slash = strchr(api_version, '/');
    const char *version = slash ? slash + 1 : api_version;
    size_t group_len = slash ? (size_t)(slash - api_version) : 0;
    for (size_t i = 0; i < s->kind_count; i++) {
        const struct resource *r = s->kinds[i]->resource;
        if (s->kinds[i]->gone || !str_eq(r->kind, kind))
            continue;
        for (const struct resource_home *h = r->homes; h->group; h++)
            if (strlen(h->group) == group_len && strncmp(h->group, api_version, group_len) == 0 &&
                str_eq(h->version, version))
                return s->kinds[i];
    }
    return NULL;
}

static void change_release(struct change *c) {
    object_unref(c->object);
    object_unref(c->old);
    object_unref(c->gone);
    *c = (struct change){.kind = NULL};
}

static void forget(struct apiserver *s, struct change *slot) {
    if (slot->object)
        s->history_bytes -= slot->object->weight;
    change_release(slot);
}

/* Keeps the last changes within the bounds; this one, rv, in any case. */
static void remember(struct apiserver *s, struct change c) {
    struct change *slot = &s->history[s->rv % SERVER_HISTORY_MAX];
    forget(s, slot);
    *slot = c;
    s->history_bytes += c.object->weight;
    if (s->history_first <= s->rv - SERVER_HISTORY_MAX)
        s->history_first = s->rv - SERVER_HISTORY_MAX + 1;
    while (s->history_bytes > SERVER_HISTORY_BYTES_MAX && s->history_first < s->rv)
        forget(s, &s->history[s->history_first++ % SERVER_HISTORY_MAX]);
}

/* Takes over the references of c. */
static void record(struct apiserver *s, struct change c) {
    remember(s, c);
    /* What follows may change more and wrap the history: hold on to this one. */
    object_ref(c.object);
    if (c.old)
        object_ref(c.old);
    if (c.gone)
        object_ref(c.gone);
    server_changed(s, &c);
    watch_changed(s, &c);
    change_release(&c);
}

static void stamp(struct apiserver *s, json_t *json) {
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)++s->rv);
    json_set_str(json_ensure_object(json, "metadata"), "resourceVersion", text);
}

struct object *store_put_take(struct apiserver *s, struct kind *k, json_t *json) {
    stamp(s, json);
    struct object *o = object_new_take(k->resource, json, s->rv);
    struct object *old = collection_get(&k->objects, object_ns(o), object_name(o));
    struct change c = {.type = old ? APISERVER_MODIFIED : APISERVER_ADDED,
                       .kind = k,
                       .object = object_ref(o),
                       .old = old ? object_ref(old) : NULL};
    collection_put_take(&k->objects, o);
    record(s, c);
    return o;
}

struct object *store_remove(struct apiserver *s, struct kind *k, const char *ns, const char *name) {
    struct object *old = collection_get(&k->objects, ns, name);
    if (!old)
        return NULL;
    struct object *o = object_at_version(old, ++s->rv);
    struct change c = {
        .type = APISERVER_DELETED, .kind = k, .object = object_ref(o), .gone = object_ref(old)};
    collection_remove(&k->objects, object_ns(o), object_name(o));
    record(s, c);
    return o;
}

void store_compact(struct apiserver *s) {
    for (size_t i = 0; i < SERVER_HISTORY_MAX; i++)
        forget(s, &s->history[i]);
    s->history_first = s->rv + 1;
}

void store_release(struct apiserver *s) {
    for (size_t i = 0; i < SERVER_HISTORY_MAX; i++)
        forget(s, &s->history[i]);
    for (size_t i = 0; i < s->kind_count; i++) {
        collection_release(&s->kinds[i]->objects);
        crd_release(s->kinds[i]);
        free(s->kinds[i]);
    }
    free(s->kinds);
    json_decref(s->kind_index);
}
