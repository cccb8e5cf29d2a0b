#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/world/juju_dialect.h"

#include <string.h>

static void juju_dialect__gives_the_words_of_each_release(void **state) {
    (void)state;
    static const struct {
        const char *version, *remote, *yes, *force, *control_plane,
            *wait_for; /* remote NULL: refused */
    } rows[] = {
        {"2.0.4", "run", "-y", "-y", "kubernetes-master", ""},
        {"2.1.3", "run", "-y", "-y", "kubernetes-master", ""},
        {"2.8.13", "run", "-y", "-y", "kubernetes-master", ""},
        {"2.9", "run", "-y", "--force", "kubernetes-master", "wait-for"},
        {"2.9.44", "run", "-y", "--force", "kubernetes-master", "wait-for"},
        {"2.10", "run", "-y", "--force", "kubernetes-master", "wait-for"},
        {"3.0.0", "exec", "--no-prompt", "--force", "kubernetes-control-plane", "wait-for"},
        {"3.6.2", "exec", "--no-prompt", "--force", "kubernetes-control-plane", "wait-for"},
        {"1.25.6", NULL, NULL, NULL, NULL, NULL},
        {"4.0.1", NULL, NULL, NULL, NULL, NULL},
        {"", NULL, NULL, NULL, NULL, NULL},
        {"latest", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *facts = juju_dialect_for(rows[i].version, &err);
        if (!rows[i].remote) {
            assert_null(facts);
            assert_non_null(strstr(err.text, "expected 2.x or 3.x"));
            continue;
        }
        assert_non_null(facts);
        assert_string_equal(json_str(facts, "remote", NULL), rows[i].remote);
        assert_string_equal(json_str(facts, "yes", NULL), rows[i].yes);
        assert_string_equal(json_str(facts, "force", NULL), rows[i].force);
        assert_string_equal(json_str(facts, "control_plane", NULL), rows[i].control_plane);
        assert_string_equal(json_str(facts, "wait_for", NULL), rows[i].wait_for);
        json_decref(facts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(juju_dialect__gives_the_words_of_each_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
