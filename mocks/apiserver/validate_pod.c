/* The spec of a pod, of its own or of a template. */
#include "mocks/apiserver/validate_parts.h"

#include "harness/core/str.h"
#include "mocks/apiserver/quantity.h"

#include <ctype.h>

static bool given(const json_t *value) {
    return value && !json_is_null(value);
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void required(json_t *causes, const char *at, const char *field) {
    validate_tell(causes, "FieldValueRequired", at, field, "Required value");
}

static void need_text(const json_t *object, const char *key, const char *at, json_t *causes) {
    if (!text_of(object, key)[0])
        required(causes, at, key);
}

/* The first i elements of the list have no member key of that value. */
static void unique(const json_t *list, size_t i, const char *key, const char *at, json_t *causes) {
    const char *value = text_of(json_array_get(list, i), key);
    for (size_t before = 0; value[0] && before < i; before++) {
        if (!str_eq(value, text_of(json_array_get(list, before), key)))
            continue;
        validate_tell(causes, "FieldValueDuplicate", at, key, "Duplicate value: \"%s\"", value);
        return;
    }
}

static void check_volume(const json_t *volumes, size_t i, const char *at, json_t *causes) {
    static const struct {
        const char *source, *key;
    } needed[] = {{"hostPath", "path"},
                  {"secret", "secretName"},
                  {"configMap", "name"},
                  {"persistentVolumeClaim", "claimName"}};
    const json_t *volume = json_array_get(volumes, i);
    for (size_t n = 0; n < ARRAY_LEN(needed); n++) {
        const json_t *source = json_object_get(volume, needed[n].source);
        CLEANUP(str_freep) char *below = xasprintf("%s.%s", at, needed[n].source);
        if (json_is_object(source))
            need_text(source, needed[n].key, below, causes);
    }
    need_text(volume, "name", at, causes);
    if (text_of(volume, "name")[0])
        validate_label(text_of(volume, "name"), at, "name", causes);
    unique(volumes, i, "name", at, causes);
}

static void check_mount(const json_t *mounts, size_t i, const json_t *volumes, const char *at,
                        json_t *causes) {
    const json_t *mount = json_array_get(mounts, i);
    const char *name = text_of(mount, "name"), *path = text_of(mount, "mountPath");
    bool found = false;
    for (size_t v = 0; v < json_array_size(volumes); v++)
        found |= str_eq(name, text_of(json_array_get(volumes, v), "name"));
    need_text(mount, "name", at, causes);
    if (name[0] && !found)
        validate_tell(causes, "FieldValueNotFound", at, "name", "Not found: \"%s\"", name);
    need_text(mount, "mountPath", at, causes);
    for (size_t before = 0; path[0] && before < i; before++)
        if (str_eq(path, text_of(json_array_get(mounts, before), "mountPath")))
            validate_tell(causes, "FieldValueInvalid", at, "mountPath",
                          "Invalid value: \"%s\": must be unique", path);
}

/* Where a variable comes from, when it is not written down. */
static void check_env_source(const json_t *env, const char *at, json_t *causes) {
    static const char *const sources[] = {"fieldRef", "resourceFieldRef", "configMapKeyRef",
                                          "secretKeyRef"};
    const json_t *from = json_object_get(env, "valueFrom");
    size_t count = 0;
    if (!json_is_object(from))
        return;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        const json_t *source = json_object_get(from, sources[i]);
        CLEANUP(str_freep) char *below = xasprintf("%s.valueFrom.%s", at, sources[i]);
        count += json_is_object(source);
        if (json_is_object(source) && i >= 2)
            need_text(source, "key", below, causes);
    }
    const char *why =
        count == 0 ? "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
                     "`secretKeyRef`"
        : text_of(env, "value")[0] ? "may not be specified when `value` is not empty"
        : count > 1                ? "may not have more than one field specified at a time"
                                   : NULL;
    if (why)
        validate_tell(causes, "FieldValueInvalid", at, "valueFrom", "Invalid value: \"\": %s", why);
}

static void check_env(const json_t *env, const char *at, json_t *causes) {
    const char *name = text_of(env, "name");
    size_t i = 0;
    while (isalnum((unsigned char)name[i]) || (name[i] && strchr("-_.", name[i])))
        i++;
    if (!name[0])
        required(causes, at, "name");
    else if (name[i] || isdigit((unsigned char)name[0]))
        validate_tell(causes, "FieldValueInvalid", at, "name",
                      "Invalid value: \"%s\": a valid environment variable name must consist of "
                      "alphabetic characters, digits, '_', '-', or '.', and must not start with a "
                      "digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used "
                      "for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
                      name);
    check_env_source(env, at, causes);
}

static void check_container_port(const json_t *ports, size_t i, const char *at, json_t *causes) {
    static const char *const protocols[] = {"TCP", "UDP", NULL};
    const json_t *port = json_array_get(ports, i);
    if (text_of(port, "name")[0])
        validate_port_name(text_of(port, "name"), at, "name", causes);
    unique(ports, i, "name", at, causes);
    if (json_int(port, 0, "containerPort", NULL) == 0)
        required(causes, at, "containerPort");
    else
        validate_port(json_int(port, 0, "containerPort", NULL), at, "containerPort", causes);
    if (json_int(port, 0, "hostPort", NULL) != 0)
        validate_port(json_int(port, 0, "hostPort", NULL), at, "hostPort", causes);
    if (given(json_object_get(port, "protocol")))
        validate_one_of(text_of(port, "protocol"), at, "protocol", protocols, causes);
}

static void check_probe(const json_t *container, const char *key, const char *at, json_t *causes) {
    static const char *const counts[] = {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                         "successThreshold", "failureThreshold"};
    const json_t *probe = json_object_get(container, key);
    CLEANUP(str_freep) char *here = xasprintf("%s.%s", at, key);
    if (!json_is_object(probe))
        return;
    if (!given(json_object_get(probe, "exec")) && !given(json_object_get(probe, "httpGet")) &&
        !given(json_object_get(probe, "tcpSocket")) && !given(json_object_get(probe, "grpc")))
        invalid_add(causes, "FieldValueRequired", here,
                    "Required value: must specify a handler type");
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        validate_not_negative(probe, here, counts[i], causes);
}

/* What a container may ask for: of the standard resources, or any with a domain. */
static void check_resource_name(const char *name, const char *at, json_t *causes) {
    static const char *const standard[] = {"cpu", "memory", "ephemeral-storage", "storage"};
    bool known = strchr(name, '/') || str_has_prefix(name, "hugepages-");
    for (size_t i = 0; i < ARRAY_LEN(standard); i++)
        known |= str_eq(name, standard[i]);
    if (known)
        return;
    invalid_add(causes, "FieldValueInvalid", at,
                "Invalid value: \"%s\": must be a standard resource type or fully qualified", name);
    invalid_add(causes, "FieldValueInvalid", at,
                "Invalid value: \"%s\": must be a standard resource for containers", name);
}

static void check_resources(const json_t *resources, const char *at, json_t *causes) {
    static const char *const lists[] = {"limits", "requests"};
    const json_t *limits = json_object_get(resources, "limits");
    const char *name;
    json_t *value;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        json_object_foreach(json_object_get(resources, lists[l]), name, value) {
            CLEANUP(str_freep) char *field = xasprintf("%s.%s[%s]", at, lists[l], name);
            const char *text = json_string_value(value),
                       *limit = json_string_value(json_object_get(limits, name));
            double amount = 0, most = 0;
            check_resource_name(name, field, causes);
            if (text && quantity_parse(text, &amount) && amount < 0)
                invalid_add(causes, "FieldValueInvalid", field,
                            "Invalid value: \"%s\": must be greater than or equal to 0", text);
            if (l == 1 && text && limit && quantity_parse(limit, &most) && amount > most)
                validate_tell(causes, "FieldValueInvalid", at, "requests",
                              "Invalid value: \"%s\": must be less than or equal to %s limit", text,
                              name);
        }
    }
}

/* Calls check with each element of the list that stands at at.key, and its place. */
static void each(const json_t *list, const char *at, const char *key, json_t *causes,
                 void (*check)(const json_t *list, size_t i, const char *at, json_t *causes)) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(str_freep) char *here = xasprintf("%s.%s[%zu]", at, key, i);
        check(list, i, here, causes);
    }
}

static void check_env_of(const json_t *list, size_t i, const char *at, json_t *causes) {
    check_env(json_array_get(list, i), at, causes);
}

static void check_container(const json_t *c, const char *at, const json_t *volumes,
                            json_t *causes) {
    static const char *const pull_policies[] = {"Always", "IfNotPresent", "Never", NULL};
    const json_t *mounts = json_object_get(c, "volumeMounts");
    need_text(c, "name", at, causes);
    if (text_of(c, "name")[0])
        validate_label(text_of(c, "name"), at, "name", causes);
    need_text(c, "image", at, causes);
    check_probe(c, "livenessProbe", at, causes);
    check_probe(c, "readinessProbe", at, causes);
    each(json_object_get(c, "ports"), at, "ports", causes, check_container_port);
    each(json_object_get(c, "env"), at, "env", causes, check_env_of);
    for (size_t i = 0; i < json_array_size(mounts); i++) {
        CLEANUP(str_freep) char *here = xasprintf("%s.volumeMounts[%zu]", at, i);
        check_mount(mounts, i, volumes, here, causes);
    }
    if (given(json_object_get(c, "imagePullPolicy")))
        validate_one_of(text_of(c, "imagePullPolicy"), at, "imagePullPolicy", pull_policies,
                        causes);
    CLEANUP(str_freep) char *resources = xasprintf("%s.resources", at);
    check_resources(json_object_get(c, "resources"), resources, causes);
}

static void check_containers(const json_t *spec, const char *key, const char *at, json_t *causes) {
    const json_t *list = json_object_get(spec, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(str_freep) char *here = xasprintf("%s.%s[%zu]", at, key, i);
        check_container(json_array_get(list, i), here, json_object_get(spec, "volumes"), causes);
        unique(list, i, "name", here, causes);
    }
}

/* Containers that run before the others: with names of their own, and nothing that probes them. */
static void check_init_containers(const json_t *spec, const char *at, json_t *causes) {
    const json_t *first = json_object_get(spec, "initContainers");
    const json_t *others = json_object_get(spec, "containers");
    check_containers(spec, "initContainers", at, causes);
    for (size_t i = 0; i < json_array_size(first); i++) {
        const char *name = text_of(json_array_get(first, i), "name");
        CLEANUP(str_freep) char *here = xasprintf("%s.initContainers[%zu]", at, i);
        for (size_t o = 0; o < json_array_size(others); o++)
            if (name[0] && str_eq(name, text_of(json_array_get(others, o), "name")))
                validate_tell(causes, "FieldValueDuplicate", here, "name",
                              "Duplicate value: \"%s\"", name);
    }
}

void validate_pod_spec(const json_t *spec, const char *at, const char *const restarts[],
                       json_t *causes) {
    static const char *const dns_policies[] = {"ClusterFirstWithHostNet", "ClusterFirst", "Default",
                                               "None", NULL};
    each(json_object_get(spec, "volumes"), at, "volumes", causes, check_volume);
    if (json_array_size(json_object_get(spec, "containers")) == 0)
        required(causes, at, "containers");
    check_containers(spec, "containers", at, causes);
    check_init_containers(spec, at, causes);
    if (given(json_object_get(spec, "restartPolicy")))
        validate_one_of(text_of(spec, "restartPolicy"), at, "restartPolicy", restarts, causes);
    if (given(json_object_get(spec, "dnsPolicy")))
        validate_one_of(text_of(spec, "dnsPolicy"), at, "dnsPolicy", dns_policies, causes);
    if (given(json_object_get(spec, "activeDeadlineSeconds")) &&
        json_int(spec, 0, "activeDeadlineSeconds", NULL) < 1)
        validate_tell(causes, "FieldValueInvalid", at, "activeDeadlineSeconds",
                      "Invalid value: %lld: must be between 1 and 2147483647, inclusive",
                      (long long)json_int(spec, 0, "activeDeadlineSeconds", NULL));
}
