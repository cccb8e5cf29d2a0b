#include "mocks/apiserver/patch_json.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/patch.h"

#include <string.h>

enum {
    OPERATIONS_MAX = 10000,    /* as jsonPatchMaxOperations of the real server */
    COPIED_NODES_MAX = 200000, /* copies of copies double: bound what they make in all */
};

struct run {
    json_t **document;
    size_t copied;
    const char *op, *path; /* of the operation that runs */
    struct err *err;
};

/* Where an operation works: the last token of a pointer, and the container it names a place in. */
struct place {
    json_t *parent; /* borrowed; NULL: the whole document */
    char *token;    /* owned; unescaped */
    int depth;
};

static void unescape(char *token) {
    char *to = token;
    for (const char *from = token; *from; from++) {
        if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
            *to++ = *++from == '0' ? '~' : '/';
        else
            *to++ = *from;
    }
    *to = '\0';
}

static bool to_index(const char *token, size_t size, size_t *ret_index) {
    int64_t index;
    if ((token[0] == '0' && token[1]) || !str_to_int(token, 0, INT32_MAX, &index) ||
        (size_t)index >= size)
        return false;
    *ret_index = (size_t)index;
    return true;
}

static json_t *child(json_t *parent, const char *token) {
    size_t index;
    if (json_is_object(parent))
        return json_object_get(parent, token);
    if (json_is_array(parent) && to_index(token, json_array_size(parent), &index))
        return json_array_get(parent, index);
    return NULL;
}

static int find_place(struct run *run, const char *pointer, struct place *ret_place) {
    struct place place = {0};
    if (*pointer == '\0') {
        *ret_place = place;
        return 0;
    }
    if (*pointer != '/')
        return err_set(run->err, ERR_STATE, "path \"%.200s\" does not begin with /", pointer);

    json_t *at = *run->document;
    const char *rest = pointer + 1;
    for (;;) {
        size_t len = strcspn(rest, "/");
        char *token = xstrndup(rest, len);
        unescape(token);
        place.depth++;
        if (rest[len] == '\0') {
            place.parent = at;
            place.token = token;
            *ret_place = place;
            return 0;
        }
        at = child(at, token);
        free(token);
        if (!at)
            return err_set(run->err, ERR_STATE,
                           "jsonpatch %.20s operation does not apply: doc is missing path: %.200s",
                           run->op, pointer);
        rest += len + 1;
    }
}

/* The value at the place, borrowed or NULL. */
static json_t *value_at(struct run *run, const struct place *place) {
    return place->token ? child(place->parent, place->token) : *run->document;
}

/* Steals value. */
static int add_at(struct run *run, const struct place *place, json_t *value) {
    size_t index;
    if (place->depth + patch_depth(value) > PATCH_DEPTH_MAX) {
        json_decref(value);
        return err_set(run->err, ERR_STATE, "the result nests deeper than %d levels",
                       PATCH_DEPTH_MAX);
    }
    if (!place->token) {
        json_decref(*run->document);
        *run->document = value;
        return 0;
    }
    if (json_is_object(place->parent))
        return json_object_set_new(place->parent, place->token, value) == 0
                   ? 0
                   : err_set(run->err, ERR_STATE, "cannot set \"%.200s\"", place->token);
    size_t size = json_array_size(place->parent);
    if (json_is_array(place->parent) && str_eq(place->token, "-"))
        index = size;
    else if (!json_is_array(place->parent) || !to_index(place->token, size + 1, &index)) {
        json_decref(value);
        return err_set(run->err, ERR_STATE, "invalid index or parent at \"%.200s\"", place->token);
    }
    json_array_insert_new(place->parent, index, value);
    return 0;
}

static int remove_at(struct run *run, const struct place *place) {
    size_t index;
    if (!place->token)
        return err_set(run->err, ERR_STATE, "the whole document cannot be removed");
    if (json_is_object(place->parent) && json_object_del(place->parent, place->token) == 0)
        return 0;
    if (json_is_array(place->parent) &&
        to_index(place->token, json_array_size(place->parent), &index)) {
        json_array_remove(place->parent, index);
        return 0;
    }
    return err_set(run->err, ERR_STATE, "Unable to remove nonexistent key: %.200s", place->token);
}

static size_t count_nodes(const json_t *value) {
    size_t count = 1;
    const char *key;
    json_t *member;
    for (size_t i = 0; i < json_array_size(value); i++)
        count += count_nodes(json_array_get(value, i));
    json_object_foreach(json_mutable(value), key, member) count += count_nodes(member);
    return count;
}

/* add, replace and test: they take a value of the patch. */
static int with_value(struct run *run, const char *op, const json_t *value,
                      const struct place *place) {
    json_t *there = value_at(run, place);
    if (str_eq(op, "add"))
        return add_at(run, place, json_deep_copy(value));
    if (str_eq(op, "replace")) {
        if (!there)
            return err_set(run->err, ERR_STATE,
                           "jsonpatch replace operation does not apply: doc is missing key: "
                           "%.200s",
                           run->path);
        if (json_is_array(place->parent))
            (void)remove_at(run, place);
        return add_at(run, place, json_deep_copy(value));
    }
    /* A member that is not there equals null, as with the library of the real server. */
    if (there ? json_equal(there, value) : json_is_null(value))
        return 0;
    return err_set(run->err, ERR_STATE, "Testing value %.200s failed", run->path);
}

static int move_or_copy(struct run *run, bool move, const char *from, const char *path) {
    struct place source = {0}, target = {0};
    int rc = find_place(run, from, &source);
    if (rc < 0)
        return rc;
    json_t *value = value_at(run, &source);
    if (!value)
        rc = err_set(run->err, ERR_STATE, "from \"%.200s\" does not exist", from);
    else if (move && str_has_prefix(path, from) && path[strlen(from)] == '/')
        rc = err_set(run->err, ERR_STATE, "\"%.200s\" cannot be moved into itself", from);
    else if (!move && (run->copied += count_nodes(value)) > COPIED_NODES_MAX)
        rc = err_set(run->err, ERR_STATE, "the copies of the patch grow too large");
    if (rc == 0) {
        value = move ? json_incref(value) : json_deep_copy(value);
        if (move)
            rc = remove_at(run, &source);
        if (rc == 0)
            rc = find_place(run, path, &target);
        if (rc == 0)
            rc = add_at(run, &target, json_incref(value));
        json_decref(value);
    }
    free(source.token);
    free(target.token);
    return rc;
}

static int apply_one(struct run *run, const json_t *operation) {
    const char *op = json_str(operation, "op", NULL);
    const char *path = json_str(operation, "path", NULL);
    const char *from = json_str(operation, "from", NULL);
    json_t *value = json_object_get(operation, "value");
    if (!op || !path)
        return err_set(run->err, ERR_STATE, "a JSON patch operation needs \"op\" and \"path\"");
    run->op = op;
    run->path = path;
    if (str_eq(op, "move") || str_eq(op, "copy")) {
        if (!from)
            return err_set(run->err, ERR_STATE, "operation %s needs \"from\"", op);
        return move_or_copy(run, str_eq(op, "move"), from, path);
    }

    bool remove = str_eq(op, "remove");
    if (!remove && !str_eq(op, "add") && !str_eq(op, "replace") && !str_eq(op, "test"))
        return err_set(run->err, ERR_STATE, "Unexpected kind: %.100s", op);
    if (!remove && !value && !str_eq(op, "test"))
        return err_set(run->err, ERR_STATE, "operation %s at \"%.200s\" needs \"value\"", op, path);
    struct place place;
    int rc = find_place(run, path, &place);
    if (rc < 0)
        return rc;
    rc = remove ? remove_at(run, &place) : with_value(run, op, value ? value : json_null(), &place);
    free(place.token);
    return rc;
}

int patch_json_apply(json_t **document, const json_t *patch, struct err *err) {
    struct run run = {.document = document, .err = err};
    if (!json_is_array(patch))
        return err_set(err, ERR_INPUT, "a JSON patch is an array of operations");
    if (json_array_size(patch) > OPERATIONS_MAX)
        return err_set(err, ERR_INPUT, "the JSON patch has %zu operations, at most %d are allowed",
                       json_array_size(patch), OPERATIONS_MAX);
    for (size_t i = 0; i < json_array_size(patch); i++)
        if (!json_is_object(json_array_get(patch, i)))
            return err_set(err, ERR_INPUT, "operation %zu of the JSON patch is not an object", i);

    for (size_t i = 0; i < json_array_size(patch); i++) {
        int rc = apply_one(&run, json_array_get(patch, i));
        if (rc < 0)
            return rc;
    }
    return 0;
}
