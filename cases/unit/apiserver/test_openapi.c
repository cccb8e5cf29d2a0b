#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/apiserver/discovery.h"
#include "mocks/apiserver/wire.h"
#include "mocks/serve/memory_exchange.h"

#include <string.h>

#define GNOSTIC "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
#define GVK "x-kubernetes-group-version-kind"

struct fixture {
    json_t *group_versions, *crds;
    struct discovery_source source;
    struct memory_exchange *last;
};

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->group_versions =
        json_pack("[s,s,s,s,s,s]", "v1", "apiextensions.k8s.io/v1", "extensions/v1beta1", "apps/v1",
                  "coordination.k8s.io/v1beta1", "federation/v1beta1");
    f->crds = json_loads(
        "[{\"spec\":{\"group\":\"example.com\",\"version\":\"v1\",\"scope\":\"Namespaced\","
        "\"names\":"
        "{\"plural\":\"widgets\",\"kind\":\"Widget\"}}},"
        "{\"spec\":{\"group\":\"example.com\",\"scope\":\"Namespaced\",\"names\":"
        "{\"plural\":\"gadgets\",\"kind\":\"Gadget\"},\"versions\":[{\"name\":\"v1\",\"served\":"
        "true,"
        "\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":"
        "\"object\",\"required\":[\"size\"],\"properties\":{\"size\":{\"type\":\"integer\","
        "\"minimum\":1}}}}}}}]}}]",
        0, NULL);
    assert_non_null(f->crds);
    f->source = (struct discovery_source){
        .group_versions = f->group_versions, .crds = f->crds, .server_address = "127.0.0.1:6443"};
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    memory_exchange_free(f->last);
    json_decref(f->group_versions);
    json_decref(f->crds);
    free(f);
    return 0;
}

static struct memory_exchange *get(struct fixture *f, const char *path, const char *header,
                                   const char *value) {
    memory_exchange_free(f->last);
    f->last = memory_exchange_new("GET", path, NULL, 0);
    if (header)
        http_headers_add(&f->last->request.headers, header, value);
    assert_true(discovery_handle(&f->source, &f->last->exchange));
    return f->last;
}

static json_t *get_json(struct fixture *f, const char *path) {
    struct memory_exchange *m = get(f, path, NULL, NULL);
    assert_int_equal(m->status, 200);
    json_t *body = json_loadb(m->body.data, m->body.len, 0, NULL);
    assert_non_null(body);
    return body;
}

/* The definition that says it is the kind, borrowed or NULL. */
static const json_t *kind_in(const json_t *definitions, const char *group, const char *version,
                             const char *kind) {
    const char *name;
    json_t *definition;
    json_object_foreach(json_mutable(definitions), name, definition) {
        const json_t *gvk = json_at(definition, GVK, "[0]", NULL);
        const char *g = json_str(gvk, "group", NULL), *v = json_str(gvk, "version", NULL);
        const char *k = json_str(gvk, "kind", NULL);
        if (g && v && k && !strcmp(g, group) && !strcmp(v, version) && !strcmp(k, kind))
            return definition;
    }
    return NULL;
}

/* Fails when a reference below value leads nowhere. */
static void check_references(const json_t *value, const json_t *definitions, const char *prefix) {
    const char *key;
    json_t *member;
    for (size_t i = 0; i < json_array_size(value); i++)
        check_references(json_array_get(value, i), definitions, prefix);
    json_object_foreach(json_mutable(value), key, member) {
        const char *ref = json_string_value(member);
        if (!strcmp(key, "$ref") && (strncmp(ref, prefix, strlen(prefix)) ||
                                     !json_object_get(definitions, ref + strlen(prefix))))
            fail_msg("%s leads nowhere", ref);
        check_references(member, definitions, prefix);
    }
}

static void openapi__defines_every_kind_that_is_served(void **state) {
    json_t *document = get_json(*state, "/openapi/v2");
    const json_t *definitions = json_object_get(document, "definitions");
    static const char *const kinds[][3] = {
        {"", "v1", "Pod"},
        {"", "v1", "PodList"},
        {"", "v1", "Status"},
        {"extensions", "v1beta1", "ReplicaSet"},
        {"extensions", "v1beta1", "PodSecurityPolicy"},
        {"apps", "v1", "Deployment"},
        {"apiextensions.k8s.io", "v1", "CustomResourceDefinition"},
        {"coordination.k8s.io", "v1beta1", "Lease"},
        {"federation", "v1beta1", "Cluster"},
        {"example.com", "v1", "Widget"},
        {"example.com", "v1", "Gadget"},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!kind_in(definitions, kinds[i][0], kinds[i][1], kinds[i][2]))
            fail_msg("no definition of %s", kinds[i][2]);
    assert_null(kind_in(definitions, "apps", "v1beta1", "Deployment"));
    assert_null(kind_in(definitions, "batch", "v1", "Job"));
    check_references(document, definitions, "#/definitions/");
    json_decref(document);
}

static void openapi__tells_what_kubectl_validates_and_merges_with(void **state) {
    json_t *document = get_json(*state, "/swagger.json");
    const json_t *definitions = json_object_get(document, "definitions");
    const json_t *service = json_object_get(definitions, "io.k8s.api.core.v1.ServiceSpec");
    const json_t *ports = json_at(service, "properties", "ports", NULL);
    assert_string_equal(json_str(ports, "x-kubernetes-patch-merge-key", NULL), "port");
    assert_string_equal(json_str(ports, "x-kubernetes-patch-strategy", NULL), "merge");
    assert_string_equal(json_str(ports, "items", "$ref", NULL),
                        "#/definitions/io.k8s.api.core.v1.ServicePort");
    const json_t *pod = json_object_get(definitions, "io.k8s.api.core.v1.PodSpec");
    assert_string_equal(json_str(pod, "required", "[0]", NULL), "containers");
    /* The sources of a volume stand in the volume itself. */
    const json_t *volume = json_object_get(definitions, "io.k8s.api.core.v1.Volume");
    assert_non_null(json_at(volume, "properties", "emptyDir", NULL));
    assert_null(json_at(volume, "properties", "volumeSource", NULL));
    assert_string_equal(json_str(document, "paths",
                                 "/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "patch",
                                 "parameters", "[0]", "name", NULL),
                        "dryRun");
    json_decref(document);
}

static void openapi__leaves_custom_resources_open_without_a_schema(void **state) {
    json_t *document = get_json(*state, "/openapi/v2");
    const json_t *definitions = json_object_get(document, "definitions");
    const json_t *widget = json_object_get(definitions, "com.example.v1.Widget");
    const json_t *gadget = json_object_get(definitions, "com.example.v1.Gadget");
    assert_null(json_object_get(widget, "properties"));
    assert_string_equal(json_str(gadget, "properties", "spec", "properties", "size", "type", NULL),
                        "integer");
    assert_string_equal(json_str(gadget, "properties", "spec", "required", "[0]", NULL), "size");
    assert_non_null(json_at(gadget, "properties", "metadata", NULL));
    json_decref(document);
}

/* How many fields with the tag the message has; the last one is *ret. */
static int count_fields(const void *data, size_t len, uint32_t tag, struct wire_field *ret) {
    struct wire_reader r = wire_reader_of(data, len);
    struct wire_field field;
    int more, count = 0;
    while ((more = wire_next(&r, &field)) > 0)
        if (field.tag == tag) {
            *ret = field;
            count++;
        }
    return more < 0 ? -1 : count;
}

static void openapi__has_a_protobuf_form_with_the_same_definitions(void **state) {
    struct fixture *f = *state;
    json_t *document = get_json(f, "/openapi/v2");
    size_t definitions = json_object_size(json_object_get(document, "definitions"));
    size_t paths = json_object_size(json_object_get(document, "paths"));
    json_decref(document);

    struct memory_exchange *m = get(f, "/openapi/v2", "Accept", GNOSTIC);
    struct wire_field field = {0};
    assert_string_equal(http_headers_get(&m->headers, "Content-Type"),
                        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    assert_int_equal(count_fields(m->body.data, m->body.len, 9, &field), 1);
    assert_int_equal(count_fields(field.bytes, field.len, 1, &field), (int)definitions);
    assert_int_equal(count_fields(m->body.data, m->body.len, 8, &field), 1);
    assert_int_equal(count_fields(field.bytes, field.len, 2, &field), (int)paths);
    assert_int_equal(count_fields(m->body.data, m->body.len, 1, &field), 1);
    assert_memory_equal(field.bytes, "2.0", 3);
}

static void openapi__is_not_sent_twice(void **state) {
    struct fixture *f = *state;
    char *etag = xstrdup(http_headers_get(&get(f, "/openapi/v2", NULL, NULL)->headers, "Etag"));
    assert_int_equal(get(f, "/openapi/v2", "If-None-Match", etag)->status, 304);
    assert_int_equal(get(f, "/swagger-2.0.0.pb-v1", "If-None-Match", etag)->status, 304);
    json_array_append_new(f->group_versions, json_string("batch/v1"));
    assert_int_equal(get(f, "/openapi/v2", "If-None-Match", etag)->status, 200);
    free(etag);
}

static void openapi__version_3_goes_by_group_version(void **state) {
    struct fixture *f = *state;
    json_t *index = get_json(f, "/openapi/v3");
    const char *url = json_str(index, "paths", "apis/apps/v1", "serverRelativeURL", NULL);
    assert_non_null(url);
    assert_non_null(json_str(index, "paths", "api/v1", "serverRelativeURL", NULL));
    assert_non_null(json_str(index, "paths", "apis/example.com/v1", "serverRelativeURL", NULL));
    json_t *document = get_json(f, url);
    const json_t *schemas = json_at(document, "components", "schemas", NULL);
    assert_non_null(kind_in(schemas, "apps", "v1", "Deployment"));
    assert_null(kind_in(schemas, "", "v1", "Pod"));
    assert_non_null(json_object_get(schemas, "io.k8s.api.core.v1.PodSpec"));
    check_references(document, schemas, "#/components/schemas/");
    assert_string_equal(json_str(document, "paths",
                                 "/apis/apps/v1/namespaces/{namespace}/deployments", "post", GVK,
                                 "kind", NULL),
                        "Deployment");
    json_decref(document);
    json_decref(index);
    assert_int_equal(get(f, "/openapi/v3/apis/nope/v1", NULL, NULL)->status, 404);
    assert_int_equal(get(f, "/openapi/v3/nonsense", NULL, NULL)->status, 404);
}

static void openapi__shows_a_federation_only_its_kinds(void **state) {
    struct fixture *f = *state;
    f->source.federation = true;
    json_t *document = get_json(f, "/openapi/v2");
    const json_t *definitions = json_object_get(document, "definitions");
    assert_non_null(kind_in(definitions, "extensions", "v1beta1", "ReplicaSet"));
    assert_null(kind_in(definitions, "", "v1", "Pod"));
    check_references(document, definitions, "#/definitions/");
    json_decref(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(openapi__defines_every_kind_that_is_served, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(openapi__tells_what_kubectl_validates_and_merges_with,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(openapi__leaves_custom_resources_open_without_a_schema,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(openapi__has_a_protobuf_form_with_the_same_definitions,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(openapi__is_not_sent_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(openapi__version_3_goes_by_group_version, setup, teardown),
        cmocka_unit_test_setup_teardown(openapi__shows_a_federation_only_its_kinds, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
