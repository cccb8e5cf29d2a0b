/*
 * run: a command, now or in the background. A juju that lost its controller is given again with
 * growing pauses until the step's deadline, where that cannot do anything twice (juju_retry.h).
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_changes.h"
#include "harness/driver/juju_retry.h"
#include "harness/driver/step.h"
#include "harness/driver/step_judge.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_WORLD_MS = 1000, PAUSE_MAX_WORLD_MS = 15000, PAUSE_MIN_MS = 10 };

/* From the first loss on; the step's state. */
struct retry {
    struct step_run *s;
    struct sched_timer again;
    enum juju_loss worst;       /* of what may have arrived */
    json_t *lost;               /* owned; the answer that was the last to be lost */
    char *words;                /* owned; what it said */
    int64_t since_ms, pause_ms; /* monotonic; the world's */
    int64_t tries;              /* how often the command was given */
    bool arrived;               /* a look found that it had */
};

static void on_answer(void *self, const struct answer *answer);

static struct retry *retry_of(struct step_run *s) {
    if (!s->state) {
        struct retry *r = xcalloc(1, sizeof(*r));
        *r = (struct retry){
            .s = s, .since_ms = clock_monotonic_ms(), .pause_ms = PAUSE_FIRST_WORLD_MS, .tries = 1};
        s->state = r;
    }
    return s->state;
}

/* What the retries came to, beside the answer that ended them. */
static void add_retried(const struct retry *r, json_t *seen) {
    json_t *retried = json_object();
    json_set_int(retried, "tries", r->tries);
    json_set_int(retried, "for_ms", clock_monotonic_ms() - r->since_ms);
    json_set_str(retried, "because", r->words);
    if (r->arrived)
        json_set_bool(retried, "arrived", true);
    json_object_set_new(seen, "retried", retried);
}

static void end_by(struct step_run *s, const struct answer *answer) {
    if (s->state && answer->seen)
        add_retried(s->state, answer->seen);
    step_end_by_answer(s, answer);
}

/* Nobody can tell: an error, with one line. */
static void end_lost(struct step_run *s, const char *what) {
    const struct retry *r = s->state;
    CLEANUP(str_freep) char *seen = xasprintf("%s, %s", r->words, what);
    add_retried(r, r->lost);
    step_keep_seen(s, r->lost);
    step_end(s, OUTCOME_ERROR, "environment", "the controller of juju answers", seen);
}

static void give_again(struct retry *r) {
    r->tries++;
    step_ask_again(r->s, ASK_RUN, r->s->args, on_answer, r->s);
}

static void end_arrived(struct retry *r) {
    CLEANUP(json_freep) json_t *seen = json_deep_copy(r->lost);
    json_set_int(seen, "exit", 0);
    r->arrived = true;
    struct answer answer = {.seen = seen, .reached = true};
    end_by(r->s, &answer);
}

static void go_on(void *self);

static void wait_and_go_on(struct retry *r) {
    const struct world *world = r->s->c->place->world;
    int64_t pause = world->ops->span_ms(world->self, r->pause_ms);
    r->pause_ms = r->pause_ms * 2 < PAUSE_MAX_WORLD_MS ? r->pause_ms * 2 : PAUSE_MAX_WORLD_MS;
    step_show(r->s, r->words, clock_monotonic_ms() - r->since_ms);
    loop_start(r->s->c->place->ask.loop, &r->again, pause > PAUSE_MIN_MS ? pause : PAUSE_MIN_MS,
               go_on, r);
}

static void on_look(void *self, const struct answer *answer) {
    struct retry *r = self;
    struct step_run *s = r->s;
    if (answer->reason) {
        step_end_by_answer(s, answer);
        return;
    }
    if (juju_retry_loss(s->args, answer->seen) != JUJU_ANSWERED) {
        wait_and_go_on(r);
        return;
    }
    switch (juju_retry_found(s->args, answer->seen, json_str(s->c->visible, "run_id", NULL))) {
    case JUJU_ARRIVED:
        end_arrived(r);
        return;
    case JUJU_NOT_ARRIVED:
        r->worst = JUJU_ANSWERED;
        give_again(r);
        return;
    case JUJU_UNCLEAR:
        end_lost(s, "and what there is now may be another's: it is not done again");
        return;
    }
}

static void go_on(void *self) {
    struct retry *r = self;
    if (juju_retry_way(r->s->args, r->worst) != JUJU_LOOK) {
        give_again(r);
        return;
    }
    CLEANUP(json_freep) json_t *look = juju_retry_look(r->s->args);
    step_ask_again(r->s, ASK_RUN, look, on_look, r);
}

/* How the controller was lost; what the step expects, even so, is an answer. */
static enum juju_loss loss_of(const struct step_run *s, const struct answer *answer) {
    enum juju_loss loss = answer->reason ? JUJU_ANSWERED : juju_retry_loss(s->args, answer->seen);
    if (loss == JUJU_ANSWERED)
        return loss;
    struct step_finding finding = {0};
    step_judge(ASK_RUN, s->expect, answer->seen, &finding);
    predicate_difference_release(&finding.difference);
    return finding.outcome == OUTCOME_MET ? JUJU_ANSWERED : loss;
}

static void on_answer(void *self, const struct answer *answer) {
    struct step_run *s = self;
    enum juju_loss loss = loss_of(s, answer);
    if (loss == JUJU_ANSWERED) {
        end_by(s, answer);
        return;
    }
    struct retry *r = retry_of(s);
    r->worst = loss > r->worst ? loss : r->worst;
    json_decref(r->lost);
    r->lost = json_deep_copy(answer->seen);
    free(r->words);
    r->words = juju_retry_words(answer->seen);
    if (juju_retry_way(s->args, r->worst) == JUJU_NEVER)
        end_lost(s, "and it may have been done: it is not done again");
    else
        wait_and_go_on(r);
}

static void on_job_end(void *self) {
    struct job *job = self;
    job->ended = true;
    if (!job->waiting)
        return;
    json_t *seen = ask_run_seen(job->process);
    struct answer answer = {.seen = seen, .reached = true};
    step_end_by_answer(job->waiting, &answer);
    json_decref(seen);
}

static void begin_job(struct step_run *s) {
    const char *reason;
    CLEANUP(str_freep) char *text = NULL;
    struct job *job = case_run_add_job(s->c, s->step->job);
    job->process =
        ask_run_launch(&s->c->place->ask, s->args, s->env, on_job_end, job, &reason, &text);
    if (job->process) {
        step_end(s, OUTCOME_MET, NULL, NULL, NULL);
        return;
    }
    case_run_drop_job(s->c, job);
    step_end(s, OUTCOME_ERROR, reason, NULL, text);
}

static void begin(struct step_run *s) {
    juju_changes_note(s->c->place->juju_changes, s->args, s->begin_ms);
    if (s->step->job)
        begin_job(s);
    else
        step_ask_again(s, ASK_RUN, s->args, on_answer, s);
}

static void expire(struct step_run *s) {
    const struct retry *r = s->state;
    struct process *p = s->ask && !s->ask->answered ? s->ask->state : NULL;
    CLEANUP(json_freep) json_t *seen = p ? ask_run_seen(p) : NULL;
    CLEANUP(str_freep) char *words = step_last_words(seen);
    /* It may have said so again, and not have ended yet. */
    if (r && (!words || strstr(words, r->words))) {
        CLEANUP(str_freep)
        char *what =
            xasprintf("for %.1f s, in %lld tries",
                      (double)(clock_monotonic_ms() - r->since_ms) / 1000, (long long)r->tries);
        end_lost(s, what);
        return;
    }
    if (seen)
        step_keep_seen(s, seen);
    CLEANUP(str_freep)
    char *text = xasprintf("still running after %.1f s%s%s", (double)s->real_ms / 1000,
                           words ? ", last line: " : ", nothing printed", words ? words : "");
    step_end(s, OUTCOME_ERROR, "timeout", "the command ends", text);
}

static void stop(struct step_run *s) {
    struct retry *r = s->state;
    if (!r)
        return;
    loop_stop(s->c->place->ask.loop, &r->again);
    json_decref(r->lost);
    free(r->words);
    free(r);
    s->state = NULL;
}

const struct step_ops step_run_ops = {.begin = begin, .expire = expire, .stop = stop};
