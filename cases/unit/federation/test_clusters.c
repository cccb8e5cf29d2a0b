#include "cases/unit/federation/fed_world.h"

static int start(void **state) {
    *state = fed_world_new("1.6.2", 2, NULL);
    return 0;
}

static int stop(void **state) {
    fed_world_free(*state);
    return 0;
}

static const json_t *conditions(struct fed_world *w, const char *name) {
    return json_at(fed_world_get(w, "clusters", NULL, name), "status", "conditions", NULL);
}

/* "Ready=True Offline=False", as in the order of the conditions. */
static void expect(struct fed_world *w, const char *name, const char *wanted) {
    struct buf have = BUF_INIT;
    size_t i;
    json_t *c;
    json_array_foreach(conditions(w, name), i, c) buf_addf(
        &have, "%s%s=%s/%s/%s", i > 0 ? " " : "", json_str(c, "type", NULL),
        json_str(c, "status", NULL), json_str(c, "reason", NULL), json_str(c, "message", NULL));
    char *text = buf_detach(&have);
    if (strcmp(text, wanted) != 0)
        fail_msg("%s: [%s], not [%s]", name, text, wanted);
    free(text);
}

#define READY "Ready=True/ClusterReady//healthz responded with ok"
#define OFFLINE "Offline=True/ClusterNotReachable/cluster is not reachable"
#define NOT_READY                                                \
    "Ready=False/ClusterNotReady//healthz responded without ok " \
    "Offline=False/ClusterReachable/cluster is reachable"

static void clusters__a_joined_cluster_has_no_status_for_up_to_40_seconds(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1); /* the first poll was at once */
    expect(w, "c1", READY);
    fed_world_unjoin(w, 0);
    fed_world_run(w, 1);
    fed_world_join(w, 0);
    fed_world_run(w, 37);
    expect(w, "c1", "");
    fed_world_run(w, 2);
    expect(w, "c1", READY);
}

static void clusters__go_offline_and_come_back(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1);
    const json_t *c2 = fed_world_get(w, "clusters", NULL, "c2");
    assert_string_equal(json_str(c2, "status", "zones", "[0]", NULL), "z2");
    assert_string_equal(json_str(c2, "status", "region", NULL), "r2");

    w->members[1].down = true;
    fed_world_run(w, 40);
    expect(w, "c2", OFFLINE);
    c2 = fed_world_get(w, "clusters", NULL, "c2");
    assert_null(json_at(c2, "status", "zones", NULL));
    assert_null(json_at(c2, "status", "region", NULL));
    expect(w, "c1", READY);

    w->members[1].down = false;
    fed_world_run(w, 40);
    expect(w, "c2", READY);
    c2 = fed_world_get(w, "clusters", NULL, "c2");
    assert_string_equal(json_str(c2, "status", "region", NULL), "r2");
}

static void clusters__other_answers_than_ok_have_conditions_of_their_own(void **state) {
    struct fed_world *w = *state;
    static const struct {
        int status;
        const char *body, *wanted;
    } rows[] = {
        {200, "OK", READY},   {200, "unhealthy", NOT_READY},
        {500, "ok", OFFLINE}, {401, "Unauthorized", OFFLINE},
        {200, "", NOT_READY},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        w->members[0].healthz_status = rows[i].status;
        w->members[0].healthz = rows[i].body;
        fed_world_run(w, 40);
        expect(w, "c1", rows[i].wanted);
    }
}

static void clusters__the_transition_time_stays_while_nothing_changes(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1);
    json_t *first = json_deep_copy(json_array_get(conditions(w, "c1"), 0));
    fed_world_run(w, 80);
    const json_t *later = json_array_get(conditions(w, "c1"), 0);
    assert_string_equal(json_str(first, "lastTransitionTime", NULL),
                        json_str(later, "lastTransitionTime", NULL));
    json_decref(first);
}

static void clusters__without_labels_on_every_node_there_is_no_zone(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1);
    fed_world_label(w, 0, false);
    fed_world_run(w, 40);
    expect(w, "c1", READY);
    assert_null(json_at(fed_world_get(w, "clusters", NULL, "c1"), "status", "zones", NULL));
    assert_non_null(strstr(buf_str(&w->log), "No label with key failure-domain"));
    fed_world_label(w, 0, true);
    fed_world_run(w, 40);
    assert_string_equal(
        json_str(fed_world_get(w, "clusters", NULL, "c1"), "status", "zones", "[0]", NULL), "z1");
}

static size_t condition_count(struct fed_world *w, const char *name) {
    return json_array_size(conditions(w, name));
}

static void clusters__without_its_secret_a_cluster_has_no_status_and_holds_up_the_rest(
    void **state) {
    struct fed_world *w = *state;
    w->members[0].no_secret = true;
    fed_world_run(w, 59); /* c1's secret is waited for from the start, a minute long */
    assert_int_equal(condition_count(w, "c2"), 0);
    fed_world_run(w, 2);
    expect(w, "c2", READY);
    assert_int_equal(condition_count(w, "c1"), 0);
    assert_non_null(strstr(buf_str(&w->log), "timed out waiting for secret"));

    w->members[0].no_secret = false; /* the next round finds it */
    fed_world_run(w, 41);
    expect(w, "c1", READY);
}

static void clusters__a_secret_that_comes_within_the_minute_is_taken(void **state) {
    struct fed_world *w = *state;
    w->members[0].no_secret = true;
    fed_world_run(w, 10);
    w->members[0].no_secret = false;
    fed_world_run(w, 1);
    expect(w, "c1", READY);
    expect(w, "c2", READY);
}

static void clusters__one_that_goes_while_its_secret_is_waited_for_is_forgotten(void **state) {
    struct fed_world *w = *state;
    w->members[0].no_secret = true;
    fed_world_run(w, 10);
    fed_world_unjoin(w, 0);
    fed_world_run(w, 2);
    expect(w, "c2", READY);
    assert_null(fed_world_get(w, "clusters", NULL, "c1"));
}

static void clusters__a_client_is_made_once_and_again_after_a_restart(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1);
    assert_int_equal(w->logins, 2);
    fed_member_change_secret(&w->members[0]);
    fed_world_run(w, 200);
    assert_int_equal(w->logins, 2);
    fed_world_restart(w);
    fed_world_run(w, 1);
    assert_int_equal(w->logins, 4);
}

static void clusters__without_the_quirk_another_secret_makes_another_client(void **state) {
    struct fed_world *w = *state;
    fed_world_run(w, 1);
    assert_int_equal(profile_set_quirk(w->profile, "cluster-address-change-ignored=off", NULL), 0);
    fed_world_run(w, 80);
    assert_int_equal(w->logins, 2);
    fed_member_change_secret(&w->members[0]);
    fed_world_run(w, 40);
    assert_int_equal(w->logins, 3);
    fed_world_run(w, 80);
    assert_int_equal(w->logins, 3);
    expect(w, "c1", READY);
}

static void clusters__a_bad_provider_file_ends_the_controller_manager(void **state) {
    struct fed_world *w = *state;
    struct err err = {0};
    struct federation_ops ops = {0};
    struct federation_options o = {.name = "f",
                                   .zone = "a.",
                                   .provider_config = "zones = a.\n",
                                   .api = w->api,
                                   .profile = w->profile,
                                   .sched = w->sched,
                                   .ops = &ops};
    assert_null(federation_new(&o, &err));
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "could not init DNS provider \"coredns\""));
    o.provider_config = "[Global]\n";
    assert_null(federation_new(&o, &err));
    assert_non_null(strstr(err.text, "Need to provide at least one DNS Zone"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(clusters__a_joined_cluster_has_no_status_for_up_to_40_seconds),
        TEST(clusters__go_offline_and_come_back),
        TEST(clusters__other_answers_than_ok_have_conditions_of_their_own),
        TEST(clusters__the_transition_time_stays_while_nothing_changes),
        TEST(clusters__without_labels_on_every_node_there_is_no_zone),
        TEST(clusters__without_its_secret_a_cluster_has_no_status_and_holds_up_the_rest),
        TEST(clusters__a_secret_that_comes_within_the_minute_is_taken),
        TEST(clusters__one_that_goes_while_its_secret_is_waited_for_is_forgotten),
        TEST(clusters__a_client_is_made_once_and_again_after_a_restart),
        TEST(clusters__without_the_quirk_another_secret_makes_another_client),
        TEST(clusters__a_bad_provider_file_ends_the_controller_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
