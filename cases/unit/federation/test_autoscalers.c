#include "cases/unit/federation/fed_world.h"

#include "mocks/federation/autoscalers.h"

#define SERVED "autoscalers-stay-federated=off"
#define AUTOSCALER(min, max)                                                                     \
    "{\"spec\":{\"minReplicas\":" #min ",\"maxReplicas\":" #max ",\"scaleTargetRef\":{\"kind\":" \
    "\"ReplicaSet\",\"name\":\"a\"}}}"
#define SCALED "\"lastScaleTime\":\"2017-10-01T12:00:00Z\""

enum { PARTS_MAX = 3 };

static struct autoscaler_part none(void) {
    return (struct autoscaler_part){0};
}

static struct autoscaler_part pristine(int64_t min, int64_t max) {
    return (struct autoscaler_part){.exists = true, .min = min, .max = max};
}

static struct autoscaler_part busy(int64_t min, int64_t max, int64_t replicas, bool settled) {
    return (struct autoscaler_part){.exists = true,
                                    .min = min,
                                    .max = max,
                                    .current = replicas,
                                    .desired = replicas,
                                    .scaled = true,
                                    .settled = settled};
}

static struct autoscaler_part falling(int64_t min, int64_t max, int64_t from, int64_t to) {
    struct autoscaler_part p = busy(min, max, from, true);
    p.desired = to;
    return p;
}

/* Some of them are the cases of hpa_test.go; where that leaves the clusters to chance, the first
 * one is served first here. */
static void autoscalers__limits_go_where_they_are_used(void **state) {
    (void)state;
    const struct {
        const char *what;
        int64_t min, max;
        size_t count;
        struct autoscaler_part parts[PARTS_MAX];
        int64_t want_min[PARTS_MAX], want_max[PARTS_MAX];
    } rows[] = {
        {"nothing anywhere", 1, 10, 2, {none(), none()}, {1, 1}, {5, 5}},
        {"a new cluster", 1, 10, 2, {pristine(1, 10), none()}, {1, 1}, {9, 1}},
        {"one at its maximum, one with room",
         1,
         10,
         3,
         {busy(1, 7, 5, true), busy(1, 1, 1, true), busy(1, 2, 1, false)},
         {1, 1, 1},
         {6, 2, 2}},
        {"one at its maximum, none with room",
         1,
         10,
         2,
         {busy(1, 9, 9, false), busy(1, 1, 1, true)},
         {1, 1},
         {9, 1}},
        {"a minimum that holds one up",
         4,
         10,
         2,
         {busy(3, 6, 3, true), busy(1, 4, 3, true)},
         {2, 2},
         {6, 4}},
        {"a minimum that is used",
         4,
         10,
         2,
         {busy(3, 6, 4, true), busy(1, 4, 3, true)},
         {3, 1},
         {6, 4}},
        {"one that scaled just now is left alone",
         1,
         10,
         2,
         {busy(1, 9, 1, false), busy(1, 1, 1, true)},
         {1, 1},
         {9, 1}},
        {"one on its way down gives what it has",
         1,
         10,
         2,
         {falling(1, 9, 9, 4), busy(1, 1, 1, true)},
         {1, 1},
         {8, 2}},
        {"more of both", 4, 14, 2, {pristine(1, 5), pristine(1, 5)}, {3, 1}, {9, 5}},
        {"less of both", 3, 8, 2, {pristine(2, 8), pristine(2, 8)}, {1, 2}, {4, 4}},
        {"the two that there are for three",
         1,
         2,
         3,
         {none(), none(), none()},
         {1, 0, 0},
         {2, 0, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct autoscaler_part parts[PARTS_MAX];
        memcpy(parts, rows[i].parts, sizeof(parts));
        autoscalers_divide(rows[i].min, rows[i].max, parts, rows[i].count);
        for (size_t c = 0; c < rows[i].count; c++)
            if (parts[c].planned_min != rows[i].want_min[c] ||
                parts[c].planned_max != rows[i].want_max[c])
                fail_msg("%s: c%zu gets %lld to %lld, not %lld to %lld", rows[i].what, c + 1,
                         (long long)parts[c].planned_min, (long long)parts[c].planned_max,
                         (long long)rows[i].want_min[c], (long long)rows[i].want_max[c]);
    }
}

/* What the real one would look for a place of for ever. */
static void autoscalers__a_minimum_above_the_maximum_is_not_divided_for_ever(void **state) {
    (void)state;
    struct autoscaler_part parts[2] = {none(), none()};
    autoscalers_divide(9, 4, parts, 2);
    assert_int_equal(parts[0].planned_max + parts[1].planned_max, 4);
    assert_true(parts[0].planned_min <= parts[0].planned_max);
    assert_true(parts[1].planned_min <= parts[1].planned_max);
}

static struct fed_world *world(const char *quirks) {
    struct fed_world *w = fed_world_new("1.6.2", 2, quirks);
    fed_world_run(w, 30);
    return w;
}

static void create(struct fed_world *w, const char *text) {
    assert_int_equal(fed_world_create(w, "horizontalpodautoscalers", "default", "x", text), 201);
    fed_world_run(w, 15);
}

static int64_t limit(struct fed_world *w, size_t member, const char *name) {
    const json_t *copy =
        fed_member_get(&w->members[member], "horizontalpodautoscalers", "default", "x");
    return json_int(copy, -1, "spec", name, NULL);
}

static void autoscalers__a_cluster_that_is_full_gets_what_another_does_not_use(void **state) {
    (void)state;
    struct fed_world *w = world(SERVED);
    create(w, AUTOSCALER(2, 10));
    assert_int_equal(limit(w, 0, "maxReplicas"), 5);
    assert_int_equal(limit(w, 1, "maxReplicas"), 5);
    fed_member_say(&w->members[0], "horizontalpodautoscalers",
                   "\"currentReplicas\":5,\"desiredReplicas\":5," SCALED);
    fed_member_say(&w->members[1], "horizontalpodautoscalers",
                   "\"currentReplicas\":1,\"desiredReplicas\":1," SCALED);
    fed_world_run(w, 11);
    assert_int_equal(limit(w, 0, "maxReplicas"), 6);
    assert_int_equal(limit(w, 1, "maxReplicas"), 4);
    /* One at a time: the next when it is full again. */
    fed_world_run(w, 60);
    assert_int_equal(limit(w, 0, "maxReplicas"), 6);
    fed_member_say(&w->members[0], "horizontalpodautoscalers",
                   "\"currentReplicas\":6,\"desiredReplicas\":6," SCALED);
    fed_world_run(w, 11);
    assert_int_equal(limit(w, 0, "maxReplicas"), 7);
    assert_int_equal(limit(w, 1, "maxReplicas"), 3);
    fed_world_free(w);
}

static void autoscalers__what_scaled_less_than_two_minutes_ago_stays(void **state) {
    (void)state;
    struct fed_world *w = world(SERVED);
    create(w, AUTOSCALER(2, 10));
    const char *now = "\"lastScaleTime\":\"2999-01-01T00:00:00Z\"";
    char *full = xasprintf("\"currentReplicas\":5,\"desiredReplicas\":5,%s", now);
    fed_member_say(&w->members[0], "horizontalpodautoscalers", full);
    fed_member_say(&w->members[1], "horizontalpodautoscalers",
                   "\"currentReplicas\":1,\"desiredReplicas\":1," SCALED);
    fed_world_run(w, 60);
    assert_int_equal(limit(w, 0, "maxReplicas"), 5);
    fed_world_run(w, 61);
    fed_member_say(
        &w->members[1], "horizontalpodautoscalers",
        "\"currentReplicas\":2,\"desiredReplicas\":2," SCALED); /* a reason to look again */
    fed_world_run(w, 11);
    assert_int_equal(limit(w, 0, "maxReplicas"), 6);
    assert_int_equal(limit(w, 1, "maxReplicas"), 4);
    free(full);
    fed_world_free(w);
}

/* The real one takes a limit down to nothing, which no cluster accepts. */
static void autoscalers__a_limit_of_nothing_is_refused_and_told(void **state) {
    (void)state;
    struct fed_world *w = world(SERVED);
    create(w, AUTOSCALER(4, 10));
    assert_int_equal(fed_world_patch(w, "horizontalpodautoscalers", "default", "x",
                                     "{\"spec\":{\"minReplicas\":1,\"maxReplicas\":1}}"),
                     200);
    fed_world_run(w, 1);
    assert_int_equal(limit(w, 0, "maxReplicas"), 5);
    assert_int_equal(limit(w, 1, "maxReplicas"), 1);
    assert_non_null(strstr(buf_str(&w->log), "must be greater than 0"));
    fed_world_free(w);
}

static void autoscalers__their_status_is_the_sum_and_the_load_weighed_by_replicas(void **state) {
    (void)state;
    struct fed_world *w = world(SERVED);
    create(w, AUTOSCALER(2, 10));
    fed_member_say(
        &w->members[0], "horizontalpodautoscalers",
        "\"currentReplicas\":3,\"desiredReplicas\":4,\"currentCPUUtilizationPercentage\":80,"
        "\"lastScaleTime\":\"2017-10-01T12:00:00Z\"");
    fed_member_say(
        &w->members[1], "horizontalpodautoscalers",
        "\"currentReplicas\":1,\"desiredReplicas\":1,\"currentCPUUtilizationPercentage\":40,"
        "\"lastScaleTime\":\"2017-10-01T11:00:00Z\"");
    fed_world_run(w, 11);
    fed_world_expect_status(w, "horizontalpodautoscalers",
                            "\"currentReplicas\":4,\"desiredReplicas\":5,"
                            "\"currentCPUUtilizationPercentage\":70,"
                            "\"lastScaleTime\":\"2017-10-01T12:00:00Z\"");
    fed_world_free(w);
}

static void autoscalers__with_the_quirk_a_status_holds_only_what_changed(void **state) {
    (void)state;
    struct fed_world *w = world(SERVED " autoscaler-status-partial=on");
    create(w, AUTOSCALER(2, 10));
    fed_member_say(
        &w->members[0], "horizontalpodautoscalers",
        "\"currentReplicas\":3,\"desiredReplicas\":3,\"currentCPUUtilizationPercentage\":80,"
        "\"lastScaleTime\":\"2017-10-01T12:00:00Z\"");
    fed_world_run(w, 11);
    fed_world_expect_status(w, "horizontalpodautoscalers",
                            "\"currentReplicas\":3,\"desiredReplicas\":3,"
                            "\"currentCPUUtilizationPercentage\":80");
    fed_member_say(
        &w->members[0], "horizontalpodautoscalers",
        "\"currentReplicas\":3,\"desiredReplicas\":4,\"currentCPUUtilizationPercentage\":80,"
        "\"lastScaleTime\":\"2017-10-01T12:00:00Z\"");
    fed_world_run(w, 11);
    fed_world_expect_status(w, "horizontalpodautoscalers",
                            "\"currentReplicas\":3,\"desiredReplicas\":0");
    fed_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(autoscalers__limits_go_where_they_are_used),
        cmocka_unit_test(autoscalers__a_minimum_above_the_maximum_is_not_divided_for_ever),
        cmocka_unit_test(autoscalers__a_cluster_that_is_full_gets_what_another_does_not_use),
        cmocka_unit_test(autoscalers__what_scaled_less_than_two_minutes_ago_stays),
        cmocka_unit_test(autoscalers__a_limit_of_nothing_is_refused_and_told),
        cmocka_unit_test(autoscalers__their_status_is_the_sum_and_the_load_weighed_by_replicas),
        cmocka_unit_test(autoscalers__with_the_quirk_a_status_holds_only_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
