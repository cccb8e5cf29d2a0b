#include "cases/unit/juju/rig.h"
#include "cases/unit/support/texts.h"

#include "harness/core/str.h"

/* "workload/agent: message" of a unit, principal or not, in the order of the JSON; owned. */
static char *said(struct rig *r, const char *unit) {
    json_t *status = juju_status(r->juju, "f1");
    const char *app, *name;
    json_t *a, *u;
    const json_t *found = NULL;
    json_object_foreach(json_object_get(status, "applications"), app, a) {
        json_object_foreach(json_object_get(a, "units"), name, u) {
            if (str_eq(name, unit))
                found = u;
            if (json_at(u, "subordinates", unit, NULL))
                found = json_at(u, "subordinates", unit, NULL);
        }
    }
    const char *message = json_str(found, "workload-status", "message", NULL);
    char *text = xasprintf("%s/%s: %s", json_str(found, "workload-status", "current", NULL),
                           json_str(found, "juju-status", "current", NULL), message ? message : "");
    json_decref(status);
    return text;
}

/* What a unit says while ms pass, each once and one behind the other; owned. */
static char *saga(struct rig *r, const char *unit, int64_t ms) {
    struct buf all = BUF_INIT;
    char *last = xstrdup("");
    for (int64_t t = 0; t < ms; t += 1000) {
        char *now = said(r, unit);
        if (!str_eq(now, last))
            buf_addf(&all, "%s\n", now);
        free(last);
        last = now;
        sched_advance(r->sched, 1000);
    }
    free(last);
    return buf_detach(&all);
}

static void deploy(struct rig *r) {
    assert_int_equal(rig_juju(r, "add-model f1", 0), 0);
    assert_int_equal(rig_juju(r, "deploy ./bundle.yaml", 0), 0);
}

/* --- commands ------------------------------------------------------------------------------- */

static void trouble__keeps_the_controller_from_answering(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *rule, *line;
        int code;
        const char *out, *errors; /* parts of them */
        int64_t within_ms;
    } rows[] = {
        {"juju status refuse count=1", "status --format=json", 1, "",
         "ERROR unable to connect to API: dial tcp 10.10.0.2:17070: connect: connection refused\n",
         0},
        {"juju status expire count=1", "status --format=json", 1, "",
         "ERROR login expired\n\nYour login for the \"lab\" controller has expired.\n", 0},
        {"juju * drop count=1", "status --format=json", 1, "", "i/o timeout", 601000},
        {"juju * drop count=1", "status --format=json", -1, "", "", 599000},
        {"juju * delay=30000 count=1", "status --format=json", 0, "\"applications\"", "", 31000},
        {"juju * delay=30000 count=1", "status --format=json", -1, "", "", 29000},
        {"juju * truncate=20 count=1", "status --format=json", 0, "{\"model\":{\"name\":\"f1", "",
         0},
        {"juju * reset count=1", "add-model f2", 1, "", "ERROR connection is shut down\n", 0},
        {"juju * reset count=1", "config etcd port", 1, "", "ERROR connection is shut down\n", 0},
        /* Of another model, another command, and of what the client knows by itself. */
        {"juju * refuse at=c1", "status --format=json", 0, "\"applications\"", "", 0},
        {"juju deploy refuse", "status --format=json", 0, "\"applications\"", "", 0},
        {"juju * expire", "version", 0, "2.1.3", "", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fault_table_clear(r->faults);
        if (i == 0)
            rig_deployed(r, "f1");
        rig_fault(r, rows[i].rule);
        int code = rig_juju(r, rows[i].line, rows[i].within_ms);
        bool silent = !*rows[i].out && r->out.len > 0;
        if (code != rows[i].code || silent || !strstr(buf_str(&r->out), rows[i].out) ||
            !strstr(buf_str(&r->errors), rows[i].errors))
            fail_msg("%s: %s: %d, %s, %s", rows[i].rule, rows[i].line, code, buf_str(&r->out),
                     buf_str(&r->errors));
        juju_command_abandon(r->running);
        r->running = NULL;
    }
    /* What was asked when the connection ended is done. */
    fault_table_clear(r->faults);
    rig_juju(r, "models --format=json", 0);
    assert_non_null(strstr(buf_str(&r->out), "f2"));
}

static void trouble__of_a_controller_passes_after_a_minute(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    rig_fault(r, "juju * refuse skip=1 for=60000");
    assert_int_equal(rig_juju(r, "status --format=json", 0), 0);
    assert_int_equal(rig_juju(r, "status --format=json", 0), 1);
    sched_advance(r->sched, 59000);
    assert_int_equal(rig_juju(r, "status --format=json", 0), 1);
    sched_advance(r->sched, 1000);
    assert_int_equal(rig_juju(r, "status --format=json", 0), 0);
}

static void trouble__warnings_stand_around_the_json(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    rig_fault(r, "juju status warn");
    assert_int_equal(rig_juju(r, "status --format=json", 0), 0);
    const char *json = strstr(buf_str(&r->out), "\n{\"model\"");
    assert_non_null(json);
    assert_int_equal(strncmp(buf_str(&r->out), "WARNING ", 8), 0);
    assert_non_null(strstr(json, "}\nWARNING "));
    assert_non_null(strstr(buf_str(&r->errors), "WARNING "));
}

/* --- a deploy ------------------------------------------------------------------------------- */

static void trouble__of_a_hook_is_mended_by_juju_trying_again(void **state) {
    struct rig *r = *state;
    rig_fault(r, "hook kubernetes-worker/0 fail count=2 at=f1");
    deploy(r);
    char *all = saga(r, "kubernetes-worker/0", 1200000);
    if (count_of(all, "error/idle: hook failed: \"install\"\n") != 2 ||
        !strstr(all, "error/idle: hook failed: \"install\"\nmaintenance/executing: ") ||
        !str_has_suffix(all, "active/idle: Kubernetes worker running.\n"))
        fail_msg("%s", all);
    free(all);
}

static void trouble__of_a_hook_stays_and_is_tried_less_and_less_often(void **state) {
    struct rig *r = *state;
    rig_fault(r, "hook kubernetes-worker fail at=f1");
    deploy(r);
    char *all = saga(r, "kubernetes-worker/0", 1800000);
    /* 5, 10, 20, ... 300 s: some ten tries in half an hour, where every 5 s would be hundreds. */
    assert_in_range(count_of(all, "error/idle: hook failed: \"install\"\n"), 7, 14);
    assert_null(strstr(all, "Kubernetes worker running."));
    free(all);
}

static void trouble__of_a_hook_after_the_deploy_ends_where_it_was(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    rig_fault(r, "hook kubernetes-worker fail count=1");
    assert_int_equal(rig_juju(r, "config kubernetes-worker ingress=false", 0), 0);
    char *all = saga(r, "kubernetes-worker/0", 120000);
    assert_string_equal(all, "active/executing: Kubernetes worker running.\n"
                             "error/idle: hook failed: \"config-changed\"\n"
                             "active/executing: Kubernetes worker running.\n"
                             "active/idle: Kubernetes worker running.\n");
    free(all);
}

static void trouble__of_a_hook_that_hangs_or_waits_for_somebody(void **state) {
    struct rig *r = *state;
    rig_fault(r, "hook etcd/0 drop count=1");
    rig_fault(r, "hook flannel block count=4");
    deploy(r);
    sched_advance(r->sched, 900000);
    char *etcd = said(r, "etcd/0");
    assert_string_equal(etcd, "maintenance/executing: installing charm software");
    free(etcd);
    char *all = saga(r, "flannel/0", 1000);
    assert_non_null(strstr(all, "waiting/idle: Waiting for etcd credentials."));
    free(all);
}

static void trouble__of_a_charm_that_is_blocked_passes_with_its_rule(void **state) {
    struct rig *r = *state;
    rig_fault(r, "hook easyrsa block count=2");
    deploy(r);
    char *all = saga(r, "easyrsa/0", 900000);
    assert_non_null(strstr(all, "blocked/idle: Needs manual upgrade, run the upgrade action\n"));
    assert_true(str_has_suffix(all, "active/idle: Certificate Authority connected.\n"));
    free(all);
}

static char *machine_said(struct rig *r, const char *id) {
    json_t *status = juju_status(r->juju, "f1");
    const json_t *m = json_at(status, "machines", id, NULL);
    const char *message = json_str(m, "machine-status", "message", NULL);
    char *text = xasprintf("%s/%s: %s", json_str(m, "juju-status", "current", NULL),
                           json_str(m, "machine-status", "current", NULL), message ? message : "");
    json_decref(status);
    return text;
}

static void trouble__of_machines_that_do_not_come(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *rule;
        int64_t after_ms;
        const char *said;
    } rows[] = {
        {"machine 1 drop at=f1", 3600000, "pending/allocating: Deploying"},
        {"machine 1 fail at=f1", 26000,
         "pending/allocating: failed to start machine 1 (No available machine matches "
         "constraints: mem=8192), retrying in 10s (10 more attempts)"},
        {"machine 1 fail at=f1", 3600000,
         "down/provisioning error: No available machine matches constraints: mem=8192"},
        {"machine 1 fail count=3 at=f1", 900000, "started/running: Deployed"},
        {"machine 1 delay=600000 at=f1", 600000, "pending/allocating: Deploying"},
        {"machine 1 delay=600000 at=f1", 1200000, "started/running: Deployed"},
        {"machine 1 fail at=c1", 900000, "started/running: Deployed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fault_table_clear(r->faults);
        rig_fault(r, rows[i].rule);
        deploy(r);
        sched_advance(r->sched, rows[i].after_ms);
        char *text = machine_said(r, "1");
        if (!str_eq(text, rows[i].said))
            fail_msg("%s: %s", rows[i].rule, text);
        free(text);
        assert_int_equal(rig_juju(r, "destroy-model -y f1", 600000), 0);
    }
}

/* --- who is lost ----------------------------------------------------------------------------- */

static void trouble__of_a_lost_agent_leaves_its_workload_alone(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    rig_fault(r, "agent flannel/0 lost for=90000");
    sched_advance(r->sched, 31000);
    char *text = said(r, "flannel/0");
    assert_string_equal(text, "unknown/lost: agent lost, see 'juju show-status-log flannel/0'");
    free(text);
    text = said(r, "flannel/1");
    assert_true(str_has_prefix(text, "active/idle"));
    free(text);
    assert_string_equal(buf_str(&r->world), "");
    sched_advance(r->sched, 120000);
    text = said(r, "flannel/0");
    assert_true(str_has_prefix(text, "active/idle"));
    free(text);
}

static void trouble__of_a_machine_that_vanishes_takes_all_of_it(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    rig_fault(r, "machine 1 lost");
    sched_advance(r->sched, 31000);
    char *text = machine_said(r, "1");
    assert_string_equal(text, "down/running: Deployed");
    free(text);
    static const char *const units[] = {"kubernetes-worker/0", "flannel/1"};
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        text = said(r, units[i]);
        assert_true(str_has_prefix(text, "unknown/lost: agent lost"));
        free(text);
    }
    assert_string_equal(buf_str(&r->world), "power f1 127.7.1.2 off\n");
    /* Nobody there runs a command. */
    assert_int_equal(rig_juju(r, "run --unit kubernetes-worker/0 hostname", 400000), 1);
    assert_non_null(
        strstr(buf_str(&r->errors), "timed out waiting for result from: unit kubernetes-worker/0"));
    /* And back, with everything. */
    buf_clear(&r->world);
    fault_table_clear(r->faults);
    sched_advance(r->sched, 61000);
    assert_string_equal(buf_str(&r->world), "power f1 127.7.1.2 on\n");
    text = said(r, "kubernetes-worker/0");
    assert_true(str_has_prefix(text, "active/idle"));
    free(text);
}

static void trouble__of_a_machine_that_somebody_switches_off(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "ssh kubernetes-worker/0 sudo poweroff", 0), 255);
    /* At once for the world, later for Juju, which only stops to hear of it. */
    assert_string_equal(buf_str(&r->world), "power f1 127.7.1.2 off\n");
    char *text = said(r, "kubernetes-worker/0");
    assert_true(str_has_prefix(text, "active/idle"));
    free(text);
    sched_advance(r->sched, 31000);
    text = said(r, "kubernetes-worker/0");
    assert_true(str_has_prefix(text, "unknown/lost"));
    free(text);
    sched_advance(r->sched, 3600000);
    assert_string_equal(buf_str(&r->world), "power f1 127.7.1.2 off\n");
    assert_int_equal(rig_juju(r, "ssh kubernetes-worker/0 hostname", 0), 1);
    assert_non_null(strstr(buf_str(&r->errors), "no reachable address"));
    /* And with it its model can go. */
    assert_int_equal(rig_juju(r, "destroy-model -y f1", 600000), 0);
}

static void trouble__of_a_lost_host_takes_its_containers_along(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    rig_fault(r, "machine 0 lost");
    sched_advance(r->sched, 31000);
    char *text = said(r, "easyrsa/0");
    assert_true(str_has_prefix(text, "unknown/lost"));
    free(text);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(trouble__keeps_the_controller_from_answering),
        TEST(trouble__of_a_controller_passes_after_a_minute),
        TEST(trouble__warnings_stand_around_the_json),
        TEST(trouble__of_a_hook_is_mended_by_juju_trying_again),
        TEST(trouble__of_a_hook_stays_and_is_tried_less_and_less_often),
        TEST(trouble__of_a_hook_after_the_deploy_ends_where_it_was),
        TEST(trouble__of_a_hook_that_hangs_or_waits_for_somebody),
        TEST(trouble__of_a_charm_that_is_blocked_passes_with_its_rule),
        TEST(trouble__of_machines_that_do_not_come),
        TEST(trouble__of_a_lost_agent_leaves_its_workload_alone),
        TEST(trouble__of_a_machine_that_vanishes_takes_all_of_it),
        TEST(trouble__of_a_machine_that_somebody_switches_off),
        TEST(trouble__of_a_lost_host_takes_its_containers_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
