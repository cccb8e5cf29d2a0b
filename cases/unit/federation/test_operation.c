#include "cases/unit/federation/fed_world.h"

static struct fed_world *slow(int64_t delay_ms) {
    struct fed_world *w = fed_world_new("1.6.2", 2, NULL);
    fed_world_run(w, 30);
    w->members[1].delay_ms = delay_ms;
    return w;
}

static bool has(const struct fed_world *w, size_t member, const char *name) {
    return fed_member_get(&w->members[member], "configmaps", "default", name) != NULL;
}

static const char *data_of(const struct fed_world *w, size_t member) {
    return json_str(fed_member_get(&w->members[member], "configmaps", "default", "x"), "data", "a",
                    NULL);
}

static void operation__on_a_slow_member_takes_its_time_and_no_other(void **state) {
    (void)state;
    struct fed_world *w = slow(8000);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_create(w, "configmaps", "default", "y", "{}");
    fed_world_run(w, 1);
    assert_true(has(w, 0, "x") && has(w, 0, "y"));
    fed_world_run(w, 6);
    assert_false(has(w, 1, "x") || has(w, 1, "y"));
    fed_world_run(w, 2); /* each has waited for itself: both at once */
    assert_true(has(w, 1, "x") && has(w, 1, "y"));
    assert_int_equal(fed_world_events(w, "CreateInCluster", "Creating configmap in cluster c2"), 2);
    assert_null(strstr(buf_str(&w->log), "Failed"));
    fed_world_free(w);
}

static void operation__writes_what_is_wanted_when_its_answer_comes(void **state) {
    (void)state;
    struct fed_world *w = slow(8000);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"1\"}}");
    fed_world_run(w, 4);
    fed_world_patch(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"2\"}}");
    fed_world_run(w, 1);
    assert_string_equal(data_of(w, 0), "2");
    assert_false(has(w, 1, "x"));
    fed_world_run(w, 4);
    assert_string_equal(data_of(w, 1), "2");

    fed_world_patch(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"3\"}}");
    fed_world_run(w, 7);
    assert_string_equal(data_of(w, 1), "2");
    fed_world_run(w, 2);
    assert_string_equal(data_of(w, 1), "3");
    assert_int_equal(fed_world_events(w, "UpdateInCluster", "Updating configmap in cluster c2"), 1);
    fed_world_free(w);
}

static void operation__is_called_failed_after_30_s_and_goes_on(void **state) {
    (void)state;
    struct fed_world *w = slow(45000);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 29);
    assert_null(strstr(buf_str(&w->log), "failed to finish"));
    fed_world_run(w, 2);
    assert_non_null(strstr(buf_str(&w->log), "failed to finish all operations in 30s"));
    assert_false(has(w, 1, "x"));
    fed_world_run(w, 15);
    assert_true(has(w, 1, "x"));
    assert_int_equal(fed_world_events(w, "CreateInCluster", "Creating configmap in cluster c2"), 1);
    fed_world_free(w);
}

static void operation__that_deletes_holds_up_the_object_and_not_the_other_copies(void **state) {
    (void)state;
    struct fed_world *w = slow(0);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 15);
    w->members[1].delay_ms = 12000;
    fed_world_delete(w, "configmaps", "default", "x", "{\"orphanDependents\":false}");
    fed_world_run(w, 1);
    assert_false(has(w, 0, "x"));
    fed_world_run(w, 10);
    assert_true(has(w, 1, "x"));
    assert_non_null(fed_world_get(w, "configmaps", "default", "x"));
    fed_world_run(w, 2);
    assert_false(has(w, 1, "x"));
    fed_world_run(w, 60);
    assert_null(fed_world_get(w, "configmaps", "default", "x"));
    assert_int_equal(fed_world_events(w, "DeleteInCluster", "Deleting configmap in cluster c2"), 1);
    fed_world_free(w);
}

static bool is_ready(const struct fed_world *w, const char *cluster) {
    return str_eq(json_str(fed_world_get(w, "clusters", NULL, cluster), "status", "conditions",
                           "[0]", "type", NULL),
                  "Ready");
}

/* Nothing ends the wait for /healthz, and the clusters are looked at one after the other. */
static void operation__a_slow_look_at_a_cluster_holds_up_the_look_at_the_next(void **state) {
    (void)state;
    struct fed_world *w = fed_world_new("1.6.2", 2, NULL);
    w->members[0].delay_ms = 45000;
    fed_world_run(w, 89); /* /healthz and the nodes */
    assert_false(is_ready(w, "c1") || is_ready(w, "c2"));
    fed_world_run(w, 2);
    assert_true(is_ready(w, "c1") && is_ready(w, "c2"));

    w->members[1].down = true; /* just after it was looked at: seen when it is its turn again */
    fed_world_run(w, 120);
    assert_true(is_ready(w, "c2"));
    fed_world_run(w, 11);
    assert_false(is_ready(w, "c2"));
    assert_true(is_ready(w, "c1"));
    fed_world_free(w);
}

static void operation__under_way_when_its_cluster_leaves_is_forgotten(void **state) {
    (void)state;
    struct fed_world *w = slow(20000);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 2);
    fed_world_unjoin(w, 1);
    fed_world_run(w, 120);
    assert_false(has(w, 1, "x"));
    fed_world_join(w, 1);
    fed_world_run(w, 200);
    assert_true(has(w, 1, "x"));
    fed_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operation__on_a_slow_member_takes_its_time_and_no_other),
        cmocka_unit_test(operation__writes_what_is_wanted_when_its_answer_comes),
        cmocka_unit_test(operation__is_called_failed_after_30_s_and_goes_on),
        cmocka_unit_test(operation__that_deletes_holds_up_the_object_and_not_the_other_copies),
        cmocka_unit_test(operation__a_slow_look_at_a_cluster_holds_up_the_look_at_the_next),
        cmocka_unit_test(operation__under_way_when_its_cluster_leaves_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
