#include "cases/unit/apiserver/apiserver_fixture.h"

#define CMS "/api/v1/namespaces/default/configmaps"
#define EVENTS "/api/v1/namespaces/default/events"

static void make(struct fixture *f, const char *name, const char *label) {
    char *body =
        xasprintf("{\"metadata\":{\"name\":\"%s\",\"labels\":{\"a\":\"%s\"}}}", name, label);
    assert_int_equal(call(f, "POST", CMS, body), 201);
    free(body);
}

static const char *body_of(const struct fixture *f) {
    return buf_str(&f->exchange->body);
}

/* "ADDED x MODIFIED x ": types and names of the events so far. */
static const char *events(const struct fixture *f, char text[512]) {
    text[0] = '\0';
    const char *p = body_of(f);
    while ((p = strstr(p, "{\"type\":\""))) {
        json_t *event = json_loads(p, JSON_DISABLE_EOF_CHECK, NULL);
        const char *name = json_str(event, "object", "metadata", "name", NULL);
        size_t len = strlen(text);
        snprintf(text + len, 512 - len, "%s %s ", json_str(event, "type", NULL), name ? name : "-");
        json_decref(event);
        p++;
    }
    return text;
}

static void watch__begins_with_what_is_there(void **state) {
    struct fixture *f = *state;
    char text[512];
    make(f, "x", "1");
    assert_int_equal(wire(f, "GET", CMS "?watch=true", NULL, NULL), 200);
    assert_string_equal(events(f, text), "ADDED x ");
    make(f, "y", "1");
    assert_int_equal(call(f, "DELETE", CMS "/x", NULL), 200);
    assert_string_equal(events(f, text), "ADDED x ADDED y DELETED x ");
    assert_int_equal(f->exchange->chunks, 3);
}

static void watch__resumes_from_any_version_without_a_gap(void **state) {
    struct fixture *f = *state;
    char text[512], target[128];
    make(f, "x", "1");
    const char *rv = json_str(f->answer, "metadata", "resourceVersion", NULL);
    snprintf(target, sizeof(target), CMS "?watch=1&resourceVersion=%s", rv);
    make(f, "y", "1");
    assert_int_equal(call(f, "PATCH", CMS "/x", "{\"data\":{\"k\":\"v\"}}"), 200);
    wire(f, "GET", target, NULL, NULL);
    assert_string_equal(events(f, text), "ADDED y MODIFIED x ");
}

static void watch__sees_objects_enter_and_leave_its_selector(void **state) {
    struct fixture *f = *state;
    char text[512];
    wire(f, "GET", CMS "?watch=true&labelSelector=a%3D1", NULL, NULL);
    make(f, "x", "2");
    call(f, "PATCH", CMS "/x", "{\"metadata\":{\"labels\":{\"a\":\"1\"}}}");
    call(f, "PATCH", CMS "/x", "{\"data\":{\"k\":\"v\"}}");
    call(f, "PATCH", CMS "/x", "{\"metadata\":{\"labels\":{\"a\":\"2\"}}}");
    assert_string_equal(events(f, text), "ADDED x MODIFIED x DELETED x ");
}

/* What is told is what the watcher knew of it, with the version at which it left. */
static void watch__tells_what_leaves_as_it_was(void **state) {
    struct fixture *f = *state;
    make(f, "x", "1");
    wire(f, "GET", CMS "?watch=true&labelSelector=a%3D1&resourceVersion=0", NULL, NULL);
    call(f, "PATCH", CMS "/x", "{\"metadata\":{\"labels\":{\"a\":\"2\"}}}");
    char *rv = xstrdup(json_str(f->answer, "metadata", "resourceVersion", NULL));
    const char *line = strstr(body_of(f), "{\"type\":\"DELETED\"");
    assert_non_null(line);
    json_t *event = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    assert_string_equal(json_str(event, "object", "metadata", "labels", "a", NULL), "1");
    assert_string_equal(json_str(event, "object", "metadata", "resourceVersion", NULL), rv);
    json_decref(event);
    free(rv);
}

static void watch__from_before_the_history_ends_with_410(void **state) {
    struct fixture *f = *state;
    make(f, "x", "1");
    for (int i = 0; i < 8300; i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"data\":{\"k\":\"%d\"}}", i);
        call(f, "PATCH", CMS "/x", body);
    }
    assert_int_equal(wire(f, "GET", CMS "?watch=true&resourceVersion=2", NULL, NULL), 200);
    assert_non_null(strstr(body_of(f), "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\","
                                       "\"apiVersion\":\"v1\",\"metadata\":{},\"status\":"
                                       "\"Failure\",\"message\":\"too old resource version: 2 ("));
    assert_non_null(strstr(body_of(f), "\"reason\":\"Gone\",\"code\":410}}\n"));
    assert_true(f->exchange->ended);
}

/* What is remembered has a bound in bytes too: 128 MiB. */
static void watch__goes_back_less_far_when_objects_are_large(void **state) {
    struct fixture *f = *state;
    char *text = xmalloc(3000001), target[128];
    memset(text, 'a', 3000000);
    text[3000000] = '\0';
    assert_int_equal(call(f, "POST", EVENTS, "{\"metadata\":{\"name\":\"x\"}}"), 201);
    int64_t first = apiserver_version(f->api);
    for (int i = 0; i < 50; i++) {
        json_t *body = json_pack("{s:s,s:i}", "message", text, "count", i);
        assert_int_equal(apiserver_call(f->api, "PATCH", EVENTS "/x", body, NULL), 200);
        json_decref(body);
    }
    free(text);
    snprintf(target, sizeof(target), EVENTS "?watch=true&resourceVersion=%lld", (long long)first);
    wire(f, "GET", target, NULL, NULL);
    assert_non_null(strstr(body_of(f), "\"code\":410"));
    snprintf(target, sizeof(target), EVENTS "?watch=true&resourceVersion=%lld",
             (long long)first + 40);
    wire(f, "GET", target, NULL, NULL);
    assert_non_null(strstr(body_of(f), "{\"type\":\"MODIFIED\""));
}

static void watch__in_the_future_is_silent(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", CMS "?watch=true&resourceVersion=999999", NULL, NULL);
    make(f, "x", "1");
    assert_string_equal(body_of(f), "");
}

static void watch__ends_after_its_timeout(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", CMS "?watch=true&timeoutSeconds=3", NULL, NULL);
    sched_advance(f->sched, 2999);
    assert_true(f->exchange->streaming);
    sched_advance(f->sched, 1);
    assert_true(f->exchange->ended);
}

static void watch__sends_bookmarks_to_those_who_asked(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", CMS "?watch=true&allowWatchBookmarks=true&resourceVersion=3", NULL, NULL);
    sched_advance(f->sched, 60000);
    assert_non_null(
        strstr(body_of(f), "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ConfigMap\""));
}

static void watch__streams_a_list_and_says_where_it_ends(void **state) {
    struct fixture *f = *state;
    make(f, "x", "1");
    wire(f, "GET",
         CMS "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true"
             "&resourceVersionMatch=NotOlderThan&resourceVersion=1",
         NULL, NULL);
    const char *first = strstr(body_of(f), "{\"type\":\"ADDED\"");
    const char *end = strstr(body_of(f), "\"k8s.io/initial-events-end\":\"true\"");
    assert_non_null(first);
    assert_non_null(end);
    assert_true(first < end);
    assert_null(strstr(end, "ADDED"));
}

static void watch__takes_up_what_is_there_or_begins_without_it(void **state) {
    static const struct {
        const char *query, *events;
    } rows[] = {
        {"resourceVersion=0", "ADDED x ADDED y "},
        {"resourceVersion=", "ADDED x ADDED y "},
        {"sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "ADDED x ADDED y "},
        {"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
         "ADDED x BOOKMARK - ADDED y "},
        {"sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0", "ADDED y "},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[512], target[256];
        make(f, "x", "1");
        snprintf(target, sizeof(target), CMS "?watch=true&%s", rows[i].query);
        assert_int_equal(wire(f, "GET", target, NULL, NULL), 200);
        make(f, "y", "1");
        assert_string_equal(events(f, text), rows[i].events);
        assert_int_equal(call(f, "DELETE", CMS "/x", NULL), 200);
        assert_int_equal(call(f, "DELETE", CMS "/y", NULL), 200);
    }
}

/* The texts are those of apimachinery's ValidateListOptions. */
static void watch__and_list_refuse_options_that_do_not_go_together(void **state) {
    static const struct {
        const char *query, *message;
    } rows[] = {
        {"watch=true&sendInitialEvents=true",
         "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
         "resourceVersionMatch to NotOlderThan"},
        {"watch=true&resourceVersionMatch=NotOlderThan",
         "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless "
         "sendInitialEvents is provided"},
        {"watch=true&sendInitialEvents=true&resourceVersionMatch=Exact",
         "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
         "resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "
         "\"Exact\": supported values: \"NotOlderThan\"]"},
        {"watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x",
         "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is "
         "provided"},
        {"resourceVersionMatch=Exact",
         "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
         "resourceVersion is provided"},
        {"resourceVersionMatch=Exact&resourceVersion=0",
         "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for "
         "resourceVersion \"0\""},
        {"resourceVersionMatch=Newest&resourceVersion=1",
         "resourceVersionMatch: Unsupported value: \"Newest\": supported values: \"Exact\", "
         "\"NotOlderThan\", \"\""},
        {"sendInitialEvents=true",
         "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char target[256], wanted[512];
        snprintf(target, sizeof(target), CMS "?%s", rows[i].query);
        snprintf(wanted, sizeof(wanted), "ListOptions.meta.k8s.io \"\" is invalid: %s",
                 rows[i].message);
        int status = wire(f, "GET", target, NULL, NULL);
        json_t *got = json_loads(body_of(f), 0, NULL);
        const char *text = json_str(got, "message", NULL);
        if (status != 422 || !text || strcmp(text, wanted) != 0)
            fail_msg("%s: %d, %s", rows[i].query, status, text);
        assert_string_equal(json_str(got, "reason", NULL), "Invalid");
        assert_string_equal(json_str(got, "details", "kind", NULL), "ListOptions");
        json_decref(got);
    }
}

/* "a1 b2 ": names and labels of what was listed. */
static const char *listed(const struct fixture *f, char text[512]) {
    const json_t *items = json_object_get(f->answer, "items");
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *meta = json_object_get(json_array_get(items, i), "metadata");
        size_t len = strlen(text);
        snprintf(text + len, 512 - len, "%s%s ", json_str(meta, "name", NULL),
                 json_str(meta, "labels", "a", NULL));
    }
    return text;
}

static void list__at_an_exact_version_is_what_was_there(void **state) {
    struct fixture *f = *state;
    char target[128], text[512], body[64];
    make(f, "b", "1");
    make(f, "d", "1");
    json_t *made = json_incref(f->answer);
    const char *rv = json_str(made, "metadata", "resourceVersion", NULL);
    snprintf(target, sizeof(target), CMS "?resourceVersionMatch=Exact&resourceVersion=%s", rv);
    make(f, "a", "1");
    make(f, "c", "1");
    call(f, "PATCH", CMS "/b", "{\"metadata\":{\"labels\":{\"a\":\"2\"}}}");
    call(f, "PATCH", CMS "/b", "{\"metadata\":{\"labels\":{\"a\":\"3\"}}}");
    call(f, "DELETE", CMS "/d", NULL);
    call(f, "DELETE", CMS "/a", NULL);
    assert_int_equal(call(f, "GET", target, NULL), 200);
    assert_string_equal(listed(f, text), "b1 d1 ");
    assert_string_equal(json_str(f->answer, "metadata", "resourceVersion", NULL), rv);
    assert_string_equal(json_str(f->answer, "items", "[1]", "metadata", "resourceVersion", NULL),
                        rv);
    for (int i = 0; i < 8200; i++) {
        snprintf(body, sizeof(body), "{\"data\":{\"k\":\"%d\"}}", i);
        call(f, "PATCH", CMS "/b", body);
    }
    assert_int_equal(call(f, "GET", target, NULL), 410);
    assert_string_equal(json_str(f->answer, "reason", NULL), "Expired");
    json_decref(made);
}

static void list__goes_on_with_what_was_there_when_it_began(void **state) {
    struct fixture *f = *state;
    char target[256], text[512];
    static const char *const names[] = {"a", "c", "e"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        make(f, names[i], "1");
    call(f, "GET", CMS "?limit=1", NULL);
    snprintf(target, sizeof(target), CMS "?limit=5&continue=%s",
             json_str(f->answer, "metadata", "continue", NULL));
    make(f, "b", "1");
    call(f, "DELETE", CMS "/c", NULL);
    call(f, "PATCH", CMS "/e", "{\"metadata\":{\"labels\":{\"a\":\"2\"}}}");
    assert_int_equal(call(f, "GET", target, NULL), 200);
    assert_string_equal(listed(f, text), "c1 e1 ");
    snprintf(target + strlen(target), 64, "&resourceVersion=1");
    assert_int_equal(call(f, "GET", target, NULL), 400);
    assert_string_equal(message(f),
                        "specifying resource version is not allowed when using continue");
}

static void watch__cuts_off_a_reader_that_does_not_read(void **state) {
    struct fixture *f = *state;
    wire(f, "GET", CMS "?watch=true", NULL, NULL);
    f->exchange->backlog = (size_t)64 << 20;
    make(f, "x", "1");
    char text[512];
    assert_true(f->exchange->ended); /* properly: what waits for it is whole */
    make(f, "y", "1");
    assert_string_equal(events(f, text), "ADDED x ");
}

static void watch__of_a_table_names_its_columns_once(void **state) {
    struct fixture *f = *state;
    make(f, "x", "1");
    wire(f, "GET", CMS "?watch=true", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io", NULL);
    make(f, "y", "1");
    const char *first = strstr(body_of(f), "\"columnDefinitions\":[{");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"columnDefinitions\":[{"));
}

static void watch__of_one_namespace_hears_no_other(void **state) {
    struct fixture *f = *state;
    char text[512];
    wire(f, "GET", "/api/v1/watch/namespaces/kube-system/configmaps", NULL, NULL);
    make(f, "x", "1");
    call(f, "POST", "/api/v1/namespaces/kube-system/configmaps", "{\"metadata\":{\"name\":\"k\"}}");
    assert_string_equal(events(f, text), "ADDED k ");
}

#define WATCH(name) cmocka_unit_test_setup_teardown(name, fixture_cluster, fixture_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WATCH(watch__begins_with_what_is_there),
        WATCH(watch__resumes_from_any_version_without_a_gap),
        WATCH(watch__sees_objects_enter_and_leave_its_selector),
        WATCH(watch__tells_what_leaves_as_it_was),
        WATCH(watch__from_before_the_history_ends_with_410),
        WATCH(watch__goes_back_less_far_when_objects_are_large),
        WATCH(watch__in_the_future_is_silent),
        WATCH(watch__ends_after_its_timeout),
        WATCH(watch__sends_bookmarks_to_those_who_asked),
        WATCH(watch__streams_a_list_and_says_where_it_ends),
        WATCH(watch__takes_up_what_is_there_or_begins_without_it),
        WATCH(watch__and_list_refuse_options_that_do_not_go_together),
        WATCH(list__at_an_exact_version_is_what_was_there),
        WATCH(list__goes_on_with_what_was_there_when_it_began),
        WATCH(watch__cuts_off_a_reader_that_does_not_read),
        WATCH(watch__of_a_table_names_its_columns_once),
        WATCH(watch__of_one_namespace_hears_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
