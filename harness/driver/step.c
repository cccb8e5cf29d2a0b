#include "harness/driver/step.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_changes.h"
#include "harness/driver/login.h"
#include "harness/driver/step_judge.h"
#include "harness/core/mask.h"
#include "harness/model/predicate.h"
#include "harness/model/value.h"

#include <stdlib.h>
#include <string.h>

static const struct step_ops *ops_of(enum step_verb verb) {
    switch (verb) {
    case STEP_RUN:
        return &step_run_ops;
    case STEP_FINISH:
        return &step_finish_ops;
    case STEP_AWAIT:
        return &step_await_ops;
    case STEP_RESOLVE:
        return &step_resolve_ops;
    case STEP_PROBE:
        return &step_probe_ops;
    case STEP_SETTLE:
        return &step_settle_ops;
    case STEP_TRUTH:
        return &step_truth_ops;
    case STEP_REACH:
        return &step_reach_ops;
    case STEP_WRITE:
        return &step_write_ops;
    case STEP_ASSERT:
        return &step_assert_ops;
    case STEP_BIND:
        return &step_bind_ops;
    }
    return NULL;
}

static json_t *new_event(const struct step_run *s, const char *name) {
    json_t *event = observation_new(name, clock_wall_ms(), s->c->scenario->id, (int)s->index);
    json_set_str(event, "verb", step_verb_name(s->step->verb));
    json_set_str(event, "title", s->step->title ? s->step->title : "");
    return event;
}

static void write_begin(const struct step_run *s) {
    struct buf text = BUF_INIT;
    struct step shown = *s->step; /* with what its ${...} stand for, where that is known */
    shown.args = s->args ? s->args : shown.args;
    shown.until = s->until ? s->until : shown.until;
    step_describe(&shown, &text);
    if (shown.until) {
        buf_adds(&text, " until ");
        predicate_describe(shown.until, &text);
    }
    json_t *event = new_event(s, "step-begin");
    json_set_str(event, "waiting_for", buf_str(&text));
    json_set_int(event, "deadline_ms", s->real_ms);
    s->c->place->write(s->c->place->self, event, true);
    buf_release(&text);
}

void step_show(const struct step_run *s, const char *text, int64_t for_ms) {
    json_t *event =
        observation_new("step-progress", clock_wall_ms(), s->c->scenario->id, (int)s->index);
    json_set_str(event, "text", text);
    json_set_int(event, "elapsed_ms", clock_monotonic_ms() - s->begin_ms);
    json_set_int(event, "for_ms", for_ms);
    s->c->place->write(s->c->place->self, event, false);
}

static int64_t real_deadline(const struct step_run *s) {
    const struct case_place *place = s->c->place;
    int64_t world_ms = s->step->deadline_ms ? s->step->deadline_ms
                       : s->c->scenario->deadline_ms
                           ? s->c->scenario->deadline_ms
                           : budget_step_ms(place->budget, s->c->scenario, s->step);
    int64_t real = place->world->ops->real_ms(place->world->self, world_ms);
    int64_t left = s->c->deadline_ms - s->begin_ms;
    if (s->c->deadline_ms && left < real)
        real = left > 0 ? left : 1;
    if (place->deadline_max_ms && place->deadline_max_ms < real)
        real = place->deadline_max_ms;
    return real;
}

int64_t step_left_ms(const struct step_run *s) {
    int64_t left = s->begin_ms + s->real_ms - clock_monotonic_ms();
    return left > 1 ? left : 1;
}

static void on_deadline(void *self) {
    struct step_run *s = self;
    if (s->ops->expire) {
        s->ops->expire(s);
        return;
    }
    CLEANUP(str_freep) char *text = xasprintf("no end after %.1f s", (double)s->real_ms / 1000);
    step_end(s, OUTCOME_ERROR, "timeout", NULL, text);
}

void step_run_expire(struct step_run *s) {
    if (!s->ended)
        on_deadline(s);
}

static int expand_one(const struct step_run *s, const json_t *from, json_t **ret, struct err *err) {
    if (!from)
        return 0;
    *ret = value_expand(from, s->c->visible, err);
    return *ret ? 0 : err->code;
}

static int expand(struct step_run *s, struct err *err) {
    /* What assert and bind name are values themselves: their verbs expand them. */
    bool by_verb = s->step->verb == STEP_ASSERT || s->step->verb == STEP_BIND;
    if (!by_verb && expand_one(s, s->step->args, &s->args, err) < 0)
        return err->code;
    if (expand_one(s, s->step->env, &s->env, err) < 0 ||
        expand_one(s, s->step->expect, &s->expect, err) < 0)
        return err->code;
    return expand_one(s, s->step->until, &s->until, err);
}

struct step_run *step_run_begin(struct case_run *c, const struct step *step, size_t index) {
    struct step_run *s = xcalloc(1, sizeof(*s));
    *s = (struct step_run){
        .c = c, .step = step, .ops = ops_of(step->verb), .index = index, .attempts = 1};
    c->step = s; /* a verb may end its step at once */
    s->begin_ms = clock_monotonic_ms();
    s->real_ms = real_deadline(s);
    struct err err = {0};
    int rc = expand(s, &err);
    write_begin(s);
    if (rc < 0) {
        step_end(s, OUTCOME_UNMET, NULL, "every value that the step names is bound", err.text);
        return s;
    }
    loop_start(c->place->ask.loop, &s->deadline, s->real_ms, on_deadline, s);
    s->ops->begin(s);
    return s;
}

void step_run_free(struct step_run *s) {
    if (!s)
        return;
    loop_stop(s->c->place->ask.loop, &s->deadline);
    if (s->ops->stop)
        s->ops->stop(s);
    ask_free(s->ask);
    json_decref(s->args);
    json_decref(s->env);
    json_decref(s->expect);
    json_decref(s->until);
    json_decref(s->seen);
    free(s);
}

void step_keep_seen(struct step_run *s, const json_t *seen) {
    json_t *kept = seen ? json_deep_copy(seen) : NULL;
    json_decref(s->seen);
    s->seen = kept;
}

static void on_answer(void *self, const struct answer *answer) {
    step_end_by_answer(self, answer);
}

void step_ask(struct step_run *s, enum ask_kind kind) {
    s->ask = ask_start(&s->c->place->ask, kind, s->args, s->env, step_left_ms(s), on_answer, s);
}

void step_ask_again(struct step_run *s, enum ask_kind kind, const json_t *args, ask_done_fn *done,
                    void *self) {
    if (s->ask)
        s->attempts++;
    ask_free(s->ask);
    s->ask = ask_start(&s->c->place->ask, kind, args, s->env, step_left_ms(s), done, self);
}

/* Writes one output of a command, masked, below the run's folder; its path from there, owned. */
static char *save_output(const struct step_run *s, const char *member, struct err *err) {
    const json_t *text = json_object_get(s->seen, member);
    if (!text || json_string_length(text) == 0)
        return NULL;
    CLEANUP(str_freep)
    char *name = xasprintf("steps/%s/%02zu.%s", s->c->scenario->id, s->index, member);
    CLEANUP(str_freep)
    char *dir = xasprintf("%s/steps/%s", s->c->place->run_dir, s->c->scenario->id);
    CLEANUP(str_freep) char *path = fs_join(s->c->place->run_dir, name);
    struct buf masked = BUF_INIT;
    mask_text(json_string_value(text), json_string_length(text), &masked);
    int rc = fs_mkdir_p(dir, 0700, err);
    if (rc == 0)
        rc = fs_write_atomic(path, buf_str(&masked), masked.len, 0600, err);
    buf_release(&masked);
    return rc == 0 ? str_take(&name) : NULL;
}

static json_t *save_files(const struct step_run *s) {
    static const char *const members[] = {"stdout", "stderr"};
    json_t *files = json_array();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct err err = {0};
        CLEANUP(str_freep) char *name = save_output(s, members[i], &err);
        if (err.code)
            s->c->place->failed(s->c->place->self, &err);
        if (name)
            json_array_append_new(files, json_string(name));
    }
    return files;
}

static json_t *gather_evidence(const struct step_run *s) {
    json_t *evidence = json_object();
    const char *name;
    json_t *what;
    json_object_foreach(json_mutable(s->step->evidence), name, what) {
        json_t *value = s->seen ? value_extract(s->seen, what, NULL) : NULL;
        if (value)
            json_object_set_new(evidence, name, value);
    }
    return evidence;
}

/* Extracts what the step binds into ret; ERR_NOT_FOUND says what is not there. */
static int gather_bound(const struct step_run *s, json_t *ret, struct err *err) {
    const char *name;
    json_t *what;
    json_object_foreach(json_mutable(s->step->bind), name, what) {
        json_t *value = value_extract(s->seen, what, err);
        if (!value)
            return err_prefix(err, "%s", name);
        json_object_set_new(ret, name, value);
    }
    return 0;
}

static void bind_values(struct step_run *s, json_t *bound) {
    json_object_update(s->c->visible, bound);
    json_object_update(s->c->bound, bound);
}

static void write_end(struct step_run *s, enum outcome outcome, const char *reason,
                      const char *expected, const char *seen, const json_t *bound) {
    json_t *event = new_event(s, "step-end");
    json_set_str(event, "outcome", outcome_name(outcome));
    if (s->step->may_fail)
        json_set_bool(event, "may_fail", true);
    json_set_str(event, "expected", expected ? expected : "");
    json_set_str(event, "seen", seen ? seen : "");
    json_set_str(event, "reason", reason);
    json_set_int(event, "elapsed_ms", clock_monotonic_ms() - s->begin_ms);
    json_set_int(event, "attempts", (int64_t)s->attempts);
    json_object_set_new(event, "evidence", gather_evidence(s));
    json_object_set_new(event, "bound", json_deep_copy(bound));
    json_object_set_new(event, "files", save_files(s));
    if (s->step->ask == ASK_TRUTH && s->seen) {
        json_set_str(event, "finding", json_str(s->seen, "line", NULL));
        json_object_set_new(event, "truth_table",
                            json_deep_copy(json_object_get(s->seen, "table")));
    }
    static const char *const of_a_wait[] = {"waited", "waiting", "retried"};
    for (size_t i = 0; i < ARRAY_LEN(of_a_wait); i++)
        if (json_object_size(json_object_get(s->seen, of_a_wait[i])) > 0)
            json_object_set(event, of_a_wait[i], json_object_get(s->seen, of_a_wait[i]));
    s->c->place->write(s->c->place->self, event, false);
}

/* Who is not let in has found nothing out; what was to be taken down is there. */
static char *refusal(const struct step_run *s) {
    char *line = login_refused(s->args, s->seen);
    if (!line || !s->c->scenario->teardown)
        return line;
    char *whole =
        xasprintf("%s; until then what is taken down here may be left behind: confed down", line);
    free(line);
    return whole;
}

void step_end(struct step_run *s, enum outcome outcome, const char *reason, const char *expected,
              const char *seen) {
    if (s->ended)
        return;
    s->ended = true;
    loop_stop(s->c->place->ask.loop, &s->deadline);
    if (s->step->verb == STEP_RUN)
        juju_changes_note(s->c->place->juju_changes, s->args, clock_monotonic_ms());
    CLEANUP(json_freep) json_t *bound = json_object();
    struct err err = {0};
    bool values = s->step->verb == STEP_BIND; /* which has put them into seen */
    if (outcome == OUTCOME_MET && values)
        json_object_update(bound, s->seen);
    else if (outcome == OUTCOME_MET && s->seen && gather_bound(s, bound, &err) < 0) {
        outcome = OUTCOME_UNMET;
        expected = "a value to bind";
        seen = err.text;
    }
    if (outcome == OUTCOME_MET)
        bind_values(s, bound);
    else
        json_object_clear(bound);
    CLEANUP(str_freep) char *refused = outcome == OUTCOME_UNMET ? refusal(s) : NULL;
    if (refused) {
        outcome = OUTCOME_ERROR;
        reason = "environment";
        expected = "who we are is known";
        seen = refused;
    }
    write_end(s, outcome, reason, expected, seen, bound);
    case_run_step_ended(s->c, outcome);
}

void step_end_by_answer(struct step_run *s, const struct answer *answer) {
    step_keep_seen(s, answer->seen);
    if (answer->reason) {
        step_end(s, OUTCOME_ERROR, answer->reason, "the question can be asked", answer->text);
        return;
    }
    struct step_finding f = {0};
    step_judge(s->step->ask, s->expect, s->seen, &f);
    step_end(s, f.outcome, f.reason, f.difference.expected, f.difference.seen);
    predicate_difference_release(&f.difference);
}
