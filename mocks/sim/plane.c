#include "mocks/sim/plane.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/serve/dgram_server.h"
#include "mocks/serve/http_server.h"
#include "mocks/serve/memory_exchange.h"
#include "mocks/sim/dns_trouble.h"
#include "mocks/sim/fedhost.h"
#include "mocks/sim/site.h"
#include "mocks/sim/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    API_PORT = 6443,
    NODE_PORT_FIRST = 30000,
    NODE_PORT_LAST = 32767,
    DNS_PORT = 53,
    PORTS_MAX = 1 << 14, /* of three machines with two addresses, all NodePorts */
};

enum kind { KIND_NONE, KIND_API, KIND_FEDERATION, KIND_STORE, KIND_POD, KIND_DNS };
static const char *const kind_names[] = {"", "api", "federation-api", "etcd", "pod", "dns"};

struct port {
    struct plane *plane;
    char *model, *address, protocol[4];
    uint16_t number;
    enum kind kind;       /* of the listener that is there */
    const void *identity; /* what it serves, to see that it was replaced */
    struct http_server *http;
    struct dgram_server *dgram;
    struct dns_server *dns; /* behind dgram */
    char *dns_part;         /* its name for the rules of faults */
};

struct plane {
    struct world *w;
    struct port **ports;
    size_t count, cap;
    bool full;   /* a port was asked for that is one too many */
    json_t *off; /* addresses of machines that are switched off */
};

/* What a port has to serve now. */
struct target {
    enum kind kind;
    const void *identity;
    struct http_server_options http; /* unless KIND_DNS */
    struct dns_server *dns;
    const char *dns_name; /* "kube-dns" or "coredns" */
};

struct plane *plane_new(struct world *w) {
    struct plane *p = xcalloc(1, sizeof(*p));
    p->w = w;
    p->off = json_object();
    return p;
}

static void close_listener(struct port *port) {
    http_server_free(port->http);
    dgram_server_free(port->dgram);
    port->http = NULL;
    port->dgram = NULL;
    port->dns = NULL;
    free(port->dns_part);
    port->dns_part = NULL;
    port->kind = KIND_NONE;
    port->identity = NULL;
}

static void port_free(struct port *port) {
    close_listener(port);
    free(port->model);
    free(port->address);
    free(port);
}

void plane_free(struct plane *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++)
        port_free(p->ports[i]);
    free(p->ports);
    json_decref(p->off);
    free(p);
}

static size_t find(const struct plane *p, const char *address, uint16_t number,
                   const char *protocol) {
    size_t i = 0;
    for (; i < p->count; i++)
        if (p->ports[i]->number == number && strcmp(p->ports[i]->address, address) == 0 &&
            strcasecmp(p->ports[i]->protocol, protocol) == 0)
            break;
    return i;
}

static void drop(struct plane *p, size_t i) {
    port_free(p->ports[i]);
    p->ports[i] = p->ports[--p->count];
    p->full = false;
}

void plane_set_open(struct plane *p, const char *model, const char *address, uint16_t number,
                    const char *protocol, bool open) {
    size_t i = find(p, address, number, protocol);
    if (!open && i < p->count)
        drop(p, i);
    if (open && i == p->count && p->count >= PORTS_MAX) {
        if (!p->full) /* said once: a range would fill the log */
            fprintf(stderr, "confed-sim world: %s:%u and more stay closed: %d ports are open\n",
                    address, number, PORTS_MAX);
        p->full = true;
    } else if (open && i == p->count) {
        struct port *port = xcalloc(1, sizeof(*port));
        port->plane = p;
        port->model = xstrdup(model);
        port->address = xstrdup(address);
        port->number = number;
        memcpy(port->protocol, strcasecmp(protocol, "udp") == 0 ? "udp" : "tcp", 4);
        p->ports = xgrow(p->ports, p->count, &p->cap, sizeof(struct port *));
        p->ports[p->count++] = port;
    }
    world_reconcile_soon(p->w);
}

bool plane_is_open(const struct plane *p, const char *address, uint16_t number,
                   const char *protocol) {
    return find(p, address, number, protocol) < p->count;
}

void plane_set_power(struct plane *p, const char *address, bool on) {
    if (on)
        json_object_del(p->off, address);
    else
        json_object_set_new(p->off, address, json_true());
    world_reconcile_soon(p->w);
}

void plane_remove_model(struct plane *p, const char *model) {
    for (size_t i = p->count; i-- > 0;)
        if (strcmp(p->ports[i]->model, model) == 0)
            drop(p, i);
}

void plane_reset_model(struct plane *p, const char *model) {
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->ports[i]->model, model) == 0)
            close_listener(p->ports[i]);
}

/* --- what is behind a port ------------------------------------------------------------------ */

static bool is_node_port(uint16_t number) {
    return number >= NODE_PORT_FIRST && number <= NODE_PORT_LAST;
}

static const json_t *backend(const struct port *port, struct site *s) {
    uint16_t target_port;
    return cluster_nodeport_backend(s->cluster, port->number,
                                    port->protocol[0] == 'u' ? "UDP" : "TCP", &target_port);
}

/* Any pod of the service answers; which one is decided for each request. */
static void serve_pod(void *self, struct http_exchange *x) {
    const struct port *port = self;
    struct site *s = site_of_model(port->plane->w, port->model);
    const json_t *pod = s ? backend(port, s) : NULL;
    if (pod)
        cluster_pod_http(s->cluster, pod, x);
    else
        http_abort(x);
}

static struct target node_port_target(struct port *port, struct site *s) {
    struct target t = {.kind = KIND_NONE};
    const json_t *pod = backend(port, s);
    if (!pod)
        return t;

    struct fedhost_api federation;
    struct dns_server *dns = site_dns_in_pod(s, pod);
    if (fedhost_serves(s, pod, &federation)) {
        t.kind = KIND_FEDERATION;
        t.identity = federation.api;
        t.http.cert_pem = federation.cert_pem;
        t.http.key_pem = federation.key_pem;
        t.http.client_ca_pem = federation.client_ca_pem;
        t.http.handler = apiserver_handle;
        t.http.self = federation.api;
    } else if (dns) {
        t.kind = KIND_DNS;
        t.identity = t.dns = dns;
        t.dns_name = "coredns";
    } else if (port->protocol[0] == 't') {
        t.kind = KIND_POD;
        t.identity = s;
        t.http.handler = serve_pod;
        t.http.self = port;
    }
    return t;
}

static struct target target_of(struct port *port) {
    struct target t = {.kind = KIND_NONE};
    struct world *w = port->plane->w;
    struct site *s = site_of_model(w, port->model);
    /* What listens on a machine does so at both of its addresses. */
    const char *public = json_str(w->private_nets, port->address, NULL);
    const char *machine = public ? public : port->address;
    struct store *store = store_at(w, machine, port->number);
    if ((s && s->down) || json_object_get(port->plane->off, port->address))
        return t;
    if (store) {
        t.kind = KIND_STORE;
        t.identity = store;
        t.http.cert_pem = store->server.cert;
        t.http.key_pem = store->server.key;
        t.http.client_ca_pem = store->ca.cert;
        t.http.client_cert_required = true; /* as the charm starts it: --client-cert-auth */
        t.http.handler = etcd_handle;
        t.http.self = store->etcd;
    } else if (s && port->number == API_PORT && strcmp(machine, s->master) == 0) {
        t.kind = KIND_API;
        t.identity = s;
        t.http.cert_pem = s->server.cert;
        t.http.key_pem = s->server.key;
        t.http.client_ca_pem = s->ca.cert;
        t.http.handler = apiserver_handle;
        t.http.self = s->api;
    } else if (s && port->number == SITE_DNS_PORT && strcmp(machine, s->master) == 0) {
        t.identity = t.dns = site_cluster_dns(s, &t.dns_name);
        t.kind = t.dns ? KIND_DNS : KIND_NONE;
    } else if (s && is_node_port(port->number)) {
        t = node_port_target(port, s);
    }
    t.http.clock_ahead_ms = s ? s->clock_ahead_ms : 0;
    t.http.address = port->address;
    t.http.port = port->number;
    return t;
}

static bool answer_dns(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    const struct port *port = self;
    struct dns_trouble *trouble = port->plane->w->dns_trouble;
    const struct dns_trouble_query q = {port->dns_part, port->dns, query, len, tcp};
    int64_t delay_ms;
    if (!dns_trouble_answer(trouble, &q, reply, &delay_ms))
        return false;
    if (delay_ms == 0)
        return true;
    dns_trouble_send_later(trouble, dgram_server_hold(port->dgram), reply, delay_ms);
    return false;
}

static void open_listener(struct port *port, const struct target *t) {
    struct loop *loop = port->plane->w->loop;
    if (t->kind == KIND_DNS) {
        port->dns = t->dns;
        port->dns_part = xasprintf("%s/%s", port->model, t->dns_name);
        port->dgram =
            dgram_server_new(loop,
                             &(struct dgram_server_options){.address = port->address,
                                                            .port = port->number,
                                                            .udp = port->protocol[0] == 'u',
                                                            .tcp = port->protocol[0] == 't',
                                                            .handler = answer_dns,
                                                            .self = port},
                             NULL);
    } else {
        port->http = http_server_new(loop, &t->http, NULL);
    }
    /* An address that is taken within our own block cannot be: the next reconcile tries again. */
    if (!port->dgram && !port->http)
        return;
    port->kind = t->kind;
    port->identity = t->identity;
}

void plane_reconcile(struct plane *p) {
    for (size_t i = 0; i < p->count; i++) {
        struct port *port = p->ports[i];
        struct target t = target_of(port);
        if (t.kind == port->kind && t.identity == port->identity)
            continue;
        close_listener(port);
        if (t.kind != KIND_NONE)
            open_listener(port, &t);
    }
}

json_t *plane_status(const struct plane *p) {
    json_t *ports = json_array();
    for (size_t i = 0; i < p->count; i++) {
        const struct port *port = p->ports[i];
        json_array_append_new(ports,
                              json_pack("{s:s, s:s, s:i, s:s, s:s}", "model", port->model,
                                        "address", port->address, "port", port->number, "protocol",
                                        port->protocol, "serves", kind_names[port->kind]));
    }
    return ports;
}

/* --- from inside the world ------------------------------------------------------------------ */

static char *split_host_port(const char *text, uint16_t otherwise, uint16_t *ret_port) {
    char *host = xstrdup(text);
    char *colon = strrchr(host, ':');
    int64_t port = otherwise;
    if (colon && str_to_int(colon + 1, 1, 65535, &port))
        *colon = '\0';
    *ret_port = (uint16_t)port;
    return host;
}

bool plane_dns(struct world *w, const char *server, const void *query, size_t len, bool tcp,
               struct buf *reply) {
    uint16_t number;
    CLEANUP(str_freep) char *host = split_host_port(server, DNS_PORT, &number);
    size_t i = find(w->plane, host, number, tcp ? "tcp" : "udp");
    if (i == w->plane->count)
        return false;
    struct port *port = w->plane->ports[i];
    struct target t = target_of(port);
    if (t.kind != KIND_DNS)
        return false;
    CLEANUP(str_freep) char *part = xasprintf("%s/%s", port->model, t.dns_name);
    const struct dns_trouble_query q = {part, t.dns, query, len, tcp};
    return dns_trouble_forward(w->dns_trouble, &q, reply);
}

bool plane_dns_listens(struct world *w, const char *address, uint16_t number, bool tcp) {
    size_t i = find(w->plane, address, number, tcp ? "tcp" : "udp");
    return i < w->plane->count && w->plane->ports[i]->dgram;
}

void plane_dns_pump(struct world *w, const char *address, uint16_t number) {
    size_t i = find(w->plane, address, number, "udp");
    if (i < w->plane->count && w->plane->ports[i]->dgram)
        dgram_server_pump(w->plane->ports[i]->dgram);
}

/* Which NodePort a load balancer's address and port lead to. */
struct balanced {
    const char *address;
    uint16_t port;
    int64_t node_port; /* 0: none */
};

static bool look_at_service(void *self, const json_t *service) {
    struct balanced *b = self;
    size_t i, k;
    json_t *ingress, *port;
    json_array_foreach(json_at(service, "status", "loadBalancer", "ingress", NULL), i, ingress) {
        if (!str_eq(json_str(ingress, "ip", NULL), b->address))
            continue;
        json_array_foreach(json_at(service, "spec", "ports", NULL), k, port) {
            if (json_int(port, 0, "port", NULL) == b->port)
                b->node_port = json_int(port, 0, "nodePort", NULL);
        }
    }
    return b->node_port == 0;
}

/* GET of a load balancer: a pod behind its service answers, in whichever cluster that is. */
static int balancer_get(struct world *w, const char *host, uint16_t number, const char *path,
                        struct buf *body) {
    for (struct site *s = w->sites; s; s = s->next) {
        struct balanced b = {.address = host, .port = number};
        uint16_t target_port;
        if (s->down)
            continue;
        apiserver_each(s->api, "", "services", "", look_at_service, &b);
        const json_t *pod =
            b.node_port
                ? cluster_nodeport_backend(s->cluster, (uint16_t)b.node_port, "TCP", &target_port)
                : NULL;
        if (!pod)
            continue;
        CLEANUP(memory_exchange_freep)
        struct memory_exchange *m = memory_exchange_new("GET", path, NULL, 0);
        cluster_pod_http(s->cluster, pod, &m->exchange);
        buf_add(body, buf_str(&m->body), m->body.len);
        return m->status;
    }
    return 0;
}

int plane_http_get(struct world *w, const char *url, struct buf *body) {
    if (!str_has_prefix(url, "http://"))
        return 0;
    CLEANUP(str_freep) char *authority = xstrdup(url + 7);
    const char *path = url + 7 + strcspn(authority, "/");
    authority[strcspn(authority, "/")] = '\0';
    uint16_t number;
    CLEANUP(str_freep) char *host = split_host_port(authority, 80, &number);
    size_t i = find(w->plane, host, number, "tcp");
    if (i == w->plane->count)
        return balancer_get(w, host, number, *path ? path : "/", body);
    struct target t = target_of(w->plane->ports[i]);
    if (t.kind == KIND_NONE || t.kind == KIND_DNS || t.http.cert_pem)
        return 0;

    CLEANUP(memory_exchange_freep)
    struct memory_exchange *m = memory_exchange_new("GET", *path ? path : "/", NULL, 0);
    t.http.handler(t.http.self, &m->exchange);
    buf_add(body, buf_str(&m->body), m->body.len);
    return m->status;
}
