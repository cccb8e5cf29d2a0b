#include "mocks/federation/replicas.h"

#include "mocks/federation/autoscalers.h"
#include "mocks/federation/clusters.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/planner.h"
#include "mocks/federation/sync.h"

#define UNSCHEDULABLE_MS 60000

static void add_escaped(struct buf *out, const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (strchr("-._~", *c) || (*c >= '0' && *c <= '9') ||
            ((*c | 32) >= 'a' && (*c | 32) <= 'z'))
            buf_addc(out, (char)*c);
        else
            buf_addf(out, "%%%02X", *c);
    }
}

/* ".../pods?labelSelector=app%3Dnginx", owned. */
static char *pods_target(const struct fed_object *o, const json_t *federated) {
    const json_t *labels = json_at(federated, "spec", "selector", "matchLabels", NULL);
    if (!labels)
        labels = json_at(federated, "spec", "template", "metadata", "labels", NULL);
    struct buf selector = BUF_INIT;
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(labels), key, value) if (json_is_string(value))
        buf_addf(&selector, "%s%s=%s", selector.len > 0 ? "," : "", key, json_string_value(value));
    struct buf target = BUF_INIT;
    buf_addf(&target, "/api/v1/namespaces/%s/pods?labelSelector=", o->ns);
    add_escaped(&target, buf_str(&selector));
    buf_release(&selector);
    return buf_detach(&target);
}

static const json_t *condition_of(const json_t *pod, const char *type) {
    size_t i;
    json_t *c;
    json_array_foreach(json_at(pod, "status", "conditions", NULL), i,
                       c) if (str_eq(json_str(c, "type", NULL), type)) return c;
    return NULL;
}

static bool is_ready(const json_t *pod) {
    return str_eq(json_str(pod, "status", "phase", NULL), "Running") &&
           str_eq(json_str(condition_of(pod, "Ready"), "status", NULL), "True");
}

static bool is_unschedulable(const json_t *pod) {
    const json_t *c = condition_of(pod, "PodScheduled");
    return str_eq(json_str(c, "status", NULL), "False") &&
           str_eq(json_str(c, "reason", NULL), "Unschedulable");
}

/*
 * Counts the pods of a copy that is not settled; false when they cannot be read. Until 1.7 every
 * change of a pod made the controllers look at everything again two minutes later.
 */
static bool count_pods(struct fed_object *o, struct fed_cluster *c, const char *target,
                       struct planner_cluster *row) {
    struct shard *s = objects_shard(o, c);
    CLEANUP(json_freep) json_t *body = NULL;
    if (clusters_call(c, "GET", target, NULL, &body) != 200)
        return false;
    int64_t ready = 0, unschedulable = 0, now = sched_now_ms(c->f->sched);
    size_t i;
    json_t *pod;
    json_array_foreach(json_object_get(body, "items"), i, pod) {
        ready += is_ready(pod);
        unschedulable += is_unschedulable(pod);
    }
    row->current = ready;
    if (unschedulable == 0) {
        s->unschedulable_since_ms = -1;
        return true;
    }
    if (s->unschedulable_since_ms < 0) {
        int64_t review_ms = fed_timing_ms(c->f, "pods_review", 0);
        s->unschedulable_since_ms = now;
        if (review_ms > 0)
            objects_wake(o, review_ms);
    }
    if (now - s->unschedulable_since_ms >= UNSCHEDULABLE_MS)
        row->capacity = s->spec_replicas > unschedulable ? s->spec_replicas - unschedulable : 0;
    return true;
}

static json_t *read_preferences(const struct fed_object *o, const json_t *federated) {
    const char *text = json_str(federated, "metadata", "annotations", o->kind->preferences, NULL);
    if (!text || text[0] == '\0')
        return NULL;
    struct err err = {0};
    json_t *preferences = json_parse(text, strlen(text), o->kind->preferences, &err);
    if (preferences && json_is_object(preferences))
        return preferences;
    json_decref(preferences);
    fed_log(o->f, "Invalid %s preferences of %s/%s, using the default: %s", o->kind->word, o->ns,
            o->name, err.code ? err.text : "not an object");
    return NULL;
}

static size_t rows_of(struct fed_object *o, const json_t *federated, struct planner_cluster *rows,
                      size_t *slots) {
    struct federation *f = o->f;
    CLEANUP(str_freep) char *target = pods_target(o, federated);
    bool counts_pods = (o->kind->flags & KIND_REPLICAS) != 0;
    size_t count = 0;
    for (size_t i = 0; i < f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(f, i);
        if (!c || !c->ready || !sync_wants_cluster(f, o->kind, federated, c))
            continue;
        struct shard *s = objects_shard(o, c);
        struct planner_cluster *row = &rows[count];
        *row = (struct planner_cluster){.name = c->name, .current = -1, .capacity = -1};
        if (counts_pods && s->exists) {
            row->current = s->ready;
            if (s->spec_replicas != s->ready)
                count_pods(o, c, target, row);
        }
        slots[count++] = i;
    }
    return count;
}

static struct replicas_plan *plan_new(const struct federation *f, const char *first,
                                      const char *second) {
    struct replicas_plan *p = xcalloc(1, sizeof(*p));
    p->parts[0].field = first;
    p->parts[1].field = second;
    for (size_t i = 0; i < ARRAY_LEN(p->parts); i++) {
        p->parts[i].by_slot = xcalloc(f->cluster_slots + 1, sizeof(int64_t));
        for (size_t slot = 0; slot < f->cluster_slots; slot++)
            p->parts[i].by_slot[slot] = -1;
    }
    return p;
}

void replicas_plan_free(struct replicas_plan *p) {
    for (size_t i = 0; p && i < ARRAY_LEN(p->parts); i++)
        free(p->parts[i].by_slot);
    free(p);
}

static void plan_autoscaler(struct fed_object *o, const json_t *federated, const size_t *slots,
                            size_t count, struct replicas_plan *p) {
    struct autoscaler_part *parts = xcalloc(count + 1, sizeof(*parts));
    for (size_t i = 0; i < count; i++)
        parts[i] = autoscalers_part(o->f, &o->shards[slots[i]]);
    autoscalers_divide(json_int(federated, 1, "spec", "minReplicas", NULL),
                       json_int(federated, 0, "spec", "maxReplicas", NULL), parts, count);
    for (size_t i = 0; i < count; i++) {
        p->parts[0].by_slot[slots[i]] = parts[i].planned_max;
        p->parts[1].by_slot[slots[i]] = parts[i].planned_min;
    }
    free(parts);
}

/* Completions go where parallelism may, by the weights alone. */
static json_t *without_limits(const json_t *preferences) {
    json_t *copy = preferences ? json_deep_copy(preferences) : NULL, *cluster;
    const char *name;
    json_object_foreach(json_object_get(copy, "clusters"), name, cluster) {
        json_object_del(cluster, "minReplicas");
        json_object_del(cluster, "maxReplicas");
    }
    return copy;
}

static void plan_field(const struct fed_object *o, const json_t *federated, const char *field,
                       const json_t *preferences, struct planner_cluster *rows, size_t count,
                       const size_t *slots, int64_t *by_slot) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", o->ns, o->name);
    planner_plan(json_int(federated, 1, "spec", field, NULL), key, preferences,
                 profile_has_quirk(o->f->profile, "replica-remainder-by-hash"), rows, count);
    for (size_t i = 0; i < count; i++)
        by_slot[slots[i]] = rows[i].planned;
}

struct replicas_plan *replicas_plan(struct fed_object *o, const json_t *federated) {
    struct federation *f = o->f;
    struct planner_cluster *rows = xcalloc(f->cluster_slots + 1, sizeof(*rows));
    size_t *slots = xcalloc(f->cluster_slots + 1, sizeof(*slots));
    size_t count = rows_of(o, federated, rows, slots);
    struct replicas_plan *p;
    if (o->kind->flags & KIND_AUTOSCALER) {
        p = plan_new(f, "maxReplicas", "minReplicas");
        plan_autoscaler(o, federated, slots, count, p);
    } else {
        bool job = (o->kind->flags & KIND_JOB) != 0;
        bool completes = job && json_at(federated, "spec", "completions", NULL);
        p = plan_new(f, job ? "parallelism" : "replicas", completes ? "completions" : NULL);
        CLEANUP(json_freep) json_t *preferences = read_preferences(o, federated);
        plan_field(o, federated, p->parts[0].field, preferences, rows, count, slots,
                   p->parts[0].by_slot);
        CLEANUP(json_freep) json_t *weights = without_limits(preferences);
        if (completes)
            plan_field(o, federated, "completions", weights, rows, count, slots,
                       p->parts[1].by_slot);
    }
    free(slots);
    free(rows);
    return p;
}

int replicas_write_status(struct fed_object *o, const json_t *federated) {
    struct shard sum = {0};
    for (size_t i = 0; i < o->f->cluster_slots; i++) {
        const struct shard *s = objects_ready_copy(o, i);
        if (!s)
            continue;
        sum.replicas += s->replicas;
        sum.ready += s->ready;
        sum.updated += s->updated;
        sum.available += s->available;
        sum.labeled += s->labeled;
        if (s->observed > sum.observed)
            sum.observed = s->observed;
    }
    bool deployment = (o->kind->flags & KIND_DEPLOYMENT) != 0;
    int64_t wanted = json_int(federated, 1, "spec", "replicas", NULL);
    const struct {
        const char *name;
        int64_t value;
        bool there;
    } rows[] = {
        {"replicas", sum.replicas, true},
        {"fullyLabeledReplicas", sum.labeled, !deployment && sum.labeled > 0},
        {"readyReplicas", sum.ready, sum.ready > 0},
        {"updatedReplicas", sum.updated, deployment && sum.updated > 0},
        {"availableReplicas", sum.available, sum.available > 0},
        {"unavailableReplicas", wanted - sum.available, deployment && wanted > sum.available},
        {"observedGeneration", sum.observed, sum.observed > 0},
    };
    json_t *status = json_object();
    bool differs = false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].there)
            json_set_int(status, rows[i].name, rows[i].value);
        if (json_int(federated, 0, "status", rows[i].name, NULL) !=
            (rows[i].there ? rows[i].value : 0))
            differs = true;
    }
    if (!differs) {
        json_decref(status);
        return 200;
    }
    return sync_put_status(o, federated, status);
}
