#include "harness/driver/juju_changes.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdbool.h>
#include <string.h>

#define ANY_MODEL "*"

/* The f1 of ctl:admin/f1. */
static const char *short_name(const char *model) {
    const char *colon = strrchr(model, ':'), *slash = strrchr(model, '/');
    const char *last = slash > colon ? slash : colon;
    return last ? last + 1 : model;
}

static const char *word(const json_t *argv, size_t i) {
    const char *text = json_string_value(json_array_get(argv, i));
    return text ? text : "";
}

static bool only_looks(const json_t *argv) {
    static const char *const verbs[] = {
        "controllers", "credentials", "debug-log",   "help",      "models",
        "scp",         "show-model",  "show-status", "show-unit", "show-machine",
        "status",      "switch",      "version",     "wait-for",  "whoami",
    };
    const char *verb = word(argv, 1);
    if (!*verb)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_eq(verb, verbs[i]))
            return true;
    if (!str_eq(verb, "config") && !str_eq(verb, "model-config"))
        return false;
    for (size_t i = 2; i < json_array_size(argv); i++)
        if (strchr(word(argv, i), '=') || str_has_prefix(word(argv, i), "--reset") ||
            str_has_prefix(word(argv, i), "--file"))
            return false;
    return true;
}

static const char *model_of(const json_t *argv) {
    for (size_t i = 2; i < json_array_size(argv); i++) {
        const char *text = word(argv, i);
        if (str_has_prefix(text, "--model="))
            return short_name(text + strlen("--model="));
        if (str_eq(text, "-m") || str_eq(text, "--model"))
            return short_name(word(argv, i + 1));
    }
    return ANY_MODEL;
}

void juju_changes_note(json_t *changes, const json_t *argv, int64_t now_ms) {
    if (!json_is_array(argv) || !str_eq(short_name(word(argv, 0)), "juju") || only_looks(argv))
        return;
    json_set_int(changes, model_of(argv), now_ms);
}

int64_t juju_changes_last(const json_t *changes, const char *model) {
    int64_t own = json_int(changes, 0, short_name(model ? model : ""), NULL);
    int64_t any = json_int(changes, 0, ANY_MODEL, NULL);
    return own > any ? own : any;
}
