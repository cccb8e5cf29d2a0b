#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/sim/mounts.h"

#include <stdlib.h>
#include <string.h>

static const char pod_text[] =
    "{\"metadata\":{\"name\":\"p\",\"namespace\":\"default\"},\"spec\":{\"containers\":[{\"name\":"
    "\"c\","
    "\"command\":[\"/hyperkube\",\"federation-apiserver\",\"--secure-port=8443\",\"--master=https:/"
    "/other-program\",\"--tls-cert-file\",\"/etc/fed/server.crt\"],"
    "\"args\":[\"-conf\",\"/etc/coredns/Corefile\"],"
    "\"volumeMounts\":[{\"name\":\"s\",\"mountPath\":\"/etc/"
    "fed\"},{\"name\":\"m\",\"mountPath\":\"/etc/coredns\"}]}],"
    "\"volumes\":[{\"name\":\"s\",\"secret\":{\"secretName\":\"creds\"}},"
    "{\"name\":\"m\",\"configMap\":{\"name\":\"corefile\",\"items\":[{\"key\":\"main\",\"path\":"
    "\"Corefile\"}]}}]}}";

struct fixture {
    struct sched *sched;
    struct apiserver *api;
    json_t *pod;
};

static void create(struct apiserver *api, const char *target, const char *text) {
    json_t *object = json_parse(text, strlen(text), "object", NULL);
    assert_non_null(object);
    assert_int_equal(apiserver_call(api, "POST", target, object, NULL), 201);
    json_decref(object);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof(*f));
    f->sched = sched_new();
    f->api = apiserver_new(&(struct apiserver_options){
        .name = "t", .sched = f->sched, .seed = 1, .service_cidr = "10.152.183.0/24"});
    f->pod = json_parse(pod_text, strlen(pod_text), "pod", NULL);
    create(f->api, "/api/v1/namespaces/default/secrets",
           "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"creds\"},\"data\":{"
           "\"server.crt\":\"aGk=\"}}");
    create(f->api, "/api/v1/namespaces/default/configmaps",
           "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"corefile\"},"
           "\"data\":{\"main\":\".:53 {}\"}}");
    *state = f;
    return f->pod ? 0 : -1;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    apiserver_free(f->api);
    sched_free(f->sched);
    json_decref(f->pod);
    free(f);
    return 0;
}

static void mounts__flags_are_read_in_every_spelling(void **state) {
    struct fixture *f = *state;
    const json_t *c = json_at(f->pod, "spec", "containers", "[0]", NULL);
    assert_true(mounts_runs(c, "federation-apiserver"));
    assert_true(mounts_runs(c, "hyperkube"));
    assert_false(mounts_runs(c, "apiserver"));
    assert_false(mounts_runs(c, "other-program"));
    assert_string_equal(mounts_flag(c, "secure-port"), "8443");
    assert_string_equal(mounts_flag(c, "tls-cert-file"), "/etc/fed/server.crt");
    assert_string_equal(mounts_flag(c, "conf"), "/etc/coredns/Corefile");
    assert_null(mounts_flag(c, "secure"));
}

static void mounts__files_come_from_secrets_and_config_maps(void **state) {
    struct fixture *f = *state;
    const json_t *c = json_at(f->pod, "spec", "containers", "[0]", NULL);
    char *secret = mounts_file(f->api, f->pod, c, "/etc/fed/server.crt");
    char *map = mounts_file(f->api, f->pod, c, "/etc/coredns/Corefile");
    assert_string_equal(secret, "hi");
    assert_string_equal(map, ".:53 {}");
    free(secret);
    free(map);
    assert_null(mounts_file(f->api, f->pod, c, "/etc/coredns/main"));
    assert_null(mounts_file(f->api, f->pod, c, "/etc/other/server.crt"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mounts__flags_are_read_in_every_spelling, setup, teardown),
        cmocka_unit_test_setup_teardown(mounts__files_come_from_secrets_and_config_maps, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
