#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
    char dir[64];
    char *path;
    json_t *config, *from;
};

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/confed-kubeconfig-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->path = fs_join(f->dir, "config");
    f->from = kubeconfig_new("juju-cluster", "ubuntu", "juju-context", "https://127.7.11.11:6443",
                             "CA", "CERT", "KEY");
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    json_decref(f->config);
    json_decref(f->from);
    fs_remove_tree(f->dir, NULL);
    free(f->path);
    free(f);
    return 0;
}

static void put(const struct fixture *f, const char *name, const char *text) {
    char *path = fs_join(f->dir, name);
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    free(path);
}

static void kubeconfig__merge_renames_as_the_walk_through_does(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    f->config = kubeconfig_load(f->path, true, &err);
    assert_int_equal(kubeconfig_merge(f->config, f->from, "f1", true, false, &err), 0);
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, false, &err), 0);
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, false, &err), 0);
    static const struct {
        const char *list, *at, *name;
    } rows[] = {{"clusters", "[0]", "f1"},  {"clusters", "[1]", "c1-cluster"},
                {"contexts", "[0]", "f1"},  {"contexts", "[1]", "c1"},
                {"users", "[0]", "ubuntu"}, {"users", "[1]", "c1-user"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(json_array_size(json_object_get(f->config, rows[i].list)), 2);
        assert_string_equal(json_str(f->config, rows[i].list, rows[i].at, "name", NULL),
                            rows[i].name);
    }
    assert_string_equal(json_str(f->config, "contexts", "[1]", "context", "user", NULL), "c1-user");
    assert_string_equal(json_str(f->config, "current-context", NULL), "");
}

static void kubeconfig__merge_refuses_another_server_unless_forced(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    f->config = kubeconfig_load(f->path, true, &err);
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, false, &err), 0);
    json_set_str(json_at(f->from, "clusters", "[0]", "cluster", NULL), "server", "https://other:1");
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, false, &err), ERR_STATE);
    assert_non_null(strstr(err.text, "https://127.7.11.11:6443, not https://other:1"));
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, true, &err), 0);
    assert_string_equal(json_str(f->config, "clusters", "[0]", "cluster", "server", NULL),
                        "https://other:1");
}

static void kubeconfig__merge_renames_within_one_file(void **state) {
    struct fixture *f = *state;
    assert_int_equal(kubeconfig_merge(f->from, f->from, "f1", true, false, NULL), 0);
    assert_int_equal(json_array_size(json_object_get(f->from, "clusters")), 1);
    assert_int_equal(json_array_size(json_object_get(f->from, "contexts")), 1);
    assert_string_equal(json_str(f->from, "clusters", "[0]", "name", NULL), "f1");
    assert_string_equal(json_str(f->from, "current-context", NULL), "f1");
}

static void kubeconfig__merge_inlines_files_of_the_kubeconfigs_folder(void **state) {
    struct fixture *f = *state;
    put(f, "ca.pem", "authority");
    put(f, "token", "s3cret\n");
    put(f, "config",
        "clusters: [{name: a, cluster: {server: https://h, certificate-authority: ca.pem}}]\n"
        "contexts: [{name: a, context: {cluster: a, user: a}}]\n"
        "users: [{name: a, user: {tokenFile: ./token, extra: kept}}]\n");
    struct err err = {0};
    json_decref(f->from);
    f->from = kubeconfig_load(f->path, false, &err);
    f->config = json_object();
    assert_int_equal(kubeconfig_merge(f->config, f->from, "c1", false, false, &err), 0);
    json_t *cluster = json_at(f->config, "clusters", "[0]", "cluster", NULL);
    assert_string_equal(json_str(cluster, "certificate-authority-data", NULL), "YXV0aG9yaXR5");
    assert_null(json_object_get(cluster, "certificate-authority"));
    json_t *user = json_at(f->config, "users", "[0]", "user", NULL);
    assert_string_equal(json_str(user, "token", NULL), "s3cret");
    assert_string_equal(json_str(user, "extra", NULL), "kept");
}

static void kubeconfig__what_is_saved_comes_back_and_is_private(void **state) {
    struct fixture *f = *state;
    json_set_str(json_at(f->from, "users", "[0]", "user", NULL), "token", "y");
    char *ca = fs_join(f->dir, "ca.pem");
    json_set_str(json_at(f->from, "clusters", "[0]", "cluster", NULL), "certificate-authority", ca);
    free(ca);
    struct err err = {0};
    assert_int_equal(kubeconfig_save(f->path, f->from, &err), 0);
    f->config = kubeconfig_load(f->path, false, &err);
    assert_true(json_equal(f->config, f->from));

    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(f->path, &text, NULL), 0);
    bool relative = strstr(text.data, "certificate-authority\": \"ca.pem\"") ||
                    strstr(text.data, "certificate-authority: \"ca.pem\"");
    buf_release(&text);
    assert_true(relative);
    char *lock = xasprintf("%s.lock", f->path);
    assert_false(fs_exists(lock));
    free(lock);
}

static void kubeconfig__a_taken_lock_keeps_writers_out(void **state) {
    struct fixture *f = *state;
    put(f, "config.lock", "");
    struct err err = {0};
    assert_int_equal(kubeconfig_save(f->path, f->from, &err), ERR_STATE);
    assert_false(fs_exists(f->path));
}

static void kubeconfig__malformed_files_are_refused_with_file_and_entry(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"- a\n", "config: not a kubeconfig"},
        {"kind: Pod\n", "kind must be \"Config\""},
        {"clusters: {a: b}\n", "clusters must be a list"},
        {"users: [{user: {}}]\n", "users[0] has no name"},
        {"users: [{name: x, user: {token: y}}]\n", "user \"x\": token must be text"},
        {"clusters: [{name: x, cluster: {server: 1}}]\n", "cluster \"x\": server must be text"},
        {"clusters: [{name: x, cluster: [1]}]\n", "cluster must be a map"},
        {"current-context: 7\n", "current-context must be text"},
        {"a: [\n", "config:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put(f, "config", rows[i].text);
        struct err err = {0};
        json_t *config = kubeconfig_load(f->path, false, &err);
        assert_null(config);
        if (!strstr(err.text, rows[i].problem) || strchr(err.text, '\n'))
            fail_msg("row %zu: %s", i, err.text);
    }
    struct err err = {0};
    char *path = fs_join(f->dir, "nosuch");
    assert_null(kubeconfig_load(path, false, &err));
    free(path);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void kubeconfig__targets_carry_the_credentials_of_a_context(void **state) {
    struct fixture *f = *state;
    struct kubeconfig_target t;
    struct err err = {0};
    assert_int_equal(kubeconfig_target(f->from, NULL, &t, &err), 0);
    assert_string_equal(t.http.server, "https://127.7.11.11:6443");
    assert_string_equal(t.http.ca_pem, "CA");
    assert_string_equal(t.http.cert_pem, "CERT");
    assert_string_equal(t.http.key_pem, "KEY");
    assert_null(t.http.token);
    kubeconfig_target_release(&t);
}

static void kubeconfig__broken_references_are_named(void **state) {
    struct fixture *f = *state;
    struct kubeconfig_target t;
    struct err err = {0};
    assert_int_equal(kubeconfig_target(f->from, "nosuch", &t, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "context \"nosuch\" does not exist");
    json_t *context = json_at(f->from, "contexts", "[0]", "context", NULL);
    json_set_str(context, "user", "ghost");
    assert_int_equal(kubeconfig_target(f->from, NULL, &t, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "context \"juju-context\": user \"ghost\" does not exist");
    json_set_str(context, "user", "ubuntu");
    json_set_str(json_at(f->from, "users", "[0]", "user", NULL), "client-key-data", "*");
    assert_int_equal(kubeconfig_target(f->from, NULL, &t, &err), ERR_INPUT);
    json_set_str(f->from, "current-context", "");
    assert_int_equal(kubeconfig_target(f->from, NULL, &t, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "current-context is not set");
}

static void kubeconfig__a_persons_own_is_the_first_of_the_list_else_that_of_the_home(void **state) {
    (void)state;
    static const struct {
        const char *said, *path;
    } rows[] = {{"a:b", "a"},
                {"/x/config", "/x/config"},
                {"", "HOME/.kube/config"},
                {":b", "HOME/.kube/config"},
                {NULL, "HOME/.kube/config"}};
    setenv("HOME", "HOME", 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].said)
            setenv("KUBECONFIG", rows[i].said, 1);
        else
            unsetenv("KUBECONFIG");
        char *path = kubeconfig_own_path();
        assert_string_equal(path, rows[i].path);
        free(path);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(kubeconfig__merge_renames_as_the_walk_through_does),
        CASE(kubeconfig__merge_refuses_another_server_unless_forced),
        CASE(kubeconfig__merge_renames_within_one_file),
        CASE(kubeconfig__merge_inlines_files_of_the_kubeconfigs_folder),
        CASE(kubeconfig__what_is_saved_comes_back_and_is_private),
        CASE(kubeconfig__a_taken_lock_keeps_writers_out),
        CASE(kubeconfig__malformed_files_are_refused_with_file_and_entry),
        CASE(kubeconfig__targets_carry_the_credentials_of_a_context),
        CASE(kubeconfig__broken_references_are_named),
        cmocka_unit_test(kubeconfig__a_persons_own_is_the_first_of_the_list_else_that_of_the_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
