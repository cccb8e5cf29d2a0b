#include "mocks/juju/juju_command.h"

#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_status.h"
#include "mocks/juju/juju_trouble.h"

#define COMMON_FLAGS "debug h,help q,quiet show-log v,verbose logging-config= B,no-browser-login"
#define ARGS_MAX 1000

static const struct juju_verb *const verb_tables[] = {juju_model_verbs,  juju_deploy_verbs,
                                                      juju_config_verbs, juju_run_verbs,
                                                      juju_show_verbs,   juju_wait_verbs};

/* Output and end */

void juju_command_write(struct juju_command *c, int fd, const char *data, size_t len) {
    len = juju_trouble_cut(c, fd, len);
    if (len > 0 && c->reply.output)
        c->reply.output(c->reply.self, fd, data, len);
}

static void vwrite(struct juju_command *c, int fd, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
static void vwrite(struct juju_command *c, int fd, const char *fmt, va_list ap) {
    char *text = xvasprintf(fmt, ap);
    juju_command_write(c, fd, text, strlen(text));
    free(text);
}

void juju_command_out(struct juju_command *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vwrite(c, 1, fmt, ap);
    va_end(ap);
}

void juju_command_info(struct juju_command *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vwrite(c, 2, fmt, ap);
    va_end(ap);
}

int juju_command_fail(struct juju_command *c, int code, const char *fmt, ...) {
    va_list ap;
    juju_command_info(c, "ERROR ");
    va_start(ap, fmt);
    vwrite(c, 2, fmt, ap);
    va_end(ap);
    juju_command_info(c, "\n");
    return code;
}

void juju_command_abandon(struct juju_command *c) {
    if (!c)
        return;
    for (struct juju_command **p = &c->j->commands; *p; p = &(*p)->next)
        if (*p == c) {
            *p = c->next;
            break;
        }
    sched_stop(c->j->sched, &c->timer);
    json_decref(c->request);
    json_decref(c->flags);
    json_decref(c->args);
    json_decref(c->state);
    free(c);
}

void juju_command_exit(struct juju_command *c, int code) {
    code = juju_trouble_end(c, code);
    struct juju_reply_ops reply = c->reply;
    juju_command_abandon(c);
    if (reply.exited)
        reply.exited(reply.self, code);
}

void juju_command_later(struct juju_command *c, int64_t delay_ms, sched_fn *fn) {
    sched_start(c->j->sched, &c->timer, delay_ms, fn, c);
}

/* Verbs */

bool juju_command_has_verb(const struct juju *j, const struct juju_verb *v) {
    if (str_eq(v->name, "exec"))
        return j->dialect.has_exec;
    if (str_eq(v->name, "show-unit"))
        return j->dialect.has_show_unit;
    if (str_eq(v->name, "wait-for"))
        return j->dialect.has_wait_for;
    return true;
}

const struct juju_verb *juju_command_find_verb(const struct juju *j, const char *name) {
    static const char *const aliases[][2] = {
        {"list-models", "models"},     {"list-controllers", "controllers"},
        {"integrate", "add-relation"}, {"relate", "add-relation"},
        {"show-status", "status"},     {"get-config", "config"},
    };
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (str_eq(aliases[i][0], name))
            name = aliases[i][1];
    for (size_t t = 0; t < ARRAY_LEN(verb_tables); t++)
        for (const struct juju_verb *v = verb_tables[t]; v->name; v++)
            if (str_eq(v->name, name) && juju_command_has_verb(j, v))
                return v;
    return NULL;
}

static void print_usage(struct juju_command *c, const struct juju_verb *v) {
    juju_command_out(c, "Usage: juju %s [options] %s\n\nSummary:\n%s\n", v->name, v->usage,
                     v->summary);
}

static int print_overview(struct juju_command *c) {
    juju_command_out(c,
                     "Juju provides easy, intelligent application orchestration on top of "
                     "Kubernetes, public clouds and bare metal.\n\nThe commands of this "
                     "simulated Juju %s:\n\n",
                     c->j->dialect.version);
    json_t *rows = json_array();
    for (size_t t = 0; t < ARRAY_LEN(verb_tables); t++)
        for (const struct juju_verb *v = verb_tables[t]; v->name; v++)
            if (juju_command_has_verb(c->j, v))
                json_array_append_new(rows, json_pack("[s, s]", v->name, v->summary));
    struct buf text = BUF_INIT;
    juju_status_columns(rows, &text);
    juju_command_write(c, 1, buf_str(&text), text.len);
    buf_release(&text);
    json_decref(rows);
    return 0;
}

/* Arguments */

const char *juju_command_arg(const struct juju_command *c, size_t i) {
    return json_string_value(json_array_get(c->args, i));
}

size_t juju_command_arg_count(const struct juju_command *c) {
    return json_array_size(c->args);
}

const char *juju_command_flag(const struct juju_command *c, const char *name) {
    return json_string_value(json_object_get(c->flags, name));
}

bool juju_command_has(const struct juju_command *c, const char *name) {
    return json_object_get(c->flags, name) != NULL;
}

/* Finds name (long or short) in a list of flags; the long name is owned. */
static char *find_flag(const char *flags, const char *name, bool *ret_takes_value) {
    char *copy = xstrdup(flags), *rest = copy, *entry, *found = NULL;
    while (!found && (entry = str_next(&rest, ' '))) {
        size_t len = strlen(entry);
        bool takes = len > 0 && entry[len - 1] == '=';
        if (takes)
            entry[len - 1] = '\0';
        char *names = entry, *one, *last = NULL;
        bool match = false;
        while ((one = str_next(&names, ','))) {
            match = match || str_eq(one, name);
            last = one;
        }
        if (match && last) {
            *ret_takes_value = takes;
            found = xstrdup(last);
        }
    }
    free(copy);
    return found;
}

/* One flag at argv[i]; answers how many arguments it took, 0 after an error. */
static size_t take_flag(struct juju_command *c, const json_t *argv, size_t i) {
    const char *text = json_string_value(json_array_get(argv, i));
    const char *value = strchr(text, '=');
    const char *start = text + (str_has_prefix(text, "--") ? 2 : 1);
    char *given = value ? xstrndup(text, (size_t)(value - text)) : xstrdup(text);
    char *name = value ? xstrndup(start, (size_t)(value - start)) : xstrdup(start);
    bool takes = false;
    size_t used = 1;
    char *full = find_flag(c->verb->flags, name, &takes);
    if (!full)
        full = find_flag(COMMON_FLAGS, name, &takes);
    if (!full) {
        (void)juju_command_fail(c, 2, "flag provided but not defined: %s", given);
        used = 0;
    } else if (!takes) {
        if (!value || !str_eq(value, "=false"))
            json_set_str(c->flags, full, "true");
    } else if (value) {
        json_set_str(c->flags, full, value + 1);
    } else if (json_string_value(json_array_get(argv, i + 1))) {
        json_set_str(c->flags, full, json_string_value(json_array_get(argv, i + 1)));
        used = 2;
    } else {
        (void)juju_command_fail(c, 2, "flag needs an argument: %s", given);
        used = 0;
    }
    free(full);
    free(name);
    free(given);
    return used;
}

/* scp and ssh hand everything behind their first argument to the program below them. */
static bool stops_at_first(const struct juju_verb *v) {
    return str_eq(v->name, "ssh") || str_eq(v->name, "scp");
}

static bool parse_args(struct juju_command *c, const json_t *argv, size_t from) {
    bool only_args = false;
    for (size_t i = from; i < json_array_size(argv);) {
        const char *text = json_string_value(json_array_get(argv, i));
        if (!only_args && str_eq(text, "--")) {
            only_args = true;
            i++;
        } else if (only_args || text[0] != '-' || !text[1]) {
            json_array_append(c->args, json_array_get(argv, i));
            only_args = only_args || stops_at_first(c->verb);
            i++;
        } else {
            size_t used = take_flag(c, argv, i);
            if (used == 0)
                return false;
            i += used;
        }
    }
    return true;
}

/* Models */

const char *juju_command_short_name(const char *text) {
    const char *colon = strchr(text, ':');
    const char *name = colon ? colon + 1 : text;
    const char *slash = strchr(name, '/');
    return slash ? slash + 1 : name;
}

static bool is_controller(const struct juju *j, const char *text, size_t len) {
    return strlen(j->controller) == len && memcmp(j->controller, text, len) == 0;
}

static struct juju_model *model_by(struct juju_command *c, const char *text) {
    const char *colon = strchr(text, ':');
    const char *name = juju_command_short_name(text);
    if (colon && !is_controller(c->j, text, (size_t)(colon - text))) {
        (void)juju_command_fail(c, 1, "controller %.*s not found", (int)(colon - text), text);
        return NULL;
    }
    struct juju_model *m = juju_model_named(c->j, name);
    for (size_t i = 0; !m && strlen(name) >= 6 && i < c->j->model_count; i++)
        if (str_has_prefix(c->j->models[i]->uuid, name))
            m = c->j->models[i];
    if (!m)
        (void)juju_command_fail(c, 1, "model %s:admin/%s not found", c->j->controller, name);
    return m;
}

struct juju_model *juju_command_model(struct juju_command *c) {
    const char *name = juju_command_flag(c, "model");
    const char *from_env = json_str(c->request, "env", "JUJU_MODEL", NULL);
    if (!name && from_env && *from_env) {
        const char *controller = json_str(c->request, "env", "JUJU_CONTROLLER", NULL);
        const char *colon = strchr(from_env, ':');
        if (controller && *controller && colon &&
            (strlen(controller) != (size_t)(colon - from_env) ||
             !str_has_prefix(from_env, controller))) {
            (void)juju_command_fail(c, 1,
                                    "controller name from JUJU_MODEL (%.*s) conflicts with value "
                                    "in JUJU_CONTROLLER (%s)",
                                    (int)(colon - from_env), from_env, controller);
            return NULL;
        }
        name = from_env;
    }
    if (!name)
        name = json_str(c->request, "current_model", NULL);
    if (!name || !*name) {
        (void)juju_command_fail(
            c, 1,
            "No model in focus.\n\nPlease use \"juju models\" to see models available to you.\n"
            "You can set current model by running \"juju switch\"\nor specify any other model on "
            "the command line using the \"-m\" option.\n");
        return NULL;
    }
    struct juju_model *m = model_by(c, name);
    if (m)
        memcpy(c->uuid, m->uuid, sizeof(c->uuid));
    return m;
}

struct juju_model *juju_command_same_model(struct juju_command *c) {
    return juju_model_with(c->j, c->uuid);
}

bool juju_command_print(struct juju_command *c, const json_t *value, const char *otherwise) {
    const char *format = juju_command_flag(c, "format");
    if (!format)
        format = otherwise;
    struct buf text = BUF_INIT;
    bool known = true;
    if (str_eq(format, "json")) {
        char *compact = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        buf_addf(&text, "%s\n", compact ? compact : "null");
        free(compact);
    } else if (str_eq(format, "yaml") || str_eq(format, "smart")) {
        juju_status_yaml(value, &text);
    } else {
        known = false;
        (void)juju_command_fail(
            c, 2, "invalid value \"%s\" for flag --format: unknown format \"%s\"", format, format);
    }
    juju_command_write(c, 1, buf_str(&text), text.len);
    buf_release(&text);
    return known;
}

/* Start */

static bool is_valid(const json_t *request) {
    const json_t *argv = json_object_get(request, "argv");
    size_t i;
    const json_t *arg;
    if (!json_is_array(argv) || json_array_size(argv) > ARGS_MAX)
        return false;
    json_array_foreach(argv, i, arg) if (!json_is_string(arg)) return false;
    return true;
}

static int run_help(struct juju_command *c, const char *topic) {
    const struct juju_verb *v = topic ? juju_command_find_verb(c->j, topic) : NULL;
    if (!topic)
        return print_overview(c);
    if (!v)
        return juju_command_fail(c, 1, "unknown command or topic for %s", topic);
    print_usage(c, v);
    return 0;
}

static int dispatch(struct juju_command *c) {
    const json_t *argv = json_object_get(c->request, "argv");
    if (!is_valid(c->request))
        return juju_command_fail(c, 2, "malformed request: argv is no array of strings");
    const char *name = json_string_value(json_array_get(argv, 1));
    const char *topic = json_string_value(json_array_get(argv, 2));
    if (!name)
        return print_overview(c);
    if (str_eq(name, "help") || str_eq(name, "--help") || str_eq(name, "-h"))
        return run_help(c, topic);
    if (str_eq(name, "--version"))
        name = "version";
    c->verb = juju_command_find_verb(c->j, name);
    if (!c->verb)
        return juju_command_fail(c, 2, "juju: \"%s\" is not a juju command. See \"juju --help\".",
                                 name);
    if (!parse_args(c, argv, 2))
        return 2;
    if (juju_command_has(c, "help")) {
        print_usage(c, c->verb);
        return 0;
    }
    return juju_trouble_run(c);
}

struct juju_command *juju_command_start(struct juju *j, const json_t *request,
                                        const struct juju_reply_ops *reply) {
    struct juju_command *c = xcalloc(1, sizeof(*c));
    c->j = j;
    c->reply = *reply;
    c->request = json_deep_copy(request);
    c->flags = json_object();
    c->args = json_array();
    c->state = json_object();
    c->next = j->commands;
    j->commands = c;
    int code = dispatch(c);
    if (code == JUJU_LATER)
        return c;
    juju_command_exit(c, code);
    return NULL;
}
