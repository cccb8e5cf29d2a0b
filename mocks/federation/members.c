#include "mocks/federation/members.h"

#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"

static int64_t review_ms(const struct federation *f) {
    return fed_timing_ms(f, "review", 10000);
}

static struct fed_object *object_of(const struct member_watch *w, const json_t *object) {
    const struct kind *services = &kinds_table()[1];
    const char *name = json_str(object, "metadata", "name", NULL);
    if (!name)
        return NULL;
    return objects_find(w->cluster->f, w->kind ? w->kind : services,
                        json_str(object, "metadata", "namespace", NULL), name);
}

static bool endpoints_are_ready(const json_t *endpoints) {
    size_t i;
    json_t *subset;
    json_array_foreach(json_object_get(endpoints, "subsets"), i,
                       subset) if (json_array_size(json_object_get(subset, "addresses")) >
                                   0) return true;
    return false;
}

static void on_member_event(void *self, enum apiserver_event event, const json_t *object,
                            const json_t *old) {
    struct member_watch *w = self;
    (void)old;
    struct fed_object *o = object_of(w, object);
    if (!o)
        return;
    struct shard *s = objects_shard(o, w->cluster);
    if (!w->kind) {
        bool ready = event != APISERVER_DELETED && endpoints_are_ready(object);
        if (ready == s->endpoints_ready)
            return;
        s->endpoints_ready = ready;
    } else if (event == APISERVER_DELETED) {
        shard_forget(s);
    } else {
        (void)shard_observe(w->cluster->f, w->kind, s, object);
    }
    objects_enqueue(o, review_ms(w->cluster->f));
}

void members_read_endpoints(struct fed_cluster *c, struct fed_object *o) {
    CLEANUP(str_freep)
    char *target = xasprintf("/api/v1/namespaces/%s/endpoints/%s", o->ns, o->name);
    CLEANUP(json_freep) json_t *body = NULL;
    int status = clusters_call(c, "GET", target, NULL, &body);
    objects_shard(o, c)->endpoints_ready = status == 200 && endpoints_are_ready(body);
}

/* What a listing did not show is not there. */
static void forget_unlisted(struct fed_cluster *c, const struct kind *k, uint64_t listing) {
    struct federation *f = c->f;
    for (size_t i = 0; i < f->objects.cap; i++) {
        struct fed_object *o = f->objects.slots[i].value;
        if (!f->objects.slots[i].key || c->slot >= o->shard_count)
            continue;
        struct shard *s = &o->shards[c->slot];
        if (s->listed == listing || (k ? o->kind != k : !(o->kind->flags & KIND_SERVICE)))
            continue;
        if (!k) {
            s->endpoints_ready = false;
        } else if (s->exists) {
            shard_forget(s);
            objects_enqueue(o, review_ms(f));
        }
    }
}

static bool list(struct member_watch *w) {
    struct fed_cluster *c = w->cluster;
    CLEANUP(str_freep)
    char *target = w->kind ? kind_path(w->kind, NULL, NULL, NULL) : xstrdup("/api/v1/endpoints");
    CLEANUP(json_freep) json_t *body = NULL;
    int status = clusters_call(c, "GET", target, NULL, &body);
    if (status == 404)
        return true; /* a member that does not serve the kind */
    if (status != 200)
        return false;

    uint64_t listing = ++c->f->listing_count;
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(body, "items"), i, object) {
        struct fed_object *o = object_of(w, object);
        if (!o)
            continue;
        struct shard *s = objects_shard(o, c);
        s->listed = listing;
        bool changed = !w->kind || shard_observe(c->f, w->kind, s, object);
        if (!w->kind)
            s->endpoints_ready = endpoints_are_ready(object);
        if (changed)
            objects_enqueue(o, review_ms(c->f));
    }
    forget_unlisted(c, w->kind, listing);
    return true;
}

void members_watch(struct fed_cluster *c) {
    const struct federation_ops *ops = &c->f->ops;
    bool complete = true;
    for (size_t i = 0; i <= FED_KINDS; i++) {
        struct member_watch *w = &c->watches[i];
        w->cluster = c;
        w->kind = i < FED_KINDS ? &kinds_table()[i] : NULL;
        if (w->handle && c->missed) {
            ops->member_unsubscribe(ops->self, c->client, w->handle);
            w->handle = 0;
        }
        if (!w->handle)
            w->handle = ops->member_subscribe(ops->self, c->client, w->kind ? w->kind->group : "",
                                              w->kind ? w->kind->resource : "endpoints",
                                              on_member_event, w);
    }
    c->missed = false;
    for (size_t i = 0; i <= FED_KINDS && complete; i++)
        complete = list(&c->watches[i]);
    if (!complete)
        c->missed = true;
    c->listed_ms = sched_now_ms(c->f->sched);
}

void members_unwatch(struct fed_cluster *c) {
    const struct federation_ops *ops = &c->f->ops;
    for (size_t i = 0; i <= FED_KINDS; i++) {
        if (c->watches[i].handle)
            ops->member_unsubscribe(ops->self, c->client, c->watches[i].handle);
        c->watches[i].handle = 0;
    }
}
