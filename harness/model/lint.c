#include "harness/model/lint.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/value.h"

#include <string.h>

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
    union {
        const json_t *in;
        json_t *out;
    } object = {.in = lint->object};
    const char *key;
    json_t *value;
    json_object_foreach(object.out, key, value) {
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
