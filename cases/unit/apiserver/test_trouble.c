#include "cases/unit/apiserver/apiserver_fixture.h"

#include "mocks/fault/fault.h"

#define CMS "/api/v1/namespaces/default/configmaps"

static struct fault_table *faults;
static json_t *transcript; /* what was told, in order */

static void tell(void *self, const json_t *exchange) {
    (void)self;
    json_array_append_new(transcript, json_deep_copy(exchange));
}

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    faults = fault_table_new(1);
    transcript = json_array();
    fixture_start(f, &(struct apiserver_options){.name = "c1",
                                                 .service_cidr = "10.152.183.0/24",
                                                 .anonymous = true,
                                                 .faults = faults,
                                                 .transcript = tell});
    *state = f;
    return 0;
}

static int teardown(void **state) {
    (void)fixture_stop(state);
    fault_table_free(faults);
    json_decref(transcript);
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

static void assert_told_once(int status, const char *reason) {
    assert_int_equal(json_array_size(transcript), 1);
    const json_t *exchange = json_array_get(transcript, 0);
    assert_int_equal(json_int(exchange, -1, "status", NULL), status);
    assert_string_equal(json_str(exchange, "path", NULL), CMS);
    const char *said = json_str(exchange, "reason", NULL);
    assert_string_equal(said ? said : "", reason);
    json_array_clear(transcript);
}

static void transcript__tells_a_delayed_request_once_with_its_answer(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "list configmaps delay=500", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    assert_int_equal(json_array_size(transcript), 0);
    sched_advance(f->sched, 500);
    assert_told_once(200, "");
    sched_advance(f->sched, 500);
    assert_int_equal(json_array_size(transcript), 0);
}

static void transcript__tells_once_that_nobody_waited_for_the_answer(void **state) {
    struct fixture *f = *state;
    static const char *const rules[] = {"list configmaps delay=500 count=1",
                                        "list configmaps drop count=1"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fault_table_add(faults, rules[i], NULL), 0);
        assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
        assert_int_equal(json_array_size(transcript), 0);
        memory_exchange_free(memory_exchange_take(&f->exchange));
        assert_told_once(0, "Closed");
        sched_advance(f->sched, 1000);
        assert_int_equal(json_array_size(transcript), 0);
    }
    assert_int_equal(fault_table_add(faults, "list configmaps reset count=1", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    assert_told_once(0, "Reset");
}

static void transcript__tells_once_of_what_a_server_that_ends_still_holds(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "list configmaps drop", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 0);
    apiserver_free(f->api);
    f->api = NULL;
    assert_told_once(0, "Closed");
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

static const char one[] = "{\"metadata\":{\"name\":\"one\"},\"data\":{\"k\":\"v\"}}";

static void fault__truncate_sends_the_first_bytes_of_what_it_announces(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    assert_int_equal(fault_table_add(faults, "get configmaps truncate=7 count=1", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
    assert_true(f->exchange->aborted);
    assert_string_equal(buf_str(&f->exchange->body), "{\"kind\"");
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
    assert_false(f->exchange->aborted);
}

static void fault__truncate_breaks_a_watch_off_and_the_server_lets_it_go(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "watch configmaps truncate=7", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS "?watch=true", NULL, NULL), 200);
    struct memory_exchange *watch = memory_exchange_take(&f->exchange);
    assert_true(watch->streaming);
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    assert_int_equal(wire(f, "DELETE", CMS "/one", NULL, NULL), 200);
    assert_string_equal(buf_str(&watch->body), "{\"type\"");
    assert_true(watch->aborted);
    sched_advance(f->sched, 0);
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    memory_exchange_free(watch);
}

static void fault__garble_answers_other_values_and_keeps_what_is_stored(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    assert_int_equal(fault_table_add(faults, "get configmaps garble count=1", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"kind\":\"ConfigMap\""));
    assert_null(strstr(buf_str(&f->exchange->body), "\"name\":\"one\""));
    assert_null(strstr(buf_str(&f->exchange->body), "\"k\":\"v\""));
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"k\":\"v\""));
}

static void fault__stale_answers_from_before_the_last_change(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    assert_int_equal(fault_table_add(faults, "get configmaps stale count=2", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS, NULL, NULL), 200);
    assert_null(strstr(buf_str(&f->exchange->body), "\"one\""));
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 404);
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
}

static void fault__conflict_is_one_of_the_object_and_changes_nothing(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", CMS, NULL, one), 201);
    assert_int_equal(fault_table_add(faults, "put configmaps conflict count=1", NULL), 0);
    static const char two[] = "{\"metadata\":{\"name\":\"one\"},\"data\":{\"k\":\"two\"}}";
    assert_int_equal(wire(f, "PUT", CMS "/one", NULL, two), 409);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"reason\":\"Conflict\""));
    assert_int_equal(wire(f, "GET", CMS "/one", NULL, NULL), 200);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"k\":\"v\""));
    assert_int_equal(wire(f, "PUT", CMS "/one", NULL, two), 200);
}

static void fault__close_ends_a_watch_after_a_second_of_the_world(void **state) {
    struct fixture *f = *state;
    assert_int_equal(fault_table_add(faults, "watch configmaps close", NULL), 0);
    assert_int_equal(wire(f, "GET", CMS "?watch=true&timeoutSeconds=600", NULL, NULL), 200);
    sched_advance(f->sched, 999);
    assert_true(f->exchange->streaming);
    sched_advance(f->sched, 1);
    assert_true(f->exchange->ended);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(fault__status_is_answered_as_often_as_its_rule_says),
        TEST(fault__delay_passes_on_the_clock_of_the_world),
        TEST(transcript__tells_a_delayed_request_once_with_its_answer),
        TEST(transcript__tells_once_that_nobody_waited_for_the_answer),
        TEST(transcript__tells_once_of_what_a_server_that_ends_still_holds),
        TEST(fault__reset_and_drop_give_no_answer),
        TEST(fault__compact_makes_an_older_watch_relist),
        TEST(fault__truncate_sends_the_first_bytes_of_what_it_announces),
        TEST(fault__truncate_breaks_a_watch_off_and_the_server_lets_it_go),
        TEST(fault__garble_answers_other_values_and_keeps_what_is_stored),
        TEST(fault__stale_answers_from_before_the_last_change),
        TEST(fault__conflict_is_one_of_the_object_and_changes_nothing),
        TEST(fault__close_ends_a_watch_after_a_second_of_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
