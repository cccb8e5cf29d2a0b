#include "cases/unit/cli/rig.h"

#include "harness/core/base64.h"
#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"
#include "harness/net/pki.h"

#define NS "/api/v1/namespaces/federation-system/"
#define DEPLOYMENTS "/apis/extensions/v1beta1/namespaces/federation-system/deployments"
#define RBAC "/apis/rbac.authorization.k8s.io/v1beta1/namespaces/federation-system/"
#define FLAGS                                                           \
    "init federation --host-cluster-context=f1 --dns-provider=coredns " \
    "--dns-zone-name=juju-fed.com. "                                    \
    "--api-server-service-type=NodePort --api-server-advertise-address=127.9.1.2 "

static char *with_provider(struct rig *r, const char *more) {
    static const char text[] = "[Global]\netcd-endpoints = http://127.9.1.2:4001\n"
                               "zones = juju-fed.com.\n";
    char *path = fs_join(r->dir, "provider.conf");
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    char *line =
        xasprintf(FLAGS "--etcd-persistent-storage=false --dns-provider-config=%s %s", path, more);
    free(path);
    return line;
}

static void init__makes_the_requests_of_1_7_in_their_order(void **state) {
    struct rig *r = *state;
    char *line = with_provider(r, "");
    r->pods_after = 1;
    r->health_after = 2;
    assert_int_equal(rig_kubefed(r, line), 0);
    free(line);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n"
                           "f1 POST /api/v1/namespaces federation-system\n"
                           "f1 POST " NS "services federation-apiserver\n"
                           "f1 POST " NS "secrets federation-apiserver-credentials\n"
                           "f1 POST " NS "secrets federation-controller-manager-kubeconfig\n"
                           "f1 POST " DEPLOYMENTS " federation-apiserver\n"
                           "f1 POST " NS "serviceaccounts federation-controller-manager\n"
                           "f1 POST " RBAC "roles federation-system:federation-controller-manager\n"
                           "f1 POST " RBAC
                           "rolebindings federation-system:federation-controller-manager\n"
                           "f1 POST " NS "secrets federation-dns-provider.conf\n"
                           "f1 POST " DEPLOYMENTS " federation-controller-manager\n"
                           "f1 GET " NS "pods\nf1 GET " NS "pods\n"
                           "federation GET /healthz\nfederation GET /healthz\n"
                           "federation GET /healthz\n");
    assert_int_equal(r->waited_ms, 10000);
    assert_string_equal(
        buf_str(&r->out),
        "Creating a namespace federation-system for federation system components... done\n"
        "Creating federation control plane service... done\n"
        "Creating federation control plane objects (credentials, persistent volume claim)... done\n"
        "Creating federation component deployments... done\n"
        "Updating kubeconfig... done\n"
        "Waiting for federation control plane to come up........ done\n"
        "Federation API server is running at: 127.9.1.2:30229\n");
    assert_int_equal(r->errors.len, 0);
}

static void init__of_1_6_says_only_the_last_line_and_asks_for_a_claim(void **state) {
    struct rig *r = *state;
    rig_profile(r, "1.6.2");
    assert_int_equal(rig_kubefed(r, FLAGS), 0);
    assert_string_equal(buf_str(&r->out), "Federation API server is running at: 127.9.1.2:30229\n");
    assert_non_null(strstr(buf_str(&r->requests),
                           "f1 POST " NS
                           "persistentvolumeclaims federation-apiserver-etcd-claim\n"));
    const json_t *ns = rig_object(r, "f1 /api/v1/namespaces/federation-system");
    assert_null(json_at(ns, "metadata", "annotations", NULL)); /* they came with 1.7 */
    const json_t *manager = rig_object(r, "f1 " DEPLOYMENTS "/federation-controller-manager");
    assert_string_equal(json_str(manager, "metadata", "annotations", "federations", NULL),
                        "federation=juju-fed.com");
    assert_null(json_at(manager, "metadata", "annotations", "nameserver", NULL));
    const json_t *service = rig_object(r, "f1 " NS "services/federation-apiserver");
    assert_int_equal(json_int(service, -1, "spec", "ports", "[0]", "targetPort", NULL), 0);
}

static void init__makes_the_objects_of_1_7(void **state) {
    struct rig *r = *state;
    char *line = with_provider(r, "--apiserver-arg-overrides=--v=4,--secure-port=9443");
    assert_int_equal(rig_kubefed(r, line), 0);
    free(line);
    const json_t *api = rig_object(r, "f1 " DEPLOYMENTS "/federation-apiserver");
    json_t *container = json_at(api, "spec", "template", "spec", "containers", "[0]", NULL);
    char *command = json_text(json_object_get(container, "command"));
    assert_string_equal(command, "[\"/hyperkube\",\"federation-apiserver\","
                                 "\"--admission-control=NamespaceLifecycle\","
                                 "\"--advertise-address=127.9.1.2\",\"--bind-address=0.0.0.0\","
                                 "\"--client-ca-file=/etc/federation/apiserver/ca.crt\","
                                 "\"--etcd-servers=http://localhost:2379\",\"--secure-port=9443\","
                                 "\"--tls-cert-file=/etc/federation/apiserver/server.crt\","
                                 "\"--tls-private-key-file=/etc/federation/apiserver/server.key\","
                                 "\"--v=4\"]");
    free(command);
    const json_t *manager = rig_object(r, "f1 " DEPLOYMENTS "/federation-controller-manager");
    const json_t *want = NULL;
    json_t *expected = json_pack("{s:{s:s, s:s, s:s, s:s, s:s}}", "annotations", "federations",
                                 "federation=juju-fed.com", "dns-provider", "coredns",
                                 "dns-zone-name", "juju-fed.com", "nameserver", "",
                                 "federation.alpha.kubernetes.io/federation-name", "federation");
    want = expected;
    assert_true(json_contains(json_object_get(manager, "metadata"), want));
    json_decref(expected);
    assert_string_equal(json_str(manager, "spec", "template", "spec", "serviceAccountName", NULL),
                        "federation-controller-manager");
    command = json_text(
        json_at(manager, "spec", "template", "spec", "containers", "[0]", "command", NULL));
    assert_non_null(strstr(command, "\"--zone-name=juju-fed.com.\",\"--dns-provider-config="));
    free(command);
}

/* The text under a key of a secret's data; owned. */
static char *secret_text(struct rig *r, const char *secret, const char *key) {
    size_t len;
    char *place = xasprintf("f1 " NS "secrets/%s", secret);
    char *text = base64_decode(json_str(rig_object(r, place), "data", key, NULL), &len);
    free(place);
    return text;
}

static void init__issues_certificates_for_the_names_and_the_address(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, FLAGS), 0);
    char *cert = secret_text(r, "federation-apiserver-credentials", "server.crt");
    char *names = pki_cert_names(cert), *common = pki_cert_common_name(cert);
    assert_string_equal(names, "DNS:federation-apiserver,"
                               "DNS:federation-apiserver.federation-system,"
                               "DNS:federation-apiserver.federation-system.svc,"
                               "DNS:federation-apiserver.federation-system.svc.cluster.local,"
                               "IP:127.9.1.2");
    assert_string_equal(common, "federation-apiserver");
    free(names);
    free(common);
    free(cert);
    char *config = secret_text(r, "federation-controller-manager-kubeconfig", "kubeconfig");
    assert_non_null(strstr(config, "https://federation-apiserver"));
    free(config);
}

static void init__writes_the_kubeconfig_before_it_waits(void **state) {
    struct rig *r = *state;
    json_object_set_new(r->failures, "f1 GET " NS "pods", json_integer(403));
    assert_int_equal(
        rig_kubefed(r, FLAGS "--apiserver-enable-token-auth --apiserver-enable-basic-auth"), 1);
    assert_non_null(
        strstr(buf_str(&r->errors), "Error from server (Forbidden): it is not allowed\n"));
    json_t *config = kubeconfig_load(r->kubeconfig, false, NULL);
    struct kubeconfig_target target = {0};
    assert_int_equal(kubeconfig_target(config, "federation", &target, NULL), 0);
    assert_string_equal(target.http.server, "https://127.9.1.2:30229");
    char *common = pki_cert_common_name(target.http.cert_pem);
    assert_string_equal(common, "admin");
    assert_non_null(target.http.token);
    free(common);
    kubeconfig_target_release(&target);
    char *text = json_text(json_object_get(config, "users"));
    assert_non_null(strstr(text, "\"federation-basic-auth\""));
    free(text);
    json_decref(config);
    char *csv = secret_text(r, "federation-apiserver-credentials", "token.csv");
    assert_non_null(strstr(csv, ",admin,"));
    free(csv);
}

static void init__twice_stops_where_the_release_stops(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, FLAGS), 0);
    assert_int_equal(rig_kubefed(r, FLAGS), 1);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n"
                           "f1 POST /api/v1/namespaces federation-system\n");
    assert_non_null(strstr(buf_str(&r->errors), "Error from server (AlreadyExists): "));
}

static void init__of_a_dry_run_creates_nothing(void **state) {
    struct rig *r = *state;
    struct buf before = BUF_INIT, after = BUF_INIT;
    fs_read(r->kubeconfig, &before, NULL);
    assert_int_equal(rig_kubefed(r, FLAGS "--dry-run"), 0);
    fs_read(r->kubeconfig, &after, NULL);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n");
    assert_non_null(strstr(buf_str(&r->out), "Federation control plane runs (dry run)\n"));
    assert_string_equal(buf_str(&before), buf_str(&after));
    buf_release(&before);
    buf_release(&after);
}

static void init__puts_its_flags_into_the_objects(void **state) {
    struct rig *r = *state;
#define API "f1 " DEPLOYMENTS "/federation-apiserver"
#define MANAGER "f1 " DEPLOYMENTS "/federation-controller-manager"
#define CLAIM "f1 " NS "persistentvolumeclaims/federation-apiserver-etcd-claim"
#define POD "\"spec\": {\"template\": {\"spec\": "
    static const struct {
        const char *release, *flags, *key, *part;
    } rows[] = {
        {"1.6.2", "--image=own:1", API,
         "{" POD "{\"containers\": [{\"image\": \"own:1\"}, {}]}}}}"},
        {"1.6.2", "--image=own:1", MANAGER,
         "{" POD "{\"containers\": [{\"image\": \"own:1\"}]}}}}"},
        {"1.6.2", "--etcd-pv-capacity=1Gi", CLAIM,
         "{\"metadata\": {\"annotations\": {\"volume.alpha.kubernetes.io/storage-class\": "
         "\"yes\"}}, \"spec\": {\"resources\": {\"requests\": {\"storage\": \"1Gi\"}}}}"},
        {"1.7.0", "--etcd-pv-storage-class=fast", CLAIM,
         "{\"spec\": {\"storageClassName\": \"fast\", "
         "\"resources\": {\"requests\": {\"storage\": \"10Gi\"}}}}"},
        {"1.7.0", "--etcd-image=etcd:9", API,
         "{" POD "{\"containers\": [{}, {\"name\": \"etcd\", \"image\": \"etcd:9\"}]}}}}"},
        {"1.8.0", "--api-server-port=31300", "f1 " NS "services/federation-apiserver",
         "{\"spec\": {\"ports\": [{\"nodePort\": 31300}]}}"},
        {"1.9.0", "--node-selector=disk=ssd,zone=a", API,
         "{" POD "{\"nodeSelector\": {\"disk\": \"ssd\", \"zone\": \"a\"}}}}}"},
        {"1.9.0", "--node-selector=disk=ssd,zone=a", MANAGER,
         "{" POD "{\"nodeSelector\": {\"disk\": \"ssd\", \"zone\": \"a\"}}}}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rig_profile(r, rows[i].release);
        json_object_clear(r->objects);
        /* Killed while it waits: nothing is at the port that was asked for. */
        char *line = xasprintf(FLAGS "%s", rows[i].flags);
        r->pods_after = 1000;
        assert_true(rig_kubefed_killed(r, line, 20));
        free(line);
        json_t *want = json_parse(rows[i].part, strlen(rows[i].part), rows[i].flags, NULL);
        assert_non_null(want);
        if (!json_contains(rig_object(r, rows[i].key), want)) {
            char *have = json_text(rig_object(r, rows[i].key));
            print_error("%s: %s is %s\n", rows[i].flags, rows[i].key, have);
            free(have);
        }
        assert_true(json_contains(rig_object(r, rows[i].key), want));
        json_decref(want);
        if (strcmp(rows[i].release, "1.6.2") != 0) /* a claim of 1.7 needs a default class */
            assert_null(json_at(rig_object(r, CLAIM), "metadata", "annotations",
                                "volume.alpha.kubernetes.io/storage-class", NULL));
    }
}

/* It looks at once and every five seconds, and has no end of its own. */
static void init__waits_for_the_address_of_its_load_balancer(void **state) {
    struct rig *r = *state;
    static const char service[] = "f1 " NS "services/federation-apiserver";
    static const char line[] = "init federation --host-cluster-context=f1 --dns-provider=coredns";
    assert_true(rig_kubefed_killed(r, line, 200));
    assert_null(rig_object(r, "f1 " NS "secrets/federation-apiserver-credentials"));
    json_object_clear(r->objects);
    r->load_balancer = "127.9.1.2";
    assert_int_equal(rig_kubefed(r, line), 0);
    assert_string_equal(json_str(rig_object(r, service), "spec", "type", NULL), "LoadBalancer");
    char *cert = secret_text(r, "federation-apiserver-credentials", "server.crt");
    char *names = pki_cert_names(cert);
    assert_non_null(strstr(names, "IP:127.9.1.2"));
    free(names);
    free(cert);
    json_t *config = kubeconfig_load(r->kubeconfig, false, NULL);
    struct kubeconfig_target target = {0};
    assert_int_equal(kubeconfig_target(config, "federation", &target, NULL), 0);
    assert_string_equal(target.http.server, "https://127.9.1.2"); /* on its own port 443 */
    kubeconfig_target_release(&target);
    json_decref(config);
}

static void init__without_rbac_makes_no_accounts(void **state) {
    struct rig *r = *state;
    r->no_rbac = true;
    assert_int_equal(rig_kubefed(r, FLAGS), 0);
    assert_null(strstr(buf_str(&r->requests), "serviceaccounts"));
    assert_null(strstr(buf_str(&r->requests), "roles"));
}

static void init__takes_the_nodes_address_when_none_is_given(void **state) {
    struct rig *r = *state;
    rig_put(r, "f1 /api/v1/nodes/n1",
            json_pack("{s:{s:[{s:s, s:s}]}}", "status", "addresses", "type", "InternalIP",
                      "address", "127.9.1.2"));
    assert_int_equal(rig_kubefed(r,
                                 "init federation --host-cluster-context=f1 --dns-provider=coredns "
                                 "--api-server-service-type=NodePort"),
                     0);
    assert_non_null(strstr(buf_str(&r->requests), "federation-apiserver\nf1 GET /api/v1/nodes\n"));
    assert_non_null(strstr(buf_str(&r->out), "running at: 127.9.1.2:30229\n"));
}

static void init__of_1_6_takes_the_legacy_address_of_a_node(void **state) {
    struct rig *r = *state;
    static const char line[] = "init federation --host-cluster-context=f1 --dns-provider=coredns "
                               "--api-server-service-type=NodePort --etcd-persistent-storage=false";
    rig_profile(r, "1.6.2");
    rig_put(r, "f1 /api/v1/nodes/n1",
            json_pack("{s:{s:[{s:s, s:s}, {s:s, s:s}]}}", "status", "addresses", "type",
                      "LegacyHostIP", "address", "127.9.1.2", "type", "InternalIP", "address",
                      "127.9.1.9"));
    assert_int_equal(rig_kubefed(r, line), 0);
    assert_non_null(strstr(buf_str(&r->out), "running at: 127.9.1.2:30229\n"));
}

/* Longer than the ten minutes after which the one without the quirk gives up. */
static void init__gives_up_only_without_the_quirk(void **state) {
    struct rig *r = *state;
    char *line = with_provider(r, "");
    assert_int_equal(profile_set_quirk(r->profile, "init-waits-for-ever=off", NULL), 0);
    r->pods_after = 1000;
    assert_int_equal(rig_kubefed(r, line), 1);
    assert_non_null(strstr(buf_str(&r->errors), "timed out waiting"));
    assert_int_equal(r->waited_ms, 600000);
    free(line);
}

static void init__waits_for_ever_with_the_quirk(void **state) {
    struct rig *r = *state;
    char *line = with_provider(r, "");
    assert_int_equal(profile_set_quirk(r->profile, "init-waits-for-ever=on", NULL), 0);
    r->pods_after = 1000;
    r->health_after = 1000;
    assert_int_equal(rig_kubefed(r, line), 0);
    assert_true(r->waited_ms > 2 * 1000 * 2000);
    free(line);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(init__makes_the_requests_of_1_7_in_their_order),
        T(init__of_1_6_takes_the_legacy_address_of_a_node),
        T(init__gives_up_only_without_the_quirk),
        T(init__waits_for_ever_with_the_quirk),
        T(init__of_1_6_says_only_the_last_line_and_asks_for_a_claim),
        T(init__makes_the_objects_of_1_7),
        T(init__issues_certificates_for_the_names_and_the_address),
        T(init__writes_the_kubeconfig_before_it_waits),
        T(init__twice_stops_where_the_release_stops),
        T(init__of_a_dry_run_creates_nothing),
        T(init__puts_its_flags_into_the_objects),
        T(init__waits_for_the_address_of_its_load_balancer),
        T(init__without_rbac_makes_no_accounts),
        T(init__takes_the_nodes_address_when_none_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
