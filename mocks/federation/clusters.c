#include "mocks/federation/clusters.h"

#include "harness/core/clock.h"
#include "mocks/federation/members.h"
#include "mocks/federation/objects.h"

#include <strings.h>

#define ZONE_LABEL "failure-domain.beta.kubernetes.io/zone"
#define REGION_LABEL "failure-domain.beta.kubernetes.io/region"
#define RELIST_MS (10 * 60 * 1000) /* informers list again now and then */

struct fed_cluster *clusters_find(const struct federation *f, const char *name) {
    return map_get(&f->cluster_by_name, name);
}

int clusters_call(struct fed_cluster *c, const char *method, const char *target, const json_t *body,
                  json_t **ret_body) {
    const struct federation_ops *ops = &c->f->ops;
    json_t *answer = NULL;
    int status = ops->member_call(ops->self, c->server, c->secret, method, target, body, &answer);
    if (status == 0)
        c->missed = true;
    if (ret_body)
        *ret_body = answer;
    else
        json_decref(answer);
    return status;
}

/* Membership */

static void cluster_free(struct fed_cluster *c) {
    sched_stop(c->f->sched, &c->changed_timer);
    members_unwatch(c);
    json_decref(c->secret);
    json_decref(c->zones);
    json_decref(c->addresses);
    free(c->region);
    free(c->name);
    free(c->uid);
    free(c->server);
    free(c);
}

static void forget_shards(struct federation *f, size_t slot) {
    for (size_t i = 0; i < f->objects.cap; i++) {
        struct fed_object *o = f->objects.slots[i].value;
        if (f->objects.slots[i].key && slot < o->shard_count)
            shard_forget(&o->shards[slot]);
    }
}

static void remove_cluster(struct federation *f, struct fed_cluster *c) {
    map_remove(&f->cluster_by_name, c->name);
    f->clusters[c->slot] = NULL;
    forget_shards(f, c->slot);
    cluster_free(c);
}

static const char *server_of(const json_t *object) {
    return json_str(object, "spec", "serverAddressByClientCIDRs", "[0]", "serverAddress", NULL);
}

static struct fed_cluster *add_cluster(struct federation *f, const json_t *object) {
    size_t slot = 0;
    while (slot < f->cluster_slots && f->clusters[slot])
        slot++;
    if (slot == f->cluster_slots) {
        f->cluster_slots = f->cluster_slots > 0 ? f->cluster_slots * 2 : 8;
        f->clusters = xrealloc(f->clusters, f->cluster_slots * sizeof(struct fed_cluster *));
        for (size_t i = slot; i < f->cluster_slots; i++)
            f->clusters[i] = NULL;
    }
    const char *server = server_of(object), *uid = json_str(object, "metadata", "uid", NULL);
    struct fed_cluster *c = xcalloc(1, sizeof(*c));
    c->f = f;
    c->slot = slot;
    c->name = xstrdup(json_str(object, "metadata", "name", NULL));
    c->uid = xstrdup(uid ? uid : "");
    c->server = xstrdup(server ? server : "");
    c->missed = true;
    f->clusters[slot] = c;
    map_set(&f->cluster_by_name, c->name, c);
    return c;
}

static void enqueue_all_now(void *self) {
    objects_enqueue_all(self, 0);
}

static void on_cluster_event(void *self, enum apiserver_event event, const json_t *object,
                             const json_t *old) {
    struct fed_watch *w = self;
    (void)old;
    if (event != APISERVER_DELETED)
        return;
    const char *name = json_str(object, "metadata", "name", NULL);
    struct fed_cluster *c = name ? clusters_find(w->f, name) : NULL;
    if (!c)
        return;
    remove_cluster(w->f, c);
    sched_start(w->f->sched, &w->f->gone_timer, fed_timing_ms(w->f, "cluster_unavailable", 60000),
                enqueue_all_now, w->f);
}

/* Health */

static json_t *condition(const char *type, bool is, const char *reason, const char *message) {
    json_t *c = json_object();
    json_set_str(c, "type", type);
    json_set_str(c, "status", is ? "True" : "False");
    json_set_str(c, "reason", reason);
    json_set_str(c, "message", message);
    return c;
}

static json_t *probe(struct fed_cluster *c, bool *ret_ready) {
    json_t *conditions = json_array();
    CLEANUP(json_freep) json_t *body = NULL;
    int status = clusters_call(c, "GET", "/healthz", NULL, &body);
    *ret_ready = false;
    if (status < 200 || status > 299) {
        json_array_append_new(conditions, condition("Offline", true, "ClusterNotReachable",
                                                    "cluster is not reachable"));
        return conditions;
    }
    const char *text = json_string_value(body);
    if (text && strcasecmp(text, "ok") == 0) {
        *ret_ready = true;
        json_array_append_new(
            conditions, condition("Ready", true, "ClusterReady", "/healthz responded with ok"));
        return conditions;
    }
    json_array_append_new(
        conditions, condition("Ready", false, "ClusterNotReady", "/healthz responded without ok"));
    json_array_append_new(conditions,
                          condition("Offline", false, "ClusterReachable", "cluster is reachable"));
    return conditions;
}

static bool same_sequence(const json_t *a, const json_t *b) {
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++) {
        const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);
        if (!str_eq(json_str(x, "type", NULL), json_str(y, "type", NULL)) ||
            !str_eq(json_str(x, "status", NULL), json_str(y, "status", NULL)))
            return false;
    }
    return true;
}

static void stamp(json_t *conditions, const json_t *before) {
    char now[CLOCK_TEXT_SIZE];
    clock_format_utc(clock_wall_ms(), now);
    bool same = same_sequence(conditions, before);
    size_t i;
    json_t *c;
    json_array_foreach(conditions, i, c) {
        const char *was = json_str(json_array_get(before, i), "lastTransitionTime", NULL);
        json_set_str(c, "lastProbeTime", now);
        json_set_str(c, "lastTransitionTime", same && was ? was : now);
    }
}

/* Nodes */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The labels of one kind on all nodes, sorted, each once; NULL when a node lacks it. */
static json_t *zones_of(const struct fed_cluster *c, const json_t *nodes) {
    size_t count = json_array_size(nodes);
    const char **names = xcalloc(count + 1, sizeof(*names));
    json_t *zones = NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *node = json_array_get(nodes, i);
        names[i] = json_str(node, "metadata", "labels", ZONE_LABEL, NULL);
        if (!names[i]) {
            fed_log(c->f,
                    "Failed to get zones and region for cluster %s: Zone name for node %s not "
                    "found. No label with key " ZONE_LABEL,
                    c->name, json_str(node, "metadata", "name", NULL));
            free(names);
            return NULL;
        }
    }
    qsort(names, count, sizeof(*names), by_text);
    zones = json_array();
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            json_array_append_new(zones, json_string(names[i]));
    free(names);
    return zones;
}

static bool node_is_ready(const json_t *node) {
    size_t i;
    json_t *c;
    json_array_foreach(json_at(node, "status", "conditions", NULL), i,
                       c) if (str_eq(json_str(c, "type", NULL),
                                     "Ready")) return str_eq(json_str(c, "status", NULL), "True");
    return false;
}

static const char *address_of(const json_t *node) {
    static const char *const types[] = {"ExternalIP", "InternalIP"};
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        size_t i;
        json_t *a;
        json_array_foreach(
            json_at(node, "status", "addresses", NULL), i,
            a) if (str_eq(json_str(a, "type", NULL), types[t])) return json_str(a, "address", NULL);
    }
    return NULL;
}

static bool read_nodes(struct fed_cluster *c) {
    CLEANUP(json_freep) json_t *list = NULL;
    int status = clusters_call(c, "GET", "/api/v1/nodes", NULL, &list);
    const json_t *nodes = json_object_get(list, "items");
    if (status != 200 || json_array_size(nodes) == 0)
        return false;

    json_t *addresses = json_array();
    size_t i;
    json_t *node;
    json_array_foreach(nodes, i, node) {
        const char *address = address_of(node);
        if (address && node_is_ready(node))
            json_array_append_new(addresses, json_string(address));
    }
    bool moved = !json_equal(addresses, c->addresses);
    json_decref(c->addresses);
    c->addresses = addresses;

    const char *region =
        json_str(json_array_get(nodes, 0), "metadata", "labels", REGION_LABEL, NULL);
    json_t *zones = zones_of(c, nodes);
    if (zones && !region)
        fed_log(c->f,
                "Failed to get zones and region for cluster %s: Region name for node %s not "
                "found. No label with key " REGION_LABEL,
                c->name, json_str(json_array_get(nodes, 0), "metadata", "name", NULL));
    json_decref(c->zones);
    free(c->region);
    c->zones = region ? json_incref(zones) : NULL;
    c->region = zones && region ? xstrdup(region) : NULL;
    json_decref(zones);
    return moved;
}

static void forget_zones(struct fed_cluster *c) {
    if (!profile_has_quirk(c->f->profile, "offline-loses-zones"))
        return;
    json_decref(c->zones);
    c->zones = NULL;
    free(c->region);
    c->region = NULL;
}

static void write_status(struct fed_cluster *c, const json_t *object, json_t *conditions) {
    stamp(conditions, json_at(object, "status", "conditions", NULL));
    CLEANUP(json_freep) json_t *copy = json_deep_copy(object);
    json_t *status = json_object();
    json_object_set(status, "conditions", conditions);
    if (c->zones && json_array_size(c->zones) > 0)
        json_object_set(status, "zones", c->zones);
    json_set_str(status, "region", c->region);
    json_object_set_new(copy, "status", status);
    json_set_str(copy, "kind", "Cluster"); /* a list leaves them out */
    json_set_str(copy, "apiVersion", "federation/v1beta1");
    CLEANUP(str_freep)
    char *target = xasprintf("/apis/federation/v1beta1/clusters/%s/status", c->name);
    int code = apiserver_call(c->f->api, "PUT", target, copy, NULL);
    if (code != 200)
        fed_log(c->f, "Failed to update the status of cluster: %s, HTTP status %d", c->name, code);
}

/* Offline is noticed at once; what follows from it waits, as in the real informers. */
static void on_changed(void *self) {
    struct fed_cluster *c = self;
    objects_enqueue_all(c->f, 0);
}

static void become(struct fed_cluster *c, bool ready) {
    bool was = c->ready;
    c->ready = ready;
    if (ready && !was)
        sched_start(c->f->sched, &c->changed_timer, fed_timing_ms(c->f, "cluster_available", 20000),
                    on_changed, c);
    if (!ready && was)
        sched_start(c->f->sched, &c->changed_timer,
                    fed_timing_ms(c->f, "cluster_unavailable", 60000), on_changed, c);
}

static void enqueue_node_port_services(struct federation *f) {
    if (profile_has_quirk(f->profile, "nodeport-dns"))
        return;
    for (size_t i = 0; i < f->objects.cap; i++) {
        struct fed_object *o = f->objects.slots[i].value;
        if (f->objects.slots[i].key && (o->kind->flags & KIND_SERVICE))
            objects_enqueue(o, 0);
    }
}

static void refresh_secret(struct fed_cluster *c, const json_t *object) {
    const char *name = json_str(object, "spec", "secretRef", "name", NULL);
    if (!name || !c->f->ops.host_secret)
        return;
    json_t *secret = c->f->ops.host_secret(c->f->ops.self, name);
    if (!secret)
        return; /* the client that was made stays in use */
    json_decref(c->secret);
    c->secret = secret;
}

static void check_cluster(struct federation *f, const json_t *object) {
    const char *name = json_str(object, "metadata", "name", NULL);
    const char *uid = json_str(object, "metadata", "uid", NULL);
    struct fed_cluster *c = clusters_find(f, name);
    if (c && uid && !str_eq(c->uid, uid)) {
        remove_cluster(f, c);
        c = NULL;
    }
    if (!c)
        c = add_cluster(f, object);
    const char *server = server_of(object);
    if (server && !str_eq(server, c->server) &&
        !profile_has_quirk(f->profile, "cluster-address-change-ignored")) {
        members_unwatch(c);
        free(c->server);
        c->server = xstrdup(server);
        c->missed = true;
    }
    refresh_secret(c, object);

    bool ready = false;
    CLEANUP(json_freep) json_t *conditions = probe(c, &ready);
    if (ready || json_array_size(conditions) == 2) {
        if (read_nodes(c))
            enqueue_node_port_services(f);
    } else {
        forget_zones(c);
    }
    become(c, ready);
    if (ready && (c->missed || sched_now_ms(f->sched) - c->listed_ms >= RELIST_MS))
        members_watch(c);
    write_status(c, object, conditions);
}

static void poll(void *self) {
    struct federation *f = self;
    CLEANUP(json_freep) json_t *list = NULL;
    if (apiserver_call(f->api, "GET", "/apis/federation/v1beta1/clusters", NULL, &list) == 200) {
        size_t i;
        json_t *object;
        json_array_foreach(json_object_get(list, "items"), i,
                           object) if (json_str(object, "metadata", "name", NULL))
            check_cluster(f, object);
    }
    sched_start(f->sched, &f->monitor, fed_timing_ms(f, "cluster_monitor", 40000), poll, f);
}

void clusters_start(struct federation *f) {
    struct fed_watch *w = &f->watches[FED_KINDS];
    w->f = f;
    w->handle = apiserver_subscribe(f->api, "federation", "clusters", on_cluster_event, w);
    sched_start(f->sched, &f->monitor, 0, poll, f);
}

void clusters_stop(struct federation *f) {
    if (f->watches[FED_KINDS].handle)
        apiserver_unsubscribe(f->api, f->watches[FED_KINDS].handle);
    sched_stop(f->sched, &f->monitor);
    sched_stop(f->sched, &f->gone_timer);
    for (size_t i = 0; i < f->cluster_slots; i++)
        if (f->clusters[i])
            cluster_free(f->clusters[i]);
    free(f->clusters);
    map_release(&f->cluster_by_name);
}
