#include "cases/unit/apiserver/apiserver_fixture.h"

#define RS "/apis/extensions/v1beta1/namespaces/default/replicasets"

static const char rs[] =
    "{\"apiVersion\":\"extensions/v1beta1\",\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"p\","
    "\"labels\":{\"app\":\"p\"}},\"spec\":{\"replicas\":0,\"template\":{\"metadata\":{\"labels\":"
    "{\"app\":\"p\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}";

static void rest__create_answers_as_the_real_server_does(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "POST", RS, "Content-Type: application/json", rs), 201);
    json_t *got = json_loads(f->exchange->body.data, 0, NULL);
    json_t *meta = json_object_get(got, "metadata");
    json_object_del(meta, "uid");
    json_object_del(meta, "resourceVersion");
    json_object_del(meta, "creationTimestamp");
    char *text = json_text(got);
    json_decref(got);
    assert_string_equal(
        text,
        "{\"kind\":\"ReplicaSet\",\"apiVersion\":\"extensions/v1beta1\",\"metadata\":{\"name\":"
        "\"p\",\"namespace\":\"default\",\"selfLink\":\"/apis/extensions/v1beta1/namespaces/default"
        "/replicasets/p\",\"generation\":1,\"labels\":{\"app\":\"p\"}},\"spec\":{\"replicas\":0,"
        "\"selector\":{\"matchLabels\":{\"app\":\"p\"}},"
        "\"template\":{\"metadata\":{\"creationTimestamp\":null,\"labels\":{\"app\":\"p\"}},"
        "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":{},"
        "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\","
        "\"imagePullPolicy\":\"Always\"}],\"restartPolicy\":\"Always\","
        "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\",\"securityContext\":"
        "{},\"schedulerName\":\"default-scheduler\"}}},\"status\":{\"replicas\":0}}");
    free(text);
}

static void rest__errors_have_the_texts_of_the_real_server(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *message;
    } rows[] = {
        {"POST", RS, rs, 201, ""},
        {"POST", RS, rs, 409, "replicasets.extensions \"p\" already exists"},
        {"GET", RS "/nope", NULL, 404, "replicasets.extensions \"nope\" not found"},
        {"POST", "/apis/extensions/v1beta1/namespaces/nosuch/replicasets", rs, 404,
         "namespaces \"nosuch\" not found"},
        {"GET", "/api/v1/namespaces/default/nosuch", NULL, 404,
         "the server could not find the requested resource"},
        {"PUT", RS, rs, 405, "the server does not allow this method on the requested resource"},
        {"PUT", RS "/q", rs, 400,
         "the name of the object (p) does not match the name on the URL (q)"},
        {"GET", RS "?fieldSelector=spec.replicas%3D0", NULL, 400,
         "\"spec.replicas\" is not a known field selector: only \"metadata.name\", "
         "\"metadata.namespace\""},
        {"POST", RS, "{\"metadata\":{\"name\":\"x\",\"resourceVersion\":\"7\"},\"spec\":{}}", 500,
         "resourceVersion should not be set on objects to be created"},
        {"PUT", RS "/p", "{\"metadata\":{\"name\":\"p\",\"namespace\":\"b\"}}", 400,
         "the namespace of the object (b) does not match the namespace on the request (default)"},
        {"PATCH", RS "/p", "{\"metadata\":{\"uid\":\"other\"}}", 422,
         "ReplicaSet.apps \"p\" is invalid: metadata.uid: Invalid value: \"other\": field is "
         "immutable"},
        {"PUT", "/api/v1/namespaces/default/pods/nope/exec", "{}", 405,
         "the server does not allow this method on the requested resource"},
        {"GET", "/api/v1/namespaces/default/pods/nope/eviction", NULL, 405,
         "the server does not allow this method on the requested resource"},
        {"DELETE", "/api/v1/namespaces/default/services", NULL, 405,
         "the server does not allow this method on the requested resource"},
        {"DELETE", RS "/p", "{\"propagationPolicy\":\"Soon\"}", 422,
         "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: "
         "\"Soon\": supported values: \"Background\", \"Foreground\", \"Orphan\""},
        {"PATCH", RS "/p/scale", "{\"spec\":{\"replicas\":-1}}", 422,
         "Scale.extensions \"p\" is invalid: spec.replicas: Invalid value: -1: must be greater "
         "than "
         "or equal to 0"},
        {"DELETE", "/api/v1/namespaces/default", NULL, 403,
         "namespaces \"default\" is forbidden: this namespace may not be deleted"},
        {"POST", RS, "{\"metadata\":{\"name\":\"x\"},\"spec\":{}}", 422,
         "ReplicaSet.apps \"x\" is invalid: [spec.selector: Required value, "
         "spec.template.metadata.labels: Invalid value: map[string]string(nil): `selector` does "
         "not match template `labels`, spec.template.spec.containers: Required value]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(call(f, rows[i].method, rows[i].target, rows[i].body), rows[i].status);
        assert_string_equal(message(f), rows[i].message);
    }
}

static void rest__an_object_is_visible_in_all_versions_of_its_kind(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", RS, rs), 201);
    assert_int_equal(call(f, "GET", "/apis/apps/v1/namespaces/default/replicasets/p", NULL), 200);
    assert_string_equal(json_str(f->answer, "apiVersion", NULL), "apps/v1");
    assert_string_equal(json_str(f->answer, "metadata", "selfLink", NULL),
                        "/apis/apps/v1/namespaces/default/replicasets/p");
    assert_int_equal(wire(f, "GET", "/apis/apps/v1/replicasets", NULL, NULL), 200);
    assert_non_null(strstr(f->exchange->body.data,
                           "{\"kind\":\"ReplicaSetList\",\"apiVersion\":\"apps/v1\",\"metadata\":{"
                           "\"selfLink\":\"/apis/apps/v1/replicasets\""));
}

static void rest__a_string_that_is_null_is_empty(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", "/api/v1/namespaces/default/configmaps",
                          "{\"metadata\":{\"name\":\"a\",\"labels\":{\"l\":null}},\"data\":{\"k\":"
                          "null}}"),
                     201);
    assert_string_equal(json_str(f->answer, "metadata", "labels", "l", NULL), "");
    assert_string_equal(json_str(f->answer, "data", "k", NULL), "");
    /* An amount that is null is none: what is made from it has the same. */
    assert_int_equal(
        call(f, "POST", "/api/v1/namespaces/default/pods",
             "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\","
             "\"image\":\"i\",\"resources\":{\"limits\":{\"cpu\":1},\"requests\":{"
             "\"cpu\":null}}}]}}"),
        201);
    assert_string_equal(
        json_str(f->answer, "spec", "containers", "[0]", "resources", "requests", "cpu", NULL),
        "0");
}

static void rest__some_are_created_by_update(void **state) {
    struct fixture *f = *state;
    static const char body[] = "{\"metadata\":{\"name\":\"new\"}}";
    assert_int_equal(call(f, "PUT", "/api/v1/namespaces/default/endpoints/new", body), 201);
    assert_int_equal(
        call(f, "PUT", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/new", body),
        201);
    assert_int_equal(call(f, "PUT", "/api/v1/namespaces/default/configmaps/new", body), 404);
}

static void rest__values_have_the_types_of_their_fields(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *type, *ports;
        int status;
        const char *message;
    } rows[] = {
        {"7", "[{\"port\":1}]", 400,
         "Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal number "
         "into Go struct field ServiceSpec.spec.type of type string"},
        {"null", "[{\"port\":\"http\"}]", 400,
         "Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal string "
         "into Go struct field ServicePort.spec.ports.port of type int32"},
        {"null", "{}", 400,
         "Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal object "
         "into Go struct field ServiceSpec.spec.ports of type []ServicePort"},
        {"null", "[{\"port\":1}]", 201, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"},"
                 "\"spec\":{\"nosuch\":1,\"type\":%s,\"ports\":%s}}",
                 rows[i].type, rows[i].ports);
        assert_int_equal(call(f, "POST", "/api/v1/namespaces/default/services", text),
                         rows[i].status);
        assert_string_equal(message(f), rows[i].message);
    }
    assert_null(json_at(f->answer, "spec", "nosuch", NULL));
}

static void rest__a_job_selects_its_pods_by_its_uid(void **state) {
    struct fixture *f = *state;
    static const char jobs[] = "/apis/batch/v1/namespaces/default/jobs";
    assert_int_equal(call(f, "POST", jobs,
                          "{\"metadata\":{\"name\":\"j\"},\"spec\":{\"template\":{\"spec\":{"
                          "\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"c\","
                          "\"image\":\"i\"}]}}}}"),
                     201);
    const char *uid = json_str(f->answer, "metadata", "uid", NULL);
    assert_string_equal(
        json_str(f->answer, "spec", "selector", "matchLabels", "controller-uid", NULL), uid);
    json_t *labels = json_at(f->answer, "spec", "template", "metadata", "labels", NULL);
    assert_string_equal(json_str(labels, "controller-uid", NULL), uid);
    assert_string_equal(json_str(labels, "job-name", NULL), "j");
}

static void rest__a_stale_update_conflicts(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", RS, rs), 201);
    json_t *stale = json_deep_copy(f->answer);
    assert_int_equal(call(f, "PATCH", RS "/p", "{\"spec\":{\"replicas\":2}}"), 200);
    assert_int_equal(json_int(f->answer, 0, "metadata", "generation", NULL), 2);
    json_set_int(json_object_get(stale, "spec"), "replicas", 3);
    assert_int_equal(apiserver_call(f->api, "PUT", RS "/p", stale, NULL), 409);
    json_decref(stale);
}

static void rest__status_and_spec_are_written_separately(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", RS, rs), 201);
    assert_int_equal(call(f, "PATCH", RS "/p/status",
                          "{\"metadata\":{\"labels\":{\"w\":\"1\"}},\"spec\":{\"replicas\":9},"
                          "\"status\":{\"replicas\":4}}"),
                     200);
    assert_int_equal(json_int(f->answer, -1, "spec", "replicas", NULL), 0);
    assert_int_equal(json_int(f->answer, -1, "status", "replicas", NULL), 4);
    assert_int_equal(json_int(f->answer, -1, "metadata", "generation", NULL), 1);
    assert_string_equal(json_str(f->answer, "metadata", "labels", "w", NULL), "1");
    assert_int_equal(
        call(f, "PATCH", RS "/p", "{\"spec\":{\"replicas\":1},\"status\":{\"replicas\":7}}"), 200);
    assert_int_equal(json_int(f->answer, -1, "status", "replicas", NULL), 4);
    assert_int_equal(json_int(f->answer, -1, "metadata", "generation", NULL), 2);
}

static void rest__scale_has_the_form_of_its_group(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", RS, rs), 201);
    assert_int_equal(call(f, "PATCH", RS "/p/scale", "{\"spec\":{\"replicas\":2}}"), 200);
    assert_string_equal(json_str(f->answer, "apiVersion", NULL), "extensions/v1beta1");
    assert_string_equal(json_str(f->answer, "status", "targetSelector", NULL), "app=p");
    assert_int_equal(call(f, "GET", "/apis/apps/v1/namespaces/default/replicasets/p/scale", NULL),
                     200);
    assert_string_equal(json_str(f->answer, "apiVersion", NULL), "autoscaling/v1");
    assert_string_equal(json_str(f->answer, "status", "selector", NULL), "app=p");
    assert_int_equal(json_int(f->answer, 0, "spec", "replicas", NULL), 2);
}

static void rest__a_federation_creates_on_put_and_starts_empty(void **state) {
    struct fixture *f = *state;
    assert_int_equal(wire(f, "GET", "/healthz", NULL, NULL), 401);
    assert_int_equal(wire(f, "GET", "/healthz", "Authorization: Bearer secret", NULL), 200);
    assert_int_equal(call(f, "POST", RS, rs), 404);
    assert_string_equal(message(f), "namespaces \"default\" not found");
    assert_int_equal(call(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"default\"}}"),
                     201);
    assert_int_equal(call(f, "PUT", RS "/p", rs), 201);
    assert_int_equal(call(f, "GET", "/api/v1/namespaces/default/pods", NULL), 404);
    assert_int_equal(
        wire(f, "GET", "/apis/apps/v1/replicasets", "Authorization: Bearer secret", NULL), 404);
    assert_non_null(strstr(f->exchange->body.data, "\"paths\""));
}

static void rest__finalizers_hold_a_deleted_object(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", RS, rs), 201);
    assert_int_equal(call(f, "PATCH", RS "/p", "{\"metadata\":{\"finalizers\":[\"x/y\"]}}"), 200);
    assert_int_equal(call(f, "DELETE", RS "/p", "{\"orphanDependents\":false}"), 202);
    assert_non_null(json_str(f->answer, "metadata", "deletionTimestamp", NULL));
    assert_int_equal(call(f, "PATCH", RS "/p", "{\"metadata\":{\"finalizers\":null}}"), 200);
    assert_int_equal(call(f, "GET", RS "/p", NULL), 404);
}

#define POD "/api/v1/namespaces/default/pods"

static const char pod[] = "{\"metadata\":{\"name\":\"q\"},\"spec\":{\"containers\":[{\"name\":"
                          "\"c\",\"image\":\"i\"}]}}";
static const struct {
    const char *method, *target, *body;
    int status;
} writes[] = {
    {"POST", POD,
     "{\"metadata\":{\"name\":\"z\"},\"spec\":{\"containers\":[{\"name\":\"c\","
     "\"image\":\"i\"}]}}",
     201},
    {"PATCH", RS "/p", "{\"spec\":{\"replicas\":3}}", 200},
    {"PATCH", RS "/p/scale", "{\"spec\":{\"replicas\":4}}", 200},
    {"PATCH", RS "/p/status", "{\"status\":{\"replicas\":3}}", 200},
    {"PUT", "/api/v1/namespaces/other/finalize", "{\"metadata\":{\"name\":\"other\"}}", 200},
    {"POST", POD "/q/binding", "{\"target\":{\"name\":\"n1\"}}", 201},
    {"POST", POD "/q/eviction", "{}", 201},
    {"DELETE", POD "/q", NULL, 200},
    {"DELETE", RS, NULL, 200},
    {"DELETE", "/api/v1/namespaces/other", NULL, 200},
};

static void make_things(struct fixture *f) {
    assert_int_equal(call(f, "POST", RS, rs), 201);
    assert_int_equal(call(f, "POST", POD, pod), 201);
    assert_int_equal(call(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"other\"}}"),
                     201);
}

static void rest__a_dry_run_answers_and_writes_nothing(void **state) {
    struct fixture *f = *state;
    make_things(f);
    int64_t before = apiserver_version(f->api);
    for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
        char target[256];
        snprintf(target, sizeof(target), "%s?dryRun=All", writes[i].target);
        int status = call(f, writes[i].method, target, writes[i].body);
        if (status != writes[i].status || apiserver_version(f->api) != before)
            fail_msg("%s %s: %d, %s", writes[i].method, target, status, message(f));
    }
    assert_int_equal(call(f, "DELETE", POD "/q", "{\"dryRun\":[\"All\"]}"), 200);
    assert_int_equal(apiserver_version(f->api), before);
    for (size_t i = 0; i < ARRAY_LEN(writes); i++) { /* all of them write when they are meant to */
        before = apiserver_version(f->api);
        (void)call(f, writes[i].method, writes[i].target, writes[i].body);
        if (apiserver_version(f->api) == before && i != 7) /* 7: evicted before */
            fail_msg("%s %s: %s", writes[i].method, writes[i].target, message(f));
    }
}

static void rest__a_dry_run_that_is_misspelt_writes_nothing(void **state) {
    struct fixture *f = *state;
    static const char *const kinds[][2] = {
        {"POST", "CreateOptions"}, {"PATCH", "PatchOptions"}, {"DELETE", "DeleteOptions"}};
    make_things(f);
    int64_t before = apiserver_version(f->api);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        char wanted[160];
        snprintf(wanted, sizeof(wanted),
                 "%s.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: []string{\"all\"}: "
                 "supported values: \"All\"",
                 kinds[i][1]);
        const char *target = i == 0 ? POD "?dryRun=all" : POD "/q?dryRun=all";
        assert_int_equal(call(f, kinds[i][0], target, i == 2 ? NULL : pod), 422);
        assert_string_equal(message(f), wanted);
    }
    assert_int_equal(call(f, "DELETE", POD "/q", "{\"dryRun\":[\"all\"]}"), 422);
    assert_int_equal(apiserver_version(f->api), before);
}

static void rest__an_object_is_no_reason_to_delete(void **state) {
    struct fixture *f = *state;
    make_things(f);
    assert_int_equal(call(f, "DELETE", POD "/q", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}"), 400);
    assert_string_equal(message(f), "no kind \"Pod\" is registered for version \"v1\"");
    assert_int_equal(call(f, "GET", POD "/q", NULL), 200);
    assert_int_equal(
        call(f, "DELETE", POD "/q", "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}"), 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rest__create_answers_as_the_real_server_does,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__errors_have_the_texts_of_the_real_server,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__an_object_is_visible_in_all_versions_of_its_kind,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_string_that_is_null_is_empty, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__some_are_created_by_update, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__values_have_the_types_of_their_fields,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_job_selects_its_pods_by_its_uid, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_stale_update_conflicts, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__status_and_spec_are_written_separately,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__scale_has_the_form_of_its_group, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_federation_creates_on_put_and_starts_empty,
                                        fixture_federation, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__finalizers_hold_a_deleted_object, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_dry_run_answers_and_writes_nothing, fixture_cluster,
                                        fixture_stop),
        cmocka_unit_test_setup_teardown(rest__a_dry_run_that_is_misspelt_writes_nothing,
                                        fixture_cluster, fixture_stop),
        cmocka_unit_test_setup_teardown(rest__an_object_is_no_reason_to_delete, fixture_cluster,
                                        fixture_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
