/*
 * wait-for: ends when a query about an application or a model is true. Of the query language there
 * is what waits for statuses: comparisons with ==, joined by &&, and forEach over applications or
 * units. Like the real one it sees what agents have said last, not whether they are still there.
 *
 * Sources: juju/juju cmd/juju/waitfor (model.go, application.go, strategy.go) and its query/.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_command.h"

#include <ctype.h>

enum { WAIT_POLL_MS = 1000 };

struct scope {
    const struct juju_model *model;
    const struct juju_application *app; /* or NULL */
    const struct juju_unit *unit;       /* or NULL */
};

struct query {
    const char *at; /* what is still to be read */
    bool bad;       /* it is none of ours */
};

static bool take(struct query *q, const char *text) {
    q->at += strspn(q->at, " ");
    if (!str_has_prefix(q->at, text))
        return false;
    q->at += strlen(text);
    return true;
}

/* A name as the language has them: letters, digits, dots and dashes; owned, empty when none. */
static char *take_name(struct query *q) {
    q->at += strspn(q->at, " ");
    size_t len = 0;
    while (isalnum((unsigned char)q->at[len]) || (q->at[len] && strchr(".-", q->at[len])))
        len++;
    char *name = xstrndup(q->at, len);
    q->at += len;
    return name;
}

/* That of its units that is not active; of none, none. */
static const char *application_status(const struct juju_application *a) {
    const char *worst = a->unit_count > 0 ? "active" : "unknown";
    for (size_t i = 0; i < a->unit_count; i++)
        if (!str_eq(a->units[i]->workload.current, "active"))
            worst = a->units[i]->workload.current;
    return worst;
}

static const char *value_of(const struct scope *s, const char *name) {
    if (str_eq(name, "life"))
        return "alive";
    if (s->unit)
        return str_eq(name, "workload-status") ? s->unit->workload.current
               : str_eq(name, "agent-status")  ? s->unit->agent.current
                                               : NULL;
    if (str_eq(name, "status"))
        return s->app ? application_status(s->app) : s->model->status.current;
    if (str_eq(name, "name"))
        return s->app ? s->app->name : s->model->name;
    return NULL;
}

/* name == "text" */
static bool comparison(struct query *q, const struct scope *s, const char *name) {
    const char *value = value_of(s, name), *end;
    if (!value || !take(q, "==") || !take(q, "\"") || (end = strchr(q->at, '"')) == NULL) {
        q->bad = true;
        return false;
    }
    size_t len = (size_t)(end - q->at);
    bool same = strlen(value) == len && memcmp(value, q->at, len) == 0;
    q->at = end + 1;
    return same;
}

/* u.name == "text" && ..., as far as that goes */
static bool of_one(struct query *q, const struct scope *s, const char *variable) {
    bool all = true;
    do {
        char *name = take_name(q);
        size_t len = strlen(variable);
        bool ours = str_has_prefix(name, variable) && name[len] == '.';
        q->bad = q->bad || !ours;
        all = ours && comparison(q, s, name + len + 1) && all;
        free(name);
    } while (!q->bad && take(q, "&&"));
    return all;
}

static bool of_all(struct query *q, const struct juju_model *m, bool units, const char *variable) {
    const char *body = q->at;
    struct juju_unit nobody = {.workload.current = "", .agent.current = ""};
    char no_name[] = "";
    struct juju_application nothing = {.name = no_name};
    struct scope one = {.model = m, .app = &nothing, .unit = units ? &nobody : NULL};
    (void)of_one(q, &one, variable); /* to be read also when there is none: true then, as in Go */
    bool all = true;
    for (size_t i = 0; i < m->app_count && !q->bad; i++)
        for (size_t k = 0; k < (units ? m->apps[i]->unit_count : 1); k++) {
            one.app = m->apps[i];
            one.unit = units ? m->apps[i]->units[k] : NULL;
            q->at = body;
            all = of_one(q, &one, variable) && all;
        }
    return all;
}

/* (units, u => ...) */
static bool for_each(struct query *q, const struct juju_model *m) {
    char *list = take(q, "(") ? take_name(q) : xstrdup(""), *variable = NULL;
    bool units = str_eq(list, "units"), all = false;
    if ((units || str_eq(list, "applications")) && take(q, ",")) {
        variable = take_name(q);
        if (take(q, "=>"))
            all = of_all(q, m, units, variable);
        else
            q->bad = true;
    }
    q->bad = q->bad || !variable || !take(q, ")");
    free(list);
    free(variable);
    return all;
}

/* Whether it is true now; bad is told apart. */
static bool is_true(const char *text, const struct scope *s, bool *ret_bad) {
    struct query q = {.at = text};
    bool all = true;
    do {
        char *name = take_name(&q);
        bool lambda = str_eq(name, "forEach") && !s->app;
        all = (lambda ? for_each(&q, s->model) : comparison(&q, s, name)) && all;
        free(name);
    } while (!q.bad && take(&q, "&&"));
    q.at += strspn(q.at, " ");
    *ret_bad = q.bad || *q.at;
    return all && !*ret_bad;
}

/* Go's duration in minutes or seconds is enough here: "10m", "90s". */
static int64_t timeout_ms(const char *text) {
    int64_t value = 10, factor = 60000;
    if (text) {
        size_t len = strlen(text);
        char *digits = xstrndup(text, len > 0 ? len - 1 : 0);
        factor = len > 0 && text[len - 1] == 's' ? 1000 : 60000;
        if (!str_to_int(digits, 0, 100000, &value))
            value = 10;
        free(digits);
    }
    return value * factor;
}

static bool is_model(const struct juju_command *c) {
    return str_eq(juju_command_arg(c, 0), "model");
}

static const char *query_of(const struct juju_command *c) {
    const char *query = juju_command_flag(c, "query");
    return query         ? query
           : is_model(c) ? "life==\"alive\" && status==\"available\""
                         : "life==\"alive\" && status==\"active\"";
}

/* "Application "x" is running" or what is still waited for; owned. */
static char *progress(const struct juju_command *c, const struct scope *s, bool met) {
    const char *name = juju_command_arg(c, 1);
    if (is_model(c))
        return xasprintf(met ? "Model \"%s\" is running" : "model \"%s\" found, waiting...", name);
    if (!s->app)
        return xasprintf("application \"%s\" not found, waiting...", name);
    return met ? xasprintf("Application \"%s\" is running", name)
               : xasprintf("application \"%s\" found with \"%s\", waiting...", name,
                           application_status(s->app));
}

static void poll(void *self) {
    struct juju_command *c = self;
    struct scope s = {.model = juju_command_same_model(c)};
    const char *name = juju_command_arg(c, 1);
    if (!s.model) {
        juju_command_exit(c, juju_command_fail(c, 1, "model %s removed", name));
        return;
    }
    s.app = is_model(c) ? NULL : juju_model_app(s.model, name);
    bool bad = false, met = (is_model(c) || s.app) && is_true(query_of(c), &s, &bad);
    char *line = progress(c, &s, met);
    if (!str_eq(line, json_str(c->state, "line", NULL)))
        juju_command_info(c, "%s\n", line);
    json_set_str(c->state, "line", line);
    free(line);
    if (met) {
        juju_command_exit(c, 0);
    } else if (sched_now_ms(c->j->sched) >= json_int(c->state, 0, "until", NULL)) {
        juju_command_exit(
            c, juju_command_fail(c, 1, "timed out waiting for \"%s\" to reach goal state", name));
    } else {
        juju_command_later(c, WAIT_POLL_MS, poll);
    }
}

static int verb_wait_for(struct juju_command *c) {
    const char *kind = juju_command_arg(c, 0), *name = juju_command_arg(c, 1);
    if ((!str_eq(kind, "application") && !str_eq(kind, "model")) || !name)
        return juju_command_fail(c, 2,
                                 "this simulated juju waits for: application <name>, model <name>");
    const struct juju_model *m = juju_command_model(c);
    if (!m)
        return 1;
    char no_name[] = "";
    struct juju_application any = {.name = no_name};
    struct scope s = {.model = m, .app = is_model(c) ? NULL : &any};
    bool bad = false;
    (void)is_true(query_of(c), &s, &bad);
    if (bad)
        return juju_command_fail(c, 1,
                                 "this simulated juju waits only for == of statuses, &&, and "
                                 "forEach of applications or units, got: %s",
                                 query_of(c));
    json_set_int(c->state, "until",
                 sched_now_ms(c->j->sched) + timeout_ms(juju_command_flag(c, "timeout")));
    juju_command_later(c, 0, poll);
    return JUJU_LATER;
}

const struct juju_verb juju_wait_verbs[] = {
    {"wait-for", "m,model= query= timeout= summary", verb_wait_for, "<application|model> <name>",
     "Wait for an entity to reach a specified state."},
    {NULL, NULL, NULL, NULL, NULL},
};
