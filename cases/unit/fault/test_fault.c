#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/fault/fault.h"

#include <string.h>

static int setup(void **state) {
    *state = fault_table_new(7);
    return 0;
}

static int teardown(void **state) {
    fault_table_free(*state);
    return 0;
}

static void add(struct fault_table *t, const char *rule) {
    struct err err = {0};
    if (fault_table_add(t, rule, &err) < 0)
        fail_msg("%s", err.text);
}

static enum fault_action next(struct fault_table *t, const char *verb, const char *path) {
    return fault_table_next(t, "c1", verb, path, NULL).action;
}

static void fault__rules_match_by_verb_path_resource_and_part(void **state) {
    (void)state;
    static const struct {
        const char *rule, *part, *verb, *path, *resource;
        bool strikes;
    } rows[] = {
        {"* * reset", "c1", "get", "/", NULL, true},
        {"get /api/v1/nodes status=500", "c1", "list", "/api/v1/nodes", "nodes", true},
        {"get /api/v1/nodes status=500", "c1", "GET", "/api/v1/nodes/n1", "nodes", true},
        {"get /api/v1/nodes status=500", "c1", "watch", "/api/v1/nodes", "nodes", false},
        {"get /api/v1/nodes status=500", "c1", "get", "/api/v1", "nodes", false},
        {"list * status=500", "c1", "get", "/api/v1/nodes/n1", "nodes", false},
        {"put,patch replicasets conflict", "c1", "update", "/x", "replicasets", true},
        {"put,patch replicasets conflict", "c1", "patch", "/x", "replicasets", true},
        {"put,patch replicasets conflict", "c1", "PUT", "/x", "replicasets", true},
        {"put,patch replicasets conflict", "c1", "create", "/x", "replicasets", false},
        {"put replicasets conflict", "c1", "put", "/x", "replicasets/status", false},
        {"put replicasets conflict", "c1", "put", "/x", NULL, false},
        {"delete * drop", "c1", "deletecollection", "/x", "pods", true},
        {"* /healthz refuse at=c2", "c2", "get", "/healthz", NULL, true},
        {"* /healthz refuse at=c2", "c1", "get", "/healthz", NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault_table *t = fault_table_new(1);
        add(t, rows[i].rule);
        struct fault f =
            fault_table_next(t, rows[i].part, rows[i].verb, rows[i].path, rows[i].resource);
        if ((f.action != FAULT_NONE) != rows[i].strikes)
            fail_msg("row %zu (%s): action %d", i, rows[i].rule, (int)f.action);
        fault_table_free(t);
    }
}

static void fault__actions_carry_their_values(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        struct fault want;
    } rows[] = {
        {"* * refuse", {FAULT_REFUSE, -1, -1}},
        {"* * delay=250", {FAULT_DELAY, 250, -1}},
        {"* * truncate=10", {FAULT_TRUNCATE, 10, -1}},
        {"* * truncate", {FAULT_TRUNCATE, -1, -1}},
        {"* * status=503", {FAULT_STATUS, 503, -1}},
        {"get * status=429 retry-after=1", {FAULT_STATUS, 429, 1}},
        {"* * stale", {FAULT_STALE, -1, -1}},
        {"* * close", {FAULT_CLOSE, -1, -1}},
        {"* * compact", {FAULT_COMPACT, -1, -1}},
        {"* * garble", {FAULT_GARBLE, -1, -1}},
        {"query * servfail", {FAULT_SERVFAIL, -1, -1}},
        {"  *\t*   nxdomain  ", {FAULT_NXDOMAIN, -1, -1}},
        {"query * refused", {FAULT_REFUSED, -1, -1}},
        {"query * nodata", {FAULT_NODATA, -1, -1}},
        {"query * wrong-id", {FAULT_WRONG_ID, -1, -1}},
        {"query * lame", {FAULT_LAME, -1, -1}},
        {"query * loop", {FAULT_LOOP, -1, -1}},
        {"query * delay=9", {FAULT_DELAY, 9, -1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault_table *t = fault_table_new(1);
        add(t, rows[i].rule);
        bool query = rows[i].want.action >= FAULT_SERVFAIL || rows[i].rule[0] == 'q';
        struct fault f = query ? fault_table_next_query(t, "c1/kube-dns", "a.b.")
                               : fault_table_next(t, "c1", "get", "/", NULL);
        assert_int_equal(f.action, rows[i].want.action);
        assert_true(f.value == rows[i].want.value);
        assert_true(f.retry_after_s == rows[i].want.retry_after_s);
        fault_table_free(t);
    }
}

static void fault__malformed_rules_name_the_word(void **state) {
    struct fault_table *t = *state;
    static const struct {
        const char *rule, *names;
    } rows[] = {
        {"", "VERB PATTERN ACTION"},
        {"get", "VERB PATTERN ACTION"},
        {"get *", "VERB PATTERN ACTION"},
        {"fetch * reset", "\"fetch\" is no verb"},
        {"get, * reset", "\"\" is no verb"},
        {"get * explode", "\"explode\" is no action"},
        {"get * delay", "\"delay\" needs a value"},
        {"get * delay=soon", "delay=soon"},
        {"get * delay=-1", "delay=-1"},
        {"get * reset=1", "takes no value"},
        {"get * status=99", "status=99"},
        {"get * status=600", "status=600"},
        {"get * reset count", "\"count\" is no option"},
        {"get * reset count=", "\"count\" is no option"},
        {"get * reset count=0", "count=0"},
        {"get * reset skip=-1", "skip=-1"},
        {"get * reset p=0", "p=0"},
        {"get * reset p=1.5", "p=1.5"},
        {"get * reset p=nan", "p=nan"},
        {"get * reset p=0.1.2", "p=0.1.2"},
        {"get * reset often=1", "\"often\" is no option"},
        {"get * reset retry-after=1", "retry-after belongs to status"},
        {"get,get,get,get,get,get,get,get,get * reset", "more than 8 verbs"},
        {"query * conflict", "\"conflict\" befalls no query"},
        {"get * lame", "\"lame\" befalls no get: that takes refuse, reset, "},
        {"query,get * nxdomain", "\"nxdomain\" befalls no get"},
        {"get * lame", "use it with the verb query"},
        {"hook * refuse", "\"refuse\" befalls no hook: that takes drop, delay=N, fail or block"},
        {"agent * fail", "or use it with the verb machine or hook"},
        {"juju * explode", "use refuse, reset, drop, delay=N, truncate, expire or warn"},
        {"* * lost", "\"*\" means requests and queries, which \"lost\" does not befall"},
        {"juju * refuse for=1m", "for=1m"},
        {"juju * refuse for=0", "for=0"},
        {"juju * refuse after=-1", "after=-1"},
        {"juju * refuse for=60000", "need a world's clock"},
        {"get * reset after=1", "need a world's clock"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        assert_int_equal(fault_table_add(t, rows[i].rule, &err), ERR_USAGE);
        if (!strstr(err.text, rows[i].names) || !strstr(err.text, rows[i].rule))
            fail_msg("\"%s\": %s", rows[i].rule, err.text);
    }
    assert_int_equal(next(t, "get", "/"), FAULT_NONE);
}

/* What happens in a deploy, and what is no such thing. */
static void fault__events_match_by_kind_name_and_model(void **state) {
    (void)state;
    static const struct {
        const char *rule, *part;
        enum fault_event event;
        const char *name, *of;
        enum fault_action want;
    } rows[] = {
        {"juju * refuse", "c1", FAULT_OF_COMMAND, "status", NULL, FAULT_REFUSE},
        {"juju status expire", "c1", FAULT_OF_COMMAND, "status", NULL, FAULT_EXPIRE},
        {"juju deploy expire", "c1", FAULT_OF_COMMAND, "status", NULL, FAULT_NONE},
        {"juju * warn at=c2", "c1", FAULT_OF_COMMAND, "status", NULL, FAULT_NONE},
        {"juju * warn at=c2", NULL, FAULT_OF_COMMAND, "models", NULL, FAULT_NONE},
        {"* * refuse", "c1", FAULT_OF_COMMAND, "status", NULL, FAULT_NONE},
        {"hook etcd fail", "c1", FAULT_OF_HOOK, "etcd/0", "etcd", FAULT_FAIL},
        {"hook etcd/0 fail", "c1", FAULT_OF_HOOK, "etcd/0", "etcd", FAULT_FAIL},
        {"hook etcd/1 fail", "c1", FAULT_OF_HOOK, "etcd/0", "etcd", FAULT_NONE},
        {"agent etcd lost", "c1", FAULT_OF_AGENT, "etcd/0", "etcd", FAULT_LOST},
        {"agent etcd lost", "c1", FAULT_OF_HOOK, "etcd/0", "etcd", FAULT_NONE},
        {"machine 1 lost", "c1", FAULT_OF_MACHINE, "1", NULL, FAULT_LOST},
        {"machine 1 lost", "c1", FAULT_OF_PROVISION, "1", NULL, FAULT_NONE},
        {"machine 1 drop", "c1", FAULT_OF_PROVISION, "1", NULL, FAULT_DROP},
        {"machine 1 drop", "c1", FAULT_OF_MACHINE, "1", NULL, FAULT_NONE},
        {"machine 0 drop", "c1", FAULT_OF_PROVISION, "0/lxd/0", NULL, FAULT_NONE},
        {"port 80/tcp drop", "c1", FAULT_OF_PORT, "80/tcp", "worker", FAULT_DROP},
        {"port worker drop", "c1", FAULT_OF_PORT, "80/tcp", "worker", FAULT_DROP},
        {"port 80/udp drop", "c1", FAULT_OF_PORT, "80/tcp", "worker", FAULT_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault_table *t = fault_table_new(1);
        add(t, rows[i].rule);
        struct fault f =
            fault_table_next_event(t, rows[i].part, rows[i].event, rows[i].name, rows[i].of);
        if (f.action != rows[i].want)
            fail_msg("%s: %s of %s: %d", rows[i].rule, rows[i].name, rows[i].part, (int)f.action);
        bool request = fault_table_next(t, "c1", "get", "/", NULL).action != FAULT_NONE;
        assert_int_equal(request, rows[i].rule[0] == '*');
        fault_table_free(t);
    }
}

static void fault__after_and_for_bound_a_rule_by_the_world_s_clock(void **state) {
    struct fault_table *t = *state;
    struct sched *clock = sched_new();
    fault_table_use_clock(t, clock);
    add(t, "get * reset after=1000 for=500 skip=1");
    static const struct {
        int64_t advance_ms;
        enum fault_action want;
    } looks[] = {
        {0, FAULT_NONE},    {999, FAULT_NONE},  {1, FAULT_NONE}, /* that was skipped */
        {100, FAULT_RESET}, {499, FAULT_RESET}, {1, FAULT_NONE}, {100000, FAULT_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        sched_advance(clock, looks[i].advance_ms);
        if (next(t, "get", "/") != looks[i].want)
            fail_msg("look %zu", i);
    }
    fault_table_use_clock(t, NULL);
    sched_free(clock);
}

static void fault__queries_match_by_the_name_and_by_the_server(void **state) {
    (void)state;
    static const struct {
        const char *rule, *part, *name;
        bool strikes;
    } rows[] = {
        {"query * drop", "c1/kube-dns", "a.b.", true},
        {"* * drop", "c1/kube-dns", ".", true},
        {"* * reset", "c1/kube-dns", "a.b.", false},
        {"get * drop", "c1/kube-dns", "a.b.", false},
        {"query juju-fed.com drop", "f1/coredns", "x.Juju-Fed.com.", true},
        {"query juju-fed.com. drop", "f1/coredns", "juju-fed.com", true},
        {"query juju-fed.com drop", "f1/coredns", "xjuju-fed.com.", false},
        {"query x.juju-fed.com drop", "f1/coredns", "juju-fed.com.", false},
        {"query * drop at=f1", "f1/coredns", "a.", true},
        {"query * drop at=f1/coredns", "f1/coredns", "a.", true},
        {"query * drop at=f1/kube-dns", "f1/coredns", "a.", false},
        {"query * drop at=f1", "f11/coredns", "a.", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault_table *t = fault_table_new(1);
        add(t, rows[i].rule);
        struct fault f = fault_table_next_query(t, rows[i].part, rows[i].name);
        if ((f.action != FAULT_NONE) != rows[i].strikes)
            fail_msg("row %zu (%s): action %d", i, rows[i].rule, (int)f.action);
        fault_table_free(t);
    }
}

static void fault__count_and_skip_bound_a_rule(void **state) {
    struct fault_table *t = *state;
    add(t, "get /a reset skip=1 count=2");
    add(t, "get /a drop count=1");
    static const enum fault_action want[] = {FAULT_DROP, FAULT_RESET, FAULT_RESET, FAULT_NONE};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(next(t, "get", "/a"), want[i]);
    json_t *report = fault_table_report(t);
    assert_string_equal(json_str(report, "[0]", "rule", NULL), "get /a reset skip=1 count=2");
    assert_int_equal(json_int(report, -1, "[0]", "seen", NULL), 4);
    assert_int_equal(json_int(report, -1, "[0]", "struck", NULL), 2);
    assert_int_equal(json_int(report, -1, "[1]", "struck", NULL), 1);
    json_decref(report);
    fault_table_clear(t);
    assert_int_equal(next(t, "get", "/a"), FAULT_NONE);
}

static void fault__the_same_seed_draws_the_same_luck(void **state) {
    (void)state;
    int struck = 0, differing = 0;
    struct fault_table *a = fault_table_new(42), *b = fault_table_new(42), *c = fault_table_new(43);
    add(a, "* * reset p=0.1");
    add(b, "* * reset p=0.1");
    add(c, "* * reset p=0.1");
    for (int i = 0; i < 10000; i++) {
        enum fault_action got = next(a, "get", "/");
        assert_int_equal(got, next(b, "get", "/"));
        differing += got != next(c, "get", "/");
        struck += got == FAULT_RESET;
    }
    assert_in_range(struck, 850, 1150);
    assert_true(differing > 0);
    fault_table_free(a);
    fault_table_free(b);
    fault_table_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault__rules_match_by_verb_path_resource_and_part),
        cmocka_unit_test(fault__queries_match_by_the_name_and_by_the_server),
        cmocka_unit_test(fault__events_match_by_kind_name_and_model),
        cmocka_unit_test_setup_teardown(fault__after_and_for_bound_a_rule_by_the_world_s_clock,
                                        setup, teardown),
        cmocka_unit_test(fault__actions_carry_their_values),
        cmocka_unit_test_setup_teardown(fault__malformed_rules_name_the_word, setup, teardown),
        cmocka_unit_test_setup_teardown(fault__count_and_skip_bound_a_rule, setup, teardown),
        cmocka_unit_test(fault__the_same_seed_draws_the_same_luck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
