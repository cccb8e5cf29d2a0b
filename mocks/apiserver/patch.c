#include "mocks/apiserver/patch.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/patch_json.h"
#include "mocks/apiserver/patch_strategic.h"
#include "mocks/apiserver/schema.h"

static int depth_of(const json_t *value, int budget) {
    int deepest = -1;
    if (budget == 0 || (!json_is_object(value) && !json_is_array(value)))
        return 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            int depth = depth_of(json_array_get(value, i), budget - 1);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(value), key, member) {
        int depth = depth_of(member, budget - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

int patch_depth(const json_t *value) {
    return depth_of(value, PATCH_DEPTH_MAX + 1);
}

/* RFC 7386, section 2; target is stolen and the result owned. */
static json_t *merge(json_t *target, const json_t *patch) {
    if (!json_is_object(patch)) {
        json_decref(target);
        return json_deep_copy(patch);
    }
    if (!json_is_object(target)) {
        json_decref(target);
        target = json_object();
    }
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(patch), key, value) {
        if (json_is_null(value))
            json_object_del(target, key);
        else
            json_object_set_new(target, key,
                                merge(json_incref(json_object_get(target, key)), value));
    }
    return target;
}

static bool same_port(const json_t *a, const json_t *b) {
    const char *x = json_str(a, "protocol", NULL), *y = json_str(b, "protocol", NULL);
    return json_int(a, 0, "port", NULL) == json_int(b, 0, "port", NULL) &&
           str_eq(x ? x : "TCP", y ? y : "TCP");
}

void patch_ports_by_protocol(const json_t *original, json_t *patch) {
    const json_t *had = json_at(original, "spec", "ports", NULL);
    json_t *wanted = json_at(patch, "spec", "ports", NULL), *port;
    size_t i, j;
    if (!json_is_array(wanted))
        return;
    json_array_foreach(wanted, i, port) {
        if (!json_is_object(port) || json_object_get(port, "$patch"))
            return; /* it says itself what is to happen */
    }
    json_t *merged = json_pack("[{s:s}]", "$patch", "replace");
    json_array_foreach(had, i, port) json_array_append_new(merged, json_deep_copy(port));
    json_array_foreach(wanted, i, port) {
        json_t *place = NULL, *candidate;
        json_array_foreach(merged, j, candidate) {
            if (j > 0 && same_port(candidate, port))
                place = candidate;
        }
        if (place)
            json_object_update(place, port);
        else
            json_array_append_new(merged, json_deep_copy(port));
    }
    json_object_set_new(json_object_get(patch, "spec"), "ports", merged);
}

static int check_object_patch(const json_t *original, const json_t *patch, struct err *err) {
    if (!json_is_object(patch))
        return err_set(err, ERR_INPUT, "the patch is not a JSON object");
    if (!json_is_object(original))
        return err_set(err, ERR_STATE, "the object to be patched is not a JSON object");
    return 0;
}

int patch_apply(enum patch_kind kind, const char *resource_kind, const json_t *original,
                const json_t *patch, json_t **ret, struct err *err) {
    if (patch_depth(patch) > PATCH_DEPTH_MAX || patch_depth(original) > PATCH_DEPTH_MAX)
        return err_set(err, ERR_INPUT, "the patch nests deeper than %d levels", PATCH_DEPTH_MAX);
    int rc = kind == PATCH_JSON ? 0 : check_object_patch(original, patch, err);
    if (rc < 0)
        return rc;

    json_t *result = json_deep_copy(original);
    switch (kind) {
    case PATCH_JSON:
        rc = patch_json_apply(&result, patch, err);
        break;
    case PATCH_MERGE:
        result = merge(result, patch);
        break;
    case PATCH_STRATEGIC: {
        CLEANUP(json_freep) json_t *used = json_deep_copy(patch);
        rc = patch_strategic_apply(result, used, schema_find_kind(resource_kind), err);
        break;
    }
    }
    if (rc < 0) {
        json_decref(result);
        return rc;
    }
    *ret = result;
    return 0;
}
