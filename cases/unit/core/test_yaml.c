#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/yaml.h"

#include <stdlib.h>
#include <string.h>

/* What "kubectl create --dry-run=client -o json" makes of the same scalars. */
static void yaml__scalars_resolve_as_kubectl_resolves_them(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"y", "true"},        {"No", "false"},        {"on", "true"},
        {"~", "null"},        {"\"y\"", "\"y\""},     {"'no'", "\"no\""},
        {"0755", "493"},      {"0x1F", "31"},         {"1_000", "1000"},
        {"1.5", "1.5"},       {"1.6.2", "\"1.6.2\""}, {"-7", "-7"},
        {"1:30", "\"1:30\""}, {"100m", "\"100m\""},   {"v1", "\"v1\""},
        {"-", "[null]"},      {"08", "8.0"},          {"2017-06-02", "\"2017-06-02\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "k: \n  %s\n", rows[i][0]);
        struct err err = {0};
        json_t *v = yaml_parse(text, strlen(text), "t", &err);
        if (!v)
            fail_msg("%s: %s", rows[i][0], err.text);
        char *json = json_text(json_object_get(v, "k"));
        assert_string_equal(json, rows[i][1]);
        free(json);
        json_decref(v);
    }
}

static void yaml__errors_name_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *in_error;
    } rows[] = {
        {"a: 1\nb: [1\n", "x.yaml:3"},
        {"a: 1\na: 2\n", "x.yaml:2: key \"a\" appears twice"},
        {"a: \"b\n", "x.yaml:"},
        {"? [a]\n: b\n", "x.yaml:1: a key must be a scalar"},
        {"a: 1\n---\nb: 2\n", "expected one YAML document, found 2"},
        {"", "expected one YAML document, found 0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        assert_null(yaml_parse(rows[i].text, strlen(rows[i].text), "x.yaml", &err));
        if (!strstr(err.text, rows[i].in_error))
            fail_msg("row %zu: %s", i, err.text);
    }
}

static void yaml__aliases_cannot_explode(void **state) {
    (void)state;
    struct buf text = BUF_INIT;
    buf_adds(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        buf_addf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            buf_addf(&text, "*a%d%s", i - 1, j < 9 ? "," : "]\n");
    }
    struct err err = {0};
    assert_null(yaml_parse(buf_str(&text), text.len, "bomb", &err));
    assert_non_null(strstr(err.text, "too much"));
    buf_release(&text);
}

/* Not even closed: the depth is enough, and nothing behind it is looked at. */
static void yaml__brackets_without_end_are_refused_by_their_depth(void **state) {
    (void)state;
    struct buf text = BUF_INIT;
    for (int i = 0; i < 20000; i++)
        buf_adds(&text, "{a: [");
    struct err err = {0};
    assert_null(yaml_parse(buf_str(&text), text.len, "deep", &err));
    assert_string_equal(err.text, "deep:1: nested or repeated too much");
    buf_release(&text);
}

static void yaml__what_is_written_reads_back_the_same(void **state) {
    (void)state;
    static const char source[] =
        "{\"users\":[{\"name\":\"y\",\"user\":{\"token\":\"0755\",\"e\":{},"
        "\"l\":[]}},[1,[2,\"a: b\\n# c\"]]],\"n\":null,\"deep\":{\"yes\":"
        "{\"true\":[{\"a\":1,\"b\":2},\"x\"]}},\"null\":1.5}";
    json_t *value = json_parse(source, strlen(source), "t", NULL);
    struct buf text = BUF_INIT;
    yaml_dump_to(value, &text);
    struct err err = {0};
    json_t *back = yaml_parse(buf_str(&text), text.len, "t", &err);
    if (!back)
        fail_msg("%s\n%s", err.text, buf_str(&text));
    if (!json_equal(value, back))
        fail_msg("%s", buf_str(&text));
    json_decref(value);
    json_decref(back);
    buf_release(&text);
}

static void yaml__lines_are_known_for_every_key(void **state) {
    (void)state;
    static const char source[] = "id: a\nsteps:\n  - run: x\n    then: y\n  - run: z\n";
    json_t *lines = NULL;
    json_t *value = yaml_parse_with_lines(source, strlen(source), "t", &lines, NULL);
    assert_non_null(value);
    assert_int_equal(json_int(lines, 0, "id", "", NULL), 1);
    assert_int_equal(json_int(lines, 0, "steps", "[0]", "then", "", NULL), 4);
    assert_int_equal(json_int(lines, 0, "steps", "[1]", "", NULL), 5);
    json_decref(value);
    json_decref(lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml__scalars_resolve_as_kubectl_resolves_them),
        cmocka_unit_test(yaml__errors_name_file_and_line),
        cmocka_unit_test(yaml__aliases_cannot_explode),
        cmocka_unit_test(yaml__brackets_without_end_are_refused_by_their_depth),
        cmocka_unit_test(yaml__what_is_written_reads_back_the_same),
        cmocka_unit_test(yaml__lines_are_known_for_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
