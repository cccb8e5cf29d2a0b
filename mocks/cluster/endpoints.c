/*
 * Endpoints of services with a selector, and the addresses of load balancers. Services are filed by
 * selector, cluster IP and NodePort, so that a pod finds its services and a connection its pod.
 */
#include "mocks/cluster/endpoints.h"

#include "mocks/cluster/controllers.h"
#include "mocks/cluster/pod.h"

#include <arpa/inet.h>
#include <inttypes.h>

static void file_addresses(struct cluster *c, struct entry *e, const json_t *service) {
    const char *ip = json_str(service, "spec", "clusterIP", NULL);
    if (ip && !str_eq(ip, "None") && ip[0]) {
        CLEANUP(str_freep) char *key = xasprintf("clusterip:%s", ip);
        index_add(&c->index, &e->links, e, key);
    }
    size_t i;
    json_t *port;
    json_array_foreach(json_at(service, "spec", "ports", NULL), i, port) {
        int64_t node_port = json_int(port, 0, "nodePort", NULL);
        const char *protocol = json_str(port, "protocol", NULL);
        if (!node_port)
            continue;
        CLEANUP(str_freep)
        char *key = xasprintf("nodeport:%s:%" PRId64, protocol ? protocol : "TCP", node_port);
        index_add(&c->index, &e->links, e, key);
    }
}

void endpoints_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                       const json_t *old) {
    (void)old;
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    if (event == APISERVER_DELETED)
        cluster_forget_entry(c, WORK_SERVICE, ns, name);
    else
        file_addresses(c, cluster_observe_entry(c, WORK_SERVICE, object), object);
    cluster_enqueue(c, WORK_SERVICE, ns, name);
}

/* The number behind targetPort in this pod; 0: the pod has no such port. */
static int64_t port_in_pod(const json_t *port, const json_t *pod) {
    const json_t *target = json_object_get(port, "targetPort");
    if (json_is_integer(target) && json_integer_value(target) > 0)
        return json_integer_value(target);
    const char *name = json_string_value(target);
    if (!name || !name[0])
        return json_int(port, 0, "port", NULL);
    size_t i, j;
    json_t *container, *declared;
    json_array_foreach(json_at(pod, "spec", "containers", NULL), i, container) {
        json_array_foreach(json_object_get(container, "ports"), j, declared) {
            if (str_eq(json_str(declared, "name", NULL), name))
                return json_int(declared, 0, "containerPort", NULL);
        }
    }
    return 0;
}

/* The ports of a subset, as this pod has them. */
static json_t *ports_in_pod(const json_t *service, const json_t *pod) {
    json_t *ports = json_array(), *port;
    size_t i;
    json_array_foreach(json_at(service, "spec", "ports", NULL), i, port) {
        int64_t number = port_in_pod(port, pod);
        const char *protocol = json_str(port, "protocol", NULL);
        if (number <= 0)
            continue;
        json_t *o = json_pack("{s:I,s:s}", "port", (json_int_t)number, "protocol",
                              protocol ? protocol : "TCP");
        json_set_str(o, "name", json_str(port, "name", NULL));
        json_array_append_new(ports, o);
    }
    return ports;
}

static json_t *subset_with(json_t *subsets, json_t *ports) {
    size_t i;
    json_t *subset;
    json_array_foreach(subsets, i, subset) {
        if (json_equal(json_object_get(subset, "ports"), ports))
            return subset;
    }
    subset = json_pack("{s:O}", "ports", ports);
    json_array_append_new(subsets, subset);
    return subset;
}

static void add_pod(const struct pod *p, const json_t *service, json_t *subsets) {
    const json_t *pod = pod_object(p);
    CLEANUP(json_freep) json_t *ports = ports_in_pod(service, pod);
    if (json_array_size(ports) == 0)
        return;
    bool tolerate = str_eq(json_str(service, "metadata", "annotations",
                                    "service.alpha.kubernetes.io/tolerate-unready-endpoints", NULL),
                           "true");
    json_t *address =
        json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s}}", "ip", p->ip, "nodeName", p->node, "targetRef",
                  "kind", "Pod", "namespace", p->ns, "name", p->name, "uid", p->uid);
    const char *hostname = json_str(pod, "spec", "hostname", NULL);
    const char *subdomain = json_str(pod, "spec", "subdomain", NULL);
    if (hostname && str_eq(subdomain, json_str(service, "metadata", "name", NULL)))
        json_set_str(address, "hostname", hostname);
    const char *list = p->ready || tolerate ? "addresses" : "notReadyAddresses";
    json_array_append_new(json_ensure_array(subset_with(subsets, ports), list), address);
}

static int by_ip(const void *a, const void *b) {
    const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
    struct in_addr i = {0}, j = {0};
    (void)inet_pton(AF_INET, x->ip, &i);
    (void)inet_pton(AF_INET, y->ip, &j);
    uint32_t m = ntohl(i.s_addr), n = ntohl(j.s_addr);
    return m < n ? -1 : m > n;
}

static bool counts(const struct pod *p, const json_t *selector) {
    return p->ip && pod_is_active(p) &&
           cluster_selector_matches(selector, json_at(pod_object(p), "metadata", "labels", NULL));
}

/* The pods that the service selects, by address; owned. */
static struct pod **selected(struct cluster *c, const json_t *service, size_t *ret_count) {
    json_t *selector = json_at(service, "spec", "selector", NULL);
    const struct index_bucket *least = NULL;
    const char *key;
    json_t *value;
    *ret_count = 0;
    json_object_foreach(selector, key, value) {
        CLEANUP(str_freep)
        char *label = xasprintf("label:%s/%s=%s", json_str(service, "metadata", "namespace", NULL),
                                key, json_string_value(value));
        const struct index_bucket *b = index_find(&c->index, label);
        if (!b)
            return NULL;
        if (!least || b->count < least->count)
            least = b;
    }
    if (!least)
        return NULL;
    struct pod **pods = xcalloc(least->count, sizeof(struct pod *));
    for (size_t i = 0; i < least->count; i++) {
        struct pod *p = least->items[i].owner;
        if (counts(p, selector))
            pods[(*ret_count)++] = p;
    }
    qsort(pods, *ret_count, sizeof(struct pod *), by_ip);
    return pods;
}

static const json_t *peek_endpoints(struct cluster *c, const char *ns, const char *name) {
    return apiserver_peek(c->api, "", "endpoints", ns, name);
}

static void write_endpoints(struct cluster *c, const json_t *service, json_t *subsets) {
    const char *ns = json_str(service, "metadata", "namespace", NULL);
    const char *name = json_str(service, "metadata", "name", NULL);
    const json_t *there = peek_endpoints(c, ns, name);
    json_t *labels = json_at(service, "metadata", "labels", NULL);
    json_t *before = json_object_get(there, "subsets");
    bool same = before ? json_equal(before, subsets) : json_array_size(subsets) == 0;
    if (there && same)
        return;
    CLEANUP(json_freep)
    json_t *body = json_pack("{s:s,s:s,s:{s:s,s:s},s:O}", "apiVersion", "v1", "kind", "Endpoints",
                             "metadata", "name", name, "namespace", ns, "subsets", subsets);
    if (labels)
        json_object_set(json_object_get(body, "metadata"), "labels", labels);
    CLEANUP(str_freep)
    char *path =
        xasprintf("/api/v1/namespaces/%s/endpoints%s%s", ns, there ? "/" : "", there ? name : "");
    (void)apiserver_call(c->api, there ? "PUT" : "POST", path, body, NULL);
}

static void delete_endpoints(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *path = xasprintf("/api/v1/namespaces/%s/endpoints/%s", ns, name);
    if (peek_endpoints(c, ns, name) && !str_eq(name, "kubernetes"))
        (void)apiserver_call(c->api, "DELETE", path, NULL, NULL);
}

static char *next_load_balancer_ip(struct cluster *c) {
    char net[INET_ADDRSTRLEN] = "";
    const char *slash = strchr(c->load_balancer_cidr, '/');
    size_t len = slash ? (size_t)(slash - c->load_balancer_cidr) : strlen(c->load_balancer_cidr);
    int64_t bits = 32;
    struct in_addr a;
    if (len >= sizeof(net) || (slash && !str_to_int(slash + 1, 1, 32, &bits)))
        return NULL;
    memcpy(net, c->load_balancer_cidr, len);
    if (inet_pton(AF_INET, net, &a) != 1)
        return NULL;
    uint32_t size = bits >= 31 ? 1 : (1u << (32 - bits)) - 2;
    a.s_addr = htonl(ntohl(a.s_addr) + (bits >= 31 ? 0 : 1) + c->load_balancer_next++ % size);
    return inet_ntop(AF_INET, &a, net, sizeof(net)) ? xstrdup(net) : NULL;
}

static void follow_load_balancer(struct cluster *c, const json_t *service) {
    const char *ns = json_str(service, "metadata", "namespace", NULL);
    const char *name = json_str(service, "metadata", "name", NULL);
    bool has = json_at(service, "status", "loadBalancer", "ingress", "[0]", NULL) != NULL;
    bool wants = str_eq(json_str(service, "spec", "type", NULL), "LoadBalancer");
    if (!c->load_balancer_cidr || has == wants)
        return;
    CLEANUP(str_freep) char *ip = wants ? next_load_balancer_ip(c) : NULL;
    json_t *ingress = ip ? json_pack("[{s:s}]", "ip", ip) : json_null();
    (void)cluster_call(c, "PATCH", WORK_SERVICE, ns, name, "status",
                       json_pack("{s:{s:{s:o}}}", "status", "loadBalancer", "ingress", ingress),
                       NULL);
}

void endpoints_reconcile(struct cluster *c, const char *ns, const char *name) {
    const json_t *service = cluster_peek(c, WORK_SERVICE, ns, name);
    if (!service) {
        delete_endpoints(c, ns, name);
        return;
    }
    CLEANUP(json_freep) json_t *held = json_incref(json_mutable(service));
    const json_t *selector = json_at(held, "spec", "selector", NULL);
    if (json_object_size(selector) &&
        !str_eq(json_str(held, "spec", "type", NULL), "ExternalName")) {
        CLEANUP(json_freep) json_t *subsets = json_array();
        size_t count;
        struct pod **pods = selected(c, held, &count);
        for (size_t i = 0; i < count; i++)
            add_pod(pods[i], held, subsets);
        free(pods);
        write_endpoints(c, held, subsets);
    }
    follow_load_balancer(c, held);
}

struct pod *endpoints_pick(struct cluster *c, const char *key, int64_t port, const char *protocol,
                           bool by_node_port, uint16_t *ret_target_port) {
    const struct index_bucket *b = index_find(&c->index, key);
    if (!b || !b->count)
        return NULL;
    const struct entry *e = b->items[0].owner;
    const json_t *service = cluster_peek(c, WORK_SERVICE, e->ns, e->name);
    size_t i, count;
    json_t *found = NULL, *p;
    json_array_foreach(json_at(service, "spec", "ports", NULL), i, p) {
        const char *of = json_str(p, "protocol", NULL);
        if (json_int(p, -1, by_node_port ? "nodePort" : "port", NULL) == port &&
            str_eq(of ? of : "TCP", protocol))
            found = p;
    }
    if (!found)
        return NULL;
    struct pod **pods = selected(c, service, &count), *picked = NULL;
    for (size_t k = 0; k < count && !picked; k++) {
        struct pod *candidate = pods[(c->turn + k) % count];
        int64_t target = port_in_pod(found, pod_object(candidate));
        if (!candidate->ready || target <= 0 || target > 65535)
            continue;
        picked = candidate;
        *ret_target_port = (uint16_t)target;
    }
    c->turn++;
    free(pods);
    return picked;
}

const json_t *cluster_nodeport_backend(struct cluster *c, uint16_t node_port, const char *protocol,
                                       uint16_t *ret_target_port) {
    CLEANUP(str_freep) char *key = xasprintf("nodeport:%s:%d", protocol, (int)node_port);
    const struct pod *p = endpoints_pick(c, key, node_port, protocol, true, ret_target_port);
    return p ? pod_object(p) : NULL;
}
