#include "harness/driver/loop.h"
#include "harness/core/clock.h"

#include <poll.h>
#include <stdlib.h>

struct loop {
    struct sched *sched;
    struct http_pool *pool;
    int64_t begin_ms;
    struct loop_fd **watched; /* borrowed elements; NULL where one was taken out */
    size_t count, cap;
    struct pollfd *fds;
    size_t fds_cap;
    size_t held;
};

struct loop *loop_new(void) {
    struct loop *l = xcalloc(1, sizeof(*l));
    l->sched = sched_new();
    l->pool = http_pool_new();
    l->begin_ms = clock_monotonic_ms();
    return l;
}

void loop_free(struct loop *l) {
    if (!l)
        return;
    http_pool_free(l->pool);
    sched_free(l->sched);
    free(l->watched);
    free(l->fds);
    free(l);
}

void loop_watch(struct loop *l, struct loop_fd *f, int fd, short events,
                void (*fn)(void *self, short revents), void *self) {
    loop_unwatch(l, f);
    *f = (struct loop_fd){.fd = fd, .events = events, .fn = fn, .self = self};
    l->watched = xgrow(l->watched, l->count, &l->cap, sizeof(struct loop_fd *));
    l->watched[l->count++] = f;
    f->place = l->count;
}

void loop_unwatch(struct loop *l, struct loop_fd *f) {
    if (f->place == 0)
        return;
    l->watched[f->place - 1] = NULL; /* closed up at the next turn: one may be running now */
    f->place = 0;
}

void loop_start(struct loop *l, struct sched_timer *t, int64_t delay_ms, sched_fn *fn, void *self) {
    /* The timers' clock stands still between turns: count from the real now. */
    int64_t lag = clock_monotonic_ms() - l->begin_ms - sched_now_ms(l->sched);
    sched_start(l->sched, t, delay_ms + (lag > 0 ? lag : 0), fn, self);
}

void loop_stop(struct loop *l, struct sched_timer *t) {
    sched_stop(l->sched, t);
}

struct http_pool *loop_pool(struct loop *l) {
    return l->pool;
}

void loop_hold(struct loop *l, int change) {
    l->held += (size_t)change;
}

size_t loop_held(const struct loop *l) {
    return l->held;
}

static void close_up(struct loop *l) {
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (!l->watched[i])
            continue;
        l->watched[count++] = l->watched[i];
        l->watched[count - 1]->place = count;
    }
    l->count = count;
}

static int wait_for(const struct loop *l, int wait_ms) {
    int64_t next = sched_next_ms(l->sched);
    if (next < 0)
        return wait_ms;
    int64_t until = next - (clock_monotonic_ms() - l->begin_ms);
    if (until < 0)
        return 0;
    return until < wait_ms ? (int)until : wait_ms;
}

int loop_turn(struct loop *l, int wait_ms, struct err *err) {
    close_up(l);
    size_t count = l->count;
    if (l->fds_cap < count) {
        l->fds = xrealloc(l->fds, count * sizeof(*l->fds));
        l->fds_cap = count;
    }
    for (size_t i = 0; i < count; i++)
        l->fds[i] = (struct pollfd){.fd = l->watched[i]->fd, .events = l->watched[i]->events};
    int rc = http_pool_wait(l->pool, l->fds, count, wait_for(l, wait_ms), err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        if (l->fds[i].revents && l->watched[i])
            l->watched[i]->fn(l->watched[i]->self, l->fds[i].revents);
    (void)sched_run_to(l->sched, clock_monotonic_ms() - l->begin_ms);
    return 0;
}
