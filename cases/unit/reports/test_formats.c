/*
 * Every format of the planted results with every verdict, against goldens (sample.h), and what each
 * must hold whatever the results are.
 */
#include "cases/unit/support/unit.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"

#include <stdlib.h>
#include <string.h>

static void report__of_every_verdict_is_as_its_golden(void **state) {
    (void)state;
    json_t *results = sample_load();
    size_t count;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        char *text = sample_written(formats[i].name, results, NULL, NULL);
        sample_check_golden(text, formats[i].file_name);
        free(text);
    }
    json_decref(results);
}

static void report__the_same_results_give_the_same_bytes(void **state) {
    (void)state;
    size_t count;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        json_t *results = sample_load(), *copy = json_deep_copy(results);
        char *once = sample_written(formats[i].name, results, NULL, NULL);
        char *again = sample_written(formats[i].name, copy, NULL, NULL);
        assert_string_equal(once, again);
        free(once);
        free(again);
        json_decref(results);
        json_decref(copy);
    }
}

static void report__of_nothing_is_red_and_says_so(void **state) {
    (void)state;
    json_t *results = sample_of(json_array());
    size_t count;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        char *text = sample_written(formats[i].name, results, NULL, NULL);
        if (!strstr(text, "no case was selected") && !strstr(text, "no case ran: ") &&
            !strstr(text, "no case ran in") && !strstr(text, "result: failure") &&
            !strstr(text, "confed_run_green{world=\"sim\",kubernetes=\"1.6.2\"} 0\n"))
            fail_msg("%s: %s", formats[i].name, text);
        free(text);
    }
    json_decref(results);
}

/* Every byte in every place that a system under test can reach. */
static void report__of_any_bytes_is_utf8_without_controls(void **state) {
    (void)state;
    static const char *const keys[] = {"case", "title", "message", "expected",
                                       "seen", "why",   "started"};
    static const char *const verdicts[] = {"passed", "failed", "known-gap", "unsupported"};
    json_t *list = json_array();
    for (int first = 0; first < 256; first++) {
        char bytes[256];
        for (int i = 0; i < 256; i++)
            bytes[i] = (char)(first + i * 7);
        json_t *r = json_pack("{s:s,s:{},s:{}}", "verdict", verdicts[first % 4], "gap", "evidence");
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            json_object_set_new(r, keys[k], json_stringn_nocheck(bytes, sizeof(bytes)));
        json_object_set_new(json_object_get(r, "gap"), "id",
                            json_stringn_nocheck(bytes, sizeof(bytes)));
        json_object_set_new(json_object_get(r, "evidence"), "output",
                            json_stringn_nocheck(bytes, sizeof(bytes)));
        json_array_append_new(list, r);
    }
    json_t *results = sample_of(list);
    size_t count, len;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        char *text = sample_written(formats[i].name, results, NULL, &len);
        sample_check_showable(text, len, formats[i].name);
        free(text);
    }
    json_decref(results);
}

/* 100 MB of output in one place: capped, and said so. */
static void report__caps_a_hundred_megabytes_and_says_so(void **state) {
    (void)state;
    size_t len = (size_t)100 << 20, count;
    char *huge = malloc(len);
    memset(huge, 'z', len);
    json_t *r = json_pack("{s:s,s:s,s:s}", "case", "a.b", "verdict", "failed", "expected", "short");
    json_object_set_new(r, "seen", json_stringn_nocheck(huge, len));
    json_object_set(r, "message", json_object_get(r, "seen"));
    free(huge);
    json_t *results = sample_of(json_pack("[o]", r));
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(formats[i].name, "conformance") || str_eq(formats[i].name, "prometheus"))
            continue; /* tell of no failure's text */
        char *text = sample_written(formats[i].name, results, NULL, &len);
        assert_true(len < 200000);
        if (!strstr(text, "[cut: 104857600 bytes in all]") &&
            !strstr(text, "\\[cut: 104857600 bytes in all\\]"))
            fail_msg("%s does not say that it was cut", formats[i].name);
        free(text);
    }
    json_decref(results);
}

static void tap__shows_a_known_gap_as_todo_and_a_vanished_one_as_failed(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("tap", results, NULL, NULL);
    assert_non_null(strstr(text, "TAP version 14\n1..16\nok 1 - lifecycle.deploy-f1\n"));
    assert_non_null(strstr(text, "not ok 6 - lifecycle.dns # TODO KNOWN GAP FED-GAP-001: "));
    assert_non_null(strstr(text, "ok 7 - lifecycle.reach # SKIP BLOCKED by lifecycle.service\n"));
    assert_non_null(strstr(text, "not ok 8 - gaps.api-server-port\n"));
    assert_non_null(strstr(text, "not ok 12 - trouble.words\n"));
    assert_non_null(strstr(text, "not ok 13 - suite: required cases all ran\n"));
    free(text);
    json_decref(results);
}

static void tap__each_block_is_yaml(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("tap", results, NULL, NULL);
    int blocks = 0;
    for (char *at = text; (at = strstr(at, "  ---\n")) != NULL; blocks++) {
        at += strlen("  ---\n");
        char *end = strstr(at, "  ...\n");
        assert_non_null(end);
        struct err err = {0};
        json_t *block = yaml_parse(at, (size_t)(end - at), "block", &err);
        if (!block)
            fail_msg("%s", err.text);
        assert_non_null(json_str(block, "message", NULL));
        json_decref(block);
    }
    assert_int_equal(blocks, 7);
    free(text);
    json_decref(results);
}

static void ctrf__adds_up(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("ctrf", results, NULL, NULL);
    json_t *ctrf = json_parse(text, strlen(text), "ctrf", NULL);
    assert_non_null(ctrf);
    const json_t *summary = json_at(ctrf, "results", "summary", NULL);
    const json_t *tests = json_at(ctrf, "results", "tests", NULL);
    static const char *const states[] = {"passed", "failed", "skipped", "pending", "other"};
    int64_t sum = 0;
    for (size_t s = 0; s < ARRAY_LEN(states); s++) {
        int64_t counted = 0;
        size_t i;
        json_t *test;
        json_array_foreach(tests, i, test) counted +=
            str_eq(json_str(test, "status", NULL), states[s]);
        assert_int_equal(json_int(summary, -1, states[s], NULL), counted);
        sum += counted;
    }
    assert_int_equal(json_int(summary, 0, "tests", NULL), sum);
    assert_string_equal(json_str(tests, "[5]", "rawStatus", NULL), "known-gap");
    assert_string_equal(json_str(tests, "[5]", "status", NULL), "other");
    json_decref(ctrf);
    free(text);
    json_decref(results);
}

static void conformance__never_calls_a_gap_or_a_skip_success(void **state) {
    (void)state;
    static const struct {
        const char *verdict, *result;
        int exit;
    } rows[] = {{"passed", "success", 0},      {"known-gap", "partial", 0},
                {"unsupported", "partial", 0}, {"blocked", "partial", 0},
                {"failed", "failure", 1},      {"error", "failure", 1},
                {"gap-changed", "failure", 1}, {"gap-vanished", "failure", 1},
                {"gap-vanished", "success", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *results = sample_of(json_pack("[{s:s,s:s,s:b},{s:s,s:s,s:b}]", "case", "a.b",
                                              "verdict", "passed", "required", 1, "case", "a.c",
                                              "verdict", rows[i].verdict, "required", 1));
        json_set_int(results, "exit", rows[i].exit);
        char *text = sample_written("conformance", results, NULL, NULL);
        struct err err = {0};
        json_t *report = yaml_parse(text, strlen(text), "conformance.yaml", &err);
        if (!report)
            fail_msg("%s", err.text);
        assert_string_equal(json_str(report, "profiles", "[0]", "core", "result", NULL),
                            rows[i].result);
        json_decref(report);
        free(text);
        json_decref(results);
    }
}

static void conformance__lists_features_gaps_and_what_failed(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("conformance", results, NULL, NULL);
    struct err err = {0};
    json_t *report = yaml_parse(text, strlen(text), "conformance.yaml", &err);
    if (!report)
        fail_msg("%s", err.text);
    const json_t *gaps = json_at(report, "profiles", "[0]", NULL);
    const json_t *lifecycle = json_at(report, "profiles", "[1]", NULL);
    assert_string_equal(json_str(gaps, "name", NULL), "gaps");
    assert_string_equal(json_str(gaps, "extended", "unsupportedFeatures", "[0]", NULL),
                        "loadbalancer");
    assert_string_equal(json_str(gaps, "extended", "supportedFeatures", "[0]", NULL), "juju");
    assert_string_equal(json_str(lifecycle, "core", "failedTests", "[0]", NULL),
                        "lifecycle.service");
    assert_int_equal(json_int(lifecycle, 0, "core", "statistics", "Passed", NULL), 4);
    assert_int_equal(json_int(lifecycle, 0, "core", "statistics", "KnownGaps", NULL), 1);
    assert_int_equal(json_array_size(json_object_get(report, "knownGaps")), 4);
    assert_string_equal(json_str(report, "knownGaps", "[0]", "id", NULL), "FED-GAP-001");
    assert_string_equal(json_str(report, "requiredTestsMissing", "[0]", NULL), "lifecycle.reach");
    json_decref(report);
    free(text);
    json_decref(results);
}

static void markdown__keeps_its_table_whole(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("markdown", results, NULL, NULL), *rest = text, *line;
    assert_non_null(strstr(text, "| lifecycle.dns | known-gap | KNOWN GAP FED-GAP-001: "));
    assert_null(strstr(text, "<script"));
    while ((line = str_next(&rest, '\n')) != NULL) {
        if (*line != '|')
            continue;
        int cells = 0;
        for (const char *c = line; *c; c++)
            cells += *c == '|' && (c == line || c[-1] != '\\');
        assert_true(cells == 5 || line[1] == '-');
    }
    free(text);
    json_decref(results);
}

/* GitHub drops all of a summary above 1 MiB. */
static void markdown__stays_below_one_mebibyte_and_counts_the_rest(void **state) {
    (void)state;
    json_t *list = json_array();
    static const char *const verdicts[] = {"failed", "known-gap", "passed"};
    for (int i = 0; i < 30000; i++)
        json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:s}", "case", "some.case", "verdict", verdicts[i % 3], "message",
                      "what was asked, what came back and why it is not what was expected"));
    json_t *results = sample_of(list);
    size_t len;
    char *text = sample_written("markdown", results, NULL, &len);
    assert_true(len < 1024 * 1024);
    assert_non_null(strstr(text, "more are not shown here"));
    assert_non_null(strstr(text, "### Known gaps"));
    free(text);
    json_decref(results);
}

static void table__ends_with_the_counts(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("table", results, NULL, NULL);
    assert_non_null(strstr(text, "4 passed, 1 failed, 1 error, 1 known-gap"));
    assert_non_null(strstr(text, "1 required did not run in 3.480 s: RED"));
    free(text);
    json_decref(results);
}

/* bytes: what each text of the table is, or NULL for what one says. */
static json_t *with_truth(const char *bytes, size_t len) {
    json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:[s],s:[{s:s,s:s}]}", "asker", "c1", "form",
                            "svc.ns.fed.svc", "name", "beacon.default.federation.svc", "type", "A",
                            "verdict", "LOCAL_PLAIN", "ok", 0, "addresses", "10.1.2.3", "why",
                            "code", "x", "text", "because it is a NodePort");
    json_t *table = json_pack("{s:s,s:s,s:s,s:i,s:[o]}", "service", "beacon", "namespace",
                              "default", "zone", "juju-fed.com", "wrong", 1, "rows", row);
    json_t *said = json_string("nobody finds it");
    if (bytes) {
        static const char *const keys[] = {"asker", "name", "type", "verdict"};
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            json_object_set_new(row, keys[i], json_stringn_nocheck(bytes, len));
        json_object_set_new(table, "service", json_stringn_nocheck(bytes, len));
        json_decref(said);
        said = json_stringn_nocheck(bytes, len);
    }
    return sample_of(json_pack("[{s:s,s:s,s:s,s:[o],s:[o]}]", "case", "a.b", "verdict", "failed",
                               "message", "m", "findings", said, "truth_tables", table));
}

static void truth__is_in_each_format_that_has_a_place_for_it(void **state) {
    (void)state;
    static const char *const formats[] = {"junit", "junit-strict", "tap", "ctrf",
                                          "table", "markdown",     "html"};
    static const char *const said[] = {"nobody finds it", "beacon.default.federation.svc",
                                       "because it is a NodePort", "PLAIN"};
    json_t *results = with_truth(NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        char *text = sample_written(formats[i], results, NULL, NULL);
        for (size_t k = 0; k < ARRAY_LEN(said); k++)
            if (!strstr(text, said[k]))
                fail_msg("no \"%s\" in %s: %s", said[k], formats[i], text);
        free(text);
    }
    json_decref(results);
}

static void truth__of_any_bytes_is_utf8_without_controls(void **state) {
    (void)state;
    size_t count, len;
    const struct report_format *formats = report_formats(&count);
    for (int first = 0; first < 256; first += 16) {
        char bytes[257];
        for (int i = 0; i < 256; i++)
            bytes[i] = (char)(first + i * 7);
        json_t *results = with_truth(bytes, 256);
        for (size_t i = 0; i < count; i++) {
            char *text = sample_written(formats[i].name, results, NULL, &len);
            sample_check_showable(text, len, formats[i].name);
            if (str_eq(formats[i].name, "ctrf")) {
                json_t *parsed = json_loadb(text, len, 0, NULL);
                assert_non_null(parsed);
                json_decref(parsed);
            }
            free(text);
        }
        json_decref(results);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report__of_every_verdict_is_as_its_golden),
        cmocka_unit_test(report__the_same_results_give_the_same_bytes),
        cmocka_unit_test(report__of_nothing_is_red_and_says_so),
        cmocka_unit_test(report__of_any_bytes_is_utf8_without_controls),
        cmocka_unit_test(report__caps_a_hundred_megabytes_and_says_so),
        cmocka_unit_test(tap__shows_a_known_gap_as_todo_and_a_vanished_one_as_failed),
        cmocka_unit_test(tap__each_block_is_yaml),
        cmocka_unit_test(ctrf__adds_up),
        cmocka_unit_test(conformance__never_calls_a_gap_or_a_skip_success),
        cmocka_unit_test(conformance__lists_features_gaps_and_what_failed),
        cmocka_unit_test(markdown__keeps_its_table_whole),
        cmocka_unit_test(markdown__stays_below_one_mebibyte_and_counts_the_rest),
        cmocka_unit_test(table__ends_with_the_counts),
        cmocka_unit_test(truth__is_in_each_format_that_has_a_place_for_it),
        cmocka_unit_test(truth__of_any_bytes_is_utf8_without_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
