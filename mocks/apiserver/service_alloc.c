#include "mocks/apiserver/service_alloc.h"

#include "harness/core/str.h"

#include "mocks/apiserver/answer.h"

#include <arpa/inet.h>

#define NODE_PORT_MIN 30000
#define NODE_PORT_MAX 32767
#define NODE_PORTS (NODE_PORT_MAX - NODE_PORT_MIN + 1)
#define ADDRESSES_MAX 65536
#define DNS_OFFSET 10 /* kept for kube-dns, which asks for it by address */

struct service_alloc {
    char *cidr;
    uint32_t base;
    uint32_t size;
    uint8_t *used;             /* bit per address */
    uint8_t ports[NODE_PORTS]; /* 1: taken */
};

struct service_alloc *service_alloc_new(const char *cidr) {
    if (!cidr)
        return NULL;
    char text[64];
    snprintf(text, sizeof(text), "%s", cidr);
    char *slash = strchr(text, '/');
    struct in_addr address;
    int64_t bits = 0;
    if (!slash)
        return NULL;
    *slash = '\0';
    if (inet_pton(AF_INET, text, &address) != 1 || !str_to_int(slash + 1, 8, 29, &bits))
        return NULL;
    struct service_alloc *a = xcalloc(1, sizeof(*a));
    a->cidr = xstrdup(cidr);
    a->size = bits < 16 ? ADDRESSES_MAX : (uint32_t)1 << (32 - bits);
    a->base = ntohl(address.s_addr) & ~(((uint32_t)1 << (32 - bits)) - 1);
    a->used = xcalloc(1, a->size / 8 + 1);
    return a;
}

void service_alloc_free(struct service_alloc *a) {
    if (!a)
        return;
    free(a->cidr);
    free(a->used);
    free(a);
}

static bool is_used(const struct service_alloc *a, uint32_t offset) {
    return a->used[offset / 8] >> (offset % 8) & 1;
}

static void set_used(struct service_alloc *a, uint32_t offset, bool used) {
    uint8_t bit = (uint8_t)(1u << (offset % 8));
    a->used[offset / 8] = (uint8_t)(used ? a->used[offset / 8] | bit : a->used[offset / 8] & ~bit);
}

/* The offset of an address, or 0 (never an address of a service) when it is not in the network. */
static uint32_t offset_of(const struct service_alloc *a, const char *ip) {
    struct in_addr address;
    if (!ip || inet_pton(AF_INET, ip, &address) != 1)
        return 0;
    uint32_t host = ntohl(address.s_addr);
    return host > a->base && host - a->base < a->size - 1 ? host - a->base : 0;
}

static bool is_service(const struct apiserver *s, const struct kind *k) {
    return s->services && str_eq(k->resource->kind, "Service") && !k->custom;
}

static const char *type_of(const json_t *service) {
    const char *type = json_str(service, "spec", "type", NULL);
    return type ? type : "ClusterIP";
}

static bool wants_node_ports(const json_t *service) {
    return str_eq(type_of(service), "NodePort") || str_eq(type_of(service), "LoadBalancer");
}

static void claim_ip(struct service_alloc *a, const char *ip, json_t *causes) {
    uint32_t offset = offset_of(a, ip);
    if (offset == 0)
        invalid_add(causes, "FieldValueInvalid", "spec.clusterIP",
                    "Invalid value: \"%s\": provided IP is not in the valid range. The range of "
                    "valid IPs is %s",
                    ip, a->cidr);
    else if (is_used(a, offset))
        invalid_add(causes, "FieldValueInvalid", "spec.clusterIP",
                    "Invalid value: \"%s\": provided IP is already allocated", ip);
    else
        set_used(a, offset, true);
}

static void give_ip(struct request *q, json_t *spec) {
    struct service_alloc *a = q->server->services;
    uint32_t start = rng_below(&q->server->rng, a->size);
    for (uint32_t i = 0; i < a->size; i++) {
        uint32_t offset = (start + i) % a->size;
        if (offset <= 1 || offset == DNS_OFFSET || offset == a->size - 1 || is_used(a, offset))
            continue;
        set_used(a, offset, true);
        struct in_addr address = {.s_addr = htonl(a->base + offset)};
        char text[INET_ADDRSTRLEN];
        json_set_str(spec, "clusterIP", inet_ntop(AF_INET, &address, text, sizeof(text)));
        return;
    }
}

static void allocate_ip(struct request *q, json_t *service, json_t *causes) {
    json_t *spec = json_object_get(service, "spec");
    const char *ip = json_str(spec, "clusterIP", NULL);
    if (str_eq(type_of(service), "ExternalName") || str_eq(ip, "None"))
        return;
    if (ip && ip[0])
        claim_ip(q->server->services, ip, causes);
    else
        give_ip(q, spec);
}

static int64_t node_port(const json_t *port) {
    return json_int(port, 0, "nodePort", NULL);
}

/* Whether the port may share its number with an earlier one of its service. */
static bool may_share(const struct request *q, const json_t *service, const json_t *port,
                      size_t before) {
    const json_t *ports = json_at(service, "spec", "ports", NULL);
    if (!q->server->o.ways.one_protocol_per_node_port)
        return true;
    for (size_t i = 0; i < json_array_size(ports) && i < before; i++) {
        const json_t *other = json_array_get(ports, i);
        if (node_port(other) == node_port(port) &&
            !str_eq(json_str(other, "protocol", NULL), json_str(port, "protocol", NULL)))
            return false;
    }
    return true;
}

/* Whether the service has that port in one of the ports before index, or in all (SIZE_MAX). */
static bool has_node_port(const json_t *service, int64_t number, size_t before) {
    const json_t *ports = json_at(service, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports) && i < before; i++)
        if (node_port(json_array_get(ports, i)) == number)
            return true;
    return false;
}

static int64_t free_node_port(struct request *q) {
    struct service_alloc *a = q->server->services;
    uint32_t start = rng_below(&q->server->rng, NODE_PORTS);
    for (uint32_t i = 0; i < NODE_PORTS; i++)
        if (a->ports[(start + i) % NODE_PORTS] == 0)
            return NODE_PORT_MIN + (start + i) % NODE_PORTS;
    return 0;
}

/* Ports that the old version of the service had are its own. */
static void allocate_ports(struct request *q, json_t *service, const json_t *old, json_t *causes) {
    struct service_alloc *a = q->server->services;
    json_t *ports = json_at(service, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        json_t *port = json_array_get(ports, i);
        int64_t number = node_port(port);
        CLEANUP(str_freep) char *field = xasprintf("spec.ports[%zu].nodePort", i);
        if (number == 0) {
            number = free_node_port(q);
            json_set_int(port, "nodePort", number);
            if (number)
                a->ports[number - NODE_PORT_MIN] = 1;
        } else if (!may_share(q, service, port, i)) {
            invalid_add(causes, "FieldValueInvalid", field,
                        "Invalid value: %lld: provided port is already allocated",
                        (long long)number);
        } else if (has_node_port(service, number, i) || has_node_port(old, number, SIZE_MAX)) {
            continue;
        } else if (number < NODE_PORT_MIN || number > NODE_PORT_MAX) {
            invalid_add(causes, "FieldValueInvalid", field,
                        "Invalid value: %lld: provided port is not in the valid range. The range "
                        "of valid ports is %d-%d",
                        (long long)number, NODE_PORT_MIN, NODE_PORT_MAX);
        } else if (a->ports[number - NODE_PORT_MIN]) {
            invalid_add(causes, "FieldValueInvalid", field,
                        "Invalid value: %lld: provided port is already allocated",
                        (long long)number);
        } else {
            a->ports[number - NODE_PORT_MIN] = 1;
        }
    }
}

/* Takes back what service holds and other (may be NULL) does not. */
static void take_back(struct service_alloc *a, const json_t *service, const json_t *other) {
    const char *ip = json_str(service, "spec", "clusterIP", NULL);
    uint32_t offset = offset_of(a, ip);
    if (offset && !str_eq(ip, json_str(other, "spec", "clusterIP", NULL)))
        set_used(a, offset, false);
    const json_t *ports = json_at(service, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        int64_t number = node_port(json_array_get(ports, i));
        if (number < NODE_PORT_MIN || number > NODE_PORT_MAX || has_node_port(service, number, i) ||
            has_node_port(other, number, SIZE_MAX))
            continue;
        a->ports[number - NODE_PORT_MIN] = 0;
    }
}

/* What is being tried is undone by putting the whole state back: it is small. */
struct undo {
    uint8_t *used, *ports;
};

static struct undo remember(const struct service_alloc *a) {
    return (struct undo){xmemdup(a->used, a->size / 8 + 1), xmemdup(a->ports, sizeof(a->ports))};
}

static void settle(struct service_alloc *a, struct undo *u, bool undo) {
    if (undo) {
        memcpy(a->used, u->used, a->size / 8 + 1);
        memcpy(a->ports, u->ports, sizeof(a->ports));
    }
    free(u->used);
    free(u->ports);
}

void service_alloc_create(struct request *q, struct kind *k, json_t *object, bool dry_run,
                          json_t *causes) {
    if (!is_service(q->server, k))
        return;
    struct service_alloc *a = q->server->services;
    struct undo before = remember(a);
    allocate_ip(q, object, causes);
    if (wants_node_ports(object))
        allocate_ports(q, object, NULL, causes);
    settle(a, &before, dry_run || json_array_size(causes) > 0);
}

void service_alloc_update(struct request *q, struct kind *k, json_t *object, const json_t *old,
                          bool dry_run, json_t *causes) {
    if (!is_service(q->server, k))
        return;
    struct service_alloc *a = q->server->services;
    struct undo before = remember(a);
    const char *had = json_str(old, "spec", "clusterIP", NULL);
    if (!had || !had[0])
        allocate_ip(q, object, causes);
    if (wants_node_ports(object))
        allocate_ports(q, object, old, causes);
    if (json_array_size(causes) == 0)
        take_back(a, old, object);
    settle(a, &before, dry_run || json_array_size(causes) > 0);
}

void service_alloc_forget(struct apiserver *s, const struct kind *k, const json_t *object) {
    if (is_service(s, k))
        take_back(s->services, object, NULL);
}

void service_alloc_adopt(struct apiserver *s, const struct kind *k, const json_t *object) {
    if (!is_service(s, k))
        return;
    uint32_t offset = offset_of(s->services, json_str(object, "spec", "clusterIP", NULL));
    if (offset)
        set_used(s->services, offset, true);
    const json_t *ports = json_at(object, "spec", "ports", NULL);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        int64_t number = node_port(json_array_get(ports, i));
        if (number >= NODE_PORT_MIN && number <= NODE_PORT_MAX)
            s->services->ports[number - NODE_PORT_MIN] = 1;
    }
}

void service_alloc_bootstrap(struct apiserver *s) {
    struct in_addr address = {.s_addr = htonl(s->services->base + 1)};
    char ip[INET_ADDRSTRLEN];
    json_t *body = json_pack("{s:{s:s,s:{s:s,s:s}},s:{s:[{s:s,s:s,s:i,s:i}],s:s,s:s}}", "metadata",
                             "name", "kubernetes", "labels", "component", "apiserver", "provider",
                             "kubernetes", "spec", "ports", "name", "https", "protocol", "TCP",
                             "port", 443, "targetPort", 6443, "clusterIP",
                             inet_ntop(AF_INET, &address, ip, sizeof(ip)), "type", "ClusterIP");
    (void)apiserver_call(s, "POST", "/api/v1/namespaces/default/services", body, NULL);
    json_decref(body);
}

void apiserver_announce(struct apiserver *s, const char *ip, uint16_t port) {
    static const char path[] = "/api/v1/namespaces/default/endpoints";
    bool there = apiserver_peek(s, "", "endpoints", "default", "kubernetes") != NULL;
    CLEANUP(str_freep) char *target = xasprintf("%s%s", path, there ? "/kubernetes" : "");
    CLEANUP(json_freep)
    json_t *body = json_pack("{s:{s:s},s:[{s:[{s:s}],s:[{s:s,s:i,s:s}]}]}", "metadata", "name",
                             "kubernetes", "subsets", "addresses", "ip", ip, "ports", "name",
                             "https", "port", (int)port, "protocol", "TCP");
    (void)apiserver_call(s, there ? "PUT" : "POST", target, body, NULL);
}
