/*
 * The event loop of a mock process: one thread, libevent below. It also moves a world's clock:
 * sched_run_to() is called when the next timer is due, at real time times speed.
 */
#ifndef CONFED_SERVE_LOOP_H
#define CONFED_SERVE_LOOP_H

#include "harness/core/err.h"
#include "harness/core/sched.h"

#include <sys/types.h>

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l);
DEFINE_OWNED(struct loop, loop)

struct event_base *loop_base(struct loop *l); /* borrowed */
/*
 * From now on the sched's clock follows real time, speed world milliseconds for each real one.
 * Timers started from any callback of the loop are noticed without further ado. One sched a loop.
 */
void loop_drive_sched(struct loop *l, struct sched *s, double speed);
/* Runs until loop_stop; ERR_IO when the loop cannot run. */
int loop_run(struct loop *l, struct err *err);
/* Runs callbacks until something happened, at most timeout_ms; for tests that play both ends. */
int loop_run_once(struct loop *l, int timeout_ms, struct err *err);
void loop_stop(struct loop *l);
/* Calls fn(self, signal) from the loop. */
int loop_on_signal(struct loop *l, int signal_number, void (*fn)(void *self, int signal_number),
                   void *self, struct err *err);
/* Calls fn(self) once when the parent process has gone (the pipe or process id changed). */
int loop_on_process_gone(struct loop *l, pid_t process, void (*fn)(void *self), void *self,
                         struct err *err);
int loop_on_parent_gone(struct loop *l, void (*fn)(void *self), void *self, struct err *err);

/*
 * Work put off until the callbacks of this turn of the loop are through: what was written in them
 * is sent with one system call, and what they closed is freed. Embedded, zero-initialised; asking
 * again before it ran is fine.
 */
struct loop_later {
    void (*fn)(void *self);
    void *self;
    struct loop_later *next, **place; /* place is NULL when it does not wait */
};
void loop_do_later(struct loop *l, struct loop_later *later, void (*fn)(void *self), void *self);
void loop_cancel_later(struct loop *l, struct loop_later *later); /* fine when it does not wait */

#endif
