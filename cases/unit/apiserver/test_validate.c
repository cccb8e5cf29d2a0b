/* Fields that people get wrong, and what is said of them: a text that ends in '*' goes on. */
#include "cases/unit/apiserver/apiserver_fixture.h"

#define NS "/api/v1/namespaces/default/"
#define APPS "/apis/apps/v1beta1/namespaces/default/"
#define HPA "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"

static json_t *quoted(const char *text) {
    char *copy = xstrdup(text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, NULL);
    free(copy);
    assert_non_null(value);
    return value;
}

struct row {
    const char *method, *path, *body;
    int status;
    const char *message;
};

static void expect(struct fixture *f, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        json_t *body = quoted(rows[i].body);
        json_decref(f->answer);
        f->answer = NULL;
        int status = apiserver_call(f->api, rows[i].method, rows[i].path, body, &f->answer);
        json_decref(body);
        size_t len = strlen(rows[i].message);
        bool open = len && rows[i].message[len - 1] == '*';
        bool same = open ? strncmp(message(f), rows[i].message, len - 1) == 0
                         : strcmp(message(f), rows[i].message) == 0;
        if (status != rows[i].status || !same)
            fail_msg("%s %s: %d, %s", rows[i].method, rows[i].body, status, message(f));
    }
}

static void validate__labels_and_annotations_are_names(void **state) {
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a','labels':{'a b':'c'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"a b\": name part must "
         "consist of alphanumeric characters, '-', '_' or '.'*"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a','labels':{'a':'c d'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"c d\": a valid label "
         "must*"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a','annotations':{'x/y/z':'c d'}}}", 422,
         "ConfigMap \"a\" is invalid: metadata.annotations: Invalid value: \"x/y/z\": a "
         "qualified*"},
        {"POST", NS "configmaps",
         "{'metadata':{'name':'a','labels':{'example.com/A_b.c':''},'annotations':{'a':'c d'}}}",
         201, ""},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__annotations_have_256_kib(void **state) {
    struct fixture *f = *state;
    char *text = xmalloc((256 << 10) + 1);
    memset(text, 'a', 256 << 10);
    text[256 << 10] = '\0';
    json_t *body =
        json_pack("{s:{s:s,s:{s:s}}}", "metadata", "name", "a", "annotations", "k", text);
    free(text);
    assert_int_equal(apiserver_call(f->api, "POST", NS "configmaps", body, &f->answer), 422);
    json_decref(body);
    assert_string_equal(message(f), "ConfigMap \"a\" is invalid: metadata.annotations: Too long: "
                                    "must have at most 262144 characters");
}

static void validate__what_config_maps_and_secrets_hold_has_keys_and_a_size(void **state) {
    struct fixture *f = *state;
    static const struct row rows[] = {
        {"POST", NS "configmaps", "{'metadata':{'name':'a'},'data':{'a b':'c'}}", 422,
         "ConfigMap \"a\" is invalid: data[a b]: Invalid value: \"a b\": a valid config key must*"},
        {"POST", NS "secrets", "{'metadata':{'name':'a'},'data':{'..a':'Yg=='}}", 422,
         "Secret \"a\" is invalid: data[..a]: Invalid value: \"..a\": must not start with '..'"},
        {"POST", NS "configmaps", "{'metadata':{'name':'a'},'data':{'.a-B_1':'c'}}", 201, ""},
    };
    expect(f, rows, ARRAY_LEN(rows));
    char *text = xmalloc((1 << 20) + 2);
    memset(text, 'a', (1 << 20) + 1);
    text[(1 << 20) + 1] = '\0';
    json_t *body = json_pack("{s:{s:s},s:{s:s}}", "metadata", "name", "big", "data", "k", text);
    free(text);
    json_decref(f->answer);
    f->answer = NULL;
    assert_int_equal(apiserver_call(f->api, "POST", NS "configmaps", body, &f->answer), 422);
    json_decref(body);
    assert_string_equal(message(f), "ConfigMap \"big\" is invalid: []: Too long: must have at most "
                                    "1048576 characters");
}

#define SET(name, fields)                                                                        \
    "{'metadata':{'name':'" name "'},'spec':{'serviceName':'s','selector':{'matchLabels':{'a':"  \
    "'b'}}," fields "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':" \
    "'c','image':'i'}]}}}}"

static void validate__some_fields_do_not_change(void **state) {
    static const struct row rows[] = {
        {"POST", NS "secrets", "{'metadata':{'name':'s'},'type':'a/b'}", 201, ""},
        {"PATCH", NS "secrets/s", "{'type':'c/d'}", 422,
         "Secret \"s\" is invalid: type: Invalid value: \"c/d\": field is immutable"},
        {"PATCH", NS "secrets/s", "{'data':{'a':'Yg=='}}", 200, ""},
        {"POST", APPS "statefulsets", SET("w", ""), 201, ""},
        {"PATCH", APPS "statefulsets/w", "{'spec':{'replicas':3}}", 200, ""},
        {"PATCH", APPS "statefulsets/w", "{'spec':{'serviceName':'other'}}", 422,
         "StatefulSet.apps \"w\" is invalid: spec: Forbidden: updates to statefulset spec for "
         "fields other than 'replicas', 'template', and 'updateStrategy' are forbidden."},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

static void validate__an_autoscaler_has_room(void **state) {
    static const struct row rows[] = {
        {"POST", HPA,
         "{'metadata':{'name':'h'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
         "'minReplicas':3,'maxReplicas':2}}",
         422,
         "HorizontalPodAutoscaler.autoscaling \"h\" is invalid: spec.maxReplicas: Invalid value: "
         "2: must be greater than or equal to `minReplicas`"},
        {"POST", HPA,
         "{'metadata':{'name':'h'},'spec':{'scaleTargetRef':{'kind':'Deployment','name':'d'},"
         "'minReplicas':0,'maxReplicas':2}}",
         422,
         "HorizontalPodAutoscaler.autoscaling \"h\" is invalid: spec.minReplicas: Invalid value: "
         "0: must be greater than 0"},
    };
    expect(*state, rows, ARRAY_LEN(rows));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, fixture_cluster, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(validate__labels_and_annotations_are_names),
        RULE(validate__annotations_have_256_kib),
        RULE(validate__what_config_maps_and_secrets_hold_has_keys_and_a_size),
        RULE(validate__some_fields_do_not_change),
        RULE(validate__an_autoscaler_has_room),
    };
    return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
