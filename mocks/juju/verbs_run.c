/* run and exec: commands on units, and 3.x's run, which takes actions. */
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/hook_tools.h"
#include "mocks/juju/juju_command.h"

#define DEFAULT_TIMEOUT_MS 300000
#define QUEUE_MS 1200
#define POLL_MS 1000

/* "5m", "90s", "1h", "500ms"; -1 when malformed. */
static int64_t duration_ms(const char *text) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    int64_t total = 0;
    while (*text) {
        size_t digits = strspn(text, "0123456789"), letters = strcspn(text + digits, "0123456789");
        char *number = xstrndup(text, digits), *unit = xstrndup(text + digits, letters);
        int64_t value, factor = 0;
        bool ok = str_to_int(number, 0, 1000000, &value);
        for (size_t i = 0; ok && i < ARRAY_LEN(units); i++)
            if (str_eq(units[i].unit, unit))
                factor = units[i].ms;
        free(number);
        free(unit);
        if (!ok || factor == 0)
            return -1;
        total += value * factor;
        text += digits + letters;
    }
    return total;
}

static void add_target(json_t *targets, const char *kind, const char *name) {
    json_array_append_new(targets, json_pack("{s:s, s:s}", "kind", kind, "name", name));
}

static bool is_unit_name(const char *name) {
    const char *slash = strrchr(name, '/');
    int64_t number;
    return slash && slash != name && str_to_int(slash + 1, 0, 1000000, &number);
}

/* The names of one flag, separated by commas. What is malformed goes to bad. */
static void names_of(const char *list, const char *kind, json_t *names, struct buf *bad) {
    if (!list)
        return;
    char *copy = xstrdup(list), *rest = copy, *name;
    while ((name = str_next(&rest, ','))) {
        bool unit = str_eq(kind, "unit"), machine = str_eq(kind, "machine");
        if (unit && !is_unit_name(name))
            buf_addf(bad, "\n  \"%s\" is not a valid unit name", name);
        else if (machine && (!*name || strspn(name, "0123456789/lxd") != strlen(name)))
            buf_addf(bad, "\n  \"%s\" is not a valid machine id", name);
        else if (!unit && !machine && (!*name || strchr(name, '/')))
            buf_addf(bad, "\n  \"%s\" is not a valid application name", name);
        else
            add_target(names, kind, name);
    }
    free(copy);
}

static int resolve(struct juju_command *c, const struct juju_model *m, const json_t *names,
                   json_t *targets) {
    size_t i;
    const json_t *entry;
    json_array_foreach(names, i, entry) {
        const char *kind = json_str(entry, "kind", NULL), *name = json_str(entry, "name", NULL);
        char *why = NULL;
        if (str_eq(kind, "unit")) {
            why = juju_model_unit(m, name) ? NULL
                                           : xasprintf("unit \"%s\" not found (not found)", name);
            add_target(targets, kind, name);
        } else if (str_eq(kind, "machine")) {
            why = juju_model_machine(m, name) ? NULL : xasprintf("machine %s not found", name);
            add_target(targets, kind, name);
        } else {
            const struct juju_application *a = juju_model_app(m, name);
            why = a ? NULL : xasprintf("application \"%s\" not found", name);
            for (size_t k = 0; a && k < a->unit_count; k++) {
                char *unit = juju_unit_name(a->units[k]);
                add_target(targets, "unit", unit);
                free(unit);
            }
        }
        if (why) {
            juju_command_info(c, "ERROR %s\n", why);
            free(why);
            return 1;
        }
    }
    if (json_array_size(targets) == 0) {
        juju_command_info(c, "ERROR no actions were successfully enqueued, aborting\n");
        return 1;
    }
    return 0;
}

/* Whether the agent of a target can take commands; a target that is gone is skipped. */
static bool is_ready(const struct juju_model *m, const json_t *target) {
    const char *name = json_str(target, "name", NULL);
    if (str_eq(json_str(target, "kind", NULL), "unit")) {
        const struct juju_unit *u = juju_model_unit(m, name);
        return !u || (u->begun && !u->lost);
    }
    const struct juju_machine *machine = juju_model_machine(m, name);
    return !machine || (machine->started && !machine->lost);
}

static void run_on(struct juju_command *c, struct juju_model *m, json_t *target) {
    const char *name = json_str(target, "name", NULL);
    bool unit = str_eq(json_str(target, "kind", NULL), "unit");
    struct juju_unit *u = unit ? juju_model_unit(m, name) : NULL;
    const struct juju_machine *machine = u ? u->machine : unit ? NULL : juju_model_machine(m, name);
    struct buf out = BUF_INIT, errors = BUF_INIT;
    int code = 1;
    if (machine)
        code = hook_tools_run(u, machine, json_str(c->state, "line", NULL), &out, &errors);
    else
        buf_addf(&errors, "%s is gone\n", name);
    if (u)
        juju_unit_run_hook(u, "juju-run", 2000);
    json_object_set_new(target, "out", json_stringn_nocheck(buf_str(&out), out.len));
    json_object_set_new(target, "err", json_stringn_nocheck(buf_str(&errors), errors.len));
    json_set_int(target, "code", code);
    buf_release(&out);
    buf_release(&errors);
}

static json_t *results(const struct juju_command *c, const json_t *targets) {
    bool old = str_eq(c->verb->name, "run");
    json_t *list = json_array();
    size_t i;
    const json_t *t;
    json_array_foreach(targets, i, t) {
        bool unit = str_eq(json_str(t, "kind", NULL), "unit");
        json_t *o = json_object();
        if (json_int(t, 0, "code", NULL) != 0)
            json_set_int(o, old ? "ReturnCode" : "return-code", json_int(t, 0, "code", NULL));
        if (*json_str(t, "err", NULL))
            json_set_str(o, old ? "Stderr" : "stderr", json_str(t, "err", NULL));
        json_set_str(o, old ? "Stdout" : "stdout", json_str(t, "out", NULL));
        json_set_str(o,
                     old    ? unit ? "UnitId" : "MachineId"
                     : unit ? "unit"
                            : "machine",
                     json_str(t, "name", NULL));
        json_array_append_new(list, o);
    }
    return list;
}

static void finish(struct juju_command *c, json_t *targets) {
    if (json_array_size(targets) == 1 && !juju_command_flag(c, "format")) {
        const json_t *t = json_array_get(targets, 0);
        const char *out = json_str(t, "out", NULL), *errors = json_str(t, "err", NULL);
        juju_command_write(c, 1, out, strlen(out));
        juju_command_write(c, 2, errors, strlen(errors));
        juju_command_exit(c, (int)json_int(t, 0, "code", NULL));
        return;
    }
    json_t *list = results(c, targets);
    bool ok = juju_command_print(c, list, "yaml");
    json_decref(list);
    juju_command_exit(c, ok ? 0 : 2);
}

/* Each target answers once, when its agent is there. */
static void poll_targets(void *self) {
    struct juju_command *c = self;
    struct juju_model *m = juju_command_same_model(c);
    json_t *targets = json_object_get(c->state, "targets"), *t;
    if (!m) {
        juju_command_exit(c, juju_command_fail(c, 1, "model not found"));
        return;
    }
    struct buf missing = BUF_INIT;
    size_t i, missing_count = 0;
    json_array_foreach(targets, i, t) {
        if (!json_object_get(t, "out") && is_ready(m, t))
            run_on(c, m, t);
        if (!json_object_get(t, "out"))
            buf_addf(&missing, "%s%s %s", missing_count++ ? ", " : "", json_str(t, "kind", NULL),
                     json_str(t, "name", NULL));
    }
    if (missing_count == 0) {
        finish(c, targets);
    } else if (sched_now_ms(c->j->sched) >= json_int(c->state, 0, "until", NULL)) {
        (void)juju_command_fail(c, 1, "timed out waiting for result%s from: %s",
                                missing_count > 1 ? "s" : "", buf_str(&missing));
        juju_command_exit(c, 1);
    } else {
        juju_command_later(c, POLL_MS, poll_targets);
    }
    buf_release(&missing);
}

static int collect(struct juju_command *c, struct juju_model *m) {
    json_t *names = json_array(), *targets = json_ensure_array(c->state, "targets");
    struct buf bad = BUF_INIT;
    names_of(juju_command_flag(c, "machine"), "machine", names, &bad);
    names_of(juju_command_flag(c, "application"), "application", names, &bad);
    names_of(juju_command_flag(c, "unit"), "unit", names, &bad);
    int code = 0;
    if (bad.len > 0)
        code = juju_command_fail(c, 2, "The following %s targets are not valid:%s", c->verb->name,
                                 buf_str(&bad));
    for (size_t i = 0; code == 0 && juju_command_has(c, "all") && i < m->machine_count; i++)
        add_target(names, "machine", m->machines[i]->id);
    if (code == 0)
        code = resolve(c, m, names, targets);
    buf_release(&bad);
    json_decref(names);
    return code;
}

static int start_commands(struct juju_command *c) {
    if (juju_command_arg_count(c) == 0)
        return juju_command_fail(c, 2, "no commands specified");
    if (!juju_command_has(c, "all") && !juju_command_flag(c, "machine") &&
        !juju_command_flag(c, "application") && !juju_command_flag(c, "unit"))
        return juju_command_fail(c, 2,
                                 "You must specify a target, either through --all, "
                                 "--machine, --application or --unit");
    int64_t timeout = DEFAULT_TIMEOUT_MS;
    if (juju_command_flag(c, "timeout"))
        timeout = duration_ms(juju_command_flag(c, "timeout"));
    if (timeout < 0)
        return juju_command_fail(c, 2,
                                 "invalid value \"%s\" for flag --timeout: time: invalid "
                                 "duration",
                                 juju_command_flag(c, "timeout"));
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    int code = collect(c, m);
    if (code != 0)
        return code;
    struct buf line = BUF_INIT;
    for (size_t i = 0; i < juju_command_arg_count(c); i++)
        buf_addf(&line, "%s%s", i ? " " : "", juju_command_arg(c, i));
    json_set_str(c->state, "line", buf_str(&line));
    buf_release(&line);
    json_set_int(c->state, "until", sched_now_ms(c->j->sched) + timeout);
    juju_command_later(c, QUEUE_MS, poll_targets);
    return JUJU_LATER;
}

static int verb_run(struct juju_command *c) {
    if (!c->j->dialect.run_is_actions)
        return start_commands(c);
    const char *unit = juju_command_arg(c, 0), *action = juju_command_arg(c, 1);
    if (!unit || !is_unit_name(unit))
        return juju_command_fail(c, 2, "invalid unit name \"%s\"; commands are run by juju exec",
                                 unit ? unit : "");
    struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    if (!juju_model_unit(m, unit))
        return juju_command_fail(c, 1, "unit \"%s\" not found", unit);
    return juju_command_fail(c, 1, "action \"%s\" not defined on unit \"%s\"", action ? action : "",
                             unit);
}

static int verb_exec(struct juju_command *c) {
    return start_commands(c);
}

const struct juju_verb juju_run_verbs[] = {
    {"run",
     "m,model= all a,app,application= u,unit= machine= timeout= wait= format= o,output= params= "
     "string-args background",
     verb_run, "<commands>", "Run the commands on the remote targets specified."},
    {"exec",
     "m,model= all a,app,application= u,unit= machine= timeout= wait= format= o,output= parallel "
     "operator background",
     verb_exec, "<commands>", "Run the commands on the remote targets specified."},
    {NULL, NULL, NULL, NULL, NULL},
};
