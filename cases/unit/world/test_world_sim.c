#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/world/tools.h"
#include "harness/world/world_existing.h"
#include "harness/world/world_sim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Stands in for confed-sim: writes world.json and waits to be told to stop. */
static const char fake[] =
    "#!/bin/sh\n"
    "dir=$3\n"
    "case \"$*\" in *broken*) echo 'cannot take an address block' >&2; exit 3;; esac\n"
    "echo \"$*\" >$dir/arguments\n"
    ": >$dir/control.sock\n"
    "mkdir $dir/bin; printf '#!/bin/sh\\necho WARNING: old; echo 2.9.44-ubuntu-amd64\\n' "
    ">$dir/bin/juju\n"
    "chmod 755 $dir/bin/juju\n"
    "trap 'kill $!; exit 0' TERM\n"
    "cat >$dir/w <<EOT\n"
    "{\"version\":1,\"pid\":$$,\"socket\":\"$dir/control.sock\",\"bin\":\"$dir/bin\",\n"
    "\"env\":{\"CONFED_WORLD\":\"$dir/world.json\"},\"speed\":100,\"seed\":7,\n"
    "\"profile\":\"1.6.2\",\"offers\":[\"juju\"]}\n"
    "EOT\n"
    "mv $dir/w $dir/world.json\n"
    "while :; do sleep 1000 & wait $!; done\n";

struct fixture {
    char dir[64];
    char *program, *kubeconfig;
};

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/confed-world-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->program = fs_join(f->dir, "confed-sim");
    f->kubeconfig = fs_join(f->dir, "kubeconfig");
    (void)setenv("CONFED_SIM", f->program, 1);
    *state = f;
    return fs_write_atomic(f->program, fake, strlen(fake), 0755, NULL);
}

static int teardown(void **state) {
    struct fixture *f = *state;
    (void)fs_remove_tree(f->dir, NULL);
    free(f->program);
    free(f->kubeconfig);
    free(f);
    return 0;
}

static const struct world_options plain = {.seed = -1, .floor_ms = -1};

static void world_sim__starts_is_found_again_and_stops(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    struct world_options options = {.seed = 9, .floor_ms = 50, .profile = "1.6.2"};
    struct world world, again;
    struct world_place place = {.run_dir = f->dir, .kubeconfig = f->kubeconfig};
    assert_int_equal(world_sim_new(&options, &world, &err), 0);
    if (world.ops->start(world.self, &place, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(world.ops->is_fresh(world.self));
    assert_true(world.ops->real_ms(world.self, 540000) == 5400);
    assert_true(world.ops->real_ms(world.self, 1000) == 50); /* the floor */
    assert_true(world.ops->span_ms(world.self, 1000) == 10);
    json_t *env = json_object();
    world.ops->env(world.self, env);
    char *path = xasprintf("%s/bin:%s/world/bin:/usr/local/bin:/usr/bin:/bin", f->dir, f->dir);
    assert_string_equal(json_str(env, "PATH", NULL), path);
    assert_non_null(json_str(env, "CONFED_WORLD", NULL));
    free(path);
    json_decref(env);

    struct buf arguments = BUF_INIT;
    path = fs_join(f->dir, "world/arguments");
    assert_int_equal(fs_read(path, &arguments, NULL), 0);
    assert_non_null(strstr(buf_str(&arguments), "--linger 600 --profile 1.6.2 --seed 9"));
    buf_release(&arguments);
    free(path);

    /* A resumed run goes on in the same world; its end is the world's end. */
    pid_t pid = (pid_t)json_int(world.ops->facts(world.self), 0, "pid", NULL);
    assert_int_equal(world_sim_new(&options, &again, &err), 0);
    place.resumed = true;
    assert_int_equal(again.ops->start(again.self, &place, &err), 0);
    assert_false(again.ops->is_fresh(again.self));
    assert_int_equal(json_int(again.ops->facts(again.self), 0, "pid", NULL), pid);
    world.ops->free(world.self);
    assert_int_equal(kill(pid, 0), -1);
    again.ops->stop(again.self, true);
    again.ops->free(again.self);
}

static void world_sim__that_cannot_start_says_why(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    struct world_options options = plain;
    options.profile = "broken";
    struct world world;
    struct world_place place = {.run_dir = f->dir, .kubeconfig = f->kubeconfig};
    assert_int_equal(world_sim_new(&options, &world, &err), 0);
    assert_int_equal(world.ops->start(world.self, &place, &err), ERR_STATE);
    assert_non_null(strstr(err.text, "cannot take an address block"));
    world.ops->free(world.self);
    (void)setenv("CONFED_SIM", "/nonexistent/confed-sim", 1);
    assert_int_equal(world_sim_new(&options, &world, &err), ERR_NOT_FOUND);
}

static void world_sim__goes_up_and_down_by_hand(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    json_t *world = world_sim_up(&plain, f->dir, &err);
    if (!world)
        fail_msg("%s", err.text);
    assert_null(world_sim_up(&plain, f->dir, &err));
    assert_int_equal(err.code, ERR_STATE);
    assert_int_equal(world_sim_down(f->dir, &err), 0);
    assert_int_equal(world_sim_down(f->dir, &err), ERR_NOT_FOUND);
    json_decref(world);
}

static void world_existing__takes_only_the_contexts_that_it_is_told(void **state) {
    struct fixture *f = *state;
    static const char theirs[] =
        "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
        "clusters: [{name: ca, cluster: {server: \"https://a\"}}, {name: cb, cluster: {server: "
        "\"https://b\"}}]\n"
        "users: [{name: ua, user: {token: x}}, {name: ub, user: {token: z}}]\n"
        "contexts: [{name: a, context: {cluster: ca, user: ua}}, {name: b, context: {cluster: cb, "
        "user: ub}}, {name: c, context: {cluster: cc, user: ub}}]\n";
    struct err err = {0};
    char *path = fs_join(f->dir, "theirs");
    assert_int_equal(fs_write_atomic(path, theirs, strlen(theirs), 0600, NULL), 0);
    static const struct {
        const char *context;
        int rc;
    } rows[] = {{"b", 0}, {"c", ERR_INPUT}, {"d", ERR_NOT_FOUND}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world_options options = plain;
        options.kubeconfig = path;
        options.contexts = json_pack("[s]", rows[i].context);
        struct world world;
        struct world_place place = {.run_dir = f->dir, .kubeconfig = f->kubeconfig};
        (void)unlink(f->kubeconfig);
        assert_int_equal(world_existing_new(&options, &world, &err), 0);
        assert_int_equal(world.ops->start(world.self, &place, &err), rows[i].rc);
        assert_int_equal(fs_exists(f->kubeconfig), rows[i].rc == 0);
        world.ops->free(world.self);
        json_decref(options.contexts);
    }
    struct world world;
    struct world_options options = plain;
    options.juju_version = "3.1.6";
    assert_int_equal(world_existing_new(&options, &world, &err), ERR_USAGE);
    free(path);
}

static void tools__are_found_in_path_and_linked(void **state) {
    struct fixture *f = *state;
    struct err err = {0};
    assert_null(tools_find("confed-sim", "relative:"));
    char *found = tools_find("confed-sim", f->dir);
    assert_string_equal(found, f->program);
    free(found);
    json_t *tools = json_pack("{s:s, s:s}", "kubectl", f->program, "kubefed", f->program);
    assert_int_equal(tools_link(f->dir, tools, &err), 0);
    char *link = fs_join(f->dir, "bin/kubefed");
    char *target = realpath(link, NULL);
    char *wanted = realpath(f->program, NULL);
    assert_string_equal(target, wanted);
    json_object_set_new(tools, "juju", json_string("/nonexistent"));
    assert_int_equal(tools_link(f->dir, tools, &err), ERR_NOT_FOUND);
    free(target);
    free(wanted);
    free(link);
    json_decref(tools);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(world_sim__starts_is_found_again_and_stops),
        IN_FIXTURE(world_sim__that_cannot_start_says_why),
        IN_FIXTURE(world_sim__goes_up_and_down_by_hand),
        IN_FIXTURE(world_existing__takes_only_the_contexts_that_it_is_told),
        IN_FIXTURE(tools__are_found_in_path_and_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
