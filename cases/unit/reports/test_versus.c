/*
 * A comparison and the answer of an upgrade in every format: against goldens (sample.h), and what
 * each must hold whatever was compared.
 */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"
#include "cases/unit/support/scratch.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"
#include "reports/upgrade.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --- each format of both ---------------------------------------------------------------------- */

enum { FORMS_MAX = 32 };

struct form { /* borrowed */
    const char *name, *file_name;
    compare_report_fn *write;
    bool of_upgrade; /* else of its comparison */
};

static size_t forms(struct form list[FORMS_MAX]) {
    size_t n = 0;
    for (int upgrade = 0; upgrade < 2; upgrade++) {
        const struct compare_formats *all = upgrade ? &upgrade_formats : &compare_formats;
        for (size_t i = 0; i < all->count; i++) {
            const struct compare_format *f = &all->list[i];
            list[n++] = (struct form){f->name, f->file_name, f->write, upgrade == 1};
        }
    }
    assert_in_range(n, 2, FORMS_MAX);
    return n;
}

/* Owned. */
static char *written(const struct form *f, const json_t *answer, size_t *ret_len) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    f->write(f->of_upgrade ? answer : json_object_get(answer, "comparison"),
             &(struct compare_report_options){.all = true}, out);
    fclose(out);
    if (ret_len)
        *ret_len = len;
    return text;
}

static void versus__is_as_its_golden_in_every_format(void **state) {
    (void)state;
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    json_t *answer = sample_upgrade();
    for (size_t i = 0; i < count; i++) {
        char *text = written(&list[i], answer, NULL);
        sample_check_golden(text, list[i].file_name);
        free(text);
    }
    json_decref(answer);
}

/* --- go and no-go ----------------------------------------------------------------------------- */

static json_t *of_one(const char *class, bool blocks, bool warns, bool strict, int exit) {
    json_t *row = json_pack("{s:s,s:s,s:b,s:b,s:s,s:s}", "case", "a.b", "class", class, "blocks",
                            blocks, "warns", warns, "text", "why", "verdict", "passed");
    json_t *reasons = exit ? json_pack("[s]", "why") : json_array();
    json_t *comparison = json_pack("{s:i,s:f,s:b,s:O,s:[],s:{s:i},s:[o]}", "exit", exit,
                                   "confidence", 0.95, "strict", strict, "reasons", reasons,
                                   "of_runs", "summary", class, 1, "cases", row);
    return json_pack("{s:i,s:o,s:o}", "exit", exit, "reasons", reasons, "comparison", comparison);
}

/* How many failures a reader of the format counts. */
static size_t failures_of(const struct form *f, const char *text) {
    if (str_eq(f->name, "junit"))
        return count_of(text, "<failure ");
    if (str_eq(f->name, "tap"))
        return count_of(text, "\nnot ok ") - count_of(text, "# TODO");
    if (str_eq(f->name, "ctrf"))
        return count_of(text, "\"status\":\"failed\"");
    if (str_eq(f->name, "html"))
        return count_of(text, "<h1>No-go</h1>");
    if (str_eq(f->name, "json"))
        return count_of(text, "\n  \"exit\": 1,");
    return count_of(text, "NO-GO");
}

static void versus__is_red_in_every_format_exactly_when_it_is_a_no_go(void **state) {
    (void)state;
    static const struct {
        const char *class;
        bool blocks, warns, strict;
        int exit;
    } rows[] = {
        {"same", false, false, false, 0},    {"fixed", false, false, false, 0},
        {"slower", false, true, false, 0},   {"slower", false, true, true, 1},
        {"regressed", true, false, true, 1}, {"missing", true, false, false, 1},
        {"same", false, false, false, 1}, /* a reason that no case has */
    };
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        json_t *answer =
            of_one(rows[k].class, rows[k].blocks, rows[k].warns, rows[k].strict, rows[k].exit);
        for (size_t i = 0; i < count; i++) {
            char *text = written(&list[i], answer, NULL);
            if ((failures_of(&list[i], text) > 0) != (rows[k].exit != 0))
                fail_msg("%s of row %zu: %s", list[i].file_name, k, text);
            free(text);
        }
        json_decref(answer);
    }
}

/* What did not pass on either side is no regression, and no pass. */
static void versus__red_or_not_judged_on_both_sides_is_no_pass(void **state) {
    (void)state;
    static const struct {
        const char *verdict, *junit, *tap, *ctrf;
    } rows[] = {
        {"failed", "<skipped message=\"same: why\"", "not ok 1 - a.b # TODO why",
         "\"status\":\"other\""},
        {"known-gap", "<skipped message=\"same: why\"", "not ok 1 - a.b # TODO why",
         "\"status\":\"other\""},
        {"blocked", "<skipped message=\"same: why\"", "ok 1 - a.b # SKIP why",
         "\"status\":\"skipped\""},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        json_t *answer = of_one("same", false, false, false, 0);
        json_t *comparison = json_object_get(answer, "comparison");
        json_set_str(json_array_get(json_object_get(comparison, "cases"), 0), "verdict",
                     rows[k].verdict);
        const char *const wanted[] = {rows[k].junit, rows[k].tap, rows[k].ctrf};
        static const char *const names[] = {"junit", "tap", "ctrf"};
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            const struct compare_format *found =
                compare_format_find(&compare_formats, names[i], NULL);
            struct form f = {.name = names[i], .write = found->write};
            char *text = written(&f, answer, NULL);
            if (!strstr(text, wanted[i]))
                fail_msg("%s of %s: %s", names[i], rows[k].verdict, text);
            free(text);
        }
        json_decref(answer);
    }
}

static void versus__an_unknown_format_is_told_what_there_is(void **state) {
    (void)state;
    struct err err = {0};
    assert_null(compare_format_find(&upgrade_formats, "pdf", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.text,
                        "there is no format \"pdf\"; expected text, markdown, html, json, "
                        "junit, tap or ctrf");
}

static void ctrf__of_a_comparison_adds_up(void **state) {
    (void)state;
    json_t *answer = sample_upgrade();
    struct form f = {.name = "ctrf", .write = upgrade_ctrf, .of_upgrade = true};
    size_t len, i;
    char *text = written(&f, answer, &len);
    json_t *report = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *test;
    assert_non_null(report);
    const json_t *tests = json_at(report, "results", "tests", NULL);
    json_t *counted = json_object();
    json_array_foreach(tests, i, test) {
        const char *status = json_str(test, "status", NULL);
        json_set_int(counted, status, json_int(counted, 0, status, NULL) + 1);
    }
    static const char *const keys[] = {"passed", "failed", "skipped", "other"};
    for (i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(json_int(report, -1, "results", "summary", keys[i], NULL),
                         json_int(counted, 0, keys[i], NULL));
    assert_int_equal(json_int(report, -1, "results", "summary", "tests", NULL),
                     json_array_size(tests));
    json_decref(counted);
    json_decref(report);
    free(text);
    json_decref(answer);
}

/* --- bad input -------------------------------------------------------------------------------- */

/* Each text of the value replaced by these bytes. */
static void poison(json_t *value, const char *bytes, size_t len) {
    size_t i;
    json_t *element;
    const char *key;
    json_array_foreach(value, i, element) {
        if (json_is_string(element))
            json_array_set_new(value, i, json_stringn_nocheck(bytes, len));
        else
            poison(element, bytes, len);
    }
    if (!json_is_object(value))
        return;
    json_object_foreach(value, key, element) {
        bool kept = str_eq(key, "class") || str_eq(key, "state") || !json_is_string(element);
        if (kept)
            poison(element, bytes, len);
        else
            json_object_set_new(value, key, json_stringn_nocheck(bytes, len));
    }
}

static void versus__of_any_bytes_is_showable_in_every_format(void **state) {
    (void)state;
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    for (int first = 0; first < 256; first += 8) {
        char bytes[256];
        for (int i = 0; i < 256; i++)
            bytes[i] = (char)(first + i * 7);
        json_t *answer = sample_upgrade();
        poison(answer, bytes, sizeof(bytes));
        for (size_t i = 0; i < count; i++) {
            size_t len;
            char *text = written(&list[i], answer, &len);
            if (!str_eq(list[i].name, "json")) /* jansson refuses to write what is no UTF-8 */
                sample_check_showable(text, len, list[i].file_name);
            free(text);
        }
        json_decref(answer);
    }
}

static void versus__caps_a_hundred_megabytes_and_says_so(void **state) {
    (void)state;
    static const char *const keys[] = {"title", "text"};
    size_t len = (size_t)100 << 20;
    char *huge = malloc(len);
    memset(huge, 'z', len);
    json_t *answer = sample_upgrade();
    json_t *row = json_array_get(json_at(answer, "comparison", "cases", NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        json_object_set_new(row, keys[i], json_stringn_nocheck(huge, len));
    json_object_set(json_array_get(json_object_get(answer, "breaks"), 0), "text",
                    json_object_get(row, "text"));
    json_object_set(json_array_get(json_object_get(answer, "points"), 0), "text",
                    json_object_get(row, "text"));
    free(huge);
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].name, "json"))
            continue; /* has everything */
        char *text = written(&list[i], answer, &len);
        assert_true(len < 300000);
        if (!strstr(text, "[cut: 104857600 bytes in all]") &&
            !strstr(text, "\\[cut: 104857600 bytes in all\\]"))
            fail_msg("%s does not say that it was cut", list[i].file_name);
        free(text);
    }
    json_decref(answer);
}

static void grow(json_t *list, size_t count) {
    json_t *one = json_deep_copy(json_array_get(list, 0));
    while (json_array_size(list) < count)
        json_array_append(list, one);
    json_decref(one);
}

static void versus__a_list_that_is_cut_says_how_many_more(void **state) {
    (void)state;
    static const struct {
        const char *key;
        size_t count;
        const char *more;
    } rows[] = {
        {"breaks", 1001, "and 501 more</p>"},   {"mends", 1002, "and 502 more</p>"},
        {"points", 1003, "and 503 more</p>"},   {"notes", 204, "and 104 more</p>"},
        {"of_runs", 105, " more</span></div>"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *answer = sample_upgrade();
        bool of_runs = str_eq(rows[i].key, "of_runs");
        json_t *holder = of_runs ? json_object_get(answer, "comparison") : answer;
        json_t *list = json_object_get(holder, rows[i].key);
        if (json_array_size(list) == 0)
            json_array_append_new(list, of_runs ? json_string("a reason") : json_object());
        grow(list, rows[i].count);
        struct form f = {.write = upgrade_html, .of_upgrade = true};
        char *text = written(&f, answer, NULL);
        if (!strstr(text, rows[i].more))
            fail_msg("%s does not say \"%s\"", rows[i].key, rows[i].more);
        free(text);
        json_decref(answer);
    }
}

/* What is not there, or of another kind, is as if it were not there. */
static void versus__bears_values_of_the_wrong_kind(void **state) {
    (void)state;
    json_t *values = json_loads("[null, 3, \"x\", [1], {\"a\": []}, [[]], [\"y\"], [{}]]", 0, NULL);
    struct form list[FORMS_MAX];
    size_t count = forms(list), v;
    json_t *value, *original = sample_upgrade();
    json_array_foreach(values, v, value) {
        const char *key;
        json_t *unused;
        json_object_foreach(original, key, unused) {
            json_t *answer = json_deep_copy(original);
            json_object_set(answer, key, value);
            for (size_t i = 0; i < count; i++)
                free(written(&list[i], answer, NULL));
            json_decref(answer);
        }
        json_object_foreach(json_object_get(original, "comparison"), key, unused) {
            json_t *answer = json_deep_copy(original);
            json_object_set(json_object_get(answer, "comparison"), key, value);
            for (size_t i = 0; i < count; i++)
                free(written(&list[i], answer, NULL));
            json_decref(answer);
        }
    }
    json_decref(original);
    json_decref(values);
}

/* --- files ------------------------------------------------------------------------------------ */

static void versus__on_a_full_disk_leaves_the_old_one_and_names_it(void **state) {
    const char *dir = *state;
    json_t *answer = sample_upgrade();
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < count; i++) {
        char *path = fs_join(dir, list[i].file_name);
        struct err err = {0};
        assert_int_equal(fs_write_atomic(path, "old", 3, 0644, &err), 0);
        free(path);
    }
    for (int upgrade = 0; upgrade < 2; upgrade++) {
        struct err err = {0};
        struct buf there = BUF_INIT;
        char *path = fs_join(dir, upgrade ? "upgrade.txt" : "compare.txt");
        sample_limit_files(512);
        int rc =
            compare_write_all(upgrade ? &upgrade_formats : &compare_formats,
                              upgrade ? answer : json_object_get(answer, "comparison"), dir, &err);
        sample_limit_files(RLIM_INFINITY);
        assert_true(rc < 0);
        if (!strstr(err.text, path) || !strstr(err.text, "File too large"))
            fail_msg("%s", err.text);
        assert_int_equal(fs_read(path, &there, &err), 0);
        assert_string_equal(buf_str(&there), "old");
        buf_release(&there);
        free(path);
    }
    json_decref(answer);
}

static void versus__writes_a_file_for_every_format(void **state) {
    const char *dir = *state;
    json_t *answer = sample_upgrade();
    struct err err = {0};
    const json_t *comparison = json_object_get(answer, "comparison");
    assert_int_equal(compare_write_all(&upgrade_formats, answer, dir, &err), 0);
    assert_int_equal(compare_write_all(&compare_formats, comparison, dir, &err), 0);
    struct form list[FORMS_MAX];
    size_t count = forms(list);
    for (size_t i = 0; i < count; i++) {
        char *path = fs_join(dir, list[i].file_name), *text = written(&list[i], answer, NULL);
        struct buf there = BUF_INIT;
        assert_int_equal(fs_read(path, &there, &err), 0);
        assert_string_equal(buf_str(&there), text);
        buf_release(&there);
        free(path);
        free(text);
    }
    json_decref(answer);
}

/* --- the page --------------------------------------------------------------------------------- */

static void page__of_an_upgrade_asks_nobody_and_links_only_to_the_web(void **state) {
    (void)state;
    json_t *answer = sample_upgrade();
    struct form f = {.write = upgrade_html, .of_upgrade = true};
    char *text = written(&f, answer, NULL);
    sample_check_quiet_page(text);
    static const char *const forbidden[] = {"javascript:", "<b>& \""};
    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
        assert_null(strstr(text, forbidden[i]));
    free(text);
    json_decref(answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versus__is_as_its_golden_in_every_format),
        cmocka_unit_test(versus__is_red_in_every_format_exactly_when_it_is_a_no_go),
        cmocka_unit_test(versus__red_or_not_judged_on_both_sides_is_no_pass),
        cmocka_unit_test(versus__an_unknown_format_is_told_what_there_is),
        cmocka_unit_test(ctrf__of_a_comparison_adds_up),
        cmocka_unit_test(versus__of_any_bytes_is_showable_in_every_format),
        cmocka_unit_test(versus__caps_a_hundred_megabytes_and_says_so),
        cmocka_unit_test(versus__a_list_that_is_cut_says_how_many_more),
        cmocka_unit_test(versus__bears_values_of_the_wrong_kind),
        cmocka_unit_test_setup_teardown(versus__on_a_full_disk_leaves_the_old_one_and_names_it,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(versus__writes_a_file_for_every_format, scratch_make,
                                        scratch_remove),
        cmocka_unit_test(page__of_an_upgrade_asks_nobody_and_links_only_to_the_web),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
