/*
 * What the driver waits with: descriptors, timers in real milliseconds, and the HTTP pool, in one
 * thread. Nothing else of the driver blocks.
 */
#ifndef CONFED_DRIVER_LOOP_H
#define CONFED_DRIVER_LOOP_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "harness/core/sched.h"
#include "harness/net/http_client.h"

#include <stdint.h>

/* Embedded in what it belongs to; zero-initialised means not watched. */
struct loop_fd {
    int fd;
    short events;
    void (*fn)(void *self, short revents);
    void *self;
    size_t place; /* in the loop's list, from 1; 0 when not watched */
};

struct loop;
struct loop *loop_new(void);
void loop_free(struct loop *l);
DEFINE_OWNED(struct loop, loop)

void loop_watch(struct loop *l, struct loop_fd *f, int fd, short events,
                void (*fn)(void *self, short revents), void *self);
void loop_unwatch(struct loop *l, struct loop_fd *f); /* fine when it is not watched */
/* Starts or restarts a timer that is due in delay_ms from now. */
void loop_start(struct loop *l, struct sched_timer *t, int64_t delay_ms, sched_fn *fn, void *self);
void loop_stop(struct loop *l, struct sched_timer *t);
struct http_pool *loop_pool(struct loop *l); /* borrowed */
/* What must end before the loop may be freed (processes that are not reaped): +1, -1. */
void loop_hold(struct loop *l, int change);
size_t loop_held(const struct loop *l);
/* Waits for the next thing, at most wait_ms, and runs what it calls for. */
int loop_turn(struct loop *l, int wait_ms, struct err *err);

#endif
