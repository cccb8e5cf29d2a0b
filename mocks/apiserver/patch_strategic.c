#include "mocks/apiserver/patch_strategic.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

#define DIRECTIVE "$patch"
#define RETAIN_KEYS "$retainKeys"
#define ELEMENT_ORDER "$setElementOrder/"
#define DELETE_PRIMITIVES "$deleteFromPrimitiveList/"

static int merge_map(json_t *original, json_t *patch, const struct schema_type *type,
                     struct err *err);

/* Every key that begins with $, at any depth, and every null of a map: what a new value must not
 * bring into the object. Changes value. */
static void drop_directives(json_t *value) {
    for (size_t i = json_array_size(value); i-- > 0;) {
        json_t *element = json_array_get(value, i);
        if (json_object_get(element, DIRECTIVE))
            json_array_remove(value, i);
        else
            drop_directives(element);
    }
    void *next;
    const char *key;
    json_t *member;
    json_object_foreach_safe(value, next, key, member) {
        if (json_is_null(member) || str_eq(key, DIRECTIVE) || str_eq(key, RETAIN_KEYS) ||
            str_has_prefix(key, ELEMENT_ORDER) || str_has_prefix(key, DELETE_PRIMITIVES))
            json_object_del(value, key);
        else
            drop_directives(member);
    }
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Whether two elements are the same one: by merge key, or as values when there is none. */
static bool same_element(const json_t *a, const json_t *b, const char *key) {
    if (*key == '\0')
        return json_equal(a, b);
    const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
    return x && y && json_equal(x, y);
}

/* The place of element in list, or -1. */
static long place_of(const json_t *list, const json_t *element, const char *key) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (same_element(json_array_get(list, i), element, key))
            return (long)i;
    return -1;
}

/* Sorts by the place in order, stably (insertion: the lists are short); list is changed. */
static void sort_by(json_t *list, const json_t *order, const char *key) {
    for (size_t i = 1; i < json_array_size(list); i++) {
        json_t *element = json_incref(json_array_get(list, i));
        long place = place_of(order, element, key);
        size_t at = i;
        while (at > 0 && place_of(order, json_array_get(list, at - 1), key) > place)
            at--;
        json_array_remove(list, i);
        json_array_insert_new(list, at, element);
    }
}

/*
 * The order of a merged list: elements of the patch in the patch's order, the others in the
 * server's, interleaved by the server's order where it knows both; else the patch's come first.
 * Owned.
 */
static json_t *put_in_order(const json_t *merged, const json_t *patch_order,
                            const json_t *server_order, const char *key) {
    CLEANUP(json_freep) json_t *ours = json_array();   /* elements of the patch */
    CLEANUP(json_freep) json_t *theirs = json_array(); /* only on the server */
    json_t *result = json_array();
    for (size_t i = 0; i < json_array_size(merged); i++) {
        json_t *element = json_array_get(merged, i);
        json_array_append(place_of(patch_order, element, key) >= 0 ? ours : theirs, element);
    }
    sort_by(ours, patch_order, key);
    sort_by(theirs, server_order, key);

    size_t i = 0, j = 0;
    while (i < json_array_size(theirs) || j < json_array_size(ours)) {
        json_t *left = json_array_get(theirs, i), *right = json_array_get(ours, j);
        bool take_left = !right;
        if (left && right) {
            long l = place_of(server_order, left, key), r = place_of(server_order, right, key);
            take_left = l >= 0 && r >= 0 && l < r;
        }
        json_array_append(result, take_left ? left : right);
        *(take_left ? &i : &j) += 1;
    }
    return result;
}

/* Takes the elements with $patch out of patch and does what they say to original. *ret_replace: the
 * list is to be replaced by what is left of patch. */
static int handle_special_elements(json_t *original, json_t *patch, const char *key,
                                   bool *ret_replace, struct err *err) {
    *ret_replace = false;
    for (size_t i = 0; i < json_array_size(patch);) {
        json_t *element = json_array_get(patch, i);
        const char *directive = json_str(element, DIRECTIVE, NULL);
        if (!json_object_get(element, DIRECTIVE)) {
            i++;
            continue;
        }
        if (str_eq(directive, "replace")) {
            *ret_replace = true;
        } else if (str_eq(directive, "delete")) {
            if (!json_object_get(element, key))
                return err_set(err, ERR_INPUT, "delete patch type with no merge key \"%s\" defined",
                               key);
            for (size_t j = json_array_size(original); j-- > 0;)
                if (same_element(json_array_get(original, j), element, key))
                    json_array_remove(original, j);
        } else {
            return err_set(err, ERR_INPUT,
                           "%s patch type is not supported in a list: expected "
                           "replace or delete",
                           directive ? directive : "this");
        }
        json_array_remove(patch, i);
    }
    return 0;
}

/* What Go prints of a value with %v. */
static void go_print(const json_t *value, int depth, struct buf *out) {
    const char *key, *space = "";
    json_t *member;
    if (json_is_string(value)) {
        buf_adds(out, json_string_value(value));
    } else if (json_is_object(value) && depth > 0) {
        buf_adds(out, "map[");
        json_object_foreach(json_mutable(value), key, member) {
            buf_addf(out, "%s%s:", space, key);
            go_print(member, depth - 1, out);
            space = " ";
        }
        buf_adds(out, "]");
    } else if (json_is_array(value) && depth > 0) {
        buf_adds(out, "[");
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_adds(out, i ? " " : "");
            go_print(json_array_get(value, i), depth - 1, out);
        }
        buf_adds(out, "]");
    } else {
        char *text = json_is_null(value) ? xstrdup("<nil>") : json_dumps(value, JSON_ENCODE_ANY);
        buf_adds(out, text);
        free(text);
    }
}

static int no_merge_key(const json_t *element, const char *key, struct err *err) {
    struct buf shown = BUF_INIT;
    go_print(element, 8, &shown);
    (void)err_set(err, ERR_USAGE, "%s%.200s does not contain declared merge key: %s",
                  json_is_object(element) ? "map: " : "", buf_str(&shown), key);
    buf_release(&shown);
    return ERR_USAGE;
}

static int merge_elements(json_t *original, json_t *patch, const struct schema_field *field,
                          struct err *err) {
    const char *key = field->merge_key;
    for (size_t i = 0; i < json_array_size(patch); i++) {
        json_t *element = json_array_get(patch, i);
        if (!json_is_object(element) || !json_object_get(element, key))
            return no_merge_key(element, key, err);
        long at = place_of(original, element, key);
        if (at < 0) {
            json_t *added = json_deep_copy(element);
            drop_directives(added);
            json_array_append_new(original, added);
            continue;
        }
        /* Two elements of the patch with an equal key meet here: the second is merged into what the
         * first one made. So a service loses one of two ports with equal "port". */
        CLEANUP(json_freep) json_t *copy = json_deep_copy(element);
        int rc = merge_map(json_array_get(original, (size_t)at), copy, field->type, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Merges two lists of a field with patchStrategy merge; *ret is owned, both lists may change. */
static int merge_list(json_t *original, json_t *patch, const struct schema_field *field,
                      json_t **ret, struct err *err) {
    CLEANUP(json_freep) json_t *server_order = json_copy(original);
    bool replace = false;
    if (*field->merge_key == '\0') {
        for (size_t i = 0; i < json_array_size(patch); i++)
            if (place_of(original, json_array_get(patch, i), "") < 0)
                json_array_append(original, json_array_get(patch, i));
    } else {
        int rc = handle_special_elements(original, patch, field->merge_key, &replace, err);
        if (rc == 0 && replace) {
            drop_directives(patch);
            *ret = json_incref(patch);
            return 0;
        }
        if (rc == 0)
            rc = merge_elements(original, patch, field, err);
        if (rc < 0)
            return rc;
    }
    *ret = put_in_order(original, patch, server_order, field->merge_key);
    return 0;
}

static void delete_primitives(json_t *original, const json_t *doomed) {
    for (size_t i = json_array_size(original); i-- > 0;)
        if (place_of(doomed, json_array_get(original, i), "") >= 0)
            json_array_remove(original, i);
}

/* --- directives of a map -------------------------------------------------------------------- */

static int order_lacks(const json_t *patch_list, const json_t *order, const char *name,
                       struct err *err) {
    struct buf ours = BUF_INIT, theirs = BUF_INIT;
    go_print(patch_list, 8, &ours);
    go_print(order, 8, &theirs);
    (void)err_set(err, ERR_USAGE,
                  "The order in patch list:\n%.200s\n doesn't match " ELEMENT_ORDER
                  "%s list:\n%.200s\n",
                  buf_str(&ours), name, buf_str(&theirs));
    buf_release(&ours);
    buf_release(&theirs);
    return ERR_USAGE;
}

static int check_order_covers(const json_t *patch_list, const json_t *order, const char *key,
                              const char *name, struct err *err) {
    for (size_t i = 0; i < json_array_size(patch_list); i++) {
        const json_t *element = json_array_get(patch_list, i);
        if (str_eq(json_str(element, DIRECTIVE, NULL), "delete"))
            continue;
        if (!json_object_get(element, DIRECTIVE) && place_of(order, element, key) < 0)
            return order_lacks(patch_list, order, name, err);
    }
    return 0;
}

/* $setElementOrder/NAME: merges the list of the patch, if there is one, and orders the result. */
static int set_element_order(json_t *original, json_t *patch, const struct schema_type *type,
                             const char *name, const json_t *order, struct err *err) {
    const struct schema_field *field = schema_field_of(type, name);
    if (!json_is_array(order))
        return err_set(err, ERR_INPUT, ELEMENT_ORDER "%s is not a list", name);
    if (!field || !(field->flags & SCHEMA_MERGE))
        return 0;
    json_t *theirs = json_object_get(original, name), *ours = json_object_get(patch, name);
    if ((theirs && !json_is_array(theirs)) || (ours && !json_is_array(ours)))
        return 0;
    int rc = check_order_covers(ours, order, field->merge_key, name, err);
    if (rc < 0)
        return rc;

    CLEANUP(json_freep) json_t *server_order = theirs ? json_copy(theirs) : json_array();
    CLEANUP(json_freep) json_t *merged = NULL;
    if (theirs && ours) {
        rc = merge_list(theirs, ours, field, &merged, err);
        if (rc < 0)
            return rc;
    } else if (theirs || ours) {
        merged = json_incref(theirs ? theirs : ours);
        if (ours)
            drop_directives(merged);
    } else {
        return 0;
    }
    json_object_set_new(original, name,
                        put_in_order(merged, order, server_order, field->merge_key));
    json_object_del(patch, name);
    return 0;
}

static int retain_keys(json_t *original, const json_t *patch, const json_t *keep, struct err *err) {
    CLEANUP(json_freep) json_t *set = json_object();
    if (!json_is_array(keep))
        return err_set(err, ERR_INPUT, RETAIN_KEYS " is not a list");
    for (size_t i = 0; i < json_array_size(keep); i++) {
        const char *name = json_string_value(json_array_get(keep, i));
        if (!name)
            return err_set(err, ERR_INPUT, RETAIN_KEYS " holds something that is not a string");
        json_object_set_new(set, name, json_true());
    }
    const char *key;
    json_t *member;
    json_object_foreach(json_mutable(patch), key, member) {
        if (*key != '$' && !json_object_get(set, key))
            return err_set(err, ERR_STATE, "patch content doesn't match retainKeys");
    }
    void *next;
    json_object_foreach_safe(original, next, key, member) {
        if (!json_object_get(set, key))
            json_object_del(original, key);
    }
    return 0;
}

/* Does what the directives of patch say, all but $deleteFromPrimitiveList, and removes them.
 * *ret_done: there is nothing left to merge. */
static int handle_directives(json_t *original, json_t *patch, const struct schema_type *type,
                             bool *ret_done, struct err *err) {
    json_t *directive = json_object_get(patch, DIRECTIVE);
    const char *what = json_string_value(directive);
    *ret_done = false;
    if (directive) {
        if (str_eq(what, "replace") || str_eq(what, "delete")) {
            json_object_clear(original);
            if (str_eq(what, "replace")) {
                drop_directives(patch);
                json_object_update(original, patch);
            }
            *ret_done = true;
            return 0;
        }
        if (!str_eq(what, "merge"))
            return err_set(err, ERR_USAGE, "unknown patch type: %.100s in map: ...",
                           what ? what : "");
        json_object_del(patch, DIRECTIVE);
    }

    json_t *keep = json_object_get(patch, RETAIN_KEYS);
    int rc = keep ? retain_keys(original, patch, keep, err) : 0;
    if (rc < 0)
        return rc;
    json_object_del(patch, RETAIN_KEYS);

    void *next;
    const char *key;
    json_t *order;
    CLEANUP(json_freep) json_t *all = json_copy(patch);
    json_object_foreach_safe(all, next, key, order) {
        if (!str_has_prefix(key, ELEMENT_ORDER))
            continue;
        rc = set_element_order(original, patch, type, key + strlen(ELEMENT_ORDER), order, err);
        if (rc < 0)
            return rc;
        json_object_del(patch, key);
    }
    return 0;
}

/* --- maps ----------------------------------------------------------------------------------- */

static int merge_member(json_t *original, const char *key, json_t *ours,
                        const struct schema_field *field, struct err *err) {
    json_t *theirs = json_object_get(original, key);
    if (json_is_null(ours)) {
        json_object_del(original, key);
        return 0;
    }
    if (json_is_object(theirs) && json_is_object(ours)) {
        /* The values of a map have no schema of their own here: maps of the API hold scalars. */
        bool is_message = field && field->shape == SCHEMA_ONE;
        return merge_map(theirs, ours, is_message ? field->type : NULL, err);
    }
    if (json_is_array(theirs) && json_is_array(ours) && field && (field->flags & SCHEMA_MERGE)) {
        json_t *merged;
        int rc = merge_list(theirs, ours, field, &merged, err);
        return rc < 0 ? rc : json_object_set_new(original, key, merged);
    }
    drop_directives(ours);
    json_object_set(original, key, ours);
    return 0;
}

static int merge_map(json_t *original, json_t *patch, const struct schema_type *type,
                     struct err *err) {
    bool done;
    int rc = handle_directives(original, patch, type, &done, err);
    if (rc < 0 || done)
        return rc;

    void *next;
    const char *key;
    json_t *ours;
    json_object_foreach_safe(patch, next, key, ours) {
        if (str_has_prefix(key, DELETE_PRIMITIVES)) {
            if (!json_is_array(ours))
                return err_set(err, ERR_INPUT, "%.100s is not a list", key);
            delete_primitives(json_object_get(original, key + strlen(DELETE_PRIMITIVES)), ours);
            continue;
        }
        rc = merge_member(original, key, ours, schema_field_of(type, key), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int patch_strategic_apply(json_t *original, json_t *patch, const struct schema_type *type,
                          struct err *err) {
    return merge_map(original, patch, type, err);
}
