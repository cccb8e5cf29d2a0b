#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/apiserver/discovery.h"
#include "mocks/serve/memory_exchange.h"

#include <string.h>

#define AGGREGATED                                                          \
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," \
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

struct fixture {
    json_t *group_versions, *crds;
    struct discovery_source source;
};

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->group_versions = json_pack("[s,s,s,s,s]", "v1", "extensions/v1beta1", "apps/v1",
                                  "apps/v1beta1", "federation/v1beta1");
    f->crds = json_loads(
        "[{\"spec\":{\"group\":\"example.com\",\"version\":\"v1\",\"scope\":\"Namespaced\","
        "\"names\":{\"plural\":\"widgets\",\"singular\":\"widget\",\"kind\":\"Widget\","
        "\"shortNames\":[\"wd\"]},\"subresources\":{\"status\":{}}}},"
        "{\"spec\":{\"group\":\"example.com\",\"scope\":\"Cluster\",\"versions\":["
        "{\"name\":\"v2\",\"served\":true},{\"name\":\"v3\",\"served\":false}],"
        "\"names\":{\"plural\":\"gadgets\",\"kind\":\"Gadget\"}}}]",
        0, NULL);
    f->source = (struct discovery_source){
        .group_versions = f->group_versions, .crds = f->crds, .server_address = "127.0.0.1:6443"};
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    json_decref(f->group_versions);
    json_decref(f->crds);
    free(f);
    return 0;
}

/* The body of the answer, owned; status -1: not handled. */
static json_t *get(struct fixture *f, const char *path, const char *accept, int *ret_status) {
    struct memory_exchange *m = memory_exchange_new("GET", path, NULL, 0);
    if (accept)
        http_headers_add(&m->request.headers, "Accept", accept);
    json_t *body = NULL;
    *ret_status = -1;
    if (discovery_handle(&f->source, &m->exchange)) {
        *ret_status = m->status;
        body = json_loadb(m->body.data, m->body.len, 0, NULL);
        assert_non_null(body);
    }
    memory_exchange_free(m);
    return body;
}

/* The resource of that name in a resource list, borrowed or NULL. */
static const json_t *named(const json_t *list, const char *member, const char *name) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_str(json_array_get(list, i), member, NULL);
        if (text && strcmp(text, name) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static void assert_json(const json_t *got, const char *want_text) {
    json_t *want = json_loads(want_text, JSON_DECODE_ANY, NULL);
    char *text = got ? json_text(got) : NULL;
    if (!json_equal(got, want))
        fail_msg("got %s, want %s", text ? text : "nothing", want_text);
    json_decref(want);
    free(text);
}

static void discovery__lists_groups_in_their_order(void **state) {
    int status;
    json_t *apis = get(*state, "/apis", "application/json", &status);
    const json_t *groups = json_object_get(apis, "groups");
    static const char *const want[] = {"extensions", "apps", "federation", "example.com"};
    assert_int_equal(status, 200);
    assert_int_equal(json_array_size(groups), ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(json_str(json_array_get(groups, i), "name", NULL), want[i]);
    assert_string_equal(json_str(groups, "[1]", "preferredVersion", "version", NULL), "v1");
    json_decref(apis);

    json_t *api = get(*state, "/api", NULL, &status);
    assert_json(api, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],"
                     "\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\","
                     "\"serverAddress\":\"127.0.0.1:6443\"}]}");
    json_decref(api);

    json_t *group = get(*state, "/apis/extensions/", NULL, &status);
    assert_json(group,
                "{\"kind\":\"APIGroup\",\"name\":\"extensions\",\"versions\":[{\"groupVersion\":"
                "\"extensions/v1beta1\",\"version\":\"v1beta1\"}],\"preferredVersion\":"
                "{\"groupVersion\":\"extensions/v1beta1\",\"version\":\"v1beta1\"},"
                "\"serverAddressByClientCIDRs\":null}");
    json_decref(group);
}

static void discovery__describes_resources_as_the_real_server(void **state) {
    static const struct {
        const char *path, *name, *want;
    } rows[] = {
        {"/api/v1", "pods",
         "{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\",\"verbs\":["
         "\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\",\"proxy\","
         "\"update\",\"watch\"],\"shortNames\":[\"po\"],\"categories\":[\"all\"]}"},
        {"/api/v1", "pods/exec",
         "{\"name\":\"pods/exec\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Pod\","
         "\"verbs\":[]}"},
        {"/api/v1", "namespaces/finalize",
         "{\"name\":\"namespaces/finalize\",\"singularName\":\"\",\"namespaced\":false,\"kind\":"
         "\"Namespace\",\"verbs\":[\"update\"]}"},
        {"/api/v1", "componentstatuses",
         "{\"name\":\"componentstatuses\",\"singularName\":\"\",\"namespaced\":false,\"kind\":"
         "\"ComponentStatus\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"cs\"]}"},
        {"/apis/extensions/v1beta1", "replicasets/scale",
         "{\"name\":\"replicasets/scale\",\"singularName\":\"\",\"namespaced\":true,\"group\":"
         "\"extensions\",\"version\":\"v1beta1\",\"kind\":\"Scale\",\"verbs\":[\"get\",\"patch\","
         "\"update\"]}"},
        {"/apis/apps/v1", "deployments/scale",
         "{\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":true,\"group\":"
         "\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\",\"verbs\":[\"get\",\"patch\","
         "\"update\"]}"},
        {"/apis/federation/v1beta1", "clusters/status",
         "{\"name\":\"clusters/status\",\"singularName\":\"\",\"namespaced\":false,\"kind\":"
         "\"Cluster\",\"verbs\":[\"update\"]}"},
        {"/apis/example.com/v1", "widgets",
         "{\"name\":\"widgets\",\"singularName\":\"widget\",\"namespaced\":true,\"kind\":"
         "\"Widget\",\"verbs\":[\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\","
         "\"create\",\"update\",\"watch\"],\"shortNames\":[\"wd\"]}"},
        {"/apis/example.com/v1", "widgets/status",
         "{\"name\":\"widgets/status\",\"singularName\":\"\",\"namespaced\":true,\"kind\":"
         "\"Widget\",\"verbs\":[\"get\",\"patch\",\"update\"]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status;
        json_t *list = get(*state, rows[i].path, "application/json", &status);
        assert_int_equal(status, 200);
        assert_json(named(json_object_get(list, "resources"), "name", rows[i].name), rows[i].want);
        json_decref(list);
    }
}

static void discovery__says_less_for_a_federation(void **state) {
    struct fixture *f = *state;
    int status;
    f->source.federation = true;
    json_t *list = get(f, "/api/v1", NULL, &status);
    const json_t *resources = json_object_get(list, "resources");
    assert_null(named(resources, "name", "pods"));
    assert_null(named(resources, "name", "nodes"));
    assert_null(named(resources, "name", "services/proxy"));
    assert_int_equal(
        json_array_size(json_object_get(named(resources, "name", "services"), "verbs")), 8);
    json_decref(list);
}

static void discovery__aggregates_when_asked_to(void **state) {
    int status;
    json_t *apis = get(*state, "/apis", AGGREGATED, &status);
    assert_string_equal(json_str(apis, "apiVersion", NULL), "apidiscovery.k8s.io/v2");
    const json_t *apps = json_at(apis, "items", "[1]", NULL);
    assert_string_equal(json_str(apps, "metadata", "name", NULL), "apps");
    assert_string_equal(json_str(apps, "versions", "[0]", "version", NULL), "v1");
    const json_t *deployments =
        named(json_at(apps, "versions", "[0]", "resources", NULL), "resource", "deployments");
    assert_string_equal(json_str(deployments, "scope", NULL), "Namespaced");
    assert_string_equal(json_str(deployments, "singularResource", NULL), "deployment");
    const json_t *scale =
        named(json_object_get(deployments, "subresources"), "subresource", "scale");
    assert_json(json_object_get(scale, "responseKind"),
                "{\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"}");
    json_decref(apis);

    json_t *api = get(*state, "/api", AGGREGATED, &status);
    assert_int_equal(json_array_size(json_object_get(api, "items")), 1);
    assert_null(json_str(api, "items", "[0]", "metadata", "name", NULL));
    json_decref(api);
}

static void discovery__answers_only_what_is_its_own(void **state) {
    static const struct {
        const char *path;
        int status;
    } rows[] = {
        {"/", 200},
        {"/swaggerapi", 200},
        {"/apis/nope", 404},
        {"/apis/nope/v1", 404},
        {"/apis/apps/v9", 404},
        {"/apis/example.com/v3", 404},
        {"/apis/example.com/v2", 200},
        {"/apis/apps/v1/deployments", -1},
        {"/api/v1/pods", -1},
        {"/api/v2", -1},
        {"/healthz", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status;
        json_t *body = get(*state, rows[i].path, NULL, &status);
        if (status != rows[i].status)
            fail_msg("%s: %d, want %d", rows[i].path, status, rows[i].status);
        if (status == 404)
            assert_true(json_array_size(json_object_get(body, "paths")) > 10);
        json_decref(body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(discovery__lists_groups_in_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(discovery__describes_resources_as_the_real_server, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(discovery__says_less_for_a_federation, setup, teardown),
        cmocka_unit_test_setup_teardown(discovery__aggregates_when_asked_to, setup, teardown),
        cmocka_unit_test_setup_teardown(discovery__answers_only_what_is_its_own, setup, teardown),
    };
    return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
