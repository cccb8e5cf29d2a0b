#include "mocks/federation/health.h"

#include "harness/core/clock.h"
#include "mocks/federation/clusters.h"
#include "mocks/federation/members.h"
#include "mocks/federation/objects.h"

#include <strings.h>

#define ZONE_LABEL "failure-domain.beta.kubernetes.io/zone"
#define REGION_LABEL "failure-domain.beta.kubernetes.io/region"
#define RELIST_MS (10 * 60 * 1000) /* informers list again now and then */
#define SECRET_POLL_MS 1000        /* cluster_util.go (getSecret) */
#define SECRET_TIMEOUT_MS (60 * 1000)

/* Conditions */

static json_t *condition(const char *type, bool is, const char *reason, const char *message) {
    json_t *c = json_object();
    json_set_str(c, "type", type);
    json_set_str(c, "status", is ? "True" : "False");
    json_set_str(c, "reason", reason);
    json_set_str(c, "message", message);
    return c;
}

/* What an answer of /healthz means. */
static json_t *conditions_of(int status, const json_t *body) {
    json_t *conditions = json_array();
    const char *text = json_string_value(body);
    if (status < 200 || status > 299) {
        json_array_append_new(conditions, condition("Offline", true, "ClusterNotReachable",
                                                    "cluster is not reachable"));
    } else if (text && strcasecmp(text, "ok") == 0) {
        json_array_append_new(
            conditions, condition("Ready", true, "ClusterReady", "/healthz responded with ok"));
    } else {
        json_array_append_new(conditions, condition("Ready", false, "ClusterNotReady",
                                                    "/healthz responded without ok"));
        json_array_append_new(
            conditions, condition("Offline", false, "ClusterReachable", "cluster is reachable"));
    }
    return conditions;
}

static bool has_condition(const json_t *conditions, const char *type, const char *status) {
    size_t i;
    json_t *c;
    json_array_foreach(conditions, i,
                       c) if (str_eq(json_str(c, "type", NULL), type) &&
                              str_eq(json_str(c, "status", NULL), status)) return true;
    return false;
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

static void stamp(const struct federation *f, json_t *conditions, const json_t *before) {
    char now[CLOCK_TEXT_SIZE];
    clock_format_utc(apiserver_wall_ms(f->api), now);
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

/* Whether their addresses are others than before. */
static bool read_nodes(struct fed_cluster *c, int status, const json_t *list) {
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
    stamp(c->f, conditions, json_at(object, "status", "conditions", NULL));
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

/* The client */

static void no_client(const struct fed_cluster *c, const char *why) {
    fed_log(c->f, "Failed to create corresponding restclient of kubernetes cluster: %s", why);
    fed_log(c->f, "Failed to Get the status of cluster: %s", c->name);
}

/*
 * Makes the cluster's client from the secret as it is now. Milliseconds to wait for the secret and
 * to come again; 0: there is a client now, or none for this round.
 */
static int64_t connect(struct fed_cluster *c, const json_t *object) {
    struct federation *f = c->f;
    const struct federation_ops *ops = &f->ops;
    const json_t *ref = json_at(object, "spec", "secretRef", NULL);
    const char *name = json_str(ref, "name", NULL);
    CLEANUP(json_freep) json_t *secret = name ? ops->host_secret(ops->self, name) : NULL;
    if (ref && !name) {
        CLEANUP(str_freep)
        char *why = xasprintf("found secretRef but no secret name for cluster %s", c->name);
        no_client(c, why);
        return 0;
    }
    if (ref && !secret) {
        int64_t now = sched_now_ms(f->sched);
        if (f->round.secret_since_ms < 0)
            f->round.secret_since_ms = now;
        if (now - f->round.secret_since_ms < SECRET_TIMEOUT_MS)
            return SECRET_POLL_MS;
        no_client(c, "timed out waiting for secret: timed out waiting for the condition");
        return 0;
    }
    const char *server = clusters_server(object);
    free(c->server);
    c->server = xstrdup(server ? server : "");
    struct err err = {0};
    c->client = ops->member_login(ops->self, c->server, secret, &err);
    if (c->client)
        c->secret = json_take(&secret);
    else
        no_client(c, err.text);
    return 0;
}

/* With the fault, a running controller manager keeps the client that it made first. */
static void heed_changes(struct fed_cluster *c, const json_t *object) {
    if (profile_has_quirk(c->f->profile, "cluster-address-change-ignored"))
        return;
    const struct federation_ops *ops = &c->f->ops;
    const char *server = clusters_server(object);
    const char *name = json_str(object, "spec", "secretRef", "name", NULL);
    CLEANUP(json_freep) json_t *secret = name ? ops->host_secret(ops->self, name) : NULL;
    bool same_secret =
        !secret || json_equal(json_object_get(secret, "data"), json_object_get(c->secret, "data"));
    if (!c->client || (same_secret && str_eq(server, c->server)))
        return;
    clusters_leave(c);
    c->missed = true;
}

/* The round */

/* Negative: the answer comes in so many ms, and the same is asked again then. */
static int ask(struct fed_cluster *c, const char *target, json_t **ret_body) {
    struct fed_round *r = &c->f->round;
    const struct member_request request = {
        .method = "GET", .target = target, .patience = r->asked ? MEMBER_AGAIN : MEMBER_ASK};
    int status = clusters_ask(c, &request, ret_body);
    r->asked = status < 0;
    return status;
}

/* Milliseconds until the same cluster is looked at again; 0: the next one. */
static int64_t check(struct federation *f, const json_t *object) {
    struct fed_round *r = &f->round;
    struct fed_cluster *c = clusters_know(f, object);
    if (!r->begun)
        heed_changes(c, object);
    r->begun = true;
    int64_t wait = c->client ? 0 : connect(c, object);
    if (wait > 0 || !c->client)
        return wait;

    CLEANUP(json_freep) json_t *body = NULL;
    if (!r->conditions) {
        int status = ask(c, "/healthz", &body);
        if (status < 0)
            return -(int64_t)status;
        r->conditions = conditions_of(status, body);
    }
    if (has_condition(r->conditions, "Offline", "True")) {
        forget_zones(c);
    } else {
        CLEANUP(json_freep) json_t *list = NULL;
        int status = ask(c, "/api/v1/nodes", &list);
        if (status < 0)
            return -(int64_t)status;
        if (read_nodes(c, status, list))
            enqueue_node_port_services(f);
    }
    bool ready = has_condition(r->conditions, "Ready", "True");
    become(c, ready);
    if (ready && (c->missed || sched_now_ms(f->sched) - c->listed_ms >= RELIST_MS))
        members_watch(c);
    write_status(c, object, r->conditions);
    return 0;
}

/* A cluster that was unjoined since it was listed, or joined anew, is not looked at. */
static bool is_still_there(const struct federation *f, const json_t *listed) {
    const char *name = json_str(listed, "metadata", "name", NULL);
    const json_t *now = name ? apiserver_peek(f->api, "federation", "clusters", NULL, name) : NULL;
    return now && str_eq(json_str(now, "metadata", "uid", NULL),
                         json_str(listed, "metadata", "uid", NULL));
}

static void start_round(void *self);

static void begin_with(struct fed_round *r, json_t *clusters, size_t next) {
    json_decref(r->conditions);
    *r = (struct fed_round){.clusters = clusters, .next = next, .secret_since_ms = -1};
}

static void end_round(struct federation *f) {
    json_decref(f->round.clusters);
    begin_with(&f->round, NULL, 0);
}

/* One cluster after the other: one that takes its time holds up those behind it. */
static void go_on(void *self) {
    struct federation *f = self;
    struct fed_round *r = &f->round;
    while (r->next < json_array_size(r->clusters)) {
        const json_t *object = json_array_get(r->clusters, r->next);
        int64_t wait = is_still_there(f, object) ? check(f, object) : 0;
        if (wait > 0) {
            sched_start(f->sched, &f->monitor, wait, go_on, f);
            return;
        }
        begin_with(r, r->clusters, r->next + 1);
    }
    end_round(f);
    sched_start(f->sched, &f->monitor, fed_timing_ms(f, "cluster_monitor", 40000), start_round, f);
}

static void start_round(void *self) {
    struct federation *f = self;
    json_t *list = NULL;
    int status = apiserver_call(f->api, "GET", "/apis/federation/v1beta1/clusters", NULL, &list);
    json_t *items = status == 200 ? json_incref(json_object_get(list, "items")) : NULL;
    json_decref(list);
    begin_with(&f->round, items, 0);
    go_on(f);
}

void health_start(struct federation *f) {
    sched_start(f->sched, &f->monitor, 0, start_round, f);
}

void health_stop(struct federation *f) {
    sched_stop(f->sched, &f->monitor);
    end_round(f);
}
