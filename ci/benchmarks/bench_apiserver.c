/*
 * What an operation of the API server costs, without a network: whole exchanges in memory (body
 * parsed, defaulted, validated, stored, serialised), in processor time, with 1,000 pods stored and
 * with 100,000.
 */
#include "ci/benchmarks/bench.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/str.h"
#include "mocks/apiserver/apiserver.h"
#include "mocks/serve/memory_exchange.h"

#include <stdlib.h>

#define SMALL 1000
#define LARGE 100000
#define BATCH 2000 /* operations of one measurement */
#define ROUNDS 5
#define NAMESPACES 20 /* that the pods are spread over */
#define PODS "/api/v1/namespaces/n%zu/pods"

struct bench {
    struct sched *sched;
    struct apiserver *api;
    struct rng rng;
    size_t count; /* pods stored: number i is pod-<i> in namespace i % NAMESPACES */
};

static void fail(const char *what, const struct memory_exchange *m) {
    fprintf(stderr, "bench_apiserver: %s: %d %.300s\n", what, m->status, buf_str(&m->body));
    exit(1);
}

static size_t exchange(struct bench *b, const char *method, const char *target, const char *type,
                       const char *body) {
    CLEANUP(memory_exchange_freep)
    struct memory_exchange *m = memory_exchange_new(method, target, body, body ? strlen(body) : 0);
    http_headers_add(&m->request.headers, "Authorization", "Bearer t");
    http_headers_add(&m->request.headers, "Accept", "application/json");
    if (type)
        http_headers_add(&m->request.headers, "Content-Type", type);
    apiserver_handle(b->api, &m->exchange);
    if (m->status != 200 && m->status != 201)
        fail(target, m);
    return m->body.len;
}

static void create(struct bench *b) {
    char target[128], body[512];
    size_t i = b->count++;
    snprintf(target, sizeof(target), PODS, i % NAMESPACES);
    snprintf(
        body, sizeof(body),
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"pod-%zu\",\"labels\":"
        "{\"app\":\"web\",\"shard\":\"s%zu\"}},\"spec\":{\"containers\":[{\"name\":\"nginx\","
        "\"image\":\"nginx:1.13\",\"ports\":[{\"containerPort\":80}]}]}}",
        i, i % 7);
    exchange(b, "POST", target, "application/json", body);
}

static void some_pod(struct bench *b, char target[128]) {
    size_t i = rng_below(&b->rng, (uint32_t)b->count);
    snprintf(target, 128, PODS "/pod-%zu", i % NAMESPACES, i);
}

static void get(struct bench *b) {
    char target[128];
    some_pod(b, target);
    exchange(b, "GET", target, NULL, NULL);
}

static void patch(struct bench *b) {
    char target[128], body[128];
    some_pod(b, target);
    snprintf(body, sizeof(body), "{\"metadata\":{\"annotations\":{\"turn\":\"%u\"}}}",
             (unsigned)rng_below(&b->rng, 1000000));
    exchange(b, "PATCH", target, "application/strategic-merge-patch+json", body);
}

static void update(struct bench *b) {
    char target[128], label[32];
    some_pod(b, target);
    const char *name = strrchr(target, '/') + 1;
    CLEANUP(str_freep) char *ns = xstrndup(target + 19, strcspn(target + 19, "/"));
    CLEANUP(json_freep)
    json_t *pod = json_deep_copy(apiserver_peek(b->api, "", "pods", ns, name));
    snprintf(label, sizeof(label), "%u", (unsigned)rng_below(&b->rng, 1000000));
    json_set_str(json_ensure_object(json_object_get(pod, "metadata"), "labels"), "turn", label);
    CLEANUP(str_freep) char *body = json_text(pod);
    exchange(b, "PUT", target, "application/json", body);
}

static void list_page(struct bench *b) {
    exchange(b, "GET", "/api/v1/pods?limit=500", NULL, NULL);
}

static void remove_one(struct bench *b) { /* the last, and puts it back */
    char target[128];
    b->count--;
    snprintf(target, sizeof(target), PODS "/pod-%zu?gracePeriodSeconds=0", b->count % NAMESPACES,
             b->count);
    exchange(b, "DELETE", target, NULL, NULL);
    create(b);
}

struct operation {
    const char *name;
    void (*run)(struct bench *b);
    size_t batch;
};

static const struct operation operations[] = {
    {"create", create, BATCH},
    {"get", get, BATCH},
    {"update", update, BATCH},
    {"patch", patch, BATCH},
    {"delete and create", remove_one, BATCH},
    {"list a page of 500", list_page, 40},
};

/* Microseconds of processor time for one operation. */
static double cost_of(struct bench *b, const struct operation *o) {
    double costs[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        int64_t begin = clock_cpu_self_us();
        for (size_t i = 0; i < o->batch; i++)
            o->run(b);
        costs[round] = (double)(clock_cpu_self_us() - begin) / (double)o->batch;
    }
    return bench_median(costs, ROUNDS);
}

static void fill(struct bench *b, size_t count) {
    while (b->count < count)
        create(b);
}

static void open_bench(struct bench *b) {
    static const char *const groups[] = {"system:masters"};
    *b = (struct bench){.sched = sched_new()};
    rng_init(&b->rng, 1);
    b->api = apiserver_new(&(struct apiserver_options){.name = "bench",
                                                       .sched = b->sched,
                                                       .seed = 1,
                                                       .rbac = true,
                                                       .service_cidr = "10.152.183.0/24"});
    apiserver_add_token(b->api, "t", "bench", groups, 1);
    for (size_t i = 0; i < NAMESPACES; i++) {
        char body[128];
        snprintf(body, sizeof(body),
                 "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":"
                 "{\"name\":\"n%zu\"}}",
                 i);
        exchange(b, "POST", "/api/v1/namespaces", "application/json", body);
    }
}

static void close_bench(struct bench *b) {
    apiserver_free(b->api);
    sched_free(b->sched);
}

static void measure_list(size_t count) {
    struct bench b;
    open_bench(&b);
    fill(&b, count);
    double costs[ROUNDS];
    size_t turns = 20000 / count;
    for (size_t round = 0; round < ROUNDS; round++) {
        int64_t begin = clock_cpu_self_us();
        for (size_t i = 0; i < turns; i++)
            exchange(&b, "GET", "/api/v1/pods", NULL, NULL);
        costs[round] = (double)(clock_cpu_self_us() - begin) / (double)turns;
    }
    CLEANUP(str_freep) char *name = xasprintf("apiserver/list of %zu pods", count);
    bench_print(&(struct bench_line){
        .name = name, .value = 1e6 / bench_median(costs, ROUNDS), .unit = "requests/s"});
    close_bench(&b);
}

int main(void) {
    struct bench b;
    double small[ARRAY_LEN(operations)];
    measure_list(500);
    measure_list(10000);
    double before_mb = bench_resident_mb(0);
    open_bench(&b);
    fill(&b, SMALL);
    for (size_t i = 1; i < ARRAY_LEN(operations); i++)
        small[i] = cost_of(&b, &operations[i]);
    small[0] = cost_of(&b, &operations[0]); /* last: it adds */
    fill(&b, LARGE);
    double each_kb = (bench_resident_mb(0) - before_mb) * 1e3 / LARGE;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        double cost = cost_of(&b, &operations[i]);
        CLEANUP(str_freep) char *name = xasprintf("apiserver/%s, 100,000 pods", operations[i].name);
        CLEANUP(str_freep)
        char *yardstick = xasprintf("%.0f with 1,000 pods", 1e6 / small[i]);
        bench_print(&(struct bench_line){.name = name,
                                         .value = 1e6 / cost,
                                         .unit = "requests/s of CPU",
                                         .yardstick = yardstick,
                                         .ratio = cost / small[i],
                                         .goal = "cost < 2x",
                                         .ok = cost < 2 * small[i]});
    }
    bench_print(&(struct bench_line){.name = "apiserver/memory of a pod, 100,000 pods",
                                     .value = each_kb,
                                     .unit = "kB resident"});
    close_bench(&b);
    return 0;
}
