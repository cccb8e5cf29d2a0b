#include "cases/unit/federation/fed_world.h"

#define POD "\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"a\"}]}"
#define TEMPLATE "\"template\":{\"metadata\":{\"labels\":{\"app\":\"x\"}}," POD "}"
#define SET \
    "{\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"x\"}}," TEMPLATE "}}"
#define SAYS "no room for it here"

static struct fed_world *refusing(const char *profile, const char *quirks, int status) {
    struct fed_world *w = fed_world_new(profile, 1, quirks);
    fed_world_run(w, 30);
    w->members[0].fail_writes = 1000;
    w->members[0].fail_status = status;
    w->members[0].fail_message = SAYS;
    return w;
}

struct wanted {
    const char *reason, *message, *type;
    int64_t count; /* of the event; 0: there is none */
};

static bool find_event(void *self, const json_t *event) {
    struct wanted *want = self;
    if (!str_eq(json_str(event, "reason", NULL), want->reason) ||
        !str_eq(json_str(event, "message", NULL), want->message))
        return true;
    want->type = json_str(event, "type", NULL);
    want->count = json_int(event, 0, "count", NULL);
    return false;
}

static struct wanted event(const struct fed_world *w, const char *reason, const char *message) {
    struct wanted want = {.reason = reason, .message = message};
    apiserver_each(w->api, "", "events", NULL, find_event, &want);
    return want;
}

static void refusal__each_kind_has_the_event_of_its_controller_in_that_release(void **state) {
    (void)state;
    static const struct {
        const char *profile, *resource, *text, *type, *reason, *message;
    } rows[] = {
        {"1.6.2", "replicasets", SET, "Normal", "FailedUpdateInCluster",
         "Replicaset update in cluster c1 failed: " SAYS},
        {"1.6.2", "deployments", SET, "Normal", "FailedUpdateInCluster",
         "Deployment update in cluster c1 failed: " SAYS},
        {"1.6.2", "ingresses",
         "{\"spec\":{\"backend\":{\"serviceName\":\"s\",\"servicePort\":80}}}", "Normal",
         "FailedClusterUpdate", "Ingress update in cluster c1 failed: " SAYS},
        {"1.6.2", "configmaps", "{}", "Normal", "UpdateInClusterFailed",
         "ConfigMap update in cluster c1 failed: " SAYS},
        {"1.6.2", "secrets", "{}", "Normal", "UpdateInClusterFailed",
         "Secret update in cluster c1 failed: " SAYS},
        {"1.6.2", "daemonsets", "{\"spec\":{" TEMPLATE "}}", "Normal", "UpdateInClusterFailed",
         "DaemonSet update in cluster c1 failed: " SAYS},
        {"1.6.2", "services", "{\"spec\":{\"ports\":[{\"port\":80}]}}", "Normal",
         "UpdateInClusterFailed", "Service update in cluster c1 failed: " SAYS},
        {"1.7.0", "replicasets", SET, "Normal", "FailedUpdateInCluster",
         "Replicaset update in cluster c1 failed: " SAYS},
        {"1.7.0", "configmaps", "{}", "Warning", "UpdateInClusterFailed",
         "CONFIGMAP update in cluster c1 failed: " SAYS},
        {"1.7.0", "services", "{\"spec\":{\"ports\":[{\"port\":80}]}}", "Normal",
         "UpdateInClusterFailed", "Service update in cluster c1 failed: " SAYS},
        /* The reason of a failed creation is Add...: that of its success alone was renamed. */
        {"1.8.0", "replicasets", SET, "Warning", "AddInClusterFailed",
         "Failed to create replicaset \"default/x\" in cluster c1: " SAYS},
        {"1.9.0", "configmaps", "{}", "Warning", "AddInClusterFailed",
         "Failed to create configmap \"default/x\" in cluster c1: " SAYS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = refusing(rows[i].profile, "event-create-in-cluster-lost=off", 422);
        fed_world_create(w, rows[i].resource, "default", "x", rows[i].text);
        fed_world_run(w, 1);
        struct wanted e = event(w, rows[i].reason, rows[i].message);
        if (e.count != 1 || !str_eq(e.type, rows[i].type))
            fail_msg("%s %s: %s, %lld times", rows[i].profile, rows[i].resource, e.type,
                     (long long)e.count);
        fed_world_free(w);
    }
}

static void refusal__of_copies_are_only_logged_where_events_about_copies_are_lost(void **state) {
    (void)state;
    struct fed_world *w = refusing("1.8.0", NULL, 422);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 1);
    assert_int_equal(fed_world_events(w, "AddInClusterFailed", NULL), 0);
    assert_non_null(strstr(buf_str(&w->log), "Will not report event: 'Warning' "
                                             "'AddInClusterFailed' 'Failed to create configmap"));
    fed_world_free(w);
}

static void refusal__of_a_deletion_has_an_event_of_its_own(void **state) {
    (void)state;
    static const struct {
        const char *profile, *type, *message;
    } rows[] = {
        {"1.6.2", "Normal", "Failed to delete obj x in cluster c1: " SAYS},
        {"1.9.0", "Warning", "Failed to delete configmap \"default/x\" in cluster c1: " SAYS},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = refusing(rows[i].profile, NULL, 403);
        w->members[0].fail_writes = 0;
        fed_world_create(w, "configmaps", "default", "x", "{}");
        fed_world_run(w, 15);
        w->members[0].fail_writes = 2;
        fed_world_delete(w, "configmaps", "default", "x", "{\"orphanDependents\":false}");
        fed_world_run(w, 1);
        assert_string_equal(event(w, "DeleteInClusterFailed", rows[i].message).type, rows[i].type);
        fed_world_run(w, 60);
        assert_null(fed_world_get(w, "configmaps", "default", "x"));
        fed_world_free(w);
    }
}

static void expect_tries(const struct fed_world *w, const int64_t *after_s, size_t count) {
    const struct fed_member *m = &w->members[0];
    assert_int_equal(m->refused, count);
    for (size_t i = 0; i < count; i++)
        if (m->refused_at_ms[i] - m->refused_at_ms[0] != after_s[i] * 1000)
            fail_msg("try %zu after %lld ms, not %lld s", i,
                     (long long)(m->refused_at_ms[i] - m->refused_at_ms[0]), (long long)after_s[i]);
}

static void refusal__is_tried_again_after_5_s_then_twice_as_long_up_to_a_minute(void **state) {
    (void)state;
    struct fed_world *w = refusing("1.6.2", NULL, 500);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 200);
    expect_tries(w, (const int64_t[]){0, 5, 15, 35, 75, 135, 195}, 7);
    struct wanted e =
        event(w, "UpdateInClusterFailed", "ConfigMap update in cluster c1 failed: " SAYS);
    assert_int_equal(e.count, 7);
    assert_int_equal(fed_world_events(w, "UpdateInClusterFailed", NULL), 1);

    w->members[0].fail_writes = 0;
    fed_world_run(w, 60);
    assert_non_null(fed_member_get(&w->members[0], "configmaps", "default", "x"));
    fed_world_free(w);
}

static void refusal__of_an_ingress_is_tried_again_ten_seconds_later_than_others(void **state) {
    (void)state;
    struct fed_world *w = refusing("1.6.2", NULL, 500);
    fed_world_create(w, "ingresses", "default", "x",
                     "{\"spec\":{\"backend\":{\"serviceName\":\"s\",\"servicePort\":80}}}");
    fed_world_run(w, 70);
    expect_tries(w, (const int64_t[]){0, 15, 35, 65}, 4);
    fed_world_free(w);
}

static void refusal__after_a_change_of_the_object_is_the_first_again(void **state) {
    (void)state;
    struct fed_world *w = refusing("1.6.2", NULL, 500);
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 40); /* tried at 0, 5, 15 and 35 s; the next would be at 75 s */
    assert_int_equal(w->members[0].refused, 4);
    fed_world_patch(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"b\"}}");
    fed_world_run(w, 1);
    assert_int_equal(w->members[0].refused, 5);
    fed_world_run(w, 5);
    assert_int_equal(w->members[0].refused, 6);
    fed_world_free(w);
}

/* A member that refuses one does not keep the others from their copies. */
static void refusal__of_one_member_is_nothing_to_the_others(void **state) {
    (void)state;
    struct fed_world *w = fed_world_new("1.6.2", 2, NULL);
    fed_world_run(w, 30);
    w->members[0].fail_writes = 1000;
    fed_world_create(w, "configmaps", "default", "x", "{}");
    fed_world_run(w, 1);
    assert_non_null(fed_member_get(&w->members[1], "configmaps", "default", "x"));
    fed_world_free(w);
}

static void refusal__is_told_in_the_words_of_the_client_where_the_member_says_nothing(
    void **state) {
    (void)state;
    static const struct {
        int status;
        const char *message;
    } rows[] = {
        {500, "an error on the server (\"\") has prevented the request from succeeding (post "
              "configmaps)"},
        {403, "the server does not allow access to the requested resource (post configmaps)"},
        {401, "the server has asked for the client to provide credentials (post configmaps)"},
        {422, "the server rejected our request due to an error in our request (post configmaps)"},
        {418, "the server responded with the status code but did not return more information "
              "(post configmaps)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = refusing("1.6.2", NULL, rows[i].status);
        w->members[0].fail_message = NULL;
        fed_world_create(w, "configmaps", "default", "x", "{}");
        fed_world_run(w, 1);
        char *message = xasprintf("ConfigMap update in cluster c1 failed: %s", rows[i].message);
        if (event(w, "UpdateInClusterFailed", message).count != 1)
            fail_msg("%d: no event \"%s\"", rows[i].status, message);
        free(message);
        fed_world_free(w);
    }
}

static void refusal__of_a_member_that_is_not_reached_names_its_address(void **state) {
    (void)state;
    struct fed_world *w = refusing("1.6.2", NULL, 0);
    w->members[0].fail_writes = 0;
    w->members[0].down = true; /* which the next look at it will show */
    fed_world_create(w, "replicasets", "default", "x", SET);
    fed_world_run(w, 1);
    assert_int_equal(
        event(
            w, "FailedUpdateInCluster",
            "Replicaset update in cluster c1 failed: Post https://c1:6443/apis/extensions/v1beta1/"
            "namespaces/default/replicasets: dial tcp c1:6443: getsockopt: connection refused")
            .count,
        1);
    fed_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusal__each_kind_has_the_event_of_its_controller_in_that_release),
        cmocka_unit_test(refusal__of_copies_are_only_logged_where_events_about_copies_are_lost),
        cmocka_unit_test(refusal__of_a_deletion_has_an_event_of_its_own),
        cmocka_unit_test(refusal__is_tried_again_after_5_s_then_twice_as_long_up_to_a_minute),
        cmocka_unit_test(refusal__of_an_ingress_is_tried_again_ten_seconds_later_than_others),
        cmocka_unit_test(refusal__after_a_change_of_the_object_is_the_first_again),
        cmocka_unit_test(refusal__of_one_member_is_nothing_to_the_others),
        cmocka_unit_test(refusal__is_told_in_the_words_of_the_client_where_the_member_says_nothing),
        cmocka_unit_test(refusal__of_a_member_that_is_not_reached_names_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
