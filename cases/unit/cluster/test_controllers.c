#include "cases/unit/cluster/world.h"

#define EXTENSIONS "/apis/extensions/v1beta1/namespaces/default/"
#define CORE "/api/v1/namespaces/default/"
#define TEMPLATE(image)                                                                            \
    "'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'web','image':" \
    "'" image "','ports':[{'name':'http','containerPort':80}]}]}}"

static void replica_set(struct world *w, int replicas) {
    char *body = xasprintf("{'apiVersion':'extensions/v1beta1','kind':'ReplicaSet','metadata':"
                           "{'name':'web'},'spec':{'replicas':%d," TEMPLATE("nginx") "}}",
                           replicas);
    world_call(w, "POST", EXTENSIONS "replicasets", body);
    free(body);
}

static void service(struct world *w) {
    world_call(w, "POST", CORE "services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web'},'spec':{'type':"
               "'NodePort','selector':{'app':'web'},'ports':[{'port':8080,'targetPort':'http'}]}}");
}

static void pod__is_scheduled_and_ready_after_its_start_time(void **state) {
    struct world *w = *state;
    world_pod(w, "one", "nginx", NULL);
    sched_advance(w->sched, 10);
    const json_t *pod = world_get(w, "", "pods", "one");
    assert_string_equal(json_str(pod, "status", "phase", NULL), "Pending");
    assert_string_equal(json_str(pod, "spec", "nodeName", NULL), "node-1");
    assert_string_equal(
        json_str(pod, "status", "containerStatuses", "[0]", "state", "waiting", "reason", NULL),
        "ContainerCreating");
    assert_int_equal(w->ready, 0);
    sched_advance(w->sched, 3000);
    pod = world_get(w, "", "pods", "one");
    assert_string_equal(json_str(pod, "status", "phase", NULL), "Running");
    assert_string_equal(json_str(pod, "status", "hostIP", NULL), "127.7.0.21");
    assert_string_equal(json_str(pod, "status", "podIP", NULL), "10.1.1.2");
    assert_true(json_flag(pod, "status", "containerStatuses", "[0]", "ready", NULL));
    assert_int_equal(w->ready, 1);
}

static void pod__that_is_deleted_goes_after_its_grace(void **state) {
    struct world *w = *state;
    world_pod(w, "one", "nginx", NULL);
    sched_advance(w->sched, 4000);
    world_call(w, "DELETE", CORE "pods/one", NULL);
    sched_advance(w->sched, 500);
    assert_non_null(world_get(w, "", "pods", "one"));
    sched_advance(w->sched, 1000);
    assert_null(world_get(w, "", "pods", "one"));
    assert_int_equal(w->gone, 1);
}

static void pod__stays_pending_for_what_is_not_there(void **state) {
    static const struct {
        const char *name, *spec, *reason;
    } rows[] = {
        {"image", "'containers':[{'name':'a','image':'nginx:nosuch'}]", "ErrImagePull"},
        {"name", "'containers':[{'name':'a','image':'NGINX'}]", "InvalidImageName"},
        {"secret",
         "'containers':[{'name':'a','image':'nginx'}],'volumes':[{'name':'v','secret':{"
         "'secretName':'none'}}]",
         "ContainerCreating"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *body =
            xasprintf("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s'},'spec':{%s}"
                      "}",
                      rows[i].name, rows[i].spec);
        world_call(w, "POST", CORE "pods", body);
        free(body);
        sched_advance(w->sched, 5000);
        const json_t *pod = world_get(w, "", "pods", rows[i].name);
        assert_string_equal(json_str(pod, "status", "phase", NULL), "Pending");
        assert_string_equal(
            json_str(pod, "status", "containerStatuses", "[0]", "state", "waiting", "reason", NULL),
            rows[i].reason);
    }
}

static void pod__is_unschedulable_until_a_node_has_the_label(void **state) {
    struct world *w = *state;
    world_call(w, "POST", CORE "pods",
               "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'gpu'},'spec':{'nodeSelector':"
               "{'gpu':'yes'},'containers':[{'name':'a','image':'nginx'}]}}");
    sched_advance(w->sched, 5000);
    const json_t *pod = world_get(w, "", "pods", "gpu");
    assert_string_equal(json_str(pod, "status", "conditions", "[0]", "reason", NULL),
                        "Unschedulable");
    cluster_label_nodes(w->cluster, "node-2", "gpu=yes");
    sched_advance(w->sched, 5000);
    pod = world_get(w, "", "pods", "gpu");
    assert_string_equal(json_str(pod, "status", "phase", NULL), "Running");
    assert_string_equal(json_str(pod, "spec", "nodeName", NULL), "node-2");
}

static void replicaset__keeps_its_number_of_pods(void **state) {
    struct world *w = *state;
    replica_set(w, 3);
    sched_advance(w->sched, 5000);
    const json_t *rs = world_get(w, "extensions", "replicasets", "web");
    assert_int_equal(json_int(rs, -1, "status", "readyReplicas", NULL), 3);
    assert_int_equal(json_int(rs, -1, "status", "observedGeneration", NULL), 1);
    world_call(w, "PATCH", EXTENSIONS "replicasets/web", "{'spec':{'replicas':5}}");
    sched_advance(w->sched, 5000);
    assert_int_equal(world_count(w, "", "pods"), 5);
    world_call(w, "PATCH", EXTENSIONS "replicasets/web", "{'spec':{'replicas':1}}");
    sched_advance(w->sched, 5000);
    assert_int_equal(world_count(w, "", "pods"), 1);
    rs = world_get(w, "extensions", "replicasets", "web");
    assert_int_equal(json_int(rs, -1, "status", "replicas", NULL), 1);
    assert_int_equal(w->ready - w->gone, 1);
}

static void deployment__rolls_over_within_its_bounds(void **state) {
    struct world *w = *state;
    world_call(w, "POST", EXTENSIONS "deployments",
               "{'apiVersion':'extensions/v1beta1','kind':'Deployment','metadata':{'name':'web'},"
               "'spec':{'replicas':4,'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge'"
               ":1,'maxUnavailable':1}}," TEMPLATE("nginx:1.12") "}}");
    sched_advance(w->sched, 5000);
    const json_t *d = world_get(w, "extensions", "deployments", "web");
    assert_int_equal(json_int(d, -1, "status", "availableReplicas", NULL), 4);
    assert_string_equal(
        json_str(d, "metadata", "annotations", "deployment.kubernetes.io/revision", NULL), "1");
    world_call(w, "PATCH", EXTENSIONS "deployments/web", "{'spec':{" TEMPLATE("nginx:1.13") "}}");
    for (int i = 0; i < 300; i++) {
        sched_advance(w->sched, 100);
        d = world_get(w, "extensions", "deployments", "web");
        assert_true(json_int(d, 0, "status", "availableReplicas", NULL) >= 3);
    }
    assert_int_equal(json_int(d, -1, "status", "updatedReplicas", NULL), 4);
    assert_int_equal(json_int(d, -1, "status", "replicas", NULL), 4);
    assert_int_equal(json_int(d, -1, "status", "observedGeneration", NULL),
                     json_int(d, -2, "metadata", "generation", NULL));
    assert_string_equal(json_str(d, "status", "conditions", "[1]", "reason", NULL),
                        "NewReplicaSetAvailable");
    assert_int_equal(world_count(w, "extensions", "replicasets"), 2);
    assert_int_equal(world_count(w, "", "pods"), 4);
}

static void daemonset__has_one_pod_on_each_node(void **state) {
    struct world *w = *state;
    world_call(w, "POST", EXTENSIONS "daemonsets",
               "{'apiVersion':'extensions/v1beta1','kind':'DaemonSet','metadata':{'name':'web'},"
               "'spec':{" TEMPLATE("nginx") "}}");
    sched_advance(w->sched, 5000);
    const json_t *ds = world_get(w, "extensions", "daemonsets", "web");
    assert_int_equal(json_int(ds, -1, "status", "numberReady", NULL), 2);
    assert_int_equal(world_count(w, "", "pods"), 2);
}

static void statefulset__starts_and_stops_in_order(void **state) {
    struct world *w = *state;
    world_call(w, "POST", "/apis/apps/v1beta1/namespaces/default/statefulsets",
               "{'apiVersion':'apps/v1beta1','kind':'StatefulSet','metadata':{'name':'web'},'spec':"
               "{'serviceName':'web','replicas':3," TEMPLATE("nginx") "}}");
    sched_advance(w->sched, 3500);
    char *pods = world_pods(w);
    assert_string_equal(pods, "web-0=Running web-1=Pending");
    free(pods);
    sched_advance(w->sched, 10000);
    pods = world_pods(w);
    assert_string_equal(pods, "web-0=Running web-1=Running web-2=Running");
    free(pods);
    world_call(w, "PATCH", "/apis/apps/v1beta1/namespaces/default/statefulsets/web",
               "{'spec':{'replicas':1}}");
    sched_advance(w->sched, 500);
    assert_non_null(
        json_str(world_get(w, "", "pods", "web-2"), "metadata", "deletionTimestamp", NULL));
    assert_null(json_str(world_get(w, "", "pods", "web-1"), "metadata", "deletionTimestamp", NULL));
    sched_advance(w->sched, 10000);
    assert_int_equal(world_count(w, "", "pods"), 1);
}

static void job__runs_to_completion(void **state) {
    struct world *w = *state;
    world_call(
        w, "POST", "/apis/batch/v1/namespaces/default/jobs",
        "{'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'pi'},'spec':{'completions'"
        ":3,'parallelism':2,'template':{'spec':{'restartPolicy':'Never','containers':[{'name'"
        ":'a','image':'busybox','command':['sleep','5']}]}}}}");
    sched_advance(w->sched, 30000);
    const json_t *job = world_get(w, "batch", "jobs", "pi");
    assert_int_equal(json_int(job, -1, "status", "succeeded", NULL), 3);
    assert_string_equal(json_str(job, "status", "conditions", "[0]", "type", NULL), "Complete");
    assert_non_null(json_str(job, "status", "completionTime", NULL));
}

static void endpoints__follow_readiness_and_named_ports(void **state) {
    struct world *w = *state;
    service(w);
    replica_set(w, 2);
    sched_advance(w->sched, 1000);
    const json_t *ep = world_get(w, "", "endpoints", "web");
    assert_non_null(ep);
    assert_null(json_at(ep, "subsets", "[0]", "addresses", NULL));
    sched_advance(w->sched, 5000);
    ep = world_get(w, "", "endpoints", "web");
    assert_int_equal(json_array_size(json_at(ep, "subsets", "[0]", "addresses", NULL)), 2);
    assert_int_equal(json_int(ep, 0, "subsets", "[0]", "ports", "[0]", "port", NULL), 80);
    cluster_set_down(w->cluster, true);
    sched_advance(w->sched, 100);
    ep = world_get(w, "", "endpoints", "web");
    assert_null(json_at(ep, "subsets", "[0]", "addresses", NULL));
    assert_int_equal(w->gone, 2);
    cluster_set_down(w->cluster, false);
    sched_advance(w->sched, 100);
    ep = world_get(w, "", "endpoints", "web");
    assert_int_equal(json_array_size(json_at(ep, "subsets", "[0]", "addresses", NULL)), 2);
    world_call(w, "DELETE", CORE "services/web", NULL);
    sched_advance(w->sched, 100);
    assert_null(world_get(w, "", "endpoints", "web"));
}

struct slices {
    int count, endpoints, ready;
};

static bool count_slice(void *self, const json_t *slice) {
    struct slices *seen = self;
    size_t i;
    json_t *endpoint;
    if (!str_eq(json_str(slice, "metadata", "labels", "kubernetes.io/service-name", NULL), "web"))
        return true;
    seen->count++;
    json_array_foreach(json_object_get(slice, "endpoints"), i, endpoint) {
        seen->endpoints++;
        seen->ready += json_flag(endpoint, "conditions", "ready", NULL);
    }
    return true;
}

static void slices_are(struct world *w, int ms, struct slices wanted) {
    struct slices seen = {0};
    sched_advance(w->sched, ms);
    apiserver_each(w->api, "discovery.k8s.io", "endpointslices", "default", count_slice, &seen);
    assert_int_equal(seen.count, wanted.count);
    assert_int_equal(seen.endpoints, wanted.endpoints);
    assert_int_equal(seen.ready, wanted.ready);
}

static void endpoint_slices__say_what_the_endpoints_say(void **state) {
    struct world *w = *state;
    service(w);
    replica_set(w, 2);
    slices_are(w, 6000, (struct slices){1, 2, 2});
    cluster_set_down(w->cluster, true);
    slices_are(w, 100, (struct slices){1, 2, 0});
    world_call(w, "DELETE", CORE "services/web", NULL);
    slices_are(w, 100, (struct slices){0, 0, 0});
}

static void nodeport__leads_to_each_ready_pod_in_turn(void **state) {
    struct world *w = *state;
    service(w);
    replica_set(w, 2);
    sched_advance(w->sched, 5000);
    const json_t *svc = world_get(w, "", "services", "web");
    uint16_t port = (uint16_t)json_int(svc, 0, "spec", "ports", "[0]", "nodePort", NULL),
             target = 0;
    assert_in_range(port, 30000, 32767);
    const json_t *a = cluster_nodeport_backend(w->cluster, port, "TCP", &target);
    const json_t *b = cluster_nodeport_backend(w->cluster, port, "TCP", &target);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    assert_int_equal(target, 80);
    assert_null(cluster_nodeport_backend(w->cluster, port, "UDP", &target));
    assert_null(cluster_nodeport_backend(w->cluster, 30001 + port % 100, "TCP", &target));
}

static void serviceaccount__gets_a_token_secret(void **state) {
    struct world *w = *state;
    world_call(w, "POST", CORE "serviceaccounts",
               "{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'c1-f1'}}");
    sched_advance(w->sched, 100);
    const json_t *sa = world_get(w, "", "serviceaccounts", "c1-f1");
    const char *name = json_str(sa, "secrets", "[0]", "name", NULL);
    assert_non_null(name);
    assert_memory_equal(name, "c1-f1-token-", 12);
    const json_t *secret = world_get(w, "", "secrets", name);
    assert_string_equal(json_str(secret, "type", NULL), "kubernetes.io/service-account-token");
    assert_memory_equal(json_str(secret, "data", "token", NULL), "ZXlK", 4); /* "eyJ" */
    assert_non_null(json_str(secret, "data", "ca.crt", NULL));
    assert_string_equal(json_str(secret, "data", "namespace", NULL), "ZGVmYXVsdA==");
    assert_non_null(world_get(w, "", "serviceaccounts", "default"));
    char *kept = xstrdup(name);
    world_call(w, "DELETE", CORE "serviceaccounts/c1-f1", NULL);
    sched_advance(w->sched, 100);
    assert_null(world_get(w, "", "secrets", kept));
    free(kept);
}

static void claim(struct world *w) {
    world_call(
        w, "POST", CORE "persistentvolumeclaims",
        "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data'},'spec':"
        "{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'10Gi'}}}}");
    world_call(w, "POST", CORE "pods",
               "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'db'},'spec':{'containers':[{"
               "'name':'a','image':'nginx'}],'volumes':[{'name':'v','persistentVolumeClaim':{"
               "'claimName':'data'}}]}}");
    sched_advance(w->sched, 5000);
}

static void claim__without_volumes_keeps_its_pod_pending(void **state) {
    struct world *w = *state;
    claim(w);
    assert_string_equal(json_str(world_get(w, "", "pods", "db"), "status", "phase", NULL),
                        "Pending");
    assert_string_equal(
        json_str(world_get(w, "", "persistentvolumeclaims", "data"), "status", "phase", NULL),
        "Pending");
}

static int setup_rich(void **state) {
    struct cluster_options o;
    world_options(&o);
    o.persistent_volumes = true;
    o.load_balancer_cidr = "203.0.113.0/28";
    *state = world_start(&o);
    return 0;
}

static void claim__is_bound_where_there_are_volumes(void **state) {
    struct world *w = *state;
    claim(w);
    assert_string_equal(json_str(world_get(w, "", "pods", "db"), "status", "phase", NULL),
                        "Running");
}

static void loadbalancer__gets_an_address_where_there_are_some(void **state) {
    struct world *w = *state;
    world_call(w, "POST", CORE "services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'lb'},'spec':{'type':"
               "'LoadBalancer','selector':{'app':'web'},'ports':[{'port':80}]}}");
    sched_advance(w->sched, 5000);
    assert_string_equal(json_str(world_get(w, "", "services", "lb"), "status", "loadBalancer",
                                 "ingress", "[0]", "ip", NULL),
                        "203.0.113.1");
}

static void events__are_bounded(void **state) {
    struct world *w = *state;
    replica_set(w, 1500);
    sched_advance(w->sched, 20000);
    assert_int_equal(json_int(world_get(w, "extensions", "replicasets", "web"), 0, "status",
                              "readyReplicas", NULL),
                     1500);
    assert_in_range(world_count(w, "", "events"), 10, 2000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pod__is_scheduled_and_ready_after_its_start_time),
        TEST(pod__that_is_deleted_goes_after_its_grace),
        TEST(pod__stays_pending_for_what_is_not_there),
        TEST(pod__is_unschedulable_until_a_node_has_the_label),
        TEST(replicaset__keeps_its_number_of_pods),
        TEST(deployment__rolls_over_within_its_bounds),
        TEST(daemonset__has_one_pod_on_each_node),
        TEST(statefulset__starts_and_stops_in_order),
        TEST(job__runs_to_completion),
        TEST(endpoints__follow_readiness_and_named_ports),
        TEST(endpoint_slices__say_what_the_endpoints_say),
        TEST(nodeport__leads_to_each_ready_pod_in_turn),
        TEST(serviceaccount__gets_a_token_secret),
        TEST(claim__without_volumes_keeps_its_pod_pending),
        TEST(events__are_bounded),
        cmocka_unit_test_setup_teardown(claim__is_bound_where_there_are_volumes, setup_rich,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(loadbalancer__gets_an_address_where_there_are_some,
                                        setup_rich, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
