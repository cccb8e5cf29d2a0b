/*
 * One step that is being run. A verb is one file step_<verb>.c: it begins, ends the step with
 * step_end (at once or from the loop), and can be stopped at any time before.
 */
#ifndef CONFED_DRIVER_STEP_H
#define CONFED_DRIVER_STEP_H

#include "harness/driver/case_run.h"

struct step_run;

struct step_ops {
    void (*begin)(struct step_run *s);
    /* The deadline passed; must end the step. NULL: an error, timeout. */
    void (*expire)(struct step_run *s);
    void (*stop)(struct step_run *s); /* releases the verb's own; also after the end. May be NULL */
};

struct step_run {
    struct case_run *c;
    const struct step *step;
    const struct step_ops *ops;
    size_t index;
    json_t *args, *env, *expect, *until; /* owned; expanded */
    json_t *seen;                        /* owned; the last answer; NULL: none */
    struct ask *ask;                     /* owned; the question that is open, or was last */
    struct job *job;                     /* borrowed; that it waits for */
    void *state;                         /* the verb's own, owned */
    size_t attempts;
    int64_t begin_ms, real_ms; /* monotonic; what it is given */
    struct sched_timer deadline;
    bool ended;
};

extern const struct step_ops step_run_ops, step_finish_ops, step_await_ops, step_resolve_ops,
    step_probe_ops, step_settle_ops, step_truth_ops, step_reach_ops, step_write_ops,
    step_assert_ops, step_bind_ops;

/* Writes step-begin and begins; owned by the case. */
struct step_run *step_run_begin(struct case_run *c, const struct step *step, size_t index);
void step_run_free(struct step_run *s);

/* For the verbs: ends the step. reason: of an error; expected and seen: one line each, or NULL. */
void step_end(struct step_run *s, enum outcome outcome, const char *reason, const char *expected,
              const char *seen);
/* Keeps the answer (for bind, evidence and files) and ends the step by what is expected of it. */
void step_end_by_answer(struct step_run *s, const struct answer *answer);
/* Remembers what was seen last; borrowed. */
void step_keep_seen(struct step_run *s, const json_t *seen);
/* Asks args once; step_end_by_answer follows. */
void step_ask(struct step_run *s, enum ask_kind kind);
/* Asks again, instead of what was asked before: a step that waits. done is called with self. */
void step_ask_again(struct step_run *s, enum ask_kind kind, const json_t *args, ask_done_fn *done,
                    void *self);
/* Ends it as its deadline does, now. */
void step_run_expire(struct step_run *s);
/* Tells whoever watches the run what is waited for, and has been for for_ms. */
void step_show(const struct step_run *s, const char *text, int64_t for_ms);
/* The real time that is left of the step. */
int64_t step_left_ms(const struct step_run *s);
/* The last line of what a command printed, for people; owned; NULL when it printed nothing. */
char *step_last_words(const json_t *seen);

#endif
