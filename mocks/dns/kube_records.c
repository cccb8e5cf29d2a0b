#include "mocks/dns/kube_records.h"

#include "harness/core/hash.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/dns/dns_server_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct visit { /* one lookup */
    const struct kube_view *v;
    bool want_srv;
    sky_fn *fn;
    void *fn_self;
    const char *service, *ns;    /* as asked, perhaps "*" */
    const char *endpoint;        /* the label in front of the service; NULL: none */
    const char *port, *protocol; /* without the underscores; NULL: not asked */
    bool found;
};

static const char *text_at(const json_t *object, const char *a, const char *b) {
    return json_string_value(json_object_get(json_object_get(object, a), b));
}

static bool is_headless(const json_t *service) {
    const char *ip = text_at(service, "spec", "clusterIP");
    return !ip || !*ip || strcmp(ip, "None") == 0;
}

/* kube-dns names what has no name by a hash of the record: util.go, GetSkyMsg. */
static void hash_label(const char *host, char label[24]) {
    CLEANUP(str_freep) char *text = xasprintf("&{%s 0 10 10  false 30 0  }", host);
    char hash[9];
    snprintf(hash, sizeof(hash), "%x", hash_fnv1a_32(text, strlen(text)));
    for (size_t i = 0; hash[i]; i++)
        snprintf(label + 2 * i, 3, "%02x", (unsigned char)hash[i]);
}

static void endpoint_label(const struct kube_view *v, const json_t *address, char label[64]) {
    const char *hostname = json_string_value(json_object_get(address, "hostname"));
    const char *ip = json_string_value(json_object_get(address, "ip"));
    if (hostname && *hostname) {
        snprintf(label, 64, "%s", hostname);
    } else if (v->dashed_names) {
        snprintf(label, 64, "%s", ip ? ip : "");
        for (char *p = label; *p; p++)
            if (*p == '.' || *p == ':')
                *p = '-';
    } else {
        hash_label(ip ? ip : "", label);
    }
}

/* "<label>.<service>.<ns>.svc.<domain>", label may be NULL. */
static bool record_name(const struct visit *t, const json_t *object, const char *label,
                        struct dns_name *ret) {
    const char *name = text_at(object, "metadata", "name");
    const char *ns = text_at(object, "metadata", "namespace");
    char prefix[256];
    int len = snprintf(prefix, sizeof(prefix), "%s%s%s.%s.svc", label ? label : "",
                       label ? "." : "", name ? name : "", ns ? ns : "");
    *ret = *t->v->domain;
    return len > 0 && (size_t)len < sizeof(prefix) && dns_name_prepend(ret, prefix);
}

static void give(struct visit *t, const char *host, uint16_t port, const struct dns_name *name) {
    struct sky_record record = {.host = host,
                                .port = port,
                                .priority = t->v->priority,
                                .weight = t->v->weight,
                                .ttl = t->v->ttl,
                                .srv_name = name};
    t->found = true;
    t->fn(t->fn_self, &record);
}

static bool is_port(const struct visit *t, const json_t *port, uint16_t *ret_number) {
    const char *name = json_string_value(json_object_get(port, "name"));
    const char *protocol = json_string_value(json_object_get(port, "protocol"));
    json_int_t number = json_integer_value(json_object_get(port, "port"));
    if (!name || !*name || number < 1 || number > 65535)
        return false;
    *ret_number = (uint16_t)number;
    return strcasecmp(name, t->port) == 0 &&
           strcasecmp(protocol ? protocol : "TCP", t->protocol) == 0;
}

/* The SRV records of a service: hosts are names. */
static void give_ports(struct visit *t, const json_t *object, const json_t *ports,
                       const char *label) {
    size_t at;
    json_t *port;
    json_array_foreach(ports, at, port) {
        uint16_t number;
        struct dns_name name;
        char text[DNS_NAME_TEXT_SIZE];
        if (is_port(t, port, &number) && record_name(t, object, label, &name))
            give(t, dns_name_to_text(&name, text), number, NULL);
    }
}

static void give_endpoint(struct visit *t, const json_t *endpoints, const json_t *subset,
                          const json_t *address) {
    const char *ip = json_string_value(json_object_get(address, "ip"));
    if (!ip)
        return;
    char label[64] = "";
    struct dns_name name;
    bool named = t->endpoint || t->port || t->want_srv;
    if (named)
        endpoint_label(t->v, address, label);
    if (t->endpoint && strcasecmp(t->endpoint, label) != 0)
        return;
    if (t->port)
        give_ports(t, endpoints, json_object_get(subset, "ports"), label);
    else if (!t->want_srv)
        give(t, ip, 0, NULL);
    else if (record_name(t, endpoints, label, &name))
        give(t, ip, 0, &name);
}

static void visit_headless(struct visit *t, const json_t *service) {
    const char *name = text_at(service, "metadata", "name");
    const char *ns = text_at(service, "metadata", "namespace");
    const json_t *endpoints =
        name && ns ? dns_server_object(t->v->ops, "endpoints", ns, name) : NULL;
    size_t i, k;
    json_t *subset, *address;
    json_array_foreach(json_object_get(endpoints, "subsets"), i, subset)
        json_array_foreach(json_object_get(subset, "addresses"), k, address)
            give_endpoint(t, endpoints, subset, address);
}

static void visit_address(struct visit *t, const json_t *service, const char *host) {
    char label[64];
    struct dns_name name;
    if (t->port) {
        give_ports(t, service, json_at(service, "spec", "ports", NULL), NULL);
        return;
    }
    if (!t->endpoint && !t->want_srv) {
        give(t, host, 0, NULL);
        return;
    }
    hash_label(host, label);
    if (t->endpoint && (t->v->dashed_names || strcmp(t->endpoint, label) != 0))
        return;
    if (record_name(t, service, t->v->dashed_names ? NULL : label, &name))
        give(t, host, 0, &name);
}

static void visit_service(struct visit *t, const json_t *service) {
    const char *external = text_at(service, "spec", "externalName");
    if (str_eq(text_at(service, "spec", "type"), "ExternalName")) {
        if (external && *external && !t->endpoint && !t->port)
            give(t, external, 0, NULL);
    } else if (is_headless(service)) {
        visit_headless(t, service);
    } else {
        visit_address(t, service, text_at(service, "spec", "clusterIP"));
    }
}

static bool visit_if_matching(void *self, const json_t *service) {
    struct visit *t = self;
    const char *name = text_at(service, "metadata", "name");
    const char *ns = text_at(service, "metadata", "namespace");
    if ((str_eq(t->service, "*") || str_eq(t->service, name)) &&
        (str_eq(t->ns, "*") || str_eq(t->ns, ns)))
        visit_service(t, service);
    return true;
}

static void visit_services(struct visit *t) {
    if (str_eq(t->service, "*") || str_eq(t->ns, "*")) {
        dns_server_each(t->v->ops, "services", str_eq(t->ns, "*") ? "" : t->ns, visit_if_matching,
                        t);
        return;
    }
    const json_t *service = dns_server_object(t->v->ops, "services", t->ns, t->service);
    if (service)
        visit_service(t, service);
}

static void visit_pod(struct visit *t, const char *label) {
    char ip[64];
    uint8_t address[16];
    if (strlen(label) >= sizeof(ip))
        return;
    snprintf(ip, sizeof(ip), "%s", label);
    for (char *p = ip; *p; p++)
        *p = *p == '-' ? '.' : *p;
    if (inet_pton(AF_INET, ip, address) != 1)
        for (char *p = ip; *p; p++)
            *p = *p == '.' ? ':' : *p;
    if (inet_pton(AF_INET, ip, address) == 1 || inet_pton(AF_INET6, ip, address) == 1)
        give(t, ip, 0, NULL);
}

enum sky_found kube_records(const struct kube_view *v, const struct dns_labels *l, size_t count,
                            bool want_srv, sky_fn *fn, void *fn_self) {
    struct visit t = {.v = v, .want_srv = want_srv, .fn = fn, .fn_self = fn_self};
    if (count == 3 && v->pods && strcmp(l->label[2], "pod") == 0) {
        visit_pod(&t, l->label[0]);
        return t.found ? SKY_FOUND : SKY_NONE;
    }
    if (count < 3 || count > 5 || strcmp(l->label[count - 1], "svc") != 0)
        return SKY_NONE;
    t.service = l->label[count - 3];
    t.ns = l->label[count - 2];
    if (count == 4) {
        t.endpoint = l->label[0];
    } else if (count == 5) {
        if (l->label[0][0] != '_' || l->label[1][0] != '_')
            return SKY_NONE;
        t.port = l->label[0] + 1;
        t.protocol = l->label[1] + 1;
    }
    visit_services(&t);
    return t.found ? SKY_FOUND : SKY_NONE;
}

struct reverse {
    struct visit visit;
    const char *ip;
    struct dns_name name;
};

static bool match_service(void *self, const json_t *service) {
    struct reverse *r = self;
    if (!str_eq(text_at(service, "spec", "clusterIP"), r->ip))
        return true;
    r->visit.found = record_name(&r->visit, service, NULL, &r->name);
    return !r->visit.found;
}

static bool match_endpoints(void *self, const json_t *endpoints) {
    struct reverse *r = self;
    size_t i, k;
    json_t *subset, *address;
    json_array_foreach(json_object_get(endpoints, "subsets"), i, subset) {
        json_array_foreach(json_object_get(subset, "addresses"), k, address) {
            const char *hostname = json_string_value(json_object_get(address, "hostname"));
            bool named = (hostname && *hostname) || r->visit.v->dashed_names;
            if (!named || !str_eq(json_string_value(json_object_get(address, "ip")), r->ip))
                continue;
            char label[64];
            endpoint_label(r->visit.v, address, label);
            r->visit.found = record_name(&r->visit, endpoints, label, &r->name);
            return !r->visit.found;
        }
    }
    return true;
}

/* "10.1.2.3" of its labels below in-addr.arpa. */
static bool v4_of_labels(const struct dns_labels *l, char ip[72]) {
    if (l->count != 6 || strcmp(l->label[4], "in-addr") != 0 || strcmp(l->label[5], "arpa") != 0)
        return false;
    for (int i = 0; i < 4; i++)
        if (strlen(l->label[i]) > 3)
            return false;
    snprintf(ip, 72, "%s.%s.%s.%s", l->label[3], l->label[2], l->label[1], l->label[0]);
    return true;
}

/* "fd00::1" of its 32 nibbles below ip6.arpa. */
static bool v6_of_labels(const struct dns_labels *l, char ip[72]) {
    uint8_t address[16] = {0};
    if (l->count != 34 || strcmp(l->label[32], "ip6") != 0 || strcmp(l->label[33], "arpa") != 0)
        return false;
    for (size_t i = 0; i < 32; i++) {
        static const char DIGITS[] = "0123456789abcdef";
        const char *digit = l->label[i][0] ? strchr(DIGITS, l->label[i][0]) : NULL;
        if (!digit || l->label[i][1])
            return false;
        address[15 - i / 2] |= (uint8_t)((digit - DIGITS) << (i % 2 ? 4 : 0));
    }
    return inet_ntop(AF_INET6, address, ip, 72) != NULL;
}

enum sky_found kube_records_reverse(const struct kube_view *v, const struct dns_labels *l,
                                    sky_fn *fn, void *fn_self) {
    char ip[72];
    if (!v4_of_labels(l, ip) && !(v->reverse_v6 && v6_of_labels(l, ip)))
        return SKY_NONE;
    struct reverse r = {.visit = {.v = v, .fn = fn, .fn_self = fn_self}, .ip = ip};
    dns_server_each(v->ops, "services", "", match_service, &r);
    if (!r.visit.found)
        dns_server_each(v->ops, "endpoints", "", match_endpoints, &r);
    if (!r.visit.found)
        return SKY_NONE;
    char text[DNS_NAME_TEXT_SIZE];
    give(&r.visit, dns_name_to_text(&r.name, text), 0, NULL);
    return SKY_FOUND;
}

static void ignore(void *self, const struct sky_record *record) {
    (void)self, (void)record;
}

bool kube_records_is_healthy(const struct kube_view *v, const char *service, const char *ns) {
    const json_t *object = dns_server_object(v->ops, "services", ns, service);
    if (!object)
        return false;
    if (is_headless(object)) {
        struct visit t = {.v = v, .fn = ignore};
        visit_service(&t, object);
        return t.found;
    }
    const json_t *endpoints = dns_server_object(v->ops, "endpoints", ns, service);
    return json_array_size(json_object_get(endpoints, "subsets")) > 0;
}
