#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/evidence/sources.h"

#include <string.h>

static const struct source *row(const char *name) {
    for (const struct source *s = sources; s->name; s++)
        if (str_eq(s->name, name))
            return s;
    fail_msg("there is no source %s", name);
    return NULL;
}

static void is_json(json_t *got, const char *wanted) {
    char *text = json_text(got);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(got);
}

static void sources__each_row_can_be_asked_and_follows_one_that_is_there(void **state) {
    (void)state;
    json_t *visible = json_pack("{s:{s:{s:s}}}", "world", "juju", "remote", "exec");
    json_t *names =
        json_loads("{\"model\":\"f1\",\"context\":\"c1\",\"namespace\":\"default\","
                   "\"pod\":\"p\",\"container\":"
                   "\"c\",\"previous\":\"false\",\"units\":[\"a/0\",\"a/"
                   "1\"],\"address\":\"10.0.0.1\",\"port\":"
                   "\"80\",\"config\":\"x\",\"question\":{\"name\":\"n\"},\"service\":\"s\"}",
                   0, NULL);
    for (const struct source *s = sources; s->name; s++) {
        json_t *args = sources_args(s, visible, names);
        char *file = sources_file(s, visible, names);
        if (!args ||
            (s->file && (!file || strstr(file, "${") || strstr(file, "..") || *file == '/')))
            fail_msg("%s cannot be asked or written", s->name);
        if (s->after)
            assert_non_null(row(s->after));
        if (s->beside)
            assert_non_null(row(s->beside));
        json_decref(args);
        free(file);
    }
    is_json(sources_args(row("show-unit"), visible, names),
            "[\"juju\",\"show-unit\",\"-m\",\"f1\",\"--format=json\",\"a/0\",\"a/1\"]");
    is_json(sources_args(row("names"), visible, names), "{\"name\":\"n\"}");
    json_decref(names);
    json_decref(visible);
}

static void sources__follow_the_dialect(void **state) {
    (void)state;
    static const struct {
        const char *version;
        bool juju, show_unit, status;
    } rows[] = {{"2.1.3", true, false, true},
                {"2.8.0", true, true, true},
                {"3.1.6", true, true, true},
                {"3.1.6", false, false, false},
                {NULL, true, false, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *facts = json_pack("{s:{s:s*}}", "juju", "version", rows[i].version);
        assert_int_equal(sources_apply(row("show-unit"), facts, rows[i].juju), rows[i].show_unit);
        assert_int_equal(sources_apply(row("status"), facts, rows[i].juju), rows[i].status);
        assert_true(sources_apply(row("pods"), facts, rows[i].juju));
        json_decref(facts);
    }
}

static void sources__what_follows_is_read_off_the_answer(void **state) {
    (void)state;
    json_t *model = json_pack("{s:s}", "model", "f1");
    json_t *status = json_loads(
        "{\"applications\":{\"w\":{\"units\":{\"w/0\":{\"public-address\":\"10.0.0.1\","
        "\"open-ports\":[\"80/tcp\",\"53/udp\",\"80/tcp\",7],\"subordinates\":{\"s/0\":{}}}}},"
        "\"x\":{\"status-error\":\"gone\"}}}",
        0, NULL);
    is_json(sources_follow(row("show-unit"), model, status, NULL, NULL),
            "[{\"model\":\"f1\",\"units\":[\"w/0\",\"s/0\"]}]");
    is_json(sources_follow(row("ports"), model, status, NULL, NULL),
            "[{\"model\":\"f1\",\"address\":\"10.0.0.1\",\"port\":\"80\"}]");
    json_decref(status);
    json_t *pods = json_loads("{\"items\":[{\"metadata\":{\"name\":\"well\"},\"status\":{"
                              "\"containerStatuses\":[{\"name\":"
                              "\"a\",\"ready\":true}]}},{\"metadata\":{\"name\":\"ill\"},"
                              "\"status\":{\"containerStatuses\":"
                              "[{\"name\":\"b\",\"ready\":false,\"restartCount\":2}]}},{}]}",
                              0, NULL);
    is_json(sources_follow(row("logs"), model, pods, NULL, NULL),
            "[{\"model\":\"f1\",\"pod\":\"ill\",\"container\":\"b\",\"previous\":\"false\"},"
            "{\"model\":\"f1\",\"pod\":\"ill\",\"container\":\"b\",\"previous\":\"true\"},"
            "{\"model\":\"f1\",\"pod\":\"well\",\"container\":\"a\",\"previous\":\"false\"}]");
    json_decref(pods);
    for (const struct source *s = sources; s->name; s++) { /* answers of any other shape */
        json_decref(sources_follow(s, model, NULL, NULL, NULL));
        json_t *odd =
            json_loads("{\"items\":{\"a\":[1]},\"applications\":[2],\"data\":3}", 0, NULL);
        json_decref(sources_follow(s, model, odd, odd, odd));
        json_decref(odd);
    }
    json_decref(model);
}

static void sources__know_where_a_service_can_be_reached_from_outside(void **state) {
    (void)state;
    json_t *cluster = json_pack("{s:s}", "context", "c1");
    json_t *services =
        json_loads("{\"items\":[{\"metadata\":{\"name\":\"web\"},\"spec\":{\"ports\":["
                   "{\"port\":80,\"nodePort\":30080,\"protocol\":\"TCP\"},"
                   "{\"port\":53,\"nodePort\":30053,\"protocol\":\"UDP\"}]},"
                   "\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"10.9.0.1\"},{\"hostname\":"
                   "\"lb.x\"}]}}},"
                   "{\"metadata\":{\"name\":\"inside\"},\"spec\":{\"ports\":[{\"port\":81}]}},7]}",
                   0, NULL);
    json_t *nodes = json_loads("{\"items\":[{\"status\":{\"addresses\":[{\"type\":\"InternalIP\","
                               "\"address\":\"10.0.0.1\"},"
                               "{\"type\":\"ExternalIP\",\"address\":\"10.0.0.1\"},{\"type\":"
                               "\"Hostname\",\"address\":\"n1\"},"
                               "{\"type\":\"ExternalIP\",\"address\":\"10.1.0.1\"}]}},{}]}",
                               0, NULL);
#define AT(address, port) \
    "{\"context\":\"c1\",\"address\":\"" address "\",\"port\":\"" port "\",\"service\":\"web\"}"
    is_json(sources_follow(row("service ports"), cluster, services, nodes, NULL),
            "[" AT("10.9.0.1", "80") "," AT("lb.x", "80") "," AT("10.0.0.1", "30080") "," AT(
                "10.1.0.1", "30080") "]");
    /* Of a cluster that has no nodes, as the federation is, or does not show them. */
    is_json(sources_follow(row("service ports"), cluster, services, NULL, NULL),
            "[" AT("10.9.0.1", "80") "," AT("lb.x", "80") "]");
    json_decref(services);
    json_decref(nodes);
    json_decref(cluster);
}

static void sources__ask_the_names_of_each_federated_service_in_question(void **state) {
    (void)state;
    json_t *federation = json_pack("{s:s}", "context", "federation");
    json_t *namespaces = json_pack("[s]", "default");
    json_t *services = json_loads(
        "{\"items\":[{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"}},"
        "{\"metadata\":{\"name\":\"other\",\"namespace\":\"elsewhere\"}},{\"metadata\":{}},null]}",
        0, NULL);
    is_json(sources_follow(row("federation names"), federation, services, NULL, namespaces),
            "[{\"context\":\"federation\",\"service\":\"web\",\"namespace\":\"default\"}]");
    json_decref(services);
    json_decref(namespaces);
    json_decref(federation);
}

static void sources__take_an_address_off_a_url(void **state) {
    (void)state;
    static const struct {
        const char *url, *wanted;
    } rows[] = {
        {"https://10.0.0.1:6443", "{\"address\":\"10.0.0.1\",\"port\":\"6443\"}"},
        {"https://api.example/prefix:1", "{\"address\":\"api.example\",\"port\":\"443\"}"},
        {"10.0.0.2:2379", "{\"address\":\"10.0.0.2\",\"port\":\"2379\"}"},
        {"https://", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *got = sources_address(rows[i].url, "443");
        if (rows[i].wanted)
            is_json(got, rows[i].wanted);
        else
            assert_null(got);
    }
}

static void sources__namespaces_and_models_are_those_of_the_steps(void **state) {
    (void)state;
    static const char text[] = "id: t.a\ntitle: a\nsteps:\n"
                               "  - run: [juju, add-model, --config, a=b, \"${world.prefix}f1\"]\n"
                               "  - run: [juju, add-model, --no-switch, \"${world.prefix}f1\"]\n"
                               "  - run: [juju, status, -m, other]\n"
                               "  - run: [kubectl, -n, one, get, pods, --namespace=two]\n"
                               "  - await: {context: c1, path: /api/v1/namespaces/three/pods}\n"
                               "    until: {status: 200}\n"
                               "  - run: [echo, \"${not_bound}\"]\n";
    struct problems problems = PROBLEMS_INIT;
    struct scenario *s = scenario_parse(text, strlen(text), "test", &problems);
    assert_non_null(s);
    json_t *visible = json_pack("{s:{s:s}}", "world", "prefix", "night-");
    is_json(sources_namespaces(s, visible),
            "[\"default\",\"federation-system\",\"kube-system\",\"one\",\"two\",\"three\"]");
    json_t *models = json_array();
    sources_models(s, visible, models);
    is_json(models, "[\"night-f1\"]");
    json_decref(visible);
    scenario_free(s);
    problems_release(&problems);
}

static void sources__no_name_leaves_the_folder(void **state) {
    (void)state;
    static const struct {
        const char *name, *safe;
    } rows[] = {{"c1", "c1"},
                {"../../x", "___.._x"},
                {"gke_a/b:c", "gke_a_b_c"},
                {"..", "__"},
                {"a b", "a_b"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *safe = sources_safe(rows[i].name);
        assert_null(strchr(safe, '/'));
        assert_true(*safe != '.');
        assert_string_equal(safe, rows[i].safe);
        free(safe);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources__each_row_can_be_asked_and_follows_one_that_is_there),
        cmocka_unit_test(sources__follow_the_dialect),
        cmocka_unit_test(sources__what_follows_is_read_off_the_answer),
        cmocka_unit_test(sources__know_where_a_service_can_be_reached_from_outside),
        cmocka_unit_test(sources__ask_the_names_of_each_federated_service_in_question),
        cmocka_unit_test(sources__take_an_address_off_a_url),
        cmocka_unit_test(sources__namespaces_and_models_are_those_of_the_steps),
        cmocka_unit_test(sources__no_name_leaves_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
