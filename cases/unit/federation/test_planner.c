#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "mocks/federation/planner.h"

#define MAX_CLUSTERS 4

struct row {
    const char *what;
    int64_t replicas;
    const char *preferences; /* NULL: default */
    const char *key;
    const char *names;              /* of one letter or two each, comma-separated */
    int64_t current[MAX_CLUSTERS];  /* -1: none */
    int64_t capacity[MAX_CLUSTERS]; /* -1: unknown */
    int64_t planned[MAX_CLUSTERS];
};

#define NONE \
    { -1, -1, -1, -1 }

static void check(const struct row *r) {
    struct planner_cluster clusters[MAX_CLUSTERS];
    char names[64];
    snprintf(names, sizeof(names), "%s", r->names);
    size_t count = 0;
    for (char *n = names; n; count++) {
        char *comma = strchr(n, ',');
        if (comma)
            *comma = '\0';
        clusters[count] = (struct planner_cluster){
            .name = n, .current = r->current[count], .capacity = r->capacity[count]};
        n = comma ? comma + 1 : NULL;
    }
    json_t *preferences =
        r->preferences ? json_parse(r->preferences, strlen(r->preferences), "row", NULL) : NULL;
    assert_true(!r->preferences || preferences);
    planner_plan(r->replicas, r->key, preferences, true, clusters, count);
    for (size_t i = 0; i < count; i++)
        if (clusters[i].planned != r->planned[i])
            fail_msg("%s: %s got %lld, not %lld", r->what, clusters[i].name,
                     (long long)clusters[i].planned, (long long)r->planned[i]);
    json_decref(preferences);
}

static void planner__places_what_was_measured(void **state) {
    (void)state;
#define NGINX "default/nginx", "c1,c2"
    static const struct row rows[] = {
        {"one goes to c2", 1, NULL, NGINX, NONE, NONE, {0, 1}},
        {"three", 3, NULL, NGINX, {0, 1}, NONE, {1, 2}},
        {"five", 5, NULL, NGINX, {1, 2}, NONE, {2, 3}},
        {"ten", 10, NULL, NGINX, {2, 3}, NONE, {5, 5}},
        {"ten down to two keeps c2's", 2, NULL, NGINX, {5, 5}, NONE, {0, 2}},
        {"two down to one", 1, NULL, NGINX, {0, 2}, NONE, {0, 1}},
        {"none", 0, NULL, NGINX, {0, 1}, NONE, {0, 0}},
        {"none up to three", 3, NULL, NGINX, {0, 0}, NONE, {1, 2}},
        {"weights",
         9,
         "{\"rebalance\":true,\"clusters\":{\"c1\":{\"weight\":2},\"c2\":{\"weight\":1}}}",
         NGINX,
         {1, 2},
         NONE,
         {6, 3}},
        {"weights flipped stay",
         9,
         "{\"clusters\":{\"c1\":{\"weight\":1},\"c2\":{\"weight\":2}}}",
         NGINX,
         {6, 3},
         NONE,
         {6, 3}},
        {"weights flipped and rebalanced",
         9,
         "{\"rebalance\":true,\"clusters\":{\"c1\":{\"weight\":1},\"c2\":{\"weight\":2}}}",
         NGINX,
         {6, 3},
         NONE,
         {3, 6}},
        {"min and max",
         12,
         "{\"rebalance\":true,\"clusters\":{\"c1\":{\"minReplicas\":4,\"maxReplicas\":5,\"weight\":"
         "1},"
         "\"c2\":{\"weight\":5}}}",
         NGINX,
         {3, 6},
         NONE,
         {5, 7}},
        {"only c1 is listed",
         3,
         "{\"clusters\":{\"c1\":{\"weight\":1}}}",
         NGINX,
         {5, 7},
         NONE,
         {3, 0}},
        {"no preference any more", 3, NULL, NGINX, {3, 0}, NONE, {3, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(&rows[i]);
}

static void planner__hashes_are_those_of_the_real_one(void **state) {
    (void)state;
    static const struct {
        const char *key, *cluster;
        uint32_t hash;
    } rows[] = {
        {"default/nginx", "c1", 0xd9c950b5}, {"default/nginx", "c2", 0x8d170914},
        {"default/nginx", "c3", 0x53b4ac97}, {"t110/nginx", "c1", 0x06656972},
        {"t110/nginx", "c2", 0xc6097a65},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct planner_cluster c = {.name = rows[i].cluster, .current = -1, .capacity = -1};
        planner_plan(1, rows[i].key, NULL, true, &c, 1);
        assert_int_equal(c.hash, rows[i].hash);
    }
}

/* The tables of upstream's planner_test.go: clusters without a key are ordered by their names'
 * hash. */
static void planner__agrees_with_upstreams_own_table(void **state) {
    (void)state;
#define STAR(rest) "{\"rebalance\":true,\"clusters\":{\"*\":{" rest "}}}"
    static const struct row rows[] = {
        {"equal 50", 50, STAR("\"weight\":1"), "", "A,B,C", NONE, NONE, {16, 17, 17}},
        {"equal 100", 100, STAR("\"weight\":1"), "", "A,B", NONE, NONE, {50, 50}},
        {"equal 1", 1, STAR("\"weight\":1"), "", "A,B", NONE, NONE, {0, 1}},
        {"equal 1 of 4", 1, STAR("\"weight\":1"), "", "A,B,C,D", NONE, NONE, {0, 0, 0, 1}},
        {"none 50", 1, STAR("\"weight\":1"), "", "A", NONE, NONE, {1}},
        {"min", 50, STAR("\"minReplicas\":2,\"weight\":0"), "", "A,B,C", NONE, NONE, {2, 2, 2}},
        {"min 20",
         50,
         STAR("\"minReplicas\":20,\"weight\":0"),
         "",
         "A,B,C",
         NONE,
         NONE,
         {10, 20, 20}},
        {"max", 50, STAR("\"maxReplicas\":2,\"weight\":1"), "", "A,B,C", NONE, NONE, {2, 2, 2}},
        {"max 0", 50, STAR("\"maxReplicas\":0,\"weight\":1"), "", "A,B,C", NONE, NONE, {0, 0, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(&rows[i]);
}

static void planner__capacity_moves_replicas_and_leaves_the_overflow_pending(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"the other takes over", 10, NULL, "default/nginx", "c1,c2", {5, 5}, {3, -1}, {3, 7}},
        {"nobody has room", 10, NULL, "default/nginx", "c1,c2", {3, 3}, {3, 3}, {5, 5}},
    };
    struct planner_cluster c[2] = {{.name = "c1", .current = 5, .capacity = 3},
                                   {.name = "c2", .current = 5, .capacity = -1}};
    planner_plan(10, "default/nginx", NULL, true, c, 2);
    assert_int_equal(c[0].planned + c[1].planned, 10);
    assert_int_equal(c[0].planned, 3);
    check(&rows[0]);
}

static void planner__by_name_when_the_hash_does_not_decide(void **state) {
    (void)state;
    struct planner_cluster c[2] = {{.name = "c1", .current = -1, .capacity = -1},
                                   {.name = "c2", .current = -1, .capacity = -1}};
    planner_plan(1, "default/nginx", NULL, false, c, 2);
    assert_int_equal(c[0].planned, 1);
    assert_int_equal(c[1].planned, 0);
}

static void planner__nonsense_neither_hangs_nor_overflows(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"clusters\":[]}",
        "{\"clusters\":{\"*\":null}}",
        "{\"clusters\":{\"*\":{\"weight\":9223372036854775807}}}",
        "{\"clusters\":{\"*\":{\"weight\":-5,\"minReplicas\":-9,\"maxReplicas\":-2}}}",
        "{\"rebalance\":\"yes\",\"clusters\":{\"*\":{\"weight\":\"1\"}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct planner_cluster c[2] = {{.name = "c1", .current = INT64_MAX, .capacity = -1},
                                       {.name = "c2", .current = -1, .capacity = 0}};
        json_t *preferences = json_parse(texts[i], strlen(texts[i]), "row", NULL);
        planner_plan(INT64_MAX, "a/b", preferences, true, c, 2);
        assert_true(c[0].planned >= 0 && c[1].planned >= 0);
        json_decref(preferences);
    }
    planner_plan(5, "a/b", NULL, true, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planner__places_what_was_measured),
        cmocka_unit_test(planner__hashes_are_those_of_the_real_one),
        cmocka_unit_test(planner__agrees_with_upstreams_own_table),
        cmocka_unit_test(planner__capacity_moves_replicas_and_leaves_the_overflow_pending),
        cmocka_unit_test(planner__by_name_when_the_hash_does_not_decide),
        cmocka_unit_test(planner__nonsense_neither_hangs_nor_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
