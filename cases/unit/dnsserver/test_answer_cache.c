/* Answers that are kept: that they are, that they are the same, and that no change is missed. */
#include "cases/unit/dnsserver/world.h"

#include "harness/core/clock.h"
#include "harness/core/mem.h"

#define COREFILE \
    ". {\n etcd juju-fed.com {\n  path /skydns\n  endpoint http://10.3.0.9:2379\n }\n}\n"
#define WEB "web.default.svc.cluster.local"
#define FED "web.juju-fed.com"

struct counted { /* a world that counts what is asked of it */
    struct world *w;
    uint64_t version, skydns_version;
    unsigned objects, leaves, forwards;
};

static const json_t *counted_object(void *self, const char *resource, const char *ns,
                                    const char *name) {
    struct counted *c = self;
    c->objects++;
    return world_object(c->w, resource, ns, name);
}

static bool counted_skydns(void *self, const char *endpoint, const char *key,
                           void (*fn)(void *fn_self, const char *key, const char *value),
                           void *fn_self) {
    struct counted *c = self;
    c->leaves++;
    return world_skydns(c->w, endpoint, key, fn, fn_self);
}

static bool counted_forward(void *self, const char *server, const void *query, size_t len, bool tcp,
                            struct buf *reply) {
    struct counted *c = self;
    c->forwards++;
    return world_forward(c->w, server, query, len, tcp, reply);
}

static uint64_t counted_version(void *self) {
    return ((const struct counted *)self)->version;
}

static uint64_t counted_skydns_version(void *self) {
    return ((const struct counted *)self)->skydns_version;
}

static struct counted *counted_new(void) {
    struct counted *c = xcalloc(1, sizeof(*c));
    c->w = world_new();
    c->w->ops = (struct dns_server_ops){.object = counted_object,
                                        .skydns = counted_skydns,
                                        .forward = counted_forward,
                                        .version = counted_version,
                                        .self = c};
    world_add(c->w, "services",
              "{'metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.3.0.1'}}");
    json_set_str(c->w->leaves, "/skydns/com/juju-fed/web/a", "{\"host\":\"10.4.0.1\",\"ttl\":30}");
    return c;
}

static int setup_kube(void **state) {
    struct counted *c = *state = counted_new();
    c->w->server = kube_dns_new(&(struct kube_dns_options){
        .domain = "cluster.local", .upstream = "10.9.9.9", .ops = &c->w->ops});
    return 0;
}

static int setup_core(void **state) {
    struct counted *c = *state = counted_new();
    struct err err = {0};
    c->w->server = coredns_new(COREFILE, &c->w->ops, &err);
    if (!c->w->server)
        fail_msg("%s", err.text);
    return 0;
}

static int teardown(void **state) {
    struct counted *c = *state;
    void *w = c->w;
    free(c);
    return world_free(&w);
}

static void check(struct counted *c, const char *name, const char *type, const char *want) {
    const struct question row = {name, type, want};
    world_check(c->w, &row, 1);
}

/* The question's bytes, changed by the caller, in; the answer's out. */
static void ask_bytes(struct counted *c, const struct buf *query, bool tcp, struct buf *out) {
    buf_clear(out);
    assert_true(dns_server_answer(c->w->server, query->data, query->len, tcp, out));
}

static void answer_cache__a_question_that_comes_again_asks_nothing_of_the_world(void **state) {
    struct counted *c = *state;
    check(c, WEB, "A", "NOERROR 30 A 10.3.0.1");
    unsigned before = c->objects;
    assert_true(before > 0);
    check(c, WEB, "A", "NOERROR 30 A 10.3.0.1");
    assert_int_equal(c->objects, before);
}

static void answer_cache__a_kept_answer_is_the_same_but_for_its_id(void **state) {
    struct counted *c = *state;
    struct buf first = BUF_INIT, again = BUF_INIT, query = BUF_INIT;
    struct err err = {0};
    assert_int_equal(dns_query_build(WEB, "A", 0x1234, &query, &err), 0);
    ask_bytes(c, &query, false, &first);
    buf_addc(&again, 'x'); /* what was in the buffer before stays */
    query.data[0] = 0x56;
    assert_true(dns_server_answer(c->w->server, query.data, query.len, false, &again));
    assert_int_equal(again.len, first.len + 1);
    assert_int_equal(again.data[0], 'x');
    assert_int_equal(again.data[1], 0x56);
    assert_int_equal(again.data[2], 0x34);
    assert_memory_equal(again.data + 3, first.data + 2, first.len - 2);
    buf_release(&first);
    buf_release(&again);
    buf_release(&query);
}

static void answer_cache__a_change_is_seen_by_the_next_question(void **state) {
    struct counted *c = *state;
    check(c, WEB, "A", "NOERROR 30 A 10.3.0.1");
    check(c, "late.default.svc.cluster.local", "A", "NXDOMAIN");
    json_object_clear(c->w->objects);
    world_add(c->w, "services",
              "{'metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.3.0.2'}}");
    world_add(c->w, "services",
              "{'metadata':{'name':'late','namespace':'default'},'spec':{'clusterIP':'10.3.0.3'}}");
    c->version++;
    check(c, WEB, "A", "NOERROR 30 A 10.3.0.2");
    check(c, "late.default.svc.cluster.local", "A", "NOERROR 30 A 10.3.0.3");
}

static void answer_cache__whatever_differs_in_a_question_is_another_question(void **state) {
    static const struct {
        const char *what;
        size_t at;
        char flip;
        bool tcp;
    } rows[] = {
        {"recursion is not desired", 2, 1, false},
        {"the case of a letter", 13, 0x20, false},
        {"by TCP", 0, 0, true},
    };
    struct counted *c = *state;
    struct buf query = BUF_INIT, plain = BUF_INIT, other = BUF_INIT, alone = BUF_INIT;
    struct err err = {0};
    assert_int_equal(dns_query_build(WEB, "A", 1, &query, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask_bytes(c, &query, false, &plain);
        query.data[rows[i].at] ^= rows[i].flip;
        unsigned before = c->objects;
        ask_bytes(c, &query, rows[i].tcp, &other);
        if (c->objects == before)
            fail_msg("%s: was answered from the other question's answer", rows[i].what);
        c->version++;
        ask_bytes(c, &query, rows[i].tcp, &alone);
        assert_int_equal(other.len, alone.len);
        assert_memory_equal(other.data, alone.data, alone.len);
        query.data[rows[i].at] ^= rows[i].flip;
    }
    buf_release(&query);
    buf_release(&plain);
    buf_release(&other);
    buf_release(&alone);
}

static void answer_cache__what_others_answer_is_never_kept(void **state) {
    struct counted *c = *state;
    check(c, "example.org", "A", "SERVFAIL");
    check(c, "example.org", "A", "SERVFAIL");
    assert_int_equal(c->forwards, 2);
}

static void answer_cache__without_a_count_of_its_changes_etcd_is_asked_each_time(void **state) {
    struct counted *c = *state;
    check(c, FED, "A", "NOERROR 30 A 10.4.0.1");
    check(c, FED, "A", "NOERROR 30 A 10.4.0.1");
    assert_int_equal(c->leaves, 2);
}

static void answer_cache__with_a_count_etcd_is_asked_after_a_change(void **state) {
    struct counted *c = *state;
    c->w->ops.skydns_version = counted_skydns_version;
    check(c, FED, "A", "NOERROR 30 A 10.4.0.1");
    check(c, FED, "A", "NOERROR 30 A 10.4.0.1");
    assert_int_equal(c->leaves, 1);
    json_set_str(c->w->leaves, "/skydns/com/juju-fed/web/a", "{\"host\":\"10.4.0.2\",\"ttl\":30}");
    c->skydns_version++;
    check(c, FED, "A", "NOERROR 30 A 10.4.0.2");
    assert_int_equal(c->leaves, 2);
}

/* CoreDNS makes the serial of its SOA from the time: an answer with it lives for that second. */
static void answer_cache__an_answer_that_tells_the_time_is_not_late(void **state) {
    struct counted *c = *state;
    c->w->ops.skydns_version = counted_skydns_version;
    int64_t end_s = clock_wall_ms() / 1000 + 1;
    for (int64_t now_s = 0; now_s <= end_s;) {
        int64_t before_s = clock_wall_ms() / 1000;
        world_ask(c->w, "nobody.juju-fed.com", "A", false);
        now_s = clock_wall_ms() / 1000;
        const json_t *soa = json_array_get(json_object_get(c->w->reply, "authority"), 0);
        long long serial = 0;
        assert_int_equal(sscanf(json_str(soa, "data", NULL), "%*s %*s %lld", &serial), 1);
        assert_in_range(serial, before_s, now_s);
    }
}

static void answer_cache__more_names_than_it_keeps_are_all_answered_right(void **state) {
    enum { NAMES = 60000 };
    struct counted *c = *state;
    struct buf query = BUF_INIT, out = BUF_INIT;
    struct err err = {0};
    assert_int_equal(dns_query_build("n00000." WEB, "A", 1, &query, &err), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < NAMES; i++) {
            char digits[16];
            snprintf(digits, sizeof(digits), "%05d", i);
            memcpy(query.data + 14, digits, 5);
            ask_bytes(c, &query, false, &out);
            assert_memory_equal(out.data + 12, query.data + 12, 20); /* the name that was asked */
            assert_int_equal(out.data[3] & 15, DNS_NXDOMAIN);
        }
    }
    buf_release(&query);
    buf_release(&out);
}

#define KUBE(name) cmocka_unit_test_setup_teardown(name, setup_kube, teardown)
#define CORE(name) cmocka_unit_test_setup_teardown(name, setup_core, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        KUBE(answer_cache__a_question_that_comes_again_asks_nothing_of_the_world),
        KUBE(answer_cache__a_kept_answer_is_the_same_but_for_its_id),
        KUBE(answer_cache__a_change_is_seen_by_the_next_question),
        KUBE(answer_cache__whatever_differs_in_a_question_is_another_question),
        KUBE(answer_cache__what_others_answer_is_never_kept),
        CORE(answer_cache__without_a_count_of_its_changes_etcd_is_asked_each_time),
        CORE(answer_cache__with_a_count_etcd_is_asked_after_a_change),
        CORE(answer_cache__an_answer_that_tells_the_time_is_not_late),
        KUBE(answer_cache__more_names_than_it_keeps_are_all_answered_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
