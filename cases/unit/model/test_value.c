#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/yaml.h"
#include "harness/model/value.h"

#include <string.h>

static json_t *yaml(const char *text) {
    struct err err = {0};
    json_t *value = yaml_parse(text, strlen(text), "test", &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void value__expansion_keeps_the_type_of_a_lone_reference(void **state) {
    (void)state;
    static const struct {
        const char *text, *json; /* NULL: refused */
    } rows[] = {
        {"${port}", "30229"},
        {"open-port ${port}/tcp", "\"open-port 30229/tcp\""},
        {"${pod.names[1]}-${port}", "\"b-30229\""},
        {"${pod}", "{\"names\":[\"a\",\"b\"]}"},
        {"costs $${port}", "\"costs ${port}\""},
        {"$5 and ${port}", "\"$5 and 30229\""},
        {"${nothing}", NULL},
        {"${pod.names[7]}", NULL},
        {"${port", NULL},
        {"${}", NULL},
    };
    json_t *bound = yaml("{port: 30229, pod: {names: [a, b]}}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *value = value_expand_text(rows[i].text, bound, &err);
        if (!rows[i].json) {
            assert_null(value);
            assert_true(err.code < 0 && *err.text);
            continue;
        }
        if (!value)
            fail_msg("%s: %s", rows[i].text, err.text);
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_string_equal(text, rows[i].json);
        free(text);
        json_decref(value);
    }
    json_decref(bound);
}

static void value__references_name_what_must_be_bound(void **state) {
    (void)state;
    json_t *value =
        yaml("{run: [a, \"${x.y[0]}\", \"$${not}\"], \"${k}\": {deep: [\"${z}${x}\"]}}");
    json_t *names = json_object();
    assert_int_equal(value_references(value, names, NULL), 0);
    assert_int_equal(json_object_size(names), 3);
    assert_true(json_flag(names, "x", NULL) && json_flag(names, "k", NULL) &&
                json_flag(names, "z", NULL));
    json_decref(names);
    json_decref(value);
}

static void value__extraction_takes_a_path_or_the_first_group(void **state) {
    (void)state;
    static const struct {
        const char *what, *text; /* NULL: nothing there */
    } rows[] = {
        {"stdout", "Name: beacon\nAddress 1: 10.1.2.3 x"},
        {"{in: stdout, matches: \"Address 1: ([0-9.]+)\"}", "10.1.2.3"},
        {"{in: stdout, matches: \"^Address\"}", "Address"},
        {"{in: stdout, matches: \"Address 2: (.*)\"}", NULL},
        {"json.port", NULL},
    };
    json_t *seen = yaml("{stdout: \"Name: beacon\\nAddress 1: 10.1.2.3 x\"}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *what = yaml(rows[i].what);
        assert_int_equal(value_extract_check(what, &err), 0);
        json_t *value = value_extract(seen, what, &err);
        if (rows[i].text)
            assert_string_equal(json_string_value(value), rows[i].text);
        else
            assert_int_equal(err.code, ERR_NOT_FOUND);
        json_decref(value);
        json_decref(what);
    }
    json_decref(seen);
}

static void value__durations_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {{"40s", 40000}, {"9m", 540000},    {"1h", 3600000}, {"1m30s", 90000},
                {"250ms", 250}, {"", -1},          {"40", -1},      {"s", -1},
                {"1.5m", -1},   {"-1s", -1},       {"30s1m", -1},   {"1m1m", -1},
                {"9 m", -1},    {"99999999h", -1}, {"1d", -1},      {"99999999999999999999s", -1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = -1;
        if (value_duration_ms(rows[i].text, &ms) != (rows[i].ms >= 0) || ms != rows[i].ms)
            fail_msg("\"%s\"", rows[i].text);
    }
}

static void value__bytes_that_are_not_utf8_are_replaced(void **state) {
    (void)state;
    json_t *value = value_from_bytes("a\xff\xe2\x82\xac\xc0z", 7);
    assert_string_equal(json_string_value(value), "a\xef\xbf\xbd\xe2\x82\xac\xef\xbf\xbdz");
    char *line = value_line(value, 3);
    assert_string_equal(line, "\"a...");
    free(line);
    json_decref(value);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value__expansion_keeps_the_type_of_a_lone_reference),
        cmocka_unit_test(value__references_name_what_must_be_bound),
        cmocka_unit_test(value__extraction_takes_a_path_or_the_first_group),
        cmocka_unit_test(value__durations_are_read_strictly),
        cmocka_unit_test(value__bytes_that_are_not_utf8_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
