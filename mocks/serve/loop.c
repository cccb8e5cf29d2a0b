#include "mocks/serve/loop.h"

#include "harness/core/clock.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PARENT_POLL_MS = 500, SIGNALS_MAX = 8, TURNS_LATER_MAX = 1000, DAY_MS = 86400000 };

struct loop_signal {
    struct event *event;
    void (*fn)(void *self, int signal_number);
    void *self;
};

struct loop {
    struct event_base *base;
    struct event *tick; /* the world's next timer */
    struct sched *sched;
    double speed;
    int64_t real_start_us, world_start_ms;
    int64_t armed_ms; /* the world time that tick is set to; -1: not set */
    bool stopped;

    struct loop_later *later, **later_end;

    struct loop_signal signals[SIGNALS_MAX];
    size_t signal_count;

    pid_t parent;
    int parent_fd;
    struct event *parent_event;
    void (*parent_gone)(void *self);
    void *parent_self;
};

/* The loop looks at the sched before each turn: the event only has to end the wait. */
static void on_tick(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    ((struct loop *)self)->armed_ms = -1;
}

struct loop *loop_new(void) {
    struct loop *l = xcalloc(1, sizeof(*l));
    /* A client that went away is an error of its write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    struct event_config *config = event_config_new();
    assert(config);
    /* Timers of the world are in milliseconds, often one or two of them. */
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    l->base = event_base_new_with_config(config);
    event_config_free(config);
    assert(l->base);
    l->tick = evtimer_new(l->base, on_tick, l);
    assert(l->tick);
    l->later_end = &l->later;
    l->armed_ms = -1;
    l->parent_fd = -1;
    return l;
}

void loop_do_later(struct loop *l, struct loop_later *later, void (*fn)(void *self), void *self) {
    later->fn = fn;
    later->self = self;
    if (later->place)
        return;
    later->next = NULL;
    later->place = l->later_end;
    *l->later_end = later;
    l->later_end = &later->next;
}

void loop_cancel_later(struct loop *l, struct loop_later *later) {
    if (!later->place)
        return;
    *later->place = later->next;
    if (later->next)
        later->next->place = later->place;
    else
        l->later_end = later->place;
    later->place = NULL;
}

/* Bounded, so that work that puts itself off again does not starve the sockets. */
static void run_later(struct loop *l, size_t turns_max) {
    while (l->later && turns_max-- > 0) {
        struct loop_later *first = l->later;
        loop_cancel_later(l, first);
        first->fn(first->self);
    }
}

void loop_free(struct loop *l) {
    if (!l)
        return;
    run_later(l, SIZE_MAX);
    event_free(l->tick);
    for (size_t i = 0; i < l->signal_count; i++)
        event_free(l->signals[i].event);
    if (l->parent_event)
        event_free(l->parent_event);
    if (l->parent_fd >= 0)
        close(l->parent_fd);
    event_base_free(l->base);
    free(l);
}

struct event_base *loop_base(struct loop *l) {
    return l->base;
}

void loop_drive_sched(struct loop *l, struct sched *s, double speed) {
    assert(speed > 0);
    l->sched = s;
    l->speed = speed;
    l->real_start_us = clock_monotonic_us();
    l->world_start_ms = sched_now_ms(s);
}

static void drive(struct loop *l) {
    if (!l->sched)
        return;
    double real_ms = (double)(clock_monotonic_us() - l->real_start_us) / 1000.0;
    int64_t world_ms = l->world_start_ms + (int64_t)(real_ms * l->speed);
    sched_run_to(l->sched, world_ms);
    /* What the timers wrote goes out before the wait, and may start timers in its turn. */
    run_later(l, TURNS_LATER_MAX);

    int64_t next_ms = sched_next_ms(l->sched);
    if (next_ms == l->armed_ms)
        return;
    l->armed_ms = next_ms;
    if (next_ms < 0) {
        evtimer_del(l->tick);
        return;
    }
    /* At most a day: woken too early, it is armed again. One microsecond more, against rounding. */
    double wait_ms = (double)(next_ms - l->world_start_ms) / l->speed - real_ms;
    int64_t wait_us = wait_ms > DAY_MS ? (int64_t)DAY_MS * 1000 : (int64_t)(wait_ms * 1000) + 1;
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = {.tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000};
    evtimer_add(l->tick, &wait);
}

static int turn(struct loop *l, int flags, struct err *err) {
    run_later(l, TURNS_LATER_MAX);
    drive(l);
    if (l->stopped)
        return 0; /* by a timer: libevent forgets a break that comes before its loop */
    if (l->later)
        flags |= EVLOOP_NONBLOCK;
    if (event_base_loop(l->base, flags) < 0)
        return err_errno(err, "the event loop failed");
    run_later(l, TURNS_LATER_MAX);
    return 0;
}

int loop_run(struct loop *l, struct err *err) {
    l->stopped = false;
    while (!l->stopped) {
        int r = turn(l, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static void on_timeout(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    (void)self;
}

int loop_run_once(struct loop *l, int timeout_ms, struct err *err) {
    struct event *timeout = evtimer_new(l->base, on_timeout, l);
    assert(timeout);
    struct timeval wait = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    evtimer_add(timeout, &wait);
    l->stopped = false;
    int r = turn(l, EVLOOP_ONCE, err);
    event_free(timeout);
    return r;
}

void loop_stop(struct loop *l) {
    l->stopped = true;
    event_base_loopbreak(l->base);
}

static void on_signal(evutil_socket_t number, short what, void *self) {
    (void)what;
    struct loop_signal *s = self;
    s->fn(s->self, (int)number);
}

int loop_on_signal(struct loop *l, int signal_number, void (*fn)(void *self, int signal_number),
                   void *self, struct err *err) {
    if (l->signal_count == SIGNALS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d signals to watch", SIGNALS_MAX);
    struct loop_signal *s = &l->signals[l->signal_count];
    s->fn = fn;
    s->self = self;
    s->event = evsignal_new(l->base, signal_number, on_signal, s);
    if (!s->event || evsignal_add(s->event, NULL) < 0) {
        if (s->event)
            event_free(s->event);
        return err_errno(err, "cannot watch signal %d", signal_number);
    }
    l->signal_count++;
    return 0;
}

static void on_parent(evutil_socket_t fd, short what, void *self) {
    struct loop *l = self;
    (void)what;
    if (fd < 0 && kill(l->parent, 0) == 0)
        return; /* a poll that found it alive */
    event_del(l->parent_event);
    l->parent_gone(l->parent_self);
}

/*
 * A descriptor of the parent becomes readable when it ends; PR_SET_PDEATHSIG would miss a parent
 * that ended before the call, and follows the parent's thread rather than its process. Where there
 * is no pidfd, the parent's id is polled.
 */
int loop_on_process_gone(struct loop *l, pid_t process, void (*fn)(void *self), void *self,
                         struct err *err) {
    assert(!l->parent_event);
    l->parent_gone = fn;
    l->parent_self = self;
    l->parent = process;
    l->parent_fd = (int)syscall(SYS_pidfd_open, l->parent, 0u);
    struct timeval period = {.tv_sec = 0, .tv_usec = PARENT_POLL_MS * 1000};
    bool by_fd = l->parent_fd >= 0;
    l->parent_event =
        event_new(l->base, l->parent_fd, (short)(by_fd ? EV_READ : EV_PERSIST), on_parent, l);
    if (!l->parent_event || event_add(l->parent_event, by_fd ? NULL : &period) < 0)
        return err_errno(err, "cannot watch the process %d", (int)l->parent);
    return 0;
}

int loop_on_parent_gone(struct loop *l, void (*fn)(void *self), void *self, struct err *err) {
    pid_t parent = getppid();
    int rc = loop_on_process_gone(l, parent, fn, self, err);
    if (rc == 0 && getppid() != parent) /* it ended in between: the id may be another's by now */
        event_active(l->parent_event, EV_READ, 0);
    return rc;
}
