/*
 * Random life in a federation, and what must hold whatever happens. A seed decides everything; a
 * failing one is printed with the command that repeats it.
 *
 *     test_federation_invariants            all seeds
 *     test_federation_invariants SEED       one, with its story
 *     test_federation_invariants --planted BUG [SEED]
 *                                           with a bug of that name, which some seed has to find
 *
 * Held all the time: no address of a dead cluster stays in DNS longer than it takes to notice the
 * death, to wait out its delay and to retry. Held after everything has healed: replicas add up,
 * every object has its copies and no more, every deletion ended, DNS says what the members say.
 */
#include "cases/unit/federation/fed_world.h"

#include "harness/core/rng.h"

#include <inttypes.h>

#define SEEDS 300
#define STEPS 40
#define MEMBERS 3
#define OBJECTS 3
/* poll, delay, pass, and a retry that may be in its longest pause */
#define DEAD_MS ((40 + 60 + 10 + 60 + 5) * 1000)

static const char *const resources[] = {"replicasets", "services", "configmaps"};
static const char wished[] =
    "offline-keeps-records=off dns-stale-global=off dns-dangling-cnames=off "
    "dns-retry-flaps=off dns-delete-and-add=off offline-loses-zones=off "
    "namespace-not-ensured=off";

/* What a bug of the controllers would come to. */
static const struct planted {
    const char *name, *method, *part;
} planted_bugs[] = {
    {"lost-deletion", "DELETE", "/configmaps/"}, {"lost-update", "PUT", "/replicasets/"},
    {"lost-creation", "POST", "/services"},      {"lost-record-deletion", "DELETE", "/v2/keys/"},
    {"lost-record", "PUT", "/v2/keys/"},
};
static const struct planted *planted; /* NULL: none */

struct model { /* what the test knows to be wanted */
    struct fed_world *w;
    struct rng rng;
    uint64_t seed;
    bool told; /* print the story */
    struct {
        bool there, was_orphaned;
        int64_t replicas;
        int version;
    } objects[3][OBJECTS];
    bool joined[MEMBERS], was_unjoined[MEMBERS];
    int64_t dead_since_ms[MEMBERS]; /* -1: alive, or etcd cannot be told */
};

static void say(const struct model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct model *m, const char *fmt, ...) {
    if (!m->told)
        return;
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    print_message("%6" PRId64 " s  %s\n", sched_now_ms(m->w->sched) / 1000, text);
    free(text);
}

static void broken(const struct model *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void broken(const struct model *m, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    if (m->told)
        fputs(buf_str(&m->w->log), stderr); /* cmocka cuts long messages */
    /* The command first: cmocka cuts long messages. */
    fail_msg("seed %" PRIu64 ", repeat with: tests/test_federation_invariants %s%s%s%" PRIu64
             "\n%s",
             m->seed, planted ? "--planted " : "", planted ? planted->name : "", planted ? " " : "",
             m->seed, text);
}

/* What happens */

static char *object_text(const struct model *m, size_t kind, size_t i) {
    if (kind == 0)
        return xasprintf("{\"spec\":{\"replicas\":%" PRId64
                         ",\"selector\":{\"matchLabels\":{\"app\":"
                         "\"o%zu\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"o%zu\"}},"
                         "\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"a\"}]}}}}",
                         m->objects[0][i].replicas, i, i);
    if (kind == 1)
        return xstrdup("{\"spec\":{\"type\":\"LoadBalancer\",\"ports\":[{\"port\":80}]}}");
    return xasprintf("{\"data\":{\"version\":\"%d\"}}", m->objects[kind][i].version);
}

static void create(struct model *m, size_t kind, size_t i) {
    char name[32];
    snprintf(name, sizeof(name), "o%zu", i);
    m->objects[kind][i].replicas = rng_below(&m->rng, 9);
    m->objects[kind][i].version++;
    char *text = object_text(m, kind, i);
    int status = fed_world_create(m->w, resources[kind], "default", name, text);
    free(text);
    if (status == 201)
        m->objects[kind][i].there = true; /* 409: its deletion has not ended */
    say(m, "create %s/%s -> %d", resources[kind], name, status);
}

static void change(struct model *m, size_t kind, size_t i) {
    char name[32];
    snprintf(name, sizeof(name), "o%zu", i);
    char *patch;
    if (kind == 0) {
        m->objects[0][i].replicas = rng_below(&m->rng, 9);
        patch = xasprintf("{\"spec\":{\"replicas\":%" PRId64 "}}", m->objects[0][i].replicas);
    } else if (kind == 1) {
        patch = xasprintf("{\"metadata\":{\"labels\":{\"v\":\"%u\"}}}", rng_u32(&m->rng));
    } else {
        m->objects[kind][i].version++;
        patch = xasprintf("{\"data\":{\"version\":\"%d\"}}", m->objects[kind][i].version);
    }
    say(m, "patch %s/%s %s -> %d", resources[kind], name, patch,
        fed_world_patch(m->w, resources[kind], "default", name, patch));
    free(patch);
}

static void delete (struct model *m, size_t kind, size_t i) {
    char name[32];
    snprintf(name, sizeof(name), "o%zu", i);
    bool orphan = rng_below(&m->rng, 5) == 0;
    fed_world_delete(m->w, resources[kind], "default", name,
                     orphan ? "{\"orphanDependents\":true}" : "{\"orphanDependents\":false}");
    m->objects[kind][i].there = false;
    m->objects[kind][i].was_orphaned |= orphan;
    say(m, "delete %s/%s%s", resources[kind], name, orphan ? ", orphaning" : "");
}

static void touch_object(struct model *m) {
    size_t kind = rng_below(&m->rng, 3), i = rng_below(&m->rng, OBJECTS);
    if (!m->objects[kind][i].there)
        create(m, kind, i);
    else if (rng_below(&m->rng, 3) > 0)
        change(m, kind, i);
    else
        delete (m, kind, i);
}

static void touch_copy(struct model *m) {
    struct fed_member *member = &m->w->members[rng_below(&m->rng, MEMBERS)];
    char target[128];
    size_t kind = rng_below(&m->rng, 3);
    snprintf(target, sizeof(target), "%s/namespaces/default/%s/o%u",
             kind == 0 ? "/apis/extensions/v1beta1" : "/api/v1", resources[kind],
             rng_below(&m->rng, OBJECTS));
    json_t *body =
        rng_below(&m->rng, 2) == 0 ? json_pack("{s:s}", "propagationPolicy", "Background") : NULL;
    if (body) {
        apiserver_call(member->api, "DELETE", target, body, NULL);
    } else {
        body = json_pack("{s:{s:{s:s}}}", "metadata", "labels", "meddled", "yes");
        apiserver_call(member->api, "PATCH", target, body, NULL);
    }
    json_decref(body);
    say(m, "somebody meddles with %s of %s", target, member->name);
}

static void trouble(struct model *m) {
    size_t i = rng_below(&m->rng, MEMBERS);
    struct fed_member *member = &m->w->members[i];
    static const int statuses[] = {500, 409, 403, 429};
    switch (rng_below(&m->rng, 6)) {
    case 0:
        member->down = !member->down;
        say(m, "%s is %s", member->name, member->down ? "down" : "up");
        break;
    case 1:
        member->fail_writes = 1 + (int)rng_below(&m->rng, 6);
        member->fail_status = statuses[rng_below(&m->rng, ARRAY_LEN(statuses))];
        say(m, "%s refuses %d writes with %d", member->name, member->fail_writes,
            member->fail_status);
        break;
    case 2:
        m->w->etcd_down = !m->w->etcd_down;
        say(m, "etcd is %s", m->w->etcd_down ? "down" : "up");
        break;
    case 3:
        member->no_endpoints = !member->no_endpoints;
        fed_member_kick(member);
        say(m, "%s has %s endpoints", member->name, member->no_endpoints ? "no" : "its");
        break;
    case 4:
        member->delay_ms = member->delay_ms > 0 ? 0 : 1 + rng_below(&m->rng, 2500);
        say(m, "%s answers after %" PRId64 " ms", member->name, member->delay_ms);
        break;
    default:
        if (rng_below(&m->rng, 3) > 0)
            break;
        if (m->joined[i])
            fed_world_unjoin(m->w, i);
        else
            fed_world_join(m->w, i);
        m->joined[i] = !m->joined[i];
        m->was_unjoined[i] = true;
        say(m, "%s %s", member->name, m->joined[i] ? "joins" : "is unjoined");
        break;
    }
}

/* What must hold */

static void check_dead(struct model *m) {
    int64_t now = sched_now_ms(m->w->sched);
    char *records = NULL;
    for (size_t i = 0; i < MEMBERS; i++) {
        bool counts = m->joined[i] && m->w->members[i].down && !m->w->etcd_down;
        if (!counts) {
            m->dead_since_ms[i] = -1;
            continue;
        }
        if (m->dead_since_ms[i] < 0)
            m->dead_since_ms[i] = now;
        if (now - m->dead_since_ms[i] <= DEAD_MS)
            continue;
        if (!records)
            records = fed_world_records(m->w);
        char *host = xasprintf("\"host\":\"%s\"", m->w->members[i].lb_ip);
        if (strstr(records, host))
            broken(m, "%s is dead for %" PRId64 " s and still in\n%s", m->w->members[i].name,
                   (now - m->dead_since_ms[i]) / 1000, records);
        free(host);
    }
    free(records);
}

static void check_replicas(const struct model *m, size_t i) {
    char name[32];
    snprintf(name, sizeof(name), "o%zu", i);
    int64_t sum = 0, wanted = m->objects[0][i].replicas;
    for (size_t c = 0; c < MEMBERS; c++) {
        int64_t here = fed_member_replicas(&m->w->members[c], "default", name);
        sum += here > 0 ? here : 0;
    }
    const json_t *rs = fed_world_get(m->w, "replicasets", "default", name);
    int64_t status = json_int(rs, 0, "status", "replicas", NULL);
    if (json_int(rs, -1, "spec", "replicas", NULL) != wanted || sum != wanted || status != wanted)
        broken(m,
               "replicasets/%s wants %" PRId64 ", its copies have %" PRId64
               ", its status says %" PRId64,
               name, wanted, sum, status);
}

static void check_copies(const struct model *m, size_t kind, size_t i) {
    char name[32], version[16];
    snprintf(name, sizeof(name), "o%zu", i);
    snprintf(version, sizeof(version), "%d", m->objects[kind][i].version);
    bool wanted = m->objects[kind][i].there;
    if ((fed_world_get(m->w, resources[kind], "default", name) != NULL) != wanted)
        broken(m, "%s/%s: its %s never ended", resources[kind], name,
               wanted ? "creation" : "deletion");
    for (size_t c = 0; c < MEMBERS; c++) {
        const json_t *copy = fed_member_get(&m->w->members[c], resources[kind], "default", name);
        if (!wanted && copy && !m->objects[kind][i].was_orphaned && !m->was_unjoined[c])
            broken(m, "%s/%s is gone, its copy in %s is left", resources[kind], name,
                   m->w->members[c].name);
        if (wanted && kind > 0 && !copy)
            broken(m, "%s/%s has no copy in %s", resources[kind], name, m->w->members[c].name);
        if (wanted && copy && json_at(copy, "metadata", "labels", "meddled", NULL))
            broken(m, "%s/%s in %s is not put right", resources[kind], name, m->w->members[c].name);
        if (wanted && kind == 2 && !str_eq(json_str(copy, "data", "version", NULL), version))
            broken(m, "%s/%s in %s is old", resources[kind], name, m->w->members[c].name);
    }
}

static void check_dns(const struct model *m) {
    char *records = fed_world_records(m->w);
    size_t wanted = 0, there = 0;
    for (const char *c = records; *c; c++)
        there += *c == '\n';
    for (size_t i = 0; i < OBJECTS; i++) {
        if (!m->objects[1][i].there)
            continue;
        for (size_t c = 0; c < MEMBERS; c++) {
            char *key = xasprintf("/skydns/com/juju-fed/r%zu/z%zu/svc/federation/default/o%zu/",
                                  c + 1, c + 1, i);
            char *line =
                xasprintf("{\"host\":\"%s\",\"ttl\":180,\"group\":\"o%zu.default.federation."
                          "svc.juju-fed.com.\"}",
                          m->w->members[c].lb_ip, i);
            if (!strstr(records, key))
                broken(m, "no record at %s in\n%s", key, records);
            if (!strstr(records, line))
                broken(m, "no record %s in\n%s", line, records);
            free(key);
            free(line);
            wanted += 3;
        }
    }
    if (there != wanted)
        broken(m, "%zu records, not %zu:\n%s", there, wanted, records);
    free(records);
}

static void run(struct model *m, int64_t seconds) {
    for (int64_t s = 0; s < seconds; s += 5) {
        fed_world_run(m->w, 5);
        check_dead(m);
    }
}

static void heal(struct model *m) {
    say(m, "everything heals");
    m->w->etcd_down = false;
    for (size_t i = 0; i < MEMBERS; i++) {
        struct fed_member *member = &m->w->members[i];
        member->down = false;
        member->fail_writes = 0;
        member->delay_ms = 0;
        member->no_endpoints = false;
        fed_member_kick(member);
        if (!m->joined[i])
            fed_world_join(m->w, i);
        m->joined[i] = true;
    }
    run(m, 400);
}

static void one_seed(uint64_t seed, bool told) {
    static const char *const releases[] = {"1.6.2", "1.7.0", "1.9.0"};
    struct model m = {.seed = seed, .told = told};
    rng_init(&m.rng, seed);
    m.w = fed_world_new(releases[seed % ARRAY_LEN(releases)], MEMBERS, wished);
    m.w->lost_method = planted ? planted->method : NULL;
    m.w->lost_part = planted ? planted->part : NULL;
    for (size_t i = 0; i < MEMBERS; i++) {
        static const char *const ips[MEMBERS] = {"203.0.113.11", "203.0.113.22", "203.0.113.33"};
        m.w->members[i].lb_ip = ips[i];
        m.joined[i] = true;
        m.dead_since_ms[i] = -1;
    }
    run(&m, 30);
    for (int step = 0; step < STEPS; step++) {
        uint32_t dice = rng_below(&m.rng, 10);
        if (dice < 6)
            touch_object(&m);
        else if (dice < 7)
            touch_copy(&m);
        else
            trouble(&m);
        if (rng_below(&m.rng, 3) > 0)
            run(&m, 5 * (int64_t)(1 + rng_below(&m.rng, 12)));
    }
    heal(&m);
    for (size_t kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < OBJECTS; i++)
            check_copies(&m, kind, i);
    for (size_t i = 0; i < OBJECTS; i++)
        if (m.objects[0][i].there)
            check_replicas(&m, i);
    check_dns(&m);
    fed_world_free(m.w);
}

static uint64_t first_seed = 1, last_seed = SEEDS;

static void federation__holds_its_invariants_under_random_faults(void **state) {
    (void)state;
    for (uint64_t seed = first_seed; seed <= last_seed; seed++)
        one_seed(seed, first_seed == last_seed);
}

static bool plant(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(planted_bugs); i++)
        if (strcmp(planted_bugs[i].name, name) == 0)
            planted = &planted_bugs[i];
    return planted != NULL;
}

static int usage(const char *program) {
    fprintf(stderr, "usage: %s [--planted BUG] [SEED]; bugs:", program);
    for (size_t i = 0; i < ARRAY_LEN(planted_bugs); i++)
        fprintf(stderr, " %s", planted_bugs[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv) {
    int64_t seed = 0;
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "--planted") == 0) {
        if (!plant(argv[2]))
            return usage(argv[0]);
        at = 3;
    }
    if (argc > at + 1 || (argc > at && !str_to_int(argv[at], 1, INT64_MAX, &seed)))
        return usage(argv[0]);
    if (argc > at)
        first_seed = last_seed = (uint64_t)seed;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(federation__holds_its_invariants_under_random_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
