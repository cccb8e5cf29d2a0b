#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_changes.h"
#include "harness/driver/settle_account.h"
#include "harness/model/juju_status.h"

#include <stdlib.h>
#include <string.h>

struct account {
    struct settle_account *a;
    int64_t now_ms;
};

static const struct settle_rules rules = {
    .looks = 3, .quiet_ms = 15000, .broken_ms = 300000, .retries = 5, .broken_said_s = 300};

static int setup(void **state) {
    struct account *t = xcalloc(1, sizeof(*t));
    t->a = settle_account_new(&rules, 0);
    *state = t;
    return 0;
}

static int teardown(void **state) {
    struct account *t = *state;
    settle_account_free(t->a);
    free(t);
    return 0;
}

/* "etcd/0 active/idle": a look at a model of these units, seconds after the one before. */
struct unit_now {
    const char *name, *workload, *agent, *message, *doing, *since;
};

static void look(struct account *t, int64_t after_s, const struct unit_now *units, size_t count) {
    json_t *apps = json_object(), *status = json_pack("{s:{s:s}}", "model", "name", "f1");
    for (size_t i = 0; i < count; i++) {
        const struct unit_now *u = &units[i];
        char *app = xstrndup(u->name, strcspn(u->name, "/"));
        json_t *entry = json_ensure_object(apps, app);
        json_object_set_new(entry, "application-status",
                            json_pack("{s:s}", "current", u->workload));
        json_object_set_new(json_ensure_object(entry, "units"), u->name,
                            json_pack("{s:{s:s,s:s*,s:s*}, s:{s:s,s:s*}}", "workload-status",
                                      "current", u->workload, "message", u->message, "since",
                                      u->since, "juju-status", "current", u->agent, "message",
                                      u->doing));
        free(app);
    }
    json_object_set_new(status, "applications", apps);
    struct err err = {0};
    json_t *entities = juju_status_entities(status, &err);
    if (!entities)
        fail_msg("%s", err.text);
    t->now_ms += after_s * 1000;
    settle_account_look(t->a, entities, t->now_ms);
    json_decref(entities);
    json_decref(status);
}

static void look_at(struct account *t, int64_t after_s, struct unit_now u) {
    look(t, after_s, &u, 1);
}

static const struct unit_now well = {"etcd/0", "active", "idle", NULL, NULL, NULL};

static bool met(const struct account *t) {
    return settle_account_is_met(t->a, t->now_ms);
}

static void settle__wants_as_many_looks_as_it_is_told(void **state) {
    struct account *t = *state;
    look_at(t, 60, well);
    assert_false(met(t));
    look_at(t, 60, well); /* long enough, but a second look only */
    assert_false(met(t));
    look_at(t, 60, well);
    assert_true(met(t));
}

static void settle__wants_as_much_time_as_it_is_told(void **state) {
    struct account *t = *state;
    for (int i = 0; i < 15; i++) {
        look_at(t, 1, well);
        assert_false(met(t));
    }
    look_at(t, 1, well);
    assert_true(met(t));
}

static void settle__begins_anew_when_anything_moves(void **state) {
    struct account *t = *state;
    static const struct unit_now moving[] = {
        {"etcd/0", "active", "executing", NULL, "running update-status hook", NULL},
        {"etcd/0", "maintenance", "idle", NULL, NULL, NULL},
        {"etcd/0", "error", "idle", "hook failed: \"start\"", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(moving); i++) {
        for (int k = 0; k < 4; k++)
            look_at(t, 10, well);
        assert_true(met(t));
        look_at(t, 10, moving[i]);
        assert_false(met(t));
        look_at(t, 10, well);
        look_at(t, 10, well);
        assert_false(met(t));
    }
    settle_account_miss(t->a); /* nothing was to be seen */
    look_at(t, 10, well);
    assert_false(met(t));
}

static void settle__counts_from_our_own_last_change(void **state) {
    struct account *t = *state;
    for (int k = 0; k < 4; k++)
        look_at(t, 10, well);
    assert_true(met(t));
    /* Somebody changes an option: what was seen before that says nothing, though it stays so. */
    settle_account_changed(t->a, t->now_ms + 5000);
    look_at(t, 10, well);
    assert_false(met(t));
    look_at(t, 10, well);
    assert_false(met(t));
    look_at(t, 10, well);
    assert_true(met(t));
    settle_account_changed(t->a, 1000); /* an older one than is known */
    assert_true(met(t));
}

static char *hopeless(const struct account *t) {
    return settle_account_hopeless(t->a);
}

static void no_hope(const struct account *t, const char *text) {
    char *why = hopeless(t);
    assert_non_null(why);
    assert_string_equal(why, text);
    free(why);
}

static void error_at(struct account *t, int64_t after_s, const char *since) {
    look_at(t, after_s,
            (struct unit_now){"etcd/0", "error", "idle", "hook failed: \"install\"", NULL, since});
}

static void try_again(struct account *t, int64_t after_s, const char *hook) {
    char *doing = xasprintf("running %s hook", hook);
    look_at(t, after_s, (struct unit_now){"etcd/0", "maintenance", "executing", NULL, doing, NULL});
    free(doing);
}

static void settle__of_a_hook_has_no_hope_after_its_retries(void **state) {
    struct account *t = *state;
    static const char *const since[] = {"10:00:01", "10:00:09", "10:00:22", "10:00:45", "10:01:30"};
    for (size_t i = 0; i < ARRAY_LEN(since); i++) {
        error_at(t, 5, since[i]);
        assert_null(hopeless(t));
        if (i % 2) /* a try is seen now and then; the time that Juju says tells of the others */
            try_again(t, 5, "install");
        assert_null(hopeless(t));
    }
    error_at(t, 5, "10:01:30.5");
    no_hope(t, "etcd/0 is error, agent idle: hook failed: \"install\", also after Juju tried it "
               "again 5 times");
}

static void settle__of_a_hook_without_times_counts_the_tries_that_are_seen(void **state) {
    struct account *t = *state;
    for (int i = 0; i < 5; i++) {
        error_at(t, 5, NULL);
        error_at(t, 5, NULL); /* the same failure, seen twice */
        try_again(t, 5, "install");
        assert_null(hopeless(t));
    }
    error_at(t, 5, NULL);
    char *why = hopeless(t);
    assert_non_null(why);
    free(why);
}

static void settle__of_a_hook_is_looked_at_closely_as_long_as_juju_tries(void **state) {
    struct account *t = *state;
    look_at(t, 5, (struct unit_now){"etcd/0", "waiting", "idle", "Waiting.", NULL, NULL});
    assert_true(settle_account_only_waits(t->a));
    error_at(t, 5, "10:00:01");
    assert_false(settle_account_only_waits(t->a));
    try_again(t, 5, "install"); /* not in error now, and it may fail again at once */
    assert_false(settle_account_only_waits(t->a));
    try_again(t, 5, "start");
    assert_true(settle_account_only_waits(t->a));
    look_at(t, 5, well);
    assert_false(settle_account_only_waits(t->a));
}

static void settle__forgets_a_hook_that_was_mended(void **state) {
    struct account *t = *state;
    for (int i = 0; i < 20; i++) {
        error_at(t, 5, NULL);
        try_again(t, 5, "install");
        try_again(t, 5, "start"); /* which is another */
        assert_null(hopeless(t));
    }
    for (int i = 0; i < 10; i++) {
        error_at(t, 5, NULL);
        look_at(t, 5, well);
        assert_null(hopeless(t));
    }
}

static void settle__of_what_is_broken_otherwise_has_no_hope_after_a_while(void **state) {
    struct account *t = *state;
    const struct unit_now lost = {"etcd/0", "unknown", "lost", "agent lost", NULL, "10:00:00"};
    look_at(t, 1, lost);
    look_at(t, 299, lost);
    assert_null(hopeless(t));
    look_at(t, 1, lost);
    no_hope(t,
            "etcd/0 is unknown, agent lost: agent lost, and was so for 300 s, in which Juju could "
            "have mended it");
    /* One that comes back in time. */
    look_at(t, 1, well);
    assert_null(hopeless(t));
    look_at(t, 1, lost);
    look_at(t, 200, lost);
    assert_null(hopeless(t));
}

static void settle__that_is_tried_again_for_too_long_has_no_hope_either(void **state) {
    struct account *t = *state;
    error_at(t, 1, "10:00:00");
    for (int i = 0; i < 3; i++) {
        try_again(t, 50, "install");
        error_at(t, 50, NULL);
    }
    char *why = hopeless(t); /* 4 failures in 300 s */
    assert_non_null(why);
    free(why);
}

static void settle__tells_who_is_waited_for_and_since_when(void **state) {
    struct account *t = *state;
    const struct unit_now units[] = {
        {"a/0", "active", "idle", NULL, NULL, NULL},
        {"b/0", "waiting", "idle", "Waiting for a.", NULL, "10:00:00"},
        {"c/0", "maintenance", "executing", "Installing c.", NULL, NULL},
    };
    look(t, 10, units, ARRAY_LEN(units));
    look(t, 25, units, ARRAY_LEN(units));
    int64_t for_ms = -1;
    char *text = settle_account_blocker(t->a, t->now_ms + 500, &for_ms);
    assert_string_equal(text, "b/0 is waiting, agent idle: Waiting for a. (and 1 more)");
    assert_int_equal(for_ms, 25500);
    free(text);
    text = settle_account_unsettled(t->a, t->now_ms + 500);
    assert_string_equal(text, "b/0 is waiting, agent idle: Waiting for a. (for 25.5 s); c/0 is "
                              "maintenance, agent executing: Installing c. (for 25.5 s)");
    free(text);
    json_t *waiting = settle_account_waiting(t->a, t->now_ms);
    assert_int_equal(json_int(waiting, 0, "c/0", "for_ms", NULL), 25000);
    assert_string_equal(json_str(waiting, "b/0", "said", NULL),
                        "b/0 is waiting, agent idle: Waiting for a.");
    assert_null(json_object_get(waiting, "a/0"));
    json_decref(waiting);
    /* Who moved on, counts anew. */
    const struct unit_now later[] = {
        units[0], units[1], {"c/0", "maintenance", "executing", "Starting c.", NULL, NULL}};
    look(t, 10, later, ARRAY_LEN(later));
    text = settle_account_unsettled(t->a, t->now_ms);
    assert_non_null(strstr(text, "Waiting for a. (for 35.0 s)"));
    assert_non_null(strstr(text, "Starting c. (for 0.0 s)"));
    free(text);
}

static void settle__reports_how_long_each_took(void **state) {
    struct account *t = *state;
    struct unit_now units[] = {
        {"a/0", "waiting", "idle", NULL, NULL, NULL},
        {"b/0", "waiting", "idle", NULL, NULL, NULL},
    };
    look(t, 10, units, 2);
    units[0].workload = "active";
    look(t, 10, units, 2); /* a at 20 s, but not for good */
    units[0].agent = "executing";
    look(t, 10, units, 2);
    units[0].agent = "idle";
    units[1].workload = "active";
    look(t, 10, units, 2);
    look(t, 10, units, 2);
    json_t *waited = settle_account_waited(t->a);
    assert_int_equal(json_int(waited, 0, "a/0", NULL), 40000);
    assert_int_equal(json_int(waited, 0, "b/0", NULL), 40000);
    json_decref(waited);
    look(t, 10, units, 1); /* b is removed */
    waited = settle_account_waited(t->a);
    assert_null(json_object_get(waited, "b/0"));
    json_decref(waited);
}

static void changes__are_the_juju_commands_that_change_a_model(void **state) {
    (void)state;
    static const struct {
        const char *line, *model;
        bool changes;
    } rows[] = {
        {"juju deploy -m f1 ./bundle.yaml", "f1", true},
        {"juju deploy -m lab:admin/f1 ./bundle.yaml", "f1", true},
        {"juju deploy --model=admin/f1 ./bundle.yaml", "f1", true},
        {"juju deploy -m f1 ./bundle.yaml", "c1", false},
        {"juju config kubernetes-master enable-coredns=True", "f1", true},
        {"juju config kubernetes-master enable-coredns", "f1", false},
        {"juju config kubernetes-master --reset enable-coredns", "f1", true},
        {"/opt/juju run --application kubernetes-worker open-port", "c2", true},
        {"juju status -m f1", "f1", false},
        {"juju models", "f1", false},
        {"kubectl deploy -m f1", "f1", false},
        {"juju", "f1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *changes = json_object(), *argv = json_array();
        char *line = xstrdup(rows[i].line), *rest = line, *one;
        while ((one = str_next(&rest, ' ')))
            json_array_append_new(argv, json_string(one));
        juju_changes_note(changes, argv, 42);
        if ((juju_changes_last(changes, rows[i].model) == 42) != rows[i].changes)
            fail_msg("%s: %s", rows[i].line, rows[i].model);
        free(line);
        json_decref(argv);
        json_decref(changes);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(settle__wants_as_many_looks_as_it_is_told),
        TEST(settle__wants_as_much_time_as_it_is_told),
        TEST(settle__begins_anew_when_anything_moves),
        TEST(settle__counts_from_our_own_last_change),
        TEST(settle__of_a_hook_has_no_hope_after_its_retries),
        TEST(settle__of_a_hook_without_times_counts_the_tries_that_are_seen),
        TEST(settle__of_a_hook_is_looked_at_closely_as_long_as_juju_tries),
        TEST(settle__forgets_a_hook_that_was_mended),
        TEST(settle__of_what_is_broken_otherwise_has_no_hope_after_a_while),
        TEST(settle__that_is_tried_again_for_too_long_has_no_hope_either),
        TEST(settle__tells_who_is_waited_for_and_since_when),
        TEST(settle__reports_how_long_each_took),
        cmocka_unit_test(changes__are_the_juju_commands_that_change_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
