#include "cases/unit/apiserver/apiserver_fixture.h"

#include "mocks/fault/fault.h"

#define CMS "/api/v1/namespaces/default/configmaps"

static struct fault_table *faults;

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    faults = fault_table_new(1);
    fixture_start(f, &(struct apiserver_options){.name = "c1",
                                                 .service_cidr = "10.152.183.0/24",
                                                 .anonymous = true,
                                                 .faults = faults});
    *state = f;
    return 0;
}

static int teardown(void **state) {
    (void)fixture_stop(state);
    fault_table_free(faults);
    return 0;
}

static void fault__status_is_answered_as_often_as_its_rule_says(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "list * status=429 retry-after=7 count=1", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 429);
    assert_string_equal(http_headers_get(&f->exchange->headers, "Retry-After"), "7");
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 200);
}

static void fault__delay_passes_on_the_clock_of_the_world(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "list configmaps delay=500", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    sched_advance(f->sched, 499);
    assert_int_equal(f->exchange->status, 0);
    sched_advance(f->sched, 1);
    assert_int_equal(f->exchange->status, 200);
}

static void fault__reset_and_drop_give_no_answer(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "list configmaps reset count=1", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    assert_true(f->exchange->aborted);
    assert_int_equal(fault_table_add(faults, "list configmaps drop", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    assert_false(f->exchange->aborted);
}

static void fault__compact_makes_an_older_watch_relist(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "watch configmaps compact", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS "?watch=true&resourceVersion=2", NULL, NULL), 200);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"code\":410"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fault__status_is_answered_as_often_as_its_rule_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(fault__delay_passes_on_the_clock_of_the_world, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(fault__reset_and_drop_give_no_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(fault__compact_makes_an_older_watch_relist, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
