/* Services: ports, addresses, types. */
#include "mocks/apiserver/validate_parts.h"

#include "harness/core/str.h"
#include "mocks/apiserver/label.h"

#include <arpa/inet.h>

enum { PORTS_MAX = 1000 }; /* each is compared with all before it */

/* Where a port sends to: a number or the name of a port of the containers. */
static void check_target(const json_t *target, const char *at, json_t *causes) {
    if (json_is_integer(target))
        validate_port(json_integer_value(target), at, "targetPort", causes);
    else if (json_is_string(target))
        validate_port_name(json_string_value(target), at, "targetPort", causes);
}

static void check_service_port(const json_t *ports, size_t i, json_t *causes) {
    static const char *const protocols[] = {"TCP", "UDP", NULL};
    const json_t *port = json_array_get(ports, i);
    const char *name = json_str(port, "name", NULL), *protocol = json_str(port, "protocol", NULL);
    CLEANUP(str_freep) char *at = xasprintf("spec.ports[%zu]", i);
    if ((!name || !name[0]) && json_array_size(ports) > 1)
        validate_tell(causes, "FieldValueRequired", at, "name", "Required value");
    else if (name && name[0])
        validate_label(name, at, "name", causes);
    validate_port(json_int(port, 0, "port", NULL), at, "port", causes);
    if (protocol)
        validate_one_of(protocol, at, "protocol", protocols, causes);
    check_target(json_object_get(port, "targetPort"), at, causes);
    for (size_t before = 0; before < i; before++) {
        const json_t *other = json_array_get(ports, before);
        if (name && name[0] && str_eq(name, json_str(other, "name", NULL)))
            validate_tell(causes, "FieldValueDuplicate", at, "name", "Duplicate value: \"%s\"",
                          name);
        else if (json_int(port, 0, "port", NULL) == json_int(other, 0, "port", NULL) &&
                 str_eq(protocol, json_str(other, "protocol", NULL)))
            invalid_add(causes, "FieldValueDuplicate", at,
                        "Duplicate value: core.ServicePort{Name:\"\", Protocol:\"%s\", Port:%lld, "
                        "TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}",
                        protocol, (long long)json_int(port, 0, "port", NULL));
    }
}

static void check_cluster_ip(const json_t *spec, const char *type, json_t *causes) {
    const char *ip = json_str(spec, "clusterIP", NULL);
    unsigned char address[16];
    if (!ip || !ip[0])
        return;
    if (str_eq(type, "ExternalName"))
        invalid_add(causes, "FieldValueForbidden", "spec.clusterIP",
                    "Forbidden: must be empty for ExternalName services");
    else if (str_eq(ip, "None") && (str_eq(type, "LoadBalancer") || str_eq(type, "NodePort")))
        invalid_add(causes, "FieldValueInvalid", "spec.clusterIP",
                    "Invalid value: \"None\": may not be set to 'None' for %s services", type);
    else if (!str_eq(ip, "None") && inet_pton(AF_INET, ip, address) != 1 &&
             inet_pton(AF_INET6, ip, address) != 1)
        invalid_add(causes, "FieldValueInvalid", "spec.clusterIP",
                    "Invalid value: \"%s\": must be empty, 'None', or a valid IP address", ip);
}

/* A port of the machines is for services that are seen there, and for one port of them. */
static void check_node_port_use(const json_t *ports, size_t i, const char *type, json_t *causes) {
    const json_t *port = json_array_get(ports, i);
    int64_t number = json_int(port, 0, "nodePort", NULL);
    CLEANUP(str_freep) char *at = xasprintf("spec.ports[%zu]", i);
    if (number == 0)
        return;
    if (str_eq(type, "ClusterIP"))
        validate_tell(causes, "FieldValueForbidden", at, "nodePort",
                      "Forbidden: may not be used when `type` is 'ClusterIP'");
    for (size_t before = 0; before < i; before++) {
        const json_t *other = json_array_get(ports, before);
        if (json_int(other, 0, "nodePort", NULL) == number &&
            str_eq(json_str(other, "protocol", NULL), json_str(port, "protocol", NULL)))
            validate_tell(causes, "FieldValueDuplicate", at, "nodePort", "Duplicate value: %lld",
                          (long long)number);
    }
}

void validate_service(const json_t *object, json_t *causes) {
    static const char *const affinities[] = {"ClientIP", "None", NULL};
    const char *type = json_str(object, "spec", "type", NULL);
    const char *external = json_str(object, "spec", "externalName", NULL);
    const char *ip = json_str(object, "spec", "clusterIP", NULL);
    const char *affinity = json_str(object, "spec", "sessionAffinity", NULL);
    const json_t *ports = json_at(object, "spec", "ports", NULL);
    if (json_array_size(ports) == 0 && !str_eq(ip, "None") && !str_eq(type, "ExternalName"))
        invalid_add(causes, "FieldValueRequired", "spec.ports", "Required value");
    for (size_t i = 0; i < json_array_size(ports) && i < PORTS_MAX; i++)
        check_service_port(ports, i, causes);
    check_cluster_ip(json_object_get(object, "spec"), type, causes);
    label_check_map(json_at(object, "spec", "selector", NULL), "spec.selector", causes);
    validate_one_of(affinity ? affinity : "None", "spec", "sessionAffinity", affinities, causes);
    if (!str_eq(type, "ClusterIP") && !str_eq(type, "NodePort") && !str_eq(type, "LoadBalancer") &&
        !str_eq(type, "ExternalName"))
        invalid_add(causes, "FieldValueNotSupported", "spec.type",
                    "Unsupported value: \"%s\": supported values: \"ClusterIP\", "
                    "\"ExternalName\", \"LoadBalancer\", \"NodePort\"",
                    type ? type : "");
    if (str_eq(type, "ExternalName") && (!external || !external[0]))
        invalid_add(causes, "FieldValueRequired", "spec.externalName", "Required value");
    for (size_t i = 0; i < json_array_size(ports) && i < PORTS_MAX; i++)
        check_node_port_use(ports, i, type, causes);
}
