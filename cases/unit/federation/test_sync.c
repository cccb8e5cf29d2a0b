#include "cases/unit/federation/fed_world.h"

#define NGINX(replicas)                                                                         \
    "{\"spec\":{\"replicas\":" #replicas ",\"selector\":{\"matchLabels\":{\"app\":\"nginx\"}}," \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"nginx\"}},\"spec\":{\"containers\":[{"   \
    "\"name\":"                                                                                 \
    "\"nginx\",\"image\":\"nginx\"}]}}}}"
#define PREFERENCES "federation.kubernetes.io/replica-set-preferences"

static struct fed_world *world(const char *profile, size_t members, const char *quirks) {
    struct fed_world *w = fed_world_new(profile, members, quirks);
    fed_world_run(w, 30);
    return w;
}

static void scale(struct fed_world *w, int replicas) {
    char *patch = xasprintf("{\"spec\":{\"replicas\":%d}}", replicas);
    assert_int_equal(fed_world_patch(w, "replicasets", "default", "nginx", patch), 200);
    free(patch);
}

static void expect_plan(struct fed_world *w, int64_t c1, int64_t c2) {
    int64_t a = fed_member_replicas(&w->members[0], "default", "nginx");
    int64_t b = fed_member_replicas(&w->members[1], "default", "nginx");
    if (a != c1 || b != c2)
        fail_msg("c1 %lld c2 %lld, not %lld %lld", (long long)a, (long long)b, (long long)c1,
                 (long long)c2);
}

static void sync__one_nginx_lands_on_c2_with_its_event(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    assert_int_equal(fed_world_create(w, "replicasets", "default", "nginx", NGINX(1)), 201);
    fed_world_run(w, 1);
    expect_plan(w, -1, 1);
    assert_int_equal(fed_world_events(w, "CreateInCluster", "Creating replicaset in cluster c2"),
                     1);
    assert_int_equal(fed_world_events(w, "CreateInCluster", "Creating replicaset in cluster c1"),
                     0);
    const json_t *rs = fed_world_get(w, "replicasets", "default", "nginx");
    assert_string_equal(json_str(rs, "metadata", "finalizers", "[0]", NULL),
                        "federation.kubernetes.io/delete-from-underlying-clusters");
    assert_string_equal(json_str(rs, "metadata", "finalizers", "[1]", NULL), "orphan");
    const json_t *copy = fed_member_get(&w->members[1], "replicasets", "default", "nginx");
    assert_null(json_at(copy, "metadata", "finalizers", NULL));

    /* the status is late: 0 current, 1 desired */
    assert_int_equal(json_int(rs, 0, "status", "replicas", NULL), 0);
    fed_world_run(w, 7);
    rs = fed_world_get(w, "replicasets", "default", "nginx");
    assert_int_equal(json_int(rs, 0, "status", "replicas", NULL), 0);
    fed_world_run(w, 6);
    rs = fed_world_get(w, "replicasets", "default", "nginx");
    assert_int_equal(json_int(rs, 0, "status", "replicas", NULL), 1);
    assert_int_equal(json_int(rs, 0, "status", "readyReplicas", NULL), 1);
    fed_world_free(w);
}

static void sync__later_releases_make_empty_copies_and_lose_the_event(void **state) {
    (void)state;
    struct fed_world *w = world("1.8.0", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(1));
    fed_world_run(w, 1);
    expect_plan(w, 0, 1);
    assert_int_equal(fed_world_events(w, "CreateInCluster", NULL), 0);
    assert_non_null(strstr(buf_str(&w->log), "selfLink was empty"));
    fed_world_free(w);

    w = world("1.8.0", 2, "event-create-in-cluster-lost=off");
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(1));
    fed_world_run(w, 1);
    assert_int_equal(fed_world_events(w, "CreateInCluster",
                                      "Creating replicaset \"default/nginx\" in cluster c2"),
                     1);
    fed_world_free(w);
}

static bool show_event(void *self, const json_t *event) {
    int64_t *count = self;
    if (str_eq(json_str(event, "message", NULL), "Updating replicaset in cluster c2"))
        *count = json_int(event, 0, "count", NULL);
    return true;
}

static void sync__repeated_events_are_counted_and_many_are_combined(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(1));
    for (int replicas = 3; replicas < 7; replicas++) {
        fed_world_run(w, 12);
        scale(w, replicas);
    }
    fed_world_run(w, 1);
    assert_int_equal(fed_world_events(w, "UpdateInCluster", "Updating replicaset in cluster c2"),
                     1);
    int64_t count = 0;
    apiserver_each(w->api, "", "events", NULL, show_event, &count);
    assert_true(count >= 2);
    fed_world_free(w);

    w = world("1.6.2", 30, NULL);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{}}");
    fed_world_run(w, 1);
    for (size_t i = 0; i < 30; i++)
        assert_non_null(fed_member_get(&w->members[i], "configmaps", "default", "x"));
    /* nine, and one for the rest */
    assert_int_equal(fed_world_events(w, "CreateInCluster", NULL), 10);
    fed_world_free(w);
}

static void sync__scales_as_measured(void **state) {
    (void)state;
    static const struct {
        int replicas, c1, c2;
    } rows[] = {{3, 1, 2}, {5, 2, 3}, {10, 5, 5}, {2, 0, 2}, {1, 0, 1}, {0, 0, 0}, {3, 1, 2}};
    struct fed_world *w = world("1.8.0", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(1));
    fed_world_run(w, 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scale(w, rows[i].replicas);
        fed_world_run(w, 1);
        expect_plan(w, rows[i].c1, rows[i].c2);
        fed_world_run(w, 25);
        expect_plan(w, rows[i].c1, rows[i].c2);
        const json_t *rs = fed_world_get(w, "replicasets", "default", "nginx");
        assert_int_equal(json_int(rs, 0, "status", "replicas", NULL), rows[i].replicas);
    }
    fed_world_free(w);
}

static void prefer(struct fed_world *w, const char *preferences) {
    json_t *patch = json_object(), *value = preferences ? json_string(preferences) : json_null();
    json_object_set_new(json_ensure_object(json_ensure_object(patch, "metadata"), "annotations"),
                        PREFERENCES, value);
    char *text = json_text(patch);
    assert_int_equal(fed_world_patch(w, "replicasets", "default", "nginx", text), 200);
    free(text);
    json_decref(patch);
    fed_world_run(w, 25);
}

static void sync__obeys_preferences_as_measured(void **state) {
    (void)state;
    struct fed_world *w = world("1.8.0", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(9));
    fed_world_run(w, 20);
    prefer(w, "{\"rebalance\":true,\"clusters\":{\"c1\":{\"weight\":2},\"c2\":{\"weight\":1}}}");
    expect_plan(w, 6, 3);
    prefer(w, "{\"clusters\":{\"c1\":{\"weight\":1},\"c2\":{\"weight\":2}}}");
    expect_plan(w, 6, 3);
    prefer(w, "{\"rebalance\":true,\"clusters\":{\"c1\":{\"weight\":1},\"c2\":{\"weight\":2}}}");
    expect_plan(w, 3, 6);
    const json_t *copy = fed_member_get(&w->members[0], "replicasets", "default", "nginx");
    assert_non_null(json_str(copy, "metadata", "annotations", PREFERENCES, NULL));
    scale(w, 3);
    prefer(w, "{\"clusters\":{\"c1\":{\"weight\":1}}}");
    expect_plan(w, 3, 0);
    prefer(w, "not JSON");
    expect_plan(w, 3, 0);
    prefer(w, NULL);
    expect_plan(w, 3, 0);
    fed_world_free(w);
}

static void sync__a_cluster_without_replicas_has_a_copy_only_with_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w =
            world("1.8.0", 2, on ? "replicaset-zero-copies=on" : "replicaset-zero-copies=off");
        fed_world_create(w, "replicasets", "default", "nginx", NGINX(1));
        fed_world_run(w, 5);
        expect_plan(w, on ? 0 : -1, 1);
        fed_world_free(w);
    }
}

#define JOB(spec)                                                                               \
    "{\"spec\":{" spec ",\"template\":{\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{" \
    "\"name\":\"a\",\"image\":\"a\"}]}}}}"
#define AUTOSCALER(spec) \
    "{\"spec\":{" spec ",\"scaleTargetRef\":{\"kind\":\"ReplicaSet\",\"name\":\"a\"}}}"

static int64_t part(const struct fed_world *w, size_t member, const char *resource,
                    const char *field) {
    const json_t *copy = fed_member_get(&w->members[member], resource, "default", "x");
    return copy ? json_int(copy, 0, "spec", field, NULL) : -1;
}

/* 1.7 and later serve both only with --runtime-config, so that 1.6 is the one to look at. */
#define SERVED "jobs-stay-federated=off autoscalers-stay-federated=off"

static void sync__jobs_and_autoscalers_stay_in_the_federation_with_the_quirks(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.6.2", 2, on ? NULL : SERVED);
        assert_int_equal(fed_world_create(w, "jobs", "default", "x", JOB("\"parallelism\":4")),
                         201);
        assert_int_equal(fed_world_create(w, "horizontalpodautoscalers", "default", "x",
                                          AUTOSCALER("\"maxReplicas\":4")),
                         201);
        fed_world_run(w, 15);
        assert_int_equal(part(w, 0, "jobs", "parallelism"), on ? -1 : 2);
        assert_int_equal(part(w, 0, "horizontalpodautoscalers", "maxReplicas"), on ? -1 : 2);
        fed_world_free(w);
    }
}

static void sync__a_jobs_parallelism_and_completions_are_divided(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, SERVED);
    fed_world_create(w, "jobs", "default", "x", JOB("\"parallelism\":4,\"completions\":10"));
    fed_world_run(w, 5);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(part(w, i, "jobs", "parallelism"), 2);
        assert_int_equal(part(w, i, "jobs", "completions"), 5);
    }
    fed_world_free(w);
}

/* Parts of the maximum are two at least, and of the minimum one where there is a maximum. */
static void sync__an_autoscalers_limits_are_divided(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t min[3], max[3];
    } rows[] = {
        {AUTOSCALER("\"minReplicas\":4,\"maxReplicas\":10"), {2, 1, 1}, {4, 3, 3}},
        {AUTOSCALER("\"minReplicas\":1,\"maxReplicas\":6"), {1, 1, 1}, {2, 2, 2}},
        {AUTOSCALER("\"maxReplicas\":3"), {1, 1, -1}, {2, 1, -1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = world("1.6.2", 3, SERVED);
        fed_world_create(w, "horizontalpodautoscalers", "default", "x", rows[i].text);
        fed_world_run(w, 5);
        for (size_t m = 0; m < 3; m++) {
            assert_int_equal(part(w, m, "horizontalpodautoscalers", "minReplicas"), rows[i].min[m]);
            assert_int_equal(part(w, m, "horizontalpodautoscalers", "maxReplicas"), rows[i].max[m]);
        }
        fed_world_free(w);
    }
}

static void sync__a_lost_cluster_is_planned_around_after_its_delay(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(3));
    fed_world_run(w, 30); /* at 60 s; polls at 40, 80, 120 */
    expect_plan(w, 1, 2);
    w->members[1].down = true;
    fed_world_run(w, 21 + 58);
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 1);
    fed_world_run(w, 3);
    assert_int_equal(fed_member_replicas(&w->members[0], "default", "nginx"), 3);
    fed_world_free(w);
}

static void sync__unjoin_leaves_the_copies_and_plans_anew_after_60_seconds(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    fed_world_create(w, "replicasets", "default", "nginx", NGINX(3));
    fed_world_run(w, 30);
    fed_world_unjoin(w, 1);
    fed_world_run(w, 59);
    expect_plan(w, 1, 2);
    fed_world_run(w, 2);
    expect_plan(w, 3, 2);
    fed_world_free(w);
}

/* Every kind: created, updated, made anew, delivered to a late member, deleted. */

struct lifecycle {
    const char *resource, *text;
};

#define UPDATE "{\"metadata\":{\"labels\":{\"changed\":\"yes\"}}}"
#define POD_TEMPLATE                                                                             \
    "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":" \
    "\"a\","                                                                                     \
    "\"image\":\"a\"}],\"restartPolicy\":\"Always\"}}"

static const struct lifecycle kinds[] = {
    {
        "secrets",
        "{\"data\":{\"a\":\"eA==\"}}",
    },
    {
        "configmaps",
        "{\"data\":{\"a\":\"b\"}}",
    },
    {
        "services",
        "{\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":80}]}}",
    },
    {"daemonsets", "{\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}}," POD_TEMPLATE "}}"},
    {"deployments",
     "{\"spec\":{\"replicas\":8,\"selector\":{\"matchLabels\":{\"a\":\"b\"}}," POD_TEMPLATE "}}"},
    {"replicasets",
     "{\"spec\":{\"replicas\":8,\"selector\":{\"matchLabels\":{\"a\":\"b\"}}," POD_TEMPLATE "}}"},
    {"ingresses", "{\"spec\":{\"backend\":{\"serviceName\":\"a\",\"servicePort\":80}}}"},
    {"jobs", "{\"spec\":{\"parallelism\":4,\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\","
             "\"image\":"
             "\"a\"}],\"restartPolicy\":\"Never\"}}}}"},
    {"horizontalpodautoscalers",
     "{\"spec\":{\"maxReplicas\":3,\"scaleTargetRef\":{\"kind\":\"ReplicaSet\",\"name\":\"a\"}}}"},
};

static void expect_copies(struct fed_world *w, const char *resource, bool there, const char *when) {
    for (size_t i = 0; i < w->member_count; i++)
        if ((fed_member_get(&w->members[i], resource, "default", "x") != NULL) != there)
            fail_msg("%s: %s, %s %s", resource, when, w->members[i].name,
                     there ? "has none" : "has one");
}

static void run_lifecycle(const struct lifecycle *k) {
    /* Jobs and autoscalers got their controllers with 1.8. */
    struct fed_world *w =
        world("1.6.2", 2, "jobs-stay-federated=off autoscalers-stay-federated=off");
    struct fed_member *c1 = &w->members[0];
    assert_int_equal(fed_world_create(w, k->resource, "default", "x", k->text), 201);
    fed_world_run(w, 1);
    expect_copies(w, k->resource, true, "created");

    assert_int_equal(fed_world_patch(w, k->resource, "default", "x", UPDATE), 200);
    fed_world_run(w, 1);
    for (size_t i = 0; i < 2; i++) {
        const json_t *copy = fed_member_get(&w->members[i], k->resource, "default", "x");
        if (!str_eq(json_str(copy, "metadata", "labels", "changed", NULL), "yes"))
            fail_msg("%s: the update did not reach %s", k->resource, w->members[i].name);
    }

    /* settled: no more requests but the polls */
    fed_world_run(w, 30);
    size_t calls = c1->calls;
    fed_world_run(w, 80);
    if (c1->calls > calls + 4)
        fail_msg("%s: %zu requests when nothing happens", k->resource, c1->calls - calls);

    const char *group = str_eq(k->resource, "jobs")                       ? "/apis/batch/v1"
                        : str_eq(k->resource, "horizontalpodautoscalers") ? "/apis/autoscaling/v1"
                        : strstr("daemonsets deployments replicasets ingresses", k->resource)
                            ? "/apis/extensions/v1beta1"
                            : "/api/v1";
    char *path = xasprintf("%s/namespaces/default/%s/x", group, k->resource);
    json_t *options = json_pack("{s:s}", "propagationPolicy", "Background");
    assert_int_equal(apiserver_call(c1->api, "DELETE", path, options, NULL), 200);
    json_decref(options);
    free(path);
    fed_world_run(w, 15);
    expect_copies(w, k->resource, true, "made anew");

    assert_int_equal(
        fed_world_delete(w, k->resource, "default", "x", "{\"orphanDependents\":false}") / 100, 2);
    fed_world_run(w, 1);
    expect_copies(w, k->resource, false, "deleted");
    assert_non_null(fed_world_get(w, k->resource, "default", "x"));
    fed_world_run(w, 6);
    assert_null(fed_world_get(w, k->resource, "default", "x"));
    fed_world_free(w);
}

static void sync__every_kind_lives_and_dies_with_its_copies(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        run_lifecycle(&kinds[i]);
}

static void sync__orphaned_copies_stay(void **state) {
    (void)state;
    static const char *const options[] = {"{\"orphanDependents\":true}", NULL,
                                          "{\"propagationPolicy\":\"Orphan\"}"};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        struct fed_world *w = world("1.6.2", 2, NULL);
        fed_world_create(w, "configmaps", "default", "x", "{\"data\":{}}");
        fed_world_run(w, 1);
        fed_world_delete(w, "configmaps", "default", "x", options[i]);
        fed_world_run(w, 10);
        assert_null(fed_world_get(w, "configmaps", "default", "x"));
        expect_copies(w, "configmaps", true, "orphaned");
        fed_world_free(w);
    }
}

static void sync__foreground_deletion_never_ends_with_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.6.2", 2, on ? NULL : "foreground-delete-stuck=off");
        fed_world_create(w, "configmaps", "default", "x", "{\"data\":{}}");
        fed_world_run(w, 1);
        fed_world_delete(w, "configmaps", "default", "x", "{\"propagationPolicy\":\"Foreground\"}");
        fed_world_run(w, 300);
        assert_int_equal(fed_world_get(w, "configmaps", "default", "x") != NULL, on);
        fed_world_free(w);
    }
}

static void sync__a_late_member_gets_everything_after_20_seconds(void **state) {
    (void)state;
    struct fed_world *w = fed_world_new("1.6.2", 2, NULL);
    fed_world_unjoin(w, 1);
    fed_world_run(w, 10);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"b\"}}");
    fed_world_run(w, 25);
    fed_world_join(w, 1); /* at 35 s; Ready at 40 s */
    fed_world_run(w, 24);
    assert_null(fed_member_get(&w->members[1], "configmaps", "default", "x"));
    fed_world_run(w, 2);
    assert_non_null(fed_member_get(&w->members[1], "configmaps", "default", "x"));
    fed_world_free(w);
}

static void sync__a_deletion_waits_for_an_offline_member(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{}}");
    fed_world_run(w, 1);
    w->members[1].down = true;
    fed_world_run(w, 50);
    fed_world_delete(w, "configmaps", "default", "x", "{\"orphanDependents\":false}");
    fed_world_run(w, 200);
    assert_non_null(fed_world_get(w, "configmaps", "default", "x"));
    assert_non_null(strstr(buf_str(&w->log), "waiting for clusters c2 to become ready"));
    w->members[1].down = false;
    fed_world_run(w, 200);
    assert_null(fed_world_get(w, "configmaps", "default", "x"));
    assert_null(fed_member_get(&w->members[1], "configmaps", "default", "x"));
    fed_world_free(w);
}

static void sync__a_namespace_takes_its_contents_along(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 2, NULL);
    assert_int_equal(fed_world_create(w, "namespaces", NULL, "t", "{}"), 201);
    fed_world_run(w, 1);
    assert_non_null(fed_member_get(&w->members[0], "namespaces", NULL, "t"));
    fed_world_create(w, "configmaps", "t", "x", "{\"data\":{}}");
    fed_world_create(w, "replicasets", "t", "nginx", NGINX(2));
    fed_world_run(w, 20);
    assert_int_equal(fed_member_replicas(&w->members[0], "t", "nginx"), 1);
    fed_world_delete(w, "namespaces", NULL, "t", "{\"orphanDependents\":false}");
    fed_world_run(w, 60);
    assert_null(fed_world_get(w, "replicasets", "t", "nginx"));
    assert_null(fed_world_get(w, "namespaces", NULL, "t"));
    assert_null(fed_member_get(&w->members[0], "replicasets", "t", "nginx"));
    assert_null(fed_member_get(&w->members[1], "namespaces", NULL, "t"));
    fed_world_free(w);
}

static void sync__a_missing_namespace_in_a_member_is_a_gap(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.6.2", 1, on ? NULL : "namespace-not-ensured=off");
        fed_world_create(w, "namespaces", NULL, "t", "{}");
        fed_world_run(w, 1);
        json_t *options = json_object();
        apiserver_call(w->members[0].api, "DELETE", "/api/v1/namespaces/t", options, NULL);
        json_decref(options);
        fed_world_run(w, 6);
        assert_null(fed_member_get(&w->members[0], "namespaces", NULL, "t"));
        fed_world_create(w, "configmaps", "t", "x", "{\"data\":{}}");
        fed_world_run(w, 1);
        bool there = fed_member_get(&w->members[0], "configmaps", "t", "x") != NULL;
        assert_int_equal(there, !on);
        assert_int_equal(fed_world_events(w, "UpdateInClusterFailed", NULL), on);
        fed_world_free(w);
    }
}

static void sync__a_selector_chooses_clusters_since_1_7(void **state) {
    (void)state;
    static const char object[] =
        "{\"metadata\":{\"annotations\":{\"federation.alpha.kubernetes.io/cluster-selector\":"
        "\"[{\\\"key\\\":\\\"site\\\",\\\"operator\\\":\\\"in\\\",\\\"values\\\":[\\\"west\\\"]}]"
        "\"}},"
        "\"data\":{}}";
    static const char *const profiles[] = {"1.6.2", "1.7.0"};
    for (size_t i = 0; i < 2; i++) {
        struct fed_world *w = world(profiles[i], 2, NULL);
        fed_world_patch(w, "clusters", NULL, "c1",
                        "{\"metadata\":{\"labels\":{\"site\":\"west\"}}}");
        fed_world_create(w, "configmaps", "default", "x", object);
        fed_world_run(w, 1);
        assert_non_null(fed_member_get(&w->members[0], "configmaps", "default", "x"));
        bool in_c2 = fed_member_get(&w->members[1], "configmaps", "default", "x") != NULL;
        assert_int_equal(in_c2, i == 0);
        fed_world_free(w);
    }
}

static void sync__namespaces_heed_a_selector_since_1_8(void **state) {
    (void)state;
    static const char object[] =
        "{\"metadata\":{\"annotations\":{\"federation.alpha.kubernetes.io/cluster-selector\":"
        "\"[{\\\"key\\\":\\\"site\\\",\\\"operator\\\":\\\"Exists\\\"}]\"}}}";
    static const struct {
        const char *profile, *quirks;
        bool ns, object; /* in the member, in the end */
    } rows[] = {{"1.6.2", NULL, true, true},
                {"1.7.0", NULL, true, true},
                {"1.8.0", NULL, false, false},
                {"1.9.0", NULL, false, false},
                {"1.9.0", "namespace-not-ensured=off", true, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = world(rows[i].profile, 1, rows[i].quirks);
        fed_world_create(w, "namespaces", NULL, "t", object);
        fed_world_create(w, "configmaps", "t", "x", "{\"data\":{}}");
        fed_world_run(w, 120);
        bool ns = fed_member_get(&w->members[0], "namespaces", NULL, "t") != NULL;
        bool copy = fed_member_get(&w->members[0], "configmaps", "t", "x") != NULL;
        if (ns != rows[i].ns || copy != rows[i].object)
            fail_msg("%s %s: namespace %d, object %d", rows[i].profile,
                     rows[i].quirks ? rows[i].quirks : "", ns, copy);
        fed_world_free(w);
    }
}

static void sync__an_ingress_has_the_addresses_of_nodes_without_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.6.2", 2, on ? NULL : "ingress-no-address=off");
        fed_world_create(w, "ingresses", "default", "x",
                         "{\"spec\":{\"backend\":{\"serviceName\":\"a\",\"servicePort\":80}}}");
        fed_world_run(w, 60);
        assert_non_null(fed_member_get(&w->members[0], "ingresses", "default", "x"));
        const json_t *ingress = fed_world_get(w, "ingresses", "default", "x");
        const json_t *addresses = json_at(ingress, "status", "loadBalancer", "ingress", NULL);
        assert_int_equal(json_array_size(addresses), on ? 0 : 2);
        fed_world_free(w);
    }
}

static void sync__what_a_member_changes_is_put_back(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", 1, NULL);
    fed_world_create(w, "configmaps", "default", "x", "{\"data\":{\"a\":\"b\"}}");
    fed_world_run(w, 1);
    json_t *patch = json_pack("{s:{s:s}}", "data", "a", "c");
    apiserver_call(w->members[0].api, "PATCH", "/api/v1/namespaces/default/configmaps/x", patch,
                   NULL);
    json_decref(patch);
    fed_world_run(w, 12);
    const json_t *copy = fed_member_get(&w->members[0], "configmaps", "default", "x");
    assert_string_equal(json_str(copy, "data", "a", NULL), "b");
    fed_world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync__one_nginx_lands_on_c2_with_its_event),
        cmocka_unit_test(sync__later_releases_make_empty_copies_and_lose_the_event),
        cmocka_unit_test(sync__repeated_events_are_counted_and_many_are_combined),
        cmocka_unit_test(sync__scales_as_measured),
        cmocka_unit_test(sync__obeys_preferences_as_measured),
        cmocka_unit_test(sync__jobs_and_autoscalers_stay_in_the_federation_with_the_quirks),
        cmocka_unit_test(sync__a_jobs_parallelism_and_completions_are_divided),
        cmocka_unit_test(sync__an_autoscalers_limits_are_divided),
        cmocka_unit_test(sync__a_cluster_without_replicas_has_a_copy_only_with_the_quirk),
        cmocka_unit_test(sync__a_lost_cluster_is_planned_around_after_its_delay),
        cmocka_unit_test(sync__unjoin_leaves_the_copies_and_plans_anew_after_60_seconds),
        cmocka_unit_test(sync__every_kind_lives_and_dies_with_its_copies),
        cmocka_unit_test(sync__orphaned_copies_stay),
        cmocka_unit_test(sync__foreground_deletion_never_ends_with_the_quirk),
        cmocka_unit_test(sync__a_late_member_gets_everything_after_20_seconds),
        cmocka_unit_test(sync__a_deletion_waits_for_an_offline_member),
        cmocka_unit_test(sync__a_namespace_takes_its_contents_along),
        cmocka_unit_test(sync__a_missing_namespace_in_a_member_is_a_gap),
        cmocka_unit_test(sync__a_selector_chooses_clusters_since_1_7),
        cmocka_unit_test(sync__namespaces_heed_a_selector_since_1_8),
        cmocka_unit_test(sync__an_ingress_has_the_addresses_of_nodes_without_the_quirk),
        cmocka_unit_test(sync__what_a_member_changes_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
