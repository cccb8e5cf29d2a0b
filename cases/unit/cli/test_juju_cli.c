#include "cases/unit/support/unit.h"
#include "cases/unit/support/scratch.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "mocks/cli/control_client.h"
#include "mocks/cli/juju_cli.h"
#include "mocks/cli/world_file.h"

static void current_model__is_remembered_and_forgotten(void **state) {
    char *dir = fs_join(*state, "data");
    assert_null(juju_cli_current_model(dir));
    assert_int_equal(juju_cli_select_model(dir, "admin/f1", NULL), 0);
    assert_int_equal(juju_cli_select_model(dir, "admin/c1", NULL), 0);
    char *model = juju_cli_current_model(dir);
    assert_string_equal(model, "admin/c1");
    free(model);
    assert_int_equal(juju_cli_select_model(dir, NULL, NULL), 0);
    assert_null(juju_cli_current_model(dir));
    free(dir);
}

static void request__carries_only_the_files_that_deploy_names(void **state) {
    char *bundle = fs_join(*state, "bundle.yaml"), *secret = fs_join(*state, "config");
    assert_int_equal(fs_write_atomic(bundle, "a: 1\n", 5, 0600, NULL), 0);
    assert_int_equal(fs_write_atomic(secret, "key", 3, 0600, NULL), 0);
    char juju[] = "juju", deploy[] = "deploy", scp[] = "scp", from[] = "m/0:config";
    json_t *request = juju_cli_request(3, (char *[]){juju, deploy, bundle, NULL}, "admin/f1");
    assert_string_equal(json_str(request, "files", bundle, NULL), "a: 1\n");
    assert_string_equal(json_str(request, "current_model", NULL), "admin/f1");
    assert_string_equal(json_str(request, "argv", "[1]", NULL), "deploy");
    json_decref(request);
    request = juju_cli_request(3, (char *[]){juju, deploy, *state, NULL}, NULL); /* a folder */
    assert_string_equal(json_str(request, "files", *state, NULL), "a: 1\n");
    json_decref(request);
    request = juju_cli_request(4, (char *[]){juju, scp, from, secret, NULL}, NULL);
    assert_int_equal(json_object_size(json_object_get(request, "files")), 0);
    json_decref(request);
    request = juju_cli_request(4, (char *[]){juju, scp, from, *state, NULL}, NULL);
    assert_string_equal(json_str(request, "argv", "[3]", NULL), secret); /* into a folder */
    json_decref(request);
    free(bundle);
    free(secret);
}

static bool no_answer(void *self, const json_t *answer) {
    (void)self;
    (void)answer;
    return true;
}

static void a_world_that_does_not_run_is_one_clear_line(void **state) {
    struct err err = {0};
    unsetenv("CONFED_WORLD");
    assert_null(world_file_load(&err));
    assert_non_null(strstr(err.text, "start one with \"confed up\""));
    char *socket_path = fs_join(*state, "control.sock");
    json_t *request = json_object();
    assert_true(control_client_call(socket_path, request, no_answer, NULL, &err) < 0);
    assert_non_null(strstr(err.text, "no simulated world listens at "));
    json_decref(request);
    free(socket_path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(current_model__is_remembered_and_forgotten, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(request__carries_only_the_files_that_deploy_names,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(a_world_that_does_not_run_is_one_clear_line, scratch_make,
                                        scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
