/* Lists of what changes between releases: read, and every mistake told by file and line. */
#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/judge/upgrade_list.h"

#include <string.h>

#define HEAD \
    "{\"version\": 1, \"from\": \">=1.6 <1.7\", \"to\": \">=1.7 <1.8\", \"title\": \"t\",\n"
#define POINT(id, more)                                                 \
    "{\"id\": \"" id "\", \"title\": \"t\", \"do\": \"d\",\n \"url\": " \
    "\"https://example.org/1\"" more "}"
#define SOURCE(more) ",\n \"shown_by\": [\n  {\"case\": \"a.b\", \"evidence\": [\"x\"]" more "}]"
#define SOUND SOURCE(", \"after\": {\"x\": 1}")

static json_t *read_text(const char *text, struct problems *problems) {
    return upgrade_list_lint(text, strlen(text), "list.json", problems);
}

static void list__mistakes_are_told_by_line_with_what_is_expected(void **state) {
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"{", "list.json:1:1: not JSON: "},
        {"[]", "list.json:1: expected {\"version\": 1, \"from\": ..., \"points\": ...}"},
        {"{}", "list.json: has no \"version\""},
        {"{\"version\": 9}", "list.json: is of version 9, this confed reads version 1"},
        {"{\"version\": 1,\n \"from\": \"1.6\", \"to\": \">=1.7\", \"title\": \"t\", \"points\": "
         "[" POINT("U-01", SOUND) "]}",
         "list.json:2: from is \"1.6\", expected bounds such as \">=1.6 <1.7\""},
        {HEAD "\"points\": []}", "list.json:1: points is empty, expected at least one"},
        {HEAD "\"points\": [3]}", "list.json:2: expected an object per point: {\"id\": ...}"},
        {HEAD "\"points\": [\n" POINT("U-01", SOUND) "],\n\"Points\": 3}",
         "list.json:7: unknown key \"Points\" of a list; is \"points\" meant?"},
        {HEAD "\"points\": [\n" POINT("U-01", "") "]}",
         "list.json:3: expected one of shown_by and not_shown"},
        {HEAD "\"points\": [\n" POINT("U-01", SOUND ", \"not_shown\": \"x\"") "]}",
         "list.json:3: expected only one of shown_by and not_shown"},
        {HEAD "\"points\": [\n" POINT("U-01", SOUND) ",\n" POINT("U-01", SOUND) "]}",
         "list.json:7: id: U-01 is there already, on line 3: give this point another id"},
        {HEAD "\"points\": [\n{\"id\": \"U-01\", \"title\": \"t\", \"do\": \"d\", \"not_shown\": "
              "\"x\",\n\"url\": \"javascript:x\"}]}",
         "list.json:4: url is \"javascript:x\", expected where upstream says so, https://..."},
        {HEAD "\"points\": [\n" POINT("U-01", SOURCE("")) "]}",
         "list.json:6: nothing is held against the evidence, expected before or after"},
        {HEAD
         "\"points\": [\n" POINT("U-01", SOURCE(", \"after\": {\"x\": {\"matches\": \"(\"}}")) "]}",
         "list.json:6: after: "},
        {HEAD "\"points\": [\n" POINT("U-01", ",\n\"shown_by\": [{\"case\": \"ab\", \"evidence\": "
                                              "[\"x\"], \"after\": {\"x\": 1}}]") "]}",
         "list.json:5: case is \"ab\", expected the id of a case, like lifecycle.dns"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problems problems = PROBLEMS_INIT;
        json_t *list = read_text(rows[i].text, &problems);
        if (list || problems.count != 1 || !strstr(buf_str(&problems.text), rows[i].problem))
            fail_msg("row %zu, %zu problems: %s", i, problems.count, buf_str(&problems.text));
        problems_release(&problems);
        json_decref(list);
    }
}

static void list__that_is_sound_is_read_and_is_for_its_releases(void **state) {
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    json_t *list = read_text(HEAD "\"points\": [\n" POINT("U-01", SOUND) "]}", &problems);
    assert_string_equal(buf_str(&problems.text), "");
    assert_non_null(list);
    assert_true(upgrade_list_is_for(list, "1.6.2", "1.7.0"));
    assert_false(upgrade_list_is_for(list, "1.7.0", "1.6.2"));
    assert_false(upgrade_list_is_for(list, "1.6.2", NULL));
    json_decref(list);
    problems_release(&problems);
}

/* Ours, cut anywhere: either it is told what is wrong, or nothing but the end's newline is missing.
 */
static void list__cut_anywhere_is_refused(void **state) {
    (void)state;
    struct buf text = BUF_INIT;
    struct err err = {0};
    assert_int_equal(fs_read(CONFED_SOURCE_DIR "/fixtures/upgrades/1.6-to-1.7.json", &text, &err),
                     0);
    size_t whole = text.len;
    while (buf_str(&text)[whole - 1] == '\n')
        whole--;
    for (size_t len = 0; len < text.len; len += len + 200 < whole ? 13 : 1) {
        struct problems problems = PROBLEMS_INIT;
        json_t *list = upgrade_list_lint(buf_str(&text), len, "list.json", &problems);
        if ((list != NULL) != (len >= whole) || (problems.count > 0) == (list != NULL))
            fail_msg("%zu bytes of %zu: %s", len, whole, buf_str(&problems.text));
        problems_release(&problems);
        json_decref(list);
    }
    buf_release(&text);
}

/* Each value of ours replaced by one of another kind. */
static void replace_each(json_t *document, json_t *within, const json_t *by) {
    const char *key;
    json_t *value, *copy = json_copy(within);
    size_t i;
    json_object_foreach(copy, key, value) {
        for (i = 0; i < json_array_size(by); i++) {
            struct problems problems = PROBLEMS_INIT;
            json_object_set(within, key, json_array_get(by, i));
            char *text = json_text(document);
            json_decref(read_text(text, &problems));
            free(text);
            problems_release(&problems);
        }
        json_object_set(within, key, value);
        if (json_is_object(value))
            replace_each(document, value, by);
    }
    json_decref(copy);
}

static void list__bears_values_of_the_wrong_kind(void **state) {
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    json_t *list = read_text(HEAD "\"points\": [\n" POINT("U-01", SOUND) "]}", &problems);
    json_t *by = json_loads("[null, 3, \"x\", [], [1], {}, {\"a\": []}, [[]], [{}]]", 0, NULL);
    assert_non_null(list);
    replace_each(list, list, by);
    json_t *point = json_at(list, "points", "[0]", NULL);
    replace_each(list, point, by);
    replace_each(list, json_at(point, "shown_by", "[0]", NULL), by);
    json_decref(by);
    json_decref(list);
    problems_release(&problems);
}

static void list__that_cannot_be_used_is_one_line_of_error(void **state) {
    (void)state;
    struct err err = {0};
    assert_null(upgrade_list_load("/nowhere/list.json", &err));
    assert_non_null(strstr(err.text, "/nowhere/list.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list__mistakes_are_told_by_line_with_what_is_expected),
        cmocka_unit_test(list__that_is_sound_is_read_and_is_for_its_releases),
        cmocka_unit_test(list__cut_anywhere_is_refused),
        cmocka_unit_test(list__bears_values_of_the_wrong_kind),
        cmocka_unit_test(list__that_cannot_be_used_is_one_line_of_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
