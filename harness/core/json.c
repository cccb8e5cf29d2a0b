#include "harness/core/json.h"
#include "harness/core/fs.h"
#include "harness/core/str.h"

#include <stdarg.h>
#include <string.h>

static json_t *walk(const json_t *root, va_list ap) {
    json_t *at = json_mutable(root); /* jansson's getters take const and return mutable */
    const char *key;
    while (at && (key = va_arg(ap, const char *))) {
        int64_t index;
        size_t len = strlen(key);
        if (key[0] == '[' && len > 2 && len < 16 && key[len - 1] == ']') {
            char digits[16];
            memcpy(digits, key + 1, len - 2);
            digits[len - 2] = '\0';
            at =
                str_to_int(digits, 0, INT32_MAX, &index) ? json_array_get(at, (size_t)index) : NULL;
        } else {
            at = json_object_get(at, key);
        }
    }
    return at;
}

json_t *json_at(const json_t *root, ...) {
    va_list ap;
    va_start(ap, root);
    json_t *value = walk(root, ap);
    va_end(ap);
    return value;
}

const char *json_str(const json_t *root, ...) {
    va_list ap;
    va_start(ap, root);
    json_t *value = walk(root, ap);
    va_end(ap);
    return json_string_value(value);
}

int64_t json_int(const json_t *root, int64_t otherwise, ...) {
    va_list ap;
    va_start(ap, otherwise);
    json_t *value = walk(root, ap);
    va_end(ap);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_flag(const json_t *root, ...) {
    va_list ap;
    va_start(ap, root);
    json_t *value = walk(root, ap);
    va_end(ap);
    return json_is_true(value);
}

json_t *json_ensure_object(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    if (!json_is_object(value)) {
        value = json_object();
        json_object_set_new(object, key, value);
    }
    return value;
}

json_t *json_ensure_array(json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    if (!json_is_array(value)) {
        value = json_array();
        json_object_set_new(object, key, value);
    }
    return value;
}

void json_set_str(json_t *object, const char *key, const char *text) {
    if (text)
        json_object_set_new(object, key, json_string(text));
    else
        json_object_del(object, key);
}

void json_set_int(json_t *object, const char *key, int64_t value) {
    json_object_set_new(object, key, json_integer(value));
}

void json_set_bool(json_t *object, const char *key, bool value) {
    json_object_set_new(object, key, json_boolean(value));
}

bool json_has_text(const json_t *list, const char *text) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        if (text && str_eq(json_string_value(one), text))
            return true;
    }
    return false;
}

static bool contains_elements(const json_t *have, const json_t *want) {
    size_t i, j;
    json_t *wanted, *present;
    json_array_foreach(want, i, wanted) {
        bool found = false;
        json_array_foreach(have, j, present) {
            if (json_contains(present, wanted)) {
                found = true;
                break;
            }
        }
        if (!found)
            return false;
    }
    return true;
}

bool json_contains(const json_t *have, const json_t *want) {
    if (json_is_array(want))
        return json_is_array(have) && contains_elements(have, want);
    if (!json_is_object(want))
        return have && json_equal(have, want);
    if (!json_is_object(have))
        return false;

    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(want), key, value) {
        if (!json_contains(json_object_get(have, key), value))
            return false;
    }
    return true;
}

json_t *json_parse(const char *text, size_t len, const char *name, struct err *err) {
    json_error_t at;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
    if (!value)
        err_set(err, ERR_INPUT, "%s:%d:%d: not JSON: %s", name, at.line, at.column, at.text);
    return value;
}

json_t *json_load_path(const char *path, struct err *err) {
    struct buf text = BUF_INIT;
    json_t *value = NULL;
    if (fs_read(path, &text, err) == 0)
        value = json_parse(buf_str(&text), text.len, path, err);
    buf_release(&text);
    return value;
}

static int append(const char *data, size_t len, void *out) {
    buf_add(out, data, len);
    return 0;
}

void json_dump_to(const json_t *value, bool pretty, struct buf *out) {
    size_t flags = pretty ? JSON_INDENT(2) | JSON_SORT_KEYS : JSON_COMPACT;
    json_dump_callback(value, append, out, flags | JSON_ENCODE_ANY);
}

char *json_text(const json_t *value) {
    struct buf out = BUF_INIT;
    json_dump_to(value, false, &out);
    return buf_detach(&out);
}
