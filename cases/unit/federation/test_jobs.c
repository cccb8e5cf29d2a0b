#include "cases/unit/federation/fed_world.h"

#define JOB                                                                             \
    "{\"spec\":{\"parallelism\":4,\"template\":{\"spec\":{\"restartPolicy\":\"Never\"," \
    "\"containers\":[{\"name\":\"a\",\"image\":\"a\"}]}}}}"
#define COMPLETE(at) "\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"," AT(at) "}]"
#define FAILED(at) "\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\"," AT(at) "}]"
#define AT(at) "\"lastTransitionTime\":\"2017-10-01T12:" at "Z\""

static int start(void **state) {
    struct fed_world *w = fed_world_new("1.6.2", 2, "jobs-stay-federated=off");
    fed_world_run(w, 30);
    assert_int_equal(fed_world_create(w, "jobs", "default", "x", JOB), 201);
    fed_world_run(w, 15);
    *state = w;
    return 0;
}

static int stop(void **state) {
    fed_world_free(*state);
    return 0;
}

static void jobs__pods_are_added_up_ten_seconds_later(void **state) {
    struct fed_world *w = *state;
    fed_world_expect_status(w, "jobs", "");
    fed_member_say(&w->members[0], "jobs", "\"active\":1,\"succeeded\":2");
    fed_member_say(&w->members[1], "jobs", "\"active\":2,\"failed\":3");
    fed_world_run(w, 9);
    fed_world_expect_status(w, "jobs", "");
    fed_world_run(w, 2);
    fed_world_expect_status(w, "jobs", "\"active\":3,\"succeeded\":2,\"failed\":3");
}

static void jobs__the_first_start_and_the_last_completion_count(void **state) {
    struct fed_world *w = *state;
    fed_member_say(
        &w->members[0], "jobs",
        "\"startTime\":\"2017-10-01T12:00:07Z\",\"completionTime\":\"2017-10-01T12:02:00Z\"");
    fed_member_say(
        &w->members[1], "jobs",
        "\"startTime\":\"2017-10-01T12:00:05Z\",\"completionTime\":\"2017-10-01T12:01:00Z\"");
    fed_world_run(w, 11);
    fed_world_expect_status(w, "jobs",
                            "\"startTime\":\"2017-10-01T12:00:05Z\","
                            "\"completionTime\":\"2017-10-01T12:02:00Z\"");
}

static void jobs__one_that_completed_makes_all_complete_and_one_that_failed_all_fail(void **state) {
    struct fed_world *w = *state;
    fed_member_say(&w->members[0], "jobs", COMPLETE("01:00"));
    fed_world_run(w, 11);
    fed_world_expect_status(w, "jobs", COMPLETE("01:00"));
    fed_member_say(&w->members[1], "jobs", COMPLETE("02:00"));
    fed_world_run(w, 11);
    fed_world_expect_status(w, "jobs", COMPLETE("02:00"));
    fed_member_say(&w->members[0], "jobs", FAILED("01:30"));
    fed_world_run(w, 11);
    fed_world_expect_status(w, "jobs", FAILED("01:30"));
}

static void jobs__what_a_member_said_while_it_was_away_is_listed_when_it_is_back(void **state) {
    struct fed_world *w = *state;
    w->members[0].down = true;
    fed_world_run(w, 40);
    fed_member_say(&w->members[0], "jobs", "\"active\":2");
    fed_world_run(w, 1);
    w->members[0].down = false;
    fed_world_run(w, 60);
    fed_world_expect_status(w, "jobs", "\"active\":2");
}

static void jobs__members_that_are_not_ready_do_not_count(void **state) {
    struct fed_world *w = *state;
    fed_member_say(&w->members[0], "jobs", "\"active\":1");
    fed_member_say(&w->members[1], "jobs", "\"active\":2");
    fed_world_run(w, 11);
    fed_world_expect_status(w, "jobs", "\"active\":3");
    w->members[1].down = true;
    fed_world_run(w, 120);
    fed_world_expect_status(w, "jobs", "\"active\":1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(jobs__pods_are_added_up_ten_seconds_later),
        TEST(jobs__the_first_start_and_the_last_completion_count),
        TEST(jobs__one_that_completed_makes_all_complete_and_one_that_failed_all_fail),
        TEST(jobs__what_a_member_said_while_it_was_away_is_listed_when_it_is_back),
        TEST(jobs__members_that_are_not_ready_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
