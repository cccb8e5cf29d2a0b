#include "harness/core/clock.h"
#include "harness/core/buf.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_state.h"
#include "mocks/juju/juju_trouble.h"

#define LOG_LINES_MAX 2000
#define REMOVE_MS 8000

struct juju_model *juju_model_add(struct juju *j, const char *name) {
    struct juju_model *m = xcalloc(1, sizeof(*m));
    m->juju = j;
    m->name = xstrdup(name);
    m->log = json_array();
    rng_uuid(&j->rng, m->uuid);
    juju_text_set(&m->status, j, "available", NULL);
    j->models = xgrow(j->models, j->model_count, &j->model_cap, sizeof(struct juju_model *));
    j->models[j->model_count++] = m;
    return m;
}

static void text_release(struct juju_text *t) {
    free(t->message);
}

static void machine_free(struct juju_machine *machine) {
    sched_stop(machine->model->juju->sched, &machine->timer);
    text_release(&machine->agent);
    text_release(&machine->instance);
    free(machine->id);
    free(machine->series);
    free(machine->instance_id);
    free(machine->address);
    free(machine->private_address);
    free(machine);
}

static void app_free(struct juju_application *a) {
    struct sched *sched = a->model->juju->sched;
    for (size_t i = 0; i < a->unit_count; i++)
        juju_unit_free(a->units[i]);
    sched_stop(sched, &a->timer);
    sched_stop(sched, &a->configure);
    free(a->units);
    free(a->name);
    free(a->charm_url);
    free(a->series);
    free(a->version);
    json_decref(a->options);
    json_decref(a->configured);
    free(a);
}

void juju_model_free(struct juju_model *m) {
    sched_stop(m->juju->sched, &m->timer);
    for (size_t i = 0; i < m->app_count; i++)
        app_free(m->apps[i]);
    for (size_t i = 0; i < m->machine_count; i++)
        machine_free(m->machines[i]);
    text_release(&m->status);
    json_decref(m->log);
    json_decref(m->config);
    free(m->apps);
    free(m->machines);
    free(m->relations);
    free(m->name);
    free(m);
}

void juju_model_log(struct juju_model *m, const char *entity, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    char when[CLOCK_TEXT_SIZE];
    clock_format_utc(m->juju->epoch_ms + sched_now_ms(m->juju->sched), when);
    /* "2017-06-02T09:00:07Z", without its letters as debug-log --date shows it */
    char *line = xasprintf("%s: %.10s %.8s INFO %s", entity, when, when + 11, text);
    json_array_append_new(m->log, json_string(line));
    if (json_array_size(m->log) > LOG_LINES_MAX)
        json_array_remove(m->log, 0);
    free(line);
    free(text);
}

/* Machines */

static void machine_allocate(void *self);
static void machine_deployed(void *self);
static void machine_started(void *self);

/* An eighth of the time passes until the cloud begins. */
static void machine_begin(struct juju_machine *machine) {
    struct juju *j = machine->model->juju;
    machine->deploy_ms = juju_jitter(j, machine->host ? 45 : 175);
    sched_start(j->sched, &machine->timer, machine->deploy_ms / 8, machine_allocate, machine);
}

static void machine_allocate(void *self) {
    struct juju_machine *machine = self;
    struct juju *j = machine->model->juju;
    int64_t more_ms;
    juju_text_set(&machine->instance, j, "allocating",
                  machine->host ? "Creating container" : "Deploying");
    if (!juju_trouble_provision(machine, machine_allocate, &more_ms))
        sched_start(j->sched, &machine->timer, machine->deploy_ms * 7 / 8 + more_ms,
                    machine_deployed, machine);
}

static void machine_deployed(void *self) {
    struct juju_machine *machine = self;
    struct juju_model *m = machine->model;
    struct juju *j = m->juju;
    char *address =
        j->ops.new_address ? j->ops.new_address(j->ops.self, m->name, machine->id) : NULL;
    machine->address = address ? address : xasprintf("10.0.0.%u", m->machines_made + 10);
    if (j->ops.private_address)
        machine->private_address = j->ops.private_address(j->ops.self, machine->address);
    juju_text_set(&machine->instance, j, "running",
                  machine->host ? "Container started" : "Deployed");
    sched_start(j->sched, &machine->timer, juju_jitter(j, machine->host ? 40 : 80), machine_started,
                machine);
}

static void machine_started(void *self) {
    struct juju_machine *machine = self;
    struct juju_model *m = machine->model;
    struct juju *j = m->juju;
    machine->started = true;
    juju_text_set(&machine->agent, j, "started", NULL);
    juju_model_log(m, "controller", "juju.worker.instancepoller machine \"%s\" started",
                   machine->id);
    for (size_t i = 0; i < m->machine_count; i++)
        if (m->machines[i]->host == machine)
            machine_begin(m->machines[i]);
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++)
            if (m->apps[i]->units[k]->machine == machine)
                juju_unit_machine_started(m->apps[i]->units[k]);
}

struct juju_machine *juju_model_add_machine(struct juju_model *m, struct juju_machine *host,
                                            const char *series) {
    if (m->machine_count >= JUJU_UNITS_MAX)
        return NULL;
    struct juju *j = m->juju;
    struct juju_machine *machine = xcalloc(1, sizeof(*machine));
    machine->model = m;
    machine->host = host;
    machine->series = xstrdup(series);
    if (host) {
        machine->id = xasprintf("%s/lxd/%u", host->id, host->containers);
        machine->instance_id =
            xasprintf("juju-%.6s-%s-lxd-%u", m->uuid, host->id, host->containers);
        host->containers++;
    } else {
        machine->id = xasprintf("%u", m->machines_made);
        machine->instance_id = xasprintf("node-%.4s%u", m->uuid, m->machines_made);
        m->machines_made++;
    }
    juju_text_set(&machine->agent, j, "pending", NULL);
    juju_text_set(&machine->instance, j, "pending", NULL);
    m->machines =
        xgrow(m->machines, m->machine_count, &m->machine_cap, sizeof(struct juju_machine *));
    m->machines[m->machine_count++] = machine;
    if (!host || host->started)
        machine_begin(machine);
    return machine;
}

struct juju_machine *juju_model_machine(const struct juju_model *m, const char *id) {
    for (size_t i = 0; i < m->machine_count; i++)
        if (str_eq(m->machines[i]->id, id))
            return m->machines[i];
    return NULL;
}

/* Applications */

struct juju_application *juju_model_app(const struct juju_model *m, const char *name) {
    for (size_t i = 0; i < m->app_count; i++)
        if (str_eq(m->apps[i]->name, name))
            return m->apps[i];
    return NULL;
}

struct juju_unit *juju_model_unit(const struct juju_model *m, const char *name) {
    const char *slash = strrchr(name, '/');
    int64_t number;
    if (!slash || !str_to_int(slash + 1, 0, 1000000, &number))
        return NULL;
    char *app_name = xstrndup(name, (size_t)(slash - name));
    struct juju_application *a = juju_model_app(m, app_name);
    free(app_name);
    for (size_t i = 0; a && i < a->unit_count; i++)
        if (a->units[i]->number == number)
            return a->units[i];
    return NULL;
}

struct juju_application *juju_model_add_app(struct juju_model *m, const char *name,
                                            const struct juju_charm *charm, const char *url,
                                            const char *series) {
    struct juju_application *a = xcalloc(1, sizeof(*a));
    a->model = m;
    a->charm = charm;
    a->name = xstrdup(name);
    bool path = url[0] == '.' || url[0] == '/'; /* a charm of the person's own */
    a->charm_url = path ? xasprintf("local:%s/%s-0", series, charm->name) : xstrdup(url);
    a->series = xstrdup(series);
    a->options = json_object();
    a->configured = json_array();
    m->apps = xgrow(m->apps, m->app_count, &m->app_cap, sizeof(struct juju_application *));
    size_t at = m->app_count++;
    while (at > 0 && strcmp(m->apps[at - 1]->name, name) > 0) {
        m->apps[at] = m->apps[at - 1];
        at--;
    }
    m->apps[at] = a;
    return a;
}

static void drop_relations(struct juju_model *m, const struct juju_application *a) {
    size_t kept = 0;
    for (size_t i = 0; i < m->relation_count; i++)
        if (m->relations[i].app[0] != a && m->relations[i].app[1] != a)
            m->relations[kept++] = m->relations[i];
    m->relation_count = kept;
}

static void remove_unit_at(struct juju_application *a, size_t at) {
    juju_firewall_close_all(a->units[at]);
    juju_unit_free(a->units[at]);
    memmove(&a->units[at], &a->units[at + 1], (--a->unit_count - at) * sizeof(a->units[0]));
}

/* The units of subordinates go with their principal. */
static void drop_subordinates_of(struct juju_model *m, const struct juju_application *a) {
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = m->apps[i]->unit_count; k-- > 0;) {
            const struct juju_unit *principal = m->apps[i]->units[k]->principal;
            if (principal && principal->app == a)
                remove_unit_at(m->apps[i], k);
        }
}

static void app_gone(void *self) {
    struct juju_application *a = self;
    struct juju_model *m = a->model;
    struct juju *j = m->juju;
    drop_subordinates_of(m, a);
    while (a->unit_count > 0)
        remove_unit_at(a, a->unit_count - 1);
    drop_relations(m, a);
    for (size_t i = 0; i < m->app_count; i++)
        if (m->apps[i] == a)
            memmove(&m->apps[i], &m->apps[i + 1],
                    (--m->app_count - i) * sizeof(struct juju_application *));
    if (j->ops.application_removed)
        j->ops.application_removed(j->ops.self, m->name, a->name);
    app_free(a);
}

void juju_model_remove_app(struct juju_application *a) {
    struct juju *j = a->model->juju;
    if (a->dying)
        return;
    a->dying = true;
    for (size_t i = 0; i < a->unit_count; i++) {
        juju_text_set(&a->units[i]->workload, j, "terminated", NULL);
        juju_text_set(&a->units[i]->agent, j, "executing", "running stop hook");
    }
    sched_start(j->sched, &a->timer, REMOVE_MS, app_gone, a);
}

static void model_gone(struct juju_model *m) {
    struct juju *j = m->juju;
    for (size_t i = 0; i < j->model_count; i++)
        if (j->models[i] == m)
            memmove(&j->models[i], &j->models[i + 1],
                    (--j->model_count - i) * sizeof(struct juju_model *));
    if (j->ops.model_destroyed)
        j->ops.model_destroyed(j->ops.self, m->name);
    juju_model_free(m);
}

/* One application, then one machine at a time: what a person sees in the countdown. */
static void destroy_step(void *self) {
    struct juju_model *m = self;
    if (m->app_count > 0) {
        struct juju_application *a = m->apps[m->app_count - 1];
        sched_stop(m->juju->sched, &a->timer);
        app_gone(a);
    } else if (m->machine_count > 0) {
        machine_free(m->machines[--m->machine_count]); /* containers come after their hosts */
    } else {
        model_gone(m);
        return;
    }
    sched_start(m->juju->sched, &m->timer, juju_jitter(m->juju, 6), destroy_step, m);
}

void juju_model_destroy(struct juju_model *m) {
    if (m->dying)
        return;
    m->dying = true;
    juju_text_set(&m->status, m->juju, "destroying", NULL);
    sched_start(m->juju->sched, &m->timer, juju_jitter(m->juju, 6), destroy_step, m);
}

/* Relations */

struct side {
    struct juju_application *app;
    char *endpoint; /* owned or NULL: any */
};

static int parse_side(struct juju_model *m, const char *text, struct side *ret, struct err *err) {
    const char *colon = strchr(text, ':');
    char *name = colon ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
    ret->app = juju_model_app(m, name);
    ret->endpoint = colon ? xstrdup(colon + 1) : NULL;
    if (!ret->app)
        err_set(err, ERR_NOT_FOUND, "application \"%s\" not found", name);
    else if (ret->endpoint && !juju_charm_endpoint(ret->app->charm, ret->endpoint))
        err_set(err, ERR_NOT_FOUND, "application \"%s\" has no \"%s\" relation", name,
                ret->endpoint);
    else {
        free(name);
        return 0;
    }
    free(name);
    return err ? err->code : ERR_NOT_FOUND;
}

static bool side_offers(const struct side *s, const struct juju_endpoint *e) {
    return !s->endpoint || str_eq(s->endpoint, e->name);
}

/* Finds the only pair of endpoints that fits. */
static int match_sides(const struct side *a, const struct side *b,
                       const struct juju_endpoint **ret_a, const struct juju_endpoint **ret_b,
                       struct err *err) {
    size_t found = 0;
    struct buf choices = BUF_INIT;
    for (const struct juju_endpoint *x = a->app->charm->endpoints; x->name; x++)
        for (const struct juju_endpoint *y = b->app->charm->endpoints; y->name; y++) {
            if (!side_offers(a, x) || !side_offers(b, y) || x->provides == y->provides ||
                !str_eq(x->interface, y->interface))
                continue;
            *ret_a = x;
            *ret_b = y;
            buf_addf(&choices, "%s\"%s:%s %s:%s\"", found++ ? "; " : "", a->app->name, x->name,
                     b->app->name, y->name);
        }
    int code = 0;
    if (found == 0)
        code = err_set(err, ERR_USAGE, "no relations found");
    else if (found > 1)
        code = err_set(err, ERR_USAGE, "ambiguous relation: \"%s %s\" could refer to %s",
                       a->app->name, b->app->name, buf_str(&choices));
    buf_release(&choices);
    return code;
}

/* A subordinate's units live beside each unit of what it is related to, once. */
static void spread_subordinate(struct juju_application *sub, struct juju_application *principal) {
    for (size_t i = 0; i < principal->unit_count; i++) {
        bool there = false;
        for (size_t k = 0; k < sub->unit_count; k++)
            there = there || sub->units[k]->principal == principal->units[i];
        if (!there)
            (void)juju_unit_add(sub, principal->units[i]->machine, principal->units[i]);
    }
}

static bool related_already(const struct juju_model *m, const struct side *a,
                            const char *endpoint_a, const struct side *b, const char *endpoint_b) {
    for (size_t i = 0; i < m->relation_count; i++) {
        const struct juju_relation *r = &m->relations[i];
        for (int k = 0; k < 2; k++)
            if (r->app[k] == a->app && r->app[1 - k] == b->app &&
                str_eq(r->endpoint[k], endpoint_a) && str_eq(r->endpoint[1 - k], endpoint_b))
                return true;
    }
    return false;
}

static int relate_sides(struct juju_model *m, const struct side *a, const struct side *b,
                        struct err *err) {
    const struct juju_endpoint *x = NULL, *y = NULL;
    int rc = match_sides(a, b, &x, &y, err);
    if (rc < 0)
        return rc;
    if (related_already(m, a, x->name, b, y->name))
        return err_set(err, ERR_STATE,
                       "cannot add relation \"%s:%s %s:%s\": relation %s:%s %s:%s already exists",
                       a->app->name, x->name, b->app->name, y->name, a->app->name, x->name,
                       b->app->name, y->name);
    m->relations = xgrow(m->relations, m->relation_count, &m->relation_cap, sizeof(*m->relations));
    struct juju_relation *made = &m->relations[m->relation_count++];
    *made = (struct juju_relation){
        .app = {a->app, b->app}, .endpoint = {x->name, y->name}, .id = m->relations_made++};
    if (juju_model_is_container_scoped(made)) {
        if (a->app->charm->subordinate)
            spread_subordinate(a->app, b->app);
        else if (b->app->charm->subordinate)
            spread_subordinate(b->app, a->app);
    }
    juju_unit_wake_parked(m);
    return 0;
}

int juju_model_relate(struct juju_model *m, const char *a, const char *b, struct err *err) {
    struct side sides[2] = {{NULL, NULL}, {NULL, NULL}};
    int rc = parse_side(m, a, &sides[0], err);
    if (rc == 0)
        rc = parse_side(m, b, &sides[1], err);
    if (rc == 0)
        rc = relate_sides(m, &sides[0], &sides[1], err);
    free(sides[0].endpoint);
    free(sides[1].endpoint);
    return rc;
}

bool juju_model_is_container_scoped(const struct juju_relation *r) {
    const struct juju_endpoint *e = juju_charm_endpoint(r->app[0]->charm, r->endpoint[0]);
    return e && str_eq(e->interface, "kubernetes-cni");
}

bool juju_model_has_relation(const struct juju_model *m, const struct juju_application *app,
                             const char *charm) {
    for (size_t i = 0; i < m->relation_count; i++)
        for (int k = 0; k < 2; k++)
            if (m->relations[i].app[k] == app &&
                str_eq(juju_charm_role(m->relations[i].app[1 - k]->charm), charm))
                return true;
    return false;
}
