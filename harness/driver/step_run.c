/* run: a command, now or in the background. */
#include "harness/core/mem.h"
#include "harness/driver/juju_changes.h"
#include "harness/driver/step.h"

#include <stdlib.h>

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
        step_ask(s, ASK_RUN);
}

static void expire(struct step_run *s) {
    struct process *p = s->ask ? s->ask->state : NULL;
    if (p) {
        json_t *seen = ask_run_seen(p);
        step_keep_seen(s, seen);
        json_decref(seen);
    }
    CLEANUP(str_freep) char *words = step_last_words(s->seen);
    CLEANUP(str_freep)
    char *text = xasprintf("still running after %.1f s%s%s", (double)s->real_ms / 1000,
                           words ? ", last line: " : ", nothing printed", words ? words : "");
    step_end(s, OUTCOME_ERROR, "timeout", "the command ends", text);
}

const struct step_ops step_run_ops = {.begin = begin, .expire = expire};
