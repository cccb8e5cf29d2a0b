#include "mocks/apiserver/convert.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/object.h"

/* Where autoscaling/v1 keeps what it has no fields for. */
#define METRICS "autoscaling.alpha.kubernetes.io/metrics"
#define BEHAVIOR "autoscaling.alpha.kubernetes.io/behavior"

static void rename_key(json_t *object, const char *from, const char *to) {
    json_t *value = json_object_get(object, from);
    if (!value)
        return;
    json_object_set(object, to, value);
    json_object_del(object, from);
}

/* --- ingresses: extensions/v1beta1 and networking.k8s.io/v1 ----------------------------------- */

static void backend_to_v1(json_t *backend) {
    const char *name = json_str(backend, "serviceName", NULL);
    json_t *port = json_object_get(backend, "servicePort");
    if (!name && !port)
        return;
    json_t *service = json_object();
    json_set_str(service, "name", name ? name : "");
    if (json_is_integer(port) || json_is_string(port)) {
        json_t *number = json_object();
        json_object_set(number, json_is_integer(port) ? "number" : "name", port);
        json_object_set_new(service, "port", number);
    }
    json_object_del(backend, "serviceName");
    json_object_del(backend, "servicePort");
    json_object_set_new(backend, "service", service);
}

static void backend_to_beta(json_t *backend) {
    json_t *service = json_object_get(backend, "service");
    if (!json_is_object(service))
        return;
    json_t *port = json_at(service, "port", "number", NULL);
    if (!port)
        port = json_at(service, "port", "name", NULL);
    json_set_str(backend, "serviceName", json_str(service, "name", NULL));
    if (port)
        json_object_set(backend, "servicePort", port);
    json_object_del(backend, "service");
}

static void each_path(json_t *spec, void (*change)(json_t *backend), bool typed) {
    size_t i, k;
    json_t *rule, *path;
    json_array_foreach(json_object_get(spec, "rules"), i, rule) {
        json_array_foreach(json_at(rule, "http", "paths", NULL), k, path) {
            change(json_object_get(path, "backend"));
            if (typed && !json_object_get(path, "pathType"))
                json_set_str(path, "pathType", "ImplementationSpecific");
        }
    }
}

static void ingress_to_v1(json_t *o) {
    json_t *spec = json_object_get(o, "spec");
    backend_to_v1(json_object_get(spec, "backend"));
    rename_key(spec, "backend", "defaultBackend");
    each_path(spec, backend_to_v1, true);
}

static void ingress_to_beta(json_t *o) {
    json_t *spec = json_object_get(o, "spec");
    rename_key(spec, "defaultBackend", "backend");
    backend_to_beta(json_object_get(spec, "backend"));
    each_path(spec, backend_to_beta, false);
}

/* --- autoscalers: autoscaling/v1 and v2 ------------------------------------------------------- */

static json_t *cpu_metric(int64_t percent, const char *what) {
    return json_pack("{s:s,s:{s:s,s:{s:s,s:I}}}", "type", "Resource", "resource", "name", "cpu",
                     what, "type", "Utilization", "averageUtilization", (json_int_t)percent);
}

static bool is_cpu(const json_t *metric, const char *what) {
    return str_eq(json_str(metric, "resource", "name", NULL), "cpu") &&
           json_is_integer(json_at(metric, "resource", what, "averageUtilization", NULL));
}

/* Takes what was kept in an annotation; owned or NULL. */
static json_t *unkeep(json_t *o, const char *key) {
    json_t *annotations = json_at(o, "metadata", "annotations", NULL);
    const char *text = json_string_value(json_object_get(annotations, key));
    json_t *value = text ? json_parse(text, strlen(text), key, NULL) : NULL;
    if (value)
        json_object_del(annotations, key);
    if (annotations && json_object_size(annotations) == 0)
        json_object_del(json_object_get(o, "metadata"), "annotations");
    return value;
}

static void keep(json_t *o, const char *key, const json_t *value) {
    CLEANUP(str_freep) char *text = json_text(value);
    json_t *meta = json_ensure_object(o, "metadata");
    json_set_str(json_ensure_object(meta, "annotations"), key, text);
}

/* What v1 has no field for comes first, whatever stood first when it was written
 * (kubernetes#74099). */
static void hpa_to_v2(json_t *o) {
    json_t *spec = json_object_get(o, "spec"), *status = json_object_get(o, "status");
    CLEANUP(json_freep) json_t *others = unkeep(o, METRICS);
    CLEANUP(json_freep) json_t *behavior = unkeep(o, BEHAVIOR);
    json_t *metrics = json_array();
    if (json_is_array(others))
        json_array_extend(metrics, others);
    int64_t target = json_int(spec, -1, "targetCPUUtilizationPercentage", NULL);
    if (target >= 0)
        json_array_append_new(metrics, cpu_metric(target, "target"));
    json_object_del(spec, "targetCPUUtilizationPercentage");
    if (json_array_size(metrics))
        json_object_set(spec, "metrics", metrics);
    json_decref(metrics);
    if (json_is_object(behavior))
        json_object_set(spec, "behavior", behavior);
    int64_t current = json_int(status, -1, "currentCPUUtilizationPercentage", NULL);
    json_object_del(status, "currentCPUUtilizationPercentage");
    if (current >= 0)
        json_object_set_new(status, "currentMetrics",
                            json_pack("[o]", cpu_metric(current, "current")));
}

static void hpa_to_v1(json_t *o) {
    json_t *spec = json_object_get(o, "spec"), *status = json_object_get(o, "status");
    CLEANUP(json_freep) json_t *others = json_array();
    json_t *metric;
    size_t i;
    json_array_foreach(json_object_get(spec, "metrics"), i, metric) {
        if (is_cpu(metric, "target") && !json_object_get(spec, "targetCPUUtilizationPercentage"))
            json_object_set(spec, "targetCPUUtilizationPercentage",
                            json_at(metric, "resource", "target", "averageUtilization", NULL));
        else
            json_array_append(others, metric);
    }
    if (json_array_size(others))
        keep(o, METRICS, others);
    if (json_is_object(json_object_get(spec, "behavior")))
        keep(o, BEHAVIOR, json_object_get(spec, "behavior"));
    json_object_del(spec, "metrics");
    json_object_del(spec, "behavior");
    json_array_foreach(json_object_get(status, "currentMetrics"), i, metric) {
        if (is_cpu(metric, "current"))
            json_object_set(status, "currentCPUUtilizationPercentage",
                            json_at(metric, "resource", "current", "averageUtilization", NULL));
    }
    json_object_del(status, "currentMetrics");
    json_object_del(status, "conditions");
}

/* --- definitions: apiextensions.k8s.io/v1beta1 and v1 ----------------------------------------- */

static void rename_columns(json_t *columns, const char *from, const char *to) {
    size_t i;
    json_t *column;
    json_array_foreach(columns, i, column) rename_key(column, from, to);
}

/* v1 has for each version what v1beta1 has for all. */
static void crd_to_v1(json_t *o) {
    static const char *const shared[][2] = {{"validation", "schema"},
                                            {"subresources", "subresources"},
                                            {"additionalPrinterColumns", NULL}};
    json_t *spec = json_object_get(o, "spec"), *versions = json_ensure_array(spec, "versions");
    if (json_array_size(versions) == 0)
        json_array_append_new(versions,
                              json_pack("{s:s*,s:b,s:b}", "name", json_str(spec, "version", NULL),
                                        "served", 1, "storage", 1));
    size_t i;
    json_t *version;
    json_array_foreach(versions, i, version) {
        for (size_t k = 0; k < ARRAY_LEN(shared); k++) {
            const char *to = shared[k][1] ? shared[k][1] : shared[k][0];
            json_t *value = json_object_get(spec, shared[k][0]);
            if (value && !json_object_get(version, to))
                json_object_set_new(version, to, json_deep_copy(value));
        }
        rename_columns(json_object_get(version, "additionalPrinterColumns"), "JSONPath",
                       "jsonPath");
    }
    for (size_t k = 0; k < ARRAY_LEN(shared); k++)
        json_object_del(spec, shared[k][0]);
    json_object_del(spec, "version");
    if (!json_object_get(spec, "conversion"))
        json_object_set_new(spec, "conversion", json_pack("{s:s}", "strategy", "None"));
    if (!json_is_true(json_object_get(spec, "preserveUnknownFields")))
        json_object_del(spec, "preserveUnknownFields");
}

static void crd_to_beta(json_t *o) {
    json_t *spec = json_object_get(o, "spec"), *version;
    const char *first = json_str(spec, "versions", "[0]", "name", NULL);
    size_t i;
    if (first)
        json_set_str(spec, "version", first);
    json_array_foreach(json_object_get(spec, "versions"), i, version) rename_columns(
        json_object_get(version, "additionalPrinterColumns"), "jsonPath", "JSONPath");
    if (!json_object_get(spec, "preserveUnknownFields"))
        json_set_bool(spec, "preserveUnknownFields", false); /* what v1 means by saying nothing */
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct conversion {
    const char *kind, *group, *version;
    void (*to)(json_t *object);   /* from what is stored */
    void (*back)(json_t *object); /* to what is stored */
} conversions[] = {
    {"Ingress", "networking.k8s.io", "v1", ingress_to_v1, ingress_to_beta},
    {"HorizontalPodAutoscaler", "autoscaling", "v2", hpa_to_v2, hpa_to_v1},
    {"CustomResourceDefinition", "apiextensions.k8s.io", "v1", crd_to_v1, crd_to_beta},
};

static const struct conversion *find(const struct resource *r, size_t home) {
    for (size_t i = 0; i < ARRAY_LEN(conversions); i++)
        if (str_eq(conversions[i].kind, r->kind) &&
            str_eq(conversions[i].group, r->homes[home].group) &&
            str_eq(conversions[i].version, r->homes[home].version))
            return &conversions[i];
    return NULL;
}

bool convert_differs(const struct resource *r, size_t home) {
    return find(r, home) != NULL;
}

void convert_to_home(const struct resource *r, size_t home, json_t *object) {
    static const char *const changed[] = {"metadata", "spec", "status"};
    const struct conversion *c = find(r, home);
    if (!c)
        return;
    for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
        json_t *copy = json_deep_copy(json_object_get(object, changed[i]));
        if (copy)
            json_object_set_new(object, changed[i], copy);
    }
    c->to(object);
}

void convert_to_storage(const struct resource *r, size_t home, json_t *object) {
    const char *version = json_str(object, "apiVersion", NULL);
    for (size_t i = 0; version && r->homes[i].group; i++) {
        CLEANUP(str_freep) char *served = object_api_version(&r->homes[i]);
        if (str_eq(served, version))
            home = i;
    }
    const struct conversion *c = find(r, home);
    if (!c)
        return;
    c->back(object);
    CLEANUP(str_freep) char *stored = object_api_version(&r->homes[0]);
    json_set_str(object, "apiVersion", stored);
}
