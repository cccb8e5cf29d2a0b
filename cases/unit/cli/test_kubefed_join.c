#include "cases/unit/cli/rig.h"

#include "harness/core/base64.h"
#include "harness/net/kubeconfig.h"

#define NS "/api/v1/namespaces/federation-system/"
#define DEPLOYMENTS "/apis/extensions/v1beta1/namespaces/federation-system/deployments"
#define RBAC "/apis/rbac.authorization.k8s.io/v1beta1/"
#define DNS "/api/v1/namespaces/kube-system/configmaps"
#define ROLE "federation-controller-manager:federation-c1-f1"

static int setup(void **state) {
    if (rig_setup(state) != 0)
        return -1;
    rig_put(*state, "f1 " DEPLOYMENTS "/federation-controller-manager",
            json_pack("{s:{s:s, s:{s:s, s:s, s:s, s:s, s:s}}}", "metadata", "name",
                      "federation-controller-manager", "annotations", "federations",
                      "federation=juju-fed.com", "federation.alpha.kubernetes.io/federation-name",
                      "federation", "dns-provider", "coredns", "dns-zone-name", "juju-fed.com",
                      "nameserver", "10.1.2.3"));
    return 0;
}

static void join__of_1_7_makes_an_account_in_the_member(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    rig_assert_requests(
        r, "c1 GET /api\nc1 GET /apis\nc1 GET " NS "serviceaccounts/c1-f1\n"
           "f1 GET " DEPLOYMENTS "\n"
           "c1 POST /api/v1/namespaces federation-system\n"
           "c1 POST " NS "serviceaccounts c1-f1\n"
           "c1 POST " RBAC "clusterroles " ROLE "\n"
           "c1 POST " RBAC "clusterrolebindings " ROLE "\n"
           "c1 GET " NS "serviceaccounts/c1-f1\nc1 GET " NS "serviceaccounts/c1-f1\n"
           "c1 GET " NS "secrets/token-1\n"
           "f1 POST " NS "secrets c1-kvsdv\n"
           "federation GET /api\nfederation GET /apis\nfederation GET /apis/federation/v1beta1\n"
           "federation GET /apis/extensions/v1beta1\nfederation GET /api/v1\n"
           "federation POST /apis/federation/v1beta1/clusters c1\n"
           "f1 GET " DEPLOYMENTS "\n"
           "c1 GET " DNS "/kube-dns\nc1 POST " DNS " kube-dns\n");
    assert_string_equal(buf_str(&r->out), "cluster \"c1\" created\n");
    const json_t *cluster = rig_object(r, "federation /apis/federation/v1beta1/clusters/c1");
    assert_string_equal(
        json_str(cluster, "spec", "serverAddressByClientCIDRs", "[0]", "serverAddress", NULL),
        "https://127.9.2.1:6443");
    assert_string_equal(json_str(cluster, "metadata", "annotations",
                                 "federation.kubernetes.io/servive-account-name", NULL),
                        "c1-f1");
    const json_t *map = rig_object(r, "c1 " DNS "/kube-dns");
    assert_string_equal(json_str(map, "data", "federations", NULL), "federation=juju-fed.com");
    assert_string_equal(json_str(map, "data", "stubDomains", NULL),
                        "{\"juju-fed.com\":[\"10.1.2.3\"]}");
}

static void join__of_1_6_copies_the_kubeconfig_into_a_secret_named_like_the_cluster(void **state) {
    struct rig *r = *state;
    rig_profile(r, "1.6.2");
    rig_put(r, "c1 " DNS "/kube-dns", json_pack("{s:{s:s}}", "data", "federations", "other=o.com"));
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    rig_assert_requests(
        r, "f1 POST " NS "secrets c1\n"
           "federation GET /api\nfederation GET /apis\nfederation GET /apis/federation/v1beta1\n"
           "federation GET /apis/extensions/v1beta1\nfederation GET /api/v1\n"
           "federation POST /apis/federation/v1beta1/clusters c1\n"
           "f1 GET " DEPLOYMENTS "\n"
           "c1 GET " DNS "/kube-dns\nc1 PUT " DNS "/kube-dns\n");
    size_t len;
    char *config = base64_decode(
        json_str(rig_object(r, "f1 " NS "secrets/c1"), "data", "kubeconfig", NULL), &len);
    assert_non_null(strstr(config, "https://127.9.2.1:6443"));
    assert_null(strstr(config, "127.9.1.1"));
    free(config);
    const json_t *map = rig_object(r, "c1 " DNS "/kube-dns");
    assert_string_equal(json_str(map, "data", "federations", NULL),
                        "other=o.com,federation=juju-fed.com");
    assert_null(json_at(map, "data", "stubDomains", NULL));
}

static void join__twice_is_stopped_by_the_account_that_is_there(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 1);
    rig_assert_requests(r, "c1 GET /api\nc1 GET /apis\nc1 GET " NS "serviceaccounts/c1-f1\n");
    assert_string_equal(buf_str(&r->errors),
                        "error: service account already exists in joining cluster\n");
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1 -v 2"), 255);
}

static void join__gives_up_on_a_token_after_thirty_seconds(void **state) {
    struct rig *r = *state;
    json_object_set_new(r->failures, "c1 GET " NS "secrets/token-1", json_integer(403));
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 1);
    assert_string_equal(buf_str(&r->errors), "error: timed out waiting for the condition\n");
    assert_int_equal(r->waited_ms, 30000);
    assert_null(rig_object(r, "federation /apis/federation/v1beta1/clusters/c1"));
}

static void join__of_a_dry_run_only_reads(void **state) {
    struct rig *r = *state;
    static const char *const releases[] = {"1.6.2", "1.7.0"};
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        rig_profile(r, releases[i]);
        assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1 --dry-run"), 0);
        assert_string_equal(buf_str(&r->out), "cluster \"c1\" created (dry run)\n");
        assert_null(strstr(buf_str(&r->requests), " POST "));
        assert_null(strstr(buf_str(&r->requests), " PUT "));
        assert_non_null(strstr(buf_str(&r->requests), "c1 GET " DNS "/kube-dns\n"));
        assert_int_equal(json_object_size(r->objects), 1); /* the controller manager */
    }
}

static void join__takes_the_flags_of_kubectl_create(void **state) {
    struct rig *r = *state;
    static const char key[] = "federation /apis/federation/v1beta1/clusters/c1";
    assert_int_equal(
        rig_kubefed(r, "join c1 --host-cluster-context=f1 -o name --save-config --validate=false"),
        0);
    assert_string_equal(buf_str(&r->out), "cluster/c1\n");
    const char *last = json_str(rig_object(r, key), "metadata", "annotations",
                                "kubectl.kubernetes.io/last-applied-configuration", NULL);
    assert_non_null(last);
    json_t *applied = json_parse(last, strlen(last), "annotation", NULL);
    assert_string_equal(json_str(applied, "metadata", "name", NULL), "c1");
    json_decref(applied);
}

static void join__of_1_7_to_a_federation_of_1_6_says_what_to_do(void **state) {
    struct rig *r = *state;
    json_object_del(json_at(r->objects, "f1 " DEPLOYMENTS "/federation-controller-manager",
                            "metadata", "annotations", NULL),
                    "federation.alpha.kubernetes.io/federation-name");
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 1);
    assert_string_equal(buf_str(&r->errors),
                        "error: Federation control manager does not have federation name "
                        "annotation. Please recreate the federation with a newer version of "
                        "kubefed, or use an older version of kubefed to join this cluster.\n");
}

static void join__fails_for_contexts_and_rights_that_are_missing(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *line, *failing, *text;
    } rows[] = {
        {"join nosuch --host-cluster-context=f1", NULL,
         "error: context \"nosuch\" does not exist\n"},
        {"join c1 --host-cluster-context=nosuch", NULL,
         "error: context \"nosuch\" does not exist\n"},
        {"join --host-cluster-context=f1", NULL, "NAME is required"},
        {"join c1", NULL, "host-cluster-context is required"},
        {"join c1 --host-cluster-context=f1", "c1 POST " RBAC "clusterroles",
         "Error from server (Forbidden): it is not allowed\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].failing)
            json_object_set_new(r->failures, rows[i].failing, json_integer(403));
        assert_int_equal(rig_kubefed(r, rows[i].line), 1);
        if (!strstr(buf_str(&r->errors), rows[i].text))
            print_error("%s: %s\n", rows[i].line, buf_str(&r->errors));
        assert_non_null(strstr(buf_str(&r->errors), rows[i].text));
    }
}

static void set_quirk(struct rig *r, const char *assignment) {
    assert_int_equal(profile_set_quirk(r->profile, assignment, NULL), 0);
}

static void join__without_cluster_admin_stops_only_with_the_quirk(void **state) {
    struct rig *r = *state;
    json_object_set_new(r->failures, "c1 POST " RBAC "clusterroles", json_integer(403));
    set_quirk(r, "join-needs-cluster-admin=on");
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 1);
    assert_null(rig_object(r, "federation /apis/federation/v1beta1/clusters/c1"));
    set_quirk(r, "join-needs-cluster-admin=off");
    set_quirk(r, "join-leftover-account=off"); /* what the first one left is no hindrance */
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    assert_non_null(rig_object(r, "federation /apis/federation/v1beta1/clusters/c1"));
}

static void join__with_kubeconfig_makes_the_cluster_only_without_the_quirk(void **state) {
    struct rig *r = *state;
    char *own = r->kubeconfig;
    r->kubeconfig = xasprintf("%s/default", r->dir); /* the person's own: there is none */
    for (int on = 0; on < 2; on++) {
        const char *name = on ? "c2" : "c1";
        char *line = xasprintf("join %s --host-cluster-context=f1 --kubeconfig=%s", name, own);
        char *cluster = xasprintf("federation /apis/federation/v1beta1/clusters/%s", name);
        char *account = xasprintf("%s " NS "serviceaccounts/%s-f1", name, name);
        set_quirk(r, on ? "join-ignores-kubeconfig=on" : "join-ignores-kubeconfig=off");
        assert_int_equal(rig_kubefed(r, line), on);
        assert_int_equal(rig_object(r, cluster) == NULL, on);
        assert_non_null(rig_object(r, account)); /* half-way, and left */
        free(account);
        free(cluster);
        free(line);
    }
    free(r->kubeconfig);
    r->kubeconfig = own;
}

static void unjoin__of_1_7_undoes_what_join_did(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    assert_int_equal(rig_kubefed(r, "unjoin c1 --host-cluster-context=f1"), 0);
    rig_assert_requests(r, "federation GET /apis/federation/v1beta1/clusters/c1\n"
                           "federation DELETE /apis/federation/v1beta1/clusters/c1\n"
                           "f1 GET " NS "secrets/c1-kvsdv\nc1 GET /api\nc1 GET /apis\n"
                           "f1 DELETE " NS "secrets/c1-kvsdv\n"
                           "f1 GET " DEPLOYMENTS "\n"
                           "c1 GET " DNS "/kube-dns\nc1 PUT " DNS "/kube-dns kube-dns\n"
                           "c1 DELETE " NS "serviceaccounts/c1-f1\n"
                           "c1 DELETE " RBAC "clusterrolebindings/" ROLE "\n"
                           "c1 DELETE " RBAC "clusterroles/" ROLE "\n");
    assert_string_equal(buf_str(&r->out), "Successfully removed cluster \"c1\" from federation\n");
    const json_t *map = rig_object(r, "c1 " DNS "/kube-dns");
    assert_string_equal(json_str(map, "data", "federations", NULL), "");
    assert_null(json_at(map, "data", "stubDomains", NULL));
    assert_non_null(rig_object(r, "c1 /api/v1/namespaces/federation-system"));
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
}

static void unjoin__of_1_6_leaves_accounts_alone(void **state) {
    struct rig *r = *state;
    rig_profile(r, "1.6.2");
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    assert_int_equal(rig_kubefed(r, "unjoin c1 --host-cluster-context=f1"), 0);
    rig_assert_requests(r, "federation GET /apis/federation/v1beta1/clusters/c1\n"
                           "federation DELETE /apis/federation/v1beta1/clusters/c1\n"
                           "f1 GET " NS "secrets/c1\nf1 DELETE " NS "secrets/c1\n"
                           "f1 GET " DEPLOYMENTS "\n"
                           "c1 GET " DNS "/kube-dns\nc1 PUT " DNS "/kube-dns kube-dns\n");
}

/* What cannot be cleaned up on the host and in kube-dns is told, and the rest goes on. */
static void unjoin__goes_on_after_what_it_cannot_clean_up(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
    json_object_set_new(r->failures, "f1 DELETE " NS "secrets/c1-kvsdv", json_integer(403));
    json_object_set_new(r->failures, "c1 PUT " DNS "/kube-dns", json_integer(403));
    assert_int_equal(rig_kubefed(r, "unjoin c1 --host-cluster-context=f1"), 0);
    assert_string_equal(buf_str(&r->errors),
                        "WARNING: secret \"c1-kvsdv\" could not be deleted: it is not allowed"
                        "WARNING: Encountered error in deleting kube-dns configmap: it is not "
                        "allowed");
    assert_string_equal(buf_str(&r->out), "Successfully removed cluster \"c1\" from federation\n");
    assert_null(rig_object(r, "c1 " NS "serviceaccounts/c1-f1"));
}

/* Who has lost the member's context can still unjoin it: the secret on the host is enough. */
static void unjoin__without_a_context_goes_by_the_secret(void **state) {
    struct rig *r = *state;
    static const char *const releases[] = {"1.6.2", "1.7.0"};
    json_t *whole = kubeconfig_load(r->kubeconfig, false, NULL);
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        rig_profile(r, releases[i]);
        assert_int_equal(kubeconfig_save(r->kubeconfig, whole, NULL), 0);
        assert_int_equal(rig_kubefed(r, "join c1 --host-cluster-context=f1"), 0);
        json_t *less = json_deep_copy(whole);
        size_t n;
        json_t *context;
        json_array_foreach(json_object_get(less, "contexts"), n,
                           context) if (strcmp(json_str(context, "name", NULL), "c1") == 0)
            json_set_str(context, "name", "another");
        assert_int_equal(kubeconfig_save(r->kubeconfig, less, NULL), 0);
        json_decref(less);
        assert_int_equal(rig_kubefed(r, "unjoin c1 --host-cluster-context=f1"), 0);
        assert_string_equal(buf_str(&r->errors), "");
        assert_non_null(strstr(buf_str(&r->requests), "c1 PUT " DNS "/kube-dns"));
        json_object_del(r->objects, "c1 " DNS "/kube-dns");
    }
    json_decref(whole);
}

static void unjoin__of_an_unknown_cluster_only_warns(void **state) {
    struct rig *r = *state;
    rig_kubefed(r, "unjoin nosuch --host-cluster-context=f1");
    rig_assert_requests(r, "federation GET /apis/federation/v1beta1/clusters/nosuch\n");
    assert_string_equal(buf_str(&r->errors),
                        "WARNING: cluster \"nosuch\" not found in federation, so "
                        "its credentials' secret couldn't be deleted");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(join__of_1_7_makes_an_account_in_the_member),
        T(join__of_1_6_copies_the_kubeconfig_into_a_secret_named_like_the_cluster),
        T(join__twice_is_stopped_by_the_account_that_is_there),
        T(join__gives_up_on_a_token_after_thirty_seconds),
        T(join__of_a_dry_run_only_reads),
        T(join__takes_the_flags_of_kubectl_create),
        T(unjoin__without_a_context_goes_by_the_secret),
        T(join__of_1_7_to_a_federation_of_1_6_says_what_to_do),
        T(unjoin__goes_on_after_what_it_cannot_clean_up),
        T(join__fails_for_contexts_and_rights_that_are_missing),
        T(join__without_cluster_admin_stops_only_with_the_quirk),
        T(join__with_kubeconfig_makes_the_cluster_only_without_the_quirk),
        T(unjoin__of_1_7_undoes_what_join_did),
        T(unjoin__of_1_6_leaves_accounts_alone),
        T(unjoin__of_an_unknown_cluster_only_warns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
