/* Replica sets, and replication controllers, which are the same with a plain selector. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/workload.h"

#define BURST 500
#define RETRY_MS 5000

struct counts {
    int64_t active, labelled, ready, available;
};

static json_t *selector_of(const struct workload *w) {
    json_t *selector = json_at(w->object, "spec", "selector", NULL);
    return json_is_object(selector) && json_object_size(selector)
               ? selector
               : json_at(w->object, "spec", "template", "metadata", "labels", NULL);
}

/* Active pods to the front; returns how many. */
static size_t keep_active(struct workload *w) {
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (pod_is_active(w->pods[i]))
            w->pods[n++] = w->pods[i];
    }
    return n;
}

static bool create_missing(struct workload *w, size_t missing, const char *component) {
    const struct workload_pod spec = {.template = json_at(w->object, "spec", "template", NULL),
                                      .component = component};
    size_t now = missing > BURST ? BURST : missing;
    for (size_t i = 0; i < now; i++) {
        if (workload_create_pod(w, &spec) >= 300) {
            cluster_enqueue_later(w->c, w->work, w->ns, w->name, RETRY_MS);
            return false;
        }
    }
    if (now < missing)
        cluster_enqueue(w->c, w->work, w->ns, w->name);
    return true;
}

static void delete_surplus(struct workload *w, size_t active, size_t surplus,
                           const char *component) {
    workload_sort_for_deletion(w->pods, active);
    size_t now = surplus > BURST ? BURST : surplus;
    for (size_t i = 0; i < now; i++)
        workload_delete_pod(w, w->pods[i], component);
    if (now < surplus)
        cluster_enqueue(w->c, w->work, w->ns, w->name);
}

static struct counts count(struct cluster *c, enum work work, const char *ns, const char *name) {
    struct counts n = {0};
    struct workload w;
    if (!workload_open(&w, c, work, ns, name))
        return n;
    int64_t min_ready_ms = json_int(w.object, 0, "spec", "minReadySeconds", NULL) * 1000;
    bool wait = false;
    for (size_t i = 0; i < w.count; i++) {
        const struct pod *p = w.pods[i];
        if (!pod_is_active(p))
            continue;
        bool available = pod_is_available(p, min_ready_ms);
        n.active++;
        n.ready += p->ready;
        n.available += available;
        wait = wait || (p->ready && !available);
    }
    n.labelled = n.active;
    if (wait)
        cluster_enqueue_later(c, work, ns, name, min_ready_ms);
    workload_close(&w);
    return n;
}

static void write_status(struct cluster *c, enum work work, const char *ns, const char *name,
                         bool created_all, json_t *generation) {
    char now[32];
    struct counts n = count(c, work, ns, name);
    json_t *status = json_pack("{s:I}", "replicas", (json_int_t)n.active);
    if (n.labelled)
        json_set_int(status, "fullyLabeledReplicas", n.labelled);
    if (n.ready)
        json_set_int(status, "readyReplicas", n.ready);
    if (n.available)
        json_set_int(status, "availableReplicas", n.available);
    if (generation)
        json_object_set(status, "observedGeneration", generation);
    if (!created_all)
        json_object_set_new(status, "conditions",
                            json_pack("[{s:s,s:s,s:s,s:s}]", "type", "ReplicaFailure", "status",
                                      "True", "lastTransitionTime", cluster_now_text(c, now),
                                      "reason", "FailedCreate"));
    (void)cluster_put_status(c, work, ns, name, status);
}

static void reconcile(struct cluster *c, enum work work, const char *ns, const char *name,
                      const char *component) {
    struct workload w;
    if (!workload_open(&w, c, work, ns, name))
        return;
    workload_adopt(&w, selector_of(&w));
    int64_t replicas = json_int(w.object, 1, "spec", "replicas", NULL);
    size_t want = replicas > 0 ? (size_t)replicas : 0, active = keep_active(&w);
    bool created_all = true;
    if (active < want)
        created_all = create_missing(&w, want - active, component);
    else if (active > want)
        delete_surplus(&w, active, active - want, component);
    write_status(c, work, ns, name, created_all, json_at(w.object, "metadata", "generation", NULL));
    workload_close(&w);
}

void replicaset_reconcile(struct cluster *c, const char *ns, const char *name) {
    reconcile(c, WORK_REPLICASET, ns, name, "replicaset-controller");
}

void replicaset_reconcile_rc(struct cluster *c, const char *ns, const char *name) {
    reconcile(c, WORK_REPLICATIONCONTROLLER, ns, name, "replication-controller");
}
