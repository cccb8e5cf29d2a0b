/*
 * The event loop of a mock process: one thread, libevent below. It also moves a world's clock:
 * sched_run_to() is called when the next timer is due, at real time times speed.
 */
#ifndef CONFED_SERVE_LOOP_H
#define CONFED_SERVE_LOOP_H

#include "harness/core/err.h"
#include "harness/core/sched.h"

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
void loop_stop(struct loop *l);
/* Calls fn(self, signal) from the loop. */
int loop_on_signal(struct loop *l, int signal_number, void (*fn)(void *self, int signal_number),
                   void *self, struct err *err);
/* Calls fn(self) once when the parent process has gone (the pipe or process id changed). */
int loop_on_parent_gone(struct loop *l, void (*fn)(void *self), void *self, struct err *err);

#endif
