#include "cases/unit/juju/rig.h"

#include "harness/core/fs.h"

static void juju__of_2_9_has_exec_and_knows_units(void **state) {
    struct rig *r = *state;
    rig_version(r, "2.9.44");
    rig_deployed(r, "f1");
    assert_int_equal(rig_juju(r, "exec --application kubernetes-worker 'open-port 30229'", 10000),
                     0);
    assert_non_null(strstr(buf_str(&r->world), "30229/tcp open\n"));
    assert_int_equal(rig_juju(r, "exec --all hostname --format json", 10000), 0);
    assert_non_null(strstr(buf_str(&r->out), "{\"stdout\":\"juju-"));
    assert_non_null(strstr(buf_str(&r->out), "\"machine\":\"0/lxd/0\"}"));
    assert_int_equal(rig_juju(r, "show-unit kubernetes-worker/0 --format json", 0), 0);
    assert_non_null(
        strstr(buf_str(&r->out), "\"opened-ports\":[\"80/tcp\",\"443/tcp\",\"30229/tcp\"]"));
    rig_juju(r, "status --format json", 0);
    assert_non_null(strstr(buf_str(&r->out), "\"name\":\"f1\",\"type\":\"iaas\""));
    assert_non_null(strstr(buf_str(&r->out), "\"charm-origin\":\"charmstore\""));
    assert_int_equal(rig_juju(r, "wait-for application kubernetes-worker", 10000), 0);
    assert_string_equal(buf_str(&r->errors), "Application \"kubernetes-worker\" is running\n");
    assert_int_equal(rig_juju(r, "wait-for application nosuch --timeout 20s", 60000), 1);
    assert_non_null(strstr(buf_str(&r->errors), "application \"nosuch\" not found, waiting...\n"));
}

static void wait_for__ends_when_the_query_about_a_model_is_true(void **state) {
    static const char units[] =
        "wait-for model f1 '--query=forEach(units, unit => unit.workload-status == \"active\" && "
        "unit.agent-status == \"idle\")'";
    static const char apps[] =
        "wait-for model f1 '--query=status == \"available\" && forEach(applications, app => "
        "app.status == \"active\")' --timeout 20s";
    struct rig *r = *state;
    rig_version(r, "2.9.44");
    rig_juju(r, "add-model f1", 0);
    /* Of no units all are active, as in Go. */
    assert_int_equal(rig_juju(r, units, 1000), 0);
    assert_string_equal(buf_str(&r->errors), "Model \"f1\" is running\n");
    rig_juju(r, "deploy ./bundle.yaml", 0);
    assert_int_equal(rig_juju(r, apps, 60000), 1);
    assert_string_equal(buf_str(&r->errors),
                        "model \"f1\" found, waiting...\n"
                        "ERROR timed out waiting for \"f1\" to reach goal state\n");
    int64_t begin_ms = sched_now_ms(r->sched);
    assert_int_equal(rig_juju(r, units, 20 * 60000), 0);
    assert_true(sched_now_ms(r->sched) > begin_ms + 60000);
    assert_int_equal(rig_juju(r, "status etcd/0 --format json", 0), 0);
    assert_non_null(strstr(buf_str(&r->out), "\"current\":\"active\""));
    static const char *const refused[] = {
        "wait-for model f1 '--query=len(units) == 2'",
        "wait-for model f1 '--query=forEach(units, unit => unit.nosuch == \"x\")'",
        "wait-for model f1 '--query=forEach(units, unit => other.life == \"x\")'",
        "wait-for model f1 '--query=status == \"available'",
        "wait-for model f1 '--query=status == \"available\" ||'",
        "wait-for model f1 --query=",
        "wait-for application etcd '--query=forEach(units, unit => unit.life == \"alive\")'",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        assert_int_equal(rig_juju(r, refused[i], 1000), 1);
        assert_non_null(strstr(buf_str(&r->errors), "this simulated juju waits only for"));
    }
}

static void juju__of_3_runs_actions_and_speaks_of_bases(void **state) {
    struct rig *r = *state;
    rig_version(r, "3.4.0");
    rig_deployed(r, "f1");
    static const struct {
        const char *line;
        int code;
        const char *text;
    } rows[] = {
        {"run kubernetes-worker/0 upgrade", 1, "action \"upgrade\" not defined"},
        {"run --application kubernetes-worker hostname", 2, "commands are run by juju exec"},
        {"destroy-model -y f1", 2, "option provided but not defined: -y"},
        {"deploy cs:etcd", 1, "schema \"cs\" not valid"},
        {"exec --unit k8s/x hostname", 2, "The following exec targets are not valid:"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(rig_juju(r, rows[i].line, 10000), rows[i].code);
        assert_non_null(strstr(buf_str(&r->errors), rows[i].text));
    }
    json_t *status = juju_status(r->juju, "f1");
    assert_string_equal(json_str(status, "machines", "0", "base", "name", NULL), "ubuntu");
    assert_null(json_at(status, "machines", "0", "series", NULL));
    assert_string_equal(json_str(status, "applications", "flannel", "relations", "etcd", "[0]",
                                 "related-application", NULL),
                        "etcd");
    json_decref(status);
    assert_int_equal(rig_juju(r, "destroy-model --no-prompt f1", 200000), 0);
}

static void bundle__for_charmhub_deploys_with_the_charms_new_names(void **state) {
    struct rig *r = *state;
    rig_version(r, "3.1.6");
    rig_juju(r, "add-model f1", 0);
    assert_int_equal(rig_juju(r, "deploy cs:~x/bundle/federated-kubernetes-core-charmhub-1", 0), 1);
    assert_int_equal(rig_juju(r, "deploy federated-kubernetes-core", 0), 1); /* its charms: cs: */
    assert_non_null(strstr(buf_str(&r->errors), "the charm store is closed"));
    assert_int_equal(rig_juju(r, "deploy federated-kubernetes-core-charmhub", 0), 0);
    sched_advance(r->sched, 900000);
    json_t *status = juju_status(r->juju, "f1");
    assert_string_equal(json_str(status, "applications", "kubernetes-control-plane",
                                 "application-status", "message", NULL),
                        "Kubernetes control-plane running.");
    assert_string_equal(json_str(status, "applications", "etcd", "base", "channel", NULL),
                        "22.04/stable");
    json_decref(status);
    /* The world hears of it by the name that the charm had before. */
    assert_non_null(strstr(buf_str(&r->world), "started f1 kubernetes-master [\"127.7.1.1\"]\n"));
}

static void model_config__keeps_the_mark_that_a_model_was_made_with(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *line;
        int code;
        const char *out, *errors;
    } rows[] = {
        {"add-model --config resource-tags=confed-run=7 f1", 0, "", "Added 'f1' model"},
        {"add-model --config nosuch=1 f2", 1, "", "key \"nosuch\" is not defined"},
        {"add-model --config resource-tags f2", 2, "", "expected \"key=value\""},
        {"model-config -m f1 resource-tags", 0, "confed-run=7\n", ""},
        {"model-config -m f1 default-series", 0, "\n", ""},
        {"model-config -m f1 nosuch", 1, "", "key \"nosuch\" not found"},
        {"model-config -m f1 resource-tags=a=b", 0, "", ""},
        {"model-config -m f1 resource-tags", 0, "a=b\n", ""},
        {"model-config -m f2 resource-tags", 1, "", "admin/f2 not found"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(rig_juju(r, rows[i].line, 0), rows[i].code);
        assert_string_equal(buf_str(&r->out), rows[i].out);
        assert_non_null(strstr(buf_str(&r->errors), rows[i].errors));
    }
}

static void bundle__of_the_project_deploys_by_its_name_in_the_store(void **state) {
    struct rig *r = *state;
    rig_juju(r, "add-model f1", 0);
    assert_int_equal(rig_juju(r, "deploy cs:~kos.tsakalozos/bundle/federated-kubernetes-core-2", 0),
                     0);
    assert_non_null(
        strstr(buf_str(&r->errors),
               "Located bundle \"cs:~kos.tsakalozos/bundle/federated-kubernetes-core-2\"\n"));
    sched_advance(r->sched, 900000);
    json_t *status = juju_status(r->juju, "f1");
    static const char *const apps[] = {
        "easyrsa", "etcd", "etcd-dns", "flannel", "kubernetes-master", "kubernetes-worker"};
    for (size_t i = 0; i < ARRAY_LEN(apps); i++)
        assert_string_equal(
            json_str(status, "applications", apps[i], "application-status", "current", NULL),
            "active");
    assert_string_equal(json_str(status, "applications", "etcd-dns", "charm", NULL),
                        "local:xenial/etcd-dns-0");
    json_decref(status);
    assert_non_null(strstr(buf_str(&r->world), "port f1 etcd-dns 127.7.1.2 4001/tcp open\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(juju__of_2_9_has_exec_and_knows_units, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(wait_for__ends_when_the_query_about_a_model_is_true,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(juju__of_3_runs_actions_and_speaks_of_bases, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(bundle__for_charmhub_deploys_with_the_charms_new_names,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(model_config__keeps_the_mark_that_a_model_was_made_with,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(bundle__of_the_project_deploys_by_its_name_in_the_store,
                                        rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
