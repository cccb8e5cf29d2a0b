#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "reports/report.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

/* Every verdict once, and text that is trouble in each format. */
static const char results_text[] =
    "{\"version\":1,\"run\":\"r1\",\"world\":\"sim\",\"profile\":\"1.6.2\",\"state\":\"finished\","
    "\"exit\":1,"
    "\"started\":\"2017-06-02T09:00:07.000Z\",\"elapsed_ms\":3120,\"properties\":{\"kubectl\":\"v1."
    "20.2\"},"
    "\"summary\":{\"passed\":1,\"failed\":1,\"error\":1,\"known-gap\":1,\"gap-vanished\":1,\"gap-"
    "changed\":1,"
    "\"gap-expired\":1,\"unsupported\":1,\"blocked\":1},\"truth\":{\"required_missing\":[\"a.i\"]},"
    "\"results\":["
    "{\"case\":\"a.a\",\"title\":\"fine\",\"verdict\":\"passed\",\"elapsed_ms\":1204},"
    "{\"case\":\"a.b\",\"title\":\"x]]>y & <z> \\\"q\\\" | # "
    "`\",\"verdict\":\"failed\",\"message\":\"\\u001b[31mred\\u001b[0m \\u0001 "
    "line\\nbreak\",\"expected\":\"e<\",\"seen\":\"s\"},"
    "{\"case\":\"a.c\",\"title\":\"c\",\"verdict\":\"error\",\"message\":\"timeout\"},"
    "{\"case\":\"a.d\",\"title\":\"d\",\"verdict\":\"known-gap\",\"message\":\"KNOWN GAP "
    "FED-GAP-001: x\",\"evidence\":{\"rcode\":\"NXDOMAIN\"},"
    "\"gap\":{\"id\":\"FED-GAP-001\",\"url\":\"https://example.org/"
    "?a=1&b=2\",\"review_by\":\"2027-06-30\"}},"
    "{\"case\":\"a.e\",\"title\":\"e\",\"verdict\":\"gap-vanished\",\"message\":\"VANISHED\"},"
    "{\"case\":\"a.f\",\"title\":\"f\",\"verdict\":\"gap-changed\",\"message\":\"CHANGED\"},"
    "{\"case\":\"a.g\",\"title\":\"g\",\"verdict\":\"gap-expired\",\"message\":\"EXPIRED\"},"
    "{\"case\":\"a.h\",\"title\":\"h\",\"verdict\":\"unsupported\",\"message\":\"UNSUPPORTED: "
    "needs juju\"},"
    "{\"case\":\"a.i\",\"title\":\"i\",\"verdict\":\"blocked\",\"message\":\"BLOCKED by a.b\"}]}";

static char *written(const char *format, bool strict) {
    json_t *results = json_parse(results_text, sizeof(results_text) - 1, "results", NULL);
    assert_non_null(results);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_find(format)->write(results, &(struct report_options){.strict = strict}, out);
    fclose(out);
    json_decref(results);
    return text;
}

static long number(xmlXPathContext *context, const char *path) {
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)path, context);
    long value = found ? (long)xmlXPathCastToNumber(found) : -1;
    xmlXPathFreeObject(found);
    return value;
}

static void junit__counts_what_it_holds_and_is_well_formed(void **state) {
    (void)state;
    for (int strict = 0; strict < 2; strict++) {
        char *text = written("junit", strict);
        xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, 0);
        assert_non_null(doc);
        xmlXPathContext *c = xmlXPathNewContext(doc);
        assert_int_equal(number(c, "count(//testcase)"), 11);
        assert_int_equal(number(c, "number(//testsuite/@tests)"), 11);
        assert_int_equal(number(c, "count(//failure)"), 5);
        assert_int_equal(number(c, "number(//testsuite/@failures)"), 5);
        assert_int_equal(number(c, "count(//error)"), number(c, "number(//testsuite/@errors)"));
        assert_int_equal(number(c, "count(//skipped)"), number(c, "number(//testsuite/@skipped)"));
        assert_int_equal(number(c, "count(//skipped)"), 3);
        assert_int_equal(number(c, "count(//testcase[failure and skipped])"), 0);
        assert_int_equal(number(c, "count(//testcase/properties)"), strict ? 0 : 9);
        assert_int_equal(number(c,
                                "count(//skipped[starts-with(@message,'KNOWN GAP FED-GAP-001') and "
                                "starts-with(.,'KNOWN GAP FED-GAP-001')])"),
                         1);
        assert_int_equal(number(c, "count(//failure[contains(@message,'red  line')])"), 1);
        xmlXPathFreeContext(c);
        xmlFreeDoc(doc);
        free(text);
    }
}

static void tap__shows_a_known_gap_as_todo(void **state) {
    (void)state;
    char *text = written("tap", false);
    assert_non_null(strstr(text, "TAP version 14\n1..9\nok 1 - a.a\nnot ok 2 - a.b\n"));
    assert_non_null(strstr(text, "not ok 4 - a.d # TODO KNOWN GAP FED-GAP-001: x\n"));
    assert_non_null(strstr(text, "ok 9 - a.i # SKIP BLOCKED by a.b\n"));
    free(text);
}

static void ctrf__is_json_and_adds_up(void **state) {
    (void)state;
    char *text = written("ctrf", false);
    json_t *ctrf = json_parse(text, strlen(text), "ctrf", NULL);
    assert_non_null(ctrf);
    const json_t *summary = json_at(ctrf, "results", "summary", NULL);
    assert_int_equal(json_int(summary, 0, "tests", NULL), 9);
    assert_int_equal(json_int(summary, 0, "failed", NULL), 5);
    assert_int_equal(json_int(summary, 0, "other", NULL), 1);
    assert_int_equal(json_int(summary, 0, "skipped", NULL), 2);
    assert_string_equal(json_str(ctrf, "results", "tests", "[3]", "rawStatus", NULL), "known-gap");
    json_decref(ctrf);
    free(text);
}

static void html__escapes_what_the_system_said(void **state) {
    (void)state;
    char *text = written("html", false);
    assert_null(strstr(text, "<z>"));
    assert_non_null(strstr(text, "&lt;z&gt;"));
    assert_non_null(strstr(text, "a=1&amp;b=2"));
    free(text);
}

static void markdown__keeps_its_table_whole(void **state) {
    (void)state;
    char *text = written("markdown", false);
    assert_non_null(strstr(text, "## confed: red"));
    assert_non_null(strstr(text, "| a.d | known-gap | KNOWN GAP FED-GAP-001: x |\n"));
    free(text);
}

static void table__ends_with_the_counts(void **state) {
    (void)state;
    char *text = written("table", false);
    assert_non_null(strstr(text, "1 passed, 1 failed, 1 error, 1 known-gap"));
    assert_non_null(strstr(text, "1 required did not run in 3.120 s: RED"));
    free(text);
}

static void report__the_same_results_give_the_same_bytes(void **state) {
    (void)state;
    size_t count;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        char *once = written(formats[i].name, false), *again = written(formats[i].name, false);
        assert_string_equal(once, again);
        free(once);
        free(again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junit__counts_what_it_holds_and_is_well_formed),
        cmocka_unit_test(tap__shows_a_known_gap_as_todo),
        cmocka_unit_test(ctrf__is_json_and_adds_up),
        cmocka_unit_test(html__escapes_what_the_system_said),
        cmocka_unit_test(markdown__keeps_its_table_whole),
        cmocka_unit_test(table__ends_with_the_counts),
        cmocka_unit_test(report__the_same_results_give_the_same_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
