#include "mocks/apiserver/defaults.h"

#include "harness/core/base64.h"
#include "harness/core/str.h"
#include "mocks/apiserver/crd.h"

#include <stdlib.h>

static void str_default(json_t *o, const char *key, const char *value) {
    const char *have = json_string_value(json_object_get(o, key));
    if (!have || !have[0])
        json_set_str(o, key, value);
}

static void int_default(json_t *o, const char *key, int64_t value) {
    if (!json_is_integer(json_object_get(o, key)))
        json_set_int(o, key, value);
}

static void object_default(json_t *o, const char *key) {
    (void)json_ensure_object(o, key);
}

/* "" and ":latest" tags are pulled always. */
static const char *pull_policy(const char *image) {
    const char *slash = image ? strrchr(image, '/') : NULL;
    const char *tag = image ? strchr(slash ? slash : image, ':') : NULL;
    return image && strchr(image, '@')      ? "IfNotPresent"
           : !tag || str_eq(tag, ":latest") ? "Always"
                                            : "IfNotPresent";
}

static void probe(json_t *container, const char *key) {
    json_t *p = json_object_get(container, key);
    if (!json_is_object(p))
        return;
    json_t *http = json_object_get(p, "httpGet");
    if (json_is_object(http)) {
        str_default(http, "path", "/");
        str_default(http, "scheme", "HTTP");
    }
    int_default(p, "timeoutSeconds", 1);
    int_default(p, "periodSeconds", 10);
    int_default(p, "successThreshold", 1);
    int_default(p, "failureThreshold", 3);
}

static void container(json_t *c) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(c, "ports"), i, item) str_default(item, "protocol", "TCP");
    json_array_foreach(json_object_get(c, "env"), i, item) {
        json_t *ref = json_at(item, "valueFrom", "fieldRef", NULL);
        if (json_is_object(ref))
            str_default(ref, "apiVersion", "v1");
    }
    object_default(c, "resources");
    /* A limit without a request is also the request. */
    json_t *limits = json_at(c, "resources", "limits", NULL), *value;
    const char *key;
    json_object_foreach(limits, key, value) {
        json_t *requests = json_ensure_object(json_object_get(c, "resources"), "requests");
        if (!json_object_get(requests, key))
            json_object_set(requests, key, value);
    }
    probe(c, "livenessProbe");
    probe(c, "readinessProbe");
    str_default(c, "terminationMessagePath", "/dev/termination-log");
    str_default(c, "terminationMessagePolicy", "File");
    str_default(c, "imagePullPolicy", pull_policy(json_str(c, "image", NULL)));
}

static void volume(json_t *v) {
    static const char *const with_mode[] = {"secret", "configMap", "projected", "downwardAPI"};
    for (size_t i = 0; i < ARRAY_LEN(with_mode); i++) {
        json_t *source = json_object_get(v, with_mode[i]);
        if (json_is_object(source))
            int_default(source, "defaultMode", 0644);
    }
    json_t *host = json_object_get(v, "hostPath");
    if (json_is_object(host) && !json_object_get(host, "type"))
        json_set_str(host, "type", "");
    if (json_object_size(v) == 1)
        object_default(v, "emptyDir");
}

static void pod_spec(json_t *spec) {
    static const char *const lists[] = {"initContainers", "containers"};
    size_t i;
    json_t *item;
    if (!json_is_object(spec))
        return;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        json_array_foreach(json_object_get(spec, lists[l]), i, item) if (json_is_object(item))
            container(item);
    json_array_foreach(json_object_get(spec, "volumes"), i, item) if (json_is_object(item))
        volume(item);
    str_default(spec, "restartPolicy", "Always");
    int_default(spec, "terminationGracePeriodSeconds", 30);
    str_default(spec, "dnsPolicy", "ClusterFirst");
    const char *account = json_str(spec, "serviceAccountName", NULL);
    const char *old_account = json_str(spec, "serviceAccount", NULL);
    if (account && account[0])
        json_set_str(spec, "serviceAccount", account);
    else if (old_account && old_account[0])
        json_set_str(spec, "serviceAccountName", old_account);
    object_default(spec, "securityContext");
    str_default(spec, "schedulerName", "default-scheduler");
}

/* The template's metadata is written with its creationTimestamp, which is always null. */
static void pod_template(json_t *spec) {
    json_t *template = json_object_get(spec, "template");
    if (!json_is_object(template))
        return;
    json_t *meta = json_object_get(template, "metadata");
    json_t *fresh = json_object();
    json_t *name = json_object_get(meta, "name");
    if (name)
        json_object_set(fresh, "name", name);
    json_object_set_new(fresh, "creationTimestamp", json_null());
    const char *key;
    json_t *value;
    json_object_foreach(meta, key, value) if (!json_object_get(fresh, key) && !json_is_null(value))
        json_object_set(fresh, key, value);
    json_t *rest = json_copy(template);
    json_object_clear(template);
    json_object_set_new(template, "metadata", fresh);
    json_object_foreach(rest, key, value) if (!str_eq(key, "metadata"))
        json_object_set(template, key, value);
    json_decref(rest);
    pod_spec(json_object_get(template, "spec"));
}

static void selector_from_template(json_t *spec, bool match_labels) {
    json_t *labels = json_at(spec, "template", "metadata", "labels", NULL);
    json_t *have = json_object_get(spec, "selector");
    if (json_object_size(labels) == 0 || json_object_size(have) > 0)
        return;
    if (match_labels)
        json_object_set_new(spec, "selector",
                            json_pack("{s:o}", "matchLabels", json_deep_copy(labels)));
    else
        json_object_set_new(spec, "selector", json_deep_copy(labels));
}

/* The object's own labels are those of its template when it has none. */
static void labels_from_template(json_t *object) {
    json_t *labels = json_at(object, "spec", "template", "metadata", "labels", NULL);
    json_t *meta = json_object_get(object, "metadata");
    if (json_object_size(labels) > 0 && json_object_size(json_object_get(meta, "labels")) == 0)
        json_object_set_new(meta, "labels", json_deep_copy(labels));
}

static bool modern(const struct request *q) {
    return str_eq(q->group, "apps") && !str_eq(q->version, "v1beta1");
}

static void strategy(json_t *spec, const struct request *q) {
    json_t *s = json_ensure_object(spec, "strategy");
    str_default(s, "type", "RollingUpdate");
    if (!str_eq(json_str(s, "type", NULL), "RollingUpdate"))
        return;
    json_t *rolling = json_ensure_object(s, "rollingUpdate");
    bool old = str_eq(q->group, "extensions") || !q->group[0];
    static const char *const keys[] = {"maxUnavailable", "maxSurge"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!json_object_get(rolling, keys[i]))
            json_object_set_new(rolling, keys[i], old ? json_integer(1) : json_string("25%"));
}

static void replicated(const struct request *q, json_t *object, const char *kind) {
    json_t *spec = json_ensure_object(object, "spec");
    bool controller = str_eq(kind, "ReplicationController");
    if (!str_eq(kind, "DaemonSet"))
        int_default(spec, "replicas", 1);
    pod_template(spec);
    if (controller || !modern(q)) {
        selector_from_template(spec, !controller);
        if (!str_eq(kind, "StatefulSet"))
            labels_from_template(object);
    }
    if (str_eq(kind, "Deployment")) {
        strategy(spec, q);
        if (!str_eq(q->group, "extensions")) {
            int_default(spec, "revisionHistoryLimit", modern(q) ? 10 : 2);
            int_default(spec, "progressDeadlineSeconds", 600);
        }
    }
    if (str_eq(kind, "StatefulSet")) {
        str_default(spec, "podManagementPolicy", "OrderedReady");
        int_default(spec, "revisionHistoryLimit", 10);
        str_default(json_ensure_object(spec, "updateStrategy"), "type",
                    modern(q) ? "RollingUpdate" : "OnDelete");
    }
    if (str_eq(kind, "DaemonSet")) {
        str_default(json_ensure_object(spec, "updateStrategy"), "type",
                    modern(q) ? "RollingUpdate" : "OnDelete");
        int_default(spec, "revisionHistoryLimit", 10);
    }
}

static void service(const struct request *q, json_t *object) {
    json_t *spec = json_ensure_object(object, "spec");
    size_t i;
    json_t *port;
    (void)q;
    str_default(spec, "type", "ClusterIP");
    str_default(spec, "sessionAffinity", "None");
    bool external = str_eq(json_str(spec, "type", NULL), "ExternalName");
    bool outside = str_eq(json_str(spec, "type", NULL), "NodePort") ||
                   str_eq(json_str(spec, "type", NULL), "LoadBalancer");
    json_array_foreach(json_object_get(spec, "ports"), i, port) {
        if (!json_is_object(port))
            continue;
        str_default(port, "protocol", "TCP");
        /* A typed client sends 0 or "" for a targetPort that nobody gave. */
        const json_t *target = json_object_get(port, "targetPort");
        bool given = json_integer_value(target) != 0 || json_string_length(target) > 0;
        if (!given && json_object_get(port, "port"))
            json_object_set(port, "targetPort", json_object_get(port, "port"));
    }
    if (outside)
        str_default(spec, "externalTrafficPolicy", "Cluster");
    if (external && str_eq(json_str(spec, "clusterIP", NULL), ""))
        json_object_del(spec, "clusterIP");
}

/* stringData is written over data. */
static void secret(json_t *object) {
    json_t *texts = json_object_get(object, "stringData"), *value;
    const char *key;
    json_object_foreach(texts, key, value) {
        const char *text = json_string_value(value);
        CLEANUP(str_freep) char *coded = text ? base64_encode(text, strlen(text)) : NULL;
        json_set_str(json_ensure_object(object, "data"), key, coded);
    }
    json_object_del(object, "stringData");
    str_default(object, "type", "Opaque");
}

static void job_spec(json_t *spec) {
    int_default(spec, "completions", 1);
    int_default(spec, "parallelism", 1);
    int_default(spec, "backoffLimit", 6);
    pod_template(spec);
}

static void cron_job(json_t *spec) {
    json_t *job = json_at(spec, "jobTemplate", "spec", NULL);
    str_default(spec, "concurrencyPolicy", "Allow");
    if (!json_object_get(spec, "suspend"))
        json_set_bool(spec, "suspend", false);
    int_default(spec, "successfulJobsHistoryLimit", 3);
    int_default(spec, "failedJobsHistoryLimit", 1);
    if (json_is_object(job))
        pod_template(job);
}

static void role_binding(json_t *object) {
    size_t i;
    json_t *subject;
    json_array_foreach(json_object_get(object, "subjects"), i, subject) {
        bool account = str_eq(json_str(subject, "kind", NULL), "ServiceAccount");
        if (json_is_object(subject) && !account)
            str_default(subject, "apiGroup", "rbac.authorization.k8s.io");
    }
    json_t *ref = json_object_get(object, "roleRef");
    if (json_is_object(ref))
        str_default(ref, "apiGroup", "rbac.authorization.k8s.io");
}

static void claim(json_t *object) {
    json_t *spec = json_ensure_object(object, "spec");
    str_default(spec, "volumeMode", "Filesystem");
}

/* Times of a condition are written as null when they are not known. */
static void pod_conditions(json_t *object) {
    size_t i;
    json_t *condition;
    json_array_foreach(json_at(object, "status", "conditions", NULL), i, condition) {
        if (!json_is_object(condition))
            continue;
        if (!json_object_get(condition, "lastProbeTime"))
            json_object_set_new(condition, "lastProbeTime", json_null());
        if (!json_object_get(condition, "lastTransitionTime"))
            json_object_set_new(condition, "lastTransitionTime", json_null());
    }
}

/* Kubernetes 1.8 gave events these fields, and writes them even when they are empty. */
static void event(const struct request *q, json_t *object) {
    const char *minor = json_str(q->server->version, "minor", NULL);
    if (!minor || strtol(minor, NULL, 10) < 8)
        return;
    if (!json_object_get(object, "eventTime"))
        json_object_set_new(object, "eventTime", json_null());
    str_default(object, "reportingComponent", "");
    str_default(object, "reportingInstance", "");
}

static void fill(const struct request *q, json_t *object, const char *kind) {
    json_t *spec = json_object_get(object, "spec");
    if (str_eq(kind, "Pod")) {
        pod_spec(json_ensure_object(object, "spec"));
        pod_conditions(object);
    } else if (str_eq(kind, "Event"))
        event(q, object);
    else if (str_eq(kind, "ReplicaSet") || str_eq(kind, "Deployment") ||
             str_eq(kind, "DaemonSet") || str_eq(kind, "StatefulSet") ||
             str_eq(kind, "ReplicationController"))
        replicated(q, object, kind);
    else if (str_eq(kind, "Service"))
        service(q, object);
    else if (str_eq(kind, "Secret"))
        secret(object);
    else if (str_eq(kind, "Job") && spec)
        job_spec(spec);
    else if (str_eq(kind, "CronJob") && spec)
        cron_job(spec);
    else if (str_has_suffix(kind, "RoleBinding"))
        role_binding(object);
    else if (str_eq(kind, "PersistentVolumeClaim"))
        claim(object);
    else if (str_eq(kind, "HorizontalPodAutoscaler") && spec)
        int_default(spec, "minReplicas", 1);
}

/* The status of a new object, which clients do not write. NULL: it is kept as given. */
static const struct {
    const char *kind, *status;
} first_status[] = {
    {"Pod", "{\"phase\":\"Pending\"}"},
    {"ReplicaSet", "{\"replicas\":0}"},
    {"ReplicationController", "{\"replicas\":0}"},
    {"StatefulSet", "{\"replicas\":0}"},
    {"DaemonSet", "{\"currentNumberScheduled\":0,\"numberMisscheduled\":0,"
                  "\"desiredNumberScheduled\":0,\"numberReady\":0}"},
    {"Deployment", "{}"},
    {"Service", "{\"loadBalancer\":{}}"},
    {"Ingress", "{\"loadBalancer\":{}}"},
    {"Namespace", "{\"phase\":\"Active\"}"},
    {"PersistentVolumeClaim", "{\"phase\":\"Pending\"}"},
    {"PersistentVolume", "{\"phase\":\"Pending\"}"},
    {"Job", "{}"},
    {"CronJob", "{}"},
    {"HorizontalPodAutoscaler", "{\"currentReplicas\":0,\"desiredReplicas\":0}"},
    {"Cluster", "{}"},
};

static const char *quality_of_service(const json_t *pod) {
    size_t i, asked = 0, equal = 0;
    json_t *c;
    const json_t *containers = json_at(pod, "spec", "containers", NULL);
    json_array_foreach(containers, i, c) {
        json_t *requests = json_at(c, "resources", "requests", NULL);
        json_t *limits = json_at(c, "resources", "limits", NULL);
        asked += json_object_size(requests) > 0;
        equal += json_object_size(limits) >= 2 && json_equal(requests, limits);
    }
    return !asked                                 ? "BestEffort"
           : equal == json_array_size(containers) ? "Guaranteed"
                                                  : "Burstable";
}

/* spec stands before status in what the real server writes. */
static void set_last(json_t *object, const char *key, json_t *value) {
    json_object_del(object, key);
    json_object_set_new(object, key, value);
}

/* A job finds its pods by its own uid, unless it says that it knows better. */
static void select_by_uid(json_t *job) {
    json_t *spec = json_ensure_object(job, "spec");
    const char *uid = json_str(job, "metadata", "uid", NULL);
    if (!uid || json_is_true(json_object_get(spec, "manualSelector")))
        return;
    json_t *template = json_ensure_object(spec, "template");
    json_t *labels = json_ensure_object(json_ensure_object(template, "metadata"), "labels");
    json_set_str(labels, "controller-uid", uid);
    json_set_str(labels, "job-name", json_str(job, "metadata", "name", NULL));
    json_t *selector = json_ensure_object(spec, "selector");
    json_set_str(json_ensure_object(selector, "matchLabels"), "controller-uid", uid);
}

/* Who asks for a certificate is not what he says. */
static void requested_by(const struct request *q, json_t *object) {
    json_t *spec = json_ensure_object(object, "spec"), *groups = json_array();
    for (size_t i = 0; q->user && i < q->user->group_count; i++)
        json_array_append_new(groups, json_string(q->user->groups[i]));
    json_set_str(spec, "username", q->user ? q->user->name : NULL);
    json_object_set_new(spec, "groups", groups);
    if (str_eq(q->version, "v1beta1") && !json_object_get(spec, "usages"))
        json_object_set_new(spec, "usages",
                            json_pack("[s,s]", "digital signature", "key encipherment"));
}

void defaults_create(const struct request *q, struct kind *k, json_t *object) {
    const char *kind = k->resource->kind;
    if (k->custom) {
        crd_shape_object(k, q->version, object);
        return;
    }
    fill(q, object, kind);
    if (str_eq(kind, "Job") && !q->server->federation)
        select_by_uid(object);
    if (str_eq(kind, "Namespace"))
        set_last(object, "spec", json_pack("{s:[s]}", "finalizers", "kubernetes"));
    for (size_t i = 0; i < ARRAY_LEN(first_status); i++)
        if (str_eq(first_status[i].kind, kind))
            set_last(object, "status", json_loads(first_status[i].status, 0, NULL));
    if (str_eq(kind, "CustomResourceDefinition"))
        crd_default(object);
    if (str_eq(kind, "CertificateSigningRequest"))
        requested_by(q, object);
    if (str_eq(kind, "Pod"))
        json_set_str(json_object_get(object, "status"), "qosClass", quality_of_service(object));
}

void defaults_update(const struct request *q, struct kind *k, json_t *object, const json_t *old) {
    if (k->custom) {
        crd_shape_object(k, q->version, object);
        return;
    }
    fill(q, object, k->resource->kind);
    json_t *spec = json_object_get(object, "spec");
    const char *ip = json_str(old, "spec", "clusterIP", NULL);
    const char *type = json_str(spec, "type", NULL);
    /* A client that replaces a service without its address keeps the address. */
    if (str_eq(k->resource->kind, "Service") && ip && !str_eq(type, "ExternalName") && spec)
        str_default(spec, "clusterIP", ip);
    if (str_eq(k->resource->kind, "Namespace")) {
        json_t *finalizers = json_object_get(old, "spec");
        if (finalizers)
            json_object_set(object, "spec", finalizers);
    }
    json_t *status = json_incref(json_object_get(object, "status"));
    if (status)
        set_last(object, "status", status);
    else
        json_decref(status);
}
