#include "harness/driver/ask.h"

#include <stdlib.h>

static const struct ask_ops *ops_of(enum ask_kind kind) {
    switch (kind) {
    case ASK_RUN:
        return &ask_run_ops;
    case ASK_API:
        return &ask_api_ops;
    case ASK_RESOLVE:
        return &ask_resolve_ops;
    case ASK_PROBE:
        return &ask_probe_ops;
    case ASK_TRUTH:
        return &ask_truth_ops;
    case ASK_REACH:
        return &ask_reach_ops;
    case ASK_NONE:
    case ASK_FINISH:
        break;
    }
    return NULL;
}

static void on_soon(void *self) {
    struct ask *a = self;
    struct answer answer = {
        .seen = a->seen, .reached = a->reached, .reason = a->reason, .text = a->text};
    a->done(a->self, &answer);
}

/* Answers come from the loop, never from inside ask_start: the caller has no handle before that. */
static void hand_in(struct ask *a) {
    if (a->answered)
        return;
    a->answered = true;
    loop_start(a->place->loop, &a->soon, 0, on_soon, a);
}

void ask_answer(struct ask *a, json_t *seen, bool reached) {
    json_decref(a->seen);
    a->seen = seen;
    a->reached = reached;
    hand_in(a);
}

void ask_fail(struct ask *a, const char *reason, char *text) {
    free(a->text);
    a->text = text;
    a->reason = reason;
    hand_in(a);
}

struct ask *ask_start(const struct ask_place *place, enum ask_kind kind, const json_t *args,
                      const json_t *env, int64_t timeout_ms, ask_done_fn *done, void *self) {
    struct ask *a = xcalloc(1, sizeof(*a));
    *a = (struct ask){.ops = ops_of(kind),
                      .place = place,
                      .args = json_deep_copy(args),
                      .env = env ? json_deep_copy(env) : NULL,
                      .timeout_ms = timeout_ms,
                      .done = done,
                      .self = self};
    a->ops->start(a);
    return a;
}

void ask_free(struct ask *a) {
    if (!a)
        return;
    loop_stop(a->place->loop, &a->soon);
    a->ops->stop(a);
    json_decref(a->args);
    json_decref(a->env);
    json_decref(a->seen);
    free(a->text);
    free(a);
}
