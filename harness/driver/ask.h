/*
 * One question to the system under test: run a command, GET an API path, look a name up, probe a
 * port. It is answered once, from the loop, with what was seen as JSON (cases/README.md has the
 * members), or with the reason why nothing could be asked.
 *
 * Steps that ask once and awaits that ask again and again use the same questions.
 */
#ifndef CONFED_DRIVER_ASK_H
#define CONFED_DRIVER_ASK_H

#include "harness/driver/loop.h"
#include "harness/model/scenario.h"

#include <jansson.h>
#include <stdbool.h>

/* Where a question is asked; all borrowed, outlives the question. */
struct ask_place {
    struct loop *loop;
    const json_t *env; /* of commands */
    const char *work_dir, *kubeconfig;
    json_t *cpu_us; /* by name of program: processor time of the commands that ended; or NULL */
};

struct answer {
    json_t *seen; /* borrowed; NULL when nothing could be asked */
    bool reached; /* the system answered, in whatever way */
    const char
        *reason;      /* borrowed; of an error: "tool-missing", "crash", "environment"; else NULL */
    const char *text; /* borrowed; what is wrong then */
};
typedef void ask_done_fn(void *self, const struct answer *answer);

struct ask;
struct ask_ops {
    /* Starts; answers with ask_answer, at once or later. */
    void (*start)(struct ask *a);
    void (*stop)(struct ask *a); /* releases what it holds; no answer after it */
};

struct ask {
    const struct ask_ops *ops;
    const struct ask_place *place;
    json_t *args;       /* owned; the verb's value, expanded */
    json_t *env;        /* owned; of commands */
    int64_t timeout_ms; /* real; for one question */
    ask_done_fn *done;
    void *self;
    void *state; /* the kind's own, owned */
    struct sched_timer soon;
    json_t *seen; /* owned; of the answer */
    char *text;   /* owned */
    const char *reason;
    bool reached, answered;
};

/*
 * Starts a question; owned. args (borrowed) are expanded already; env: variables to add, or NULL.
 * done is never called from inside this call.
 */
struct ask *ask_start(const struct ask_place *place, enum ask_kind kind, const json_t *args,
                      const json_t *env, int64_t timeout_ms, ask_done_fn *done, void *self);
void ask_free(struct ask *a); /* also one that is not answered: then it never is */
DEFINE_OWNED(struct ask, ask)

/* For the kinds: hands the answer in. seen and text are stolen. */
void ask_answer(struct ask *a, json_t *seen, bool reached);
void ask_fail(struct ask *a, const char *reason, char *text);
/* The kubeconfig that an API question names: a file of the work folder, else the run's. Owned. */
char *ask_api_kubeconfig(const struct ask_place *place, const json_t *args);
/* What a command's end looks like: exit, signal, stdout, stderr, json. Owned. */
struct process;
json_t *ask_run_seen(const struct process *p);
/* The environment and file of a command; ret owned. reason and text of what is wrong, or NULL. */
struct process *ask_run_launch(const struct ask_place *place, const json_t *argv, const json_t *env,
                               void (*done)(void *self), void *self, const char **ret_reason,
                               char **ret_text);

extern const struct ask_ops ask_run_ops, ask_api_ops, ask_resolve_ops, ask_probe_ops, ask_truth_ops,
    ask_reach_ops;

#endif
