#include "cases/unit/support/unit.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

/*
 * A juju whose model goes through looks, one "workload agent" a look ("\\n" behind each), and then
 * stays as last says. "gone": the controller does not answer; "hang": juju waits for it. It prints
 * warnings around its JSON.
 */
static void juju(struct driver_fixture *f, const char *looks, const char *last) {
    char script[4000];
    (void)snprintf(
        script, sizeof(script),
        "#!/bin/sh\n"
        "[ \"$*\" = 'status -m f1 --format=json' ] || exit 2\n"
        "n=$(cat \"$TMPDIR/n\" 2>/dev/null || echo 0)\n"
        "n=$((n + 1)); echo $n >\"$TMPDIR/n\"\n"
        "line=$(printf '%s' | sed -n \"${n}p\")\n"
        "set -- ${line:-%s}\n"
        "[ $1 != hang ] || exec sleep 60\n"
        "[ $1 != gone ] || { echo 'ERROR unable to connect to API' >&2; exit 1; }\n"
        "echo 'WARNING: a newer version of juju exists'\n"
        "echo \"{\\\"model\\\": {\\\"name\\\": \\\"f1\\\"}, \\\"applications\\\": {\\\"etcd\\\": "
        "{\\\"application-status\\\": {\\\"current\\\": \\\"$1\\\"}, \\\"units\\\": "
        "{\\\"etcd/0\\\": {\\\"workload-status\\\": {\\\"current\\\": \\\"$1\\\"}, "
        "\\\"juju-status\\\": {\\\"current\\\": \\\"$2\\\"}}}}}}\"\n"
        "echo 'WARNING: and so on'\n",
        looks, last);
    driver_fixture_program(f, "juju", script);
}

static const json_t *settle_within(struct driver_fixture *f, const char *deadline,
                                   const char *args) {
    static char text[500];
    (void)snprintf(text, sizeof(text),
                   "id: t.a\ntitle: t\ndeadline: %s\nsteps:\n  - settle: {model: f1%s}\n", deadline,
                   args);
    const char *const cases[] = {text, NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    return driver_fixture_event(f, "step-end", "t.a", 0);
}

static const json_t *settle(struct driver_fixture *f, const char *args) {
    return settle_within(f, "10m", args);
}

static void settle__looks_again_when_all_seems_active(void **state) {
    struct driver_fixture *f = *state;
    /* Active before the first hook, then it runs: the four looks at the end are what counts. */
    juju(f, "waiting allocating\\nactive idle\\nactive idle\\nmaintenance executing\\n",
         "active idle");
    const json_t *end = settle(f, ", looks: 4, for: 1s");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_int_equal(json_int(end, 0, "attempts", NULL), 8);
    /* How long it took is counted until it was settled for good: three looks are behind that. */
    assert_true(json_int(end, 0, "waited", "etcd/0", NULL) < json_int(end, 0, "elapsed_ms", NULL));
    assert_string_equal(json_str(driver_fixture_event(f, "step-progress", "t.a", 0), "text", NULL),
                        "settled; looking again");
}

static void settle__stays_quiet_for_as_long_as_it_is_told(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "", "active idle");
    const json_t *end = settle(f, ", looks: 1, for: 5m"); /* 300 ms here */
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_true(json_int(end, 0, "elapsed_ms", NULL) >= 300);
}

static void settle__forgives_what_juju_mends_by_trying_again(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "error idle\\nerror idle\\n", "active idle");
    const json_t *end = settle(f, ", looks: 1, for: 1s, broken_for: 1h");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
}

static void settle__ends_early_when_something_stays_broken(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "maintenance executing\\n", "error idle");
    const json_t *end = settle(f, ", broken_for: 50s"); /* 50 ms here, of 20 s */
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_non_null(strstr(json_str(end, "seen", NULL), "etcd/0 is error, agent idle"));
    assert_true(json_int(end, 0, "elapsed_ms", NULL) < 15000);
}

static void settle__survives_a_controller_that_is_away_for_a_while(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "active idle\\ngone\\ngone\\n", "active idle");
    const json_t *end = settle(f, ", looks: 2, for: 1s, silent_for: 1h");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_int_equal(json_int(end, 0, "attempts", NULL), 5);
}

static void settle__gives_a_look_that_hangs_up_and_looks_again(void **state) {
    struct driver_fixture *f = *state;
    f->scaled = true;
    juju(f, "active idle\\nhang\\n", "active idle");
    const json_t *end = settle_within(f, "5h", ", looks: 2, for: 1s, answer: 30m");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_int_equal(json_int(end, 0, "attempts", NULL), 4);
}

static void settle__tells_a_controller_that_is_gone_from_a_model_that_waits(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 3000; /* enough for one answer, however busy the machine is */
    juju(f, "", "gone");
    const json_t *end = settle(f, ", silent_for: 1h");
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_string_equal(json_str(end, "reason", NULL), "timeout");
    assert_non_null(strstr(json_str(end, "seen", NULL), "unable to connect to API"));
}

static void settle__does_not_wait_for_a_controller_that_stays_away(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "active idle\n", "gone");
    const json_t *end = settle(f, ", looks: 2, for: 1s, silent_for: 50s"); /* 50 ms here, of 20 s */
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_string_equal(json_str(end, "reason", NULL), "environment");
    assert_non_null(strstr(json_str(end, "seen", NULL), "unable to connect to API"));
    assert_true(json_int(end, 0, "elapsed_ms", NULL) < 15000);
}

/*
 * A juju of a dialect that has wait-for, which does what the words say (a line of sh), and whose
 * model is active from the third look on. Answers how often it was waited for.
 */
static const json_t *settle_with_wait_for(struct driver_fixture *f, const char *words,
                                          int64_t *ret_waits) {
    char script[2000];
    (void)snprintf(
        script, sizeof(script),
        "if [ $1 = wait-for ]; then\n"
        "  echo w >>\"$TMPDIR/waits\"\n"
        "  [ \"$2 $3 $JUJU_MODEL\" = 'model f1 f1' ] || exit 2\n"
        "  %s\n"
        "fi\n"
        "echo l >>\"$TMPDIR/looks\"\n"
        "case $(wc -l <\"$TMPDIR/looks\") in 1|2) s=waiting ;; *) s=active ;; esac\n"
        "echo \"{\\\"model\\\": {\\\"name\\\": \\\"f1\\\"}, \\\"applications\\\": {\\\"etcd\\\": "
        "{\\\"application-status\\\": {\\\"current\\\": \\\"$s\\\"}, \\\"units\\\": "
        "{\\\"etcd/0\\\": {\\\"workload-status\\\": {\\\"current\\\": \\\"$s\\\"}, "
        "\\\"juju-status\\\": {\\\"current\\\": \\\"idle\\\"}}}}}}\"\n",
        words);
    driver_fixture_program(f, "juju", script);
    const json_t *end = settle_within(f, "5h", ", looks: 1, for: 1s");
    char *path = fs_join(f->run_dir, "work/tmp/waits");
    struct buf waits = BUF_INIT;
    *ret_waits = fs_read(path, &waits, NULL) == 0 ? (int64_t)waits.len / 2 : 0;
    buf_release(&waits);
    free(path);
    return end;
}

static void settle__sleeps_in_wait_for_where_juju_has_it(void **state) {
    static const struct {
        const char *name, *dialect, *words;
        int64_t waits;
        bool hangs;
    } rows[] = {
        {"it tells that all is settled", "wait-for", "exit 0", 2, false},
        {"its time is over", "wait-for",
         "echo 'ERROR timed out waiting for \"f1\" to reach goal state' >&2; exit 1", 2, false},
        {"it fails: the clock is used from then on", "wait-for",
         "echo 'ERROR cannot parse' >&2; exit 1", 1, false},
        {"it hangs: the clock is used from then on", "wait-for", "exec sleep 60", 1, true},
        {"it dies", "wait-for", "kill -9 $$", 1, false},
        {"an old juju has none", "", "exit 0", 0, false},
    };
    struct driver_fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t waits;
        assert_int_equal(driver_fixture_teardown(state), 0);
        assert_int_equal(driver_fixture_setup(state), 0);
        f = *state;
        f->scaled = rows[i].hangs; /* else a wait-for has long enough on a busy machine */
        json_object_set_new(f->facts, "juju", json_pack("{s:s}", "wait_for", rows[i].dialect));
        const json_t *end = settle_with_wait_for(f, rows[i].words, &waits);
        bool as_often =
            waits == rows[i].waits || (rows[i].hangs && waits == 0); /* ended too soon */
        if (!str_eq(json_str(end, "outcome", NULL), "met") || !as_often)
            fail_msg("%s: %s, waited for %d times", rows[i].name, json_str(end, "outcome", NULL),
                     (int)waits);
    }
}

static void settle__says_who_is_still_waited_for(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 3000; /* enough for one answer, however busy the machine is */
    juju(f, "", "blocked idle");
    const json_t *end = settle(f, "");
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_non_null(strstr(json_str(end, "seen", NULL), "etcd/0 is blocked, agent idle"));
}

int main(void) {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, driver_fixture_setup, driver_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(settle__looks_again_when_all_seems_active),
        TEST(settle__stays_quiet_for_as_long_as_it_is_told),
        TEST(settle__forgives_what_juju_mends_by_trying_again),
        TEST(settle__ends_early_when_something_stays_broken),
        TEST(settle__survives_a_controller_that_is_away_for_a_while),
        TEST(settle__gives_a_look_that_hangs_up_and_looks_again),
        TEST(settle__tells_a_controller_that_is_gone_from_a_model_that_waits),
        TEST(settle__does_not_wait_for_a_controller_that_stays_away),
        TEST(settle__sleeps_in_wait_for_where_juju_has_it),
        TEST(settle__says_who_is_still_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
