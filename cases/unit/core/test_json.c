#include "cases/unit/support/unit.h"

#include "harness/core/json.h"

#include <string.h>

static json_t *parsed(const char *text) {
    json_t *value = json_parse(text, strlen(text), "test", NULL);
    assert_non_null(value);
    return value;
}

static void json__paths_never_fail(void **state) {
    (void)state;
    json_t *v = parsed("{\"a\":[{\"b\":\"x\"},{\"b\":7}],\"t\":true}");
    assert_string_equal(json_str(v, "a", "[0]", "b", NULL), "x");
    assert_int_equal(json_int(v, -1, "a", "[1]", "b", NULL), 7);
    assert_int_equal(json_int(v, -1, "a", "[9]", "b", NULL), -1);
    assert_null(json_str(v, "a", "b", "c", NULL));
    assert_null(json_str(NULL, "a", NULL));
    assert_true(json_flag(v, "t", NULL));
    json_decref(v);
}

static void json__contains_is_a_subset_question(void **state) {
    (void)state;
    static const struct {
        const char *have, *want;
        bool contained;
    } rows[] = {
        {"{\"a\":1,\"b\":2}", "{\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"[1,2,3]", "[3,1]", true},
        {"[1,2]", "[4]", false},
        {"{\"p\":[{\"n\":\"x\",\"v\":1}]}", "{\"p\":[{\"n\":\"x\"}]}", true},
        {"1", "{\"a\":1}", false},
        {"null", "null", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *have = parsed(rows[i].have), *want = parsed(rows[i].want);
        assert_int_equal(json_contains(have, want), rows[i].contained);
        json_decref(have);
        json_decref(want);
    }
}

static void json__a_list_has_the_texts_that_are_its_elements(void **state) {
    (void)state;
    json_t *list = parsed("[\"a\", 7, null, \"\"]");
    assert_true(json_has_text(list, "a"));
    assert_true(json_has_text(list, ""));
    assert_false(json_has_text(list, "b"));
    assert_false(json_has_text(list, "7"));
    assert_false(json_has_text(list, NULL)); /* what is no text is not equal to none */
    assert_false(json_has_text(NULL, "a"));
    json_decref(list);
}

static void json__a_bad_text_names_its_place(void **state) {
    (void)state;
    struct err err = {0};
    assert_null(json_parse("{\n \"a\": }", 9, "gaps.json", &err));
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "gaps.json:2:"));
    assert_null(json_parse("{\"a\":1,\"a\":2}", 13, "x", &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__paths_never_fail),
        cmocka_unit_test(json__contains_is_a_subset_question),
        cmocka_unit_test(json__a_list_has_the_texts_that_are_its_elements),
        cmocka_unit_test(json__a_bad_text_names_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
