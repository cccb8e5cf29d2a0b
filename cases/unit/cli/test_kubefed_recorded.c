/*
 * What a kubefed of the 1.10.0-alpha.3 era, built from kubernetes/federation, was seen to send to
 * real API servers, and what of that 1.7 and 1.6 did otherwise (fixtures/exchanges): every request
 * in its order, every object whole but for what a server or a key generator chose.
 */
#include "cases/unit/cli/rig.h"

#include "harness/core/fs.h"

static const char release[] =
    "{\"command\": \"/fcp\", \"admission_flag\": \"--enable-admission-plugins\","
    "\"namespace_may_exist\": true, \"image_pull_secrets\": true, \"stub_domains\": \"always\","
    "\"etcd_image\": \"gcr.io/google_containers/etcd:3.1.10\","
    "\"objects\": {\"service\": \"apiserver\", \"deployment_apiserver\": \"apiserver\","
    "\"deployment_controller_manager\": \"controller-manager\","
    "\"credentials\": \"apiserver-credentials\", \"kubeconfig\": \"controller-manager-kubeconfig\","
    "\"claim\": \"apiserver-etcd-claim\"},"
    "\"flags\": {\"init\": {\"etcd-image\": {\"default\": "
    "\"gcr.io/google_containers/etcd:3.1.10\"},"
    "\"image\": {\"default\": \"gcr.io/k8s-jkns-e2e-gce-federation/fcp-amd64:v1.10.0-alpha.3\"}}}}";

#define NS "/api/v1/namespaces/federation-system/"

static int setup(void **state) {
    if (rig_setup(state) != 0)
        return -1;
    rig_profile_over(*state, "1.9.0", release);
    return 0;
}

static void run_init(struct rig *r) {
    static const char text[] = "[Global]\netcd-endpoints = http://127.9.1.10:4001\n"
                               "zones = juju-fed.com.\n";
    char *path = fs_join(r->dir, "p.conf");
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    char *line = xasprintf("init federation --host-cluster-context=f1 --dns-provider=coredns "
                           "--dns-zone-name=juju-fed.com. --dns-provider-config=%s "
                           "--etcd-persistent-storage=false --api-server-service-type=NodePort "
                           "--api-server-advertise-address=127.9.1.2",
                           path);
    assert_int_equal(rig_kubefed(r, line), 0);
    free(line);
    free(path);
}

/* Equality */

/* Whether text is the pattern, in which "${...}" is what a server or a key generator chose. */
static bool text_is(const char *pattern, const char *text) {
    const char *open = strstr(pattern, "${"), *close = open ? strchr(open, '}') : NULL;
    if (!close)
        return strcmp(pattern, text) == 0;
    size_t before = (size_t)(open - pattern);
    if (strncmp(pattern, text, before) != 0)
        return false;
    for (const char *rest = text + before; *rest; rest++)
        if (text_is(close + 1, rest + 1))
            return true;
    return false;
}

/* more: members that the recording lacks are allowed at the top, as an edit adds them. */
static bool value_is(const json_t *want, const json_t *have, bool more) {
    const char *key;
    json_t *value;
    size_t i;
    if (json_typeof(want) != json_typeof(have))
        return false;
    if (json_is_string(want))
        return text_is(json_string_value(want), json_string_value(have));
    if (json_is_object(want)) {
        json_object_foreach(json_mutable(want), key, value) {
            const json_t *own = json_object_get(have, key);
            if (!own || !value_is(value, own, false))
                return false;
        }
        return more || json_object_size(want) == json_object_size(have);
    }
    if (!json_is_array(want))
        return json_equal(want, have) == 1;
    json_array_foreach(want, i,
                       value) if (i >= json_array_size(have) ||
                                  !value_is(value, json_array_get(have, i), false)) return false;
    return json_array_size(want) == json_array_size(have);
}

static bool step_is(const json_t *step, const json_t *request) {
    static const char *const texts[] = {"server", "method", "path"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!request || !text_is(json_str(step, texts[i], NULL), json_str(request, texts[i], NULL)))
            return false;
    const json_t *want = json_object_get(step, "body"), *have = json_object_get(request, "body");
    bool edited = json_object_get(step, "edit") != NULL;
    if (!want)
        return edited || !have || json_is_null(have);
    return have && value_is(want, have, edited);
}

/* The step in the recording's line, its random suffix like any other choice; owned. */
static json_t *step_of(const char *line, size_t len) {
    struct buf text = BUF_INIT;
    static const char suffix[] = "-vbchz";
    for (size_t i = 0; i < len; i++) {
        bool chosen = len - i >= strlen(suffix) && memcmp(line + i, suffix, strlen(suffix)) == 0;
        if (chosen)
            buf_adds(&text, "-${suffix}");
        else
            buf_addc(&text, line[i]);
        i += chosen ? strlen(suffix) - 1 : 0;
    }
    json_t *step = json_parse(buf_str(&text), text.len, "step", NULL);
    buf_release(&text);
    assert_non_null(step);
    return step;
}

/* A request that is repeated until it is answered as wanted ("until", "text"), made or not
 * ("when"). */
static void assert_step(const json_t *exchange, const json_t *step, const char *file, size_t *at) {
    size_t first = *at;
    while (step_is(step, json_array_get(exchange, *at))) {
        ++*at;
        if (!json_object_get(step, "until") && !json_object_get(step, "text"))
            return;
    }
    if (*at > first || json_object_get(step, "when"))
        return;
    char *want = json_text(step), *have = json_text(json_array_get(exchange, *at));
    print_error("%s: request %zu is\n%s\nand was recorded as\n%s\n", file, *at + 1, have, want);
    free(want);
    free(have);
    assert_true(step_is(step, json_array_get(exchange, *at)));
}

/* What was just sent is what the file has. */
static void assert_recorded(const struct rig *r, const char *folder, const char *command) {
    char *path = xasprintf(CONFED_SOURCE_DIR "/fixtures/exchanges/%s/%s.jsonl", folder, command);
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(path, &text, NULL), 0);
    size_t at = 0;
    for (const char *line = buf_str(&text); *line;) {
        size_t len = strcspn(line, "\n");
        json_t *step = step_of(line, len);
        assert_step(r->exchange, step, path, &at);
        json_decref(step);
        line += len + (line[len] == '\n');
    }
    assert_int_equal(json_array_size(r->exchange), at);
    buf_release(&text);
    free(path);
}

static void kubefed__sends_what_was_recorded(void **state) {
    struct rig *r = *state;
    static const struct {
        const char *folder, *profile, *rbac; /* NULL: the release of the recordings */
    } rows[] = {{"kubefed-1.10", NULL, "v1"},
                {"kubefed-1.7", "1.7.0", "v1beta1"},
                {"kubefed-1.6", "1.6.2", "v1beta1"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].profile)
            rig_profile(r, rows[i].profile);
        r->rbac = rows[i].rbac;
        r->pods_after = r->health_after = 2;
        json_object_clear(r->objects);
        run_init(r);
        assert_recorded(r, rows[i].folder, "init");
        assert_int_equal(rig_kubefed(r, "join c2 --host-cluster-context=f1"), 0);
        assert_recorded(r, rows[i].folder, "join");
        assert_int_equal(rig_kubefed(r, "unjoin c2 --host-cluster-context=f1"), 0);
        assert_recorded(r, rows[i].folder, "unjoin");
    }
}

static void init__again_stops_at_the_service(void **state) {
    struct rig *r = *state;
    run_init(r);
    assert_int_equal(rig_kubefed(r,
                                 "init federation --host-cluster-context=f1 --dns-provider=coredns "
                                 "--api-server-service-type=NodePort"),
                     1);
    rig_assert_requests(r, "f1 GET /api\nf1 GET /apis\n"
                           "f1 GET /api/v1/namespaces/federation-system\n"
                           "f1 POST " NS "services apiserver\n");
    assert_non_null(strstr(buf_str(&r->out), "Creating federation control plane service..."));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(kubefed__sends_what_was_recorded),
        T(init__again_stops_at_the_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
