#include "harness/driver/case_run.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/step.h"

#include <stdlib.h>

void case_run_init(struct case_run *c, const struct case_place *place, const struct scenario *s) {
    *c = (struct case_run){.place = place, .scenario = s};
    c->visible = json_object();
    c->bound = json_object();
}

static void drop_jobs(struct case_run *c) {
    while (c->jobs)
        case_run_drop_job(c, c->jobs);
}

static void stop_collecting(struct case_run *c) {
    const struct collector *collector = c->place->collector;
    if (!c->collecting.done)
        return;
    collector->cancel(collector->self, &c->collecting);
    c->collecting.done = NULL;
}

void case_run_release(struct case_run *c) {
    loop_stop(c->place->ask.loop, &c->go);
    stop_collecting(c);
    step_run_free(c->step);
    c->step = NULL;
    drop_jobs(c);
    json_decref(c->visible);
    json_decref(c->bound);
    json_decref(c->last_words);
    c->visible = c->bound = c->last_words = NULL;
}

static void write_end(struct case_run *c, json_t *event) {
    json_set_str(event, "outcome", outcome_name(c->outcome));
    json_set_int(event, "elapsed_ms", c->begun ? clock_monotonic_ms() - c->begin_ms : 0);
    c->place->write(c->place->self, event, false);
    c->ended = true;
    c->place->ended(c->place->self, c);
}

static void end_case(struct case_run *c) {
    loop_stop(c->place->ask.loop, &c->go);
    stop_collecting(c);
    drop_jobs(c);
    write_end(c, observation_new("case-end", clock_wall_ms(), c->scenario->id, -1));
}

static void end_given_up(struct case_run *c) {
    drop_jobs(c);
    write_end(c, json_take(&c->last_words));
}

static void on_go(void *self);

static void on_collected(void *self) {
    struct case_run *c = self;
    c->collecting.done = NULL;
    if (c->deadline_ms) /* what came after the step is not the case's doing */
        c->deadline_ms += clock_monotonic_ms() - c->collect_ms;
    if (c->last_words) {
        end_given_up(c);
        return;
    }
    loop_start(c->place->ask.loop, &c->go, 0, on_go, c);
}

/* Once, of a case that goes wrong; false: nobody wants to. ended: there is no step to come. */
static bool collect(struct case_run *c, bool ended) {
    const struct case_place *p = c->place;
    bool wrong = c->outcome == OUTCOME_UNMET || c->outcome == OUTCOME_ERROR;
    if (!p->collector || !wrong || c->collected || !c->begun ||
        !p->collector->wants(p->collector->self, c->scenario->id, c->outcome, ended))
        return false;
    c->collected = true;
    c->collect_ms = clock_monotonic_ms();
    c->collecting = (struct collector_request){.place = &p->ask,
                                               .world = p->world,
                                               .scenario = c->scenario,
                                               .visible = c->visible,
                                               .step = c->next > 0 ? (int)c->next - 1 : 0,
                                               .write = p->write,
                                               .write_self = p->self,
                                               .done = on_collected,
                                               .self = c};
    p->collector->begin(p->collector->self, &c->collecting);
    return true;
}

static void on_go(void *self) {
    struct case_run *c = self;
    step_run_free(c->step);
    c->step = NULL;
    const struct scenario *s = c->scenario;
    if (c->checking && c->next < s->still_count) {
        size_t index = s->step_count + s->again_count + c->next++;
        c->step = step_run_begin(c, &s->steps[index], index);
        return;
    }
    if (c->checking) {
        end_case(c);
        return;
    }
    if (c->again_left > 0) { /* behind the steps of the case */
        size_t index = s->step_count + s->again_count - c->again_left;
        c->step = step_run_begin(c, &s->steps[index], index);
        return;
    }
    const struct step *before = c->next > 0 ? &s->steps[c->next - 1] : NULL;
    bool stop = before && c->outcome != OUTCOME_MET && !before->go_on && !before->may_fail;
    stop = stop || c->next == c->scenario->step_count;
    if (collect(c, stop))
        return;
    if (stop) {
        end_case(c);
        return;
    }
    size_t index = c->next++;
    c->step = step_run_begin(c, &c->scenario->steps[index], index);
}

static int64_t deadline_of(const struct case_run *c) {
    const struct world *w = c->place->world;
    if (!c->scenario->deadline_ms)
        return 0;
    /* Each step has its floor of real time, so the case has as many. */
    int64_t one = w->ops->real_ms(w->self, c->scenario->deadline_ms);
    int64_t floors = w->ops->real_ms(w->self, 0) * (int64_t)c->scenario->step_count;
    return c->begin_ms + (floors > one ? floors : one);
}

void case_run_begin(struct case_run *c, const json_t *visible, bool again) {
    json_decref(c->visible);
    c->visible = json_deep_copy(visible);
    json_object_clear(c->bound);
    c->begun = true;
    c->again_left = again ? c->scenario->again_count : 0;
    c->outcome = OUTCOME_MET;
    c->begin_ms = clock_monotonic_ms();
    c->deadline_ms = deadline_of(c);
    json_t *event = observation_new("case-begin", clock_wall_ms(), c->scenario->id, -1);
    json_set_str(event, "title", c->scenario->title);
    json_set_int(event, "steps", (int64_t)c->scenario->step_count);
    c->place->write(c->place->self, event, false);
    loop_start(c->place->ask.loop, &c->go, 0, on_go, c);
}

void case_run_check(struct case_run *c, const json_t *visible) {
    json_decref(c->visible);
    c->visible = json_deep_copy(visible);
    c->begun = c->checking = true;
    c->outcome = OUTCOME_MET;
    c->begin_ms = clock_monotonic_ms();
    loop_start(c->place->ask.loop, &c->go, 0, on_go, c);
}

void case_run_interrupt(struct case_run *c) {
    step_run_free(c->step);
    c->step = NULL;
    if (c->last_words) { /* it was given up already */
        stop_collecting(c);
        end_given_up(c);
        return;
    }
    c->outcome = OUTCOME_INTERRUPTED;
    end_case(c);
}

void case_run_give_up(struct case_run *c, const char *reason, const char *text) {
    if (c->step)
        step_end(c->step, OUTCOME_ERROR, reason, "an end in time", text);
    step_run_free(c->step);
    c->step = NULL;
    c->outcome = OUTCOME_ERROR;
    loop_stop(c->place->ask.loop, &c->go);
    json_t *event = observation_new("case-end", clock_wall_ms(), c->scenario->id, -1);
    json_set_str(event, "reason", reason);
    json_set_str(event, "expected", "an end in time");
    json_set_str(event, "seen", text);
    c->last_words = event;
    if (!c->collecting.done && !collect(c, true))
        end_given_up(c);
}

void case_run_skip(struct case_run *c, enum outcome outcome, const json_t *missing,
                   const char *blocked_by) {
    json_t *event = observation_new("case-end", clock_wall_ms(), c->scenario->id, -1);
    c->outcome = outcome;
    c->blocked_by = blocked_by;
    if (missing)
        json_object_set_new(event, "missing", json_deep_copy(missing));
    json_set_str(event, "blocked_by", blocked_by);
    write_end(c, event);
}

void case_run_step_ended(struct case_run *c, enum outcome outcome) {
    if (c->again_left >
        0) /* what is left over may be anything: how it was cleared away does not
              count; but where something is expected of it and is not so, nothing more is touched */
        c->again_left = outcome == OUTCOME_MET || !c->step->step->expect ? c->again_left - 1 : 0;
    else if (!c->step->step->may_fail &&
             (outcome == OUTCOME_ERROR || (outcome == OUTCOME_UNMET && c->outcome == OUTCOME_MET)))
        c->outcome = outcome;
    loop_start(c->place->ask.loop, &c->go, 0, on_go, c);
}

struct job *case_run_job(struct case_run *c, const char *name) {
    struct job *job = c->jobs;
    while (job && !str_eq(job->name, name))
        job = job->next;
    return job;
}

struct job *case_run_add_job(struct case_run *c, const char *name) {
    struct job *job = xcalloc(1, sizeof(*job));
    job->name = name;
    job->next = c->jobs;
    c->jobs = job;
    return job;
}

void case_run_drop_job(struct case_run *c, struct job *job) {
    for (struct job **link = &c->jobs; *link; link = &(*link)->next)
        if (*link == job) {
            *link = job->next;
            break;
        }
    process_free(job->process);
    free(job);
}
