#include "mocks/federation/clusters.h"

#include "mocks/federation/health.h"
#include "mocks/federation/members.h"
#include "mocks/federation/objects.h"

struct fed_cluster *clusters_find(const struct federation *f, const char *name) {
    return map_get(&f->cluster_by_name, name);
}

int clusters_ask(struct fed_cluster *c, const struct member_request *request, json_t **ret_body) {
    const struct federation_ops *ops = &c->f->ops;
    json_t *answer = NULL;
    int status = c->client ? ops->member_call(ops->self, c->client, request, &answer) : 0;
    if (status == 0)
        c->missed = true;
    if (ret_body)
        *ret_body = answer;
    else
        json_decref(answer);
    return status;
}

int clusters_call(struct fed_cluster *c, const char *method, const char *target, const json_t *body,
                  json_t **ret_body) {
    return clusters_ask(
        c, &(struct member_request){.method = method, .target = target, .body = body}, ret_body);
}

/* Membership */

void clusters_leave(struct fed_cluster *c) {
    members_unwatch(c);
    if (c->client)
        c->f->ops.member_leave(c->f->ops.self, c->client);
    c->client = NULL;
    json_decref(c->secret);
    c->secret = NULL;
}

static void cluster_free(struct fed_cluster *c) {
    sched_stop(c->f->sched, &c->changed_timer);
    clusters_leave(c);
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

const char *clusters_server(const json_t *object) {
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
    const char *server = clusters_server(object), *uid = json_str(object, "metadata", "uid", NULL);
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

struct fed_cluster *clusters_know(struct federation *f, const json_t *object) {
    const char *uid = json_str(object, "metadata", "uid", NULL);
    struct fed_cluster *c = clusters_find(f, json_str(object, "metadata", "name", NULL));
    if (c && uid && !str_eq(c->uid, uid)) {
        remove_cluster(f, c);
        c = NULL;
    }
    return c ? c : add_cluster(f, object);
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

void clusters_start(struct federation *f) {
    struct fed_watch *w = &f->watches[FED_KINDS];
    w->f = f;
    w->handle = apiserver_subscribe(f->api, "federation", "clusters", on_cluster_event, w);
    health_start(f);
}

void clusters_stop(struct federation *f) {
    if (f->watches[FED_KINDS].handle)
        apiserver_unsubscribe(f->api, f->watches[FED_KINDS].handle);
    health_stop(f);
    sched_stop(f->sched, &f->gone_timer);
    for (size_t i = 0; i < f->cluster_slots; i++)
        if (f->clusters[i])
            cluster_free(f->clusters[i]);
    free(f->clusters);
    map_release(&f->cluster_by_name);
}
