#include "harness/model/lint.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/model/value.h"

#include <string.h>

enum { TEXT_SHOWN_MAX = 60 };

json_t *lint_document(const char *text, size_t len, const char *name, json_t **ret_lines,
                      struct problems *problems) {
    struct err err = {0};
    json_t *document = json_parse(text, len, name, &err);
    if (!document) {
        problems_add_err(problems, &err);
        return NULL;
    }
    /* JSON is YAML too, and the YAML reader knows the lines; only they are wanted. */
    CLEANUP(json_freep) json_t *again = yaml_parse_with_lines(text, len, name, ret_lines, NULL);
    (void)again;
    return document;
}

int lint_line(const json_t *lines, int otherwise) {
    for (int depth = 0; depth < 100 && json_is_array(lines); depth++)
        lines = json_array_get(lines, 0);
    return (int)json_int(lines, otherwise, "", NULL);
}

void lint_add(struct lint *lint, const char *key, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    const json_t *at = key ? json_object_get(lint->lines, key) : NULL;
    problems_add(lint->problems, lint->file, lint_line(at, lint->line), "%s", text);
}

static bool is_in(const char *name, const char *const list[]) {
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

void lint_keys(struct lint *lint, const char *const keys[], const char *what) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(lint->object), key, value) {
        if (is_in(key, keys))
            continue;
        const char *nearest = str_nearest(key, keys);
        if (nearest) {
            lint_add(lint, key, "unknown key \"%s\" of a %s; is \"%s\" meant?", key, what, nearest);
            continue;
        }
        struct buf known = BUF_INIT;
        for (size_t i = 0; keys[i]; i++)
            buf_addf(&known, "%s%s", i ? ", " : "", keys[i]);
        lint_add(lint, key, "unknown key \"%s\" of a %s, expected one of %s", key, what,
                 buf_str(&known));
        buf_release(&known);
    }
}

static bool is_open(const json_t *value) {
    return json_is_string(value) && strstr(json_string_value(value), "${");
}

static bool is_kind(const json_t *value, enum lint_kind kind) {
    switch (kind) {
    case LINT_ANY:
        return true;
    case LINT_TEXT:
        return json_is_string(value);
    case LINT_TEXT_OR_NUMBER:
        return json_is_string(value) || json_is_integer(value);
    case LINT_FLAG:
        return json_is_boolean(value) || is_open(value);
    case LINT_LIST:
        return json_is_array(value);
    case LINT_OBJECT:
        return json_is_object(value);
    }
    return false;
}

const json_t *lint_member(struct lint *lint, const char *key, enum lint_kind kind, bool required) {
    static const char *const names[] = {"anything",      "a text", "a text or a number",
                                        "true or false", "a list", "a mapping"};
    const json_t *value = json_object_get(lint->object, key);
    if (!value && required)
        lint_add(lint, NULL, "%s is missing", key);
    if (!value || is_kind(value, kind))
        return value;
    CLEANUP(str_freep) char *found = value_line(value, 60);
    lint_add(lint, key, "%s is %s, expected %s", key, found, names[kind]);
    return NULL;
}

bool lint_is_something(const char *text) {
    return *text != '\0';
}

bool lint_is_url(const char *text) {
    size_t scheme = str_has_prefix(text, "https://") ? 8 : str_has_prefix(text, "http://") ? 7 : 0;
    return scheme && text[scheme] && text[strcspn(text, " \t\r\n")] == '\0';
}

bool lint_is_case(const char *text) {
    const char *dot = strchr(text, '.');
    return dot && dot > text && dot[1] && !strchr(dot + 1, '.') &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0';
}

const char *lint_text(struct lint *lint, const char *key, bool required, lint_check_fn *check,
                      const char *expected) {
    const char *value = json_string_value(lint_member(lint, key, LINT_TEXT, required));
    if (value && !check(value)) {
        lint_add(lint, key, "%s is \"%.*s\", expected %s", key, TEXT_SHOWN_MAX, value, expected);
        return NULL;
    }
    return value;
}

const json_t *lint_texts(struct lint *lint, const char *key, bool required, lint_check_fn *check,
                         const char *expected) {
    const json_t *list = lint_member(lint, key, LINT_LIST, required);
    size_t i;
    json_t *one;
    if (list && json_array_size(list) == 0)
        lint_add(lint, key, "%s is empty, expected at least one: %s", key, expected);
    json_array_foreach(list, i, one) {
        if (json_is_string(one) && check(json_string_value(one)))
            continue;
        CLEANUP(str_freep) char *found = value_line(one, TEXT_SHOWN_MAX);
        lint_add(lint, key, "%s has %s, expected %s", key, found, expected);
    }
    return list;
}

int64_t lint_duration(struct lint *lint, const char *key) {
    const json_t *value = json_object_get(lint->object, key);
    int64_t ms = 0;
    if (!value)
        return 0;
    if (json_is_string(value) && value_duration_ms(json_string_value(value), &ms) && ms > 0)
        return ms;
    CLEANUP(str_freep) char *found = value_line(value, 60);
    lint_add(lint, key, "%s is %s, expected a duration like 40s, 9m or 1h", key, found);
    return 0;
}
