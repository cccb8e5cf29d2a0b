#include "mocks/apiserver/validate.h"

#include "harness/core/str.h"
#include "harness/dns/dns_name.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/label.h"

#include <ctype.h>

#define DNS1123_LABEL                                                                             \
    "a DNS-1123 label must consist of lower case alphanumeric characters or '-', and must start " \
    "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "      \
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define DNS1035_LABEL                                                                            \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " \
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or "         \
    "'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

static void bad_name(json_t *causes, const char *name, const char *why) {
    invalid_add(causes, "FieldValueInvalid", "metadata.name", "Invalid value: \"%s\": %s", name,
                why);
}

static void check_name(const struct kind *k, const char *name, json_t *causes) {
    const char *kind = k->resource->kind;
    if (str_has_suffix(kind, "Role") || str_has_suffix(kind, "RoleBinding")) {
        if (str_eq(name, ".") || str_eq(name, ".."))
            bad_name(causes, name, "may not be '.' or '..'");
        else if (strpbrk(name, "/%"))
            bad_name(causes, name,
                     strchr(name, '/') ? "may not contain '/'" : "may not contain '%'");
    } else if (str_eq(kind, "Service")) {
        if (strlen(name) > 63)
            bad_name(causes, name, "must be no more than 63 characters");
        if (!dns_label_is_1123(name, strlen(name)) || isdigit((unsigned char)name[0]))
            bad_name(causes, name, DNS1035_LABEL);
    } else if (str_eq(kind, "Namespace")) {
        if (strlen(name) > 63)
            bad_name(causes, name, "must be no more than 63 characters");
        if (!dns_label_is_1123(name, strlen(name)))
            bad_name(causes, name, DNS1123_LABEL);
    } else {
        if (strlen(name) > 253)
            bad_name(causes, name, "must be no more than 253 characters");
        if (!dns_subdomain_is_1123(name))
            bad_name(causes, name, LABEL_DNS1123_SUBDOMAIN);
    }
}

static void check_metadata(const struct kind *k, const json_t *object, json_t *causes) {
    const char *name = json_str(object, "metadata", "name", NULL);
    if (!name || !name[0])
        invalid_add(causes, "FieldValueRequired", "metadata.name",
                    "Required value: name or generateName is required");
    else
        check_name(k, name, causes);
    label_check(object, causes);
}

static void check_port(json_t *causes, const char *field, int64_t port) {
    if (port < 1 || port > 65535)
        invalid_add(causes, "FieldValueInvalid", field,
                    "Invalid value: %lld: must be between 1 and 65535, inclusive", (long long)port);
}

static void check_container(const json_t *c, const char *at, json_t *causes) {
    const char *name = json_str(c, "name", NULL), *image = json_str(c, "image", NULL);
    CLEANUP(str_freep) char *name_field = xasprintf("%s.name", at);
    if (!name || !name[0])
        invalid_add(causes, "FieldValueRequired", name_field, "Required value");
    else if (!dns_label_is_1123(name, strlen(name)) || strlen(name) > 63)
        invalid_add(causes, "FieldValueInvalid", name_field, "Invalid value: \"%s\": %s", name,
                    DNS1123_LABEL);
    CLEANUP(str_freep) char *image_field = xasprintf("%s.image", at);
    if (!image || !image[0])
        invalid_add(causes, "FieldValueRequired", image_field, "Required value");
    const json_t *ports = json_object_get(c, "ports");
    for (size_t i = 0; i < json_array_size(ports); i++) {
        CLEANUP(str_freep) char *field = xasprintf("%s.ports[%zu].containerPort", at, i);
        const json_t *port = json_array_get(ports, i);
        if (!json_object_get(port, "containerPort"))
            invalid_add(causes, "FieldValueRequired", field, "Required value");
        else
            check_port(causes, field, json_int(port, 0, "containerPort", NULL));
    }
}

static void check_pod_spec(const json_t *spec, const char *at, bool always, json_t *causes) {
    const json_t *containers = json_object_get(spec, "containers");
    CLEANUP(str_freep) char *field = xasprintf("%s.containers", at);
    if (json_array_size(containers) == 0)
        invalid_add(causes, "FieldValueRequired", field, "Required value");
    for (size_t i = 0; i < json_array_size(containers); i++) {
        CLEANUP(str_freep) char *each = xasprintf("%s[%zu]", field, i);
        const char *name = json_str(json_array_get(containers, i), "name", NULL);
        check_container(json_array_get(containers, i), each, causes);
        for (size_t before = 0; name && before < i; before++)
            if (str_eq(name, json_str(json_array_get(containers, before), "name", NULL))) {
                CLEANUP(str_freep) char *twice = xasprintf("%s.name", each);
                invalid_add(causes, "FieldValueDuplicate", twice, "Duplicate value: \"%s\"", name);
                break;
            }
    }
    const char *restart = json_str(spec, "restartPolicy", NULL);
    CLEANUP(str_freep) char *restart_field = xasprintf("%s.restartPolicy", at);
    if (always && restart && !str_eq(restart, "Always"))
        invalid_add(causes, "FieldValueNotSupported", restart_field,
                    "Unsupported value: \"%s\": supported values: \"Always\"", restart);
    else if (restart && !str_eq(restart, "Always") && !str_eq(restart, "OnFailure") &&
             !str_eq(restart, "Never"))
        invalid_add(causes, "FieldValueNotSupported", restart_field,
                    "Unsupported value: \"%s\": supported values: \"Always\", \"OnFailure\", "
                    "\"Never\"",
                    restart);
}

/* Go's %#v of a map of strings. */
static char *go_map(const json_t *labels) {
    if (json_object_size(labels) == 0)
        return xstrdup(labels ? "map[string]string{}" : "map[string]string(nil)");
    struct buf b = BUF_INIT;
    buf_adds(&b, "map[string]string{");
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach(json_mutable(labels), key, value) {
        buf_addf(&b, "%s\"%s\":\"%s\"", first ? "" : ", ", key, json_string_value(value));
        first = false;
    }
    buf_addc(&b, '}');
    return buf_detach(&b);
}

static bool expression_holds(const json_t *e, const json_t *labels) {
    const char *op = json_str(e, "operator", NULL), *key = json_str(e, "key", NULL);
    const char *have = key ? json_string_value(json_object_get(labels, key)) : NULL;
    bool among = false;
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(e, "values"), i, value) among |=
        have && str_eq(have, json_string_value(value));
    return str_eq(op, "In")       ? among
           : str_eq(op, "NotIn")  ? !among
           : str_eq(op, "Exists") ? have != NULL
                                  : have == NULL;
}

static bool selects(const json_t *selector, const json_t *labels, bool plain) {
    const json_t *match = plain ? selector : json_object_get(selector, "matchLabels");
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(match), key,
                        value) if (!json_equal(value, json_object_get(labels, key))) return false;
    size_t i;
    if (!plain)
        json_array_foreach(json_object_get(selector, "matchExpressions"), i,
                           value) if (!expression_holds(value, labels)) return false;
    return true;
}

static void check_workload(const json_t *object, const char *kind, json_t *causes) {
    const json_t *spec = json_object_get(object, "spec");
    const json_t *selector = json_object_get(spec, "selector");
    const json_t *labels = json_at(spec, "template", "metadata", "labels", NULL);
    bool plain = str_eq(kind, "ReplicationController");
    int64_t replicas = json_int(spec, 0, "replicas", NULL);
    if (replicas < 0)
        invalid_add(causes, "FieldValueInvalid", "spec.replicas",
                    "Invalid value: %lld: must be greater than or equal to 0", (long long)replicas);
    if (!selector)
        invalid_add(causes, "FieldValueRequired", "spec.selector", "Required value");
    else if (json_object_size(selector) == 0 ||
             (!plain && json_object_size(json_object_get(selector, "matchLabels")) == 0 &&
              json_array_size(json_object_get(selector, "matchExpressions")) == 0))
        invalid_add(causes, "FieldValueInvalid", "spec.selector",
                    "Invalid value: v1.LabelSelector{MatchLabels:map[string]string{}, "
                    "MatchExpressions:[]v1.LabelSelectorRequirement{}}: empty selector is not "
                    "valid for %s.",
                    str_eq(kind, "Deployment") ? "deployment" : "replica set");
    if (!selector || !selects(selector, labels, plain)) {
        CLEANUP(str_freep) char *shown = go_map(labels);
        invalid_add(causes, "FieldValueInvalid", "spec.template.metadata.labels",
                    "Invalid value: %s: `selector` does not match template `labels`", shown);
    }
    check_pod_spec(json_at(spec, "template", "spec", NULL), "spec.template.spec", true, causes);
}

static void check_service_port(const json_t *ports, size_t i, json_t *causes) {
    const json_t *port = json_array_get(ports, i);
    const char *name = json_str(port, "name", NULL), *protocol = json_str(port, "protocol", NULL);
    CLEANUP(str_freep) char *at = xasprintf("spec.ports[%zu]", i);
    CLEANUP(str_freep) char *name_field = xasprintf("%s.name", at);
    CLEANUP(str_freep) char *port_field = xasprintf("%s.port", at);
    CLEANUP(str_freep) char *protocol_field = xasprintf("%s.protocol", at);
    if ((!name || !name[0]) && json_array_size(ports) > 1)
        invalid_add(causes, "FieldValueRequired", name_field, "Required value");
    else if (name && name[0] && !dns_label_is_1123(name, strlen(name)))
        invalid_add(causes, "FieldValueInvalid", name_field, "Invalid value: \"%s\": %s", name,
                    DNS1123_LABEL);
    check_port(causes, port_field, json_int(port, 0, "port", NULL));
    if (protocol && !str_eq(protocol, "TCP") && !str_eq(protocol, "UDP"))
        invalid_add(causes, "FieldValueNotSupported", protocol_field,
                    "Unsupported value: \"%s\": supported values: \"TCP\", \"UDP\"", protocol);
    const json_t *target = json_object_get(port, "targetPort");
    CLEANUP(str_freep) char *target_field = xasprintf("%s.targetPort", at);
    if (json_is_integer(target))
        check_port(causes, target_field, json_integer_value(target));
    for (size_t before = 0; before < i; before++) {
        const json_t *other = json_array_get(ports, before);
        if (name && name[0] && str_eq(name, json_str(other, "name", NULL)))
            invalid_add(causes, "FieldValueDuplicate", name_field, "Duplicate value: \"%s\"", name);
        else if (json_int(port, 0, "port", NULL) == json_int(other, 0, "port", NULL) &&
                 str_eq(protocol, json_str(other, "protocol", NULL)))
            invalid_add(causes, "FieldValueDuplicate", at,
                        "Duplicate value: core.ServicePort{Name:\"\", Protocol:\"%s\", Port:%lld, "
                        "TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}",
                        protocol, (long long)json_int(port, 0, "port", NULL));
    }
}

static void check_service(const json_t *object, json_t *causes) {
    const char *type = json_str(object, "spec", "type", NULL);
    const char *external = json_str(object, "spec", "externalName", NULL);
    const char *ip = json_str(object, "spec", "clusterIP", NULL);
    const json_t *ports = json_at(object, "spec", "ports", NULL);
    if (json_array_size(ports) == 0 && !str_eq(ip, "None") && !str_eq(type, "ExternalName"))
        invalid_add(causes, "FieldValueRequired", "spec.ports", "Required value");
    for (size_t i = 0; i < json_array_size(ports) && i < 1000; i++)
        check_service_port(ports, i, causes);
    if (!str_eq(type, "ClusterIP") && !str_eq(type, "NodePort") && !str_eq(type, "LoadBalancer") &&
        !str_eq(type, "ExternalName"))
        invalid_add(causes, "FieldValueNotSupported", "spec.type",
                    "Unsupported value: \"%s\": supported values: \"ClusterIP\", "
                    "\"ExternalName\", \"LoadBalancer\", \"NodePort\"",
                    type ? type : "");
    if (str_eq(type, "ExternalName") && (!external || !external[0]))
        invalid_add(causes, "FieldValueRequired", "spec.externalName", "Required value");
}

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
    const char *kind = k->resource->kind;
    if (k->custom)
        return;
    if (str_eq(kind, "Pod"))
        check_pod_spec(json_object_get(object, "spec"), "spec", false, causes);
    else if (str_eq(kind, "ReplicaSet") || str_eq(kind, "Deployment") ||
             str_eq(kind, "DaemonSet") || str_eq(kind, "StatefulSet") ||
             str_eq(kind, "ReplicationController"))
        check_workload(object, kind, causes);
    else if (str_eq(kind, "Service"))
        check_service(object, causes);
    else if (str_eq(kind, "RoleBinding") || str_eq(kind, "ClusterRoleBinding"))
        check_role_binding(object, causes);
    else if (str_eq(kind, "CustomResourceDefinition"))
        crd_validate(object, causes);
    else if (str_eq(kind, "ConfigMap") || str_eq(kind, "Secret"))
        check_data(object, str_eq(kind, "Secret"), causes);
    else if (str_eq(kind, "HorizontalPodAutoscaler"))
        check_autoscaler(object, causes);
}

void validate_create(const struct request *q, struct kind *k, const json_t *object,
                     json_t *causes) {
    check_metadata(k, object, causes);
    check_content(k, object, causes);
    if (k->custom)
        crd_validate_object(k, q->version, object, causes);
    else if (q->server->o.ways.checks_node_ports && str_eq(k->resource->kind, "Service"))
        check_node_ports(object, causes);
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
    check_metadata(k, object, causes);
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
