/*
 * What a kubefed of the 1.10.0-alpha.3 era, built from kubernetes/federation, was seen to send to
 * real API servers: the order of its requests and the parts of its objects that others read.
 */
#include "cases/unit/cli/rig.h"

#include "harness/core/fs.h"

static const char release[] =
    "{\"command\": \"/fcp\", \"admission_flag\": \"--enable-admission-plugins\","
    "\"namespace_may_exist\": true, \"image_pull_secrets\": true, \"stub_domains\": \"always\","
    "\"etcd_image\": \"gcr.io/google_containers/etcd:3.1.10\","
    "\"objects\": {\"service\": \"apiserver\", \"deployment_apiserver\": \"apiserver\","
    "\"deployment_controller_manager\": \"controller-manager\","
    "\"credentials\": \"apiserver-credentials\", \"kubeconfig\": \"controller-manager-kubeconfig\","
    "\"claim\": \"apiserver-etcd-claim\"},"
    "\"flags\": {\"init\": {\"etcd-image\": {\"default\": "
    "\"gcr.io/google_containers/etcd:3.1.10\"},"
    "\"image\": {\"default\": \"fcp-amd64:v1.10.0-alpha.3\"}}}}";

#define NS "/api/v1/namespaces/federation-system/"
#define DEPLOYMENTS "/apis/extensions/v1beta1/namespaces/federation-system/deployments"
#define RBAC "/apis/rbac.authorization.k8s.io/v1beta1/"
#define META(name)                                                \
    "\"metadata\": {\"name\": \"" name                            \
    "\", \"namespace\": \"federation-system\", \"annotations\": " \
    "{\"federation.alpha.kubernetes.io/federation-name\": \"federation\"}}"
#define LABELS "\"labels\": {\"app\": \"federated-cluster\"}"

static int setup(void **state) {
    if (rig_setup(state) != 0)
        return -1;
    rig_profile_over(*state, "1.9.0", release);
    return 0;
}

static void run_init(struct rig *r) {
    static const char text[] = "[Global]\netcd-endpoints = http://127.9.1.10:4001\n"
                               "zones = juju-fed.com.\n";
    char *path = fs_join(r->dir, "p.conf");
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    char *line = xasprintf("init federation --host-cluster-context=f1 --dns-provider=coredns "
                           "--dns-zone-name=juju-fed.com. --dns-provider-config=%s "
                           "--etcd-persistent-storage=false --api-server-service-type=NodePort "
                           "--api-server-advertise-address=127.9.1.2",
                           path);
    assert_int_equal(rig_kubefed(r, line), 0);
    free(line);
    free(path);
}

static void init__sends_what_was_recorded(void **state) {
    struct rig *r = *state;
    run_init(r);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n"
                           "f1 GET /api/v1/namespaces/federation-system\n"
                           "f1 POST /api/v1/namespaces federation-system\n"
                           "f1 POST " NS "services apiserver\n"
                           "f1 POST " NS "secrets apiserver-credentials\n"
                           "f1 POST " NS "secrets controller-manager-kubeconfig\n"
                           "f1 POST " DEPLOYMENTS " apiserver\n"
                           "f1 POST " NS "serviceaccounts federation-controller-manager\n"
                           "f1 POST " RBAC "namespaces/federation-system/roles "
                           "federation-system:federation-controller-manager\n"
                           "f1 POST " RBAC "namespaces/federation-system/rolebindings "
                           "federation-system:federation-controller-manager\n"
                           "f1 POST " NS "secrets federation-dns-provider.conf\n"
                           "f1 POST " DEPLOYMENTS " controller-manager\n"
                           "f1 GET " NS "pods\nfederation GET /healthz\n");
}

static void init__posts_the_objects_that_were_recorded(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *key, *part;
    } rows[] = {
        {"f1 /api/v1/namespaces/federation-system",
         "{\"metadata\": {\"creationTimestamp\": null}, \"spec\": {}, \"status\": {}}"},
        {"f1 " NS "services/apiserver",
         "{\"kind\": \"Service\", \"apiVersion\": \"v1\", " META(
             "apiserver") ", \"spec\": {\"ports\": "
                          "[{\"name\": \"https\", \"protocol\": \"TCP\", \"port\": 443, "
                          "\"targetPort\": \"https\"}], "
                          "\"selector\": {\"app\": \"federated-cluster\", \"module\": "
                          "\"federation-apiserver\"}, "
                          "\"type\": \"NodePort\"}, \"status\": {\"loadBalancer\": {}}}"},
        {"f1 " DEPLOYMENTS "/apiserver",
         "{" META("apiserver") ", \"spec\": {\"replicas\": 1, \"strategy\": {}, \"template\": "
                               "{\"metadata\": {\"labels\": {\"app\": \"federated-cluster\", "
                               "\"module\": "
                               "\"federation-apiserver\"}}, \"spec\": {\"imagePullSecrets\": [{}], "
                               "\"containers\": "
                               "[{\"name\": \"apiserver\", \"command\": [\"/fcp\", "
                               "\"federation-apiserver\", "
                               "\"--advertise-address=127.9.1.2\", \"--bind-address=0.0.0.0\", "
                               "\"--client-ca-file=/etc/federation/apiserver/ca.crt\", "
                               "\"--enable-admission-plugins=NamespaceLifecycle\", "
                               "\"--etcd-servers=http://localhost:2379\", \"--secure-port=8443\", "
                               "\"--tls-cert-file=/etc/federation/apiserver/server.crt\", "
                               "\"--tls-private-key-file=/etc/federation/apiserver/server.key\"]}, "
                               "{\"name\": \"etcd\", \"image\": "
                               "\"gcr.io/google_containers/etcd:3.1.10\", \"command\": "
                               "[\"/usr/local/bin/etcd\", \"--data-dir\", \"/var/etcd/data\"], "
                               "\"resources\": {}}]}}}}"},
        {"f1 " RBAC "namespaces/federation-system/roles/"
         "federation-system:federation-controller-manager",
         "{\"rules\": [{\"verbs\": [\"get\", \"list\", \"watch\"], \"apiGroups\": [\"\"], "
         "\"resources\": [\"secrets\"]}]}"},
        {"f1 " DEPLOYMENTS "/controller-manager",
         "{\"metadata\": {" LABELS ", \"annotations\": {\"dns-provider\": \"coredns\", "
         "\"dns-zone-name\": \"juju-fed.com\", \"federations\": \"federation=juju-fed.com\", "
         "\"nameserver\": \"\"}}, \"spec\": {\"template\": {\"spec\": {\"serviceAccount\": "
         "\"federation-controller-manager\", \"containers\": [{\"command\": [\"/fcp\", "
         "\"federation-controller-manager\", \"--dns-provider=coredns\", "
         "\"--federation-name=federation\", "
         "\"--kubeconfig=/etc/federation/controller-manager/kubeconfig\", "
         "\"--master=https://apiserver\", \"--zone-name=juju-fed.com.\", "
         "\"--dns-provider-config=/etc/federation/dns-provider/federation-dns-provider.conf\"], "
         "\"env\": [{\"name\": \"POD_NAMESPACE\", \"valueFrom\": {\"fieldRef\": {\"fieldPath\": "
         "\"metadata.namespace\"}}}]}], \"volumes\": [{\"name\": "
         "\"controller-manager-kubeconfig\"}, "
         "{\"name\": \"config-volume\", \"secret\": {\"secretName\": "
         "\"federation-dns-provider.conf\"}}]}}}}"},
    };
    run_init(r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        json_t *want = json_parse(rows[i].part, strlen(rows[i].part), rows[i].key, &err);
        char *have = json_text(rig_object(r, rows[i].key));
        bool same = json_contains(rig_object(r, rows[i].key), want);
        if (!want || !same)
            print_error("%s%s is %s\n", err.text, rows[i].key, have);
        assert_non_null(want);
        assert_true(same);
        free(have);
        json_decref(want);
    }
}

static void join__and_unjoin_send_what_was_recorded(void **state) {
    struct rig *r = *state;
    run_init(r);
    assert_int_equal(rig_kubefed(r, "join c2 --host-cluster-context=f1"), 0);
    const json_t *role =
        rig_object(r, "c2 " RBAC "clusterroles/federation-controller-manager:federation-c2-f1");
    char *rules = json_text(json_object_get(role, "rules"));
    assert_string_equal(rules, "[{\"verbs\":[\"*\"],\"apiGroups\":[\"*\"],\"resources\":[\"*\"]},"
                               "{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/healthz\"]}]");
    free(rules);
    const json_t *ns = rig_object(r, "c2 /api/v1/namespaces/federation-system");
    assert_string_equal(json_str(ns, "metadata", "annotations",
                                 "federation.alpha.kubernetes.io/cluster-name", NULL),
                        "c2");
    const json_t *cluster = rig_object(r, "federation /apis/federation/v1beta1/clusters/c2");
    assert_null(json_at(cluster, "metadata", "labels", NULL));
    assert_null(json_at(cluster, "metadata", "finalizers", NULL));
    assert_int_equal(rig_kubefed(r, "unjoin c2 --host-cluster-context=f1"), 0);
    assert_non_null(strstr(buf_str(&r->requests),
                           "c2 DELETE " NS "serviceaccounts/c2-f1\n"
                           "c2 DELETE " RBAC "clusterrolebindings/"
                           "federation-controller-manager:federation-c2-f1\n"
                           "c2 DELETE " RBAC "clusterroles/"
                           "federation-controller-manager:federation-c2-f1\n"));
}

static void init__again_stops_at_the_service(void **state) {
    struct rig *r = *state;
    run_init(r);
    assert_int_equal(rig_kubefed(r,
                                 "init federation --host-cluster-context=f1 --dns-provider=coredns "
                                 "--api-server-service-type=NodePort"),
                     1);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n"
                           "f1 GET /api/v1/namespaces/federation-system\n"
                           "f1 POST " NS "services apiserver\n");
    assert_non_null(strstr(buf_str(&r->out), "Creating federation control plane service..."));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(init__sends_what_was_recorded),
        T(init__posts_the_objects_that_were_recorded),
        T(join__and_unjoin_send_what_was_recorded),
        T(init__again_stops_at_the_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
