/*
 * await: the same question again until its answer is as wanted, and stays so. Where the API offers
 * a watch, a watch says when to ask again; it is never itself the answer, so an event that is lost,
 * late or of an older version costs time, not truth. Without one, it asks again at growing
 * intervals.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/api_watch.h"
#include "harness/driver/login.h"
#include "harness/driver/step.h"
#include "harness/model/predicate.h"

#include <stdlib.h>

enum {
    PAUSE_FIRST_MS = 10,
    PAUSE_MAX_MS = 1000,
    PAUSE_WATCHED_MS = 2000,
    SETTLE_MS = 1,
    REFUSED_WORLD_MS = 60 * 1000, /* an API server that begins may know nobody yet */
};

struct await {
    struct step_run *s;
    struct sched_timer again;
    struct api_watch *watch;         /* owned; NULL: none */
    int64_t pause_ms, held_since_ms; /* since when it holds; -1: it does not */
    int64_t stays_ms;
    int64_t refused_ms,
        refused_since_ms; /* how long we may be nobody; since when; -1: we are not */
    bool reached;         /* something answered at least once */
    bool woken;           /* the watch saw something while a question was open */
    struct predicate_difference difference; /* of the last answer */
    char *problem;                          /* owned; why the last question was not answered */
};

static void ask_again(void *self);

static void on_event(void *self) {
    struct await *w = self;
    if (w->s->ask && !w->s->ask->answered) {
        w->woken = true;
        return;
    }
    loop_start(w->s->c->place->ask.loop, &w->again, SETTLE_MS, ask_again, w);
}

static void keep_watching(struct await *w, const json_t *seen) {
    if (w->watch && api_watch_is_over(w->watch)) {
        api_watch_free(w->watch);
        w->watch = NULL;
    }
    if (w->s->step->ask != ASK_API || w->watch)
        return;
    w->watch = api_watch_start(&w->s->c->place->ask, w->s->args, json_object_get(seen, "json"),
                               on_event, w);
}

static int64_t next_pause(struct await *w) {
    if (w->woken)
        return SETTLE_MS;
    if (w->held_since_ms >= 0) {
        int64_t left = w->held_since_ms + w->stays_ms - clock_monotonic_ms();
        int64_t step = w->stays_ms / 4;
        int64_t pause = left < step ? left : step;
        return pause > 1 ? pause : 1;
    }
    if (w->watch && api_watch_is_open(w->watch))
        return PAUSE_WATCHED_MS;
    int64_t pause = w->pause_ms;
    w->pause_ms = pause * 3 / 2 < PAUSE_MAX_MS ? pause * 3 / 2 : PAUSE_MAX_MS;
    return pause;
}

/* Whether the answer is as wanted, and has been for long enough. */
static bool is_met(struct await *w, const json_t *seen) {
    predicate_difference_release(&w->difference);
    if (!predicate_holds(w->s->until, seen, &w->difference)) {
        if (w->held_since_ms >= 0 && w->stays_ms > 0)
            w->pause_ms = PAUSE_FIRST_MS;
        w->held_since_ms = -1;
        return false;
    }
    if (w->held_since_ms < 0)
        w->held_since_ms = clock_monotonic_ms();
    return clock_monotonic_ms() - w->held_since_ms >= w->stays_ms;
}

/* Whether nobody has known us for so long that it will not become better by waiting. */
static bool is_refused(struct await *w, const json_t *seen) {
    CLEANUP(str_freep) char *line = login_refused(w->s->args, seen);
    int64_t now = clock_monotonic_ms();
    if (!line)
        w->refused_since_ms = -1;
    else if (w->refused_since_ms < 0)
        w->refused_since_ms = now;
    return line && now - w->refused_since_ms >= w->refused_ms;
}

static void expire(struct step_run *s);

static void on_answer(void *self, const struct answer *answer) {
    struct await *w = self;
    struct step_run *s = w->s;
    free(w->problem);
    w->problem = NULL;
    if (answer->reason) {
        step_keep_seen(s, answer->seen);
        step_end(s, OUTCOME_ERROR, answer->reason, "the question can be asked", answer->text);
        return;
    }
    step_keep_seen(s, answer->seen);
    w->reached |= answer->reached;
    const char *problem = json_str(answer->seen, "problem", NULL);
    w->problem = problem ? xstrdup(problem) : NULL;
    if (is_met(w, answer->seen)) {
        step_end(s, OUTCOME_MET, NULL, NULL, NULL);
        return;
    }
    if (is_refused(w, answer->seen)) {
        expire(s);
        return;
    }
    if (answer->reached)
        keep_watching(w, answer->seen);
    loop_start(s->c->place->ask.loop, &w->again, next_pause(w), ask_again, w);
    w->woken = false;
}

static void ask_again(void *self) {
    struct await *w = self;
    struct step_run *s = w->s;
    if (!s->ended)
        step_ask_again(s, s->step->ask, s->args, on_answer, w);
}

static void begin(struct step_run *s) {
    const struct world *world = s->c->place->world;
    struct await *w = xcalloc(1, sizeof(*w));
    *w = (struct await){.s = s,
                        .pause_ms = PAUSE_FIRST_MS,
                        .held_since_ms = -1,
                        .refused_since_ms = -1,
                        .refused_ms = world->ops->span_ms(world->self, REFUSED_WORLD_MS),
                        .stays_ms = world->ops->span_ms(world->self, s->step->stays_ms)};
    s->state = w;
    ask_again(w);
}

static void expire(struct step_run *s) {
    struct await *w = s->state;
    struct buf wanted = BUF_INIT;
    predicate_describe(s->until, &wanted);
    if (!w->reached) {
        CLEANUP(str_freep)
        char *text = xasprintf("nothing answered in %.1f s%s%s", (double)s->real_ms / 1000,
                               w->problem ? ": " : "", w->problem ? w->problem : "");
        step_end(s, OUTCOME_ERROR, "timeout", buf_str(&wanted), text);
    } else {
        const char *last = w->difference.seen ? w->difference.seen : "it did not stay so";
        CLEANUP(str_freep)
        char *text =
            xasprintf("after %.1f s %s%s%s%s", (double)s->real_ms / 1000, last,
                      w->problem ? " (" : "", w->problem ? w->problem : "", w->problem ? ")" : "");
        step_end(s, OUTCOME_UNMET, NULL,
                 w->difference.expected ? w->difference.expected : buf_str(&wanted), text);
    }
    buf_release(&wanted);
}

static void stop(struct step_run *s) {
    struct await *w = s->state;
    if (!w)
        return;
    loop_stop(s->c->place->ask.loop, &w->again);
    api_watch_free(w->watch);
    predicate_difference_release(&w->difference);
    free(w->problem);
    free(w);
    s->state = NULL;
}

const struct step_ops step_await_ops = {.begin = begin, .expire = expire, .stop = stop};
