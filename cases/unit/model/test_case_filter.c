#include "cases/unit/support/unit.h"

#include "harness/model/case_filter.h"

#include <stdio.h>
#include <string.h>

static json_t *fields(void) {
    return json_loads("{\"id\": \"gaps.describe\", \"area\": \"gaps\", \"title\": \"kubectl "
                      "describe (works)\", \"covers\": [\"G-10\", \"W34\"], \"needs\": [], "
                      "\"required\": true, \"teardown\": false}",
                      0, NULL);
}

static void filter__terms_and_their_combinations(void **state) {
    (void)state;
    static const struct {
        const char *expression;
        bool holds;
    } rows[] = {
        {"area=gaps", true},
        {"area=gap", false},
        {"area~^ga", true},
        {"id=gaps.describe", true},
        {"covers=W34", true},
        {"covers=W3", false},
        {"covers!=W34", false},
        {"covers!=W35", true},
        {"covers~^W", true},
        {"covers!~^W", false},
        {"needs=loadbalancer", false},
        {"needs!=loadbalancer", true},
        {"why=x", false}, /* it has none */
        {"required", true},
        {"teardown", false},
        {"not teardown", true},
        {"required=true", true},
        {"title='kubectl describe (works)'", true},
        {"title~\"describe \\(works\"", true},
        {"area=gaps and covers=W34", true},
        {"area=gaps and covers=W35", false},
        {"area=x or covers=W34", true},
        /* and binds closer than or, not closest */
        {"required or teardown and teardown", true},
        {"(required or teardown) and teardown", false},
        {"not teardown and required", true},
        {"not (required and area=gaps)", false},
        {"not not required", true},
        {"  required  ", true},
    };
    json_t *f = fields();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        bool holds = !rows[i].holds;
        if (case_filter_holds(rows[i].expression, f, &holds, &err) < 0 || holds != rows[i].holds)
            fail_msg("%s: %s %s", rows[i].expression, holds ? "holds" : "does not hold", err.text);
    }
    json_decref(f);
}

static void filter__a_mistake_is_shown_at_its_place(void **state) {
    (void)state;
    static const struct {
        const char *expression, *in_error;
    } rows[] = {
        {"", "at the end: expected id, area"},
        {"colour=red", "at \"colour=red\": expected id, area"},
        {"area", "at the end: expected =, !="},
        {"area=gaps covers=W34", "at \"covers=W34\": expected and, or or the end"},
        {"(area=gaps", "at the end: expected and, or or )"},
        {"area=gaps)", "at \")\": expected and, or or the end"},
        {"area=", "at the end: expected a text"},
        {"title='kubectl", "expected a closing quote"},
        {"id~[", "\"[\" is no regular expression"},
        {"area=gaps and", "at the end: expected id, area"},
    };
    json_t *f = fields();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        bool holds;
        assert_int_equal(case_filter_holds(rows[i].expression, f, &holds, &err), ERR_USAGE);
        if (!strstr(err.text, rows[i].in_error))
            fail_msg("%s: %s", rows[i].expression, err.text);
    }
    char deep[1000] = "";
    memset(deep, '(', 900);
    struct err err = {0};
    bool holds;
    assert_int_equal(case_filter_holds(deep, f, &holds, &err), ERR_USAGE);
    json_decref(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter__terms_and_their_combinations),
        cmocka_unit_test(filter__a_mistake_is_shown_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
