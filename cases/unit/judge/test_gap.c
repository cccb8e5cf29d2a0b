#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/model/ledger.h"

#include <stdio.h>
#include <string.h>

static void gap__versions_compare_as_numbers(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {{"1.6.2", "1.6.2", 0}, {"1.6.2", "1.6.10", -1}, {"1.10", "1.9", 1},
                {"1.6", "1.6.0", 0},   {"1.7", "1.6.2", 1},     {"1.7.0-beta.1", "1.7.0", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(gap_version_compare(rows[i].a, rows[i].b), rows[i].order);
        assert_int_equal(gap_version_compare(rows[i].b, rows[i].a), -rows[i].order);
    }
}

#define PRE_RELEASES ">=1.7.0-alpha.4 <1.7.0-beta.2"

static void gap__windows_bound_releases(void **state) {
    (void)state;
    static const struct {
        const char *window, *version;
        bool has;
    } rows[] = {{"", "1.6.2", true},
                {">=1.5", "1.6.2", true},
                {">=1.6 <1.9", "1.9.0", false},
                {">=1.6 <1.9", "1.8.9", true},
                {"<=1.8", "1.8", true},
                {"=1.7.0", "1.7", true},
                {">1.6.2", "1.6.2", false},
                {"1.6", "1.6", false},
                {">=1.7", "1.7.0-beta.1", true},
                {"<1.7", "1.7.0-beta.1", false},
                {PRE_RELEASES, "1.7.0-beta.1", true},
                {PRE_RELEASES, "1.7.0-alpha.10", true},
                {PRE_RELEASES, "1.7.0-alpha.3", false},
                {PRE_RELEASES, "1.7.0-beta.2", false},
                {PRE_RELEASES, "1.7.0-rc.1", false},
                {PRE_RELEASES, "1.7.0", false},
                {PRE_RELEASES, "1.6.2", false},
                {PRE_RELEASES, "1.8.0-beta.1", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(gap_window_has(rows[i].window, rows[i].version), rows[i].has);
}

static void gap__windows_that_are_no_windows_are_told(void **state) {
    (void)state;
    static const char *const sound[] = {"", ">=1.5", "<2", PRE_RELEASES, "=1.7.0-rc.12"};
    static const char *const wrong[] = {"1.6",
                                        ">=",
                                        ">=1.",
                                        ">=1.7-",
                                        ">=1.7.0-beta",
                                        ">=1.7.0-beta.",
                                        ">=1.7.0-gamma.1",
                                        "<1.7.0-beta.1x",
                                        ">=-beta.1",
                                        ">=1.-beta.1"};
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
        assert_true(gap_window_is_sound(sound[i]));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(gap_window_is_sound(wrong[i]));
}

#define ENTRY(more)                                                                                \
    "[{\"id\": \"FED-GAP-001\", \"title\": \"t\", \"url\": \"https://example.org/1\", \"owner\": " \
    "\"o\",\n"                                                                                     \
    "  \"why\": \"w\", \"cases\": [\"a.b\"],\n"                                                    \
    "  \"signature\": {\"rcode\": \"NXDOMAIN\"}" more "}]"

#define SOUND ",\n\"versions\": \">=1.5\", \"review_by\": \"2027-06-30\""

static void gap__a_malformed_ledger_names_line_and_field(void **state) {
    (void)state;
    static const struct {
        const char *text, *in_error;
    } rows[] = {
        {"{}", "gaps.json:1: expected a list of gaps"},
        {"[{\"id\": 1}]", "gaps.json:1: id is 1, expected a text"},
        {"[1]", "gaps.json:1: expected an object per gap"},
        {ENTRY(""), "gaps.json:1: versions is missing"},
        {ENTRY(",\n\"versions\": \"\",\n\"review_by\": \"soon\""),
         "gaps.json:5: review_by is \"soon\", expected a date"},
        {ENTRY(",\n\"versions\": \"\",\n\"review_by\": \"2027-02-31\""),
         "review_by is \"2027-02-31\", expected a date"},
        {ENTRY(",\n\"versions\": \"1.6\",\n\"review_by\": \"2027-01-01\""),
         "gaps.json:4: versions is \"1.6\", expected bounds"},
        {ENTRY(SOUND ",\n\"reveiw\": \"x\""), "gaps.json:5: unknown key \"reveiw\" of a gap"},
        {ENTRY(SOUND ",\n\"worlds\": [\"moon\"]"),
         "gaps.json:5: worlds has \"moon\", expected sim"},
        {ENTRY(SOUND ",\n\"links\": [\"see above\"]"), "gaps.json:5: links has"},
        {"[", "gaps.json:1:"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ledger l = {0};
        struct err err = {0};
        assert_int_equal(ledger_add_text(&l, rows[i].text, strlen(rows[i].text), "gaps.json", &err),
                         ERR_INPUT);
        if (!strstr(err.text, rows[i].in_error))
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(l.count, 0);
        ledger_release(&l);
    }
}

static void gap__every_mistake_of_a_ledger_is_collected(void **state) {
    (void)state;
    static const char text[] =
        "[{\"id\": \"a b\", \"title\": \"\", \"url\": \"u\", \"owner\": \"o\",\n"
        "\"why\": 1, \"cases\": [], \"signature\": {}, \"versions\": \"x\"}]";
    struct ledger l = {0};
    struct problems problems = PROBLEMS_INIT;
    ledger_lint(&l, text, strlen(text), "gaps.json", &problems);
    assert_int_equal(problems.count, 8);
    problems_release(&problems);
    ledger_release(&l);
}

static void gap__ledgers_stand_beside_each_other(void **state) {
    (void)state;
    static const char text[] = ENTRY(SOUND);
    struct ledger l = {0};
    struct err err = {0};
    assert_int_equal(ledger_add_text(&l, text, strlen(text), "gaps.json", &err), 0);
    assert_int_equal(ledger_add_text(&l, text, strlen(text), "own.json", &err), ERR_INPUT);
    assert_non_null(
        strstr(err.text, "own.json:1: id: FED-GAP-001 is there already, at gaps.json:1"));
    assert_int_equal(l.count, 1);
    ledger_release(&l);
}

static void gap__a_sound_ledger_is_read(void **state) {
    (void)state;
    static const char text[] = ENTRY(SOUND ",\"worlds\": [\"sim\"]");
    struct ledger l = {0};
    struct err err = {0};
    assert_int_equal(ledger_add_text(&l, text, strlen(text), "gaps.json", &err), 0);
    assert_int_equal(l.count, 1);
    assert_true(gap_excuses_case(&l.gaps[0], "a.b"));
    assert_false(gap_excuses_case(&l.gaps[0], "a.bc"));
    assert_true(gap_holds_in_world(&l.gaps[0], "sim"));
    assert_false(gap_holds_in_world(&l.gaps[0], "juju"));
    assert_true(l.gaps[0].review_by_ms == clock_parse_utc("2027-06-30T23:59:59Z"));
    ledger_release(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gap__versions_compare_as_numbers),
        cmocka_unit_test(gap__windows_bound_releases),
        cmocka_unit_test(gap__windows_that_are_no_windows_are_told),
        cmocka_unit_test(gap__a_malformed_ledger_names_line_and_field),
        cmocka_unit_test(gap__every_mistake_of_a_ledger_is_collected),
        cmocka_unit_test(gap__ledgers_stand_beside_each_other),
        cmocka_unit_test(gap__a_sound_ledger_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
