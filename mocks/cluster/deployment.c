/*
 * Deployments: a replica set for each template, rolled over within maxSurge and maxUnavailable.
 * Follows pkg/controller/deployment of Kubernetes 1.6, without proportional scaling of several
 * replica sets at once (the newest takes what is missing).
 */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/workload.h"

#include "harness/core/hash.h"

#include <inttypes.h>

#define HASH_LABEL "pod-template-hash"
#define REVISION "deployment.kubernetes.io/revision"
#define SETS_MAX 200

struct set {
    char *name;       /* owned */
    int64_t replicas; /* of the spec */
    int64_t current, ready, available, revision;
    bool is_new;
};

struct rollout {
    struct workload w;
    const json_t *template;
    int64_t replicas, surge, unavailable, min_ready_s;
    struct set sets[SETS_MAX]; /* oldest revision first */
    size_t count;
    struct set *newest; /* of the present template, or NULL */
};

static json_t *without_hash(const json_t *template) {
    json_t *copy = json_deep_copy(template);
    json_t *metadata = json_ensure_object(copy, "metadata");
    json_object_del(json_ensure_object(metadata, "labels"), HASH_LABEL);
    json_object_del(metadata, "creationTimestamp");
    return copy;
}

static int by_revision(const void *a, const void *b) {
    const struct set *x = a, *y = b;
    return x->revision < y->revision ? -1 : x->revision > y->revision;
}

static void add_set(struct rollout *r, const struct entry *e, const json_t *wanted) {
    const json_t *rs = cluster_peek(r->w.c, WORK_REPLICASET, e->ns, e->name);
    if (!rs || json_str(rs, "metadata", "deletionTimestamp", NULL) || r->count == SETS_MAX)
        return;
    CLEANUP(json_freep) json_t *template = without_hash(json_at(rs, "spec", "template", NULL));
    const char *revision = json_str(rs, "metadata", "annotations", REVISION, NULL);
    struct set *s = &r->sets[r->count++];
    *s = (struct set){.name = xstrdup(e->name), .is_new = json_equal(template, wanted)};
    s->replicas = json_int(rs, 1, "spec", "replicas", NULL);
    s->current = json_int(rs, 0, "status", "replicas", NULL);
    s->ready = json_int(rs, 0, "status", "readyReplicas", NULL);
    s->available = json_int(rs, 0, "status", "availableReplicas", NULL);
    if (revision)
        (void)str_to_int(revision, 0, INT64_MAX / 2, &s->revision);
}

static void find_sets(struct rollout *r) {
    CLEANUP(json_freep) json_t *wanted = without_hash(r->template);
    CLEANUP(str_freep) char *key = xasprintf("uid:%02d:%s", (int)WORK_REPLICASET, r->w.uid);
    const struct index_bucket *b = index_find(&r->w.c->index, key);
    for (size_t i = 0; b && i < b->count; i++)
        add_set(r, b->items[i].owner, wanted);
    qsort(r->sets, r->count, sizeof(r->sets[0]), by_revision);
    for (size_t i = 0; i < r->count; i++) {
        if (r->sets[i].is_new && !r->newest)
            r->newest = &r->sets[i];
    }
    for (size_t i = 0; i < r->count; i++)
        r->sets[i].is_new = &r->sets[i] == r->newest;
}

static void set_replicas(struct rollout *r, struct set *s, int64_t replicas) {
    if (s->replicas == replicas)
        return;
    const char *way = replicas > s->replicas ? "up" : "down";
    struct workload *w = &r->w;
    int status =
        cluster_call(w->c, "PATCH", WORK_REPLICASET, w->ns, s->name, NULL,
                     json_pack("{s:{s:I}}", "spec", "replicas", (json_int_t)replicas), NULL);
    if (status >= 300)
        return;
    s->replicas = replicas;
    event_record(w->c, WORK_DEPLOYMENT, w->object, "deployment-controller", NULL, false,
                 "ScalingReplicaSet", "Scaled %s replica set %s to %" PRId64, way, s->name,
                 replicas);
}

static int64_t total_replicas(const struct rollout *r) {
    int64_t total = 0;
    for (size_t i = 0; i < r->count; i++)
        total += r->sets[i].replicas;
    return total;
}

static int64_t max_revision(const struct rollout *r) {
    int64_t max = 0;
    for (size_t i = 0; i < r->count; i++)
        max = r->sets[i].revision > max ? r->sets[i].revision : max;
    return max;
}

static json_t *with_hash(const json_t *labels, const char *hash) {
    json_t *copy = labels ? json_deep_copy(labels) : json_object();
    json_set_str(copy, HASH_LABEL, hash);
    return copy;
}

static json_t *set_new(const struct rollout *r, const char *name, const char *hash,
                       const char *revision) {
    const struct workload *w = &r->w;
    json_t *template = json_deep_copy(r->template);
    json_t *template_metadata = json_ensure_object(template, "metadata");
    json_t *labels = with_hash(json_object_get(template_metadata, "labels"), hash);
    json_object_set(template_metadata, "labels", labels);
    json_t *selector = json_at(w->object, "spec", "selector", NULL);
    selector = selector ? json_deep_copy(selector) : json_object();
    json_t *match = json_object_get(selector, "matchLabels");
    if (!match)
        match = json_object_size(selector) ? NULL : labels;
    json_object_set_new(selector, "matchLabels", with_hash(match, hash));
    json_t *spec =
        json_pack("{s:i,s:o,s:o}", "replicas", 0, "selector", selector, "template", template);
    if (r->min_ready_s)
        json_set_int(spec, "minReadySeconds", r->min_ready_s);
    return json_pack("{s:s,s:s,s:{s:s,s:s,s:o,s:{s:s},s:o},s:o}", "apiVersion",
                     "extensions/v1beta1", "kind", "ReplicaSet", "metadata", "name", name,
                     "namespace", w->ns, "labels", labels, "annotations", REVISION, revision,
                     "ownerReferences", cluster_owner_references(WORK_DEPLOYMENT, w->object),
                     "spec", spec);
}

static void stamp_revision(const struct rollout *r, enum work work, const char *name,
                           const char *revision) {
    const json_t *o = cluster_peek(r->w.c, work, r->w.ns, name);
    if (!o || str_eq(json_str(o, "metadata", "annotations", REVISION, NULL), revision))
        return;
    (void)cluster_call(r->w.c, "PATCH", work, r->w.ns, name, NULL,
                       json_pack("{s:{s:{s:s}}}", "metadata", "annotations", REVISION, revision),
                       NULL);
}

/* The replica set of the present template, made when there is none. */
static void ensure_newest(struct rollout *r) {
    int64_t max = max_revision(r);
    bool first = r->newest && r->newest->revision == max;
    CLEANUP(str_freep) char *revision = xasprintf("%" PRId64, first ? max : max + 1);
    if (!r->newest && r->count < SETS_MAX) {
        CLEANUP(json_freep) json_t *bare = without_hash(r->template);
        CLEANUP(str_freep) char *text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);
        CLEANUP(str_freep) char *hash = xasprintf("%" PRIu32, hash_fnv1a_32(text, strlen(text)));
        CLEANUP(str_freep) char *name = xasprintf("%.230s-%s", r->w.name, hash);
        if (cluster_call(r->w.c, "POST", WORK_REPLICASET, r->w.ns, NULL, NULL,
                         set_new(r, name, hash, revision), NULL) >= 300) {
            cluster_enqueue_later(r->w.c, WORK_DEPLOYMENT, r->w.ns, r->w.name, 5000);
            return;
        }
        r->newest = &r->sets[r->count++];
        *r->newest = (struct set){.name = str_take(&name), .is_new = true};
    } else if (r->newest) {
        stamp_revision(r, WORK_REPLICASET, r->newest->name, revision);
    }
    stamp_revision(r, WORK_DEPLOYMENT, r->w.name, revision);
}

static void recreate(struct rollout *r) {
    bool gone = true;
    for (size_t i = 0; i < r->count; i++) {
        if (r->sets[i].is_new)
            continue;
        set_replicas(r, &r->sets[i], 0);
        gone = gone && r->sets[i].current == 0;
    }
    if (!gone)
        return;
    ensure_newest(r);
    if (r->newest)
        set_replicas(r, r->newest, r->replicas);
}

/* Takes up to n replicas from old sets; unready ones only, or any. */
static void shrink_old(struct rollout *r, int64_t n, bool unready_only) {
    for (size_t i = 0; i < r->count && n > 0; i++) {
        struct set *s = &r->sets[i];
        if (s->is_new || s->replicas == 0)
            continue;
        int64_t can = unready_only ? s->replicas - s->available : s->replicas;
        int64_t take = can < n ? can : n;
        if (take <= 0)
            continue;
        set_replicas(r, s, s->replicas - take);
        n -= take;
    }
}

static void roll(struct rollout *r) {
    ensure_newest(r);
    if (!r->newest)
        return;
    struct set *fresh = r->newest;
    int64_t room = r->replicas + r->surge - total_replicas(r);
    if (fresh->replicas > r->replicas)
        set_replicas(r, fresh, r->replicas);
    else if (fresh->replicas < r->replicas && room > 0)
        set_replicas(r, fresh,
                     fresh->replicas + (room < r->replicas - fresh->replicas
                                            ? room
                                            : r->replicas - fresh->replicas));
    int64_t min_available = r->replicas - r->unavailable;
    int64_t fresh_missing = fresh->replicas - fresh->available;
    int64_t may_go = total_replicas(r) - min_available - fresh_missing;
    if (may_go > 0)
        shrink_old(r, may_go, true);
    int64_t available = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct set *s = &r->sets[i];
        available += s->available < s->replicas ? s->available : s->replicas;
    }
    shrink_old(r, available - min_available, false);
}

static void drop_history(struct rollout *r) {
    const json_t *limit = json_at(r->w.object, "spec", "revisionHistoryLimit", NULL);
    if (!json_is_integer(limit))
        return;
    size_t old = 0;
    for (size_t i = 0; i < r->count; i++)
        old += !r->sets[i].is_new;
    for (size_t i = 0; i < r->count && (int64_t)old > json_integer_value(limit); i++) {
        const struct set *s = &r->sets[i];
        if (s->is_new || s->replicas || s->current)
            continue;
        (void)cluster_call(r->w.c, "DELETE", WORK_REPLICASET, r->w.ns, s->name, NULL, NULL, NULL);
        old--;
    }
}

static json_t *condition_before(const json_t *deployment, const char *type) {
    size_t i;
    json_t *condition;
    json_array_foreach(json_at(deployment, "status", "conditions", NULL), i, condition) {
        if (str_eq(json_str(condition, "type", NULL), type))
            return condition;
    }
    return NULL;
}

/* Keeps the times of a condition that says what it said before. */
static json_t *condition(const struct rollout *r, const char *type, bool is_true,
                         const char *reason, const char *message) {
    char now[32];
    cluster_now_text(r->w.c, now);
    const char *status = is_true ? "True" : "False";
    json_t *before = condition_before(r->w.object, type);
    if (str_eq(json_str(before, "status", NULL), status) &&
        str_eq(json_str(before, "reason", NULL), reason) &&
        str_eq(json_str(before, "message", NULL), message))
        return json_incref(before);
    bool same = str_eq(json_str(before, "status", NULL), status);
    const char *since = json_str(before, "lastTransitionTime", NULL);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "type", type, "status", status, "lastUpdateTime",
                     now, "lastTransitionTime", same && since ? since : now, "reason", reason,
                     "message", message);
}

static json_t *conditions_new(const struct rollout *r, int64_t available, bool complete) {
    bool enough = available >= r->replicas - r->unavailable;
    CLEANUP(str_freep)
    char *progress = xasprintf("ReplicaSet \"%s\" %s.", r->newest ? r->newest->name : "",
                               complete ? "has successfully progressed" : "is progressing");
    return json_pack("[o,o]",
                     condition(r, "Available", enough,
                               enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                               enough ? "Deployment has minimum availability."
                                      : "Deployment does not have minimum availability."),
                     condition(r, "Progressing", true,
                               complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                               progress));
}

static void write_status(struct rollout *r) {
    int64_t total = 0, ready = 0, available = 0, updated = r->newest ? r->newest->current : 0;
    for (size_t i = 0; i < r->count; i++) {
        total += r->sets[i].current;
        ready += r->sets[i].ready;
        available += r->sets[i].available;
    }
    bool complete = updated == r->replicas && total == r->replicas && available == r->replicas;
    json_t *status = json_pack("{s:I,s:o}", "observedGeneration",
                               (json_int_t)json_int(r->w.object, 1, "metadata", "generation", NULL),
                               "conditions", conditions_new(r, available, complete));
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {{"replicas", total},
                   {"updatedReplicas", updated},
                   {"readyReplicas", ready},
                   {"availableReplicas", available},
                   {"unavailableReplicas", r->replicas > available ? r->replicas - available : 0}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (numbers[i].value)
            json_set_int(status, numbers[i].key, numbers[i].value);
    }
    (void)cluster_put_status(r->w.c, WORK_DEPLOYMENT, r->w.ns, r->w.name, status);
    if (complete)
        drop_history(r);
}

static void read_strategy(struct rollout *r) {
    const json_t *spec = json_at(r->w.object, "spec", NULL);
    r->template = json_object_get(spec, "template");
    r->replicas = json_int(spec, 1, "replicas", NULL);
    r->min_ready_s = json_int(spec, 0, "minReadySeconds", NULL);
    r->surge = workload_share(json_at(spec, "strategy", "rollingUpdate", "maxSurge", NULL),
                              r->replicas, true, 1);
    r->unavailable = workload_share(
        json_at(spec, "strategy", "rollingUpdate", "maxUnavailable", NULL), r->replicas, false, 1);
    if (r->surge == 0 && r->unavailable == 0)
        r->unavailable = 1;
    if (r->unavailable > r->replicas)
        r->unavailable = r->replicas;
}

void deployment_reconcile(struct cluster *c, const char *ns, const char *name) {
    struct rollout *r = xcalloc(1, sizeof(*r));
    if (!workload_open(&r->w, c, WORK_DEPLOYMENT, ns, name)) {
        free(r);
        return;
    }
    read_strategy(r);
    find_sets(r);
    if (json_flag(r->w.object, "spec", "paused", NULL)) {
        if (r->newest)
            set_replicas(r, r->newest, r->newest->replicas);
    } else if (str_eq(json_str(r->w.object, "spec", "strategy", "type", NULL), "Recreate")) {
        recreate(r);
    } else {
        roll(r);
    }
    write_status(r);
    for (size_t i = 0; i < r->count; i++)
        free(r->sets[i].name);
    workload_close(&r->w);
    free(r);
}
