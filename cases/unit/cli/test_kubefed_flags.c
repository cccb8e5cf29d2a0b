#include "cases/unit/cli/rig.h"

static void flags__that_are_wrong_fail_before_any_request(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *profile, *line, *text;
    } rows[] = {
        {"1.6.2", "init f --nosuch", "Error: unknown flag: --nosuch\n"},
        {"1.6.2", "init f --api-server-port=31300", "Error: unknown flag: --api-server-port\n"},
        {"1.7.0", "join c1 --secret-name=x", "Error: unknown flag: --secret-name\n"},
        {"1.6.2", "init f --etcd-image=x", "Error: unknown flag: --etcd-image\n"},
        {"1.7.0", "join c1 --openapi-validation", "Error: unknown flag: --openapi-validation\n"},
        {"1.8.0", "init f --node-selector=a=b", "Error: unknown flag: --node-selector\n"},
        {"1.9.0", "init f --credentials-kubeconfig=x",
         "Error: unknown flag: --credentials-kubeconfig\n"},
        {"1.6.2", "unjoin c1 --dry-run", "Error: unknown flag: --dry-run\n"},
        {"1.9.0", "init f --dns-provider=x --node-selector=a",
         "error: error marshalling --node-selector: wrong format for the value a"},
        {"1.6.2", "join c1 --host-cluster-context=f1 -o json",
         "error: this simulated kubefed prints no objects: give -o name or no -o\n"},
        {"1.6.2", "init f --dns-provider", "Error: flag needs an argument: --dns-provider\n"},
        {"1.6.2", "init f -x", "Error: unknown shorthand flag: 'x' in -x\n"},
        {"1.6.2", "init f --dry-run=maybe", "Error: invalid argument \"maybe\" for --dry-run"},
        {"1.6.2", "version --request-timeout=1x", "error: Invalid timeout value. Timeout must be"},
        {"1.6.2", "version --request-timeout=s", "error: Invalid timeout value. Timeout must be"},
        {"1.6.2", "init f --server=x", "error: this simulated kubefed does not know --server"},
        {"1.6.2", "init f", "error: --dns-provider is mandatory\n"},
        {"1.6.2", "init --dns-provider=x", "error: NAME is required\n"},
        {"1.6.2", "init f --dns-provider=x --api-server-service-type=Foo",
         "error: invalid api-server-service-type: Foo, should be either LoadBalancer or "
         "NodePort\n"},
        {"1.6.2",
         "init f --dns-provider=x --api-server-service-type=NodePort "
         "--api-server-advertise-address=nope",
         "error: invalid api-server-advertise-address: nope, should be a valid ip address\n"},
        {"1.6.2", "init f --dns-provider=x --api-server-advertise-address=1.2.3.4",
         "error: api-server-advertise-address should be passed only with "
         "'api-server-service-type=NodePort'\n"},
        {"1.8.0", "init f --dns-provider=x --api-server-port=31300",
         "error: api-server-port should be passed only with 'api-server-service-type=NodePort'\n"},
        {"1.8.0",
         "init f --dns-provider=x --api-server-service-type=NodePort "
         "--api-server-port=70000",
         "error: Please provide a valid port number for api-server-port\n"},
        {"1.6.2", "init f --dns-provider=x --apiserver-arg-overrides=v=1",
         "error: error marshalling --apiserver-arg-overrides: wrong format"},
        {"1.6.2", "init f --dns-provider=x --dns-provider-config=/nosuch",
         "error: Error reading file provided to --dns-provider-config flag"},
        {"1.6.2", "nosuch", "Error: unknown command \"nosuch\" for \"kubefed\"\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rig_profile(r, rows[i].profile);
        int code = rig_kubefed(r, rows[i].line);
        if (code != 1 || strncmp(buf_str(&r->errors), rows[i].text, strlen(rows[i].text)) != 0)
            print_error("%s: %d %s\n", rows[i].line, code, buf_str(&r->errors));
        assert_int_equal(code, 1);
        assert_non_null(strstr(buf_str(&r->errors), rows[i].text));
        assert_int_equal(r->requests.len, 0);
    }
}

static void help__names_the_flags_of_the_release(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *profile, *line, *has, *lacks;
    } rows[] = {
        {"1.6.2", "init --help", "--dns-provider=''", "--api-server-port"},
        {"1.8.0", "help init", "--api-server-port=0", "--secret-name"},
        {"1.6.2", "join -h", "--secret-name=''", "--image"},
        {"1.6.2", "", "unjoin", "--image"},
        {"1.6.2", "options", "--kubeconfig=''", "--image"},
        {"1.6.2", "join -h", "  -o, --output=''", "openapi"},
        {"1.8.0", "join -h", "--openapi-validation=false", "--secret-name"},
        {"1.9.0", "init -h", "--node-selector=''", "--credentials-kubeconfig"},
        {"1.6.2", "version --client", "GitVersion:\"v1.6.2\"", "v1.7"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rig_profile(r, rows[i].profile);
        assert_int_equal(rig_kubefed(r, rows[i].line), 0);
        assert_non_null(strstr(buf_str(&r->out), rows[i].has));
        assert_null(strstr(buf_str(&r->out), rows[i].lacks));
    }
}

static void version__asks_the_server_of_the_current_context(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, "version --short"), 0);
    rig_assert_requests(r, "federation GET /version\n");
    assert_string_equal(buf_str(&r->out), "Client Version: v1.7.0\nServer Version: v1.2.3\n");
    assert_int_equal(rig_kubefed(r, "version --context=c1"), 0);
    rig_assert_requests(r, "c1 GET /version\n");
    assert_non_null(strstr(buf_str(&r->out), "Server Version: version.Info{Major:\"1\", "));
    assert_int_equal(rig_kubefed(r, "version --client"), 0);
    rig_assert_requests(r, "");
}

/* The real one has none of its own: whoever never answers is waited for. */
static void requests__have_no_deadline_but_the_one_given(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *line;
        int64_t timeout_ms;
    } rows[] = {{"version", -1},
                {"version --request-timeout=0", -1},
                {"version --request-timeout=5", 5000},
                {"version --request-timeout=0s", -1},
                {"version --request-timeout=1m30s", 90000},
                {"version --request-timeout=2h", 7200000},
                {"version --request-timeout 250ms", 250}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(rig_kubefed(r, rows[i].line), 0);
        assert_true(r->timeout_ms == rows[i].timeout_ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flags__that_are_wrong_fail_before_any_request, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(requests__have_no_deadline_but_the_one_given, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(version__asks_the_server_of_the_current_context, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(help__names_the_flags_of_the_release, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
