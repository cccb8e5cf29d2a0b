#include "mocks/apiserver/meta.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"

#define GENERATED_BASE_MAX 58

static const char *const order[] = {
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "clusterName",
};

static bool is_empty(const json_t *value) {
    return !value || json_is_null(value) || (json_is_object(value) && !json_object_size(value)) ||
           (json_is_array(value) && !json_array_size(value)) ||
           (json_is_string(value) && !json_string_length(value));
}

void meta_order(const struct kind *k, json_t *object) {
    json_t *copy = json_copy(object);
    json_t *meta = json_object_get(object, "metadata");
    json_t *ordered = json_object();
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        json_t *value = json_object_get(meta, order[i]);
        if (!is_empty(value))
            json_object_set(ordered, order[i], value);
    }
    CLEANUP(str_freep) char *version = object_api_version(&k->resource->homes[0]);
    json_object_clear(object);
    json_set_str(object, "kind", k->resource->kind);
    json_set_str(object, "apiVersion", version);
    json_object_set_new(object, "metadata", ordered);
    const char *key;
    json_t *value;
    json_object_foreach(copy, key, value) if (!json_object_get(object, key) && !json_is_null(value))
        json_object_set(object, key, value);
    json_decref(copy);
}

static void set_self_link(const struct request *q, struct kind *k, json_t *meta) {
    json_object_del(meta, "selfLink");
    if (!q->server->self_links)
        return;
    CLEANUP(str_freep)
    char *link = object_self_link(k->resource, 0, json_str(meta, "namespace", NULL),
                                  json_str(meta, "name", NULL));
    json_set_str(meta, "selfLink", link);
}

static void generate_name(const struct request *q, json_t *meta) {
    const char *base = json_str(meta, "generateName", NULL);
    if (!is_empty(json_object_get(meta, "name")) || !base || !base[0])
        return;
    char suffix[6];
    rng_name_suffix(&q->server->rng, suffix, 5);
    CLEANUP(str_freep) char *name = xasprintf("%.*s%s", GENERATED_BASE_MAX, base, suffix);
    json_set_str(meta, "name", name);
}

/* Go has no null of a string: a label without a value is empty. */
static void fill_nulls(json_t *meta) {
    static const char *const maps[] = {"labels", "annotations"};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        CLEANUP(json_freep) json_t *map = json_copy(json_object_get(meta, maps[i]));
        const char *key;
        json_t *value;
        bool found = false;
        json_object_foreach(json_object_get(meta, maps[i]), key, value) {
            found |= json_is_null(value);
            if (json_is_null(value))
                json_object_set_new(map, key, json_string(""));
        }
        if (found)
            json_object_set(meta, maps[i], map);
    }
}

void meta_create(const struct request *q, struct kind *k, json_t *object) {
    char uid[37], now[CLOCK_TEXT_SIZE];
    json_t *meta = json_ensure_object(object, "metadata");
    fill_nulls(meta);
    generate_name(q, meta);
    if (k->resource->flags & RESOURCE_NAMESPACED)
        json_set_str(meta, "namespace", q->ns);
    else
        json_object_del(meta, "namespace");
    rng_uuid(&q->server->rng, uid);
    json_set_str(meta, "uid", uid);
    json_set_str(meta, "creationTimestamp", clock_format_utc(apiserver_wall_ms(q->server), now));
    json_object_del(meta, "deletionTimestamp");
    json_object_del(meta, "deletionGracePeriodSeconds");
    json_object_del(meta, "generation");
    if (!(k->resource->flags & RESOURCE_NO_GENERATION))
        json_set_int(meta, "generation", 1);
    set_self_link(q, k, meta);
    meta_order(k, object);
}

static void keep(json_t *meta, const json_t *old, const char *key) {
    json_t *value = json_object_get(old, key);
    if (value)
        json_object_set(meta, key, value);
    else
        json_object_del(meta, key);
}

/* Whether anything but metadata and status differs. */
static bool content_differs(const json_t *a, const json_t *b) {
    const char *key;
    json_t *value;
    const json_t *sides[2] = {a, b};
    for (int side = 0; side < 2; side++)
        json_object_foreach(
            json_mutable(sides[side]), key,
            value) if (!str_eq(key, "metadata") && !str_eq(key, "status") && !str_eq(key, "kind") &&
                       !str_eq(key, "apiVersion") &&
                       !json_equal(value, json_object_get(sides[1 - side], key))) return true;
    return false;
}

void meta_update(const struct request *q, struct kind *k, json_t *object, const json_t *old) {
    json_t *meta = json_ensure_object(object, "metadata");
    const json_t *before = json_object_get(old, "metadata");
    static const char *const kept[] = {
        "name",           "generateName",      "namespace",         "uid",
        "generation",     "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "resourceVersion"};
    fill_nulls(meta);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        keep(meta, before, kept[i]);
    if (!(k->resource->flags & RESOURCE_NO_GENERATION) && content_differs(object, old))
        json_set_int(meta, "generation", json_int(old, 0, "metadata", "generation", NULL) + 1);
    set_self_link(q, k, meta);
    meta_order(k, object);
}

void meta_mark_deleted(const struct apiserver *s, json_t *object, int64_t grace_s) {
    char at[CLOCK_TEXT_SIZE];
    json_t *meta = json_ensure_object(object, "metadata");
    json_set_str(meta, "deletionTimestamp",
                 clock_format_utc(apiserver_wall_ms(s) + grace_s * 1000, at));
    json_set_int(meta, "deletionGracePeriodSeconds", grace_s);
    int64_t generation = json_int(object, 0, "metadata", "generation", NULL);
    if (generation > 0)
        json_set_int(meta, "generation", generation + 1);
}

static size_t finalizer_at(const json_t *list, const char *name) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (str_eq(json_string_value(item), name)) return i;
    return SIZE_MAX;
}

bool meta_has_finalizer(const json_t *object, const char *name) {
    return finalizer_at(json_at(object, "metadata", "finalizers", NULL), name) != SIZE_MAX;
}

void meta_add_finalizer(json_t *object, const char *name) {
    json_t *meta = json_ensure_object(object, "metadata");
    json_t *list = json_copy(json_ensure_array(meta, "finalizers"));
    if (finalizer_at(list, name) == SIZE_MAX)
        json_array_append_new(list, json_string(name));
    json_object_set_new(meta, "finalizers", list);
}

void meta_remove_finalizer(json_t *object, const char *name) {
    json_t *meta = json_ensure_object(object, "metadata");
    json_t *list = json_copy(json_object_get(meta, "finalizers"));
    size_t at = finalizer_at(list, name);
    if (at != SIZE_MAX)
        json_array_remove(list, at);
    if (json_array_size(list) > 0)
        json_object_set(meta, "finalizers", list);
    else
        json_object_del(meta, "finalizers");
    json_decref(list);
}

json_t *meta_thaw(const json_t *object) {
    json_t *copy = json_copy(json_mutable(object));
    json_object_set_new(copy, "metadata", json_copy(json_object_get(object, "metadata")));
    return copy;
}
