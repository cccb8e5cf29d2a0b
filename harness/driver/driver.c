#include "harness/driver/driver.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"
#include "harness/driver/case_run.h"
#include "harness/driver/observation_log.h"
#include "harness/driver/signals.h"
#include "harness/driver/step.h"
#include "harness/driver/still.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    JOBS_DEFAULT = 8,
    TICK_MS = 100,
    TEARDOWN_STEP_MAX_MS = 60000, /* in a hurry a step of a teardown case gets no more */
    REAP_MS = 10000,
    SPAN_SIZE = 32,
};

struct driver {
    const struct driver_options *o;
    struct loop *loop;
    struct observation_log log;
    struct signals signals;
    struct loop_fd signal_watch;
    struct case_place place;
    struct case_run *runs; /* one for each node of the graph */
    json_t *env, *base;    /* owned */
    json_t *cpu_us;        /* of commands that ended, by program; owned */
    json_t *juju_changes;  /* owned; of the cases' place */
    size_t running;
    int interrupts;
    bool tearing_down, out_of_time, kept, only_teardown;
    struct sched_timer limit; /* of the run, then of the tear-down */
    struct err trouble;       /* the first that kept an event from being written */
};

/* The last two say how much of the machine a program in Go takes, not what it does. */
static const char *const mirrored[] = {"USER", "LOGNAME", "TERM", "TZ", "GOGC", "GOMAXPROCS"};

/* The commands' environment: made from nothing, so that the person's own does not reach them. */
static json_t *make_env(const struct driver_options *o) {
    json_t *env = json_object();
    CLEANUP(str_freep) char *home = fs_join(o->run_dir, "home");
    CLEANUP(str_freep) char *juju = fs_join(o->run_dir, "home/.local/share/juju");
    CLEANUP(str_freep) char *kubeconfig = fs_join(o->run_dir, "kubeconfig");
    CLEANUP(str_freep) char *tmp = fs_join(o->run_dir, "work/tmp");
    for (size_t i = 0; i < ARRAY_LEN(mirrored); i++)
        if (getenv(mirrored[i]))
            json_set_str(env, mirrored[i], getenv(mirrored[i]));
    json_set_str(env, "HOME", home);
    json_set_str(env, "JUJU_DATA", juju);
    json_set_str(env, "KUBECONFIG", kubeconfig);
    json_set_str(env, "TMPDIR", tmp);
    json_set_str(env, "LC_ALL", "C");
    o->world->ops->env(o->world->self, env);
    return env;
}

/* What every case sees in ${...}. */
static json_t *make_base(const struct driver_options *o) {
    json_t *base = json_object();
    CLEANUP(str_freep) char *work = fs_join(o->run_dir, "work");
    CLEANUP(str_freep) char *kubeconfig = fs_join(o->run_dir, "kubeconfig");
    json_set_str(base, "fixtures", o->fixtures);
    json_set_str(base, "run", o->run_dir);
    json_set_str(base, "run_id", o->run_id ? o->run_id : "");
    json_set_str(base, "work", work);
    json_set_str(base, "kubeconfig", kubeconfig);
    json_object_set_new(base, "world", json_deep_copy(o->world->ops->facts(o->world->self)));
    return base;
}

static void write_event(void *self, json_t *event, bool sync) {
    struct driver *d = self;
    CLEANUP(json_freep) json_t *raw = event;
    CLEANUP(json_freep) json_t *masked = mask_json(raw);
    struct err err = {0};
    if (observation_log_add(&d->log, masked, &err) < 0 ||
        (sync && observation_log_sync(&d->log, &err) < 0)) {
        if (!d->trouble.code)
            d->trouble = err;
        return;
    }
    if (d->o->on_event)
        d->o->on_event(d->o->self, masked);
}

static void on_failed(void *self, const struct err *err) {
    struct driver *d = self;
    if (!d->trouble.code)
        d->trouble = *err;
}

static void on_case_end(void *self, struct case_run *c) {
    struct driver *d = self;
    d->running -= c->begun;
}

static bool is_met(const json_t *known) {
    return str_eq(json_str(known, "outcome", NULL), outcome_name(OUTCOME_MET));
}

static void take_over(struct driver *d, size_t index, const json_t *known) {
    struct case_run *c = &d->runs[index];
    c->begun = c->ended = true;
    c->outcome = outcome_from_name(json_str(known, "outcome", NULL));
    json_object_update(c->bound, json_object_get(known, "bound"));
}

/*
 * Whether a tear-down need not be again: it was met, or it found what it looks for once, which
 * those behind it take away.
 */
static bool is_done_with(const struct scenario *s, const json_t *known) {
    return is_met(known) ||
           (s->once && str_eq(json_str(known, "outcome", NULL), outcome_name(OUTCOME_UNMET)));
}

/*
 * For a tear-down alone: what has begun is over, however it stood, and all that it bound counts. A
 * tear-down that is done with need not be again, unless something was set up after it.
 */
static void take_all_history(struct driver *d) {
    const struct case_graph *g = d->o->graph;
    int64_t last = -1;
    for (size_t i = 0; i < g->count; i++) {
        const json_t *known = json_object_get(d->o->history, g->nodes[i].scenario->id);
        if (g->nodes[i].scenario->teardown || !json_flag(known, "begun", NULL))
            continue;
        int64_t order = json_int(known, -1, "order", NULL);
        last = order > last ? order : last;
        take_over(d, i, known);
    }
    for (size_t i = 0; i < g->count; i++) {
        const json_t *known = json_object_get(d->o->history, g->nodes[i].scenario->id);
        if (g->nodes[i].scenario->teardown && is_done_with(g->nodes[i].scenario, known) &&
            json_int(known, -1, "order", NULL) > last)
            take_over(d, i, known);
    }
}

/* Whether the run was killed when only its tear-down was left. */
static bool is_in_teardown(const struct driver *d) {
    const struct case_graph *g = d->o->graph;
    bool begun = false;
    for (size_t i = 0; i < g->count; i++) {
        const json_t *known = json_object_get(d->o->history, g->nodes[i].scenario->id);
        const char *outcome = json_str(known, "outcome", NULL);
        if (g->nodes[i].scenario->teardown)
            begun |= json_flag(known, "begun", NULL);
        else if (g->nodes[i].selected &&
                 (!outcome || str_eq(outcome, outcome_name(OUTCOME_INTERRUPTED))))
            return false;
    }
    return begun;
}

/* Takes over what the run that is resumed has done: a case that ended met is not run again. */
static void take_history(struct driver *d) {
    const json_t *history = d->o->history;
    const struct case_graph *g = d->o->graph;
    if (!d->only_teardown)
        d->only_teardown = is_in_teardown(d);
    if (d->only_teardown) {
        take_all_history(d);
        return;
    }
    /* After the tear-down of a run that was stopped there is nothing to go on with. */
    for (size_t i = 0; i < g->count; i++)
        if (g->nodes[i].scenario->teardown && json_object_get(history, g->nodes[i].scenario->id))
            return;
    for (size_t i = 0; i < g->count; i++) {
        const json_t *known = json_object_get(history, g->nodes[i].scenario->id);
        if (is_met(known) && !json_flag(known, "masked", NULL))
            take_over(d, i, known);
    }
}

static void write_run_begin(struct driver *d) {
    const struct driver_options *o = d->o;
    json_t *event = observation_new("run-begin", clock_wall_ms(), NULL, -1);
    json_set_str(event, "run", o->run_id);
    json_set_str(event, "world", o->world->ops->name);
    json_set_str(event, "profile", o->profile);
    json_object_set_new(event, "offers", json_deep_copy(o->world->ops->offers(o->world->self)));
    json_set_int(event, "seed", o->seed);
    json_set_bool(event, "resumed", o->history != NULL);
    write_event(d, event, true);
}

static json_t *missing_offers(const struct driver *d, const struct scenario *s) {
    const json_t *offers = d->o->world->ops->offers(d->o->world->self);
    json_t *missing = json_array();
    size_t i;
    json_t *need;
    json_array_foreach(s->needs, i, need) {
        if (!json_has_text(offers, json_string_value(need)))
            json_array_append(missing, need);
    }
    if (json_array_size(missing))
        return missing;
    json_decref(missing);
    return NULL;
}

/* The case that blocks node: a predecessor that has ended without being met. NULL: none. */
static const struct case_run *blocker(const struct driver *d, const struct case_node *node,
                                      bool *ret_wait) {
    const struct case_graph *g = d->o->graph;
    for (size_t i = 0; i < node->after_count; i++) {
        const struct case_run *before = &d->runs[node->after[i]];
        bool teardown = g->nodes[node->after[i]].scenario->teardown;
        if (!g->nodes[node->after[i]].selected && teardown)
            continue;
        if (!before->ended && (teardown || !d->tearing_down))
            *ret_wait = true;
        else if (node->scenario->teardown && (teardown || before->begun))
            continue; /* of these only the order counts, or that there is something to tear down */
        else if (before->outcome == OUTCOME_UNSUPPORTED &&
                 i >= node->after_count - node->behind_count)
            continue; /* what it would have made is there already */
        else if (before->outcome != OUTCOME_MET)
            return before;
    }
    return NULL;
}

static json_t *visible_for(const struct driver *d, size_t index) {
    json_t *visible = json_copy(d->base);
    for (size_t i = 0; i < d->o->graph->count; i++)
        if (case_graph_sees(d->o->graph, index, i))
            json_object_update(visible, d->runs[i].bound);
    return visible;
}

static const char *span(int64_t ms, char text[SPAN_SIZE]) {
    if (ms >= 60000)
        (void)snprintf(text, SPAN_SIZE, "%lld min", (long long)(ms / 60000));
    else
        (void)snprintf(text, SPAN_SIZE, "%.1f s", (double)ms / 1000);
    return text;
}

static void give_up(struct driver *d, struct case_run *c) {
    char time[SPAN_SIZE];
    CLEANUP(str_freep)
    char *text = xasprintf("the %s of the whole run were over %s", span(d->o->budget->run_ms, time),
                           c->begun ? "while it ran" : "before it began");
    case_run_give_up(c, "run-deadline", text);
}

/* Of the run: what has not ended does not. Of the tear-down: it goes on, but in a hurry. */
static void on_limit(void *self) {
    struct driver *d = self;
    d->out_of_time = true;
    if (d->tearing_down)
        d->place.deadline_max_ms = TEARDOWN_STEP_MAX_MS;
    for (size_t i = 0; i < d->o->graph->count; i++) {
        struct case_run *c = &d->runs[i];
        if (!c->begun || c->ended)
            continue;
        if (!d->tearing_down)
            give_up(d, c);
        else if (c->step)
            step_run_expire(c->step);
    }
}

static void limit(struct driver *d, int64_t ms) {
    loop_stop(d->loop, &d->limit);
    if (ms > 0)
        loop_start(d->loop, &d->limit, ms, on_limit, d);
}

/* Begins or skips what can be; false when nothing is left to do in this phase. */
static bool schedule(struct driver *d) {
    const struct case_graph *g = d->o->graph;
    size_t jobs = d->o->jobs ? d->o->jobs : JOBS_DEFAULT;
    bool left = false;
    for (size_t i = 0; i < g->count; i++) {
        struct case_run *c = &d->runs[i];
        const struct case_node *node = &g->nodes[i];
        if (!node->selected || c->ended || node->scenario->teardown != d->tearing_down)
            continue;
        left = true;
        bool wait = false;
        const struct case_run *by = c->begun ? NULL : blocker(d, node, &wait);
        if (by) {
            case_run_skip(c, OUTCOME_BLOCKED, NULL,
                          by->blocked_by ? by->blocked_by : by->scenario->id);
            continue;
        }
        if (c->begun || wait || d->running >= jobs)
            continue;
        if (d->out_of_time && !d->tearing_down) {
            give_up(d, c);
            continue;
        }
        CLEANUP(json_freep) json_t *missing = missing_offers(d, node->scenario);
        if (missing) {
            case_run_skip(c, OUTCOME_UNSUPPORTED, missing, NULL);
            continue;
        }
        CLEANUP(json_freep) json_t *visible = visible_for(d, i);
        d->running++;
        const json_t *known = json_object_get(d->o->history, node->scenario->id);
        case_run_begin(c, visible, json_flag(known, "begun", NULL));
    }
    return left;
}

static void interrupt_running(struct driver *d) {
    for (size_t i = 0; i < d->o->graph->count; i++)
        if (d->runs[i].begun && !d->runs[i].ended)
            case_run_interrupt(&d->runs[i]);
}

static void on_signal(void *self, short revents) {
    (void)revents;
    struct driver *d = self;
    int before = d->interrupts;
    d->interrupts += signals_take(&d->signals);
    if (d->interrupts > 2)
        d->interrupts = 2;
    if (d->interrupts == before)
        return;
    d->place.deadline_max_ms = TEARDOWN_STEP_MAX_MS;
    /* The first stops the cases, not a tear-down that is on its way; the second everything. */
    if (!d->tearing_down || d->interrupts > 1)
        interrupt_running(d);
}

static int run_phase(struct driver *d, bool teardown, struct err *err) {
    const struct budget *budget = d->o->budget;
    d->tearing_down = teardown;
    limit(d, !budget ? 0 : teardown ? budget->teardown_ms : budget->run_ms);
    while (d->interrupts < (teardown ? 2 : 1)) {
        if (!schedule(d))
            return 0;
        if (d->trouble.code && !teardown) { /* what cannot be written down is not worth running */
            interrupt_running(d);
            return 0;
        }
        /* A case that was skipped may let others go on at once. */
        int rc = loop_turn(d->loop, d->running > 0 ? TICK_MS : 0, err);
        if (rc < 0)
            return rc;
        if (d->o->on_tick)
            d->o->on_tick(d->o->self);
    }
    return 0;
}

/* Until every process has been reaped: those that were stopped get TERM, then KILL. */
static void reap(struct driver *d) {
    int64_t deadline = clock_monotonic_ms() + REAP_MS;
    while (loop_held(d->loop) > 0 && clock_monotonic_ms() < deadline)
        if (loop_turn(d->loop, TICK_MS, NULL) < 0)
            return;
}

static int open_all(struct driver *d, struct err *err) {
    const struct driver_options *o = d->o;
    d->log.fd = -1;
    d->signals.fd = -1;
    d->loop = loop_new();
    d->env = make_env(o);
    d->base = make_base(o);
    d->cpu_us = json_object();
    d->juju_changes = json_object();
    d->place = (struct case_place){
        .ask = {.loop = d->loop,
                .env = d->env,
                .work_dir = json_str(d->base, "work", NULL),
                .kubeconfig = json_str(d->base, "kubeconfig", NULL),
                .cpu_us = d->cpu_us},
        .run_dir = o->run_dir,
        .world = o->world,
        .budget = o->budget,
        .collector = o->collector,
        .juju_changes = d->juju_changes,
        .write = write_event,
        .failed = on_failed,
        .ended = on_case_end,
        .self = d,
    };
    d->runs = xcalloc(o->graph->count + 1, sizeof(*d->runs));
    for (size_t i = 0; i < o->graph->count; i++)
        case_run_init(&d->runs[i], &d->place, o->graph->nodes[i].scenario);
    if (observation_log_open(&d->log, o->run_dir, err) < 0 || signals_open(&d->signals, err) < 0)
        return err->code;
    loop_watch(d->loop, &d->signal_watch, d->signals.fd, POLLIN, on_signal, d);
    return 0;
}

static void close_all(struct driver *d) {
    for (size_t i = 0; i < d->o->graph->count; i++)
        case_run_release(&d->runs[i]);
    reap(d);
    limit(d, 0);
    loop_unwatch(d->loop, &d->signal_watch);
    signals_close(&d->signals);
    observation_log_close(&d->log);
    free(d->runs);
    loop_free(d->loop);
    json_decref(d->env);
    json_decref(d->base);
    json_decref(d->cpu_us);
    json_decref(d->juju_changes);
}

/* Who used how much of the processors, so that what a run costs can be told apart. */
static json_t *cpu_spent(const struct driver *d) {
    json_t *spent = json_object();
    json_set_int(spent, "harness", clock_cpu_self_us() / 1000);
    const struct world_ops *ops = d->o->world->ops;
    int64_t world_ms = ops->cpu_ms ? ops->cpu_ms(d->o->world->self) : -1;
    if (world_ms >= 0)
        json_set_int(spent, "world", world_ms);
    const char *program;
    json_t *us;
    json_object_foreach(d->cpu_us, program, us)
        json_set_int(spent, program, json_integer_value(us) / 1000);
    return spent;
}

static void finish(struct driver *d, struct driver_outcome *ret) {
    json_t *event = observation_new("run-end", clock_wall_ms(), NULL, -1);
    json_set_str(event, "outcome", d->interrupts ? "interrupted" : d->kept ? "kept" : "finished");
    json_object_set_new(event, "cpu_ms", cpu_spent(d));
    write_event(d, event, true);
    *ret = (struct driver_outcome){.interrupted = d->interrupts > 0, .kept = d->kept};
    for (size_t i = 0; i < d->o->graph->count; i++) {
        ret->met += d->runs[i].ended && d->runs[i].outcome == OUTCOME_MET;
        ret->other += d->runs[i].ended && d->runs[i].outcome != OUTCOME_MET;
    }
}

static void write_refusal(struct driver *d, const json_t *differences) {
    json_t *event = observation_new("resume-refused", clock_wall_ms(), NULL, -1);
    json_object_set_new(event, "differences", json_deep_copy(differences));
    write_event(d, event, true);
}

/* What the cases that are over have left must be there still: a list where it is not. */
static int check_world(struct driver *d, json_t **ret_differences, struct err *err) {
    *ret_differences = NULL;
    if (!d->o->history || d->only_teardown)
        return 0;
    CLEANUP(json_freep) json_t *differences = json_array();
    struct still *check = still_new(&d->place, d->o->graph->count, differences);
    for (size_t i = 0; i < d->o->graph->count; i++) {
        if (!d->runs[i].ended)
            continue;
        CLEANUP(json_freep) json_t *visible = visible_for(d, i);
        still_add(check, d->runs[i].scenario, visible);
    }
    int rc = 0;
    while (rc == 0 && still_left(check) > 0 && d->interrupts == 0)
        rc = loop_turn(d->loop, TICK_MS, err);
    still_free(check);
    if (rc == 0 && json_array_size(differences) > 0) {
        write_refusal(d, differences);
        *ret_differences = json_take(&differences);
    }
    return rc;
}

static int run_phases(struct driver *d, struct driver_outcome *ret, struct err *err) {
    const struct driver_options *options = d->o;
    int rc = 0;
    write_run_begin(d);
    if (!d->only_teardown)
        rc = run_phase(d, false, err);
    interrupt_running(d); /* when the phase ended before its cases did */
    d->kept = rc == 0 && options->is_kept && options->is_kept(options->self);
    if (rc == 0 && !d->kept)
        rc = run_phase(d, true, err);
    interrupt_running(d);
    finish(d, ret);
    return rc;
}

int driver_run(const struct driver_options *options, struct driver_outcome *ret, struct err *err) {
    struct driver d = {.o = options, .only_teardown = options->only_teardown};
    json_t *differences = NULL;
    int rc = open_all(&d, err);
    if (rc == 0) {
        take_history(&d);
        rc = check_world(&d, &differences, err);
        if (rc == 0 && !differences)
            rc = run_phases(&d, ret, err);
    }
    ret->differences = differences;
    close_all(&d);
    if (rc == 0 && d.trouble.code) {
        if (err)
            *err = d.trouble;
        rc = d.trouble.code;
    }
    return rc;
}
