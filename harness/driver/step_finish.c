/* finish: waits for a background command of the case. */
#include "harness/core/mem.h"
#include "harness/driver/step.h"

#include <stdlib.h>

static void end_by(struct step_run *s, struct process *p) {
    json_t *seen = ask_run_seen(p);
    struct answer answer = {.seen = seen, .reached = true};
    step_end_by_answer(s, &answer);
    json_decref(seen);
}

static void begin(struct step_run *s) {
    s->job = case_run_job(s->c, s->step->job);
    if (!s->job) {
        step_end(s, OUTCOME_ERROR, "environment", NULL, "the job was never started");
        return;
    }
    s->job->waiting = s;
    if (s->job->ended)
        end_by(s, s->job->process);
}

static void expire(struct step_run *s) {
    json_t *seen = ask_run_seen(s->job->process);
    step_keep_seen(s, seen);
    json_decref(seen);
    CLEANUP(str_freep) char *words = step_last_words(s->seen);
    CLEANUP(str_freep)
    char *text =
        xasprintf("job %s still running after %.1f s%s%s", s->step->job, (double)s->real_ms / 1000,
                  words ? ", last line: " : ", nothing printed", words ? words : "");
    step_end(s, OUTCOME_ERROR, "timeout", "the job ends", text);
}

static void stop(struct step_run *s) {
    if (s->job)
        case_run_drop_job(s->c, s->job);
    s->job = NULL;
}

const struct step_ops step_finish_ops = {.begin = begin, .expire = expire, .stop = stop};
