#include "cases/unit/juju/rig.h"

static void port__is_open_once_the_application_is_exposed_and_opened_it(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    assert_non_null(
        strstr(buf_str(&r->world), "port f1 kubernetes-master 127.7.1.1 6443/tcp open"));
    assert_non_null(strstr(buf_str(&r->world), "port f1 kubernetes-worker 127.7.1.2 80/tcp open"));
    assert_null(strstr(buf_str(&r->world), "2379/tcp open")); /* etcd is not exposed */
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "run --application kubernetes-worker 'open-port 30229'", 10000),
                     0);
    assert_string_equal(buf_str(&r->world), "port f1 kubernetes-worker 127.7.1.2 30229/tcp open\n");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "unexpose kubernetes-worker", 0), 0);
    assert_non_null(strstr(buf_str(&r->world), "30229/tcp closed\n"));
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "expose kubernetes-worker", 0), 0);
    assert_non_null(strstr(buf_str(&r->world), "30229/tcp open\n"));
    assert_int_equal(rig_juju(r, "run --unit kubernetes-worker/0 opened-ports", 10000), 0);
    assert_string_equal(buf_str(&r->out), "80/tcp\n443/tcp\n30229/tcp\n");
    buf_clear(&r->world);
    assert_int_equal(rig_juju(r, "run --unit kubernetes-worker/0 'close-port 30229/tcp'", 10000),
                     0);
    assert_string_equal(buf_str(&r->world),
                        "port f1 kubernetes-worker 127.7.1.2 30229/tcp closed\n");
}

static void port__of_two_units_on_a_machine_closes_with_the_last(void **state) {
    struct rig *r = *state;
    rig_deployed(r, "f1");
    rig_juju(r, "expose etcd", 0);
    rig_juju(r, "run --unit etcd/0 'open-port 9999'", 10000);
    rig_juju(r, "run --unit kubernetes-master/0 'open-port 9999'", 10000);
    buf_clear(&r->world);
    rig_juju(r, "run --unit etcd/0 'close-port 9999'", 10000);
    assert_string_equal(buf_str(&r->world), "");
    rig_juju(r, "run --unit kubernetes-master/0 'close-port 9999'", 10000);
    assert_string_equal(buf_str(&r->world),
                        "port f1 kubernetes-master 127.7.1.1 9999/tcp closed\n");
}

static void port__that_is_malformed_is_refused_by_the_hook_tool(void **state) {
    struct rig *r = *state;
    static const char *const bad[] = {"0", "65536", "80/sctp", "20-10", "x", "80/", "-"};
    rig_deployed(r, "f1");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char *line = xasprintf("run --unit kubernetes-worker/0 'open-port %s'", bad[i]);
        int code = rig_juju(r, line, 10000);
        if (code != 2)
            print_error("open-port %s: exit code %d\n", bad[i], code);
        assert_int_equal(code, 2);
        free(line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(port__is_open_once_the_application_is_exposed_and_opened_it,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(port__of_two_units_on_a_machine_closes_with_the_last,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(port__that_is_malformed_is_refused_by_the_hook_tool,
                                        rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
