#include "cases/unit/juju/rig.h"

#include "harness/core/str.h"

/* Whether every unit is active and every agent idle. */
static bool is_settled(struct rig *r, const char *model) {
    json_t *status = juju_status(r->juju, model);
    const char *app, *unit, *sub;
    json_t *a, *u, *s;
    bool settled = true;
    size_t units = 0;
    json_object_foreach(json_object_get(status, "applications"), app, a)
        json_object_foreach(json_object_get(a, "units"), unit, u) {
        units++;
        settled = settled && str_eq(json_str(u, "workload-status", "current", NULL), "active") &&
                  str_eq(json_str(u, "juju-status", "current", NULL), "idle");
        json_object_foreach(json_object_get(u, "subordinates"), sub, s) settled =
            settled && str_eq(json_str(s, "juju-status", "current", NULL), "idle");
    }
    json_decref(status);
    return settled && units > 0;
}

static void deploy__takes_about_nine_minutes_until_all_is_active_and_idle(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_juju(r, "add-model f1", 0), 0);
    assert_int_equal(rig_juju(r, "deploy ./bundle.yaml", 0), 0);
    assert_non_null(strstr(buf_str(&r->errors), "Deploy of bundle completed.\n"));
    int64_t settled_at = 0;
    while (sched_now_ms(r->sched) < 1200000 && !settled_at) {
        sched_advance(r->sched, 1000);
        if (is_settled(r, "f1"))
            settled_at = sched_now_ms(r->sched);
    }
    assert_in_range(settled_at, 420000, 660000);
}

static void deploy__starts_the_applications_in_the_order_of_their_relations(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    const char *easyrsa = strstr(buf_str(&r->world), "started f1 easyrsa [\"127.7.1.3\"]\n");
    const char *etcd = strstr(buf_str(&r->world), "started f1 etcd [");
    const char *master = strstr(buf_str(&r->world), "started f1 kubernetes-master [");
    const char *worker = strstr(buf_str(&r->world), "started f1 kubernetes-worker [");
    assert_non_null(easyrsa);
    assert_true(easyrsa < etcd && etcd < master && master < worker);
    assert_non_null(strstr(master, "config f1 kubernetes-master enable-dashboard-addons=false\n"));
}

static void deploy__shows_what_the_units_go_through(void **state) {
    struct rig *r = *state;
    struct buf seen = BUF_INIT;
    rig_juju(r, "add-model f1", 0);
    rig_juju(r, "deploy ./bundle.yaml", 0);
    char last[200] = "";
    for (int i = 0; i < 900; i++) {
        json_t *status = juju_status(r->juju, "f1");
        const json_t *u = json_at(status, "applications", "kubernetes-master", "units",
                                  "kubernetes-master/0", NULL);
        char now[200];
        const char *message = json_str(u, "workload-status", "message", NULL);
        snprintf(now, sizeof(now), "%s/%s: %s", json_str(u, "workload-status", "current", NULL),
                 json_str(u, "juju-status", "current", NULL), message ? message : "-");
        if (!str_eq(now, last))
            buf_addf(&seen, "%s\n", now);
        memcpy(last, now, sizeof(last));
        json_decref(status);
        sched_advance(r->sched, 1000);
    }
    static const char *const want[] = {
        "waiting/allocating: waiting for machine\n",
        "waiting/allocating: Waiting for agent initialization to finish\n",
        "maintenance/executing: Installing kube-apiserver snap\n",
        "maintenance/executing: Starting the Kubernetes master services.\n",
        "waiting/executing: Waiting for kube-system pods to start\n",
        "active/executing: Kubernetes master running.\n",
        "active/idle: Kubernetes master running.\n",
    };
    const char *at = buf_str(&seen);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        const char *found = strstr(at, want[i]);
        if (!found)
            print_error("not seen in order: %s", want[i]);
        assert_non_null(found);
        at = found;
    }
    buf_release(&seen);
}

static void status__has_the_shape_of_juju_2_1(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    json_t *status = juju_status(r->juju, "f1");
    json_t *worker =
        json_at(status, "applications", "kubernetes-worker", "units", "kubernetes-worker/0", NULL);
    json_t *flannel = json_at(status, "applications", "flannel", NULL);
    char *keys = json_text(json_object_get(status, "model"));
    assert_non_null(strstr(keys, "{\"name\":\"f1\",\"controller\":\"lab\",\"cloud\":\"metalcloud\","
                                 "\"region\":\"rack-a\",\"version\":\"2.1.3\",\"model-status\":{"));
    free(keys);
    assert_string_equal(
        json_str(status, "machines", "0", "containers", "0/lxd/0", "juju-status", "current", NULL),
        "started");
    assert_string_equal(json_str(worker, "machine", NULL), "1");
    assert_string_equal(json_str(worker, "open-ports", "[1]", NULL), "443/tcp");
    assert_true(json_flag(worker, "leader", NULL));
    assert_null(json_object_get(flannel, "units"));
    assert_int_equal(json_array_size(json_object_get(flannel, "subordinate-to")), 2);
    assert_int_equal(json_object_size(json_object_get(worker, "subordinates")), 1);
    assert_null(json_at(worker, "juju-status", "message", NULL)); /* an empty one is left out */
    assert_string_equal(
        json_str(status, "applications", "easyrsa", "relations", "client", "[1]", NULL),
        "kubernetes-master");
    json_decref(status);
    assert_null(juju_status(r->juju, "nosuch"));
}

static void destroy_model__waits_until_all_is_gone(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "destroy-model -y f1", 200000), 0);
    assert_non_null(strstr(buf_str(&r->errors),
                           "Destroying model\nWaiting for model to be removed, 3 machine(s), "
                           "5 application(s)..."));
    assert_non_null(strstr(buf_str(&r->errors), "\nModel destroyed.\n"));
    assert_non_null(strstr(buf_str(&r->world), "6443/tcp closed\n"));
    assert_non_null(strstr(buf_str(&r->world), "destroyed f1\n"));
    assert_null(r->current);
    assert_null(juju_status(r->juju, "f1"));
    assert_int_equal(rig_juju(r, "status -m f1", 0), 1);
    assert_int_equal(rig_juju(r, "add-model f1", 0), 0);
}

static void add_unit__brings_its_subordinate_and_tells_all_addresses(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "add-unit kubernetes-worker", 0), 0);
    sched_advance(r->sched, 900000);
    assert_non_null(
        strstr(buf_str(&r->world), "started f1 kubernetes-worker [\"127.7.1.2\",\"127.7.1.4\"]\n"));
    assert_non_null(strstr(buf_str(&r->world), "started f1 flannel ["));
    assert_true(is_settled(r, "f1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            deploy__takes_about_nine_minutes_until_all_is_active_and_idle, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(
            deploy__starts_the_applications_in_the_order_of_their_relations, rig_setup,
            rig_teardown),
        cmocka_unit_test_setup_teardown(deploy__shows_what_the_units_go_through, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(status__has_the_shape_of_juju_2_1, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(destroy_model__waits_until_all_is_gone, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(add_unit__brings_its_subordinate_and_tells_all_addresses,
                                        rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
