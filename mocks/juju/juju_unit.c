#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/juju/juju_state.h"
#include "mocks/juju/juju_trouble.h"

#define IDLE_SECONDS 18
#define HOOK_MS 6000

static void take_step(void *self);

char *juju_unit_name(const struct juju_unit *u) {
    return xasprintf("%s/%u", u->app->name, u->number);
}

struct juju_unit *juju_unit_add(struct juju_application *a, struct juju_machine *machine,
                                struct juju_unit *principal) {
    if (a->unit_count >= JUJU_UNITS_MAX)
        return NULL;
    if (!machine)
        machine = juju_model_add_machine(a->model, NULL, a->series);
    if (!machine)
        return NULL;
    struct juju *j = a->model->juju;
    struct juju_unit *u = xcalloc(1, sizeof(*u));
    u->app = a;
    u->machine = machine;
    u->principal = principal;
    u->number = a->units_made++;
    a->announced = false;
    juju_text_set(&u->workload, j, "waiting", "waiting for machine");
    juju_text_set(&u->agent, j, "allocating", NULL);
    a->units = xgrow(a->units, a->unit_count, &a->unit_cap, sizeof(struct juju_unit *));
    a->units[a->unit_count++] = u;
    if (machine->started && (!principal || principal->begun))
        juju_unit_machine_started(u);
    /* A new principal brings its subordinates along. */
    const struct juju_model *m = a->model;
    for (size_t i = 0; !a->charm->subordinate && i < m->relation_count; i++)
        for (int k = 0; k < 2; k++) {
            struct juju_application *other = m->relations[i].app[1 - k];
            if (m->relations[i].app[k] == a && other->charm->subordinate &&
                juju_model_is_container_scoped(&m->relations[i]))
                (void)juju_unit_add(other, machine, u);
        }
    return u;
}

void juju_unit_free(struct juju_unit *u) {
    struct sched *sched = u->app->model->juju->sched;
    sched_stop(sched, &u->timer);
    sched_stop(sched, &u->hook);
    free(u->workload.message);
    free(u->agent.message);
    free(u->active);
    free(u->ports);
    free(u);
}

bool juju_unit_is_leader(const struct juju_unit *u) {
    return u->app->unit_count > 0 && u->app->units[0] == u;
}

static void become_idle(void *self) {
    struct juju_unit *u = self;
    juju_text_set(&u->agent, u->app->model->juju, "idle", NULL);
}

static void agent_installed(void *self) {
    struct juju_unit *u = self;
    struct juju *j = u->app->model->juju;
    u->begun = true;
    juju_text_set(&u->agent, j, "executing", "running install hook");
    take_step(u);
    for (size_t i = 0; i < u->app->model->app_count; i++) {
        struct juju_application *a = u->app->model->apps[i];
        for (size_t k = 0; k < a->unit_count; k++)
            if (a->units[k]->principal == u)
                juju_unit_machine_started(a->units[k]);
    }
}

void juju_unit_machine_started(struct juju_unit *u) {
    struct juju *j = u->app->model->juju;
    if (u->begun || sched_is_running(&u->timer))
        return;
    if (u->principal && !u->principal->begun)
        return;
    juju_text_set(&u->workload, j, "waiting", "Waiting for agent initialization to finish");
    sched_start(j->sched, &u->timer, juju_jitter(j, 25), agent_installed, u);
}

/* Whether an application with that charm, related to u's, runs. */
static bool is_served(const struct juju_unit *u, const char *charm) {
    const struct juju_model *m = u->app->model;
    for (size_t i = 0; i < m->relation_count; i++)
        for (int k = 0; k < 2; k++) {
            const struct juju_application *other = m->relations[i].app[1 - k];
            if (m->relations[i].app[k] != u->app || !str_eq(juju_charm_role(other->charm), charm))
                continue;
            for (size_t n = 0; n < other->unit_count; n++)
                if (other->units[n]->started)
                    return true;
        }
    return false;
}

void juju_unit_wake_parked(struct juju_model *m) {
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++) {
            struct juju_unit *u = m->apps[i]->units[k];
            if (u->parked && !sched_is_running(&u->timer))
                sched_start(m->juju->sched, &u->timer, juju_jitter(m->juju, 3), take_step, u);
        }
}

static const char *option_value(const struct juju_application *a, const char *key) {
    const char *set = json_string_value(json_object_get(a->options, key));
    if (set)
        return set;
    const struct juju_option *o = juju_charm_option(a->charm, key);
    return o ? o->value : "";
}

static void tell_options(struct juju_application *a) {
    struct juju *j = a->model->juju;
    size_t i;
    json_t *key;
    json_array_foreach(a->configured, i, key) {
        const char *name = json_string_value(key);
        if (j->ops.config_changed)
            j->ops.config_changed(j->ops.self, a->model->name, juju_charm_role(a->charm), name,
                                  option_value(a, name));
    }
    json_array_clear(a->configured);
}

/* All units run: the world hears of it, then of the options that were set before. */
static void announce(struct juju_application *a) {
    struct juju *j = a->model->juju;
    for (size_t i = 0; i < a->unit_count; i++)
        if (!a->units[i]->started)
            return;
    json_t *addresses = json_array();
    for (size_t i = 0; i < a->unit_count; i++)
        json_array_append_new(addresses, json_string(a->units[i]->machine->address));
    a->announced = true;
    free(a->version);
    a->version = xstrdup(a->charm->version ? a->charm->version : j->kubernetes);
    if (j->ops.application_started)
        j->ops.application_started(j->ops.self, a->model->name, juju_charm_role(a->charm),
                                   addresses);
    json_decref(addresses);
    tell_options(a);
}

static uint16_t charm_port(const struct juju_application *a, size_t index) {
    int64_t port;
    if (index == 0 && a->charm->port_option &&
        str_to_int(option_value(a, a->charm->port_option), 1, UINT16_MAX, &port))
        return (uint16_t)port;
    return a->charm->ports[index];
}

static void workload_started(struct juju_unit *u) {
    u->started = true;
    announce(u->app);
    for (size_t i = 0; i < ARRAY_LEN(u->app->charm->ports) && u->app->charm->ports[i]; i++) {
        uint16_t port = charm_port(u->app, i);
        (void)juju_firewall_open(u, port, port, "tcp");
    }
    juju_unit_wake_parked(u->app->model);
}

static void settle(struct juju_unit *u) {
    struct juju *j = u->app->model->juju;
    const char *text = u->app->charm->active;
    const char *mark = strchr(text, '%');
    char *message =
        mark ? xasprintf("%.*s%u%s", (int)(mark - text), text, 1 + rng_below(&j->rng, 99), mark + 1)
             : xstrdup(text);
    u->settled = true;
    juju_text_set(&u->workload, j, "active", message);
    juju_text_set(&u->agent, j, "executing", "running update-status hook");
    sched_start(j->sched, &u->hook, juju_jitter(j, IDLE_SECONDS), become_idle, u);
    char *name = juju_unit_name(u);
    juju_model_log(u->app->model, name, "juju.worker.uniter %s", message);
    free(name);
    free(u->active);
    u->active = message;
}

/* Waits until a related application runs; blocked while there is none. */
static void park(struct juju_unit *u, const struct juju_step *step) {
    struct juju *j = u->app->model->juju;
    bool related = juju_model_has_relation(u->app->model, u->app, step->needs);
    u->parked = true;
    juju_text_set(&u->workload, j, related || !step->blocked ? "waiting" : "blocked",
                  related || !step->blocked ? step->message : step->blocked);
    juju_text_set(&u->agent, j, "idle", NULL);
}

static void take_step(void *self) {
    struct juju_unit *u = self;
    struct juju *j = u->app->model->juju;
    const struct juju_step *step = &u->app->charm->steps[u->step];
    if (!step->status) {
        settle(u);
        return;
    }
    if (step->needs && !is_served(u, step->needs)) {
        park(u, step);
        return;
    }
    u->parked = false;
    bool first = u->step == 0;
    juju_text_set(&u->agent, j, "executing",
                  first ? "running install hook" : "running config-changed hook");
    juju_text_set(&u->workload, j, step->status, step->message);
    int64_t more_ms;
    if (juju_trouble_hook(u, first ? "install" : "config-changed", take_step, &more_ms))
        return;
    u->step++;
    sched_start(j->sched, &u->timer, juju_jitter(j, step->seconds) + more_ms, take_step, u);
    if (step->starts && !u->started)
        workload_started(u);
}

/* Once more, after it failed: until it fails again, the unit says what it said before. */
static void hook_again(void *self) {
    struct juju_unit *u = self;
    juju_text_set(&u->workload, u->app->model->juju, "active", u->active);
    juju_unit_run_hook(u, u->hook_name, HOOK_MS);
}

void juju_unit_run_hook(struct juju_unit *u, const char *hook, int64_t for_ms) {
    struct juju *j = u->app->model->juju;
    if (!u->settled || u->lost)
        return;
    char *message = xasprintf("running %s hook", hook);
    juju_text_set(&u->agent, j, "executing", message);
    free(message);
    sched_stop(j->sched, &u->hook);
    int64_t more_ms;
    if (!juju_trouble_hook(u, hook, hook_again, &more_ms))
        sched_start(j->sched, &u->hook, for_ms + more_ms, become_idle, u);
}

static void on_configured(void *self) {
    struct juju_application *a = self;
    if (a->announced)
        tell_options(a);
}

void juju_unit_configure(struct juju_application *a, const char *key) {
    struct juju *j = a->model->juju;
    size_t i;
    json_t *known;
    bool there = false;
    json_array_foreach(a->configured, i, known) there =
        there || str_eq(json_string_value(known), key);
    if (!there)
        json_array_append_new(a->configured, json_string(key));
    if (!a->announced)
        return;
    for (i = 0; i < a->unit_count; i++) {
        struct juju_unit *u = a->units[i];
        bool addons = str_eq(key, "enable-coredns");
        if (!u->settled || !addons) {
            juju_unit_run_hook(u, "config-changed", HOOK_MS * 3);
            continue;
        }
        /* Add-ons are applied anew; the charm waits for its pods. */
        u->settled = false;
        u->step--;
        sched_stop(j->sched, &u->hook);
        take_step(u);
    }
    sched_start(j->sched, &a->configure, HOOK_MS, on_configured, a);
}
