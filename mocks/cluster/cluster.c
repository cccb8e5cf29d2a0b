/* Wires the controllers to the API server; what each does is in its own file. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/kubelet_streams.h"
#include "mocks/cluster/node.h"
#include "mocks/cluster/pod.h"
#include "mocks/cluster/work.h"

#define POD_START_MS 3000

/* Files a controller's object away, and queues it and its own controller. */
static void observe_workload(struct cluster *c, enum work work, enum apiserver_event event,
                             const json_t *object) {
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    if (event == APISERVER_DELETED)
        cluster_forget_entry(c, work, ns, name);
    else
        (void)cluster_observe_entry(c, work, object);
    cluster_enqueue(c, work, ns, name);
    cluster_enqueue_controller(c, object);
}

/* observe NULL: observe_workload. */
static const struct {
    controller_observe_fn *observe;
    controller_reconcile_fn *reconcile;
} controllers[WORK_COUNT] = {
    [WORK_NAMESPACE] = {NULL, serviceaccount_reconcile_namespace},
    [WORK_NODE] = {node_observe, node_reconcile},
    [WORK_POD] = {pod_observe, pod_reconcile},
    [WORK_REPLICASET] = {NULL, replicaset_reconcile},
    [WORK_REPLICATIONCONTROLLER] = {NULL, replicaset_reconcile_rc},
    [WORK_DEPLOYMENT] = {NULL, deployment_reconcile},
    [WORK_DAEMONSET] = {NULL, daemonset_reconcile},
    [WORK_STATEFULSET] = {NULL, statefulset_reconcile},
    [WORK_JOB] = {NULL, job_reconcile},
    [WORK_CRONJOB] = {NULL, cronjob_reconcile},
    [WORK_SERVICE] = {endpoints_observe, endpoints_reconcile},
    [WORK_ENDPOINTS] = {endpointslice_observe, endpointslice_reconcile},
    [WORK_SERVICEACCOUNT] = {NULL, serviceaccount_reconcile},
    [WORK_SECRET] = {serviceaccount_observe, serviceaccount_reconcile_secret},
    [WORK_CLAIM] = {NULL, volume_reconcile},
    [WORK_CSR] = {NULL, csr_reconcile},
    [WORK_CLUSTERROLE] = {clusterrole_observe, clusterrole_reconcile},
};

void cluster_reconcile(struct cluster *c, enum work work, const char *ns, const char *name) {
    controllers[work].reconcile(c, ns, name);
}

static void on_event(void *self, enum apiserver_event event, const json_t *object,
                     const json_t *old) {
    const struct subscription *s = self;
    if (controllers[s->work].observe)
        controllers[s->work].observe(s->c, event, object, old);
    else
        observe_workload(s->c, s->work, event, object);
}

static bool on_present(void *self, const json_t *object) {
    on_event(self, APISERVER_ADDED, object, NULL);
    return true;
}

static void subscribe_all(struct cluster *c) {
    for (int w = 0; w < WORK_COUNT; w++) {
        enum work work = (enum work)w;
        c->subscriptions[w] = (struct subscription){c, work};
        c->handles[w] = apiserver_subscribe(c->api, cluster_group(work), cluster_resource(work),
                                            on_event, &c->subscriptions[w]);
        apiserver_each(c->api, cluster_group(work), cluster_resource(work), NULL, on_present,
                       &c->subscriptions[w]);
    }
}

struct cluster *cluster_new(const struct cluster_options *o) {
    struct cluster *c = xcalloc(1, sizeof(*c));
    c->name = xstrdup(o->name ? o->name : "cluster");
    c->api = o->api;
    c->profile = o->profile;
    c->sched = o->sched;
    c->ops = o->ops;
    c->load_balancer_cidr = o->load_balancer_cidr ? xstrdup(o->load_balancer_cidr) : NULL;
    c->ca_crt = o->ca_crt ? xstrdup(o->ca_crt) : NULL;
    c->ca_key = o->ca_crt && o->ca_key ? xstrdup(o->ca_key) : NULL;
    c->persistent_volumes = o->persistent_volumes;
    c->pod_start_ms = o->pod_start_ms ? o->pod_start_ms : POD_START_MS;
    c->event_refilled_ms = sched_now_ms(c->sched);
    c->event_tokens = 400;
    rng_init(&c->rng, o->seed);
    subscribe_all(c);
    node_create_all(c, o->nodes, o->node_count);
    return c;
}

static void release_entries(struct cluster *c) {
    for (int w = 0; w < WORK_COUNT; w++) {
        if (w != WORK_POD) {
            size_t at = 0;
            for (struct entry *e; (e = map_next(&c->entries[w], &at));)
                cluster_release_entry(c, e);
        }
        map_release(&c->entries[w]);
    }
}

void cluster_free(struct cluster *c) {
    if (!c)
        return;
    for (int w = 0; w < WORK_COUNT; w++)
        apiserver_unsubscribe(c->api, c->handles[w]);
    work_release(c);
    pod_release_all(c);
    kubelet_release(c);
    release_entries(c);
    index_release(&c->index);
    node_release_all(c);
    event_release(c);
    free(c->name);
    free(c->load_balancer_cidr);
    free(c->ca_crt);
    if (c->ca_key)
        explicit_bzero(c->ca_key, strlen(c->ca_key));
    free(c->ca_key);
    free(c);
}

void cluster_set_down(struct cluster *c, bool down) {
    if (c->down == down)
        return;
    c->down = down;
    node_write_ready(c);
    pod_follow_down(c);
}
