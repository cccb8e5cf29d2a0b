#include "cases/unit/apiserver/apiserver_fixture.h"

#define SPEC \
    "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]"
#define PODS "/api/v1/namespaces/default/pods"
#define TOKEN_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

static void make_account(struct fixture *f, const char *more) {
    char *text = xasprintf("{\"metadata\":{\"name\":\"default\"},"
                           "\"secrets\":[{\"name\":\"default-token-x\"}]%s}",
                           more);
    assert_int_equal(call(f, "POST", "/api/v1/namespaces/default/serviceaccounts", text), 201);
    free(text);
}

static void pod__gets_the_account_of_its_namespace_and_its_token(void **state) {
    struct fixture *f = *state;
    make_account(f, "");
    assert_int_equal(call(f, "POST", PODS, SPEC "}}"), 201);
    const json_t *spec = json_object_get(f->answer, "spec");
    assert_string_equal(json_str(spec, "serviceAccountName", NULL), "default");
    assert_string_equal(json_str(spec, "serviceAccount", NULL), "default");
    assert_string_equal(json_str(spec, "volumes", "[0]", "secret", "secretName", NULL),
                        "default-token-x");
    const json_t *mount = json_at(spec, "containers", "[0]", "volumeMounts", "[0]", NULL);
    assert_string_equal(json_str(mount, "mountPath", NULL), TOKEN_DIR);
    assert_true(json_flag(mount, "readOnly", NULL));
}

static void pod__gets_no_token_when_it_or_its_account_says_so(void **state) {
    struct fixture *f = *state;
    make_account(f, ",\"automountServiceAccountToken\":false");
    assert_int_equal(call(f, "POST", PODS, SPEC "}}"), 201);
    assert_null(json_at(f->answer, "spec", "volumes", NULL));
    assert_string_equal(json_str(f->answer, "spec", "serviceAccountName", NULL), "default");
}

static void pod__keeps_its_own_mount_at_the_place_of_the_token(void **state) {
    struct fixture *f = *state;
    make_account(f, "");
    assert_int_equal(
        call(f, "POST", PODS,
             "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"volumes\":[{\"name\":\"own\"}],"
             "\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"volumeMounts\":"
             "[{\"name\":\"own\",\"mountPath\":\"" TOKEN_DIR "\"}]}]}}"),
        201);
    assert_int_equal(json_array_size(json_at(f->answer, "spec", "volumes", NULL)), 1);
}

static void pod__tolerates_a_failing_node_for_five_minutes_by_the_names_of_its_release(
    void **state) {
    (void)state;
    static const struct {
        const char *minor, *key;
    } rows[] = {{"6", "node.alpha.kubernetes.io/notReady"}, {"9", "node.kubernetes.io/not-ready"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f = {0};
        json_t *version = json_pack("{s:s,s:s}", "major", "1", "minor", rows[i].minor);
        fixture_start(&f, &(struct apiserver_options){
                              .name = "c1", .service_cidr = "10.0.0.0/24", .version = version});
        assert_int_equal(call(&f, "POST", PODS, SPEC "}}"), 201);
        const json_t *tolerations = json_at(f.answer, "spec", "tolerations", NULL);
        assert_int_equal(json_array_size(tolerations), 2);
        assert_string_equal(json_str(tolerations, "[0]", "key", NULL), rows[i].key);
        assert_int_equal(json_int(tolerations, 0, "[1]", "tolerationSeconds", NULL), 300);
        json_decref(f.answer);
        apiserver_free(f.api);
        sched_free(f.sched);
        json_decref(version);
    }
}

static void condition__of_a_pod_has_null_for_an_unknown_time(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", PODS, SPEC "}}"), 201);
    assert_int_equal(
        call(f, "PATCH", PODS "/p/status",
             "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"),
        200);
    const json_t *c = json_at(f->answer, "status", "conditions", "[0]", NULL);
    assert_true(json_is_null(json_object_get(c, "lastProbeTime")));
    assert_true(json_is_null(json_object_get(c, "lastTransitionTime")));
}

static void event__has_the_fields_of_1_8_from_then_on(void **state) {
    (void)state;
    static const char *const minors[] = {"7", "8"};
    for (size_t i = 0; i < ARRAY_LEN(minors); i++) {
        struct fixture f = {0};
        json_t *version = json_pack("{s:s,s:s}", "major", "1", "minor", minors[i]);
        fixture_start(&f, &(struct apiserver_options){
                              .name = "c1", .service_cidr = "10.0.0.0/24", .version = version});
        assert_int_equal(call(&f, "POST", "/api/v1/namespaces/default/events",
                              "{\"metadata\":{\"name\":\"e\"},\"reason\":\"r\",\"involvedObject\":"
                              "{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\"}}"),
                         201);
        assert_int_equal(json_object_get(f.answer, "eventTime") != NULL, i);
        assert_int_equal(json_object_get(f.answer, "reportingComponent") != NULL, i);
        json_decref(f.answer);
        apiserver_free(f.api);
        sched_free(f.sched);
        json_decref(version);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pod__gets_the_account_of_its_namespace_and_its_token,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(pod__gets_no_token_when_it_or_its_account_says_so,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(pod__keeps_its_own_mount_at_the_place_of_the_token,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test(
            pod__tolerates_a_failing_node_for_five_minutes_by_the_names_of_its_release),
        cmocka_unit_test_setup_teardown(condition__of_a_pod_has_null_for_an_unknown_time,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test(event__has_the_fields_of_1_8_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
