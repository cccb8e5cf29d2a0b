#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"
#include "harness/core/rng.h"
#include "harness/core/sched.h"

struct probe {
    struct sched *s;
    struct buf log;
    struct sched_timer a, b, c;
};

static int setup(void **state) {
    struct probe *p = xcalloc(1, sizeof(*p));
    p->s = sched_new();
    p->log = (struct buf)BUF_INIT;
    *state = p;
    return 0;
}

static int teardown(void **state) {
    struct probe *p = *state;
    sched_free(p->s);
    buf_release(&p->log);
    free(p);
    return 0;
}

static void say_a(void *self) {
    struct probe *p = self;
    buf_addf(&p->log, "a@%d ", (int)sched_now_ms(p->s));
}

static void say_b_and_repeat(void *self) {
    struct probe *p = self;
    buf_addf(&p->log, "b@%d ", (int)sched_now_ms(p->s));
    sched_start(p->s, &p->b, 10, say_b_and_repeat, p);
}

static void sched__fires_in_order_at_the_moment_that_was_asked(void **state) {
    struct probe *p = *state;
    sched_start(p->s, &p->a, 25, say_a, p);
    sched_start(p->s, &p->b, 10, say_b_and_repeat, p);
    sched_start(p->s, &p->c, 20, say_a, p);
    assert_int_equal(sched_next_ms(p->s), 10);
    assert_int_equal(sched_advance(p->s, 30), 5);
    assert_string_equal(buf_str(&p->log), "b@10 a@20 b@20 a@25 b@30 ");
    assert_int_equal(sched_now_ms(p->s), 30);
}

static void sched__a_stopped_timer_does_not_fire(void **state) {
    struct probe *p = *state;
    sched_start(p->s, &p->a, 5, say_a, p);
    sched_stop(p->s, &p->a);
    sched_stop(p->s, &p->a);
    assert_int_equal(sched_next_ms(p->s), -1);
    assert_int_equal(sched_advance(p->s, 100), 0);
    sched_start(p->s, &p->a, 5, say_a, p);
    sched_start(p->s, &p->a, 50, say_a, p);
    sched_advance(p->s, 10);
    assert_string_equal(buf_str(&p->log), "");
}

struct many {
    struct sched *s;
    int64_t last_ms;
    int fired;
};

static void check_order(void *self) {
    struct many *m = self;
    assert_true(sched_now_ms(m->s) >= m->last_ms);
    m->last_ms = sched_now_ms(m->s);
    m->fired++;
}

static void sched__keeps_thousands_of_random_timers_in_order(void **state) {
    struct probe *p = *state;
    enum { COUNT = 5000 };
    static struct sched_timer timers[COUNT];
    struct many m = {.s = p->s};
    struct rng rng;
    rng_init(&rng, 3);
    for (int i = 0; i < COUNT; i++)
        sched_start(p->s, &timers[i], rng_below(&rng, 1000), check_order, &m);
    for (int i = 0; i < COUNT; i += 3)
        sched_stop(p->s, &timers[rng_below(&rng, COUNT)]);
    int running = 0;
    for (int i = 0; i < COUNT; i++)
        running += sched_is_running(&timers[i]);
    sched_advance(p->s, 2000);
    assert_int_equal(m.fired, running);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sched__fires_in_order_at_the_moment_that_was_asked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sched__a_stopped_timer_does_not_fire, setup, teardown),
        cmocka_unit_test_setup_teardown(sched__keeps_thousands_of_random_timers_in_order, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
