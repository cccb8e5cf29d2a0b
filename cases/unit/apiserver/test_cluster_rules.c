/* What a cluster does besides storing: addresses, garbage, namespaces, access. */
#include "cases/unit/apiserver/apiserver_fixture.h"

#define SVC "/api/v1/namespaces/default/services"
#define CMS "/api/v1/namespaces/default/configmaps"
#define POD "/api/v1/namespaces/default/pods"

static int fixture_rbac(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    fixture_start(
        f, &(struct apiserver_options){
               .name = "c1", .service_cidr = "10.152.183.0/24", .anonymous = true, .rbac = true});
    static const char *const masters[] = {"system:masters"};
    apiserver_add_token(f->api, "admin-token", "admin", masters, 1);
    apiserver_add_token(f->api, "jane-token", "jane", NULL, 0);
    apiserver_add_basic(f->api, "jane", "secret", NULL, 0);
    *state = f;
    return 0;
}

static void service__has_the_first_address_for_kubernetes(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "GET", SVC "/kubernetes", NULL), 200);
    assert_string_equal(json_str(f->answer, "spec", "clusterIP", NULL), "10.152.183.1");
}

/* Typed clients (kubefed of 1.6) send 0 for a field that they do not know of. */
static void service__an_empty_target_port_is_the_port(void **state) {
    struct fixture *f = *state;
    static const char *const ports[] = {"{\"port\":443}", "{\"port\":443,\"targetPort\":0}",
                                        "{\"port\":443,\"targetPort\":\"\"}"};
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        char *body =
            xasprintf("{\"metadata\":{\"name\":\"t%zu\"},\"spec\":{\"ports\":[%s]}}", i, ports[i]);
        assert_int_equal(call(f, "POST", SVC, body), 201);
        assert_int_equal(json_int(f->answer, 0, "spec", "ports", "[0]", "targetPort", NULL), 443);
        free(body);
    }
}

static void service__node_ports_are_checked_and_taken_back(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *name, *ports;
        int status;
        const char *message;
    } rows[] = {
        {"a", "{\"port\":80,\"nodePort\":99}", 422,
         "Service \"a\" is invalid: spec.ports[0].nodePort: Invalid value: 99: provided port is "
         "not "
         "in the valid range. The range of valid ports is 30000-32767"},
        {"b",
         "{\"name\":\"u\",\"port\":53,\"protocol\":\"UDP\",\"nodePort\":30053},{\"name\":\"t\","
         "\"port\":53,\"nodePort\":30053}",
         201, ""},
        {"c", "{\"port\":80,\"nodePort\":30053}", 422,
         "Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is "
         "already allocated"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *body = xasprintf("{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"type\":\"NodePort\","
                               "\"ports\":[%s]}}",
                               rows[i].name, rows[i].ports);
        assert_int_equal(call(f, "POST", SVC, body), rows[i].status);
        assert_string_equal(message(f), rows[i].message);
        free(body);
    }
    assert_int_equal(call(f, "DELETE", SVC "/b", NULL), 200);
    assert_int_equal(call(f, "POST", SVC,
                          "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"type\":"
                          "\"NodePort\",\"ports\":[{\"port\":80,\"nodePort\":30053}]"
                          "}}"),
                     201);
}

static void service__that_is_refused_takes_no_address(void **state) {
    struct fixture *f = *state;
    static const char body[] = "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"clusterIP\":"
                               "\"10.152.183.77\",\"ports\":[{\"port\":80}]}}";
    assert_int_equal(call(f, "POST", SVC "?dryRun=All", body), 201);
    assert_int_equal(call(f, "POST", SVC, body), 201);
    assert_int_equal(call(f, "POST", SVC, body), 422);
    assert_int_equal(call(f, "PATCH", SVC "/s", "{\"spec\":{\"clusterIP\":\"10.152.183.78\"}}"),
                     422);
    assert_string_equal(message(f), "Service \"s\" is invalid: spec.clusterIP: Invalid value: "
                                    "\"10.152.183.78\": field is immutable");
}

static void make_owned(struct fixture *f, const char *policy, int expected) {
    assert_int_equal(call(f, "POST", CMS, "{\"metadata\":{\"name\":\"owner\"}}"), 201);
    char *body = xasprintf("{\"metadata\":{\"name\":\"child\",\"ownerReferences\":[{\"apiVersion\":"
                           "\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner\",\"uid\":\"%s\"}]}}",
                           json_str(f->answer, "metadata", "uid", NULL));
    assert_int_equal(call(f, "POST", CMS, body), 201);
    free(body);
    char *target = xasprintf(CMS "/owner?propagationPolicy=%s", policy);
    assert_int_equal(call(f, "DELETE", target, NULL), 200);
    free(target);
    sched_advance(f->sched, 1000);
    assert_int_equal(call(f, "GET", CMS "/owner", NULL), 404);
    assert_int_equal(call(f, "GET", CMS "/child", NULL), expected);
}

static void garbage__goes_with_its_owner_in_the_background(void **state) {
    make_owned(*state, "Background", 404);
}

static void garbage__goes_before_its_owner_in_the_foreground(void **state) {
    make_owned(*state, "Foreground", 404);
}

static void garbage__stays_when_it_is_orphaned(void **state) {
    struct fixture *f = *state;
    make_owned(f, "Orphan", 200);
    assert_null(json_at(f->answer, "metadata", "ownerReferences", NULL));
}

/* The owner goes in the foreground: what blocks it goes first, the rest when it has gone. */
static void garbage__holds_its_owner_only_where_it_says_so(void **state) {
    struct fixture *f = *state;
    for (int blocks = 0; blocks < 2; blocks++) {
        assert_int_equal(call(f, "POST", CMS, "{\"metadata\":{\"name\":\"owner\"}}"), 201);
        char *body =
            xasprintf("{\"metadata\":{\"name\":\"child\",\"finalizers\":[\"x/y\"],"
                      "\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":"
                      "\"owner\",\"uid\":\"%s\",\"blockOwnerDeletion\":%s}]}}",
                      json_str(f->answer, "metadata", "uid", NULL), blocks ? "true" : "false");
        assert_int_equal(call(f, "POST", CMS, body), 201);
        free(body);
        assert_int_equal(call(f, "DELETE", CMS "/owner?propagationPolicy=Foreground", NULL), 200);
        sched_advance(f->sched, 1000);
        assert_int_equal(call(f, "GET", CMS "/owner", NULL), blocks ? 200 : 404);
        assert_int_equal(call(f, "GET", CMS "/child", NULL), 200);
        assert_non_null(json_str(f->answer, "metadata", "deletionTimestamp", NULL));
        assert_int_equal(call(f, "PATCH", CMS "/child", "{\"metadata\":{\"finalizers\":null}}"),
                         200);
        sched_advance(f->sched, 1000);
        assert_int_equal(call(f, "GET", CMS "/owner", NULL), 404);
        assert_int_equal(call(f, "GET", CMS "/child", NULL), 404);
    }
}

static void namespace__empties_itself_when_it_is_deleted(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"n\"}}"), 201);
    assert_int_equal(
        call(f, "POST", "/api/v1/namespaces/n/configmaps", "{\"metadata\":{\"name\":\"x\"}}"), 201);
    /* Services are not deleted all at once. */
    assert_int_equal(call(f, "POST", "/api/v1/namespaces/n/services",
                          "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"ports\":[{\"port\":80}]}}"),
                     201);
    assert_int_equal(call(f, "DELETE", "/api/v1/namespaces/n", NULL), 200);
    assert_string_equal(json_str(f->answer, "status", "phase", NULL), "Terminating");
    assert_int_equal(
        call(f, "POST", "/api/v1/namespaces/n/configmaps", "{\"metadata\":{\"name\":\"y\"}}"), 403);
    assert_string_equal(message(f),
                        "configmaps \"y\" is forbidden: unable to create new content in "
                        "namespace n because it is being terminated");
    sched_advance(f->sched, 5000);
    assert_int_equal(call(f, "GET", "/api/v1/namespaces/n", NULL), 404);
    assert_null(apiserver_peek(f->api, "", "configmaps", "n", "x"));
}

static void pod__with_a_node_is_deleted_gracefully(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", POD,
                          "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\","
                          "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"),
                     201);
    assert_int_equal(call(f, "DELETE", POD "/p", NULL), 200);
    assert_int_equal(json_int(f->answer, 0, "metadata", "deletionGracePeriodSeconds", NULL), 30);
    assert_int_equal(call(f, "GET", POD "/p", NULL), 200);
    assert_int_equal(call(f, "DELETE", POD "/p", "{\"gracePeriodSeconds\":0}"), 200);
    assert_int_equal(call(f, "GET", POD "/p", NULL), 404);
}

static void access__is_what_roles_grant(void **state) {
    struct fixture *f = *state;
    static const char jane[] = "Authorization: Bearer jane-token";
    assert_int_equal(wire(f, "GET", "/api/v1/namespaces", NULL, NULL), 403);
    assert_string_equal(
        f->exchange->body.data,
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"
        "\"Failure\",\"message\":\"namespaces is forbidden: User "
        "\\\"system:anonymous\\\" cannot list namespaces at the cluster scope\","
        "\"reason\":\"Forbidden\",\"details\":{\"kind\":\"namespaces\"},\"code\":403"
        "}\n");
    assert_int_equal(wire(f, "GET", "/healthz", NULL, NULL), 200);
    assert_int_equal(wire(f, "GET", "/metrics", NULL, NULL), 403);
    assert_int_equal(wire(f, "GET", POD, "Authorization: Bearer wrong", NULL), 401);
    assert_int_equal(wire(f, "GET", POD, "Authorization: Bearer admin-token", NULL), 200);
    assert_int_equal(wire(f, "GET", POD, jane, NULL), 403);
    assert_int_equal(
        call(f, "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
             "{\"metadata\":{\"name\":\"b\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"jane\"}],"
             "\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"view\"}}"),
        201);
    assert_int_equal(wire(f, "GET", POD, jane, NULL), 200);
    assert_int_equal(wire(f, "GET", POD, "Authorization: Basic amFuZTpzZWNyZXQ=", NULL), 200);
    assert_int_equal(wire(f, "DELETE", POD "/x", jane, NULL), 403);
    assert_int_equal(wire(f, "GET", "/api/v1/namespaces/kube-system/pods", jane, NULL), 403);
    assert_int_equal(wire(f, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", jane,
                          "{\"spec\":{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":"
                          "\"pods\",\"namespace\":\"default\"}}}"),
                     201);
    assert_non_null(strstr(f->exchange->body.data, "\"status\":{\"allowed\":true}"));
}

static int wire_as(struct fixture *f, const char *token, const char *user, const char *group) {
    memory_exchange_free(f->exchange);
    f->exchange = memory_exchange_new("GET", POD, NULL, 0);
    struct http_headers *h = &f->exchange->request.headers;
    http_headers_add(h, "Authorization", token);
    if (user)
        http_headers_add(h, "Impersonate-User", user);
    if (group)
        http_headers_add(h, "Impersonate-Group", group);
    apiserver_handle(f->api, &f->exchange->exchange);
    return f->exchange->status;
}

static void access__as_another_needs_the_right_to_be_him(void **state) {
    struct fixture *f = *state;
    static const char admin[] = "Bearer admin-token", jane[] = "Bearer jane-token";
    assert_int_equal(wire_as(f, admin, "bob", NULL), 403);
    assert_non_null(strstr(f->exchange->body.data, "User \\\"bob\\\" cannot list pods"));
    assert_int_equal(wire_as(f, admin, "bob", "system:masters"), 200);
    assert_int_equal(wire_as(f, admin, "system:serviceaccount:default:r", NULL), 403);
    assert_int_equal(wire_as(f, admin, NULL, "system:masters"), 500);
    assert_int_equal(wire_as(f, jane, "bob", NULL), 403);
    assert_non_null(strstr(f->exchange->body.data,
                           "users \\\"bob\\\" is forbidden: User \\\"jane\\\" cannot "
                           "impersonate users at the cluster scope"));
    call(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
         "{\"metadata\":{\"name\":\"as-root\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":["
         "\"users\"],\"verbs\":[\"impersonate\"],\"resourceNames\":[\"root\"]}]}");
    call(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
         "{\"metadata\":{\"name\":\"as-root\"},\"subjects\":[{\"kind\":\"User\",\"name\":"
         "\"jane\"}],\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"as-root\"}}");
    call(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
         "{\"metadata\":{\"name\":\"root\"},\"subjects\":[{\"kind\":\"User\",\"name\":"
         "\"root\"}],\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"view\"}}");
    assert_int_equal(wire_as(f, jane, "root", NULL), 200);
    assert_int_equal(wire_as(f, jane, "root", "system:masters"), 403);
    assert_int_equal(wire_as(f, jane, "bob", NULL), 403);
}

#define RBAC "/apis/rbac.authorization.k8s.io/v1/"
#define ROLE(name, rules) "{\"metadata\":{\"name\":\"" name "\"},\"rules\":[" rules "]}"
#define BINDING(name, role)                                                                       \
    "{\"metadata\":{\"name\":\"" name "\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"jane\"}]," \
    "\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"" role "\"}}"
#define READS(resource) \
    "{\"apiGroups\":[\"\"],\"resources\":[\"" resource "\"],\"verbs\":[\"get\"]}"
#define EVERYTHING "{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]}"

static void access__nobody_grants_what_he_does_not_have(void **state) {
    struct fixture *f = *state;
    static const char jane[] = "Authorization: Bearer jane-token";
    static const char writer[] =
        ROLE("writer", "{\"apiGroups\":[\"rbac.authorization.k8s.io\"],\"resources\":[\"*\"],"
                       "\"verbs\":[\"create\",\"get\",\"update\"]}," READS("configmaps"));
    call(f, "POST", RBAC "clusterroles", writer);
    call(f, "POST", RBAC "clusterrolebindings", BINDING("writer", "writer"));
    call(f, "POST", RBAC "clusterroles", ROLE("all", EVERYTHING));
    static const struct {
        const char *method, *path, *body;
        int status;
    } rows[] = {
        {"POST", "clusterroles", ROLE("a", READS("configmaps")), 201},
        {"POST", "clusterroles", ROLE("b", READS("secrets")), 403},
        {"POST", "clusterroles", ROLE("b", READS("configmaps") "," READS("configmaps/x")), 403},
        {"POST", "clusterroles",
         ROLE("c", "{\"nonResourceURLs\":[\"/healthz\"],\"verbs\":[\"get\"]}"), 201},
        {"POST", "clusterroles",
         ROLE("d", "{\"nonResourceURLs\":[\"/metrics\"],\"verbs\":[\"get\"]}"), 403},
        {"POST", "clusterroles", ROLE("e", ""), 201},
        {"PUT", "clusterroles/e", ROLE("e", READS("secrets")), 403},
        {"PUT", "clusterroles/all", ROLE("all", EVERYTHING), 200}, /* no more than before */
        {"POST", "namespaces/default/roles", ROLE("f", READS("secrets")), 403},
        {"POST", "namespaces/default/roles", ROLE("f", READS("configmaps")), 201},
        {"POST", "clusterrolebindings", BINDING("g", "a"), 201},
        {"POST", "clusterrolebindings", BINDING("h", "all"), 403},
        {"POST", "namespaces/default/rolebindings", BINDING("i", "all"), 403},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *target = xasprintf(RBAC "%s", rows[i].path);
        int status = wire(f, rows[i].method, target, jane, rows[i].body);
        free(target);
        if (status != rows[i].status)
            fail_msg("row %zu %s %s: %d, not %d", i, rows[i].method, rows[i].path, status,
                     rows[i].status);
    }
    assert_int_equal(call(f, "GET", RBAC "clusterroles/b", NULL), 404);
    assert_int_equal(wire(f, "POST", RBAC "clusterroles", jane, ROLE("z", EVERYTHING)), 403);
    assert_non_null(strstr(
        f->exchange->body.data,
        "clusterroles.rbac.authorization.k8s.io \\\"z\\\" is forbidden: attempt to grant extra "
        "privileges: [PolicyRule{Resources:[\\\"*\\\"], APIGroups:[\\\"*\\\"], "
        "Verbs:[\\\"*\\\"]}] user=&{jane  [system:authenticated] map[]} ownerrules=["));
    static const char admin[] = "Authorization: Bearer admin-token";
    assert_int_equal(wire(f, "POST", RBAC "clusterroles", admin, ROLE("z", EVERYTHING)), 201);
}

static void access__of_a_service_account_comes_with_its_secret(void **state) {
    struct fixture *f = *state;
    static const char token[] = "Authorization: Bearer abc";
    assert_int_equal(wire(f, "GET", "/version", token, NULL), 401);
    call(f, "POST", "/api/v1/namespaces/default/serviceaccounts",
         "{\"metadata\":{\"name\":\"r\"}}");
    assert_int_equal(
        call(
            f, "POST", "/api/v1/namespaces/default/secrets",
            "{\"metadata\":{\"name\":\"t\",\"annotations\":{\"kubernetes.io/service-account.name\":"
            "\"r\"}},\"type\":\"kubernetes.io/service-account-token\",\"data\":{\"token\":"
            "\"YWJj\"}}"),
        201);
    assert_int_equal(wire(f, "GET", "/version", token, NULL), 200);
    assert_int_equal(wire(f, "GET", POD, token, NULL), 403);
    assert_non_null(strstr(f->exchange->body.data, "system:serviceaccount:default:r"));
    call(f, "DELETE", "/api/v1/namespaces/default/secrets/t", NULL);
    assert_int_equal(wire(f, "GET", "/version", token, NULL), 401);
}

#define ACCOUNT "/api/v1/namespaces/default/serviceaccounts"
#define TOKEN_REQUEST(spec) \
    "{\"kind\":\"TokenRequest\",\"apiVersion\":\"authentication.k8s.io/v1\",\"spec\":" spec "}"

/* The status of who shows the token that was asked for with this spec. */
static int status_of_token(struct fixture *f, const char *request) {
    assert_int_equal(call(f, "POST", ACCOUNT "/r/token", request), 201);
    char header[2048];
    snprintf(header, sizeof(header), "Authorization: Bearer %s",
             json_str(f->answer, "status", "token", NULL));
    return wire(f, "GET", "/version", header, NULL);
}

static void access__of_a_token_that_was_asked_for_ends_with_its_very_account(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", ACCOUNT "/r/token", TOKEN_REQUEST("{}")), 404);
    call(f, "POST", ACCOUNT, "{\"metadata\":{\"name\":\"r\"}}");
    assert_int_equal(status_of_token(f, TOKEN_REQUEST("{\"audiences\":[\"others\"]}")), 401);
    assert_int_equal(status_of_token(f, TOKEN_REQUEST("{}")), 200);
    char header[2048];
    snprintf(header, sizeof(header), "Authorization: Bearer %s",
             json_str(f->answer, "status", "token", NULL));
    call(f, "DELETE", ACCOUNT "/r", NULL);
    assert_int_equal(wire(f, "GET", "/version", header, NULL), 401);
    call(f, "POST", ACCOUNT, "{\"metadata\":{\"name\":\"r\"}}");
    assert_int_equal(wire(f, "GET", "/version", header, NULL), 401);
}

static void token__that_has_ended_lets_nobody_in(void **state) {
    struct fixture *f = *state;
    char header[2048];
    call(f, "POST", ACCOUNT, "{\"metadata\":{\"name\":\"r\"}}");
    assert_int_equal(status_of_token(f, TOKEN_REQUEST("{\"expirationSeconds\":600}")), 200);
    snprintf(header, sizeof(header), "Authorization: Bearer %s",
             json_str(f->answer, "status", "token", NULL));
    sched_advance(f->sched, 660 * 1000); /* a minute is for clocks that differ */
    assert_int_equal(wire(f, "GET", "/version", header, NULL), 200);
    sched_advance(f->sched, 1);
    assert_int_equal(wire(f, "GET", "/version", header, NULL), 401);
    assert_non_null(strstr(buf_str(&f->exchange->body), "\"reason\":\"Unauthorized\""));
    assert_int_equal(status_of_token(f, TOKEN_REQUEST("{}")), 200); /* and another lets in */
    assert_int_equal(wire(f, "GET", "/version", header, NULL), 401);
}

static void token__is_refused_for_less_than_ten_minutes_and_for_a_pod(void **state) {
    struct fixture *f = *state;
    call(f, "POST", ACCOUNT, "{\"metadata\":{\"name\":\"r\"}}");
    assert_int_equal(
        call(f, "POST", ACCOUNT "/r/token", TOKEN_REQUEST("{\"expirationSeconds\":599}")), 422);
    assert_string_equal(message(f), "TokenRequest.authentication.k8s.io \"r\" is invalid: "
                                    "spec.expirationSeconds: Invalid value: 599: may not specify "
                                    "a duration less than 10 minutes");
    assert_int_equal(call(f, "POST", ACCOUNT "/r/token",
                          TOKEN_REQUEST("{\"boundObjectRef\":{\"kind\":\"Pod\",\"name\":\"p\"}}")),
                     422);
    assert_int_equal(call(f, "POST", ACCOUNT "/r/token", "{\"kind\":\"Pod\"}"), 400);
}

static void custom_resource__is_served_while_its_definition_is_there(void **state) {
    struct fixture *f = *state;
    static const char path[] = "/apis/example.com/v1/namespaces/default/widgets";
    assert_int_equal(call(f, "GET", path, NULL), 404);
    assert_int_equal(
        call(f, "POST", "/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions",
             "{\"metadata\":{\"name\":\"widgets.example.com\"},\"spec\":{\"group\":\"example.com\","
             "\"version\":\"v1\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"widgets\","
             "\"kind\":\"Widget\"},\"validation\":{\"openAPIV3Schema\":{\"properties\":{\"spec\":{"
             "\"properties\":{\"n\":{\"type\":\"integer\"}}}}}}}}"),
        201);
    assert_int_equal(call(f, "POST", path,
                          "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\","
                          "\"metadata\":{\"name\":\"w\"},\"spec\":{\"n\":\"x\"}}"),
                     422);
    assert_int_equal(call(f, "POST", path,
                          "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\","
                          "\"metadata\":{\"name\":\"w\"},\"spec\":{\"n\":1}}"),
                     201);
    assert_int_equal(wire(f, "GET", "/apis/example.com/v1", NULL, NULL), 200);
    assert_non_null(strstr(f->exchange->body.data, "widgets"));
    assert_int_equal(call(f, "DELETE",
                          "/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions"
                          "/widgets.example.com",
                          NULL),
                     200);
    assert_int_equal(call(f, "GET", path, NULL), 404);
}

static void custom_resource__is_what_its_schema_says(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *spec;
        int status;
        const char *message;
    } rows[] = {
        {"{\"mode\":\"c\"}", 422,
         "spec.mode: Unsupported value: \"c\": supported values: \"a\", "
         "\"b\""},
        {"{\"name\":\"abcd\"}", 422,
         "spec.name: Invalid value: \"\": spec.name in body should be at most 3 chars long"},
        {"{\"name\":\"\"}", 422,
         "spec.name: Invalid value: \"\": spec.name in body should be at least 1 chars long"},
        {"{\"list\":[1,2]}", 422,
         "spec.list: Invalid value: \"\": spec.list in body should have at most 1 items"},
        {"{\"mode\":\"b\",\"name\":\"\u00e4\u00f6\u00fc\",\"list\":[1]}", 201, ""},
    };
    static const char path[] = "/apis/example.com/v1/namespaces/default/widgets";
    assert_int_equal(
        call(
            f, "POST", "/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions",
            "{\"metadata\":{\"name\":\"widgets.example.com\"},\"spec\":{\"group\":\"example.com\","
            "\"version\":\"v1\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"widgets\","
            "\"kind\":\"Widget\"},\"subresources\":{\"status\":{}},\"validation\":{"
            "\"openAPIV3Schema\":{\"properties\":{\"spec\":{\"properties\":{\"mode\":{\"enum\":["
            "\"a\",\"b\"]},\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":3},\"list\":"
            "{\"type\":\"array\",\"maxItems\":1}}}}}}}}"),
        201);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char body[256], wanted[256];
        snprintf(body, sizeof(body),
                 "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":"
                 "\"w\"},\"spec\":%s,\"status\":{\"ready\":true}}",
                 rows[i].spec);
        snprintf(wanted, sizeof(wanted), "Widget.example.com \"w\" is invalid: %s",
                 rows[i].message);
        assert_int_equal(call(f, "POST", path, body), rows[i].status);
        assert_string_equal(message(f), rows[i].status == 422 ? wanted : "");
    }
    /* Its status has its own endpoint. */
    assert_null(json_object_get(f->answer, "status"));
}

static void list__pages_meet_without_gap_or_repetition(void **state) {
    struct fixture *f = *state;
    char seen[64] = "";
    for (char c = 'a'; c <= 'e'; c++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"metadata\":{\"name\":\"%c\"}}", c);
        assert_int_equal(call(f, "POST", CMS, body), 201);
    }
    char target[512] = CMS "?limit=2";
    for (int page = 0; page < 3; page++) {
        assert_int_equal(call(f, "GET", target, NULL), 200);
        const json_t *items = json_object_get(f->answer, "items");
        for (size_t i = 0; i < json_array_size(items); i++) {
            size_t len = strlen(seen);
            snprintf(seen + len, sizeof(seen) - len, "%s",
                     json_str(json_array_get(items, i), "metadata", "name", NULL));
        }
        const char *token = json_str(f->answer, "metadata", "continue", NULL);
        assert_int_equal(token != NULL, page < 2);
        snprintf(target, sizeof(target), CMS "?limit=2&continue=%s", token ? token : "");
    }
    assert_string_equal(seen, "abcde");
}

static void list__refuses_options_that_are_none(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *query;
        int status;
        const char *message;
    } rows[] = {
        {"limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"},
        {"timeoutSeconds=1s", 400, "strconv.ParseInt: parsing \"1s\": invalid syntax"},
        {"limit=1&continue=!", 400, "continue key is not valid: illegal base64 data or JSON"},
        /* {"v":"meta.k8s.io/v1","rv":3,"start":""}, then "rv":0, then a version to come */
        {"limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Mywic3RhcnQiOiIifQ", 400,
         "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)"},
        {"limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0", 400,
         "continue key is not valid: incorrect encoded start resourceVersion (version "
         "meta.k8s.io/v1)"},
        {"limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6OTk5OTk5LCJzdGFydCI6ImEifQ", 400,
         "continue key is not valid: incorrect encoded start resourceVersion (version "
         "meta.k8s.io/v1)"},
        {"resourceVersion=999999", 504, "Too large resource version: 999999, current: "},
        {"resourceVersion=-1", 400, "Invalid value: \"-1\": strconv.ParseUint: "},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char target[256];
        snprintf(target, sizeof(target), CMS "?%s", rows[i].query);
        assert_int_equal(call(f, "GET", target, NULL), rows[i].status);
        if (strncmp(message(f), rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("%s: %s", rows[i].query, message(f));
    }
    assert_int_equal(call(f, "GET", SVC "/kubernetes?resourceVersion=999999", NULL), 504);
}

/* The page after a token is of the token's time, until that is forgotten. */
static void list__a_token_is_good_until_its_time_is_forgotten(void **state) {
    struct fixture *f = *state;
    char target[512], body[96];
    call(f, "POST", CMS, "{\"metadata\":{\"name\":\"a\"}}");
    call(f, "POST", CMS, "{\"metadata\":{\"name\":\"b\"}}");
    assert_int_equal(call(f, "GET", CMS "?limit=1", NULL), 200);
    const char *token = json_str(f->answer, "metadata", "continue", NULL);
    assert_null(strpbrk(token, "+/=%")); /* goes into a URL as it is */
    snprintf(target, sizeof(target), CMS "?limit=1&continue=%s", token);
    for (int i = 0; i < 8200; i++) {
        if (i == 1)
            assert_int_equal(call(f, "GET", target, NULL), 200);
        snprintf(body, sizeof(body), "{\"data\":{\"k\":\"%d\"}}", i);
        call(f, "PATCH", CMS "/a", body);
    }
    assert_int_equal(call(f, "GET", target, NULL), 410);
    assert_string_equal(json_str(f->answer, "reason", NULL), "Expired");
    /* The rest as it is now. */
    snprintf(target, sizeof(target), CMS "?limit=1&continue=%s",
             json_str(f->answer, "metadata", "continue", NULL));
    assert_int_equal(call(f, "GET", target, NULL), 200);
    assert_string_equal(json_str(f->answer, "items", "[0]", "metadata", "name", NULL), "b");
}

static void dump__loads_into_another_server_with_its_identities(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "POST", CMS, "{\"metadata\":{\"name\":\"y\"}}"), 201);
    assert_int_equal(call(f, "POST", CMS, "{\"metadata\":{\"name\":\"x\"}}"), 201);
    json_t *dump = apiserver_dump(f->api);
    struct apiserver *other = apiserver_new(&(struct apiserver_options){
        .name = "c2", .sched = f->sched, .seed = 3, .service_cidr = "10.152.183.0/24"});
    struct err err = {0};
    int rc = apiserver_load(other, dump, &err);
    json_t *again = apiserver_dump(other);
    bool same = json_equal(dump, again); /* with uids, versions and times */
    int64_t version = apiserver_version(other);
    apiserver_free(other);
    json_decref(dump);
    json_decref(again);
    assert_string_equal(err.text, "");
    assert_int_equal(rc, 0);
    assert_true(same);
    assert_int_equal(version, apiserver_version(f->api));
}

/* What the file says is there, or its mistake is told and its place. */
static void load__tells_what_is_wrong(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"null", NULL},
        {"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[]}", NULL},
        {"\"text\"", "expected an object with apiVersion and kind, or a List"},
        {"{\"metadata\":{}}", "expected an object with apiVersion and kind, or a List"},
        {"[{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}},7]",
         "object 2: expected an object with apiVersion and kind, or a List"},
        {"{\"kind\":\"Nope\",\"apiVersion\":\"v1\"}",
         "no resource of kind \"Nope\" in version \"v1\" is served"},
        {"{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"A\"}}",
         "ConfigMap \"A\": 422 ConfigMap \"A\" is invalid: metadata.name: "},
        {"{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"uid\":\"u\","
         "\"resourceVersion\":\"7\"}}",
         "a ConfigMap without a name"},
        {"{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"s\",\"uid\":\"u\","
         "\"resourceVersion\":\"7\"},\"spec\":{\"ports\":{}}}",
         "Service \"s\": Service in version \"v1\" cannot be handled as a Service: json: cannot "},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *value = json_loads(rows[i].text, JSON_DECODE_ANY, NULL);
        int rc = apiserver_load(f->api, value, &err);
        json_decref(value);
        const char *wanted = rows[i].problem ? rows[i].problem : "";
        if ((rc < 0) != (rows[i].problem != NULL) || strncmp(err.text, wanted, strlen(wanted)) != 0)
            fail_msg("%s: %d, %s", rows[i].text, rc, err.text);
    }
}

static void load__the_last_of_a_name_is_there(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        json_t *map = json_pack("{s:s,s:s,s:{s:s},s:{s:s}}", "kind", "ConfigMap", "apiVersion",
                                "v1", "metadata", "name", "a", "data", "k", i ? "last" : "first");
        assert_int_equal(apiserver_load(f->api, map, &err), 0);
        json_decref(map);
    }
    assert_int_equal(call(f, "GET", CMS "/a", NULL), 200);
    assert_string_equal(json_str(f->answer, "data", "k", NULL), "last");
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, fixture_cluster, fixture_stop)
#define ACCESS(name) cmocka_unit_test_setup_teardown(name, fixture_rbac, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        RULE(service__has_the_first_address_for_kubernetes),
        RULE(service__node_ports_are_checked_and_taken_back),
        RULE(service__an_empty_target_port_is_the_port),
        RULE(service__that_is_refused_takes_no_address),
        RULE(garbage__goes_with_its_owner_in_the_background),
        RULE(garbage__goes_before_its_owner_in_the_foreground),
        RULE(garbage__holds_its_owner_only_where_it_says_so),
        RULE(garbage__stays_when_it_is_orphaned),
        RULE(namespace__empties_itself_when_it_is_deleted),
        RULE(pod__with_a_node_is_deleted_gracefully),
        ACCESS(access__is_what_roles_grant),
        ACCESS(access__as_another_needs_the_right_to_be_him),
        ACCESS(access__nobody_grants_what_he_does_not_have),
        ACCESS(access__of_a_service_account_comes_with_its_secret),
        ACCESS(access__of_a_token_that_was_asked_for_ends_with_its_very_account),
        ACCESS(token__that_has_ended_lets_nobody_in),
        ACCESS(token__is_refused_for_less_than_ten_minutes_and_for_a_pod),
        RULE(custom_resource__is_served_while_its_definition_is_there),
        RULE(custom_resource__is_what_its_schema_says),
        RULE(list__pages_meet_without_gap_or_repetition),
        RULE(list__refuses_options_that_are_none),
        RULE(list__a_token_is_good_until_its_time_is_forgotten),
        RULE(load__tells_what_is_wrong),
        RULE(load__the_last_of_a_name_is_there),
        RULE(dump__loads_into_another_server_with_its_identities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
