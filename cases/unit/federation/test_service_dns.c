#include "cases/unit/federation/fed_world.h"
#include "cases/unit/support/texts.h"

#define SERVICE(type) "{\"spec\":{\"type\":\"" type "\",\"ports\":[{\"port\":80}]}}"
#define DIR "/skydns/com/juju-fed/"
#define LEAF "svc/federation/default/beacon/"
#define NAME "beacon.default.federation.svc."
#define A(dir, leaf, host, zone)                                                   \
    DIR dir LEAF leaf " {\"host\":\"" host "\",\"ttl\":180,\"group\":\"" NAME zone \
                      "juju-fed.com.\"}\n"

#define C1_ZONE A("r1/z1/", "389da9d9", "203.0.113.11", "z1.r1.")
#define C1_REGION A("r1/", "389da9d9", "203.0.113.11", "r1.")
#define C1_GLOBAL A("", "389da9d9", "203.0.113.11", "")
#define C2_ZONE A("r2/z2/", "cf9ac5f7", "203.0.113.22", "z2.r2.")
#define C2_REGION A("r2/", "cf9ac5f7", "203.0.113.22", "r2.")
#define C2_GLOBAL A("", "cf9ac5f7", "203.0.113.22", "")
#define BOTH C1_REGION C1_ZONE C2_REGION C2_ZONE C1_GLOBAL C2_GLOBAL

static struct fed_world *world(const char *profile, const char *quirks) {
    struct fed_world *w = fed_world_new(profile, 2, quirks);
    w->members[0].lb_ip = "203.0.113.11";
    w->members[1].lb_ip = "203.0.113.22";
    fed_world_run(w, 30);
    return w;
}

static bool has_line(const char *text, const char *line) {
    return strstr(text, line) != NULL;
}

/* Every line of wanted is there and nothing else, in whatever order. */
static void expect_records(const struct fed_world *w, const char *wanted, const char *when) {
    char *have = fed_world_records(w);
    size_t count = 0;
    for (const char *c = have; *c; c++)
        count += *c == '\n';
    char *copy = xstrdup(wanted), *rest = copy;
    for (char *line; (line = str_next(&rest, '\n')) != NULL;) {
        if (!line[0])
            continue;
        count--;
        if (!has_line(have, line))
            fail_msg("%s: no\n%s\nin\n%s", when, line, have);
    }
    if (count != 0)
        fail_msg("%s: more than wanted in\n%s", when, have);
    free(copy);
    free(have);
}

static void touch(struct fed_world *w, const char *value) {
    char *patch = xasprintf("{\"metadata\":{\"labels\":{\"touched\":\"%s\"}}}", value);
    assert_int_equal(fed_world_patch(w, "services", "default", "beacon", patch), 200);
    free(patch);
    fed_world_run(w, 1);
}

static const char *const releases[] = {"1.6.2", "1.7.0", "1.8.0", "1.9.0"};

static void service_dns__keys_and_values_are_those_measured(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct fed_world *w = world(releases[i], NULL);
        assert_int_equal(
            fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer")), 201);
        fed_world_run(w, 9);
        expect_records(w, "", "before the review");
        fed_world_run(w, 5);
        expect_records(w, BOTH, releases[i]);
        const json_t *s = fed_world_get(w, "services", "default", "beacon");
        assert_string_equal(json_str(s, "status", "loadBalancer", "ingress", "[1]", "ip", NULL),
                            "203.0.113.22");
        const char *annotation = json_str(s, "metadata", "annotations",
                                          "federation.kubernetes.io/service-ingresses", NULL);
        if (i == 0)
            assert_null(annotation);
        else
            assert_string_equal(
                annotation,
                "{\"items\":[{\"cluster\":\"c1\",\"items\":[{\"ip\":\"203.0.113.11\"}]},"
                "{\"cluster\":\"c2\",\"items\":[{\"ip\":\"203.0.113.22\"}]}]}");
        assert_null(json_at(fed_member_get(&w->members[0], "services", "default", "beacon"),
                            "metadata", "annotations", NULL));
        buf_clear(&w->etcd_log);
        fed_world_run(w, 300);
        assert_string_equal(buf_str(&w->etcd_log), ""); /* an idle service causes no traffic */
        fed_world_free(w);
    }
}

static void service_dns__requests_are_those_recorded(void **state) {
    (void)state;
    struct fed_world *w = world("1.9.0", NULL);
    w->members[1].lb_ip = NULL;
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 14);
#define GET(dir)           \
    "GET /v2/keys" DIR dir \
    "svc/federation/default/beacon?quorum=false&recursive=true&sorted=false\n"
#define GET_LEAF(dir, leaf) \
    "GET /v2/keys" DIR dir LEAF leaf "?quorum=false&recursive=false&sorted=false\n"
#define PUT(dir, leaf, zone)                                                                    \
    "PUT /v2/keys" DIR dir LEAF leaf                                                            \
    " value=%7B%22host%22%3A%22203.0.113.11%22%2C%22ttl%22%3A180%2C%22group%22%3A%22" NAME zone \
    "juju-fed.com.%22%7D\n"
    assert_string_equal(buf_str(&w->etcd_log),
                        GET("r1/z1/") GET_LEAF("r1/z1/", "389da9d9")
                            PUT("r1/z1/", "389da9d9", "z1.r1.") GET("r1/")
                                GET_LEAF("r1/", "389da9d9") PUT("r1/", "389da9d9", "r1.") GET("")
                                    GET_LEAF("", "389da9d9") PUT("", "389da9d9", ""));
    fed_world_free(w);
}

static void service_dns__only_load_balancers_get_records(void **state) {
    (void)state;
    static const char *const types[] = {SERVICE("NodePort"), SERVICE("ClusterIP")};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct fed_world *w = world("1.7.0", NULL);
        fed_world_create(w, "services", "default", "beacon", types[i]);
        fed_world_run(w, 120);
        assert_string_equal(buf_str(&w->etcd_log), "");
        assert_non_null(fed_member_get(&w->members[0], "services", "default", "beacon"));
        fed_world_free(w);
    }
}

static void service_dns__a_node_port_gets_its_nodes_without_the_quirk(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct fed_world *w = world(releases[i], "nodeport-dns=off");
        fed_world_create(w, "services", "default", "beacon", SERVICE("NodePort"));
        fed_world_run(w, 14);
        char *have = fed_world_records(w);
        assert_true(has_line(have, DIR LEAF));
        assert_true(
            has_line(have, "\"host\":\"192.0.2.1\",\"ttl\":180,\"group\":\"" NAME "z1.r1."));
        assert_true(
            has_line(have, "\"host\":\"192.0.2.2\",\"ttl\":180,\"group\":\"" NAME "juju-fed"));
        free(have);
        w->members[0].no_endpoints = true;
        fed_world_patch(w, "services", "default", "beacon",
                        "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
        fed_world_run(w, 14);
        have = fed_world_records(w);
        assert_true(has_line(have, "\"host\":\"" NAME
                                   "juju-fed.com.\",\"ttl\":180,\"group\":\"" NAME "r1."));
        free(have);
        fed_world_free(w);
    }
}

static void service_dns__unlabelled_nodes_mean_no_records(void **state) {
    (void)state;
    struct fed_world *w = fed_world_new("1.7.0", 2, NULL);
    for (size_t i = 0; i < 2; i++) {
        w->members[i].lb_ip = i ? "203.0.113.22" : "203.0.113.11";
        fed_world_label(w, i, false);
    }
    fed_world_run(w, 30);
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 60);
    assert_string_equal(buf_str(&w->etcd_log), "");
    assert_non_null(strstr(buf_str(&w->log), "Error when ensuring DNS records for service "
                                             "default/beacon: failed to get cluster zone names"));
    fed_world_label(w, 0, true);
    fed_world_label(w, 1, true);
    fed_world_run(w, 101); /* the clusters' next status and the next retry */
    expect_records(w, BOTH, "labelled");
    fed_world_free(w);

    w = fed_world_new("1.7.0", 1, "zone-labels-required=off");
    w->members[0].lb_ip = "203.0.113.11";
    fed_world_label(w, 0, false);
    fed_world_run(w, 30);
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 14);
    expect_records(w, C1_GLOBAL, "no label needed");
    fed_world_free(w);
}

static void drop_endpoints(struct fed_world *w, size_t member, bool drop) {
    w->members[member].no_endpoints = drop;
    char *value = xasprintf("%s%zu", drop ? "dropped" : "back", member);
    touch(w, value); /* the member's kubelet looks at its services when something changes */
    free(value);
    fed_world_run(w, 13);
}

static void service_dns__the_table_of_fall_backs_holds(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", NULL);
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 14);
    drop_endpoints(w, 1, true);
    char *have = fed_world_records(w);
    assert_true(has_line(have, C1_ZONE));
    assert_true(has_line(have, C1_REGION));
    assert_true(has_line(have, C1_GLOBAL));
    assert_false(has_line(have, "203.0.113.22"));
    assert_true(has_line(have,
                         "{\"host\":\"" NAME "r2.juju-fed.com.\",\"ttl\":180,\"group\":\"" NAME
                         "z2.r2.juju-fed.com.\"}"));
    assert_true(has_line(have, "{\"host\":\"" NAME "juju-fed.com.\",\"ttl\":180,\"group\":\"" NAME
                               "r2.juju-fed.com.\"}"));
    free(have);
    drop_endpoints(w, 0, true);
    have = fed_world_records(w);
    assert_false(has_line(have, "203.0.113"));
    assert_false(has_line(have, DIR LEAF)); /* the global name has nobody to point to */
    free(have);
    drop_endpoints(w, 0, false);
    drop_endpoints(w, 1, false);
    expect_records(w, BOTH, "both are back");
    fed_world_free(w);
}

static void service_dns__a_stale_global_address_is_a_quirk_since_1_7(void **state) {
    (void)state;
    static const struct {
        const char *release, *quirks;
        bool stale;
    } rows[] = {
        {"1.6.2", NULL, false}, {"1.7.0", NULL, true}, {"1.7.0", "dns-stale-global=off", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = world(rows[i].release, rows[i].quirks);
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 14);
        drop_endpoints(w, 0, true);
        char *have = fed_world_records(w);
        assert_int_equal(has_line(have, C1_GLOBAL), rows[i].stale);
        assert_true(has_line(have, C2_GLOBAL));
        free(have);
        fed_world_free(w);
    }
}

static void service_dns__several_addresses_are_rewritten_at_every_pass_since_1_7(void **state) {
    (void)state;
    static const struct {
        const char *release, *quirks;
        bool rewritten;
    } rows[] = {{"1.7.0", NULL, true}, {"1.7.0", "dns-delete-and-add=off", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fed_world *w = world(rows[i].release, rows[i].quirks);
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 14);
        buf_clear(&w->etcd_log);
        touch(w, "now");
        assert_non_null(strstr(buf_str(&w->etcd_log), "GET "));
        assert_int_equal(strstr(buf_str(&w->etcd_log), "DELETE ") != NULL, rows[i].rewritten);
        expect_records(w, BOTH, "after it");
        fed_world_free(w);
    }
}

static void service_dns__deletion_leaves_cnames_with_the_quirk(void **state) {
    (void)state;
    for (size_t release = 0; release < 2; release++) {
        for (int on = 0; on < 2; on++) {
            struct fed_world *w = world(releases[release], on ? NULL : "dns-dangling-cnames=off");
            fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
            fed_world_run(w, 14);
            fed_world_delete(w, "services", "default", "beacon", "{\"orphanDependents\":false}");
            fed_world_run(w, 20);
            assert_null(fed_world_get(w, "services", "default", "beacon"));
            char *have = fed_world_records(w);
            size_t count = 0;
            for (const char *c = have; *c; c++)
                count += *c == '\n';
            if (count != (on ? 4 : 0))
                fail_msg("%s: %s", releases[release], have);
            assert_false(has_line(have, "203.0.113"));
            free(have);
            fed_world_free(w);
        }
    }
}

static void service_dns__an_offline_cluster_keeps_its_records_with_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.7.0", on ? NULL
                                                : "offline-keeps-records=off dns-stale-global=off "
                                                  "offline-loses-zones=off");
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 30);
        w->members[1].down = true;
        fed_world_run(w, 40 + 60 + 5);
        char *have = fed_world_records(w);
        assert_int_equal(has_line(have, "203.0.113.22"), on);
        assert_true(has_line(have, C1_GLOBAL));
        free(have);
        fed_world_free(w);
    }
}

static void service_dns__a_failed_pass_comes_back_with_old_data(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.7.0", on ? "dns-stale-global=off"
                                                : "dns-stale-global=off dns-retry-flaps=off");
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 14);
        w->etcd_down = true;
        drop_endpoints(w, 0, true); /* fails, is retried */
        w->etcd_down = false;
        w->members[0].no_endpoints = false;
        fed_world_patch(w, "services", "default", "beacon",
                        "{\"metadata\":{\"labels\":{\"touched\":\"again\"}}}");
        fed_world_run(w, 120);
        char *have = fed_world_records(w);
        bool right = has_line(have, C1_ZONE);
        free(have);
        if (right == on)
            fail_msg("quirk %d: the records are %s", on, right ? "right" : "wrong");
        fed_world_free(w);
    }
}

static void service_dns__a_host_name_is_resolved_and_an_unknown_one_changes_nothing(void **state) {
    (void)state;
    struct fed_world *w = world("1.7.0", NULL);
    for (size_t i = 0; i < 2; i++)
        w->members[i].lb_ip = NULL;
    w->members[0].lb_host = "lb.example";
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 14);
    expect_records(w, "", "unknown");
    assert_non_null(strstr(buf_str(&w->log), "lookup lb.example: no such host"));
    json_object_set_new(w->hosts, "lb.example", json_pack("[s]", "203.0.113.11"));
    fed_world_run(w, 60);
    expect_records(w, C1_GLOBAL C1_REGION C1_ZONE, "resolved");
    fed_world_free(w);
}

static void service_dns__members_keep_what_they_allocated(void **state) {
    (void)state;
    struct fed_world *w = world("1.6.2", NULL);
    fed_world_create(w, "services", "default", "beacon", SERVICE("NodePort"));
    fed_world_run(w, 14);
    json_t *before[2];
    for (size_t i = 0; i < 2; i++)
        before[i] = json_deep_copy(json_object_get(
            fed_member_get(&w->members[i], "services", "default", "beacon"), "spec"));
    assert_true(json_int(before[0], 0, "ports", "[0]", "nodePort", NULL) >= 30000);
    assert_int_not_equal(json_int(before[0], 0, "ports", "[0]", "nodePort", NULL),
                         json_int(before[1], 0, "ports", "[0]", "nodePort", NULL));
    assert_null(
        json_at(fed_world_get(w, "services", "default", "beacon"), "spec", "clusterIP", NULL));
    touch(w, "now");
    for (size_t i = 0; i < 2; i++) {
        const json_t *copy = fed_member_get(&w->members[i], "services", "default", "beacon");
        assert_string_equal(json_str(copy, "metadata", "labels", "touched", NULL), "now");
        assert_true(json_equal(json_object_get(copy, "spec"), before[i]));
        json_decref(before[i]);
    }
    fed_world_free(w);
}

static void service_dns__node_ports_are_equal_without_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = world("1.6.2", on ? NULL : "nodeports-differ=off");
        fed_world_create(w, "services", "default", "beacon", SERVICE("NodePort"));
        fed_world_run(w, 14);
        int64_t port[2];
        for (size_t i = 0; i < 2; i++)
            port[i] = json_int(fed_member_get(&w->members[i], "services", "default", "beacon"), 0,
                               "spec", "ports", "[0]", "nodePort", NULL);
        assert_true(port[0] >= 30000);
        assert_int_equal(port[0] != port[1], on);
        fed_world_free(w);
    }
}

static void service_dns__a_second_zone_is_named_without_the_quirk(void **state) {
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct fed_world *w = fed_world_new("1.7.0", 1, on ? NULL : "multi-zone-first-only=off");
        w->members[0].lb_ip = "203.0.113.11";
        json_t *node = json_pack("{s:s,s:s,s:{s:s,s:{s:s,s:s}}}", "kind", "Node", "apiVersion",
                                 "v1", "metadata", "name", "second", "labels",
                                 "failure-domain.beta.kubernetes.io/zone", "z9",
                                 "failure-domain.beta.kubernetes.io/region", "r1");
        apiserver_call(w->members[0].api, "POST", "/api/v1/nodes", node, NULL);
        json_decref(node);
        fed_world_run(w, 30);
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 14);
        char *have = fed_world_records(w);
        assert_true(has_line(have, C1_ZONE));
        assert_int_equal(has_line(have, DIR "r1/z9/"), !on);
        free(have);
        fed_world_free(w);
    }
}

static void service_dns__a_manager_that_starts_again_writes_what_is_missing(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct fed_world *w = world(releases[i], NULL);
        fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
        fed_world_run(w, 14);
        expect_records(w, BOTH, releases[i]);
        etcd_free(w->etcd);
        w->etcd = etcd_new(w->sched); /* another one, without a record */
        fed_world_run(w, 300);
        expect_records(w, "", "nobody looks");
        fed_world_restart(w);
        fed_world_run(w, 60);
        expect_records(w, BOTH, "started again");
        fed_world_free(w);
    }
}

static void service_dns__an_annotation_written_by_hand_is_obeyed_since_1_7(void **state) {
    (void)state;
    struct fed_world *w = world("1.7.0", NULL);
    for (size_t i = 0; i < 2; i++)
        w->members[i].lb_ip = NULL;
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 14);
    expect_records(w, "", "nobody offers load balancers");
    fed_world_patch(
        w, "services", "default", "beacon",
        "{\"metadata\":{\"annotations\":{\"federation.kubernetes.io/service-ingresses\":"
        "\"{\\\"items\\\":[{\\\"cluster\\\":\\\"c1\\\",\\\"items\\\":[{\\\"ip\\\":"
        "\\\"203.0.113.11\\\"}]}]}\"}}}");
    fed_world_run(w, 30);
    expect_records(w, C1_GLOBAL C1_REGION C1_ZONE, "by hand");
    fed_world_free(w);
}

/* Records and requests for the name of all, of a federation of so many. */
static void in_a_federation_of(size_t members, size_t *ret_global, size_t *ret_asked) {
    struct fed_world *w = fed_world_new("1.6.2", members, NULL);
    char addresses[32][40];
    for (size_t i = 0; i < members; i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "203.0.113.%zu", i + 1);
        w->members[i].lb_ip = addresses[i];
    }
    fed_world_run(w, 30);
    buf_clear(&w->etcd_log);
    fed_world_create(w, "services", "default", "beacon", SERVICE("LoadBalancer"));
    fed_world_run(w, 30);
    char *records = fed_world_records(w);
    *ret_global = count_of(records, DIR LEAF);
    *ret_asked =
        count_of(buf_str(&w->etcd_log), "GET /v2/keys" DIR "svc/federation/default/beacon?");
    for (size_t i = 1; i <= members; i++) {
        char *zone = xasprintf(DIR "r%zu/z%zu/" LEAF, i, i);
        assert_int_equal(count_of(records, zone), 1);
        free(zone);
    }
    free(records);
    fed_world_free(w);
}

/* As the real one asks for each cluster; a larger one is spared the requests, not the records. */
static void service_dns__a_large_federation_asks_for_a_name_once(void **state) {
    (void)state;
    size_t global, asked;
    in_a_federation_of(16, &global, &asked);
    assert_int_equal(global, 16);
    assert_true(asked >= 16);
    in_a_federation_of(17, &global, &asked);
    assert_int_equal(global, 17);
    assert_in_range(asked, 1, 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_dns__keys_and_values_are_those_measured),
        cmocka_unit_test(service_dns__requests_are_those_recorded),
        cmocka_unit_test(service_dns__only_load_balancers_get_records),
        cmocka_unit_test(service_dns__a_node_port_gets_its_nodes_without_the_quirk),
        cmocka_unit_test(service_dns__unlabelled_nodes_mean_no_records),
        cmocka_unit_test(service_dns__the_table_of_fall_backs_holds),
        cmocka_unit_test(service_dns__a_stale_global_address_is_a_quirk_since_1_7),
        cmocka_unit_test(service_dns__several_addresses_are_rewritten_at_every_pass_since_1_7),
        cmocka_unit_test(service_dns__deletion_leaves_cnames_with_the_quirk),
        cmocka_unit_test(service_dns__an_offline_cluster_keeps_its_records_with_the_quirk),
        cmocka_unit_test(service_dns__a_failed_pass_comes_back_with_old_data),
        cmocka_unit_test(service_dns__a_host_name_is_resolved_and_an_unknown_one_changes_nothing),
        cmocka_unit_test(service_dns__members_keep_what_they_allocated),
        cmocka_unit_test(service_dns__node_ports_are_equal_without_the_quirk),
        cmocka_unit_test(service_dns__a_second_zone_is_named_without_the_quirk),
        cmocka_unit_test(service_dns__a_manager_that_starts_again_writes_what_is_missing),
        cmocka_unit_test(service_dns__a_large_federation_asks_for_a_name_once),
        cmocka_unit_test(service_dns__an_annotation_written_by_hand_is_obeyed_since_1_7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
