/* What there is to ask when a row has been answered. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/truth_gather.h"
#include "harness/evidence/sources.h"

#include <string.h>

enum {
    CONTAINERS_MAX = 24,
    PORTS_MAX = 64,
    UNITS_MAX = 64,
    SERVICES_MAX = 6, /* whose names are asked of every DNS server */
};

static json_t *with(const json_t *names, json_t *more) {
    json_t *all = json_deep_copy(names);
    json_object_update(all, more);
    json_decref(more);
    return all;
}

/* Calls fn for each unit of a status, subordinates too, which are below their principals. */
static void each_unit(const json_t *units, int depth,
                      void (*fn)(void *self, const char *name, const json_t *unit), void *self) {
    const char *name;
    json_t *unit;
    json_object_foreach(json_mutable(units), name, unit) {
        fn(self, name, unit);
        if (depth < 2)
            each_unit(json_object_get(unit, "subordinates"), depth + 1, fn, self);
    }
}

static void each_unit_of(const json_t *status, void (*fn)(void *, const char *, const json_t *),
                         void *self) {
    const char *name;
    json_t *application;
    json_object_foreach(json_object_get(status, "applications"), name, application)
        each_unit(json_object_get(application, "units"), 0, fn, self);
}

static void add_unit(void *self, const char *name, const json_t *unit) {
    (void)unit;
    if (json_array_size(self) < UNITS_MAX)
        json_array_append_new(self, json_string(name));
}

static json_t *units_of(const json_t *names, const json_t *status) {
    json_t *list = json_array(), *units = json_array();
    each_unit_of(status, add_unit, units);
    if (json_array_size(units))
        json_array_append_new(list, with(names, json_pack("{s:O}", "units", units)));
    json_decref(units);
    return list;
}

/* Addresses and ports, each once. */
struct ports {
    const json_t *names;
    json_t *list, *seen;
};

static void add_port(struct ports *p, const char *address, const char *port, const char *service) {
    CLEANUP(str_freep) char *key = xasprintf("%s %s", address ? address : "", port);
    if (!address || !*address || !*port || json_object_get(p->seen, key) ||
        json_array_size(p->list) >= PORTS_MAX)
        return;
    json_set_bool(p->seen, key, true);
    json_array_append_new(p->list, with(p->names, json_pack("{s:s, s:s, s:s*}", "address", address,
                                                            "port", port, "service", service)));
}

static void add_unit_ports(void *self, const char *name, const json_t *unit) {
    (void)name;
    size_t i;
    json_t *port;
    json_array_foreach(json_object_get(unit, "open-ports"), i, port) {
        const char *text = json_string_value(port);
        CLEANUP(str_freep)
        char *number = text ? xstrndup(text, strspn(text, "0123456789")) : xstrdup("");
        if (text && str_has_suffix(text, "/tcp"))
            add_port(self, json_str(unit, "public-address", NULL), number, NULL);
    }
}

static json_t *ports_of(const json_t *names, const json_t *status) {
    CLEANUP(json_freep) json_t *seen = json_object();
    struct ports p = {.names = names, .list = json_array(), .seen = seen};
    each_unit_of(status, add_unit_ports, &p);
    return p.list;
}

/* The port of a service at every address of every node. */
static void add_node_port(struct ports *p, const json_t *nodes, const char *port,
                          const char *service) {
    size_t i, k;
    json_t *node, *address;
    json_array_foreach(json_object_get(nodes, "items"), i, node) {
        json_array_foreach(json_at(node, "status", "addresses", NULL), k, address) {
            const char *type = json_str(address, "type", NULL);
            if (type && str_has_suffix(type, "IP"))
                add_port(p, json_str(address, "address", NULL), port, service);
        }
    }
}

static void add_service_ports(struct ports *p, const json_t *service, const json_t *nodes) {
    const char *name = json_str(service, "metadata", "name", NULL);
    size_t i, k;
    json_t *port, *at;
    json_array_foreach(json_at(service, "spec", "ports", NULL), i, port) {
        int64_t node_port = json_int(port, 0, "nodePort", NULL);
        const char *protocol = json_str(port, "protocol", NULL);
        if (protocol && !str_eq(protocol, "TCP"))
            continue;
        CLEANUP(str_freep) char *outside = xasprintf("%d", (int)node_port);
        CLEANUP(str_freep) char *own = xasprintf("%d", (int)json_int(port, 0, "port", NULL));
        json_array_foreach(json_at(service, "status", "loadBalancer", "ingress", NULL), k, at) {
            const char *ip = json_str(at, "ip", NULL);
            add_port(p, ip ? ip : json_str(at, "hostname", NULL), own, name);
        }
        if (node_port > 0)
            add_node_port(p, nodes, outside, name);
    }
}

static json_t *service_ports_of(const json_t *names, const json_t *services, const json_t *nodes) {
    CLEANUP(json_freep) json_t *seen = json_object();
    struct ports p = {.names = names, .list = json_array(), .seen = seen};
    size_t i;
    json_t *service;
    json_array_foreach(json_object_get(services, "items"), i, service)
        add_service_ports(&p, service, nodes);
    return p.list;
}

static json_t *federated_of(const json_t *names, const json_t *services, const json_t *wanted) {
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(services, "items"), i, one) {
        const char *name = json_str(one, "metadata", "name", NULL);
        const char *ns = json_str(one, "metadata", "namespace", NULL);
        if (name && json_has_text(wanted, ns) && json_array_size(list) < SERVICES_MAX)
            json_array_append_new(
                list, with(names, json_pack("{s:s, s:s}", "service", name, "namespace", ns)));
    }
    return list;
}

static json_t *namespaces_of(const json_t *names, const json_t *answer, const json_t *wanted) {
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "items"), i, one) {
        const char *name = json_str(one, "metadata", "name", NULL);
        if (json_has_text(wanted, name))
            json_array_append_new(list, with(names, json_pack("{s:s}", "namespace", name)));
    }
    return list;
}

static void add_container(json_t *list, const json_t *names, const char *pod,
                          const json_t *container) {
    const char *name = json_str(container, "name", NULL);
    if (!name || json_array_size(list) >= CONTAINERS_MAX)
        return;
    bool restarted = json_int(container, 0, "restartCount", NULL) > 0;
    for (int previous = 0; previous <= restarted; previous++)
        json_array_append_new(
            list, with(names, json_pack("{s:s, s:s, s:s}", "pod", pod, "container", name,
                                        "previous", previous ? "true" : "false")));
}

/* Those whose containers are not ready first: there may be more than are asked. */
static json_t *containers_of(const json_t *names, const json_t *pods) {
    json_t *list = json_array();
    for (int ready = 0; ready < 2; ready++) {
        size_t i, k;
        json_t *pod, *container;
        json_array_foreach(json_object_get(pods, "items"), i, pod) {
            const char *name = json_str(pod, "metadata", "name", NULL);
            json_array_foreach(json_at(pod, "status", "containerStatuses", NULL), k, container) {
                if (name && json_flag(container, "ready", NULL) == (ready == 1))
                    add_container(list, names, name, container);
            }
        }
    }
    return list;
}

static json_t *provider_of(const json_t *names, const json_t *deployments) {
    json_t *list = json_array();
    CLEANUP(str_freep) char *secret = truth_provider_secret(deployments);
    if (secret)
        json_array_append_new(list, with(names, json_pack("{s:s}", "config", secret)));
    return list;
}

json_t *sources_address(const char *url, const char *port) {
    const char *host = url ? strstr(url, "://") : NULL;
    host = host ? host + 3 : url;
    CLEANUP(str_freep) char *address = host ? xstrndup(host, strcspn(host, "/")) : NULL;
    char *colon = address ? strrchr(address, ':') : NULL;
    if (!address || !*address)
        return NULL;
    if (colon)
        *colon = '\0';
    return json_pack("{s:s, s:s}", "address", address, "port", colon ? colon + 1 : port);
}

static json_t *etcd_of(const json_t *names, const json_t *secret) {
    json_t *list = json_array();
    CLEANUP(str_freep) char *url = truth_provider_entry(secret, "etcd-endpoints");
    json_t *address = sources_address(url, "2379");
    if (address)
        json_array_append_new(list, with(names, address));
    return list;
}

json_t *sources_follow(const struct source *s, const json_t *names, const json_t *answer,
                       const json_t *beside, const json_t *namespaces) {
    switch (s->scope) {
    case SOURCE_UNITS:
        return units_of(names, answer);
    case SOURCE_PORT:
        return ports_of(names, answer);
    case SOURCE_SERVICE_PORT:
        return service_ports_of(names, answer, beside);
    case SOURCE_FEDERATED:
        return federated_of(names, answer, namespaces);
    case SOURCE_FOUND:
        return json_pack("[o]", json_deep_copy(names));
    case SOURCE_NAMESPACE:
        return namespaces_of(names, answer, namespaces);
    case SOURCE_CONTAINER:
        return containers_of(names, answer);
    case SOURCE_PROVIDER:
        return provider_of(names, answer);
    case SOURCE_ETCD:
        return etcd_of(names, answer);
    case SOURCE_RUN:
    case SOURCE_MODEL:
    case SOURCE_CONTEXT:
    case SOURCE_SERVER:
    case SOURCE_QUESTION:
        break;
    }
    return json_array();
}
