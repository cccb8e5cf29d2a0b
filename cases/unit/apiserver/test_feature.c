/* What a server of each release knows of the wire, asked as a client of today would. */
#include "cases/unit/apiserver/apiserver_fixture.h"

#include "harness/core/str.h"
#include "harness/profile/profile.h"

#define CMS "/api/v1/namespaces/default/configmaps"
#define TABLE(version) "Accept: application/json;as=Table;v=" version ";g=meta.k8s.io"
#define METADATA(version) \
    "Accept: application/json;as=PartialObjectMetadata;v=" version ";g=meta.k8s.io"

static int start(void **state, const char *release) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct err err = {0};
    struct profile *profile = profile_load(CONFED_SOURCE_DIR "/fixtures/profiles", release, &err);
    assert_non_null(profile);
    const json_t *wire = json_at(profile_json(profile), "cluster", "wire", NULL);
    assert_non_null(wire);
    unsigned lacks = 0;
    assert_int_equal(feature_lacks(wire, &lacks, &err), 0);
    fixture_start(f, &(struct apiserver_options){.name = release,
                                                 .service_cidr = "10.152.183.0/24",
                                                 .anonymous = true,
                                                 .ways = {.lacks = lacks}});
    profile_free(profile);
    *state = f;
    return 0;
}

static int start_1_6(void **state) {
    return start(state, "1.6.2");
}
static int start_1_7(void **state) {
    return start(state, "1.7.0");
}
static int start_1_8(void **state) {
    return start(state, "1.8.0");
}
static int start_1_9(void **state) {
    return start(state, "1.9.0");
}

static bool says(const struct fixture *f, const char *text) {
    return strstr(buf_str(&f->exchange->body), text) != NULL;
}

static void make(struct fixture *f, const char *name) {
    char body[64];
    snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%s\"}}", name);
    assert_int_equal(call(f, "POST", CMS, body), 201);
}

/* A path of each release, and what the server says to it. */
static void expect_paths(struct fixture *f, const char *known, const char *unknown) {
    const char *const lists[] = {known, unknown};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        char copy[512], *rest = copy, *path;
        snprintf(copy, sizeof(copy), "%s", lists[i]);
        while ((path = str_next(&rest, ' '))) {
            int status = wire(f, "GET", path, NULL, NULL);
            if (status != (i == 0 ? 200 : 404))
                fail_msg("%s: %d", path, status);
        }
        assert_int_equal(wire(f, "GET", "/", NULL, NULL), 200);
        snprintf(copy, sizeof(copy), "%s", lists[i]);
        for (rest = copy; (path = str_next(&rest, ' '));) {
            char quoted[80];
            snprintf(quoted, sizeof(quoted), "\"%s\"", path);
            if (says(f, quoted) != (i == 0))
                fail_msg("%s in the index of paths", path);
        }
    }
}

#define LATER "/openapi/v2 /openapi/v3 /livez /readyz"

static void feature__each_release_has_its_paths(void **state) {
    expect_paths(*state, "/healthz /version /swagger.json /swaggerapi /metrics",
                 LATER " /swagger-2.0.0.pb-v1 /swagger-2.0.0.json");
}

static void feature__openapi_in_protobuf_came_with_1_7(void **state) {
    expect_paths(*state, "/swagger.json /swagger-2.0.0.pb-v1 /swagger-2.0.0.json", LATER);
}

static void feature__parameters_of_accept_were_not_read_before_1_7(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "GET", CMS, TABLE("v1alpha1"), NULL), 200);
    assert_true(says(f, "\"kind\":\"ConfigMapList\""));
    assert_int_equal(wire(f, "GET", CMS, METADATA("v1"), NULL), 200);
    assert_true(says(f, "\"kind\":\"ConfigMapList\""));
}

static void feature__tables_before_1_10_were_alpha(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "GET", CMS, TABLE("v1alpha1"), NULL), 200);
    assert_true(says(f, "\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1alpha1\""));
    assert_int_equal(wire(f, "GET", CMS, METADATA("v1alpha1"), NULL), 200);
    assert_true(says(f, "PartialObjectMetadataList"));
    static const char *const later[] = {TABLE("v1beta1"), TABLE("v1"), METADATA("v1beta1"),
                                        METADATA("v1")};
    for (size_t i = 0; i < ARRAY_LEN(later); i++) {
        char or_plain[128];
        assert_int_equal(wire(f, "GET", CMS, later[i], NULL), 406);
        snprintf(or_plain, sizeof(or_plain), "%s, application/json", later[i]);
        assert_int_equal(wire(f, "GET", CMS, or_plain, NULL), 200);
        assert_true(says(f, "\"kind\":\"ConfigMapList\""));
    }
}

static void feature__discovery_is_not_aggregated(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "GET", "/apis",
                          "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as="
                          "APIGroupDiscoveryList,application/json",
                          NULL),
                     200);
    assert_true(says(f, "\"kind\":\"APIGroupList\""));
}

static void feature__discovery_named_no_singular_before_1_7(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", "/apis/extensions/v1beta1", NULL, NULL);
    assert_true(says(f, "{\"name\":\"deployments\",\"namespaced\":true,\"kind\":\"Deployment\","
                        "\"verbs\":["));
    wire(f, "GET", "/api/v1", NULL, NULL);
    assert_true(says(f, "\"shortNames\":[\"po\"]}"));
}

static void feature__discovery_named_no_group_before_1_8(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", "/apis/extensions/v1beta1", NULL, NULL);
    assert_true(says(f, "{\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":true,"
                        "\"kind\":\"Scale\","));
    wire(f, "GET", "/api/v1", NULL, NULL);
    assert_true(says(f, "\"shortNames\":[\"po\"],\"categories\":[\"all\"]}"));
}

static void feature__discovery_names_the_group_of_a_scale_since_1_8(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", "/apis/extensions/v1beta1", NULL, NULL);
    assert_true(says(f, "{\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":true,"
                        "\"group\":\"extensions\",\"version\":\"v1beta1\",\"kind\":\"Scale\","));
}

static void feature__lists_had_no_pages_before_1_9(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    make(f, "y");
    assert_int_equal(wire(f, "GET", CMS "?limit=1", NULL, NULL), 200);
    assert_true(says(f, "\"name\":\"x\"") && says(f, "\"name\":\"y\""));
    assert_false(says(f, "\"continue\""));
    assert_int_equal(wire(f, "GET", CMS "?limit=1&continue=nonsense", NULL, NULL), 200);
}

static void feature__lists_have_pages_since_1_9(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    make(f, "y");
    assert_int_equal(wire(f, "GET", CMS "?limit=1", NULL, NULL), 200);
    assert_true(says(f, "\"name\":\"x\"") && says(f, "\"continue\""));
    assert_false(says(f, "\"name\":\"y\""));
}

#define JSON_PATCH "Content-Type: application/json-patch+json"

static void feature__a_patch_that_does_not_apply_was_the_servers_error(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    assert_int_equal(wire(f, "PATCH", CMS "/x", JSON_PATCH,
                          "[{\"op\":\"test\",\"path\":\"/data\",\"value\":1}]"),
                     500);
    assert_true(says(f, "\"message\":\"Testing value /data failed\",\"code\":500}"));
}

static void feature__a_patch_that_does_not_apply_is_the_clients_error(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    assert_int_equal(wire(f, "PATCH", CMS "/x", JSON_PATCH,
                          "[{\"op\":\"test\",\"path\":\"/data\",\"value\":1}]"),
                     422);
    assert_true(says(f, "the server rejected our request due to an error in our request"));
}

static void feature__server_side_apply_is_no_patch(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "PATCH", CMS "/nope?fieldManager=m",
                          "Content-Type: application/apply-patch+yaml", "apiVersion: v1\n"),
                     415);
    assert_true(says(f, "\"message\":\"415: Unsupported Media Type\""));
}

/* {"v":"meta.k8s.io/v1","rv":-1,"start":"default/y"}: what there is now, from y on */
#define TOKEN_OF_NOW "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiZGVmYXVsdC95In0"
#define WHOAMI "/apis/authentication.k8s.io/v1/selfsubjectreviews"

static void feature__tokens_of_now_and_whoami_came_later(void **state) {
    struct fixture *f = *state;
    make(f, "y");
    assert_int_equal(wire(f, "GET", CMS "?continue=" TOKEN_OF_NOW, NULL, NULL), 400);
    assert_int_equal(call(f, "POST", WHOAMI, "{}"), 404);
}

static void feature__tokens_of_now_and_whoami_are_known(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    make(f, "y");
    assert_int_equal(wire(f, "GET", CMS "?continue=" TOKEN_OF_NOW, NULL, NULL), 200);
    assert_true(says(f, "\"name\":\"y\"") && !says(f, "\"name\":\"x\""));
    assert_int_equal(call(f, "POST", WHOAMI, "{}"), 201);
    assert_non_null(json_str(f->answer, "status", "userInfo", "username", NULL));
}

/* A server that does not know dryRun does what it is told: why kubectl asks its OpenAPI first. */
static void feature__a_dry_run_is_done(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", CMS "?dryRun=All", NULL, "{\"metadata\":{\"name\":\"done\"}}"),
                     201);
    assert_int_equal(call(f, "GET", CMS "/done", NULL), 200);
    assert_int_equal(wire(f, "DELETE", CMS "/done", NULL, "{\"dryRun\":[\"All\"]}"), 200);
    assert_int_equal(call(f, "GET", CMS "/done", NULL), 404);
    assert_int_equal(wire(f, "GET", "/swagger.json", NULL, NULL), 200);
    assert_false(says(f, "\"name\":\"dryRun\""));
}

static void feature__a_watch_sends_no_bookmarks(void **state) {
    struct fixture *f = *state;
    make(f, "x");
    wire(f, "GET",
         CMS "?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&timeoutSeconds=90", NULL,
         NULL);
    sched_advance(f->sched, 90000);
    assert_true(f->exchange->ended);
    assert_true(says(f, "ADDED"));
    assert_false(says(f, "BOOKMARK"));
}

static void feature__extensions_and_apps_are_both_in_all(void **state) {
    struct fixture *f = *state;
    static const char entry[] = "\"shortNames\":[\"deploy\"],\"categories\":[\"all\"]}";
    wire(f, "GET", "/apis/extensions/v1beta1", NULL, NULL);
    assert_true(says(f, entry));
    wire(f, "GET", "/apis/apps/v1", NULL, NULL);
    assert_true(says(f, entry));
}

static void feature__tokens_cannot_be_asked_for(void **state) {
    struct fixture *f = *state;
    static const char accounts[] = "/api/v1/namespaces/default/serviceaccounts";
    char target[80];
    snprintf(target, sizeof(target), "%s/r/token", accounts);
    assert_int_equal(call(f, "POST", accounts, "{\"metadata\":{\"name\":\"r\"}}"), 201);
    assert_int_equal(call(f, "POST", target, "{\"kind\":\"TokenRequest\"}"), 404);
    wire(f, "GET", "/api/v1", NULL, NULL);
    assert_false(says(f, "serviceaccounts/token"));
}

/* The fields that came with each release, as its release notes tell of them. */
static const char *const fields_of[][2] = {
    {"1.6", "core.v1.PodSpec.tolerations core.v1.Container.terminationMessagePolicy "
            "apps.v1beta1.DeploymentSpec.progressDeadlineSeconds"},
    {"1.7", "core.v1.PodSpec.hostAliases core.v1.ServiceSpec.externalTrafficPolicy "
            "apps.v1beta1.StatefulSetSpec.updateStrategy "
            "policy.v1.PodDisruptionBudgetSpec.maxUnavailable"},
    {"1.8",
     "core.v1.PodSpec.priorityClassName core.v1.SecurityContext.allowPrivilegeEscalation "
     "core.v1.VolumeMount.mountPropagation batch.v1.JobSpec.backoffLimit "
     "storage.v1.StorageClass.allowVolumeExpansion extensions.v1beta1.NetworkPolicySpec.egress"},
    {"1.9", "core.v1.PodSpec.dnsConfig core.v1.Container.volumeDevices "
            "rbac.v1.ClusterRole.aggregationRule extensions.v1beta1.DaemonSetStatus.conditions "
            "storage.v1.StorageClass.volumeBindingMode"},
    {"later", "core.v1.PodSpec.shareProcessNamespace core.v1.PodSpec.topologySpreadConstraints "
              "core.v1.ConfigMap.binaryData core.v1.Container.startupProbe core.v1.Probe.grpc "
              "core.v1.ServiceSpec.ipFamilies batch.v1.JobSpec.ttlSecondsAfterFinished"},
};

/* Whether the OpenAPI document has the field, "core.v1.PodSpec.dnsConfig". */
static bool describes(const json_t *document, const char *field) {
    char name[128];
    const char *dot = strrchr(field, '.');
    snprintf(name, sizeof(name), "io.k8s.api.%.*s", (int)(dot - field), field);
    const json_t *type = json_object_get(json_object_get(document, "definitions"), name);
    if (!type)
        fail_msg("%s is not defined", name);
    return json_object_get(json_object_get(type, "properties"), dot + 1) != NULL;
}

/* Of the releases in the order of fields_of, the server is number release. */
static void expect_fields(struct fixture *f, size_t release) {
    assert_int_equal(wire(f, "GET", "/swagger.json", NULL, NULL), 200);
    json_t *document = json_loads(buf_str(&f->exchange->body), 0, NULL);
    for (size_t i = 0; i < ARRAY_LEN(fields_of); i++) {
        char copy[512], *rest = copy, *field;
        snprintf(copy, sizeof(copy), "%s", fields_of[i][1]);
        while ((field = str_next(&rest, ' ')))
            if (describes(document, field) != (i <= release))
                fail_msg("%s came with %s", field, fields_of[i][0]);
    }
    json_decref(document);
}

static void feature__fields_of_1_6_are_described(void **state) {
    expect_fields(*state, 0);
}
static void feature__fields_of_1_7_are_described(void **state) {
    expect_fields(*state, 1);
}
static void feature__fields_of_1_8_are_described(void **state) {
    expect_fields(*state, 2);
}
static void feature__fields_of_1_9_are_described(void **state) {
    expect_fields(*state, 3);
}

static int start_compatible(void **state) {
    return fixture_cluster(state);
}
static void feature__who_lacks_nothing_describes_all(void **state) {
    expect_fields(*state, ARRAY_LEN(fields_of) - 1);
}

static void feature__a_name_that_is_none_is_an_error(void **state) {
    (void)state;
    struct err err = {0};
    unsigned lacks = 77;
    json_t *names = json_pack("[s,s]", "paging", "pageing");
    assert_int_equal(feature_lacks(names, &lacks, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "\"pageing\""));
    assert_int_equal(lacks, 77);
    json_decref(names);
}

#define ON(release, name) cmocka_unit_test_setup_teardown(name, start_##release, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON(1_6, feature__each_release_has_its_paths),
        ON(1_7, feature__openapi_in_protobuf_came_with_1_7),
        ON(1_9, feature__openapi_in_protobuf_came_with_1_7),
        ON(1_6, feature__parameters_of_accept_were_not_read_before_1_7),
        ON(1_7, feature__tables_before_1_10_were_alpha),
        ON(1_8, feature__tables_before_1_10_were_alpha),
        ON(1_9, feature__tables_before_1_10_were_alpha),
        ON(1_6, feature__discovery_is_not_aggregated),
        ON(1_9, feature__discovery_is_not_aggregated),
        ON(1_6, feature__discovery_named_no_singular_before_1_7),
        ON(1_7, feature__discovery_named_no_group_before_1_8),
        ON(1_8, feature__discovery_names_the_group_of_a_scale_since_1_8),
        ON(1_6, feature__lists_had_no_pages_before_1_9),
        ON(1_8, feature__lists_had_no_pages_before_1_9),
        ON(1_9, feature__lists_have_pages_since_1_9),
        ON(1_6, feature__a_dry_run_is_done),
        ON(1_9, feature__a_dry_run_is_done),
        ON(1_9, feature__a_patch_that_does_not_apply_was_the_servers_error),
        ON(1_9, feature__tokens_of_now_and_whoami_came_later),
        ON(1_9, feature__server_side_apply_is_no_patch),
        ON(1_9, feature__a_watch_sends_no_bookmarks),
        ON(1_9, feature__extensions_and_apps_are_both_in_all),
        ON(1_9, feature__tokens_cannot_be_asked_for),
        ON(1_6, feature__fields_of_1_6_are_described),
        ON(1_7, feature__fields_of_1_7_are_described),
        ON(1_8, feature__fields_of_1_8_are_described),
        ON(1_9, feature__fields_of_1_9_are_described),
        ON(compatible, feature__who_lacks_nothing_describes_all),
        cmocka_unit_test_setup_teardown(feature__a_patch_that_does_not_apply_is_the_clients_error,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(feature__tokens_of_now_and_whoami_are_known,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test(feature__a_name_that_is_none_is_an_error),
    };
    return cmocka_run_group_tests_name("feature", tests, NULL, NULL);
}
