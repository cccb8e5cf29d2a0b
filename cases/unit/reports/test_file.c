/* Reports as files: whole or not at all, and what is refused. */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/scratch.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t entries(const char *dir) {
    size_t count = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count - 2;
}

static void report__that_cannot_be_written_leaves_the_old_one_and_names_it(void **state) {
    const char *dir = *state;
    json_t *results = sample_load(), *list = json_object_get(results, "results");
    for (int i = 0; i < 2000; i++) /* more than one block of output in every format */
        json_array_append_new(list, json_deep_copy(json_array_get(list, 4)));
    size_t count;
    const struct report_format *formats = report_formats(&count);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < count; i++) {
        char *path = fs_join(dir, formats[i].file_name);
        struct err err = {0};
        struct buf there = BUF_INIT;
        assert_int_equal(fs_write_atomic(path, "old", 3, 0644, &err), 0);
        sample_limit_files(1024); /* the mail is never larger than 4096 */
        int rc = report_write_file(&formats[i], results, &(struct report_options){0}, dir, &err);
        sample_limit_files(RLIM_INFINITY);
        assert_true(rc < 0);
        if (!strstr(err.text, path) || !strstr(err.text, "File too large"))
            fail_msg("%s", err.text);
        assert_int_equal(fs_read(path, &there, &err), 0);
        assert_string_equal(buf_str(&there), "old");
        assert_int_equal(entries(dir), i + 1); /* no half file is left */
        buf_release(&there);
        free(path);
    }
    json_decref(results);
}

static void report__to_a_full_device_fails_and_names_it(void **state) {
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    json_t *results = sample_load();
    size_t count;
    const struct report_format *formats = report_formats(&count);
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        assert_true(report_write_path(&formats[i], results, &(struct report_options){0},
                                      "/dev/full", &err) < 0);
        assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
    }
    json_decref(results);
}

static void report__into_a_folder_that_is_not_there_says_so(void **state) {
    char *path = fs_join(*state, "none/junit.xml");
    json_t *results = sample_load();
    struct err err = {0};
    assert_true(report_write_path(report_find("junit"), results, &(struct report_options){0}, path,
                                  &err) < 0);
    assert_non_null(strstr(err.text, "none/junit.xml: No such file or directory"));
    json_decref(results);
    free(path);
}

/* What is mistyped in results that passed the check is as if it were not there. */
static void report__bears_values_of_the_wrong_kind(void **state) {
    (void)state;
    static const char *const keys[] = {"title", "verdict", "message",  "elapsed_ms", "started",
                                       "steps", "gap",     "evidence", "files",      "covers",
                                       "needs", "after",   "missing",  "required",   "expected"};
    json_t *values = json_loads("[null, 3, \"x\", [1], {\"a\": []}, [[]], [\"y\"], [{}]]", 0, NULL);
    json_t *list = json_array(), *value;
    size_t v;
    json_array_foreach(values, v, value) {
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            json_t *r = json_pack("{s:s,s:s}", "case", "a.b", "verdict", "failed");
            json_object_set(r, keys[k], value);
            json_array_append_new(list, r);
        }
    }
    json_t *results = sample_of(list);
    static const char *const top[] = {"summary", "properties", "truth", "cpu_ms", "started"};
    size_t count;
    const struct report_format *formats = report_formats(&count);
    json_array_foreach(values, v, value) {
        for (size_t k = 0; k < ARRAY_LEN(top); k++)
            json_object_set(results, top[k], value);
        for (size_t i = 0; i < count; i++)
            free(sample_written(formats[i].name, results, NULL, NULL));
    }
    json_decref(results);
    json_decref(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            report__that_cannot_be_written_leaves_the_old_one_and_names_it, scratch_make,
            scratch_remove),
        cmocka_unit_test(report__to_a_full_device_fails_and_names_it),
        cmocka_unit_test_setup_teardown(report__into_a_folder_that_is_not_there_says_so,
                                        scratch_make, scratch_remove),
        cmocka_unit_test(report__bears_values_of_the_wrong_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
