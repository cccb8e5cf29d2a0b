#include "mocks/cluster/node.h"

#include "mocks/cluster/controllers.h"
#include "mocks/cluster/pod.h"

#include <arpa/inet.h>
#include <inttypes.h>

#define BLOCKS_MAX (150u * 256u)

static json_t *labels_new(const struct cluster_node *node) {
    json_t *labels =
        json_pack("{s:s,s:s,s:s}", "beta.kubernetes.io/arch", "amd64", "beta.kubernetes.io/os",
                  "linux", "kubernetes.io/hostname", node->name);
    return labels;
}

/* "k=v k2=v2" as the charm's option has it; "k=" removes nothing, it sets an empty value. */
static void add_labels(json_t *labels, const char *text) {
    CLEANUP(str_freep) char *copy = xstrdup(text ? text : "");
    char *rest = copy;
    for (char *pair; (pair = str_next(&rest, ' '));) {
        char *equals = strchr(pair, '=');
        if (!equals || equals == pair)
            continue;
        *equals = '\0';
        json_set_str(labels, pair, equals + 1);
    }
}

static json_t *condition(const struct cluster *c, const char *type, const char *status,
                         const char *reason, const char *message) {
    char now[32];
    cluster_now_text(c, now);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "type", type, "status", status,
                     "lastHeartbeatTime", now, "lastTransitionTime", now, "reason", reason,
                     "message", message);
}

static json_t *conditions(const struct cluster *c) {
    static const char *const kubelet_stopped = "Kubelet stopped posting node status.";
    if (c->down)
        return json_pack(
            "[o,o,o,o]", condition(c, "OutOfDisk", "Unknown", "NodeStatusUnknown", kubelet_stopped),
            condition(c, "MemoryPressure", "Unknown", "NodeStatusUnknown", kubelet_stopped),
            condition(c, "DiskPressure", "Unknown", "NodeStatusUnknown", kubelet_stopped),
            condition(c, "Ready", "Unknown", "NodeStatusUnknown", kubelet_stopped));
    return json_pack("[o,o,o,o]",
                     condition(c, "OutOfDisk", "False", "KubeletHasSufficientDisk",
                               "kubelet has sufficient disk space available"),
                     condition(c, "MemoryPressure", "False", "KubeletHasSufficientMemory",
                               "kubelet has sufficient memory available"),
                     condition(c, "DiskPressure", "False", "KubeletHasNoDiskPressure",
                               "kubelet has no disk pressure"),
                     condition(c, "Ready", "True", "KubeletReady",
                               "kubelet is posting ready status. AppArmor enabled"));
}

static json_t *status_new(struct cluster *c, const struct cluster_node *node) {
    const char *version =
        c->profile ? json_str(profile_json(c->profile), "version", "gitVersion", NULL) : NULL;
    char machine[37], boot[37];
    rng_uuid(&c->rng, machine);
    rng_uuid(&c->rng, boot);
    json_t *capacity = json_pack("{s:s,s:s,s:s}", "cpu", "4", "memory", "8175632Ki", "pods", "110");
    /* Without a cloud provider a kubelet knows no ExternalIP. */
    json_t *addresses = json_pack("[{s:s,s:s},{s:s,s:s}]", "type", "InternalIP", "address",
                                  node->address, "type", "Hostname", "address", node->name);
    if (c->profile && json_flag(profile_json(c->profile), "cluster", "legacy_host_ip", NULL))
        json_array_insert_new(
            addresses, 0, json_pack("{s:s,s:s}", "type", "LegacyHostIP", "address", node->address));
    json_t *info = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "machineID", machine, "systemUUID", machine,
        "bootID", boot, "kernelVersion", "4.4.0-78-generic", "osImage", "Ubuntu 16.04.2 LTS",
        "containerRuntimeVersion", "docker://1.12.6", "kubeletVersion",
        version ? version : "v1.6.2", "kubeProxyVersion", version ? version : "v1.6.2",
        "operatingSystem", "linux", "architecture", "amd64");
    return json_pack("{s:O,s:o,s:o,s:o,s:o,s:{s:{s:i}}}", "capacity", capacity, "allocatable",
                     capacity, "conditions", conditions(c), "addresses", addresses, "nodeInfo",
                     info, "daemonEndpoints", "kubeletEndpoint", "Port", 10250);
}

void node_create_all(struct cluster *c, const struct cluster_node *nodes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        json_t *labels = labels_new(&nodes[i]);
        add_labels(labels, nodes[i].labels);
        json_t *status = status_new(c, &nodes[i]);
        json_t *node = json_pack("{s:s,s:s,s:{s:s,s:o},s:{s:s},s:O}", "apiVersion", "v1", "kind",
                                 "Node", "metadata", "name", nodes[i].name, "labels", labels,
                                 "spec", "externalID", nodes[i].name, "status", status);
        c->nodes = xgrow(c->nodes, c->node_count, &c->node_cap, sizeof(*c->nodes));
        c->nodes[c->node_count++] =
            (struct node){.name = xstrdup(nodes[i].name), .address = xstrdup(nodes[i].address)};
        (void)cluster_call(c, "POST", WORK_NODE, NULL, NULL, NULL, node, NULL);
        (void)cluster_put_status(c, WORK_NODE, NULL, nodes[i].name, status);
    }
}

void node_release_all(struct cluster *c) {
    for (size_t i = 0; i < c->node_count; i++) {
        free(c->nodes[i].name);
        free(c->nodes[i].address);
        free(c->nodes[i].free_list);
    }
    free(c->nodes);
}

void node_write_ready(struct cluster *c) {
    for (size_t i = 0; i < c->node_count; i++)
        (void)cluster_call(c, "PATCH", WORK_NODE, NULL, c->nodes[i].name, "status",
                           json_pack("{s:{s:o}}", "status", "conditions", conditions(c)), NULL);
}

void cluster_label_nodes(struct cluster *c, const char *name, const char *labels) {
    for (size_t i = 0; i < c->node_count; i++) {
        if (name && !str_eq(name, c->nodes[i].name))
            continue;
        json_t *added = json_object();
        add_labels(added, labels);
        (void)cluster_call(c, "PATCH", WORK_NODE, NULL, c->nodes[i].name, NULL,
                           json_pack("{s:{s:o}}", "metadata", "labels", added), NULL);
    }
}

struct node *node_find(struct cluster *c, const char *name) {
    for (size_t i = 0; i < c->node_count; i++) {
        if (str_eq(c->nodes[i].name, name))
            return &c->nodes[i];
    }
    return NULL;
}

static bool tolerated(const json_t *taint, const json_t *tolerations) {
    size_t i;
    json_t *t;
    json_array_foreach(tolerations, i, t) {
        const char *key = json_str(t, "key", NULL), *effect = json_str(t, "effect", NULL);
        bool exists = str_eq(json_str(t, "operator", NULL), "Exists");
        if (effect && !str_eq(effect, json_str(taint, "effect", NULL)))
            continue;
        if (exists && (!key || str_eq(key, json_str(taint, "key", NULL))))
            return true;
        const char *value = json_str(t, "value", NULL), *want = json_str(taint, "value", NULL);
        if (!exists && str_eq(key, json_str(taint, "key", NULL)) &&
            str_eq(value ? value : "", want ? want : ""))
            return true;
    }
    return false;
}

static bool taints_allow(const json_t *node, const json_t *pod) {
    size_t i;
    json_t *taint;
    json_array_foreach(json_at(node, "spec", "taints", NULL), i, taint) {
        if (!str_eq(json_str(taint, "effect", NULL), "PreferNoSchedule") &&
            !tolerated(taint, json_at(pod, "spec", "tolerations", NULL)))
            return false;
    }
    return true;
}

static bool selector_allows(const json_t *node, const json_t *pod) {
    const json_t *want = json_at(pod, "spec", "nodeSelector", NULL);
    return !json_is_object(want) || json_object_size(want) == 0 ||
           cluster_selector_matches(want, json_at(node, "metadata", "labels", NULL));
}

bool node_fits(struct cluster *c, const struct node *n, const json_t *pod) {
    const json_t *node = cluster_peek(c, WORK_NODE, NULL, n->name);
    return node && !c->down && selector_allows(node, pod) && taints_allow(node, pod);
}

static size_t pods_on(struct cluster *c, const struct node *n) {
    CLEANUP(str_freep) char *key = xasprintf("node:%s", n->name);
    const struct index_bucket *b = index_find(&c->index, key);
    return b ? b->count : 0;
}

struct node *node_pick(struct cluster *c, const json_t *pod, char **ret_why) {
    struct node *best = NULL;
    size_t best_pods = 0, by_selector = 0, by_taint = 0, unschedulable = 0;
    for (size_t i = 0; i < c->node_count; i++) {
        struct node *n = &c->nodes[i];
        const json_t *object = cluster_peek(c, WORK_NODE, NULL, n->name);
        if (!object || c->down || json_flag(object, "spec", "unschedulable", NULL)) {
            unschedulable++;
        } else if (!selector_allows(object, pod)) {
            by_selector++;
        } else if (!taints_allow(object, pod)) {
            by_taint++;
        } else if (!best || pods_on(c, n) < best_pods) {
            best = n;
            best_pods = pods_on(c, n);
        }
    }
    if (best)
        return best;
    struct buf why = BUF_INIT;
    if (by_selector + by_taint == 0) {
        buf_adds(&why, "no nodes available to schedule pods");
    } else {
        buf_adds(&why, "No nodes are available that match all of the following predicates:: ");
        if (by_selector)
            buf_addf(&why, "MatchNodeSelector (%zu)", by_selector);
        if (by_taint)
            buf_addf(&why, "%sPodToleratesNodeTaints (%zu)", by_selector ? ", " : "", by_taint);
        buf_addc(&why, '.');
    }
    (void)unschedulable;
    *ret_why = buf_detach(&why);
    return NULL;
}

char *node_take_address(struct cluster *c, struct node *n) {
    uint32_t at;
    if (n->free_count) {
        at = n->free_list[--n->free_count];
    } else {
        if (n->next_host == 0 || n->next_host > 254) {
            if (c->blocks_used >= BLOCKS_MAX)
                return NULL;
            n->block = (uint32_t)++c->blocks_used;
            n->next_host = 2; /* .1 is the bridge */
        }
        at = n->block << 8 | n->next_host++;
    }
    uint32_t block = at >> 8;
    return xasprintf("10.%" PRIu32 ".%" PRIu32 ".%" PRIu32, 1 + block / 256, block % 256, at & 255);
}

void node_give_address(struct node *n, const char *ip) {
    struct in_addr a;
    if (inet_pton(AF_INET, ip, &a) != 1)
        return;
    uint32_t v = ntohl(a.s_addr);
    uint32_t block = (((v >> 16 & 255) - 1) << 8) | (v >> 8 & 255);
    n->free_list = xgrow(n->free_list, n->free_count, &n->free_cap, sizeof(*n->free_list));
    n->free_list[n->free_count++] = block << 8 | (v & 255);
}

/* Pods that wait for a node look again, and daemon sets may have a node more. */
void node_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                  const json_t *old) {
    if (event == APISERVER_MODIFIED &&
        json_equal(json_at(object, "metadata", "labels", NULL),
                   json_at(old, "metadata", "labels", NULL)) &&
        json_equal(json_at(object, "spec", NULL), json_at(old, "spec", NULL)))
        return;
    cluster_enqueue(c, WORK_NODE, NULL, json_str(object, "metadata", "name", NULL));
}

void node_reconcile(struct cluster *c, const char *ns, const char *name) {
    (void)ns;
    (void)name;
    const struct index_bucket *b = index_find(&c->index, "unscheduled");
    for (size_t i = 0; b && i < b->count; i++) {
        const struct pod *p = b->items[i].owner;
        pod_enqueue(p);
    }
    size_t at = 0;
    for (struct entry *e; (e = map_next(&c->entries[WORK_DAEMONSET], &at));)
        cluster_enqueue(c, WORK_DAEMONSET, e->ns, e->name);
}
