/*
 * Timers on the world's clock. A part of the world never sleeps and never asks for the time: it
 * starts timers here, in milliseconds of the world. A test moves the clock by hand and so runs
 * through hours in no time; the running world moves it by the monotonic clock times its speed.
 *
 * Timers are embedded in the structures that they belong to, zero-initialised. Timers due at the
 * same moment fire in the order in which they were started.
 *
 *     sched_start(sched, &controller->resync, 30000, on_resync, controller);
 *     sched_advance(sched, 30000);               on_resync(controller) has run
 */
#ifndef CONFED_CORE_SCHED_H
#define CONFED_CORE_SCHED_H

#include "harness/core/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void sched_fn(void *self);

struct sched_timer {
    int64_t at_ms;
    uint64_t order;
    sched_fn *fn;
    void *self;
    size_t place; /* in the heap, from 1; 0 when not running */
};

struct sched;
struct sched *sched_new(void);    /* the clock starts at 0 */
void sched_free(struct sched *s); /* running timers are forgotten */
DEFINE_OWNED(struct sched, sched)

int64_t sched_now_ms(const struct sched *s);
/* Starts or restarts the timer; a delay of 0 means as soon as the current callback is through. */
void sched_start(struct sched *s, struct sched_timer *t, int64_t delay_ms, sched_fn *fn,
                 void *self);
void sched_stop(struct sched *s, struct sched_timer *t); /* fine when it is not running */
static inline bool sched_is_running(const struct sched_timer *t) {
    return t->place != 0;
}
/* When the next timer is due, in world milliseconds; -1 when none runs. */
int64_t sched_next_ms(const struct sched *s);
/*
 * Moves the clock to now_ms (never back) firing what becomes due on the way, each with the clock
 * at its own moment. Returns how many fired.
 */
size_t sched_run_to(struct sched *s, int64_t now_ms);
static inline size_t sched_advance(struct sched *s, int64_t by_ms) {
    return sched_run_to(s, sched_now_ms(s) + by_ms);
}

#endif
