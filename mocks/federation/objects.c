#include "mocks/federation/objects.h"

#include "mocks/federation/clusters.h"
#include "mocks/federation/sync.h"

static char *key_of(const struct kind *k, const char *ns, const char *name) {
    return xasprintf("%s/%s/%s", k->resource, ns ? ns : "", name);
}

struct fed_object *objects_find(const struct federation *f, const struct kind *k, const char *ns,
                                const char *name) {
    CLEANUP(str_freep) char *key = key_of(k, ns, name);
    return map_get(&f->objects, key);
}

struct fed_object *objects_ensure(struct federation *f, const struct kind *k, const char *ns,
                                  const char *name) {
    struct fed_object *o = objects_find(f, k, ns, name);
    if (o)
        return o;
    o = xcalloc(1, sizeof(*o));
    o->f = f;
    o->kind = k;
    o->key = key_of(k, ns, name);
    o->ns = xstrdup(ns ? ns : "");
    o->name = xstrdup(name);
    map_set(&f->objects, o->key, o);
    return o;
}

static void object_free(struct fed_object *o) {
    sched_stop(o->f->sched, &o->timer);
    for (size_t i = 0; i < o->shard_count; i++)
        shard_forget(&o->shards[i]);
    free(o->shards);
    json_decref(o->ingresses);
    json_decref(o->events);
    json_decref(o->node_ports);
    free(o->key);
    free(o->ns);
    free(o->name);
    free(o);
}

void objects_remove(struct fed_object *o) {
    map_remove(&o->f->objects, o->key);
    object_free(o);
}

void objects_free_all(struct federation *f) {
    for (size_t i = 0; i < f->objects.cap; i++)
        if (f->objects.slots[i].key)
            object_free(f->objects.slots[i].value);
    map_release(&f->objects);
}

static void on_timer(void *self) {
    struct fed_object *o = self;
    sync_object(o);
}

void objects_wake(struct fed_object *o, int64_t delay_ms) {
    int64_t at = sched_now_ms(o->f->sched) + delay_ms;
    if (sched_is_running(&o->timer) && o->timer.at_ms <= at)
        return;
    sched_start(o->f->sched, &o->timer, delay_ms, on_timer, o);
}

void objects_enqueue(struct fed_object *o, int64_t delay_ms) {
    o->backoff_ms = 0;
    objects_wake(o, delay_ms);
}

void objects_retry(struct fed_object *o, int64_t delay_ms) {
    objects_wake(o, delay_ms + fed_backoff_ms(&o->backoff_ms));
}

void objects_enqueue_all(struct federation *f, int64_t delay_ms) {
    for (size_t i = 0; i < f->objects.cap; i++)
        if (f->objects.slots[i].key)
            objects_enqueue(f->objects.slots[i].value, delay_ms);
}

struct shard *objects_shard(struct fed_object *o, const struct fed_cluster *c) {
    if (c->slot >= o->shard_count) {
        size_t count = o->f->cluster_slots;
        o->shards = xrealloc(o->shards, count * sizeof(*o->shards));
        for (size_t i = o->shard_count; i < count; i++)
            o->shards[i] = (struct shard){.unschedulable_since_ms = -1};
        o->shard_count = count;
    }
    return &o->shards[c->slot];
}

const struct shard *objects_ready_copy(const struct fed_object *o, size_t slot) {
    const struct fed_cluster *c = clusters_at(o->f, slot);
    bool there = c && c->ready && slot < o->shard_count && o->shards[slot].exists;
    return there ? &o->shards[slot] : NULL;
}

void shard_forget(struct shard *s) {
    json_decref(s->ingress);
    json_decref(s->status);
    *s = (struct shard){.unschedulable_since_ms = -1};
}

static void observe(const struct kind *k, struct shard *s, const json_t *object) {
    s->exists = true;
    s->seen = object_fingerprint(object);
    if (k->flags & KIND_REPLICAS) {
        const json_t *status = json_object_get(object, "status");
        s->spec_replicas = json_int(object, 1, "spec", "replicas", NULL);
        s->replicas = json_int(status, 0, "replicas", NULL);
        s->ready = json_int(status, 0, "readyReplicas", NULL);
        s->updated = json_int(status, 0, "updatedReplicas", NULL);
        s->available = json_int(status, 0, "availableReplicas", NULL);
        s->labeled = json_int(status, 0, "fullyLabeledReplicas", NULL);
        s->observed = json_int(status, 0, "observedGeneration", NULL);
    }
    if (k->flags & KIND_AUTOSCALER) {
        s->limit_min = json_int(object, -1, "spec", "minReplicas", NULL);
        s->limit_max = json_int(object, 0, "spec", "maxReplicas", NULL);
    }
    if (k->flags & (KIND_SERVICE | KIND_INGRESS)) {
        const json_t *ingress = json_at(object, "status", "loadBalancer", "ingress", NULL);
        json_decref(s->ingress);
        s->ingress = json_array_size(ingress) > 0 ? json_deep_copy(ingress) : NULL;
    }
}

static void observe_status(const struct federation *f, struct shard *s, const json_t *object) {
    const json_t *status = json_object_get(object, "status");
    if (!str_eq(json_str(status, "lastScaleTime", NULL),
                json_str(s->status, "lastScaleTime", NULL)))
        s->scaled_seen_ms = sched_now_ms(f->sched);
    json_decref(s->status);
    s->status = status ? json_deep_copy(status) : NULL;
}

bool shard_observe(const struct federation *f, const struct kind *k, struct shard *s,
                   const json_t *object) {
    uint64_t seen = s->seen;
    bool tells = (k->flags & (KIND_JOB | KIND_AUTOSCALER)) != 0;
    const json_t *status = json_object_get(object, "status");
    bool changed = tells && !(status && s->status && json_equal(status, s->status));
    if (changed)
        observe_status(f, s, object);
    observe(k, s, object);
    return changed || s->seen != seen;
}

bool annotation_is_members(const char *name) {
    return str_has_prefix(name, "deployment.kubernetes.io/");
}

static int hash_chunk(const char *text, size_t len, void *self) {
    uint64_t *hash = self;
    for (size_t i = 0; i < len; i++) /* FNV-1a, continued over the chunks */
        *hash = (*hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return 0;
}

static void hash_value(uint64_t *hash, const char *name, const json_t *value) {
    hash_chunk(name, strlen(name) + 1, hash);
    json_dump_callback(value, hash_chunk, hash, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

static bool is_managed(const char *field) {
    static const char *const not_ours[] = {"metadata", "status", "kind", "apiVersion"};
    for (size_t i = 0; i < ARRAY_LEN(not_ours); i++)
        if (str_eq(field, not_ours[i]))
            return false;
    return true;
}

uint64_t object_fingerprint(const json_t *object) {
    /* Members are hashed one by one and summed, so that their order does not matter. */
    uint64_t sum = 1;
    const char *name;
    json_t *value;
    json_object_foreach(json_mutable(object), name, value) {
        if (!is_managed(name))
            continue;
        uint64_t hash = UINT64_C(14695981039346656037);
        hash_value(&hash, name, value);
        sum += hash;
    }
    static const char *const parts[] = {"labels", "annotations"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_object_foreach(json_at(object, "metadata", parts[i], NULL), name, value) {
            if (annotation_is_members(name))
                continue;
            uint64_t hash = UINT64_C(14695981039346656037);
            hash_chunk(parts[i], strlen(parts[i]), &hash);
            hash_value(&hash, name, value);
            sum += hash;
        }
    }
    return sum != 0 ? sum : 1;
}
