/*
 * usage: bench_federation MEMBERS
 * A federation of that many members in one process, all of their API servers and kubelets included,
 * on a clock that jumps from one timer to the next: what is left is what the machine has to do.
 * Prints one JSON object of milliseconds and megabytes; the script compares the sizes.
 */
#include "ci/benchmarks/bench.h"
#include "cases/unit/federation/fed_world.h"
#include "harness/core/clock.h"

#include <stdlib.h>

#define WORLD_MAX_MS (3600 * 1000) /* of the world's clock, for a condition to come true */
#define STEP_MS 250
#define QUIRKS \
    "offline-keeps-records=off offline-loses-zones=off dns-stale-global=off nodeport-dns=off"

struct bench {
    struct fed_world *w;
    char (*addresses)[32]; /* of the members' load balancers */
};

typedef bool condition_fn(const struct bench *b);

static void die(const char *what) {
    fprintf(stderr, "bench_federation: %s\n", what);
    exit(1);
}

/* Processor time until it holds, in milliseconds. */
static double until(struct bench *b, const char *what, condition_fn *holds) {
    int64_t begin_us = clock_cpu_self_us(), asking_us = 0;
    int64_t end_ms = sched_now_ms(b->w->sched) + WORLD_MAX_MS;
    while (sched_now_ms(b->w->sched) < end_ms) {
        sched_advance(b->w->sched, STEP_MS);
        int64_t asked_us = clock_cpu_self_us();
        bool yes = holds(b);
        asking_us += clock_cpu_self_us() - asked_us;
        if (yes)
            return (double)(clock_cpu_self_us() - begin_us - asking_us) / 1e3;
    }
    die(what);
    return 0;
}

static bool clusters_ready(const struct bench *b) {
    for (size_t i = 0; i < b->w->member_count; i++) {
        const json_t *cluster = fed_world_get(b->w, "clusters", NULL, b->w->members[i].name);
        if (!json_str(cluster, "status", "region", NULL))
            return false;
    }
    return true;
}

static bool shards_ready(const struct bench *b) {
    const json_t *set = fed_world_get(b->w, "replicasets", "default", "web");
    return json_int(set, 0, "status", "readyReplicas", NULL) == (int64_t)b->w->member_count * 2;
}

static bool service_everywhere(const struct bench *b) {
    for (size_t i = 0; i < b->w->member_count; i++)
        if (!fed_member_get(&b->w->members[i], "services", "default", "beacon"))
            return false;
    return true;
}

struct search {
    const char *address;
    size_t found;
};

static void look(void *self, const char *key, const char *value) {
    (void)key;
    struct search *s = self;
    char quoted[40];
    snprintf(quoted, sizeof(quoted), "\"%s\"", s->address);
    s->found += strstr(value, quoted) != NULL;
}

static size_t records_of(const struct bench *b, size_t member) {
    struct search s = {.address = b->addresses[member]};
    etcd_each(b->w->etcd, "/", look, &s);
    return s.found;
}

/* Its zone, its region, and the whole. */
static bool all_have_records(const struct bench *b) {
    for (size_t i = 0; i < b->w->member_count; i += 1 + b->w->member_count / 10)
        if (records_of(b, i) < 3)
            return false;
    return records_of(b, b->w->member_count - 1) >= 3;
}

static bool first_has_none(const struct bench *b) {
    return records_of(b, 0) == 0;
}

static double create_set(struct bench *b) {
    char set[512];
    snprintf(
        set, sizeof(set),
        "{\"spec\":{\"replicas\":%zu,\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},"
        "\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"nginx\"}]}}}}",
        b->w->member_count * 2);
    if (fed_world_create(b->w, "replicasets", "default", "web", set) != 201)
        die("no replica set");
    return until(b, "the shards do not become ready", shards_ready);
}

int main(int argc, char **argv) {
    int64_t members = 0;
    struct bench b = {0};
    if (argc != 2 || !str_to_int(argv[1], 2, FED_MEMBERS_MAX, &members))
        die("expected a number of members");
    b.w = fed_world_new("1.9.0", (size_t)members, QUIRKS);
    b.addresses = xcalloc((size_t)members, sizeof(b.addresses[0]));
    for (int64_t i = 0; i < members; i++) {
        snprintf(b.addresses[i], sizeof(b.addresses[i]), "198.18.%d.%d", (int)(i / 250),
                 (int)(i % 250 + 1));
        b.w->members[i].lb_ip = b.addresses[i];
    }
    double join = until(&b, "the clusters do not become ready", clusters_ready);
    double set = create_set(&b);
    if (fed_world_create(b.w, "services", "default", "beacon",
                         "{\"spec\":{\"type\":\"LoadBalancer\",\"selector\":{\"app\":\"web\"},"
                         "\"ports\":[{\"port\":80}]}}") != 201)
        die("no service");
    double service = until(&b, "the service does not reach all members", service_everywhere);
    double records = until(&b, "the DNS records do not come", all_have_records);
    b.w->members[0].down = true;
    double failure = until(&b, "the DNS records of a member that is down stay", first_has_none);
    printf("{\"members\":%lld,\"join\":%.3f,\"set\":%.3f,\"service\":%.3f,\"records\":%.3f,"
           "\"failure\":%.3f,\"mb\":%.3f}\n",
           (long long)members, join, set, service, records, failure, bench_resident_mb(0));
    return 0; /* the world ends with the process */
}
