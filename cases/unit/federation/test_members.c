#include "cases/unit/federation/fed_world.h"

#define NGINX(replicas)                                                                         \
    "{\"spec\":{\"replicas\":" #replicas ",\"selector\":{\"matchLabels\":{\"app\":\"nginx\"}}," \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"nginx\"}},\"spec\":{\"containers\":[{"   \
    "\"name\":\"nginx\",\"image\":\"nginx\"}]}}}}"

static struct fed_world *world(const char *profile, size_t members) {
    struct fed_world *w = fed_world_new(profile, members, NULL);
    fed_world_run(w, 30);
    return w;
}

static bool has(const struct fed_world *w, size_t member, const char *name) {
    return fed_member_get(&w->members[member], "configmaps", "default", name) != NULL;
}

static void members__one_that_is_not_ready_is_not_touched(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2);
    w->members[1].healthz = "unhealthy"; /* it answers all else */
    fed_world_run(w, 40);
    size_t calls = w->members[1].calls;
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(4));
    fed_world_run(w, 38);
    assert_true(has(w, 0, "x"));
    assert_false(has(w, 1, "x"));
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 4);
    assert_int_equal(fed_member_replicas(&w->members[1], "default", "nginx"), -1);
    assert_true(w->members[1].calls <= calls + 2); /* one look: /healthz and nodes */

    w->members[1].healthz = NULL;
    fed_world_run(w, 30); /* looked at after 12 s, and served 20 s after that */
    assert_false(has(w, 1, "x"));
    fed_world_run(w, 3);
    assert_true(has(w, 1, "x"));
    fed_world_free(w);
}

static void members__that_have_no_room_left_give_replicas_to_others(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2);
    w->members[0].full_at = 1;
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(6));
    fed_world_run(w, 125);
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 3);
    assert_int_equal(fed_member_replicas(&w->members[1], "default", "nginx"), 3);
    fed_world_run(w, 10); /* the pods, which were seen after ten seconds, are seen again */
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 1);
    assert_int_equal(fed_member_replicas(&w->members[1], "default", "nginx"), 5);
    fed_world_free(w);
}

static void members__without_room_are_noticed_only_by_chance_since_1_8(void **state) {
    (void)state;
    struct fed_world *w = world("1.8.0", 2);
    w->members[0].full_at = 1;
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(6));
    fed_world_run(w, 400);
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 3);
    fed_world_patch(w, "replicasets", "default", "nginx",
                    "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    fed_world_run(w, 1);
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 1);
    fed_world_free(w);
}

/* What it says of its nodes is believed; what it holds is put right when it stops. */
static void members__that_lie_do_no_lasting_harm(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"b\"}}");
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(4));
    fed_world_run(w, 20);
    w->members[0].lies = true;
    fed_world_create(w, "configmaps", "default", "y", "{\"data\":{\"a\":\"b\"}}");
    fed_world_patch(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"c\"}}");
    fed_world_patch(w, "replicasets", "default", "nginx", "{\"spec\":{\"replicas\":6}}");
    fed_world_run(w, 80);
    const json_t *c1 = fed_world_get(w, "clusters", NULL, "c1");
    assert_null(json_at(c1, "status", "zones", NULL)); /* its nodes' labels have other keys */
    assert_true(has(w, 1, "y"));

    w->members[0].lies = false;
    fed_world_run(w, 200);
    c1 = fed_world_get(w, "clusters", NULL, "c1");
    assert_string_equal(json_str(c1, "status", "zones", "[0]", NULL), "z1");
    assert_true(has(w, 0, "y"));
    assert_string_equal(
        json_str(fed_member_get(&w->members[0], "configmaps", "default", "x"), "data", "a", NULL),
        "c");
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx") +
                         fed_member_replicas(&w->members[1], "default", "nginx"),
                     6);
    fed_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members__one_that_is_not_ready_is_not_touched),
        cmocka_unit_test(members__that_have_no_room_left_give_replicas_to_others),
        cmocka_unit_test(members__that_lie_do_no_lasting_harm),
        cmocka_unit_test(members__without_room_are_noticed_only_by_chance_since_1_8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
