/* Claims get a volume where the world has some; else they wait, as on bare metal. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/pod.h"

static json_t *volume_new(const json_t *claim, const char *volume) {
    json_t *modes = json_at(claim, "spec", "accessModes", NULL);
    json_t *capacity = json_at(claim, "spec", "resources", "requests", NULL);
    CLEANUP(str_freep) char *path = xasprintf("/var/lib/volumes/%s", volume);
    return json_pack("{s:s,s:s,s:{s:s},s:{s:o,s:o,s:s,s:{s:s},s:{s:s,s:s,s:s?,s:s?,s:s?}},s:{s:s}}",
                     "apiVersion", "v1", "kind", "PersistentVolume", "metadata", "name", volume,
                     "spec", "accessModes",
                     modes ? json_incref(modes) : json_pack("[s]", "ReadWriteOnce"), "capacity",
                     capacity ? json_incref(capacity) : json_pack("{s:s}", "storage", "1Gi"),
                     "persistentVolumeReclaimPolicy", "Delete", "hostPath", "path", path,
                     "claimRef", "apiVersion", "v1", "kind", "PersistentVolumeClaim", "namespace",
                     json_str(claim, "metadata", "namespace", NULL), "name",
                     json_str(claim, "metadata", "name", NULL), "uid",
                     json_str(claim, "metadata", "uid", NULL), "status", "phase", "Bound");
}

static void wake_pods(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("claim:%s/%s", ns, name);
    const struct index_bucket *b = index_find(&c->index, key);
    for (size_t i = 0; b && i < b->count; i++)
        pod_enqueue(b->items[i].owner);
}

static void bind(struct cluster *c, const json_t *claim, const char *ns, const char *name) {
    CLEANUP(str_freep)
    char *volume = xasprintf("pvc-%s", json_str(claim, "metadata", "uid", NULL));
    CLEANUP(json_freep) json_t *pv = volume_new(claim, volume);
    if (apiserver_call(c->api, "POST", "/api/v1/persistentvolumes", pv, NULL) >= 300)
        return;
    CLEANUP(str_freep) char *status_path = xasprintf("/api/v1/persistentvolumes/%s/status", volume);
    CLEANUP(json_freep) json_t *phase = json_pack("{s:{s:s}}", "status", "phase", "Bound");
    (void)apiserver_call(c->api, "PATCH", status_path, phase, NULL);
    (void)cluster_call(c, "PATCH", WORK_CLAIM, ns, name, NULL,
                       json_pack("{s:{s:s}}", "spec", "volumeName", volume), NULL);
    json_t *status = json_pack("{s:s,s:O,s:O}", "phase", "Bound", "accessModes",
                               json_at(pv, "spec", "accessModes", NULL), "capacity",
                               json_at(pv, "spec", "capacity", NULL));
    (void)cluster_put_status(c, WORK_CLAIM, ns, name, status);
}

void volume_reconcile(struct cluster *c, const char *ns, const char *name) {
    const json_t *claim = cluster_peek(c, WORK_CLAIM, ns, name);
    wake_pods(c, ns, name);
    if (!claim || json_str(claim, "metadata", "deletionTimestamp", NULL) ||
        str_eq(json_str(claim, "status", "phase", NULL), "Bound"))
        return;
    CLEANUP(json_freep) json_t *held = json_incref(json_mutable(claim));
    if (c->persistent_volumes) {
        bind(c, held, ns, name);
        return;
    }
    if (!json_str(held, "status", "phase", NULL))
        (void)cluster_put_status(c, WORK_CLAIM, ns, name, json_pack("{s:s}", "phase", "Pending"));
    event_record(c, WORK_CLAIM, held, "persistentvolume-controller", NULL, false, "FailedBinding",
                 "no persistent volumes available for this claim and no storage class is set");
}
