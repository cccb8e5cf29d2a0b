/* What a structural schema does to an object besides checking it: defaults in, unknown fields out.
 */
#include "mocks/apiserver/crd.h"

#include "harness/core/str.h"

#define DEPTH_MAX 64

static void fill(const json_t *schema, json_t *value, size_t depth) {
    const char *key;
    json_t *member;
    size_t i;
    if (depth > DEPTH_MAX)
        return;
    if (json_is_object(value)) {
        json_object_foreach(json_object_get(schema, "properties"), key, member) {
            const json_t *given = json_object_get(member, "default");
            json_t *have = json_object_get(value, key);
            if (given && (!have || (json_is_null(have) && !json_flag(member, "nullable", NULL))))
                json_object_set_new(value, key, json_deep_copy(given));
            fill(member, json_object_get(value, key), depth + 1);
        }
        const json_t *others = json_object_get(schema, "additionalProperties");
        if (json_is_object(others)) {
            json_object_foreach(value, key, member) fill(others, member, depth + 1);
        }
    }
    json_array_foreach(value, i, member) fill(json_object_get(schema, "items"), member, depth + 1);
}

/* "metadata", "kind" and "apiVersion" are those of every object. */
static bool is_kept(const json_t *schema, const char *key, size_t depth) {
    bool object = depth == 0 || json_flag(schema, "x-kubernetes-embedded-resource", NULL);
    return object && (str_eq(key, "metadata") || str_eq(key, "kind") || str_eq(key, "apiVersion"));
}

static void prune(const json_t *schema, json_t *value, size_t depth) {
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    bool open = json_flag(schema, "x-kubernetes-preserve-unknown-fields", NULL) ||
                json_is_true(others) || json_is_object(others);
    const char *key;
    json_t *member;
    void *next;
    size_t i;
    if (depth > DEPTH_MAX)
        return;
    json_object_foreach_safe(value, next, key, member) {
        const json_t *known = json_object_get(properties, key);
        if (is_kept(schema, key, depth))
            continue;
        if (known)
            prune(known, member, depth + 1);
        else if (json_is_object(others))
            prune(others, member, depth + 1);
        else if (!open)
            json_object_del(value, key);
    }
    json_array_foreach(value, i, member) prune(json_object_get(schema, "items"), member, depth + 1);
}

void crd_shape_object(const struct kind *k, const char *version, json_t *object) {
    const json_t *schema = crd_schema(k, version);
    if (!schema || !json_is_false(json_at(k->definition, "spec", "preserveUnknownFields", NULL)))
        return;
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(object, next, key, member) /* it may be shared with the store */
        json_object_set_new(object, key, json_deep_copy(member));
    prune(schema, object, 0);
    fill(schema, object, 0);
}
