/* config, expose, unexpose. */
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "mocks/juju/juju_command.h"
#include "mocks/juju/verbs_config.h"

static const char *const type_names[] = {"string", "boolean", "int"};

static struct juju_application *app_of(struct juju_command *c, struct juju_model *m,
                                       const char *name) {
    struct juju_application *a = juju_model_app(m, name);
    if (!a)
        (void)juju_command_fail(c, 1, "application \"%s\" not found", name);
    return a;
}

static bool parse_bool(const char *text, bool *ret) {
    static const char *const yes[] = {"true", "True", "TRUE", "t", "1", "y", "yes"};
    static const char *const no[] = {"false", "False", "FALSE", "f", "0", "n", "no"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        *ret = str_eq(text, yes[i]);
        if (*ret || str_eq(text, no[i]))
            return true;
    }
    return false;
}

int verbs_config_set(struct juju_application *a, const char *key, const char *text,
                     struct err *err) {
    const struct juju_option *o = juju_charm_option(a->charm, key);
    if (!o)
        return err_set(err, ERR_USAGE, "unknown option \"%s\"", key);
    bool flag;
    int64_t number;
    if (o->type == JUJU_OPTION_BOOLEAN) {
        if (!parse_bool(text, &flag))
            return err_set(err, ERR_USAGE, "option \"%s\" expected boolean, got \"%s\"", key, text);
        text = flag ? "true" : "false";
    } else if (o->type == JUJU_OPTION_INT && !str_to_int(text, INT32_MIN, INT32_MAX, &number)) {
        return err_set(err, ERR_USAGE, "option \"%s\" expected int, got \"%s\"", key, text);
    }
    const char *had = json_string_value(json_object_get(a->options, key));
    if (str_eq(had ? had : o->value, text) && had)
        return 0;
    json_set_str(a->options, key, text);
    juju_unit_configure(a, o->name);
    return 0;
}

static json_t *typed(const struct juju_option *o, const char *text) {
    int64_t number;
    if (o->type == JUJU_OPTION_BOOLEAN)
        return json_boolean(str_eq(text, "true"));
    if (o->type == JUJU_OPTION_INT && str_to_int(text, INT32_MIN, INT32_MAX, &number))
        return json_integer(number);
    return json_string(text);
}

static json_t *settings_of(const struct juju_application *a) {
    json_t *o = json_object(), *settings = json_object();
    json_set_str(o, "application", a->name);
    json_set_str(o, "charm", a->charm->name);
    for (const struct juju_option *option = a->charm->options; option->name; option++) {
        const char *set = json_string_value(json_object_get(a->options, option->name));
        json_t *entry = json_object();
        if (!a->model->juju->dialect.has_model_type) {
            if (!set)
                json_set_bool(entry, "default", true);
        } else {
            json_object_set_new(entry, "default", typed(option, option->value));
        }
        json_set_str(entry, "description", option->what);
        if (a->model->juju->dialect.has_model_type)
            json_set_str(entry, "source", set ? "user" : "default");
        json_set_str(entry, "type", type_names[option->type]);
        json_object_set_new(entry, "value", typed(option, set ? set : option->value));
        json_object_set_new(settings, option->name, entry);
    }
    json_object_set_new(o, "settings", settings);
    return o;
}

static int get_one(struct juju_command *c, const struct juju_application *a, const char *key) {
    const struct juju_option *o = juju_charm_option(a->charm, key);
    if (!o)
        return juju_command_fail(c, 1,
                                 "key \"%s\" not found in \"%s\" application config or charm "
                                 "settings",
                                 key, a->name);
    const char *set = json_string_value(json_object_get(a->options, key));
    juju_command_out(c, "%s\n", set ? set : o->value);
    return 0;
}

static int reset(struct juju_command *c, struct juju_application *a, const char *keys) {
    char *copy = xstrdup(keys), *rest = copy, *key;
    int code = 0;
    while (code == 0 && (key = str_next(&rest, ','))) {
        const struct juju_option *o = juju_charm_option(a->charm, key);
        if (!o) {
            code = juju_command_fail(c, 1, "unknown option \"%s\"", key);
        } else if (json_object_get(a->options, key)) {
            json_object_del(a->options, key);
            juju_unit_configure(a, o->name);
        }
    }
    free(copy);
    return code;
}

/* All values are checked before the first is set. */
static int set_many(struct juju_command *c, struct juju_application *a) {
    size_t count = juju_command_arg_count(c);
    for (size_t i = 1; i < count; i++) {
        const char *pair = juju_command_arg(c, i), *equals = strchr(pair, '=');
        if (!equals)
            return juju_command_fail(c, 2, "expected \"key=value\", got \"%s\"", pair);
        char *key = xstrndup(pair, (size_t)(equals - pair));
        bool known = juju_charm_option(a->charm, key) != NULL;
        if (!known)
            (void)juju_command_fail(c, 1, "unknown option \"%s\"", key);
        free(key);
        if (!known)
            return 1;
    }
    for (size_t i = 1; i < count; i++) {
        const char *pair = juju_command_arg(c, i), *equals = strchr(pair, '=');
        char *key = xstrndup(pair, (size_t)(equals - pair));
        struct err err = {0};
        int rc = verbs_config_set(a, key, equals + 1, &err);
        free(key);
        if (rc < 0)
            return juju_command_fail(c, 1, "%s", err.text);
    }
    return 0;
}

static int set_from_file(struct juju_command *c, struct juju_application *a, const char *path) {
    const char *text = json_str(c->request, "files", path, NULL);
    if (!text)
        return juju_command_fail(c, 1, "open %s: no such file or directory", path);
    struct err err = {0};
    json_t *all = yaml_parse(text, strlen(text), path, &err);
    if (!all)
        return juju_command_fail(c, 1, "cannot unmarshal config: %s", err.text);
    json_t *mine = json_object_get(all, a->name), *value;
    const char *key;
    int code = mine ? 0 : juju_command_fail(c, 1, "no settings found for \"%s\"", a->name);
    json_object_foreach(mine, key, value) {
        char *scalar = json_is_string(value) ? xstrdup(json_string_value(value))
                                             : json_dumps(value, JSON_ENCODE_ANY);
        if (code == 0 && verbs_config_set(a, key, scalar, &err) < 0)
            code = juju_command_fail(c, 1, "%s", err.text);
        free(scalar);
    }
    json_decref(all);
    return code;
}

static int verb_config(struct juju_command *c) {
    const char *name = juju_command_arg(c, 0), *first = juju_command_arg(c, 1);
    if (!name)
        return juju_command_fail(c, 2, "no application name specified");
    struct juju_model *m = juju_command_model(c);
    struct juju_application *a = m ? app_of(c, m, name) : NULL;
    if (!a)
        return 1;
    int code = 0;
    if (juju_command_flag(c, "reset"))
        code = reset(c, a, juju_command_flag(c, "reset"));
    if (code == 0 && juju_command_flag(c, "file"))
        return set_from_file(c, a, juju_command_flag(c, "file"));
    if (code != 0 || (juju_command_flag(c, "reset") && !first))
        return code;
    if (first && !strchr(first, '=')) {
        if (juju_command_arg_count(c) > 2)
            return juju_command_fail(c, 2, "can only retrieve a single value, or all values");
        return get_one(c, a, first);
    }
    if (first)
        return set_many(c, a);
    json_t *settings = settings_of(a);
    bool ok = juju_command_print(c, settings, "yaml");
    json_decref(settings);
    return ok ? 0 : 2;
}

static int set_exposed(struct juju_command *c, bool exposed) {
    const char *name = juju_command_arg(c, 0);
    if (!name)
        return juju_command_fail(c, 2, "no application name specified");
    struct juju_model *m = juju_command_model(c);
    struct juju_application *a = m ? app_of(c, m, name) : NULL;
    if (!a)
        return 1;
    a->exposed = exposed;
    juju_firewall_update(a);
    return 0;
}

static int verb_expose(struct juju_command *c) {
    return set_exposed(c, true);
}

static int verb_unexpose(struct juju_command *c) {
    return set_exposed(c, false);
}

const struct juju_verb juju_config_verbs[] = {
    {"config", "m,model= format= o,output= reset= file=", verb_config,
     "<application name> [--reset <key[,key]>] [<attribute-key>][=<value>] ...]",
     "Gets, sets, or resets configuration for a deployed application."},
    {"expose", "m,model= endpoints= to-cidrs= to-spaces=", verb_expose, "<application name>",
     "Makes an application publicly available over the network."},
    {"unexpose", "m,model= endpoints=", verb_unexpose, "<application name>",
     "Removes public availability over the network for an application."},
    {NULL, NULL, NULL, NULL, NULL},
};
