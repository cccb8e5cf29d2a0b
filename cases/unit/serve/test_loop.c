#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "mocks/serve/loop.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    struct loop *loop;
    struct sched *sched;
    struct sched_timer timer;
    struct loop_later later[3];
    int fired, order[3], signal_number;
    int64_t fired_at_ms;
};

static int setup(void **state) {
    struct world *w = calloc(1, sizeof(*w));
    w->loop = loop_new();
    w->sched = sched_new();
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    loop_free(w->loop);
    sched_free(w->sched);
    free(w);
    return 0;
}

static void run(struct world *w) {
    struct err err = {0};
    if (loop_run(w->loop, &err) < 0)
        fail_msg("%s", err.text);
}

static void tick(void *self) {
    struct world *w = self;
    w->fired_at_ms = sched_now_ms(w->sched);
    if (++w->fired == 10)
        loop_stop(w->loop);
    else
        sched_start(w->sched, &w->timer, 1000, tick, w);
}

static void loop__drives_a_sched_at_its_speed(void **state) {
    struct world *w = *state;
    sched_advance(w->sched, 500);
    sched_start(w->sched, &w->timer, 1000, tick, w);
    int64_t start = clock_monotonic_ms();
    loop_drive_sched(w->loop, w->sched, 1000); /* a second of the world each millisecond */
    run(w);
    int64_t took = clock_monotonic_ms() - start;
    assert_int_equal(w->fired, 10);
    assert_int_equal(w->fired_at_ms, 10500);
    assert_true(took >= 9);
}

static void first(void *self) {
    struct world *w = self;
    w->order[w->fired++] = 1;
}
static void second(void *self) {
    struct world *w = self;
    w->order[w->fired++] = 2;
    loop_cancel_later(w->loop, &w->later[2]);
    loop_stop(w->loop);
}

static void loop__what_was_put_off_runs_once_in_order_unless_cancelled(void **state) {
    struct world *w = *state;
    loop_do_later(w->loop, &w->later[0], first, w);
    loop_do_later(w->loop, &w->later[1], second, w);
    loop_do_later(w->loop, &w->later[0], first, w);
    loop_do_later(w->loop, &w->later[2], first, w);
    struct err err = {0};
    assert_int_equal(loop_run_once(w->loop, 1, &err), 0);
    assert_int_equal(w->fired, 2);
    assert_int_equal(w->order[0], 1);
    assert_int_equal(w->order[1], 2);
}

static void on_signal(void *self, int number) {
    struct world *w = self;
    w->signal_number = number;
    loop_stop(w->loop);
}

static void loop__signals_arrive_as_callbacks(void **state) {
    struct world *w = *state;
    struct err err = {0};
    assert_int_equal(loop_on_signal(w->loop, SIGUSR1, on_signal, w, &err), 0);
    raise(SIGUSR1);
    run(w);
    assert_int_equal(w->signal_number, SIGUSR1);
}

static void say_gone(void *self) {
    (void)!write(*(int *)self, "gone", 4);
    _exit(0);
}

/* The middle process ends when its own child says that it watches. */
static void middle_process(int out) {
    int ready[2];
    if (pipe(ready) < 0)
        _exit(1);
    if (fork() == 0) {
        struct loop *loop = loop_new();
        struct err err = {0};
        if (loop_on_parent_gone(loop, say_gone, &out, &err) < 0)
            _exit(1);
        (void)!write(ready[1], "r", 1);
        loop_run(loop, &err);
        _exit(1);
    }
    char byte;
    (void)!read(ready[0], &byte, 1);
    _exit(0);
}

static void loop__notices_that_the_parent_is_gone(void **state) {
    (void)state;
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t middle = fork();
    if (middle == 0)
        middle_process(out[1]);
    close(out[1]);
    assert_int_equal(waitpid(middle, NULL, 0), middle);
    struct pollfd p = {.fd = out[0], .events = POLLIN};
    char text[8] = "";
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_int_equal(read(out[0], text, sizeof(text) - 1), 4);
    assert_string_equal(text, "gone");
    close(out[0]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(loop__drives_a_sched_at_its_speed),
        CASE(loop__what_was_put_off_runs_once_in_order_unless_cancelled),
        CASE(loop__signals_arrive_as_callbacks),
        cmocka_unit_test(loop__notices_that_the_parent_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
