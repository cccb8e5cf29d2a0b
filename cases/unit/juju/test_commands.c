#include "cases/unit/juju/rig.h"

static void commands__fail_with_jujus_words_and_exit_codes(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *line;
        int code;
        const char *text;
    } rows[] = {
        {"status", 1, "No model in focus.\n\nPlease use \"juju models\""},
        {"status -m nosuch", 1, "ERROR model lab:admin/nosuch not found\n"},
        {"destroy-model -y nosuch", 1, "ERROR model lab:admin/nosuch not found\n"},
        {"switch", 1, "no currently specified model"},
        {"switch nosuch", 1, "\"nosuch\" is not the name of a model or controller"},
        {"add-model", 2, "model name is required"},
        {"add-model F_1", 2, "\"F_1\" is not a valid name: model names may only contain"},
        {"destroy-model", 2, "no model specified"},
        {"destroy-model controller", 1, "\"controller\" is a controller; use"},
        {"destroy-model --no-wait x", 1, "--no-wait without --force not valid"},
        {"run", 2, "no commands specified"},
        {"run hostname", 2, "You must specify a target, either through --all, --machine,"},
        {"nosuchverb", 2, "\"nosuchverb\" is not a juju command"},
        {"status --nosuch", 2, "flag provided but not defined: --nosuch"},
        {"status -m", 2, "flag needs an argument: -m"},
        {"wait-for application x", 2, "\"wait-for\" is not a juju command"},
        {"exec --all hostname", 2, "\"exec\" is not a juju command"},
        {"show-unit x/0", 2, "\"show-unit\" is not a juju command"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = rig_juju(r, rows[i].line, 0);
        if (code != rows[i].code || !strstr(buf_str(&r->errors), rows[i].text))
            print_error("%s: exit code %d: %s\n", rows[i].line, code, buf_str(&r->errors));
        assert_int_equal(code, rows[i].code);
        assert_int_equal(strncmp(buf_str(&r->errors), "ERROR ", 6), 0);
        assert_non_null(strstr(buf_str(&r->errors), rows[i].text));
        assert_int_equal(r->out.len, 0);
    }
}

static void commands__of_a_deployed_model_fail_with_jujus_words(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *line;
        int code;
        const char *text;
    } rows[] = {
        {"add-model f1", 1, "failed to create new model: model \"f1\" for admin already exists"},
        {"destroy-model f1", 1, "model destruction: aborted"},
        {"config foo", 1, "application \"foo\" not found"},
        {"config kubernetes-master nosuch=1", 1, "unknown option \"nosuch\""},
        {"config kubernetes-master enable-coredns=maybe", 1, "expected boolean"},
        {"config kubernetes-master nosuch", 1, "key \"nosuch\" not found"},
        {"run --unit kubernetes-worker/7 hostname", 1, "unit \"kubernetes-worker/7\" not found"},
        {"run --unit k8s/x hostname", 2,
         "The following run targets are not valid:\n  \"k8s/x\" is not a valid unit name"},
        {"run --application foo hostname", 1, "application \"foo\" not found"},
        {"expose foo", 1, "application \"foo\" not found"},
        {"scp kubernetes-master/0:nosuch x", 1, "nosuch: No such file or directory"},
        {"scp x kubernetes-master/0:", 1, "copies only from a unit to a local file"},
        {"deploy ./other.yaml", 1, "no charm or bundle was found at \"./other.yaml\""},
        {"deploy cs:nosuch", 1, "cannot resolve URL \"cs:nosuch\""},
        {"add-relation etcd easyrsa:nosuch", 1, "has no \"nosuch\" relation"},
        {"add-relation etcd easyrsa", 1, "already exists"},
    };
    rig_deployed(r, "f1");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code = rig_juju(r, rows[i].line, 10000);
        if (code != rows[i].code || !strstr(buf_str(&r->errors), rows[i].text))
            print_error("%s: exit code %d: %s\n", rows[i].line, code, buf_str(&r->errors));
        assert_int_equal(code, rows[i].code);
        assert_non_null(strstr(buf_str(&r->errors), rows[i].text));
    }
}

static void switch__goes_from_model_to_model(void **state) {
    struct rig *r = *state;
    rig_juju(r, "add-model f1", 0);
    assert_string_equal(buf_str(&r->errors),
                        "Added 'f1' model on metalcloud/rack-a with credential "
                        "'default' for user 'admin'\n");
    rig_juju(r, "add-model c1", 0);
    assert_string_equal(r->current, "admin/c1");
    rig_juju(r, "switch f1", 0);
    assert_string_equal(buf_str(&r->errors), "lab:admin/c1 -> lab:admin/f1\n");
    rig_juju(r, "switch f1", 0);
    assert_string_equal(buf_str(&r->errors), "lab:admin/f1 (no change)\n");
    rig_juju(r, "switch", 0);
    assert_string_equal(buf_str(&r->out), "lab:admin/f1\n");
    rig_juju_env(r, json_pack("{s:s}", "JUJU_MODEL", "c1"), "switch c1", 0);
    assert_non_null(strstr(buf_str(&r->errors), "cannot switch when JUJU_MODEL is overriding"));
    rig_juju_env(r, json_pack("{s:s, s:s}", "JUJU_MODEL", "a:c1", "JUJU_CONTROLLER", "b"), "status",
                 0);
    assert_string_equal(buf_str(&r->errors),
                        "ERROR controller name from JUJU_MODEL (a) conflicts with value in "
                        "JUJU_CONTROLLER (b)\n");
    rig_juju(r, "models --format=json", 0);
    assert_non_null(strstr(buf_str(&r->out), "\"current-model\":\"f1\""));
}

static void run__passes_one_answer_through_and_lists_several(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    assert_int_equal(rig_juju(r, "run --unit kubernetes-worker/0 'echo \"a  b\"; nosuch'", 10000),
                     127);
    assert_string_equal(buf_str(&r->out), "a  b\n");
    assert_non_null(strstr(buf_str(&r->errors), "nosuch: command not found"));
    assert_int_equal(rig_juju(r, "run --unit kubernetes-worker/0,etcd/0 'open-port 7000'", 10000),
                     0);
    assert_string_equal(buf_str(&r->out), "- Stdout: \"\"\n  UnitId: kubernetes-worker/0\n"
                                          "- Stdout: \"\"\n  UnitId: etcd/0\n");
    assert_int_equal(rig_juju(r, "run --unit etcd/0 --format json false", 10000), 0);
    assert_string_equal(buf_str(&r->out),
                        "[{\"ReturnCode\":1,\"Stdout\":\"\",\"UnitId\":\"etcd/0\"}]\n");
}

static void run__waits_for_the_agent_and_times_out(void **state) {
    struct rig *r = *state;
    rig_juju(r, "add-model f1", 0);
    rig_juju(r, "deploy ./bundle.yaml", 0);
    assert_int_equal(rig_juju(r, "run --timeout 20s --unit kubernetes-worker/0 hostname", 60000),
                     1);
    assert_non_null(strstr(buf_str(&r->errors),
                           "ERROR timed out waiting for result from: unit kubernetes-worker/0\n"));
    assert_int_equal(
        rig_juju(r, "run --unit kubernetes-worker/0 'unit-get public-address'", 400000), 0);
    assert_string_equal(buf_str(&r->out), "127.7.1.2\n");
}

static void run__that_is_interrupted_leaves_nothing_behind(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    assert_int_equal(rig_juju(r, "run --unit etcd/0 'open-port 7000'", 0), -1);
    juju_command_abandon(r->running);
    r->running = NULL;
    sched_advance(r->sched, 10000);
    assert_int_equal(rig_juju(r, "run --unit etcd/0 opened-ports", 10000), 0);
    assert_string_equal(buf_str(&r->out), "2379/tcp\n");
}

static void config__reads_sets_and_resets_options(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "config kubernetes-master enable-coredns=True", 0), 0);
    assert_int_equal(r->out.len + r->errors.len, 0);
    json_t *status = juju_status(r->juju, "f1");
    assert_string_equal(json_str(status, "applications", "kubernetes-master", "application-status",
                                 "message", NULL),
                        "Waiting for kube-system pods to start");
    json_decref(status);
    sched_advance(r->sched, 120000);
    assert_string_equal(buf_str(&r->world), "config f1 kubernetes-master enable-coredns=true\n");
    rig_juju(r, "config kubernetes-master enable-coredns", 0);
    assert_string_equal(buf_str(&r->out), "true\n");
    rig_juju(r, "config kubernetes-master --format json", 0);
    json_t *all = json_parse(buf_str(&r->out), r->out.len, "config", NULL);
    assert_true(json_flag(all, "settings", "enable-coredns", "value", NULL));
    json_decref(all);
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "config kubernetes-master --reset enable-coredns", 0), 0);
    sched_advance(r->sched, 120000);
    assert_string_equal(buf_str(&r->world), "config f1 kubernetes-master enable-coredns=false\n");
}

static void scp__hands_the_kubeconfig_to_the_client(void **state) {
    struct rig *r = *state;
    static const char *const paths[] = {"config", "/home/ubuntu/config", "~/config"};
    rig_deployed(r, "f1");
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *line = xasprintf("scp kubernetes-master/0:%s out/config.f1", paths[i]);
        assert_int_equal(rig_juju(r, line, 0), 0);
        free(line);
        assert_string_equal(r->file, "out/config.f1=kubeconfig of kubernetes-master/0 in f1 600");
    }
}

static void status__is_a_table_for_people(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    assert_int_equal(rig_juju(r, "status", 0), 0);
    assert_non_null(strstr(buf_str(&r->out),
                           "Model  Controller  Cloud/Region       Version\n"
                           "f1     lab         metalcloud/rack-a  2.1.3\n\nApp "));
    assert_non_null(strstr(buf_str(&r->out), "\nkubernetes-worker/0*  active    idle   1        "
                                             "127.7.1.2       80/tcp,443/tcp"));
    assert_non_null(strstr(buf_str(&r->out), "\n  flannel/"));
    assert_int_equal(rig_juju(r, "status --format yaml", 0), 0);
    assert_int_equal(strncmp(buf_str(&r->out), "model:\n  name: f1\n  controller: lab\n", 36), 0);
    assert_int_equal(rig_juju(r, "status --format xml", 0), 2);
}

static void bundle__that_is_wrong_deploys_nothing(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"services: {a: {charm: nosuch, num_units: 1}}\n", "charm not found"},
        {"services: {}\n", "at least one application"},
        {"services: {a: {num_units: 1}}\n", "empty charm path"},
        {"services: {a: {charm: etcd}}\nrelations: [[\"a:db\", \"b:x\"]]\n", "not defined"},
        {"services: {f: {charm: flannel, num_units: 1}}\n", "subordinate"},
        {"services: [\n", "cannot read bundle"},
    };
    rig_juju(r, "add-model f1", 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *request =
            json_pack("{s:[s, s, s], s:{}, s:s, s:{s:s}}", "argv", "juju", "deploy", "b.yaml",
                      "env", "current_model", "f1", "files", "b.yaml", rows[i].text);
        buf_clear(&r->errors);
        const struct juju_reply_ops reply = rig_reply(r);
        assert_null(juju_command_start(r->juju, request, &reply));
        json_decref(request);
        assert_int_equal(r->code, 1);
        if (!strstr(buf_str(&r->errors), rows[i].why))
            print_error("%s: %s\n", rows[i].why, buf_str(&r->errors));
        assert_non_null(strstr(buf_str(&r->errors), rows[i].why));
        json_t *status = juju_status(r->juju, "f1");
        assert_int_equal(json_object_size(json_object_get(status, "applications")), 0);
        json_decref(status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commands__fail_with_jujus_words_and_exit_codes, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(commands__of_a_deployed_model_fail_with_jujus_words,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(switch__goes_from_model_to_model, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(run__passes_one_answer_through_and_lists_several, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(run__waits_for_the_agent_and_times_out, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(run__that_is_interrupted_leaves_nothing_behind, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(config__reads_sets_and_resets_options, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(scp__hands_the_kubeconfig_to_the_client, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(status__is_a_table_for_people, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(bundle__that_is_wrong_deploys_nothing, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
