/* add-model, switch, models, destroy-model, controllers, whoami, show-model. */
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_command.h"
#include "mocks/juju/juju_status.h"

#define DESTROY_POLL_MS 2000
#define DOTS_PER_LINE 80

static void select_model(struct juju_command *c, const char *name) {
    char *qualified = name ? xasprintf("admin/%s", name) : NULL;
    if (c->reply.select_model)
        c->reply.select_model(c->reply.self, qualified);
    free(qualified);
}

static bool is_model_name(const char *name) {
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && !name[len] && name[0] != '-' && name[len - 1] != '-';
}

/* The settings of a model that are known here; a real controller has some fifty. */
static const char *const settings[] = {"automatically-retry-hooks", "default-series",
                                       "logging-config", "resource-tags",
                                       "update-status-hook-interval"};

static bool is_setting(const char *key, size_t len) {
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strlen(settings[i]) == len && strncmp(settings[i], key, len) == 0)
            return true;
    return false;
}

static int check_setting(struct juju_command *c, const char *pair) {
    const char *equals = strchr(pair, '=');
    if (!equals)
        return juju_command_fail(c, 2, "expected \"key=value\", got \"%s\"", pair);
    if (!is_setting(pair, (size_t)(equals - pair)))
        return juju_command_fail(c, 1, "key \"%.*s\" is not defined in the model's configuration",
                                 (int)(equals - pair), pair);
    return 0;
}

static void set_setting(struct juju_model *m, const char *pair) {
    const char *equals = strchr(pair, '=');
    char *key = xstrndup(pair, (size_t)(equals - pair));
    if (!m->config)
        m->config = json_object();
    json_set_str(m->config, key, equals + 1);
    free(key);
}

/* `model-config KEY` prints one, `model-config KEY=VALUE...` sets, without either: all that are
 * set. */
static int verb_model_config(struct juju_command *c) {
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    const char *first = juju_command_arg(c, 0);
    size_t count = juju_command_arg_count(c);
    if (first && !strchr(first, '=')) {
        if (!is_setting(first, strlen(first)))
            return juju_command_fail(c, 1, "key \"%s\" not found in {model} model settings", first);
        const char *value = json_str(m->config, first, NULL);
        juju_command_out(c, "%s\n", value ? value : "");
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int code = check_setting(c, juju_command_arg(c, i));
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < count; i++)
        set_setting(m, juju_command_arg(c, i));
    if (count > 0)
        return 0;
    const char *key;
    json_t *value;
    juju_command_out(c, "Attribute  From  Value\n");
    json_object_foreach(m->config, key, value)
        juju_command_out(c, "%s  model  %s\n", key, json_string_value(value));
    return 0;
}

static int verb_add_model(struct juju_command *c) {
    struct juju *j = c->j;
    const char *name = juju_command_arg(c, 0);
    if (!name)
        return juju_command_fail(c, 2, "model name is required");
    if (!is_model_name(name))
        return juju_command_fail(c, 2,
                                 "\"%s\" is not a valid name: model names may only contain "
                                 "lowercase letters, digits and hyphens",
                                 name);
    const char *place = juju_command_arg(c, 1);
    const char *slash = place ? strchr(place, '/') : NULL;
    size_t cloud_len = slash ? (size_t)(slash - place) : place ? strlen(place) : 0;
    if (place && (strlen(j->cloud) != cloud_len || strncmp(place, j->cloud, cloud_len) != 0) &&
        !str_eq(place, j->region))
        return juju_command_fail(c, 1,
                                 "\"%s\" is neither a cloud supported by this controller, "
                                 "nor a region in the controller's default cloud \"%s\"",
                                 place, j->cloud);
    if (juju_model_named(j, name))
        return juju_command_fail(c, 1,
                                 "failed to create new model: model \"%s\" for admin already "
                                 "exists (already exists)",
                                 name);
    if (j->model_count >= JUJU_MODELS_MAX)
        return juju_command_fail(c, 1, "failed to create new model: too many models");
    const char *pair = juju_command_flag(c, "config");
    int code = pair ? check_setting(c, pair) : 0;
    if (code != 0)
        return code;
    struct juju_model *m = juju_model_add(j, name);
    if (pair)
        set_setting(m, pair);
    juju_command_info(c, "Added '%s' model on %s%s%s with credential 'default' for user 'admin'\n",
                      name, j->cloud, j->region ? "/" : "", j->region ? j->region : "");
    if (!juju_command_has(c, "no-switch"))
        select_model(c, name);
    return 0;
}

static char *full_name(const struct juju *j, const char *model) {
    if (!model || !*model)
        return xstrdup(j->controller);
    return xasprintf("%s:admin/%s", j->controller, juju_command_short_name(model));
}

static int verb_switch(struct juju_command *c) {
    const char *current = json_str(c->request, "current_model", NULL);
    const char *overriding = json_str(c->request, "env", "JUJU_MODEL", NULL);
    const char *target = juju_command_arg(c, 0);
    if (current && !juju_model_named(c->j, juju_command_short_name(current)))
        current = NULL; /* it was destroyed from elsewhere */
    if (!target) {
        const char *shown = overriding && *overriding ? overriding : current;
        if (!shown)
            return juju_command_fail(c, 1, "no currently specified model");
        char *name = full_name(c->j, shown);
        juju_command_out(c, "%s\n", name);
        free(name);
        return 0;
    }
    if (overriding && *overriding)
        return juju_command_fail(
            c, 1, "cannot switch when JUJU_MODEL is overriding the model (set to \"%s\")",
            overriding);
    bool to_controller = str_eq(target, c->j->controller);
    const char *short_name = juju_command_short_name(target);
    if (!to_controller && !juju_model_named(c->j, short_name))
        return juju_command_fail(c, 1, "\"%s\" is not the name of a model or controller", target);
    char *from = full_name(c->j, current);
    char *to = full_name(c->j, to_controller ? current : short_name);
    if (str_eq(from, to))
        juju_command_info(c, "%s (no change)\n", to);
    else
        juju_command_info(c, "%s -> %s\n", from, to);
    if (!to_controller)
        select_model(c, short_name);
    free(from);
    free(to);
    return 0;
}

static json_t *model_entry(const struct juju_model *m) {
    const struct juju *j = m->juju;
    json_t *o = json_object();
    char *qualified = xasprintf("admin/%s", m->name);
    char *since = juju_when(j, m->status.since_ms);
    json_set_str(o, "name", j->dialect.has_qualified_models ? qualified : m->name);
    if (j->dialect.has_qualified_models)
        json_set_str(o, "short-name", m->name);
    json_set_str(o, "model-uuid", m->uuid);
    if (j->dialect.has_model_type)
        json_set_str(o, "model-type", "iaas");
    json_set_str(o, "controller-uuid", j->uuid);
    json_set_str(o, "controller-name", j->controller);
    json_set_bool(o, "is-controller", false);
    json_set_str(o, "owner", "admin");
    json_set_str(o, "cloud", j->cloud);
    if (j->region)
        json_set_str(o, "region", j->region);
    json_set_str(o, "type", "maas");
    json_set_str(o, "life", m->dying ? "dying" : "alive");
    json_object_set_new(o, "status",
                        json_pack("{s:s, s:s}", "current", m->status.current, "since", since));
    json_object_set_new(
        o, "users",
        json_pack("{s:{s:s, s:s}}", "admin", "access", "admin", "last-connection", "just now"));
    json_t *machines = json_ensure_object(o, "machines");
    for (size_t i = 0; i < m->machine_count; i++)
        json_object_set_new(machines, m->machines[i]->id, json_pack("{s:i}", "cores", 4));
    json_set_str(o, "agent-version", j->dialect.version);
    free(since);
    free(qualified);
    return o;
}

static void models_table(struct juju_command *c, const char *current) {
    json_t *rows = json_array();
    json_array_append_new(rows, json_pack("[s, s, s, s, s, s]", "Model", "Cloud/Region", "Status",
                                          "Machines", "Access", "Last connection"));
    for (size_t i = 0; i < c->j->model_count; i++) {
        const struct juju_model *m = c->j->models[i];
        char *name = xasprintf("%s%s", m->name, str_eq(m->name, current) ? "*" : "");
        char *place =
            c->j->region ? xasprintf("%s/%s", c->j->cloud, c->j->region) : xstrdup(c->j->cloud);
        char machines[24];
        snprintf(machines, sizeof(machines), "%zu", m->machine_count);
        json_array_append_new(rows, json_pack("[s, s, s, s, s, s]", name, place, m->status.current,
                                              machines, "admin", "just now"));
        free(place);
        free(name);
    }
    struct buf text = BUF_INIT;
    buf_addf(&text, "Controller: %s\n\n", c->j->controller);
    juju_status_columns(rows, &text);
    juju_command_write(c, 1, buf_str(&text), text.len);
    buf_release(&text);
    json_decref(rows);
}

static int verb_models(struct juju_command *c) {
    const char *current = json_str(c->request, "current_model", NULL);
    if (current)
        current = juju_command_short_name(current);
    if (!juju_model_named(c->j, current))
        current = NULL;
    const char *format = juju_command_flag(c, "format");
    if (!format || str_eq(format, "tabular")) {
        models_table(c, current);
        return 0;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < c->j->model_count; i++)
        json_array_append_new(list, model_entry(c->j->models[i]));
    json_t *o = json_object();
    json_object_set_new(o, "models", list);
    if (current)
        json_set_str(o, "current-model", current);
    bool ok = juju_command_print(c, o, "json");
    json_decref(o);
    return ok ? 0 : 2;
}

static int verb_show_model(struct juju_command *c) {
    if (juju_command_arg(c, 0))
        json_set_str(c->flags, "model", juju_command_arg(c, 0));
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    json_t *o = json_object();
    json_object_set_new(o, m->name, model_entry(m));
    bool ok = juju_command_print(c, o, "yaml");
    json_decref(o);
    return ok ? 0 : 2;
}

/* What is left; a dot while nothing changed since the last look. */
static void destroy_poll(void *self) {
    struct juju_command *c = self;
    const struct juju_model *m = juju_command_same_model(c);
    if (!m) {
        juju_command_info(c, "\nModel destroyed.\n");
        juju_command_exit(c, 0);
        return;
    }
    char *left = xasprintf("Waiting for model to be removed, %zu machine(s), %zu application(s)...",
                           m->machine_count, m->app_count);
    int64_t dots = json_int(c->state, 0, "dots", NULL);
    if (!str_eq(left, json_str(c->state, "left", NULL))) {
        juju_command_info(c, "\n%s", left);
        json_set_str(c->state, "left", left);
        dots = 0;
    } else {
        juju_command_info(c, "%s.", dots > 0 && dots % DOTS_PER_LINE == 0 ? "\n" : "");
        dots++;
    }
    json_set_int(c->state, "dots", dots);
    free(left);
    juju_command_later(c, DESTROY_POLL_MS, destroy_poll);
}

/* What a person types at the prompt, in the request's stdin. */
static bool is_confirmed(struct juju_command *c, const char *name) {
    if (juju_command_has(c, "yes") || juju_command_has(c, "no-prompt"))
        return true;
    const char *answer = json_str(c->request, "stdin", NULL);
    juju_command_info(c,
                      "WARNING! This command will destroy the \"%s\" model and all its "
                      "resources.\n\nThis cannot be undone.\n\n%s",
                      name,
                      c->j->dialect.no_prompt_flag ? "To continue, enter the name of the model: "
                                                   : "Continue [y/N]? ");
    if (!answer)
        return false;
    size_t len = strcspn(answer, "\r\n");
    if (c->j->dialect.no_prompt_flag)
        return strlen(name) == len && strncmp(answer, name, len) == 0;
    return (len == 1 && (*answer == 'y' || *answer == 'Y')) ||
           (len == 3 && strncasecmp(answer, "yes", 3) == 0);
}

static int verb_destroy_model(struct juju_command *c) {
    const char *name = juju_command_arg(c, 0);
    if (juju_command_has(c, "yes") && c->j->dialect.no_prompt_flag)
        return juju_command_fail(c, 2, "option provided but not defined: -y");
    if (!name)
        return juju_command_fail(c, 2, "no model specified");
    if (juju_command_has(c, "no-wait") && !juju_command_has(c, "force"))
        return juju_command_fail(c, 1, "--no-wait without --force not valid");
    if (str_eq(juju_command_short_name(name), "controller"))
        return juju_command_fail(
            c, 1, "\"controller\" is a controller; use 'juju destroy-controller' to destroy it");
    json_set_str(c->flags, "model", name);
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    if (!is_confirmed(c, m->name))
        return juju_command_fail(c, 1, "model destruction: aborted");
    juju_command_info(c, "Destroying model");
    const char *current = json_str(c->request, "current_model", NULL);
    if (current && str_eq(juju_command_short_name(current), m->name))
        select_model(c, NULL);
    juju_model_destroy(m);
    juju_command_later(c, DESTROY_POLL_MS, destroy_poll);
    return JUJU_LATER;
}

static int verb_controllers(struct juju_command *c) {
    const char *format = juju_command_flag(c, "format");
    if (format && !str_eq(format, "tabular")) {
        json_t *o =
            json_pack("{s:{s:{s:s, s:s, s:s, s:s}}, s:s}", "controllers", c->j->controller, "user",
                      "admin", "access", "superuser", "cloud", c->j->cloud, "agent-version",
                      c->j->dialect.version, "current-controller", c->j->controller);
        bool ok = juju_command_print(c, o, "json");
        json_decref(o);
        return ok ? 0 : 2;
    }
    char *starred = xasprintf("%s*", c->j->controller);
    json_t *rows =
        json_pack("[[s, s, s, s, s, s, s], [s, s, s, s, s, s, s]]", "Controller", "Model", "User",
                  "Access", "Cloud/Region", "Models", "Version", starred, "-", "admin", "superuser",
                  c->j->cloud, "-", c->j->dialect.version);
    struct buf text = BUF_INIT;
    juju_status_columns(rows, &text);
    juju_command_write(c, 1, buf_str(&text), text.len);
    buf_release(&text);
    json_decref(rows);
    free(starred);
    return 0;
}

/* One of the client's own, with nothing in it that would be a secret. */
static int verb_credentials(struct juju_command *c) {
    const char *kind = c->j->dialect.has_show_unit ? "client-credentials" : "local-credentials";
    json_t *o = json_pack("{s:{s:{s:{s:s}}}}", kind, c->j->cloud, "default", "auth-type", "oauth1");
    bool ok = juju_command_print(c, o, "yaml");
    json_decref(o);
    return ok ? 0 : 2;
}

static int verb_whoami(struct juju_command *c) {
    const char *current = json_str(c->request, "current_model", NULL);
    juju_command_out(c, "Controller:  %s\nModel:       %s\nUser:        admin\n", c->j->controller,
                     current ? juju_command_short_name(current) : "<no-current-model>");
    return 0;
}

const struct juju_verb juju_model_verbs[] = {
    {"add-model", "c,controller= config= credential= owner= no-switch", verb_add_model,
     "<model name> [cloud|region|(cloud/region)]", "Adds a hosted model."},
    {"switch", "", verb_switch, "[<controller>|<model>|<controller>:<model>]",
     "Selects or identifies the current controller and model."},
    {"models", "c,controller= format= o,output= all uuid user= exact-time", verb_models, "",
     "Lists models a user can access on a controller."},
    {"show-model", "m,model= format= o,output=", verb_show_model, "<model name>",
     "Shows information about the current or specified model."},
    {"destroy-model", "y,yes no-prompt force no-wait t,timeout= destroy-storage release-storage",
     verb_destroy_model, "[<controller name>:]<model name>",
     "Terminate all machines and resources for a non-controller model."},
    {"model-config", "m,model=", verb_model_config, "[<key>[=<value>] ...]",
     "Displays or sets configuration values on a model."},
    {"controllers", "format= o,output= refresh", verb_controllers, "", "Lists all controllers."},
    {"credentials", "format= o,output= show-secrets client c,controller=", verb_credentials,
     "[<cloud name>] [<credential name>]", "Lists credentials for a cloud."},
    {"whoami", "format= o,output=", verb_whoami, "", "Print current login details."},
    {NULL, NULL, NULL, NULL, NULL},
};
