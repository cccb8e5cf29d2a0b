/* The spec of a pod, of its own or of a template. */
#include "mocks/apiserver/validate_parts.h"

#include "harness/core/json.h"
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

/* The texts of one member of a list, as a set: a list may be long. */
static bool add_text(json_t *set, const char *text) {
    if (json_object_get(set, text))
        return false;
    json_object_set_new_nocheck(set, text, json_true());
    return true;
}

static json_t *texts_of(const json_t *list, const char *key) {
    json_t *set = json_object();
    for (size_t i = 0; i < json_array_size(list); i++)
        add_text(set, text_of(json_array_get(list, i), key));
    return set;
}

/* seen: those of the elements before. */
static void unique(const json_t *one, json_t *seen, const char *key, const char *at,
                   json_t *causes) {
    const char *value = text_of(one, key);
    if (value[0] && !add_text(seen, value))
        validate_tell(causes, "FieldValueDuplicate", at, key, "Duplicate value: \"%s\"", value);
}

static void check_volume(const json_t *volume, json_t *seen, const char *at, json_t *causes) {
    static const struct {
        const char *source, *key;
    } needed[] = {{"hostPath", "path"},
                  {"secret", "secretName"},
                  {"configMap", "name"},
                  {"persistentVolumeClaim", "claimName"}};
    for (size_t n = 0; n < ARRAY_LEN(needed); n++) {
        const json_t *source = json_object_get(volume, needed[n].source);
        CLEANUP(str_freep) char *below = xasprintf("%s.%s", at, needed[n].source);
        if (json_is_object(source))
            need_text(source, needed[n].key, below, causes);
    }
    need_text(volume, "name", at, causes);
    if (text_of(volume, "name")[0])
        validate_label(text_of(volume, "name"), at, "name", causes);
    unique(volume, seen, "name", at, causes);
}

/* volumes, paths: the names of all volumes, and where those before are mounted. */
static void check_mount(const json_t *mount, const json_t *volumes, json_t *paths, const char *at,
                        json_t *causes) {
    const char *name = text_of(mount, "name"), *path = text_of(mount, "mountPath");
    need_text(mount, "name", at, causes);
    if (name[0] && !json_object_get(volumes, name))
        validate_tell(causes, "FieldValueNotFound", at, "name", "Not found: \"%s\"", name);
    need_text(mount, "mountPath", at, causes);
    if (path[0] && !add_text(paths, path))
        validate_tell(causes, "FieldValueInvalid", at, "mountPath",
                      "Invalid value: \"%s\": must be unique", path);
}

static void check_mounts(const json_t *mounts, const json_t *volumes, const char *at,
                         json_t *causes) {
    CLEANUP(json_freep) json_t *paths = json_object();
    for (size_t i = 0; i < json_array_size(mounts); i++) {
        CLEANUP(str_freep) char *here = xasprintf("%s.volumeMounts[%zu]", at, i);
        check_mount(json_array_get(mounts, i), volumes, paths, here, causes);
    }
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

static void check_env(const json_t *env, json_t *seen, const char *at, json_t *causes) {
    (void)seen; /* the last of the same name counts */
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

static void check_container_port(const json_t *port, json_t *seen, const char *at, json_t *causes) {
    static const char *const protocols[] = {"TCP", "UDP", NULL};
    if (text_of(port, "name")[0])
        validate_port_name(text_of(port, "name"), at, "name", causes);
    unique(port, seen, "name", at, causes);
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

/* Calls check with each element of the list that stands at at.key, a set of the list's own, and
 * its place. */
static void each(const json_t *list, const char *at, const char *key, json_t *causes,
                 void (*check)(const json_t *one, json_t *seen, const char *at, json_t *causes)) {
    CLEANUP(json_freep) json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(str_freep) char *here = xasprintf("%s.%s[%zu]", at, key, i);
        check(json_array_get(list, i), seen, here, causes);
    }
}

static void check_container(const json_t *c, const char *at, const json_t *volumes,
                            json_t *causes) {
    static const char *const pull_policies[] = {"Always", "IfNotPresent", "Never", NULL};
    need_text(c, "name", at, causes);
    if (text_of(c, "name")[0])
        validate_label(text_of(c, "name"), at, "name", causes);
    need_text(c, "image", at, causes);
    check_probe(c, "livenessProbe", at, causes);
    check_probe(c, "readinessProbe", at, causes);
    each(json_object_get(c, "ports"), at, "ports", causes, check_container_port);
    each(json_object_get(c, "env"), at, "env", causes, check_env);
    check_mounts(json_object_get(c, "volumeMounts"), volumes, at, causes);
    if (given(json_object_get(c, "imagePullPolicy")))
        validate_one_of(text_of(c, "imagePullPolicy"), at, "imagePullPolicy", pull_policies,
                        causes);
    CLEANUP(str_freep) char *resources = xasprintf("%s.resources", at);
    check_resources(json_object_get(c, "resources"), resources, causes);
}

/* volumes: their names. */
static void check_containers(const json_t *list, const char *key, const char *at,
                             const json_t *volumes, json_t *causes) {
    CLEANUP(json_freep) json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        CLEANUP(str_freep) char *here = xasprintf("%s.%s[%zu]", at, key, i);
        check_container(c, here, volumes, causes);
        unique(c, seen, "name", here, causes);
    }
}

/* Containers that run before the others have names of their own. */
static void check_init_names(const json_t *first, const json_t *others, const char *at,
                             json_t *causes) {
    CLEANUP(json_freep) json_t *taken = texts_of(others, "name");
    for (size_t i = 0; i < json_array_size(first); i++) {
        const char *name = text_of(json_array_get(first, i), "name");
        CLEANUP(str_freep) char *here = xasprintf("%s.initContainers[%zu]", at, i);
        if (name[0] && json_object_get(taken, name))
            validate_tell(causes, "FieldValueDuplicate", here, "name", "Duplicate value: \"%s\"",
                          name);
    }
}

void validate_pod_spec(const json_t *spec, const char *at, const char *const restarts[],
                       json_t *causes) {
    static const char *const dns_policies[] = {"ClusterFirstWithHostNet", "ClusterFirst", "Default",
                                               "None", NULL};
    const json_t *containers = json_object_get(spec, "containers");
    const json_t *first = json_object_get(spec, "initContainers");
    CLEANUP(json_freep) json_t *volumes = texts_of(json_object_get(spec, "volumes"), "name");
    each(json_object_get(spec, "volumes"), at, "volumes", causes, check_volume);
    if (json_array_size(containers) == 0)
        required(causes, at, "containers");
    check_containers(containers, "containers", at, volumes, causes);
    check_containers(first, "initContainers", at, volumes, causes);
    check_init_names(first, containers, at, causes);
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
