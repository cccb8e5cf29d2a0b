/* Stateful sets: name-0, name-1, ... each after its predecessor is ready; the last goes first. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/workload.h"

#define ORDINAL_MAX 10000

static int64_t ordinal_of(const struct workload *w, const struct pod *p) {
    size_t len = strlen(w->name);
    int64_t n = -1;
    if (strncmp(p->name, w->name, len) != 0 || p->name[len] != '-' ||
        !str_to_int(p->name + len + 1, 0, ORDINAL_MAX, &n))
        return -1;
    return n;
}

static struct pod *by_ordinal(const struct workload *w, int64_t ordinal) {
    for (size_t i = 0; i < w->count; i++) {
        if (ordinal_of(w, w->pods[i]) == ordinal)
            return w->pods[i];
    }
    return NULL;
}

/* Claims of the templates that are not there yet are made; the volumes that use them. */
static json_t *claims_for(struct workload *w, const char *pod_name) {
    json_t *volumes = json_array(), *claim;
    size_t i;
    json_array_foreach(json_at(w->object, "spec", "volumeClaimTemplates", NULL), i, claim) {
        const char *volume = json_str(claim, "metadata", "name", NULL);
        if (!volume)
            continue;
        CLEANUP(str_freep) char *name = xasprintf("%s-%s", volume, pod_name);
        json_array_append_new(volumes, json_pack("{s:s,s:{s:s}}", "name", volume,
                                                 "persistentVolumeClaim", "claimName", name));
        if (cluster_peek(w->c, WORK_CLAIM, w->ns, name))
            continue;
        json_t *made = json_deep_copy(claim);
        json_t *metadata = json_ensure_object(made, "metadata");
        json_set_str(made, "apiVersion", "v1");
        json_set_str(made, "kind", "PersistentVolumeClaim");
        json_object_del(made, "status");
        json_set_str(metadata, "name", name);
        json_set_str(metadata, "namespace", w->ns);
        json_t *labels = json_at(w->object, "spec", "selector", "matchLabels", NULL);
        if (labels)
            json_object_set_new(metadata, "labels", json_deep_copy(labels));
        (void)cluster_call(w->c, "POST", WORK_CLAIM, w->ns, NULL, NULL, made, NULL);
    }
    return volumes;
}

static void create(struct workload *w, int64_t ordinal) {
    CLEANUP(str_freep) char *name = xasprintf("%s-%d", w->name, (int)ordinal);
    CLEANUP(json_freep) json_t *claims = claims_for(w, name);
    CLEANUP(json_freep)
    json_t *labels = json_pack("{s:s}", "statefulset.kubernetes.io/pod-name", name);
    json_t *template = json_deep_copy(json_at(w->object, "spec", "template", NULL));
    json_t *spec = json_ensure_object(template, "spec");
    const char *service = json_str(w->object, "spec", "serviceName", NULL);
    json_set_str(spec, "hostname", name);
    if (service)
        json_set_str(spec, "subdomain", service);
    const struct workload_pod pod = {.template = template,
                                     .name = name,
                                     .labels = labels,
                                     .claims = claims,
                                     .component = "statefulset"};
    (void)workload_create_pod(w, &pod);
    json_decref(template);
}

/* One step; the pod's change brings the next. */
static void step(struct workload *w, int64_t replicas, bool parallel) {
    for (int64_t i = 0; i < replicas; i++) {
        const struct pod *p = by_ordinal(w, i);
        if (!p)
            create(w, i);
        else if (p->finished && !p->deleting)
            workload_delete_pod(w, p, "statefulset");
        if (!parallel && (!p || !p->ready || p->deleting))
            return;
    }
    const struct pod *last = NULL;
    for (size_t i = 0; i < w->count; i++) {
        const struct pod *p = w->pods[i];
        int64_t ordinal = ordinal_of(w, p);
        if (ordinal < replicas)
            continue;
        if (p->deleting && !parallel)
            return;
        if (!p->deleting && parallel)
            workload_delete_pod(w, p, "statefulset");
        else if (!p->deleting && (!last || ordinal > ordinal_of(w, last)))
            last = p;
    }
    if (last)
        workload_delete_pod(w, last, "statefulset");
}

void statefulset_reconcile(struct cluster *c, const char *ns, const char *name) {
    struct workload w;
    if (!workload_open(&w, c, WORK_STATEFULSET, ns, name))
        return;
    int64_t replicas = json_int(w.object, 1, "spec", "replicas", NULL);
    bool parallel = str_eq(json_str(w.object, "spec", "podManagementPolicy", NULL), "Parallel");
    step(&w, replicas > ORDINAL_MAX ? ORDINAL_MAX : replicas, parallel);
    workload_close(&w);
    if (!workload_open(&w, c, WORK_STATEFULSET, ns, name))
        return;
    int64_t current = 0, ready = 0;
    for (size_t i = 0; i < w.count; i++) {
        current += pod_is_active(w.pods[i]);
        ready += pod_is_active(w.pods[i]) && w.pods[i]->ready;
    }
    (void)cluster_put_status(
        c, WORK_STATEFULSET, ns, name,
        json_pack("{s:I,s:I,s:I,s:I,s:I}", "replicas", (json_int_t)current, "readyReplicas",
                  (json_int_t)ready, "currentReplicas", (json_int_t)current, "updatedReplicas",
                  (json_int_t)current, "observedGeneration",
                  (json_int_t)json_int(w.object, 1, "metadata", "generation", NULL)));
    workload_close(&w);
}
