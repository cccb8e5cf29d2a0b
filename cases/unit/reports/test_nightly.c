/*
 * metrics.prom by the grammar of the text format (every line, every label) and the rules of
 * promtool, and mail.txt by its size: whatever the results are.
 */
#include "cases/unit/support/unit.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Behind a label's value, or NULL: only \\, \" and \n are escapes. */
static const char *behind_value(const char *at) {
    if (*at++ != '"')
        return NULL;
    for (; *at && *at != '"' && *at != '\n'; at++)
        if (*at == '\\' && !strchr("\\\"n", *++at))
            return NULL;
    return *at == '"' ? at + 1 : NULL;
}

static const char *behind_name(const char *at) {
    const char *begin = at;
    while (isalnum((unsigned char)*at) || *at == '_')
        at++;
    return at > begin && !isdigit((unsigned char)*begin) ? at : NULL;
}

/* Whether a line is NAME{LABEL="VALUE",...} NUMBER. */
static bool is_sample(const char *line) {
    const char *at = behind_name(line);
    if (!at || *at != '{')
        return false;
    do {
        at = behind_name(at + 1);
        at = at && *at == '=' ? behind_value(at + 1) : NULL;
    } while (at && *at == ',');
    if (!at || strncmp(at, "} ", 2) != 0)
        return false;
    char *end;
    (void)strtod(at + 2, &end);
    return end > at + 2 && *end == '\0';
}

/* Of each line: comments announce the family that the samples behind them belong to. */
static void check(char *text) {
    char *rest = text, *line, *series[4000], family[100] = "";
    size_t count = 0;
    bool typed = false;
    assert_true(str_has_suffix(text, "\n"));
    while ((line = str_next(&rest, '\n')) != NULL) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line, "# HELP %99s", family), 1);
            typed = false;
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            char typed_family[100], kind[20];
            assert_int_equal(sscanf(line, "# TYPE %99s %19s", typed_family, kind), 2);
            assert_string_equal(typed_family, family);
            assert_string_equal(kind, "gauge");
            typed = true;
        } else if (*line) {
            if (!is_sample(line))
                fail_msg("no sample: %s", line);
            assert_true(typed);
            assert_int_equal(strncmp(line, family, strlen(family)), 0);
            assert_int_equal(line[strlen(family)], '{');
            *strrchr(line, ' ') = '\0';
            for (size_t i = 0; i < count; i++)
                assert_string_not_equal(series[i], line);
            assert_true(count < ARRAY_LEN(series));
            series[count++] = line;
        }
    }
}

static void prometheus__is_what_the_grammar_says(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("prometheus", results, NULL, NULL);
    check(text);
    free(text);
    json_decref(results);
}

static void prometheus__has_no_label_that_ends_its_quotes(void **state) {
    (void)state;
    static const char *const ids[] = {"a\"b", "a\\", "a\nb", "a\tb", "\xff", "", "a.b", "a.b"};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        json_array_append_new(list, json_pack("{s:o,s:s,s:{s:o}}", "case",
                                              json_stringn_nocheck(ids[i], strlen(ids[i])),
                                              "verdict", "known-gap", "gap", "id",
                                              json_stringn_nocheck(ids[i], strlen(ids[i]))));
    json_t *results = sample_of(list);
    char *text = sample_written("prometheus", results, NULL, NULL);
    assert_non_null(strstr(text, "gap=\"a\\\"b\""));
    assert_non_null(strstr(text, "gap=\"a\\\\\""));
    check(text);
    free(text);
    json_decref(results);
}

static void prometheus__says_in_which_state_a_gap_is(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("prometheus", results, NULL, NULL);
    static const char *const wanted[] = {
        "confed_run_green{world=\"sim\",kubernetes=\"1.6.2\"} 0\n",
        "confed_run_cases{world=\"sim\",kubernetes=\"1.6.2\",verdict=\"known-gap\"} 1\n",
        "confed_run_start_time_seconds{world=\"sim\",kubernetes=\"1.6.2\"} 1496394007.000\n",
        "gap=\"FED-GAP-001\",case=\"lifecycle.dns\",state=\"known-gap\"} 1\n",
        "gap=\"FED-GAP-001\",case=\"lifecycle.dns\",state=\"gap-vanished\"} 0\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!strstr(text, wanted[i]))
            fail_msg("no %s in: %s", wanted[i], text);
    free(text);
    json_decref(results);
}

static void mail__has_room_below_it_whatever_is_red(void **state) {
    (void)state;
    char long_text[5000];
    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    json_t *list = json_array();
    for (int i = 0; i < 2000; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s}}", "case", long_text,
                                              "verdict", i % 2 ? "failed" : "known-gap", "message",
                                              long_text, "expected", long_text, "seen", long_text,
                                              "gap", "id", long_text));
    json_t *results = sample_of(list);
    size_t len;
    char *text = sample_written("mail", results, NULL, &len);
    assert_true(len <= 3000);
    assert_int_equal(strncmp(text, "Subject: [confed] RED sim 1.6.2: 1000 red of 2000", 49), 0);
    assert_non_null(strstr(text, "\n  and 99"));
    free(text);
    json_decref(results);
}

static void mail__names_what_is_red_and_what_was_seen(void **state) {
    (void)state;
    json_t *r = json_pack("{s:s,s:s,s:s,s:s,s:s}", "case", "a.b", "verdict", "failed", "message",
                          "m", "expected", "exit is 0", "seen", "exit is\n1");
    json_t *results = sample_of(json_pack("[o]", r));
    char *text = sample_written("mail", results, NULL, NULL);
    assert_non_null(strstr(text, "\n  a.b failed: expected exit is 0; seen exit is 1\n"));
    free(text);
    json_decref(results);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(prometheus__is_what_the_grammar_says),
        cmocka_unit_test(prometheus__has_no_label_that_ends_its_quotes),
        cmocka_unit_test(prometheus__says_in_which_state_a_gap_is),
        cmocka_unit_test(mail__has_room_below_it_whatever_is_red),
        cmocka_unit_test(mail__names_what_is_red_and_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
