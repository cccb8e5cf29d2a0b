#include "mocks/federation/state.h"

const struct kind *kinds_table(void) {
    static const struct kind table[FED_KINDS] = {
        {"", "v1", "namespaces", "Namespace", "namespace", KIND_NAMESPACE, NULL, NULL},
        {"", "v1", "services", "Service", "service", KIND_NAMESPACED | KIND_SERVICE, NULL, NULL},
        {"", "v1", "configmaps", "ConfigMap", "configmap", KIND_NAMESPACED, NULL, NULL},
        {"", "v1", "secrets", "Secret", "secret", KIND_NAMESPACED, NULL, NULL},
        {"extensions", "v1beta1", "daemonsets", "DaemonSet", "daemonset", KIND_NAMESPACED, NULL,
         NULL},
        {"extensions", "v1beta1", "deployments", "Deployment", "deployment",
         KIND_NAMESPACED | KIND_REPLICAS | KIND_DEPLOYMENT,
         "federation.kubernetes.io/deployment-preferences", NULL},
        {"extensions", "v1beta1", "ingresses", "Ingress", "ingress", KIND_NAMESPACED | KIND_INGRESS,
         NULL, NULL},
        {"extensions", "v1beta1", "replicasets", "ReplicaSet", "replicaset",
         KIND_NAMESPACED | KIND_REPLICAS, "federation.kubernetes.io/replica-set-preferences", NULL},
        {"batch", "v1", "jobs", "Job", "job", KIND_NAMESPACED | KIND_JOB,
         "federation.kubernetes.io/job-preferences", "jobs-stay-federated"},
        {"autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler",
         "horizontalpodautoscaler", KIND_NAMESPACED | KIND_AUTOSCALER, NULL,
         "autoscalers-stay-federated"},
    };
    return table;
}

char *kind_path(const struct kind *k, const char *ns, const char *name, const char *sub) {
    struct buf path = BUF_INIT;
    if (k->group[0] == '\0')
        buf_addf(&path, "/api/%s", k->version);
    else
        buf_addf(&path, "/apis/%s/%s", k->group, k->version);
    if (ns && ns[0] != '\0')
        buf_addf(&path, "/namespaces/%s", ns);
    buf_addf(&path, "/%s", k->resource);
    if (name)
        buf_addf(&path, "/%s", name);
    if (sub)
        buf_addf(&path, "/%s", sub);
    return buf_detach(&path);
}

int64_t fed_timing_ms(const struct federation *f, const char *name, int64_t otherwise) {
    int64_t ms =
        json_int(profile_json(f->profile), otherwise, "federation", "timings_ms", name, NULL);
    return ms >= 0 ? ms : otherwise;
}

void fed_log(const struct federation *f, const char *fmt, ...) {
    if (!f->log)
        return;
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *line = xvasprintf(fmt, ap);
    va_end(ap);
    f->log(f->log_self, line);
}

int64_t fed_backoff_ms(int64_t *backoff_ms) {
    int64_t now = *backoff_ms > 0 ? *backoff_ms : FED_BACKOFF_MIN_MS;
    *backoff_ms = now * 2 < FED_BACKOFF_MAX_MS ? now * 2 : FED_BACKOFF_MAX_MS;
    return now;
}
