#include "mocks/juju/juju_trouble.h"

#include "harness/core/str.h"

#include <stdio.h>

#define API_ADDRESS "10.10.0.2:17070"
#define AGENT_LOST "agent is not communicating with the server"

enum {
    DIAL_TIMEOUT_MS = 600000, /* of the client's attempts to connect */
    PROVISION_RETRY_MS = 10000,
    PROVISION_RETRIES = 10,
    HOOK_FAILS_MS = 3000, /* after it began */
    HOOK_RETRY_MIN_MS = 5000,
    HOOK_RETRY_MAX_MS = 300000,
    BLOCKED_RETRY_MS = 30000,
    PRESENCE_MS = 30000,
};

static struct fault next(const struct juju_model *m, enum fault_event event, const char *name,
                         const char *of) {
    static const struct fault none = {.action = FAULT_NONE};
    return m->juju->faults ? fault_table_next_event(m->juju->faults, m->name, event, name, of)
                           : none;
}

/* --- commands ------------------------------------------------------------------------------- */

/* What the client knows without asking. */
static bool is_local(const struct juju_verb *v) {
    static const char *const names[] = {"controllers", "credentials", "switch", "version",
                                        "whoami"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(v->name, names[i]))
            return true;
    return false;
}

/* The model that a command is about, whether it is there or not; borrowed or NULL. */
static const char *model_named(const struct juju_command *c) {
    bool by_argument = str_eq(c->verb->name, "add-model") || str_eq(c->verb->name, "destroy-model");
    const char *name = by_argument ? juju_command_arg(c, 0) : juju_command_flag(c, "model");
    if (!name || !*name)
        name = json_string_value(json_object_get(json_object_get(c->request, "env"), "JUJU_MODEL"));
    if (!name || !*name)
        name = json_string_value(json_object_get(c->request, "current_model"));
    return name ? juju_command_short_name(name) : NULL;
}

static void run_late(void *self) {
    struct juju_command *c = self;
    int code = c->verb->fn(c);
    if (code != JUJU_LATER)
        juju_command_exit(c, code);
}

static void give_up(void *self) {
    struct juju_command *c = self;
    juju_command_exit(
        c,
        juju_command_fail(c, 1, "unable to connect to API: dial tcp " API_ADDRESS ": i/o timeout"));
}

/* With braces in it, as a reader that looks for the first of them has to learn. */
static void warn(struct juju_command *c) {
    juju_command_out(c, "WARNING key {agent-stream} of the model's config is deprecated\n");
    juju_command_info(c, "WARNING cannot refresh the list of clouds: [proxy] timeout\n");
}

static int fail_login(struct juju_command *c) {
    return juju_command_fail(c, 1,
                             "login expired\n\nYour login for the \"%s\" controller has expired.\n"
                             "To log back in, run the following command:\n\n    juju login admin\n",
                             c->j->controller);
}

int juju_trouble_run(struct juju_command *c) {
    if (!c->j->faults || is_local(c->verb))
        return c->verb->fn(c);
    struct fault f =
        fault_table_next_event(c->j->faults, model_named(c), FAULT_OF_COMMAND, c->verb->name, NULL);
    c->trouble = f;
    if (f.action == FAULT_REFUSE)
        return juju_command_fail(c, 1,
                                 "unable to connect to API: dial tcp " API_ADDRESS
                                 ": connect: connection refused");
    if (f.action == FAULT_EXPIRE)
        return fail_login(c);
    if (f.action == FAULT_DROP || f.action == FAULT_DELAY) {
        bool never = f.action == FAULT_DROP;
        juju_command_later(c, never ? DIAL_TIMEOUT_MS : f.value, never ? give_up : run_late);
        return JUJU_LATER;
    }
    if (f.action == FAULT_WARN)
        warn(c);
    return c->verb->fn(c);
}

size_t juju_trouble_cut(struct juju_command *c, int fd, size_t len) {
    if (c->trouble.action == FAULT_RESET)
        return 0;
    if (c->trouble.action != FAULT_TRUNCATE || fd != 1)
        return len;
    size_t left = c->trouble.value > 0 ? (size_t)c->trouble.value : 0;
    size_t now = len < left ? len : left;
    c->trouble.value = (int64_t)(left - now);
    return now;
}

int juju_trouble_end(struct juju_command *c, int code) {
    enum fault_action action = c->trouble.action;
    c->trouble.action = FAULT_NONE;
    if (action == FAULT_WARN)
        juju_command_out(c, "WARNING a newer version of Juju {3.x} is available\n");
    return action == FAULT_RESET ? juju_command_fail(c, 1, "connection is shut down") : code;
}

/* --- machines and hooks ---------------------------------------------------------------------- */

/* The cloud has none to give. */
static void refuse_machine(struct juju_machine *machine, sched_fn *again) {
    static const char why[] = "No available machine matches constraints: mem=8192";
    struct juju *j = machine->model->juju;
    unsigned left = PROVISION_RETRIES - machine->failures;
    if (left > 0) {
        char *text = xasprintf("failed to start machine %s (%s), retrying in 10s (%u more "
                               "attempts)",
                               machine->id, why, left);
        juju_text_set(&machine->instance, j, "allocating", text);
        free(text);
        machine->failures++;
        sched_start(j->sched, &machine->timer, PROVISION_RETRY_MS, again, machine);
        return;
    }
    juju_text_set(&machine->instance, j, "provisioning error", why);
    juju_text_set(&machine->agent, j, "down", AGENT_LOST);
}

bool juju_trouble_provision(struct juju_machine *machine, sched_fn *again, int64_t *ret_more_ms) {
    struct fault f = next(machine->model, FAULT_OF_PROVISION, machine->id, NULL);
    *ret_more_ms = f.action == FAULT_DELAY ? f.value : 0;
    if (f.action == FAULT_FAIL)
        refuse_machine(machine, again);
    return f.action == FAULT_FAIL || f.action == FAULT_DROP;
}

static void hook_failed(void *self) {
    struct juju_unit *u = self;
    struct juju *j = u->app->model->juju;
    char *name = juju_unit_name(u), *text = xasprintf("hook failed: \"%s\"", u->hook_name);
    juju_text_set(&u->workload, j, "error", text);
    juju_text_set(&u->agent, j, "idle", NULL);
    juju_model_log(u->app->model, name,
                   "juju.worker.uniter.operation hook \"%s\" failed: exit "
                   "status 1",
                   u->hook_name);
    int64_t wait_ms = HOOK_RETRY_MIN_MS << (u->failures < 6 ? u->failures : 6);
    u->failures++;
    sched_start(j->sched, &u->timer, wait_ms < HOOK_RETRY_MAX_MS ? wait_ms : HOOK_RETRY_MAX_MS,
                u->again, u);
    free(name);
    free(text);
}

static void hook_blocked(void *self) {
    struct juju_unit *u = self;
    struct juju *j = u->app->model->juju;
    juju_text_set(&u->workload, j, "blocked", "Needs manual upgrade, run the upgrade action");
    juju_text_set(&u->agent, j, "idle", NULL);
    sched_start(j->sched, &u->timer, BLOCKED_RETRY_MS, u->again, u);
}

bool juju_trouble_hook(struct juju_unit *u, const char *hook, sched_fn *again,
                       int64_t *ret_more_ms) {
    struct sched *sched = u->app->model->juju->sched;
    char *name = juju_unit_name(u);
    struct fault f = next(u->app->model, FAULT_OF_HOOK, name, u->app->name);
    free(name);
    *ret_more_ms = f.action == FAULT_DELAY ? f.value : 0;
    u->hook_name = hook;
    u->again = again;
    bool fails = f.action == FAULT_FAIL, blocks = f.action == FAULT_BLOCK;
    if (fails || blocks)
        sched_start(sched, &u->timer, HOOK_FAILS_MS, fails ? hook_failed : hook_blocked, u);
    else if (f.action != FAULT_DROP)
        u->failures = 0;
    return fails || blocks || f.action == FAULT_DROP;
}

bool juju_trouble_port(const struct juju_unit *u, const struct juju_ports *range) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%u/%s", (unsigned)range->from, range->protocol);
    return next(u->app->model, FAULT_OF_PORT, text, u->app->name).action == FAULT_DROP;
}

/* --- who is lost ------------------------------------------------------------------------------ */

static void look(void *self);

static void set_dark(struct juju_machine *machine, bool dark) {
    const struct juju *j = machine->model->juju;
    if (machine->dark == dark)
        return;
    machine->dark = dark;
    const char *const addresses[] = {machine->address, machine->private_address};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        if (j->ops.machine_power && addresses[i])
            j->ops.machine_power(j->ops.self, machine->model->name, addresses[i], !dark);
}

static void machine_presence(struct juju_machine *machine) {
    struct juju_model *m = machine->model;
    struct juju *j = m->juju;
    bool lost = next(m, FAULT_OF_MACHINE, machine->id, NULL).action == FAULT_LOST || machine->off ||
                (machine->host && machine->host->lost);
    if (lost == machine->lost)
        return;
    machine->lost = lost;
    juju_model_log(m, "controller", "juju.state.presence machine \"%s\" is %s", machine->id,
                   lost ? "lost" : "back");
    juju_text_set(&machine->agent, j, lost ? "down" : "started", lost ? AGENT_LOST : NULL);
    set_dark(machine, lost);
}

void juju_trouble_switch_off(struct juju_machine *machine) {
    struct juju_model *m = machine->model;
    machine->off = true;
    for (size_t i = 0; i < m->machine_count; i++)
        if (m->machines[i] == machine || m->machines[i]->host == machine)
            set_dark(m->machines[i], true);
    if (!sched_is_running(&m->juju->presence))
        sched_start(m->juju->sched, &m->juju->presence, PRESENCE_MS, look, m->juju);
}

static bool look_at(struct juju_model *m) {
    bool any = false;
    for (size_t i = 0; i < m->machine_count; i++) { /* containers come after their hosts */
        if (m->machines[i]->started)
            machine_presence(m->machines[i]);
        any = any || m->machines[i]->lost;
    }
    for (size_t i = 0; i < m->app_count; i++)
        for (size_t k = 0; k < m->apps[i]->unit_count; k++) {
            struct juju_unit *u = m->apps[i]->units[k];
            char *name = juju_unit_name(u);
            u->lost =
                u->begun && (u->machine->lost ||
                             next(m, FAULT_OF_AGENT, name, u->app->name).action == FAULT_LOST);
            any = any || u->lost;
            free(name);
        }
    return any;
}

static void look(void *self) {
    struct juju *j = self;
    bool any = false;
    for (size_t i = 0; i < j->model_count; i++)
        any = look_at(j->models[i]) || any;
    if (any)
        sched_start(j->sched, &j->presence, PRESENCE_MS, look, j);
    juju_trouble_watch(j);
}

void juju_trouble_watch(struct juju *j) {
    bool wanted = j->faults && (fault_table_has_event(j->faults, FAULT_OF_MACHINE) ||
                                fault_table_has_event(j->faults, FAULT_OF_AGENT));
    if (wanted && !sched_is_running(&j->presence))
        sched_start(j->sched, &j->presence, PRESENCE_MS, look, j);
}
