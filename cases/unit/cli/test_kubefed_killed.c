/*
 * A kubefed that is killed after each of its requests: what it leaves on the host, in the
 * federation and in the member, and what the next one makes of that. Nothing tidies up after itself
 * and nothing takes up what another left. Sources: federation/pkg/kubefed/{join,unjoin}.go of the
 * releases, and for 1.6 the drafts of pull request 39338.
 */
#include "cases/unit/cli/rig.h"

#include "harness/net/kubeconfig.h"

#define NS "/api/v1/namespaces/federation-system"
#define DEPLOYMENTS "/apis/extensions/v1beta1/namespaces/federation-system/deployments"
#define RBAC "/apis/rbac.authorization.k8s.io/v1beta1/"
#define CLUSTERS "/apis/federation/v1beta1/clusters"
#define DNS "/api/v1/namespaces/kube-system/configmaps"
#define ROLE_NAME "federation-controller-manager:federation-c1-f1"
#define JOIN "join c1 --host-cluster-context=f1"
#define UNJOIN "unjoin c1 --host-cluster-context=f1"

/* What a join makes, in its order. */
#define NAMESPACE "c1 " NS "\n"
#define ACCOUNT "c1 " NS "/serviceaccounts/c1-f1\n"
#define ROLE "c1 " RBAC "clusterroles/" ROLE_NAME "\n"
#define BINDING "c1 " RBAC "clusterrolebindings/" ROLE_NAME "\n"
#define TOKEN "c1 " NS "/secrets/token-1\n" /* the member's token controller does */
#define SECRET "f1 " NS "/secrets/c1-kvsdv\n"
#define SECRET_1_6 "f1 " NS "/secrets/c1\n"
#define CLUSTER "federation " CLUSTERS "/c1\n"
#define KUBE_DNS "c1 " DNS "/kube-dns\n"

#define ACCOUNT_EXISTS "error: service account already exists in joining cluster\n"
#define ROLE_EXISTS                                                                          \
    "Error from server (AlreadyExists): clusterroles.rbac.authorization.k8s.io \"" ROLE_NAME \
    "\" already exists\n"
#define SECRET_EXISTS "Error from server (AlreadyExists): secrets \"c1\" already exists\n"
#define NO_CLUSTER                                                                             \
    "WARNING: cluster \"c1\" not found in federation, so its credentials' secret couldn't be " \
    "deleted"
#define NO_KUBE_DNS                                                                       \
    "WARNING: Encountered error in deleting kube-dns configmap: configmaps \"kube-dns\" " \
    "not found"

struct row {
    int from;         /* killed after this request; up to the one before that of the next row */
    const char *last; /* the request */
    const char *left; /* what is there */
    int join;         /* exit code of the next join */
    const char *join_says;
    const char *unjoin_says; /* the next unjoin never calls it a failure */
};

static int setup(void **state) {
    if (rig_setup(state) != 0)
        return -1;
    rig_put(*state, "f1 " DEPLOYMENTS "/federation-controller-manager",
            json_pack("{s:{s:s, s:{s:s, s:s}}}", "metadata", "name",
                      "federation-controller-manager", "annotations", "federations",
                      "federation=juju-fed.com", "federation.alpha.kubernetes.io/federation-name",
                      "federation"));
    return 0;
}

static void set_objects(struct rig *r, const json_t *objects) {
    json_decref(r->objects);
    r->objects = json_deep_copy(objects);
}

/* Those of the line but no others, apart from the controller manager that was there before. */
static void assert_left(const struct rig *r, const char *what, const char *left) {
    const char *key;
    json_t *object;
    size_t lines = 0, count = 0;
    bool same = true;
    for (const char *at = left; *at; at++)
        lines += *at == '\n';
    json_object_foreach(r->objects, key, object) {
        if (strstr(key, "/deployments/"))
            continue;
        char *line = xasprintf("%s\n", key);
        same = same && strstr(left, line);
        free(line);
        count++;
    }
    if (!same || count != lines) {
        print_error("%s left:\n", what);
        json_object_foreach(r->objects, key, object) print_error("%s\n", key);
        print_error("and should leave:\n%s", left);
    }
    assert_true(same && count == lines);
}

static void assert_next(struct rig *r, const char *line, int code, const char *says) {
    r->seed = 8; /* another random suffix */
    int is = rig_kubefed(r, line);
    if (is != code || strcmp(buf_str(&r->errors), says) != 0)
        print_error("%s: %d %s\n", line, is, buf_str(&r->errors));
    assert_int_equal(is, code);
    assert_string_equal(buf_str(&r->errors), says);
}

static const char *last_line(const struct buf *text) {
    const char *at = buf_str(text) + text->len - 1;
    while (at > buf_str(text) && at[-1] != '\n')
        at--;
    return at;
}

/* Kills line after each of its requests, which there have to be as many as told. */
static void assert_table(struct rig *r, const char *line, const struct row *rows, size_t count,
                         int requests) {
    json_t *before = json_deep_copy(r->objects);
    size_t at = 0;
    int n = 1;
    for (; r->seed = 7, set_objects(r, before), rig_kubefed_killed(r, line, n); n++) {
        char *what = xasprintf("%s, killed after request %d,", line, n);
        at += at + 1 < count && rows[at + 1].from == n;
        if (rows[at].from == n)
            assert_string_equal(last_line(&r->requests), rows[at].last);
        assert_left(r, what, rows[at].left);
        free(what);
        json_t *left = json_deep_copy(r->objects);
        assert_next(r, JOIN, rows[at].join, rows[at].join_says);
        set_objects(r, left);
        assert_next(r, UNJOIN, 0, rows[at].unjoin_says);
        json_decref(left);
    }
    json_decref(before);
    assert_int_equal(n - 1, requests);
    assert_int_equal(at, count - 1);
}

static void join__killed_with_an_account_stops_the_next_at_the_account(void **state) {
#define LEFT_1 NAMESPACE ACCOUNT
#define LEFT_2 LEFT_1 ROLE
#define LEFT_3 LEFT_2 BINDING
#define LEFT_4 LEFT_3 TOKEN
#define LEFT_5 LEFT_4 SECRET
#define LEFT_6 LEFT_5 CLUSTER
    static const struct row rows[] = {
        {1, "c1 GET /api\n", "", 0, "", NO_CLUSTER},
        {5, "c1 POST /api/v1/namespaces federation-system\n", NAMESPACE, 0, "", NO_CLUSTER},
        {6, "c1 POST " NS "/serviceaccounts c1-f1\n", LEFT_1, 1, ACCOUNT_EXISTS, NO_CLUSTER},
        {7, "c1 POST " RBAC "clusterroles " ROLE_NAME "\n", LEFT_2, 1, ACCOUNT_EXISTS, NO_CLUSTER},
        {8, "c1 POST " RBAC "clusterrolebindings " ROLE_NAME "\n", LEFT_3, 1, ACCOUNT_EXISTS,
         NO_CLUSTER},
        {10, "c1 GET " NS "/serviceaccounts/c1-f1\n", LEFT_4, 1, ACCOUNT_EXISTS, NO_CLUSTER},
        {12, "f1 POST " NS "/secrets c1-kvsdv\n", LEFT_5, 1, ACCOUNT_EXISTS, NO_CLUSTER},
        {18, "federation POST " CLUSTERS " c1\n", LEFT_6, 1, ACCOUNT_EXISTS, NO_KUBE_DNS},
        {21, "c1 POST " DNS " kube-dns\n", LEFT_6 KUBE_DNS, 1, ACCOUNT_EXISTS, ""},
    };
    struct rig *r = *state;
    static const char *const releases[] = {"1.7.0", "1.8.0", "1.9.0"};
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        rig_profile(r, releases[i]);
        assert_table(r, JOIN, rows, ARRAY_LEN(rows), 21);
    }
}

static void join__of_1_6_killed_stops_the_next_at_the_secret(void **state) {
    static const struct row rows[] = {
        {1, "f1 POST " NS "/secrets c1\n", SECRET_1_6, 1, SECRET_EXISTS, NO_CLUSTER},
        {7, "federation POST " CLUSTERS " c1\n", SECRET_1_6 CLUSTER, 1, SECRET_EXISTS, NO_KUBE_DNS},
        {10, "c1 POST " DNS " kube-dns\n", SECRET_1_6 CLUSTER KUBE_DNS, 1, SECRET_EXISTS, ""},
    };
    struct rig *r = *state;
    rig_profile(r, "1.6.2");
    assert_table(r, JOIN, rows, ARRAY_LEN(rows), 10);
}

static void unjoin__killed_cannot_be_repeated_and_leaves_what_stops_a_join(void **state) {
#define STAYS NAMESPACE TOKEN KUBE_DNS
    static const struct row rows[] = {
        {1, "federation GET " CLUSTERS "/c1\n", STAYS ACCOUNT ROLE BINDING SECRET CLUSTER, 1,
         ACCOUNT_EXISTS, ""},
        {2, "federation DELETE " CLUSTERS "/c1\n", STAYS ACCOUNT ROLE BINDING SECRET, 1,
         ACCOUNT_EXISTS, NO_CLUSTER},
        {6, "f1 DELETE " NS "/secrets/c1-kvsdv\n", STAYS ACCOUNT ROLE BINDING, 1, ACCOUNT_EXISTS,
         NO_CLUSTER},
        {9, "c1 PUT " DNS "/kube-dns kube-dns\n", STAYS ACCOUNT ROLE BINDING, 1, ACCOUNT_EXISTS,
         NO_CLUSTER},
        {10, "c1 DELETE " NS "/serviceaccounts/c1-f1\n", STAYS ROLE BINDING, 1, ROLE_EXISTS,
         NO_CLUSTER},
        {11, "c1 DELETE " RBAC "clusterrolebindings/" ROLE_NAME "\n", STAYS ROLE, 1, ROLE_EXISTS,
         NO_CLUSTER},
        {12, "c1 DELETE " RBAC "clusterroles/" ROLE_NAME "\n", STAYS, 0, "", NO_CLUSTER},
    };
    struct rig *r = *state;
    static const char *const releases[] = {"1.7.0", "1.8.0", "1.9.0"};
    assert_int_equal(rig_kubefed(r, JOIN), 0);
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        rig_profile(r, releases[i]);
        assert_table(r, UNJOIN, rows, ARRAY_LEN(rows), 12);
    }
}

static void unjoin__of_1_6_killed_before_the_secret_is_gone_stops_a_join(void **state) {
    static const struct row rows[] = {
        {1, "federation GET " CLUSTERS "/c1\n", SECRET_1_6 CLUSTER KUBE_DNS, 1, SECRET_EXISTS, ""},
        {2, "federation DELETE " CLUSTERS "/c1\n", SECRET_1_6 KUBE_DNS, 1, SECRET_EXISTS,
         NO_CLUSTER},
        {4, "f1 DELETE " NS "/secrets/c1\n", KUBE_DNS, 0, "", NO_CLUSTER},
    };
    struct rig *r = *state;
    rig_profile(r, "1.6.2");
    assert_int_equal(rig_kubefed(r, JOIN), 0);
    assert_table(r, UNJOIN, rows, ARRAY_LEN(rows), 7);
}

/* Who removes only what the error named makes the next one fail at the next thing that was left. */
static void join__after_the_account_alone_was_removed_stops_at_the_role(void **state) {
    struct rig *r = *state;
    assert_true(rig_kubefed_killed(r, JOIN, 8));
    json_object_del(r->objects, "c1 " NS "/serviceaccounts/c1-f1");
    assert_next(r, JOIN, 1, ROLE_EXISTS);
    assert_left(r, "the next join", NAMESPACE ROLE BINDING ACCOUNT);
}

static void unjoin__of_a_cluster_without_its_secret_cleans_nothing_up(void **state) {
#define NO_SECRET(name) \
    "WARNING: secret \"" name "\" not found in the host cluster, so it couldn't be deleted"
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, JOIN), 0);
    json_object_del(r->objects, "f1 " NS "/secrets/c1-kvsdv");
    assert_next(r, UNJOIN, 0,
                NO_SECRET("c1-kvsdv") ". Cluster has already been removed from the federation.");
    assert_string_equal(buf_str(&r->out), "");
    assert_left(r, "unjoin", NAMESPACE ACCOUNT ROLE BINDING TOKEN KUBE_DNS);

    json_object_clear(r->objects);
    rig_teardown(state);
    assert_int_equal(setup(state), 0);
    r = *state;
    rig_profile(r, "1.6.2");
    assert_int_equal(rig_kubefed(r, JOIN), 0);
    json_object_del(r->objects, "f1 " NS "/secrets/c1");
    assert_next(r, UNJOIN, 0, NO_SECRET("c1"));
    assert_string_equal(buf_str(&r->out), "Successfully removed cluster \"c1\" from federation\n");
    assert_left(r, "unjoin", KUBE_DNS);
}

static void unjoin__of_a_member_whose_account_is_gone_fails_there(void **state) {
    struct rig *r = *state;
    assert_int_equal(rig_kubefed(r, JOIN), 0);
    json_object_del(r->objects, "c1 " NS "/serviceaccounts/c1-f1");
    assert_next(r, UNJOIN, 1,
                "WARNING: Encountered error in deleting service account: serviceaccounts "
                "\"c1-f1\" not found"
                "Error from server (NotFound): serviceaccounts \"c1-f1\" not found\n");
    assert_left(r, "unjoin", NAMESPACE TOKEN KUBE_DNS ROLE BINDING);
}

static bool has_context(const struct rig *r, const char *name) {
    json_t *config = kubeconfig_load(r->kubeconfig, false, NULL);
    struct kubeconfig_target target = {0};
    bool found = kubeconfig_target(config, name, &target, NULL) == 0;
    kubeconfig_target_release(&target);
    json_decref(config);
    return found;
}

/* Of its objects nothing goes; the context is there as soon as all of them are. */
static void init__killed_stops_the_next_at_the_namespace(void **state) {
    static const char *const releases[] = {"1.6.2", "1.7.0", "1.8.0", "1.9.0"};
    struct rig *r = *state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        rig_profile(r, releases[i]);
        size_t left = 0;
        for (int n = 1; n <= 15; n++) {
            char *name = xasprintf("fed-%s-%d", releases[i], n);
            char *line = xasprintf("init %s --host-cluster-context=f1 --dns-provider=coredns "
                                   "--dns-zone-name=e.com. --api-server-service-type=NodePort "
                                   "--api-server-advertise-address=127.9.1.2",
                                   name);
            json_object_clear(r->objects);
            r->pods_after = 1;
            assert_true(rig_kubefed_killed(r, line, n));
            left += strstr(last_line(&r->requests), " POST ") != NULL;
            assert_int_equal(json_object_size(r->objects), left);
            assert_int_equal(has_context(r, name), n > 12); /* while it waits */
            assert_next(r, line, left ? 1 : 0,
                        left ? "Error from server (AlreadyExists): namespaces "
                               "\"federation-system\" already exists\n"
                             : "");
            free(line);
            free(name);
        }
        assert_string_equal(last_line(&r->requests),
                            "f1 POST /api/v1/namespaces federation-system\n");
        assert_int_equal(left, 10);
    }
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(join__killed_with_an_account_stops_the_next_at_the_account),
        T(join__of_1_6_killed_stops_the_next_at_the_secret),
        T(unjoin__killed_cannot_be_repeated_and_leaves_what_stops_a_join),
        T(unjoin__of_1_6_killed_before_the_secret_is_gone_stops_a_join),
        T(join__after_the_account_alone_was_removed_stops_at_the_role),
        T(unjoin__of_a_cluster_without_its_secret_cleans_nothing_up),
        T(unjoin__of_a_member_whose_account_is_gone_fails_there),
        T(init__killed_stops_the_next_at_the_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
