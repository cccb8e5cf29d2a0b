#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/evidence/timeline.h"

#include <string.h>

enum { HOUR_MS = 3600000 };

static int64_t at(const char *text) {
    return clock_parse_utc(text);
}

static void clocks__a_skew_is_known_to_its_error_and_the_more_exact_one_counts(void **state) {
    (void)state;
    static const struct {
        int64_t date_ms, at_ms, error_ms, skew_ms, corrected; /* of 10,000,000 on their clock */
    } rows[] = {
        {5000000, 5000000, 500, 0, 10000000},
        {5000400, 5000000, 500, 400, 10000000}, /* within what a Date can tell */
        {8600000, 5000000, 510, HOUR_MS, 10000000 - HOUR_MS},
        {1400000, 5000000, 510, -HOUR_MS, 10000000 + HOUR_MS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct clocks c;
        clocks_init(&c, NULL);
        json_t *clock =
            json_pack("{s:I, s:I, s:I}", "date_ms", (json_int_t)rows[i].date_ms, "at_ms",
                      (json_int_t)rows[i].at_ms, "error_ms", (json_int_t)rows[i].error_ms);
        json_t *worse = json_pack("{s:I, s:I, s:I}", "date_ms", (json_int_t)1, "at_ms",
                                  (json_int_t)1, "error_ms", (json_int_t)9000);
        clocks_note(&c, "c1", worse);
        clocks_note(&c, "c1", clock);
        clocks_note(&c, "c1", worse);
        assert_int_equal(json_int(c.clusters, 1, "c1", "skew_ms", NULL), rows[i].skew_ms);
        assert_int_equal(clocks_of_cluster(&c, "c1", 10000000), rows[i].corrected);
        assert_int_equal(clocks_of_cluster(&c, "another", 10000000), 10000000);
        json_decref(clock);
        json_decref(worse);
        clocks_release(&c);
    }
}

static void clocks__of_a_juju_that_is_simulated_are_mapped_back(void **state) {
    (void)state;
    struct clocks c;
    json_t *facts = json_pack("{s:f, s:I}", "speed", 1000.0, "epoch_ms", (json_int_t)1000000);
    clocks_init(&c, facts);
    assert_int_equal(clocks_of_juju(&c, 1000000 + 9 * 60000), 1000540);
    assert_int_equal(clocks_of_juju(&c, 900000), 900000);
    clocks_release(&c);
    json_decref(facts);
    clocks_init(&c, NULL);
    assert_int_equal(clocks_of_juju(&c, 900000), 900000);
    clocks_release(&c);
}

static void clock__reads_the_times_of_juju_status(void **state) {
    (void)state;
    assert_int_equal(clock_parse_juju("02 Jun 2017 09:00:07Z"), at("2017-06-02T09:00:07Z"));
    assert_int_equal(clock_parse_juju("02 Jun 2017 09:00:07+02:00"), at("2017-06-02T07:00:07Z"));
    assert_int_equal(clock_parse_juju("02 Jun 2017 09:00:07-00:30"), at("2017-06-02T09:30:07Z"));
    static const char *const bad[] = {"",
                                      "02 Jun 2017",
                                      "02 Jun 2017 09:00:07",
                                      "now",
                                      "02 Jun 2017 09:00:07Zx",
                                      "02 Jun 2017 09:00:07+2"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(clock_parse_juju(bad[i]), -1);
}

/* The same minute seen by three, one of whose clocks is an hour ahead. */
static void timeline__puts_sources_with_clocks_an_hour_apart_into_one_order(void **state) {
    (void)state;
    static const char steps[] =
        "{\"event\":\"step-begin\",\"case\":\"t.a\",\"step\":0,\"at\":\"2017-06-02T09:00:01.000Z\","
        "\"waiting_for\":\"run kubectl\"}\n"
        "{\"event\":\"step-end\",\"case\":\"t.a\",\"step\":0,\"at\":\"2017-06-02T09:00:06.500Z\","
        "\"outcome\":\"unmet\",\"seen\":\"exit is 1\"}\nnonsense\n{\"event\":\"run-end\"}\n";
    static const char log[] = "machine-0: 2017-06-02 09:00:04 INFO juju.worker hello: you\n"
                              "  a line that goes on\nunit-x-0: 09:00:04 INFO no date\n";
    struct clocks clocks;
    clocks_init(&clocks, NULL);
    json_t *ahead = json_pack("{s:I, s:I, s:I}", "date_ms", (json_int_t)(HOUR_MS + 5), "at_ms",
                              (json_int_t)5, "error_ms", (json_int_t)500);
    clocks_note(&clocks, "c2", ahead);
    json_t *events = json_loads(
        "{\"items\":[{\"lastTimestamp\":\"2017-06-02T10:00:02Z\",\"type\":\"Warning\",\"reason\":"
        "\"Failed\",\"message\":\"two\\nlines\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":"
        "\"p\",\"namespace\":\"default\"},\"count\":3,\"firstTimestamp\":\"2017-06-02T10:00:00Z\"},"
        "{\"eventTime\":\"2017-06-02T10:00:05.123456Z\",\"lastTimestamp\":null,"
        "\"reason\":\"NotReady\",\"message\":\"gone\",\"type\":\"Warning\",\"involvedObject\":{"
        "\"kind\":\"Node\",\"name\":\"n1\"}},{}]}",
        0, NULL);
    json_t *status = json_loads(
        "{\"model\":{\"name\":\"c1\"},\"machines\":{},\"applications\":{\"etcd\":{"
        "\"application-status\":{\"current\":\"active\",\"since\":\"02 Jun 2017 09:00:03Z\"}}}}",
        0, NULL);
    struct timeline *t = timeline_new(&clocks);
    timeline_add_steps(t, steps, strlen(steps));
    timeline_add_debug_log(t, "c1", log, strlen(log));
    timeline_add_status(t, "c1", status);
    timeline_add_events(t, "c2", events);
    struct buf text = BUF_INIT;
    timeline_dump(t, 10000, &text);
    assert_string_equal(
        buf_str(&text),
        "2017-06-02T09:00:01.000Z  confed        t.a 0 begins: run kubectl\n"
        "2017-06-02T09:00:02.000Z  c2            Warning Pod default/p Failed: two lines\n"
        "2017-06-02T09:00:03.000Z  juju c1       etcd is active\n"
        "2017-06-02T09:00:04.000Z  juju c1       machine-0: INFO juju.worker hello: you\n"
        "2017-06-02T09:00:05.123Z  c2            Warning Node n1 NotReady: gone\n"
        "2017-06-02T09:00:06.500Z  confed        t.a 0 ends: unmet: exit is 1\n");
    size_t left_out;
    json_t *list = timeline_events(t, 10, &left_out);
    assert_int_equal(left_out, 0);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_str(list, "[0]", "at", NULL), "2017-06-02T09:00:02.000Z");
    assert_string_equal(json_str(list, "[0]", "first", NULL), "2017-06-02T09:00:00.000Z");
    assert_string_equal(json_str(list, "[0]", "cluster", NULL), "c2");
    json_decref(list);
    list = timeline_events(t, 1, &left_out);
    assert_int_equal(left_out, 1);
    assert_string_equal(json_str(list, "[0]", "at", NULL), "2017-06-02T09:00:05.123Z");
    json_decref(list);
    buf_clear(&text);
    timeline_dump(t, 70, &text); /* the newest that fit */
    assert_string_equal(buf_str(&text),
                        "5 earlier entries are left out\n"
                        "2017-06-02T09:00:06.500Z  confed        t.a 0 ends: unmet: exit is 1\n");
    buf_release(&text);
    timeline_free(t);
    json_decref(events);
    json_decref(status);
    json_decref(ahead);
    clocks_release(&clocks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks__a_skew_is_known_to_its_error_and_the_more_exact_one_counts),
        cmocka_unit_test(clocks__of_a_juju_that_is_simulated_are_mapped_back),
        cmocka_unit_test(clock__reads_the_times_of_juju_status),
        cmocka_unit_test(timeline__puts_sources_with_clocks_an_hour_apart_into_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
