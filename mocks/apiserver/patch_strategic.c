#include "mocks/apiserver/patch_strategic.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdlib.h>
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

/* Where the elements of a list are, by what makes them the same: of a long list each is looked up
 * often. */
struct places {
    const char *key; /* borrowed */
    json_t *of;      /* owned: {what is the same, as JSON: the first place} */
};

/* What makes the element the same as another, as JSON; owned, NULL: nothing. */
static char *sameness_of(const json_t *element, const char *key) {
    const json_t *value = *key == '\0' ? element : json_object_get(element, key);
    return value ? json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT) : NULL;
}

static void places_add(struct places *p, const json_t *element, size_t place) {
    CLEANUP(str_freep) char *text = sameness_of(element, p->key);
    if (text && !json_object_get(p->of, text))
        json_set_int(p->of, text, (int64_t)place);
}

static void places_init(struct places *p, const json_t *list, const char *key) {
    *p = (struct places){.key = key, .of = json_object()};
    for (size_t i = 0; i < json_array_size(list); i++)
        places_add(p, json_array_get(list, i), i);
}

static void places_release(struct places *p) {
    json_decref(p->of);
}

/* -1: the list has no such element. */
static long places_find(const struct places *p, const json_t *element) {
    CLEANUP(str_freep) char *text = sameness_of(element, p->key);
    const json_t *place = text ? json_object_get(p->of, text) : NULL;
    return place ? (long)json_integer_value(place) : -1;
}

struct placed {
    long place;
    size_t was;
    json_t *element;
};

static int by_place(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    return x->place != y->place ? (x->place > y->place) - (x->place < y->place)
                                : (x->was > y->was) - (x->was < y->was);
}

/* Sorts by the place in order, stably; list is changed. */
static void sort_by(json_t *list, const struct places *order) {
    size_t count = json_array_size(list);
    struct placed *all = xcalloc(count + 1, sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        json_t *element = json_array_get(list, i);
        all[i] = (struct placed){places_find(order, element), i, json_incref(element)};
    }
    qsort(all, count, sizeof(*all), by_place);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(list, i, all[i].element);
    free(all);
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
    struct places patched, served;
    json_t *result = json_array();
    places_init(&patched, patch_order, key);
    places_init(&served, server_order, key);
    for (size_t i = 0; i < json_array_size(merged); i++) {
        json_t *element = json_array_get(merged, i);
        json_array_append(places_find(&patched, element) >= 0 ? ours : theirs, element);
    }
    sort_by(ours, &patched);
    sort_by(theirs, &served);

    size_t i = 0, j = 0;
    while (i < json_array_size(theirs) || j < json_array_size(ours)) {
        json_t *left = json_array_get(theirs, i), *right = json_array_get(ours, j);
        bool take_left = !right;
        if (left && right) {
            long l = places_find(&served, left), r = places_find(&served, right);
            take_left = l >= 0 && r >= 0 && l < r;
        }
        json_array_append(result, take_left ? left : right);
        *(take_left ? &i : &j) += 1;
    }
    places_release(&patched);
    places_release(&served);
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

static int merge_element(json_t *original, struct places *places, const json_t *element,
                         const struct schema_field *field, struct err *err) {
    if (!json_is_object(element) || !json_object_get(element, places->key))
        return no_merge_key(element, places->key, err);
    CLEANUP(json_freep) json_t *copy = json_deep_copy(element);
    long at = places_find(places, element);
    if (at < 0) {
        drop_directives(copy);
        places_add(places, copy, json_array_size(original));
        json_array_append(original, copy);
        return 0;
    }
    /* Two elements of the patch with an equal key meet here: the second is merged into what the
     * first one made. So a service loses one of two ports with equal "port". */
    return merge_map(json_array_get(original, (size_t)at), copy, field->type, err);
}

static int merge_elements(json_t *original, json_t *patch, const struct schema_field *field,
                          struct err *err) {
    struct places places;
    int rc = 0;
    places_init(&places, original, field->merge_key);
    for (size_t i = 0; i < json_array_size(patch) && rc == 0; i++)
        rc = merge_element(original, &places, json_array_get(patch, i), field, err);
    places_release(&places);
    return rc < 0 ? rc : 0;
}

/* Adds what is not there yet, each once. */
static void merge_primitives(json_t *original, const json_t *patch) {
    struct places places;
    places_init(&places, original, "");
    for (size_t i = 0; i < json_array_size(patch); i++) {
        json_t *element = json_array_get(patch, i);
        if (places_find(&places, element) >= 0)
            continue;
        places_add(&places, element, json_array_size(original));
        json_array_append(original, element);
    }
    places_release(&places);
}

/* Merges two lists of a field with patchStrategy merge; *ret is owned, both lists may change. */
static int merge_list(json_t *original, json_t *patch, const struct schema_field *field,
                      json_t **ret, struct err *err) {
    CLEANUP(json_freep) json_t *server_order = json_copy(original);
    bool replace = false;
    if (*field->merge_key == '\0') {
        merge_primitives(original, patch);
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
    struct places places;
    places_init(&places, doomed, "");
    for (size_t i = json_array_size(original); i-- > 0;)
        if (places_find(&places, json_array_get(original, i)) >= 0)
            json_array_remove(original, i);
    places_release(&places);
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
    struct places places;
    bool covers = true;
    places_init(&places, order, key);
    for (size_t i = 0; i < json_array_size(patch_list) && covers; i++) {
        const json_t *element = json_array_get(patch_list, i);
        covers = json_object_get(element, DIRECTIVE) || places_find(&places, element) >= 0;
    }
    places_release(&places);
    return covers ? 0 : order_lacks(patch_list, order, name, err);
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
