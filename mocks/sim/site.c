#include "mocks/sim/site.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/core/yaml.h"
#include "harness/net/kubeconfig.h"
#include "mocks/sim/dns_objects.h"
#include "mocks/sim/fedhost.h"
#include "mocks/sim/mounts.h"
#include "mocks/sim/plane.h"
#include "mocks/sim/pod_dns.h"
#include "mocks/sim/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every bundle takes this net for its services, or, without that quirk, each the next one. */
#define SERVICE_NET "10.152"

enum { API_PORT = 6443, DNS_PORT = 53, NODES_MAX = 32, SERVICE_NET_FIRST = 183, SERVICE_NETS = 72 };

/* --- the kubelets: made before the cluster, which they belong to --------------------------- */

static int kubelet_start(void *self, const struct kubelet_request *request,
                         const struct kubelet_sink *sink, struct kubelet_process *ret,
                         struct err *err) {
    struct site *s = self;
    struct kubelet_ops ops = cluster_kubelet(s->cluster);
    return ops.start(ops.self, request, sink, ret, err);
}

/* --- what the cluster asks of the world ---------------------------------------------------- */

static int http_get(void *self, const char *url, struct buf *body) {
    struct site *s = self;
    return plane_http_get(s->world, url, body);
}

static void remove_dns_pod(struct site *s, const char *ns, const char *name) {
    for (struct site_dns **link = &s->dns_pods; *link;) {
        struct site_dns *d = *link;
        if (name && (strcmp(d->ns, ns) != 0 || strcmp(d->pod, name) != 0)) {
            link = &d->next;
            continue;
        }
        *link = d->next;
        dns_server_free(d->server);
        free(d->ns);
        free(d->pod);
        free(d);
    }
}

static void add_dns_pod(struct site *s, const json_t *pod, const json_t *container) {
    const char *ns = json_str(pod, "metadata", "namespace", NULL);
    const char *name = json_str(pod, "metadata", "name", NULL);
    const char *path = mounts_flag(container, "conf");
    CLEANUP(str_freep)
    char *corefile = path ? mounts_file(s->api, pod, container, path) : NULL;
    struct dns_server *server = corefile ? coredns_new(corefile, &s->dns_ops, NULL) : NULL;
    if (!server)
        return; /* as a CoreDNS with a bad Corefile: the pod is there, nothing answers */
    remove_dns_pod(s, ns, name);
    struct site_dns *d = xcalloc(1, sizeof(*d));
    *d = (struct site_dns){
        .next = s->dns_pods, .ns = xstrdup(ns), .pod = xstrdup(name), .server = server};
    s->dns_pods = d;
}

static void pod_ready(void *self, const json_t *pod) {
    struct site *s = self;
    size_t i;
    json_t *container;
    json_array_foreach(json_at(pod, "spec", "containers", NULL), i, container) {
        const char *image = json_str(container, "image", NULL);
        if (image && strstr(image, "coredns/coredns"))
            add_dns_pod(s, pod, container);
    }
    fedhost_pod_ready(s, pod);
    world_reconcile_soon(s->world);
}

static void pod_gone(void *self, const char *ns, const char *name) {
    struct site *s = self;
    remove_dns_pod(s, ns, name);
    fedhost_pod_gone(s, ns, name);
    world_reconcile_soon(s->world);
}

struct dns_server *site_dns_in_pod(const struct site *s, const json_t *pod) {
    for (struct site_dns *d = s->dns_pods; d; d = d->next)
        if (str_eq(d->ns, json_str(pod, "metadata", "namespace", NULL)) &&
            str_eq(d->pod, json_str(pod, "metadata", "name", NULL)))
            return d->server;
    return str_eq(json_str(pod, "metadata", "labels", "k8s-app", NULL), "kube-dns") ? s->kube_dns
                                                                                    : NULL;
}

/* The charm's CoreDNS add-on takes over the service kube-dns. */
struct dns_server *site_cluster_dns(const struct site *s, const char **ret_name) {
    const json_t *service = apiserver_peek(s->api, "", "services", "kube-system", "kube-dns");
    bool is_coredns = str_eq(json_str(service, "spec", "selector", "k8s-app", NULL), "coredns");
    *ret_name = is_coredns ? "coredns" : "kube-dns";
    if (!is_coredns)
        return s->kube_dns;
    for (struct site_dns *d = s->dns_pods; d; d = d->next) {
        const json_t *pod = apiserver_peek(s->api, "", "pods", d->ns, d->pod);
        if (str_eq(json_str(pod, "metadata", "labels", "k8s-app", NULL), "coredns"))
            return d->server;
    }
    return NULL;
}

/* --- what DNS servers ask of the world ----------------------------------------------------- */

static const json_t *dns_object(void *self, const char *resource, const char *ns,
                                const char *name) {
    struct site *s = self;
    return dns_objects_get(s->api, resource, ns, name);
}

static void dns_each(void *self, const char *resource, const char *ns,
                     bool (*fn)(void *fn_self, const json_t *object), void *fn_self) {
    struct site *s = self;
    apiserver_each(s->api, "", resource, ns, fn, fn_self);
}

static bool dns_skydns(void *self, const char *endpoint, const char *key,
                       void (*fn)(void *fn_self, const char *key, const char *value),
                       void *fn_self) {
    struct site *s = self;
    struct store *store = store_of_endpoint(s->world, endpoint);
    if (!store)
        return false;
    etcd_each(store->etcd, key, fn, fn_self);
    return true;
}

static bool dns_forward(void *self, const char *server, const void *query, size_t len, bool tcp,
                        struct buf *reply) {
    struct site *s = self;
    return plane_dns(s->world, server, query, len, tcp, reply);
}

static uint64_t dns_version(void *self) {
    return (uint64_t)apiserver_version(((const struct site *)self)->api);
}

static bool dns_quirk(void *self, const char *name) {
    struct site *s = self;
    return profile_has_quirk(s->world->profile, name);
}

/* --- life cycle ---------------------------------------------------------------------------- */

static int make_certificates(struct site *s, struct err *err) {
    CLEANUP(str_freep) char *service_ip = xasprintf("%s.1", s->service_net);
    const char *key, *private = s->master;
    json_t *public;
    json_object_foreach(s->world->private_nets, key, public) private =
        str_eq(json_string_value(public), s->master) ? key : private;
    const char *const names[] = {s->master,
                                 private,
                                 service_ip,
                                 "kubernetes",
                                 "kubernetes.default",
                                 "kubernetes.default.svc",
                                 "kubernetes.default.svc.cluster.local",
                                 "kubernetes.cluster.local",
                                 "localhost"};
    struct pki_request server = {
        .common_name = s->master, .names = names, .name_count = ARRAY_LEN(names), .server = true};
    struct pki_request admin = {
        .common_name = "admin", .organization = "system:masters", .client = true};
    if (pki_new_ca(s->master, &s->ca, err) < 0 || pki_issue(&s->ca, &server, &s->server, err) < 0 ||
        pki_issue(&s->ca, &admin, &s->admin, err) < 0)
        return err_prefix(err, "certificates of %s", s->model);
    return 0;
}

static void start_cluster(struct site *s, const json_t *worker_addresses) {
    struct world *w = s->world;
    struct cluster_node nodes[NODES_MAX];
    char *names[NODES_MAX];
    size_t count = json_array_size(worker_addresses);
    if (count > NODES_MAX)
        count = NODES_MAX;
    for (size_t i = 0; i < count; i++) {
        names[i] = xasprintf("juju-%s-%zu", s->model, i + 1);
        nodes[i] = (struct cluster_node){
            names[i], json_string_value(json_array_get(worker_addresses, i)), ""};
    }

    /* A machine's third number is its model's ("127.7.12.11"): no two clusters share a pool. */
    int place = 0;
    (void)sscanf(s->master, "%*d.%*d.%d", &place);
    CLEANUP(str_freep)
    char *pool =
        world_offers(w, "loadbalancer") ? xasprintf("203.0.113.%d/29", 8 * (place % 32)) : NULL;
    s->cluster = cluster_new(&(struct cluster_options){
        .name = s->model,
        .api = s->api,
        .profile = w->profile,
        .sched = w->sched,
        .seed = rng_u32(&w->rng),
        .nodes = nodes,
        .node_count = count,
        .ca_crt = s->ca.cert,
        .ca_key = s->ca.key,
        .load_balancer_cidr = pool,
        .persistent_volumes = world_offers(w, "persistent-volumes") ||
                              !profile_has_quirk(w->profile, "init-volume-hang"),
        .ops = &s->cluster_ops});
    for (size_t i = 0; i < count; i++)
        free(names[i]);
}

static void on_change(void *self, enum apiserver_event event, const json_t *object,
                      const json_t *old) {
    (void)event;
    (void)object;
    (void)old;
    struct site *s = self;
    world_reconcile_soon(s->world);
}

static void on_config_map(void *self, enum apiserver_event event, const json_t *object,
                          const json_t *old) {
    (void)old;
    struct site *s = self;
    if (s->kube_dns && str_eq(json_str(object, "metadata", "namespace", NULL), "kube-system") &&
        str_eq(json_str(object, "metadata", "name", NULL), "kube-dns"))
        kube_dns_notice(s->kube_dns, event == APISERVER_DELETED ? NULL : object);
}

static void site_free(struct site *s) {
    fedhost_free_all(s);
    remove_dns_pod(s, NULL, NULL);
    dns_server_free(s->kube_dns);
    s->kube_dns = NULL; /* the ConfigMap may go after it */
    cluster_free(s->cluster);
    apiserver_free(s->api);
    pki_pair_release(&s->ca);
    pki_pair_release(&s->server);
    pki_pair_release(&s->admin);
    free(s->model);
    free(s->master);
    free(s->server_url);
    json_decref(s->workers_on);
    free(s);
}

struct site *site_start(struct world *w, const char *model, const char *master,
                        const json_t *worker_addresses, struct err *err) {
    struct site *s = xcalloc(1, sizeof(*s));
    s->world = w;
    s->model = xstrdup(model);
    s->master = xstrdup(master);
    s->clock_ahead_ms = json_int(w->clocks, 0, model, NULL);
    s->workers_on = json_object();
    size_t i;
    json_t *worker;
    json_array_foreach(worker_addresses, i, worker)
        json_set_bool(s->workers_on, json_string_value(worker), true);
    s->server_url = xasprintf("https://%s:%d", master, API_PORT);
    s->kubelet = (struct kubelet_ops){kubelet_start, s};
    s->cluster_ops = (struct cluster_ops){
        .http_get = http_get, .pod_ready = pod_ready, .pod_gone = pod_gone, .self = s};
    pod_dns_install(s);
    s->dns_ops = (struct dns_server_ops){.object = dns_object,
                                         .each = dns_each,
                                         .skydns = dns_skydns,
                                         .forward = dns_forward,
                                         .quirk = dns_quirk,
                                         .version = dns_version,
                                         .self = s};
    int64_t net = json_int(w->nets, 0, model, "net", NULL) % SERVICE_NETS;
    if (profile_has_quirk(w->profile, "same-service-cidr"))
        net = 0;
    snprintf(s->service_net, sizeof(s->service_net), SERVICE_NET ".%d",
             SERVICE_NET_FIRST + (int)net);
    CLEANUP(str_freep) char *service_cidr = xasprintf("%s.0/24", s->service_net);
    if (make_certificates(s, err) < 0) {
        site_free(s);
        return NULL;
    }
    CLEANUP(json_freep) json_t *groups = world_group_versions(w, "cluster");
    s->api = apiserver_new(&(struct apiserver_options){
        .name = s->model,
        .sched = w->sched,
        .seed = rng_u32(&w->rng),
        .group_versions = groups,
        .version = json_object_get(profile_json(w->profile), "version"),
        .service_cidr = service_cidr,
        .rbac = true,
        .anonymous = true,
        .kubelet = &s->kubelet,
        .faults = w->faults,
        .clock_ahead_ms = s->clock_ahead_ms,
        .ways = {.one_protocol_per_node_port = profile_has_quirk(w->profile, "nodeport-udp-tcp"),
                 .ports_by_protocol = !profile_has_quirk(w->profile, "apply-port-merge-key"),
                 .lacks =
                     profile_has_quirk(w->profile, "no-websocket-v5") ? FEATURE_WEBSOCKET_V5 : 0}});
    apiserver_announce(s->api, s->master, API_PORT);
    start_cluster(s, worker_addresses);
    /* The charm's add-ons bring kube-dns with its ConfigMap, before any federation is joined
     * (G-08). */
    CLEANUP(str_freep) char *dns_ip = xasprintf("%s.10", s->service_net);
    cluster_install_addons(s->cluster, dns_ip, true);
    s->kube_dns = kube_dns_new(&(struct kube_dns_options){
        .domain = "cluster.local", .service_cidr = service_cidr, .ops = &s->dns_ops});
    apiserver_subscribe(s->api, "", "services", on_change, s);
    apiserver_subscribe(s->api, "", "endpoints", on_change, s);
    apiserver_subscribe(s->api, "", "configmaps", on_config_map, s);
    s->next = w->sites;
    w->sites = s;
    plane_set_open(w->plane, model, master, SITE_DNS_PORT, "udp", true);
    plane_set_open(w->plane, model, master, SITE_DNS_PORT, "tcp", true);
    world_reconcile_soon(w);
    return s;
}

void site_remove(struct world *w, const char *model) {
    for (struct site **link = &w->sites; *link;) {
        struct site *s = *link;
        if (model && strcmp(s->model, model) != 0) {
            link = &s->next;
            continue;
        }
        *link = s->next;
        site_free(s);
    }
}

struct site *site_of_model(const struct world *w, const char *model) {
    for (struct site *s = w->sites; s; s = s->next)
        if (strcmp(s->model, model) == 0)
            return s;
    return NULL;
}

struct site *site_of_url(const struct world *w, const char *server_url) {
    for (struct site *s = w->sites; s; s = s->next)
        if (strcmp(s->server_url, server_url) == 0)
            return s;
    return NULL;
}

char *site_kubeconfig(const struct site *s, size_t *ret_len) {
    CLEANUP(json_freep)
    json_t *config = kubeconfig_new("juju-cluster", "ubuntu", "juju-context", s->server_url,
                                    s->ca.cert, s->admin.cert, s->admin.key);
    struct buf text = BUF_INIT;
    yaml_dump_to(config, &text);
    *ret_len = text.len;
    return buf_detach(&text);
}

static void follow_power(struct site *s) {
    const char *address;
    json_t *on;
    bool any = false;
    json_object_foreach(s->workers_on, address, on) any = any || json_is_true(on);
    cluster_set_down(s->cluster, s->down || !any);
}

void site_set_worker_down(struct site *s, const char *address, bool down) {
    if (!json_object_get(s->workers_on, address))
        return;
    json_set_bool(s->workers_on, address, !down);
    follow_power(s);
}

void site_set_down(struct site *s, bool down) {
    s->down = down;
    follow_power(s);
    plane_reset_model(s->world->plane, s->model);
    world_reconcile_soon(s->world);
}
