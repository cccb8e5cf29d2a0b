#include "mocks/apiserver/validate.h"

#include "harness/core/base64.h"
#include "harness/core/buf.h"
#include "harness/core/str.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/validate_parts.h"

#include <ctype.h>

/* What the members would say: a federation itself lets every number pass. */
static void check_node_ports(const json_t *object, json_t *causes) {
    const json_t *ports = json_at(object, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        int64_t number = json_int(json_array_get(ports, i), 0, "nodePort", NULL);
        if (number == 0 || (number >= 30000 && number <= 32767))
            continue;
        CLEANUP(str_freep) char *field = xasprintf("spec.ports[%zu].nodePort", i);
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: %lld: provided port is not in the valid range. The range of "
                    "valid ports is 30000-32767",
                    (long long)number);
    }
}

static void check_role_binding(const json_t *object, json_t *causes) {
    const char *kind = json_str(object, "roleRef", "kind", NULL);
    const char *name = json_str(object, "roleRef", "name", NULL);
    if (!kind || (!str_eq(kind, "Role") && !str_eq(kind, "ClusterRole")))
        invalid_add(causes, "FieldValueNotSupported", "roleRef.kind",
                    "Unsupported value: \"%s\": supported values: \"ClusterRole\", \"Role\"",
                    kind ? kind : "");
    if (!name || !name[0])
        invalid_add(causes, "FieldValueRequired", "roleRef.name", "Required value");
}

/* Of a role: namespaced ones know no paths. */
static void check_rule(const json_t *rule, const char *at, bool namespaced, json_t *causes) {
    bool paths = json_array_size(json_object_get(rule, "nonResourceURLs")) > 0;
    bool groups = json_array_size(json_object_get(rule, "apiGroups")) > 0;
    bool resources = json_array_size(json_object_get(rule, "resources")) > 0;
    if (json_array_size(json_object_get(rule, "verbs")) == 0)
        validate_tell(causes, "FieldValueRequired", at, "verbs",
                      "Required value: verbs must contain at least one value");
    if (paths && namespaced)
        validate_tell(causes, "FieldValueInvalid", at, "nonResourceURLs",
                      "Invalid value: []string{...}: namespaced rules cannot apply to non-resource "
                      "URLs");
    if (paths && (groups || resources))
        validate_tell(causes, "FieldValueInvalid", at, "nonResourceURLs",
                      "Invalid value: []string{...}: rules cannot apply to both regular resources "
                      "and non-resource URLs");
    if (!paths && !groups)
        validate_tell(causes, "FieldValueRequired", at, "apiGroups",
                      "Required value: resource rules must supply at least one api group");
    if (!paths && !resources)
        validate_tell(causes, "FieldValueRequired", at, "resources",
                      "Required value: resource rules must supply at least one resource");
}

static void check_role(const json_t *object, bool namespaced, json_t *causes) {
    const json_t *rules = json_object_get(object, "rules");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        CLEANUP(str_freep) char *at = xasprintf("rules[%zu]", i);
        check_rule(json_array_get(rules, i), at, namespaced, causes);
    }
}

static void check_event(const json_t *object, json_t *causes) {
    const char *of = json_str(object, "involvedObject", "namespace", NULL);
    if (of && of[0] && !str_eq(of, json_str(object, "metadata", "namespace", NULL)))
        invalid_add(causes, "FieldValueInvalid", "involvedObject.namespace",
                    "Invalid value: \"%s\": does not match event.namespace", of);
}

static void check_claim(const json_t *object, json_t *causes) {
    static const char *const modes[] = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", NULL};
    const json_t *spec = json_object_get(object, "spec");
    const json_t *wanted = json_object_get(spec, "accessModes");
    if (json_array_size(wanted) == 0)
        invalid_add(causes, "FieldValueRequired", "spec.accessModes",
                    "Required value: at least 1 access mode is required");
    for (size_t i = 0; i < json_array_size(wanted); i++)
        validate_one_of(json_string_value(json_array_get(wanted, i)), "spec", "accessModes", modes,
                        causes);
    if (!json_at(spec, "resources", "requests", "storage", NULL))
        invalid_add(causes, "FieldValueRequired", "spec.resources[storage]", "Required value");
}

static void check_ingress(const json_t *object, json_t *causes) {
    const json_t *spec = json_object_get(object, "spec");
    const json_t *rules = json_object_get(spec, "rules");
    if (json_array_size(rules) == 0 && !json_object_get(spec, "backend") &&
        !json_object_get(spec, "defaultBackend"))
        invalid_add(causes, "FieldValueInvalid", "spec",
                    "Invalid value: []extensions.IngressRule(nil): either `backend` or `rules` "
                    "must be specified");
    for (size_t r = 0; r < json_array_size(rules); r++) {
        const json_t *paths = json_at(json_array_get(rules, r), "http", "paths", NULL);
        for (size_t i = 0; i < json_array_size(paths); i++) {
            const char *path = json_str(json_array_get(paths, i), "path", NULL);
            CLEANUP(str_freep) char *at = xasprintf("spec.rules[%zu].http.paths[%zu]", r, i);
            if (path && path[0] && path[0] != '/')
                validate_tell(causes, "FieldValueInvalid", at, "path",
                              "Invalid value: \"%s\": must be an absolute path", path);
        }
    }
}

static bool key_is_plain(const char *key) {
    size_t i = 0;
    while (isalnum((unsigned char)key[i]) || (key[i] && strchr("-_.", key[i])))
        i++;
    return i > 0 && !key[i];
}

/* The keys and the size of what config maps and secrets hold (IsConfigMapKey). A config map has no
 * field that could be too long, which is how the real server says it. */
static void check_data(const json_t *object, bool secret, json_t *causes) {
    enum { TOTAL_MAX = 1 << 20, KEY_MAX = 253 };
    size_t total = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(object, "data"), key, value) {
        CLEANUP(str_freep) char *field = xasprintf("data[%.300s]", key);
        const char *why = strlen(key) > KEY_MAX ? "must be no more than 253 characters"
                          : !key_is_plain(key)
                              ? "a valid config key must consist of alphanumeric "
                                "characters, '-', '_' or '.' (e.g. 'key.name',  or "
                                "'KEY_NAME',  or 'key-name', regex used for validation is "
                                "'[-._a-zA-Z0-9]+')"
                          : str_eq(key, ".")          ? "must not be '.'"
                          : str_eq(key, "..")         ? "must not be '..'"
                          : str_has_prefix(key, "..") ? "must not start with '..'"
                                                      : NULL;
        if (why)
            invalid_add(causes, "FieldValueInvalid", field, "Invalid value: \"%s\": %s", key, why);
        size_t len = json_string_length(value);
        total += secret ? len / 4 * 3 : len;
    }
    if (total > TOTAL_MAX)
        invalid_add(causes, "FieldValueTooLong", secret ? "data" : "[]",
                    "Too long: must have at most %d characters", TOTAL_MAX);
}

/* What a secret of one of the known types holds at least. */
static void check_secret(const json_t *object, json_t *causes) {
    static const struct {
        const char *type, *key;
    } needed[] = {{"kubernetes.io/tls", "tls.crt"},
                  {"kubernetes.io/tls", "tls.key"},
                  {"kubernetes.io/dockercfg", ".dockercfg"},
                  {"kubernetes.io/dockerconfigjson", ".dockerconfigjson"}};
    const char *type = json_str(object, "type", NULL);
    check_data(object, true, causes);
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        CLEANUP(str_freep) char *field = xasprintf("data[%s]", needed[i].key);
        if (str_eq(type, needed[i].type) &&
            !json_object_get(json_object_get(object, "data"), needed[i].key))
            invalid_add(causes, "FieldValueRequired", field, "Required value");
    }
}

static void check_autoscaler(const json_t *object, json_t *causes) {
    const json_t *spec = json_object_get(object, "spec");
    int64_t min = json_int(spec, 1, "minReplicas", NULL),
            max = json_int(spec, 0, "maxReplicas", NULL);
    if (min < 1)
        invalid_add(causes, "FieldValueInvalid", "spec.minReplicas",
                    "Invalid value: %lld: must be greater than 0", (long long)min);
    if (max < 1)
        invalid_add(causes, "FieldValueInvalid", "spec.maxReplicas",
                    "Invalid value: %lld: must be greater than 0", (long long)max);
    if (max < min)
        invalid_add(causes, "FieldValueInvalid", "spec.maxReplicas",
                    "Invalid value: %lld: must be greater than or equal to `minReplicas`",
                    (long long)max);
}

static void check_content(const struct kind *k, const json_t *object, json_t *causes) {
    static const char *const restarts[] = {"Always", "OnFailure", "Never", NULL};
    const char *kind = k->resource->kind;
    if (k->custom)
        return;
    if (str_eq(kind, "Pod"))
        validate_pod_spec(json_object_get(object, "spec"), "spec", restarts, causes);
    else if (str_eq(kind, "ReplicaSet") || str_eq(kind, "Deployment") ||
             str_eq(kind, "DaemonSet") || str_eq(kind, "StatefulSet") ||
             str_eq(kind, "ReplicationController"))
        validate_workload(object, kind, causes);
    else if (str_eq(kind, "Job"))
        validate_job(json_object_get(object, "spec"), "spec", causes);
    else if (str_eq(kind, "CronJob"))
        validate_cron_job(object, causes);
    else if (str_eq(kind, "Service"))
        validate_service(object, causes);
    else if (str_eq(kind, "RoleBinding") || str_eq(kind, "ClusterRoleBinding"))
        check_role_binding(object, causes);
    else if (str_eq(kind, "Role") || str_eq(kind, "ClusterRole"))
        check_role(object, str_eq(kind, "Role"), causes);
    else if (str_eq(kind, "PersistentVolumeClaim"))
        check_claim(object, causes);
    else if (str_eq(kind, "Event"))
        check_event(object, causes);
    else if (str_eq(kind, "Ingress"))
        check_ingress(object, causes);
    else if (str_eq(kind, "CustomResourceDefinition"))
        crd_validate(object, causes);
    else if (str_eq(kind, "ConfigMap"))
        check_data(object, false, causes);
    else if (str_eq(kind, "Secret"))
        check_secret(object, causes);
    else if (str_eq(kind, "HorizontalPodAutoscaler"))
        check_autoscaler(object, causes);
}

/* As pkg/apis/certificates/validation has it; v1beta1 fills in usages. */
static void check_signing_request(const json_t *object, json_t *causes) {
    const char *coded = json_str(object, "spec", "request", NULL);
    size_t len = 0;
    CLEANUP(str_freep) char *text = base64_decode(coded ? coded : "", &len);
    if (!text || !strstr(text, "-----BEGIN CERTIFICATE REQUEST-----")) {
        struct buf shown = BUF_INIT;
        for (size_t i = 0; text && i < len; i++)
            buf_addf(&shown, "%s0x%x", i ? ", " : "", (unsigned char)text[i]);
        invalid_add(causes, "FieldValueInvalid", "spec.request",
                    "Invalid value: []byte{%s}: PEM block type must be CERTIFICATE REQUEST",
                    buf_str(&shown));
        buf_release(&shown);
    }
    if (json_array_size(json_at(object, "spec", "usages", NULL)) == 0)
        invalid_add(causes, "FieldValueRequired", "spec.usages",
                    "Required value: usages must be provided");
}

void validate_create(const struct request *q, struct kind *k, const json_t *object,
                     json_t *causes) {
    validate_metadata(k, object, causes);
    check_content(k, object, causes);
    if (k->custom)
        crd_validate_object(k, q->version, object, causes);
    else if (q->server->o.ways.checks_node_ports && str_eq(k->resource->kind, "Service"))
        check_node_ports(object, causes);
    else if (str_eq(k->resource->kind, "CertificateSigningRequest"))
        check_signing_request(object, causes);
}

static void immutable(const json_t *now, const json_t *before, const char *field, json_t *causes) {
    if (!before || (now && json_equal(now, before)))
        return;
    char *shown = now ? json_dumps(now, JSON_COMPACT | JSON_ENCODE_ANY) : xstrdup("null");
    invalid_add(causes, "FieldValueInvalid", field, "Invalid value: %s: field is immutable", shown);
    free(shown);
}

/* Of a pod's spec only images, deadlines and tolerations may change. */
static void check_pod_update(const json_t *object, const json_t *old, json_t *causes) {
    json_t *now = json_deep_copy(json_object_get(object, "spec"));
    json_t *before = json_deep_copy(json_object_get(old, "spec"));
    static const char *const lists[] = {"containers", "initContainers"};
    static const char *const free_keys[] = {"activeDeadlineSeconds", "tolerations", "nodeName"};
    size_t i;
    json_t *c;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        json_array_foreach(json_object_get(now, lists[l]), i, c) json_object_del(c, "image");
        json_array_foreach(json_object_get(before, lists[l]), i, c) json_object_del(c, "image");
    }
    for (size_t f = 0; f < ARRAY_LEN(free_keys); f++) {
        json_object_del(now, free_keys[f]);
        json_object_del(before, free_keys[f]);
    }
    if (!json_equal(now, before))
        invalid_add(causes, "FieldValueForbidden", "spec",
                    "Forbidden: pod updates may not change fields other than "
                    "`spec.containers[*].image`, `spec.initContainers[*].image`, "
                    "`spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to "
                    "existing tolerations)");
    json_decref(now);
    json_decref(before);
}

/* Config maps and secrets that say so do not change any more, nor stop to say so. */
static void check_frozen(const json_t *object, const json_t *old, json_t *causes) {
    static const char *const keys[] = {"immutable", "data", "binaryData"};
    if (!json_is_true(json_object_get(old, "immutable")))
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const json_t *now = json_object_get(object, keys[i]);
        const json_t *before = json_object_get(old, keys[i]);
        if (now != before && !json_equal(now, before) &&
            (json_object_size(now) || json_object_size(before) || i == 0))
            invalid_add(causes, "FieldValueForbidden", keys[i],
                        "Forbidden: field is immutable when `immutable` is set");
    }
}

/* A claim is bound to a volume once, and may ask for more room. */
static void check_claim_update(const json_t *object, const json_t *old, json_t *causes) {
    json_t *now = json_copy(json_object_get(object, "spec"));
    json_t *before = json_copy(json_object_get(old, "spec"));
    const char *volume = json_str(before, "volumeName", NULL);
    json_object_del(now, "resources");
    json_object_del(before, "resources");
    if (!volume || !volume[0]) {
        json_object_del(now, "volumeName");
        json_object_del(before, "volumeName");
    }
    if (!json_equal(now, before))
        invalid_add(causes, "FieldValueForbidden", "spec",
                    "Forbidden: is immutable after creation except resources.requests for bound "
                    "claims");
    json_decref(now);
    json_decref(before);
}

static void check_stateful_update(const json_t *object, const json_t *old, json_t *causes) {
    static const char *const free_keys[] = {"replicas", "template", "updateStrategy"};
    json_t *now = json_copy(json_object_get(object, "spec"));
    json_t *before = json_copy(json_object_get(old, "spec"));
    for (size_t i = 0; i < ARRAY_LEN(free_keys); i++) {
        json_object_del(now, free_keys[i]);
        json_object_del(before, free_keys[i]);
    }
    if (!json_equal(now, before))
        invalid_add(causes, "FieldValueForbidden", "spec",
                    "Forbidden: updates to statefulset spec for fields other than 'replicas', "
                    "'template', and 'updateStrategy' are forbidden.");
    json_decref(now);
    json_decref(before);
}

void validate_update(const struct request *q, struct kind *k, const json_t *object,
                     const json_t *old, json_t *causes) {
    const char *kind = k->resource->kind;
    validate_metadata(k, object, causes);
    validate_metadata_update(object, old, causes);
    check_content(k, object, causes);
    if (k->custom) {
        crd_validate_object(k, q->version, object, causes);
        return;
    }
    const char *type = json_str(object, "spec", "type", NULL);
    if (str_eq(kind, "Service") && !q->server->federation && !str_eq(type, "ExternalName") &&
        json_str(old, "spec", "clusterIP", NULL) && json_str(old, "spec", "clusterIP", NULL)[0])
        immutable(json_at(object, "spec", "clusterIP", NULL),
                  json_at(old, "spec", "clusterIP", NULL), "spec.clusterIP", causes);
    if (str_eq(kind, "Pod") && !q->subresource[0] && !q->trusted)
        check_pod_update(object, old, causes);
    if (str_eq(q->group, "apps") && !str_eq(q->version, "v1beta1") &&
        (str_eq(kind, "Deployment") || str_eq(kind, "ReplicaSet") || str_eq(kind, "DaemonSet")))
        immutable(json_at(object, "spec", "selector", NULL), json_at(old, "spec", "selector", NULL),
                  "spec.selector", causes);
    if (str_eq(kind, "Job"))
        immutable(json_at(object, "spec", "template", NULL), json_at(old, "spec", "template", NULL),
                  "spec.template", causes);
    if (str_eq(kind, "Secret"))
        immutable(json_object_get(object, "type"), json_object_get(old, "type"), "type", causes);
    if (str_eq(kind, "Secret") || str_eq(kind, "ConfigMap"))
        check_frozen(object, old, causes);
    if (str_eq(kind, "PersistentVolumeClaim"))
        check_claim_update(object, old, causes);
    if (str_eq(kind, "StatefulSet"))
        check_stateful_update(object, old, causes);
    if (str_has_suffix(kind, "RoleBinding") &&
        !json_equal(json_object_get(object, "roleRef"), json_object_get(old, "roleRef")))
        invalid_add(causes, "FieldValueInvalid", "roleRef",
                    "Invalid value: rbac.RoleRef{APIGroup:\"%s\", Kind:\"%s\", Name:\"%s\"}: "
                    "cannot change roleRef",
                    json_str(object, "roleRef", "apiGroup", NULL),
                    json_str(object, "roleRef", "kind", NULL),
                    json_str(object, "roleRef", "name", NULL));
}
