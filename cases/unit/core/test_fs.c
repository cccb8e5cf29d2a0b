#include "cases/unit/support/unit.h"
#include "cases/unit/support/scratch.h"

#include "harness/core/fs.h"
#include "harness/core/mem.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void fs__writes_whole_files_with_their_mode(void **state) {
    struct err err = {0};
    char *nested = fs_join(*state, "a/b");
    assert_int_equal(fs_mkdir_p(nested, 0755, &err), 0);
    char *path = fs_join(nested, "config");
    assert_int_equal(fs_write_atomic(path, "one", 3, 0600, &err), 0);
    assert_int_equal(fs_write_atomic(path, "three", 5, 0600, &err), 0);

    assert_int_equal(fs_write(path, "again, longer", 13, 0644, &err), 0);
    assert_int_equal(fs_write(path, "three", 5, 0644, &err), 0);
    assert_int_equal(fs_write("/dev/full", "three", 5, 0644, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/dev/full"));

    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(path, &text, &err), 0);
    assert_string_equal(buf_str(&text), "three");
    buf_release(&text);
    free(path);
    free(nested);
}

static void fs__a_missing_file_names_the_file(void **state) {
    struct err err = {0};
    struct buf text = BUF_INIT;
    char *path = fs_join(*state, "nosuch");
    assert_int_equal(fs_read(path, &text, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(fs_remove_tree(path, &err), 0);
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fs__writes_whole_files_with_their_mode, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(fs__a_missing_file_names_the_file, scratch_make,
                                        scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
