/* The HTML page as text; page.sh drives it in a browser. */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"
#include "cases/unit/support/scratch.h"

#include "cases/unit/reports/sample.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/graph.h"
#include "reports/page.h"

#include <stdlib.h>
#include <string.h>

static void page__asks_nobody_for_anything(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("html", results, NULL, NULL);
    sample_check_quiet_page(text);
    assert_int_equal(count_of(text, "<script>"), 1);
    free(text);
    json_decref(results);
}

static void page__links_only_to_the_web(void **state) {
    (void)state;
    static const char *const urls[] = {"javascript:alert(1)", "data:text/html,x", "file:///etc",
                                       "//x", " https://x"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        json_t *results = sample_of(json_pack("[{s:s,s:s,s:{s:s,s:s}}]", "case", "a.b", "verdict",
                                              "known-gap", "gap", "id", "G", "url", urls[i]));
        char *text = sample_written("html", results, NULL, NULL);
        assert_null(strstr(text, urls[i]));
        free(text);
        json_decref(results);
    }
}

static void page__tells_how_long_each_unit_took_and_who_is_not_there(void **state) {
    (void)state;
    json_t *step = json_pack("{s:s, s:s, s:{s:i, s:i, s:i}, s:{s:{s:s, s:i}}}", "verb", "settle",
                             "outcome", "unmet", "waited", "etcd/0", 61000, "easyrsa/0", 200,
                             "machine 0", 3600000, "waiting", "worker/0", "said",
                             "worker/0 is <waiting>, agent idle", "for_ms", 35000);
    json_t *results = sample_of(
        json_pack("[{s:s, s:s, s:[o]}]", "case", "a.b", "verdict", "failed", "steps", step));
    char *text = sample_written("html", results, NULL, NULL);
    const char *first = strstr(text, "<li>still waiting: worker/0 is &lt;waiting&gt;, agent idle");
    assert_non_null(first);
    const char *longest = strstr(first, "<li>machine 0: "),
               *last = strstr(first, "<li>easyrsa/0: ");
    const char *between = strstr(first, "<li>etcd/0: ");
    assert_true(first < longest && longest < between && between < last);
    free(text);
    json_decref(results);
}

/* Files of the run, shown; anything outside of its folder, not. */
static void page__shows_what_commands_printed_from_the_runs_folder_only(void **state) {
    const char *dir = *state;
    char *run = fs_join(dir, "run"), *file = fs_join(run, "00.stdout");
    char *secret = fs_join(dir, "secret"), *link = fs_join(run, "link"), *big = fs_join(run, "big");
    struct err err = {0};
    assert_int_equal(fs_mkdir_p(run, 0700, &err), 0);
    assert_int_equal(fs_write_atomic(file, "printed <b> \033[1mthis", 20, 0600, &err), 0);
    assert_int_equal(fs_write_atomic(secret, "outside", 7, 0600, &err), 0);
    assert_int_equal(symlink(secret, link), 0);
    size_t len = 100u << 20; /* sparse, so quickly made */
    assert_int_equal(fs_write_atomic(big, "begins", 6, 0600, &err), 0);
    assert_int_equal(truncate(big, (off_t)len), 0);

    json_t *step = json_pack("{s:s,s:s,s:[s,s,s,s,s,s]}", "verb", "run", "outcome", "met", "files",
                             "00.stdout", "../secret", "link", "big", "none", secret);
    json_t *results = sample_of(
        json_pack("[{s:s,s:s,s:[o]}]", "case", "a.b", "verdict", "failed", "steps", step));
    struct report_options o = {.run_dir = run};
    char *text = sample_written("html", results, &o, &len);
    assert_non_null(strstr(text, "printed &lt;b&gt; this</pre>"));
    assert_null(strstr(text, "outside</pre>"));
    assert_non_null(strstr(text, "104857600 bytes in all; the first 8192 and the last 4096"));
    assert_true(len < 100000);
    free(text);
    json_decref(results);
    free(run);
    free(file);
    free(secret);
    free(link);
    free(big);
}

static void page__merges_the_events_of_all_clusters_in_the_order_of_time(void **state) {
    (void)state;
    json_t *results = sample_load();
    char *text = sample_written("html", results, NULL, NULL);
    static const char *const in_order[] = {
        "5, 3 of them warnings",
        "120 older ones were not kept",
        "events of c3 could not be read: connection refused",
        "clock of c1 is 3.2 s ahead",
        "\xe2\x88\x92"
        "0.500 s",
        "Readiness probe failed",
        "CreateInCluster:",
        "Scheduled:",
        "Failed to create service in cluster c1: &amp; forbidden <span class=\"muted\">\xc3\x97"
        "7<",
        "now: &lt;NodeHasDiskPressure&gt;",
        "describe c3 default: timeout, no answer within 30 s"};
    const char *at = text;
    for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
        const char *found = strstr(at, in_order[i]);
        if (!found)
            fail_msg("no \"%s\" behind the others", in_order[i]);
        at = found;
    }
    assert_null(strstr(text, "clock of c2")); /* within what can be told */
    assert_null(strstr(text, "never shown"));
    /* One before the run began and one without a time have no mark in the lanes. */
    assert_int_equal(
        count_of(text, "<b class=\"ev\" style") + count_of(text, "<b class=\"ev warn\" style"), 4);
    free(text);
    json_decref(results);
}

static void page__shows_the_newest_events_of_each_case_and_counts_the_others(void **state) {
    (void)state;
    json_t *list = json_array();
    for (int k = 0; k < 20; k++) {
        json_t *events = json_array();
        for (int i = 0; i < 500; i++) {
            char at[40];
            snprintf(at, sizeof(at), "2017-06-02T09:00:07.%03dZ", 499 - i);
            json_array_append_new(events, json_pack("{s:s,s:s,s:s}", "at", at, "cluster", "c1",
                                                    "message", i ? "older" : "the newest"));
        }
        json_array_append_new(list, json_pack("{s:s,s:s,s:{s:o}}", "case", "a.b", "verdict",
                                              "failed", "collected", "events", events));
    }
    json_t *results = sample_of(list);
    size_t len;
    char *text = sample_written("html", results, NULL, &len);
    assert_true(len < 1000u * 1000);
    assert_int_equal(count_of(text, "the newest</td>"), 5);
    assert_int_equal(count_of(text, "200 older ones are in results.json"), 5);
    assert_int_equal(count_of(text, "500 older ones are in results.json"), 15);
    free(text);
    json_decref(results);
}

static void page__bears_anything_collected(void **state) {
    (void)state;
    static const char *const keys[] = {"events", "events_left_out", "events_unread",
                                       "clocks", "missing",         "files",
                                       "folder", "problem",         "x"};
    json_t *values = json_loads("[null, 3, \"x\", [1, null], {\"a\": []}, [[]], [{}], "
                                "[{\"at\": 1}], [{\"at\": \"2017-06-02T09:00:07Z\"}]]",
                                0, NULL);
    size_t v;
    json_t *value;
    json_array_foreach(values, v, value) {
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            json_t *r =
                json_pack("{s:s,s:s,s:{}}", "case", "a.b", "verdict", "failed", "collected");
            json_object_set(json_object_get(r, "collected"), keys[k], value);
            json_t *other =
                json_pack("{s:s,s:s,s:O}", "case", "a.c", "verdict", "failed", "collected", value);
            json_t *results = sample_of(json_pack("[o,o]", r, other));
            free(sample_written("html", results, NULL, NULL));
            json_decref(results);
        }
    }
    json_decref(values);
}

/* An ordinary run's page stays below a megabyte, a huge run's page is still a page. */
static void page__of_a_huge_run_stays_one_that_a_browser_can_show(void **state) {
    (void)state;
    json_t *list = json_array(), *sample = sample_load();
    for (size_t i = 0; i < 60000; i++)
        json_array_append(list, json_array_get(json_object_get(sample, "results"), i % 12));
    json_t *results = sample_of(list);
    size_t len;
    char *text = sample_written("html", results, NULL, &len);
    assert_true(len < 20u * 1000 * 1000);
    assert_non_null(strstr(text, "more are not on this page"));
    assert_non_null(strstr(text, "too many to draw") ? text : strstr(text, "class=\"graph\""));
    assert_non_null(strstr(text, "the 300 longest of"));
    free(text);
    json_decref(results);
    json_decref(sample);
}

static void page__finds_the_cluster_in_a_steps_words(void **state) {
    (void)state;
    static const struct {
        const char *words, *cluster;
    } rows[] = {
        {"run kubectl --context=c1 get nodes -o json", "c1"},
        {"run kubefed init federation --host-cluster-context=f1 --dns-provider=coredns", "f1"},
        {"await GET /api/v1/nodes of c2 until status is 200", "c2"},
        {"await GET /apis/x of federation", "federation"},
        {"run juju deploy -m f1 x/bundle.yaml", "f1"},
        {"await GET /api/v1/nodes of c1 until json says \"a of b\"", "c1"},
        {"run kubectl config use-context f1", "f1"},
        {"run juju switch f1", NULL},
        {"write the end of time", NULL},
        {"run kubectl --context=${name} get", NULL},
        {"run kubectl --context=", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *step = json_pack("{s:s}", "waiting_for", rows[i].words);
        char name[PAGE_CLUSTER_LEN_MAX + 1] = "";
        bool found = page_cluster_of(step, name);
        if (found != (rows[i].cluster != NULL) || (found && strcmp(name, rows[i].cluster) != 0))
            fail_msg("\"%s\": \"%s\"", rows[i].words, name);
        json_decref(step);
    }
}

static void page__shows_the_truth_table_where_there_is_one(void **state) {
    (void)state;
    json_t *table = json_pack(
        "{s:s,s:s,s:[{s:s,s:s,s:s,s:s,s:[s],s:s,s:b,s:[s],s:{s:s},s:[{s:s,s:s}]}]}", "service",
        "beacon", "zone", "juju-fed.com", "rows", "asker", "c1", "form", "svc.ns.fed.svc", "name",
        "beacon.default.federation.svc", "type", "A", "expected", "REMOTE_ZONE", "verdict",
        "LOCAL_PLAIN", "ok", 0, "addresses", "10.1.2.3", "whose", "10.1.2.3",
        "service network of c1", "why", "code", "x", "text", "because it is a NodePort");
    json_t *results = sample_of(
        json_pack("[{s:s,s:s,s:[o]}]", "case", "a.b", "verdict", "failed", "truth_tables", table));
    char *text = sample_written("html", results, NULL, NULL);
    assert_non_null(strstr(text, "DNS truth table"));
    assert_non_null(strstr(text, "beacon in juju-fed.com: 1 of 1 answers are not what"));
    assert_non_null(strstr(text, "<code>10.1.2.3</code> (service network of c1)"));
    assert_non_null(strstr(text, "because it is a NodePort"));
    free(text);
    json_decref(results);
}

static void page__shows_the_history_that_it_is_given(void **state) {
    (void)state;
    struct err err = {0};
    json_t *history = json_load_path(CONFED_SOURCE_DIR "/cases/unit/reports/history.json", &err);
    if (!history)
        fail_msg("%s", err.text);
    json_t *results = sample_load();
    struct report_options o = {.history = history};
    char *text = sample_written("html", results, &o, NULL);
    assert_non_null(strstr(text, "<h2 id=\"history\">"));
    assert_int_equal(count_of(text, "<polyline"), 2); /* of the runs, and one case's */
    assert_non_null(strstr(text, "1 case ended alike in all of these runs"));
    assert_non_null(strstr(text, "FED-GAP-001</td>"));
    free(text);
    json_decref(results);
    json_decref(history);
}

/* Whatever is in it; a mistyped history is as none. */
static void page__bears_any_history_and_truth_table(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"runs\":3}",
        "{\"runs\":[3,null]}",
        "{\"runs\":[{}],\"cases\":[{}, 3, {\"verdicts\":[1],\"elapsed_ms\":\"x\"}],\"gaps\":[0]}",
        "{\"runs\":[{\"summary\":{\"passed\":-5,\"failed\":9223372036854775807}}]}",
        "{\"runs\":[{}],\"cases\":[{\"verdicts\":[\"failed\"],\"flake_rate\":1e300}]}",
        "{\"rows\":[3,{},{\"why\":3,\"addresses\":[3],\"expected\":{}},{\"form\":\"\"}]}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json_t *value = json_loads(texts[i], 0, NULL);
        json_t *results = sample_load();
        json_t *r = json_array_get(json_object_get(results, "results"), 0);
        json_object_set_new(r, "truth_tables", json_pack("[O]", value));
        json_object_set(r, "findings", value);
        struct report_options o = {.history = value};
        free(sample_written("html", results, &o, NULL));
        json_decref(results);
        json_decref(value);
    }
}

/* --- the graph -------------------------------------------------------------------------------- */

static void check_layout(const struct graph *g) {
    for (size_t a = 0; a < g->count; a++) {
        for (size_t b = 0; b < g->count; b++) {
            if (g->edge[a][b])
                assert_true(g->layer[b] > g->layer[a]);
            if (a != b && g->layer[a] == g->layer[b])
                assert_true(g->x[a] - g->x[b] > 0.99 || g->x[b] - g->x[a] > 0.99);
        }
        assert_true(g->x[a] >= 0 && g->x[a] <= g->x_max);
    }
}

static void graph__leaves_out_what_follows_from_others(void **state) {
    (void)state;
    struct graph *g = xcalloc(1, sizeof(*g));
    g->count = 4;
    g->edge[0][1] = g->edge[1][2] = g->edge[0][2] = g->edge[2][3] = g->edge[0][3] = true;
    graph_lay_out(g);
    check_layout(g);
    assert_false(g->edge[0][2]);
    assert_false(g->edge[0][3]);
    assert_true(g->edge[0][1] && g->edge[1][2] && g->edge[2][3]);
    assert_int_equal(g->layers, 4);
    free(g);
}

static void graph__survives_cycles_and_any_edges(void **state) {
    (void)state;
    uint64_t seed = 7;
    struct graph *g = xcalloc(1, sizeof(*g));
    for (size_t round = 0; round < 40; round++) {
        memset(g, 0, sizeof(*g));
        g->count = 1 + round * 3;
        for (size_t a = 0; a < g->count; a++)
            for (size_t b = 0; b < g->count; b++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                g->edge[a][b] = (seed >> 33) % (round % 2 ? 20 : 60) == 0;
            }
        graph_lay_out(g);
        check_layout(g);
    }
    free(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page__asks_nobody_for_anything),
        cmocka_unit_test(page__links_only_to_the_web),
        cmocka_unit_test_setup_teardown(page__shows_what_commands_printed_from_the_runs_folder_only,
                                        scratch_make, scratch_remove),
        cmocka_unit_test(page__merges_the_events_of_all_clusters_in_the_order_of_time),
        cmocka_unit_test(page__shows_the_newest_events_of_each_case_and_counts_the_others),
        cmocka_unit_test(page__bears_anything_collected),
        cmocka_unit_test(page__tells_how_long_each_unit_took_and_who_is_not_there),
        cmocka_unit_test(page__of_a_huge_run_stays_one_that_a_browser_can_show),
        cmocka_unit_test(page__finds_the_cluster_in_a_steps_words),
        cmocka_unit_test(page__shows_the_truth_table_where_there_is_one),
        cmocka_unit_test(page__shows_the_history_that_it_is_given),
        cmocka_unit_test(page__bears_any_history_and_truth_table),
        cmocka_unit_test(graph__leaves_out_what_follows_from_others),
        cmocka_unit_test(graph__survives_cycles_and_any_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
