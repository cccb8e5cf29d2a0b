#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/evidence/folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char dir[64];
    struct folder folder;
};

static int setup(void **state) {
    struct fixture *x = xcalloc(1, sizeof(*x));
    (void)snprintf(x->dir, sizeof(x->dir), "/tmp/confed-folder-XXXXXX");
    *state = x;
    return mkdtemp(x->dir) ? 0 : -1;
}

static int teardown(void **state) {
    struct fixture *x = *state;
    folder_release(&x->folder);
    (void)fs_remove_tree(x->dir, NULL);
    free(x);
    return 0;
}

static void is_file(const struct fixture *x, const char *file, const char *wanted) {
    char *path = fs_join(x->dir, file);
    struct buf text = BUF_INIT;
    (void)fs_read(path, &text, NULL);
    assert_string_equal(buf_str(&text), wanted);
    buf_release(&text);
    free(path);
}

static void folder__a_log_loses_its_beginning_and_anything_else_its_end(void **state) {
    struct fixture *x = *state;
    char lines[1001], wanted[401] = "";
    struct folder_added added;
    for (unsigned i = 0; i < 100; i++) {
        char line[16];
        (void)snprintf(line, sizeof(line), "line %04u\n", i % 100);
        memcpy(lines + 10UL * i, line, 10);
    }
    folder_init(&x->folder, x->dir, 405, 1000);
    folder_add(&x->folder, "a/log.txt", lines, 1000, true, &added);
    assert_string_equal(added.state, "cut");
    assert_string_equal(added.why, "the last 400 of 1000 bytes");
    assert_int_equal(added.bytes, 400);
    free(added.why);
    memcpy(wanted, lines + 600, 400);
    is_file(x, "a/log.txt", wanted);
    folder_release(&x->folder);
    folder_init(&x->folder, x->dir, 405, 1000);
    folder_add(&x->folder, "b.json", lines, 1000, false, &added);
    assert_string_equal(added.why, "the first 405 of 1000 bytes");
    free(added.why);
    folder_release(&x->folder);
    folder_init(&x->folder, x->dir, 100000, 300); /* one file is not to take it all */
    folder_add(&x->folder, "c.json", lines, 1000, false, &added);
    assert_string_equal(added.why, "the first 300 of 1000 bytes");
    free(added.why);
}

static void folder__nothing_is_written_beyond_the_budget(void **state) {
    struct fixture *x = *state;
    struct folder_added added;
    folder_init(&x->folder, x->dir, 10, 1000);
    folder_add(&x->folder, "a", "12345678", 8, false, &added);
    assert_string_equal(added.state, "whole");
    folder_add(&x->folder, "b", "12345678", 8, false, &added);
    assert_string_equal(added.state, "left-out");
    assert_string_equal(added.why, "the budget of 10 bytes is used up");
    free(added.why);
    folder_add(&x->folder, "c", "12", 2, false, &added);
    assert_string_equal(added.state, "whole");
    assert_int_equal(x->folder.used, 10);
    char *path = fs_join(x->dir, "b");
    assert_false(fs_exists(path));
    free(path);
}

static void folder__what_is_cut_has_lost_its_secrets_before(void **state) {
    struct fixture *x = *state;
    char *text = xcalloc(1, 1000);
    struct folder_added added;
    memset(text, 'x', 600);
    memcpy(text, "password: s3cr3t\n", 17);
    memcpy(text + 290, "\n-----BEGIN PRIVATE KEY-----\ns3cr3t\n", 36);
    folder_init(&x->folder, x->dir, 330, 1000);
    folder_add(&x->folder, "a", text, 600, false, &added);
    free(added.why);
    free(text);
    char *path = fs_join(x->dir, "a");
    struct buf written = BUF_INIT;
    assert_int_equal(fs_read(path, &written, NULL), 0);
    assert_null(strstr(buf_str(&written), "s3cr3t"));
    assert_non_null(strstr(buf_str(&written), "password: <secret>"));
    buf_release(&written);
    free(path);
}

static void folder__after_the_first_trouble_nothing_more_is_tried(void **state) {
    struct fixture *x = *state;
    char *path = fs_join(x->dir, "full");
    if (access("/dev/full", W_OK) != 0 || symlink("/dev/full", path) < 0)
        skip();
    free(path);
    struct folder_added added;
    folder_init(&x->folder, x->dir, 1000, 1000);
    folder_add(&x->folder, "before", "x", 1, false, &added);
    folder_add(&x->folder, "full", "x", 1, false, &added);
    assert_string_equal(added.state, "failed");
    assert_non_null(strstr(added.why, "full: No space left on device"));
    free(added.why);
    folder_add(&x->folder, "after", "x", 1, false, &added);
    assert_string_equal(added.state, "failed");
    free(added.why);
    is_file(x, "before", "x");
    assert_int_equal(json_array_size(x->folder.files), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folder__a_log_loses_its_beginning_and_anything_else_its_end,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(folder__nothing_is_written_beyond_the_budget, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(folder__what_is_cut_has_lost_its_secrets_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(folder__after_the_first_trouble_nothing_more_is_tried,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
