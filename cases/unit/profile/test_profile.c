#include "cases/unit/support/unit.h"
#include "cases/unit/support/scratch.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/profile/profile.h"

#define PROFILES CONFED_SOURCE_DIR "/fixtures/profiles"

/* In the order in which they came out. */
static const char *const releases[] = {"1.3.0", "1.6.2", "1.7.0-beta.1", "1.7.0", "1.8.0", "1.9.0"};

static struct profile *load(const char *name) {
    struct err err = {0};
    struct profile *p = profile_load(PROFILES, name, &err);
    if (!p)
        fail_msg("%s", err.text);
    return p;
}

static void profile__every_release_loads_and_knows_the_same_quirks(void **state) {
    (void)state;
    struct profile *first = load(releases[0]);
    size_t count = json_object_size(json_at(profile_json(first), "quirks", NULL));
    assert_true(count > 30);
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct profile *p = load(releases[i]);
        assert_string_equal(profile_name(p), releases[i]);
        assert_int_equal(json_object_size(json_at(profile_json(p), "quirks", NULL)), count);
        char *version = xasprintf("v%s", releases[i]);
        assert_string_equal(json_str(profile_json(p), "version", "gitVersion", NULL), version);
        free(version);
        profile_free(p);
    }
    profile_free(first);
}

static void profile__quirks_are_those_of_the_release(void **state) {
    (void)state;
    static const struct {
        const char *quirk;
        const char *on; /* one digit a release */
    } rows[] = {
        {"nodeport-dns", "111111"},
        {"etcd-tls", "111110"},
        {"kubefed-no-api-server-port", "111100"},
        {"dns-stale-global", "001111"},
        {"event-create-in-cluster-lost", "000011"},
        {"replicaset-zero-copies", "000011"},
        {"jobs-stay-federated", "111100"},
        {"autoscalers-stay-federated", "111100"},
        {"nodeport-udp-tcp", "100000"},
        {"advertise-address-no-internal-ip", "001000"},
        {"kube-dns-federations-dot", "111111"},
    };
    for (size_t release = 0; release < ARRAY_LEN(releases); release++) {
        struct profile *p = load(releases[release]);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (profile_has_quirk(p, rows[i].quirk) != (rows[i].on[release] == '1'))
                fail_msg("%s: %s", releases[release], rows[i].quirk);
        profile_free(p);
    }
}

static void profile__only_later_releases_have_the_api_server_port(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        struct profile *p = load(releases[i]);
        bool has = json_at(profile_json(p), "kubefed", "flags", "init", "api-server-port", NULL);
        assert_int_equal(has, i >= 4);
        assert_int_equal(json_flag(profile_json(p), "kubefed", "api_server_port", NULL), i >= 4);
        bool secret = json_at(profile_json(p), "kubefed", "flags", "join", "secret-name", NULL);
        assert_int_equal(secret, i <= 1);
        profile_free(p);
    }
}

/* kubefed came with 1.5: older clusters are federated by a later one. */
static void profile__parts_can_be_of_another_release(void **state) {
    (void)state;
    static const struct {
        const char *profile, *part, *version;
    } rows[] = {{"1.3.0", "cluster", "v1.3.0"},
                {"1.3.0", "kubefed", "v1.6.2"},
                {"1.3.0", "federation", "v1.6.2"},
                {"1.8.0", "kubefed", "v1.8.0"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct profile *p = load(rows[i].profile);
        assert_string_equal(json_str(profile_version(p, rows[i].part), "gitVersion", NULL),
                            rows[i].version);
        profile_free(p);
    }
}

static void profile__a_quirk_can_be_switched(void **state) {
    (void)state;
    struct err err = {0};
    struct profile *p = load("1.6.2");
    assert_true(profile_has_quirk(p, "nodeport-dns"));
    assert_int_equal(profile_set_quirk(p, "nodeport-dns=off", &err), 0);
    assert_false(profile_has_quirk(p, "nodeport-dns"));
    assert_int_equal(profile_set_quirk(p, "nodeport-dns=maybe", &err), ERR_USAGE);
    assert_int_equal(profile_set_quirk(p, "nodeport-dns", &err), ERR_USAGE);
    assert_int_equal(profile_set_quirk(p, "nosuch=on", &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "nodeport-dns"));
    profile_free(p);
}

static void profile__an_unknown_name_lists_those_that_there_are(void **state) {
    (void)state;
    struct err err = {0};
    static const char *const names[] = {"1.5.0", "", "../profiles/1.6.2", ".hidden"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_null(profile_load(PROFILES, names[i], &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_non_null(strstr(err.text, "1.6.2, 1.7.0"));
    }
}

static bool has_line(const json_t *lines, const char *kind, const char *part) {
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line) if (str_eq(json_str(line, "kind", NULL), kind) &&
                                           strstr(json_str(line, "text", NULL), part)) return true;
    return false;
}

static void profile__a_diff_is_the_check_list_of_an_upgrade(void **state) {
    (void)state;
    struct profile *a = load("1.6.2"), *b = load("1.7.0"), *c = load("1.9.0");
    json_t *lines = profile_diff(a, b);
    assert_true(has_line(lines, "upgrade", "--secret-name is gone"));
    assert_true(has_line(lines, "upgrade", "Still not there: DNS records for NodePort"));
    assert_true(has_line(lines, "new-gap", "dns-stale-global"));
    assert_true(has_line(lines, "flag", "kubefed init --etcd-image: new"));
    assert_true(has_line(lines, "flag", "kubefed join --secret-name: gone"));
    assert_true(has_line(lines, "group", "networking.k8s.io/v1 is new"));
    assert_false(has_line(lines, "upgrade", "TLS to etcd (etcd"));
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
        assert_true(str_has_prefix(json_str(line, "issue", NULL), "https://"));
    json_decref(lines);

    lines = profile_diff(a, c);
    assert_true(has_line(lines, "upgrade", "--secret-name is gone"));
    assert_true(has_line(lines, "fixed", "etcd-tls"));
    json_decref(lines);

    lines = profile_diff(b, a);
    assert_true(has_line(lines, "downgrade", "Undone: kubefed join --secret-name is gone"));
    json_decref(lines);

    lines = profile_diff(a, a);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    profile_free(a);
    profile_free(b);
    profile_free(c);
}

static void profile__bad_files_are_refused_with_their_reason(void **state) {
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"[]", "one JSON object"},
        {"{", "}"},
        {"{\"base\": \"x\"}", "a circle"},
        {"{\"base\": \"nosuch\"}", "no profile \"nosuch\""},
        {"{\"version\": {}}", "\"cluster\" must be an object"},
        {"{\"version\":{},\"cluster\":{},\"federation\":{},\"kubefed\":{},\"juju\":{},"
         "\"quirks\":{\"a\":{\"on\":1}}}",
         "quirk \"a\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        char *path = fs_join(*state, "x.json");
        assert_int_equal(fs_write_atomic(path, rows[i].text, strlen(rows[i].text), 0600, &err), 0);
        assert_null(profile_load(*state, "x", &err));
        if (!strstr(err.text, rows[i].reason))
            fail_msg("row %zu: %s", i, err.text);
        free(path);
    }
}

static void profile__names_are_sorted_and_a_missing_folder_is_said(void **state) {
    (void)state;
    struct err err = {0};
    json_t *names = profile_names(PROFILES, &err);
    assert_int_equal(json_array_size(names), ARRAY_LEN(releases));
    for (size_t i = 1; i < ARRAY_LEN(releases); i++)
        assert_true(strcmp(json_string_value(json_array_get(names, i - 1)),
                           json_string_value(json_array_get(names, i))) < 0);
    json_decref(names);
    assert_null(profile_names(PROFILES "/nosuch", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile__every_release_loads_and_knows_the_same_quirks),
        cmocka_unit_test(profile__quirks_are_those_of_the_release),
        cmocka_unit_test(profile__only_later_releases_have_the_api_server_port),
        cmocka_unit_test(profile__parts_can_be_of_another_release),
        cmocka_unit_test(profile__a_quirk_can_be_switched),
        cmocka_unit_test(profile__an_unknown_name_lists_those_that_there_are),
        cmocka_unit_test(profile__a_diff_is_the_check_list_of_an_upgrade),
        cmocka_unit_test_setup_teardown(profile__bad_files_are_refused_with_their_reason,
                                        scratch_make, scratch_remove),
        cmocka_unit_test(profile__names_are_sorted_and_a_missing_folder_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
