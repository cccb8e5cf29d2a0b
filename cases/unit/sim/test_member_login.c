#include "cases/unit/support/unit.h"

#include "harness/core/base64.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/net/kubeconfig.h"
#include "harness/net/pki.h"
#include "mocks/sim/member_login.h"

enum { NOT_REACHED = 0 };

struct member { /* a cluster, and the certificates of another */
    struct sched *sched;
    struct apiserver *api;
    struct pki_pair ca, server, admin, other_ca, stranger;
};

static int start(void **state) {
    struct member *m = xcalloc(1, sizeof(*m));
    static const char *const names[] = {"127.0.0.1"};
    const struct pki_request server = {
        .common_name = "c1", .names = names, .name_count = 1, .server = true};
    const struct pki_request admin = {
        .common_name = "admin", .organization = "system:masters", .client = true};
    assert_int_equal(pki_new_ca("c1", &m->ca, NULL), 0);
    assert_int_equal(pki_new_ca("other", &m->other_ca, NULL), 0);
    assert_int_equal(pki_issue(&m->ca, &server, &m->server, NULL), 0);
    assert_int_equal(pki_issue(&m->ca, &admin, &m->admin, NULL), 0);
    assert_int_equal(pki_issue(&m->other_ca, &admin, &m->stranger, NULL), 0);
    m->sched = sched_new();
    m->api = apiserver_new(&(struct apiserver_options){.name = "c1",
                                                       .sched = m->sched,
                                                       .seed = 1,
                                                       .service_cidr = "10.152.183.0/24",
                                                       .rbac = true,
                                                       .anonymous = true});
    *state = m;
    return 0;
}

static int stop(void **state) {
    struct member *m = *state;
    apiserver_free(m->api);
    sched_free(m->sched);
    struct pki_pair *const pairs[] = {&m->ca, &m->server, &m->admin, &m->other_ca, &m->stranger};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        pki_pair_release(pairs[i]);
    free(m);
    return 0;
}

static void create(struct member *m, const char *target, const char *text) {
    json_t *body = json_parse(text, strlen(text), "object", NULL);
    assert_non_null(body);
    assert_int_equal(apiserver_call(m->api, "POST", target, body, NULL), 201);
    json_decref(body);
}

/* The account that a join makes, with all rights, and the secret of its token. */
static void add_account(struct member *m) {
    create(m, "/api/v1/namespaces/default/serviceaccounts",
           "{\"kind\":\"ServiceAccount\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"fcm\"}}");
    create(m, "/api/v1/namespaces/default/secrets",
           "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"fcm-token\","
           "\"annotations\":{\"kubernetes.io/service-account.name\":\"fcm\"}},\"type\":"
           "\"kubernetes.io/service-account-token\",\"data\":{\"token\":\"dDAwMQ==\"}}");
    create(m, "/apis/rbac.authorization.k8s.io/v1beta1/clusterroles",
           "{\"kind\":\"ClusterRole\",\"apiVersion\":\"rbac.authorization.k8s.io/v1beta1\","
           "\"metadata\":{\"name\":\"fcm\"},\"rules\":[{\"apiGroups\":[\"*\"],\"resources\":"
           "[\"*\"],\"verbs\":[\"*\"]}]}");
    create(m, "/apis/rbac.authorization.k8s.io/v1beta1/clusterrolebindings",
           "{\"kind\":\"ClusterRoleBinding\",\"apiVersion\":\"rbac.authorization.k8s.io/v1beta1\","
           "\"metadata\":{\"name\":\"fcm\"},\"roleRef\":{\"apiGroup\":"
           "\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"fcm\"},\"subjects\":"
           "[{\"kind\":\"ServiceAccount\",\"name\":\"fcm\",\"namespace\":\"default\"}]}");
}

static void put(json_t *secret, const char *key, const char *text) {
    char *coded = base64_encode(text, strlen(text));
    json_set_str(json_ensure_object(secret, "data"), key, coded);
    free(coded);
}

static json_t *secret_of_token(const char *token, const char *ca) {
    json_t *secret = json_pack("{s:{s:s}}", "metadata", "name", "c1-abcde");
    if (token)
        put(secret, "token", token);
    if (ca)
        put(secret, "ca.crt", ca);
    return secret;
}

static json_t *secret_of_config(const json_t *config) {
    json_t *secret = secret_of_token(NULL, NULL);
    struct buf text = BUF_INIT;
    yaml_dump_to(config, &text);
    put(secret, "kubeconfig", buf_str(&text));
    buf_release(&text);
    return secret;
}

static json_t *secret_of_certificate(const struct pki_pair *ca, const struct pki_pair *user) {
    json_t *config = kubeconfig_new("c1", "admin", "c1", "https://127.0.0.1:6443", ca->cert,
                                    user->cert, user->key);
    json_t *secret = secret_of_config(config);
    json_decref(config);
    return secret;
}

/* A kubeconfig with those fields of cluster and user. */
static json_t *secret_of_fields(const char *cluster, const char *user) {
    char *text = xasprintf("{\"current-context\":\"c1\",\"clusters\":[{\"name\":\"c1\",\"cluster\":"
                           "{\"server\":\"https://127.0.0.1:6443\"%s}}],\"users\":[{\"name\":"
                           "\"u\",\"user\":{%s}}],\"contexts\":[{\"name\":\"c1\",\"context\":{"
                           "\"cluster\":\"c1\",\"user\":\"u\"}}]}",
                           cluster, user);
    json_t *config = json_parse(text, strlen(text), "kubeconfig", NULL);
    assert_non_null(config);
    json_t *secret = secret_of_config(config);
    json_decref(config);
    free(text);
    return secret;
}

static int status_of(struct member *m, struct member_login *l, const char *target) {
    const struct apiserver_login *shown = member_login_to(l, m->server.cert, m->ca.cert);
    return shown ? apiserver_call_as(m->api, shown, "GET", target, NULL, NULL) : NOT_REACHED;
}

static void expect_of(struct member *m, struct member_login *l, int healthz, int nodes) {
    assert_non_null(l);
    assert_int_equal(status_of(m, l, "/healthz"), healthz);
    assert_int_equal(status_of(m, l, "/api/v1/nodes"), nodes);
    const struct apiserver_login *shown = member_login_to(l, m->server.cert, m->ca.cert);
    if (shown)
        assert_int_equal(apiserver_may_watch(m->api, shown, "", "nodes"), nodes);
}

/* secret is released. */
static void expect(struct member *m, json_t *secret, int healthz, int nodes) {
    struct err err = {0};
    struct member_login *l = member_login_new(secret, &err);
    if (!l)
        fail_msg("%s", err.text);
    expect_of(m, l, healthz, nodes);
    member_login_free(l);
    json_decref(secret);
}

static void member_login__a_token_is_worth_what_its_account_may(void **state) {
    struct member *m = *state;
    add_account(m);
    json_t *secret = secret_of_token("t001", m->ca.cert);
    struct member_login *l = member_login_new(secret, NULL);
    expect_of(m, l, 200, 200);
    assert_int_equal(
        apiserver_call(m->api, "DELETE",
                       "/apis/rbac.authorization.k8s.io/v1beta1/clusterrolebindings/fcm", NULL,
                       NULL),
        200);
    expect_of(m, l, 200, 403);
    assert_int_equal(apiserver_call(m->api, "DELETE",
                                    "/api/v1/namespaces/default/secrets/fcm-token", NULL, NULL),
                     200);
    expect_of(m, l, 401, 401);
    member_login_free(l);
    json_decref(secret);
}

static void member_login__a_token_that_the_member_does_not_know_is_refused(void **state) {
    struct member *m = *state;
    add_account(m);
    expect(m, secret_of_token("t002", m->ca.cert), 401, 401);
}

static void member_login__certificates_are_believed_when_the_members_ca_signed_them(void **state) {
    struct member *m = *state;
    expect(m, secret_of_certificate(&m->ca, &m->admin), 200, 200);
    expect(m, secret_of_certificate(&m->ca, &m->stranger), 401, 401);
}

static void member_login__a_server_of_another_ca_is_not_reached(void **state) {
    struct member *m = *state;
    add_account(m);
    expect(m, secret_of_certificate(&m->other_ca, &m->admin), NOT_REACHED, NOT_REACHED);
    expect(m, secret_of_token("t001", m->other_ca.cert), NOT_REACHED, NOT_REACHED);
    expect(m, secret_of_token("t001", "no certificate"), NOT_REACHED, NOT_REACHED);
    /* Nor without any: a Cluster that names no secret. */
    struct member_login *l = member_login_new(NULL, NULL);
    assert_null(member_login_to(l, m->server.cert, m->ca.cert));
    member_login_free(l);
}

static void member_login__without_credentials_one_is_anonymous(void **state) {
    struct member *m = *state;
    expect(m, secret_of_fields(",\"insecure-skip-tls-verify\":true", ""), 200, 403);
    expect(m, secret_of_fields("", ""), NOT_REACHED, NOT_REACHED);
}

static void member_login__a_kubeconfig_may_hold_a_token_or_a_password(void **state) {
    struct member *m = *state;
    add_account(m);
    static const char *const masters[] = {"system:masters"};
    apiserver_add_basic(m->api, "admin", "secret", masters, 1);
    const char *insecure = ",\"insecure-skip-tls-verify\":true";
    expect(m, secret_of_fields(insecure, "\"token\":\"t001\""), 200, 200);
    expect(m, secret_of_fields(insecure, "\"token\":\"t002\""), 401, 401);
    expect(m, secret_of_fields(insecure, "\"username\":\"admin\",\"password\":\"secret\""), 200,
           200);
    expect(m, secret_of_fields(insecure, "\"username\":\"admin\",\"password\":\"guess\""), 401,
           401);
}

static void member_login__files_that_a_kubeconfig_names_are_not_read(void **state) {
    struct member *m = *state;
    expect(m,
           secret_of_fields(",\"insecure-skip-tls-verify\":true",
                            "\"tokenFile\":\"/proc/self/status\",\"client-certificate\":"
                            "\"/proc/self/status\",\"client-key\":\"/proc/self/status\""),
           200, 403);
}

static void member_login__what_a_bad_secret_lacks_is_said(void **state) {
    struct member *m = *state;
    const struct {
        json_t *secret;
        const char *why;
    } rows[] = {
        {secret_of_token("t001", NULL), "either both 'ca.crt' and 'token'"},
        {secret_of_token(NULL, m->ca.cert), "either both 'ca.crt' and 'token'"},
        {secret_of_token(NULL, NULL), "secret does not have data with key kubeconfig"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        assert_null(member_login_new(rows[i].secret, &err));
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].why));
        json_decref(rows[i].secret);
    }
    json_t *broken = secret_of_token(NULL, NULL);
    put(broken, "kubeconfig", "clusters: [");
    struct err err = {0};
    assert_null(member_login_new(broken, &err));
    assert_int_not_equal(err.code, 0);
    json_decref(broken);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(member_login__a_token_is_worth_what_its_account_may),
        TEST(member_login__a_token_that_the_member_does_not_know_is_refused),
        TEST(member_login__certificates_are_believed_when_the_members_ca_signed_them),
        TEST(member_login__a_server_of_another_ca_is_not_reached),
        TEST(member_login__without_credentials_one_is_anonymous),
        TEST(member_login__a_kubeconfig_may_hold_a_token_or_a_password),
        TEST(member_login__files_that_a_kubeconfig_names_are_not_read),
        TEST(member_login__what_a_bad_secret_lacks_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
