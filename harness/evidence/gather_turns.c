/*
 * Who is asked when. Many questions are open at once, and few of one model or cluster, so that one
 * that hangs leaves places to the others.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/evidence/gather_parts.h"

enum { OF_ONE = 4 };

static int64_t left_ms(const struct gather *g) {
    int64_t left = g->begin_ms + g->o.time_ms - clock_monotonic_ms();
    return left > 1 ? left : 1;
}

void gather_turns_end(struct task *task) {
    struct gather *g = task->g;
    ask_free(task->ask);
    task->ask = NULL;
    task->state = TASK_ENDED;
    for (size_t i = 0; i < g->running; i++)
        if (g->open[i] == task) {
            g->open[i] = g->open[--g->running];
            break;
        }
}

static void on_task_deadline(struct task *task) {
    gather_turns_end(task);
    CLEANUP(str_freep)
    char *why =
        xasprintf("no answer after %.1f s", (double)(clock_monotonic_ms() - task->begin_ms) / 1000);
    gather_lost(task, "timeout", str_take(&why));
}

static void start(struct gather *g, struct task *task) {
    CLEANUP(json_freep) json_t *args = sources_args(task->source, g->visible, task->names);
    if (!args) {
        task->state = TASK_ENDED;
        gather_lost(task, "failed", xstrdup("its question cannot be formed"));
        return;
    }
    int64_t most = g->o.time_ms / 2, left = left_ms(g);
    task->state = TASK_RUNNING;
    task->begin_ms = clock_monotonic_ms();
    g->open[g->running++] = task;
    task->ask = ask_start(g->o.request->place, task->source->ask, args, NULL,
                          left < most ? left : most, gather_on_answer, task);
}

static size_t running_of(const struct gather *g, const char *subject) {
    size_t count = 0;
    for (size_t i = 0; i < g->running; i++)
        count += str_eq(g->open[i]->subject, subject) ? 1u : 0u;
    return count;
}

static void on_soon(void *self) {
    struct gather *g = self;
    gather_end(g);
    g->o.done(g->o.self, g->folder.used, clock_monotonic_ms() - g->begin_ms);
}

static void on_deadline(void *self);

/* Commands know no deadline of their own: the oldest that has had its time is let go. */
static void watch_oldest(struct gather *g) {
    int64_t next = left_ms(g), most = g->o.time_ms / 2, now = clock_monotonic_ms();
    for (size_t i = 0; i < g->running; i++) {
        int64_t until = g->open[i]->begin_ms + most - now;
        if (until < next)
            next = until > 0 ? until : 0;
    }
    loop_start(g->o.request->place->loop, &g->deadline, next, on_deadline, g);
}

void gather_turns_go_on(struct gather *g) {
    while (g->first && g->first->state != TASK_WAITING)
        g->first = g->first->next;
    bool waiting = false;
    for (struct task *t = g->first; t && !g->over && g->running < GATHER_AT_ONCE; t = t->next) {
        if (t->state == TASK_WAITING && running_of(g, t->subject) < OF_ONE)
            start(g, t);
        waiting = waiting || t->state == TASK_WAITING;
    }
    if (g->over)
        return;
    if (g->running == 0 && !waiting) {
        loop_stop(g->o.request->place->loop, &g->deadline);
        loop_start(g->o.request->place->loop, &g->soon, 0, on_soon, g);
        return;
    }
    watch_oldest(g); /* an answer comes back here */
}

static void on_deadline(void *self) {
    struct gather *g = self;
    int64_t now = clock_monotonic_ms();
    for (size_t i = g->running; i-- > 0;)
        if (now - g->open[i]->begin_ms >= g->o.time_ms / 2)
            on_task_deadline(g->open[i]);
    if (now - g->begin_ms >= g->o.time_ms)
        on_soon(g);
    else
        gather_turns_go_on(g);
}

void gather_turns_let_go(struct gather *g) {
    int64_t now = clock_monotonic_ms();
    while (g->running > 0)
        on_task_deadline(g->open[g->running - 1]);
    for (struct task *t = g->first; t; t = t->next)
        if (t->state == TASK_WAITING) {
            t->state = TASK_ENDED;
            gather_lost(t, "left-out",
                        xasprintf("the %.1f s were over before it was asked",
                                  (double)(now - g->begin_ms) / 1000));
        }
}
