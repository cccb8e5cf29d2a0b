#include "mocks/federation/planner.h"

#include "harness/core/hash.h"
#include "harness/core/json.h"

struct share { /* a cluster that the preferences name */
    struct planner_cluster *cluster;
    int64_t min, max, weight;
    int64_t preallocated; /* kept because it runs there already */
    bool by_hash;
    bool full;
};

static int64_t min64(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t at_least_0(int64_t value) {
    return value > 0 ? value : 0;
}

static int by_weight(const void *pa, const void *pb) {
    const struct share *a = pa, *b = pb;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    if (a->by_hash && a->cluster->hash != b->cluster->hash)
        return a->cluster->hash < b->cluster->hash ? -1 : 1;
    return strcmp(a->cluster->name, b->cluster->name);
}

static uint32_t hash_of(const char *cluster, const char *key) {
    struct buf text = BUF_INIT;
    buf_adds(&text, cluster);
    buf_adds(&text, key);
    uint32_t hash = hash_fnv1_32(text.data, text.len);
    buf_release(&text);
    return hash;
}

static void set_min(struct share *shares, size_t count, int64_t *remaining) {
    for (size_t i = 0; i < count; i++) {
        struct share *s = &shares[i];
        int64_t min = min64(s->min, *remaining);
        if (s->cluster->capacity >= 0)
            min = min64(min, s->cluster->capacity);
        *remaining -= min;
        s->cluster->planned = min;
    }
}

/* Without rebalancing, what runs somewhere stays there as far as there are replicas for it. */
static void keep_current(struct share *shares, size_t count, int64_t *remaining) {
    for (size_t i = 0; i < count; i++) {
        struct share *s = &shares[i];
        int64_t target = s->cluster->current;
        if (target <= s->cluster->planned)
            continue;
        if (s->max >= 0)
            target = min64(target, s->max);
        if (s->cluster->capacity >= 0)
            target = min64(target, s->cluster->capacity);
        int64_t extra = at_least_0(min64(target - s->cluster->planned, *remaining));
        *remaining -= extra;
        s->preallocated = extra;
        s->cluster->planned += extra;
    }
}

/* One cluster's part of a round; returns whether anything changed. */
static bool give(struct share *s, int64_t distribute, int64_t weights, int64_t *remaining) {
    int64_t start = s->cluster->planned;
    int64_t extra = (distribute * s->weight + weights - 1) / weights; /* fractions round up */
    extra = min64(extra, *remaining);
    int64_t used = min64(extra, s->preallocated);
    s->preallocated -= used;
    int64_t total = start + extra - used;

    if (s->max >= 0 && total > s->max) {
        total = s->max;
        s->full = true;
    }
    if (s->cluster->capacity >= 0 && total > s->cluster->capacity) {
        s->cluster->overflow = total - s->cluster->capacity;
        total = s->cluster->capacity;
        s->full = true;
    }
    *remaining -= total - start;
    s->cluster->planned = total;
    return used > 0 || total > start;
}

/* Each round places what is left or fills a cluster, or halves what was preallocated. */
static void distribute(struct share *shares, size_t count, int64_t *remaining) {
    bool modified = true;
    while (modified && *remaining > 0) {
        modified = false;
        int64_t weights = 0;
        for (size_t i = 0; i < count; i++)
            if (!shares[i].full)
                weights += shares[i].weight;
        if (weights <= 0)
            return;
        int64_t round = *remaining;
        for (size_t i = 0; i < count; i++)
            if (!shares[i].full && give(&shares[i], round, weights, remaining))
                modified = true;
    }
}

static size_t collect(const json_t *preferences, bool by_hash, struct planner_cluster *clusters,
                      size_t count, struct share *shares) {
    const json_t *named = json_object_get(preferences, "clusters");
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *p = json_object_get(named, clusters[i].name);
        if (!p)
            p = json_object_get(named, "*");
        if (preferences && !p)
            continue;
        shares[used++] = (struct share){
            .cluster = &clusters[i],
            .min = preferences ? at_least_0(json_int(p, 0, "minReplicas", NULL)) : 0,
            .max = preferences ? json_int(p, -1, "maxReplicas", NULL) : -1,
            /* a weight beyond any sense must not overflow the products */
            .weight =
                preferences ? min64(at_least_0(json_int(p, 0, "weight", NULL)), 1000 * 1000) : 1,
            .by_hash = by_hash,
        };
    }
    return used;
}

void planner_plan(int64_t replicas, const char *key, const json_t *preferences, bool order_by_hash,
                  struct planner_cluster *clusters, size_t count) {
    for (size_t i = 0; i < count; i++) {
        clusters[i].planned = 0;
        clusters[i].overflow = 0;
        clusters[i].hash = hash_of(clusters[i].name, key);
    }
    struct share *shares = xcalloc(count + 1, sizeof(*shares));
    size_t used = collect(preferences, order_by_hash, clusters, count, shares);
    qsort(shares, used, sizeof(*shares), by_weight);

    int64_t remaining = min64(at_least_0(replicas), INT32_MAX);
    bool rebalance = json_flag(preferences, "rebalance", NULL);
    set_min(shares, used, &remaining);
    if (!rebalance)
        keep_current(shares, used, &remaining);
    distribute(shares, used, &remaining);

    /* What found no place is put where it overflowed: its pods stay pending there. */
    for (size_t i = 0; i < count; i++) {
        if (!rebalance)
            clusters[i].overflow = min64(clusters[i].overflow, remaining);
        clusters[i].planned += clusters[i].overflow;
    }
    free(shares);
}
