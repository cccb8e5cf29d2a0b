#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/judge/junit_read.h"
#include "harness/model/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
    char path[64];
};

static int setup(void **state) {
    struct file *f = xcalloc(1, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/confed-junit.XXXXXX");
    close(mkstemp(f->path));
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct file *f = *state;
    (void)unlink(f->path);
    free(f);
    return 0;
}

static json_t *read_text(const struct file *f, const char *text, struct err *err) {
    assert_int_equal(fs_write_atomic(f->path, text, strlen(text), 0600, NULL), 0);
    return junit_read(f->path, err);
}

static void junit__states_are_read_as_their_writers_mean_them(void **state) {
    static const struct {
        const char *testcase, *id, *verdict, *gap;
    } rows[] = {
        {"<testcase classname='c' name='n'/>", "c.n", "passed", NULL},
        {"<testcase name='n'><failure message='m'/></testcase>", "n", "failed", NULL},
        {"<testcase classname='c' name='n'><error/></testcase>", "c.n", "error", NULL},
        {"<testcase classname='c' name='n'><skipped/></testcase>", "c.n", "unsupported", NULL},
        {"<testcase classname='c' name='n' status='disabled'/>", "c.n", "unsupported", NULL},
        {"<testcase classname='c' name='n'><skipped/><failure/></testcase>", "c.n", "failed", NULL},
        {"<testcase classname='c' name='n'><failure/><skipped/></testcase>", "c.n", "failed", NULL},
        {"<testcase classname='fed.v1.dns' name='n: a title'/>", "dns.n", "passed", NULL},
        {"<testcase classname='x' name='y'><properties><property name='case' value='dns.n'/>"
         "</properties></testcase>",
         "dns.n", "passed", NULL},
        {"<testcase classname='fed.v1.dns' name='n'><skipped type='known-gap' message='KNOWN GAP "
         "FED-GAP-001: no record'/></testcase>",
         "dns.n", "known-gap", "FED-GAP-001"},
        {"<testcase classname='fed.v1.dns' name='n'><skipped message='BLOCKED by a.b'/></testcase>",
         "dns.n", "blocked", NULL},
        {"<testcase classname='fed.v1.dns' name='n'><failure type='GapVanished' message='KNOWN GAP "
         "FED-GAP-001 VANISHED on 1.7.0'/></testcase>",
         "dns.n", "gap-vanished", "FED-GAP-001"},
        {"<testcase classname='fed.v1.dns' name='n'><failure type='GapSignatureMismatch' "
         "message='GAP CHANGED FED-GAP-002: x'/></testcase>",
         "dns.n", "gap-changed", "FED-GAP-002"},
        {"<testcase classname='fed.v1.dns' name='n'><failure type='GapExpired'/></testcase>",
         "dns.n", "gap-expired", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1000];
        (void)snprintf(text, sizeof(text), "<testsuites><testsuite>%s</testsuite></testsuites>",
                       rows[i].testcase);
        struct err err = {0};
        json_t *results = read_text(*state, text, &err);
        assert_string_equal(err.text, "");
        assert_int_equal(results_check(results, "it", &err), 0);
        assert_string_equal(json_str(results, "results", "[0]", "case", NULL), rows[i].id);
        assert_string_equal(json_str(results, "results", "[0]", "verdict", NULL), rows[i].verdict);
        const char *gap = json_str(results, "results", "[0]", "gap", "id", NULL);
        assert_string_equal(gap ? gap : "", rows[i].gap ? rows[i].gap : "");
        json_decref(results);
    }
}

static void junit__the_worse_of_two_cases_of_one_name_counts(void **state) {
    struct err err = {0};
    json_t *results = read_text(*state,
                                "<testsuite><testcase name='n'><failure message='first'/>"
                                "</testcase><testcase name='n' time='0.25'/></testsuite>",
                                &err);
    assert_int_equal(json_array_size(json_object_get(results, "results")), 1);
    assert_string_equal(json_str(results, "results", "[0]", "verdict", NULL), "failed");
    assert_string_equal(json_str(results, "results", "[0]", "message", NULL), "first");
    assert_int_equal(json_int(results, 0, "doubles", NULL), 1);
    json_decref(results);
}

static void junit__rows_about_the_suite_are_no_cases(void **state) {
    struct err err = {0};
    json_t *results = read_text(
        *state, "<testsuite><testcase classname='fed.v1.suite' name='gap ledger'/></testsuite>",
        &err);
    assert_int_equal(json_array_size(json_object_get(results, "results")), 0);
    json_decref(results);
}

static void junit__what_is_none_is_refused_with_its_line(void **state) {
    static const struct {
        const char *text, *in_error;
    } rows[] = {
        {"", ":1"},
        {"<testsuite>\n<testcase name='a'>\n", ":2:"},
        {"<html/>", "<html>: not a JUnit file"},
        {"<testsuite>\n<testcase name='a&nbsp;b'/></testsuite>", "nbsp"},
        {"<testsuite>\n<testcase name='\xff'/></testsuite>", "not proper UTF-8"},
        {"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"
         "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
         "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
         "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
         "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
         "]><testsuite><testcase name='&e;&e;&e;&e;&e;&e;'/></testsuite>",
         ":1:"},
    };
    const struct file *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        json_t *results = read_text(f, rows[i].text, &err);
        assert_null(results);
        if (!strstr(err.text, f->path) || !strstr(err.text, rows[i].in_error))
            fail_msg("row %zu: '%s', expected '%s'", i, err.text, rows[i].in_error);
    }
    struct err err = {0};
    assert_null(junit_read("/nonexistent/junit.xml", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(junit__states_are_read_as_their_writers_mean_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(junit__the_worse_of_two_cases_of_one_name_counts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(junit__rows_about_the_suite_are_no_cases, setup, teardown),
        cmocka_unit_test_setup_teardown(junit__what_is_none_is_refused_with_its_line, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
