#include "harness/driver/juju_argv.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <string.h>

static const char *word(const json_t *argv, size_t i) {
    const char *text = json_string_value(json_array_get(argv, i));
    return text ? text : "";
}

/* The f1 of ctl:admin/f1, the juju of /snap/bin/juju. */
const char *juju_argv_short_name(const char *model) {
    const char *colon = strrchr(model, ':'), *slash = strrchr(model, '/');
    const char *last = slash > colon ? slash : colon;
    return last ? last + 1 : model;
}

bool juju_argv_is_juju(const json_t *argv) {
    return json_is_array(argv) && str_eq(juju_argv_short_name(word(argv, 0)), "juju");
}

const char *juju_argv_verb(const json_t *argv) {
    return word(argv, 1);
}

/* Flags whose value is the next word. */
static bool takes_value(const char *flag) {
    static const char *const flags[] = {
        "-a",
        "-c",
        "-m",
        "-n",
        "-o",
        "-t",
        "-u",
        "--app",
        "--base",
        "--bind",
        "--application",
        "--channel",
        "--config",
        "--controller",
        "--credential",
        "--format",
        "--machine",
        "--model",
        "--num-units",
        "--owner",
        "--series",
        "--timeout",
        "--to",
        "--unit",
        "--constraints",
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (str_eq(flag, flags[i]))
            return true;
    return false;
}

const char *juju_argv_operand(const json_t *argv, size_t index) {
    for (size_t i = 2; i < json_array_size(argv); i++) {
        const char *text = word(argv, i);
        if (takes_value(text))
            i++;
        else if (text[0] != '-' && index-- == 0)
            return text;
    }
    return NULL;
}

const char *juju_argv_flag(const json_t *argv, const char *name, size_t index) {
    size_t len = strlen(name);
    for (size_t i = 2; i < json_array_size(argv); i++) {
        const char *text = word(argv, i);
        bool apart = str_eq(text, name);
        bool joined = str_has_prefix(text, name) && text[len] == '=';
        if ((apart || joined) && index-- == 0)
            return joined ? text + len + 1 : word(argv, i + 1);
        if (takes_value(text))
            i++;
    }
    return NULL;
}

const char *juju_argv_model(const json_t *argv) {
    const char *model = juju_argv_flag(argv, "-m", 0);
    if (!model)
        model = juju_argv_flag(argv, "--model", 0);
    return model ? juju_argv_short_name(model) : NULL;
}

bool juju_argv_only_looks(const json_t *argv) {
    static const char *const verbs[] = {
        "controllers", "credentials", "debug-log",   "help",      "models",
        "scp",         "show-model",  "show-status", "show-unit", "show-machine",
        "status",      "switch",      "version",     "wait-for",  "whoami",
    };
    const char *verb = juju_argv_verb(argv);
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
