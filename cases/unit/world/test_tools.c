#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/world/tools.h"

#include <stdlib.h>

static void tools__a_release_is_read_in_both_forms_that_clients_print(void **state) {
    (void)state;
    static const struct {
        const char *said, *release; /* NULL: it says none */
    } rows[] = {
        {"Client Version: version.Info{Major:\"1\", Minor:\"6\", GitVersion:\"v1.6.2\", "
         "GitCommit:\"477efc3cbe6a7effca06bd1452fa356e2201e1ee\"}\n",
         "1.6.2"},
        {"WARNING: old\nClient Version: version.Info{GitVersion:\"v1.20.2+k3s1\"}", "1.20.2+k3s1"},
        {"Client Version: v1.32.0\nKustomize Version: v5.5.0\n", "1.32.0"},
        {"2.1.3-xenial-amd64\n", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *release = tools_release_in(rows[i].said);
        if (rows[i].release)
            assert_string_equal(release, rows[i].release);
        else
            assert_null(release);
        free(release);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tools__a_release_is_read_in_both_forms_that_clients_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
