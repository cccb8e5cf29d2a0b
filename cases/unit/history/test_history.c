#include "cases/unit/support/unit.h"

#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/history/history.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64];
    char *file;
};

static int setup(void **state) {
    struct place *p = xcalloc(1, sizeof(*p));
    (void)snprintf(p->dir, sizeof(p->dir), "/tmp/confed-history.XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    p->file = fs_join(p->dir, "history.db");
    *state = p;
    return 0;
}

static int teardown(void **state) {
    struct place *p = *state;
    (void)fs_remove_tree(p->dir, NULL);
    free(p->file);
    free(p);
    return 0;
}

/* A run of day n, with a.gap in the given verdict and a.other always passed. */
static json_t *run_of(int day, const char *verdict) {
    char run[20], started[40];
    (void)snprintf(run, sizeof(run), "r%02d", day);
    (void)snprintf(started, sizeof(started), "2017-06-%02dT09:00:00.000Z", day);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:[{s:s, s:s, s:s, s:i, s:{s:s, s:s, s:s}},"
                     " {s:s, s:s, s:i}]}",
                     "version", 1, "run", run, "started", started, "world", "sim", "kubernetes",
                     "1.6.2", "exit", 0, "results", "case", "a.gap", "title", "has a gap",
                     "verdict", verdict, "elapsed_ms", 100 + day, "gap", "id", "G1", "title", "gap",
                     "url", "https://example.org/1", "case", "a.other", "verdict", "passed",
                     "elapsed_ms", 7000);
}

static bool add(const struct place *p, int day, const char *verdict) {
    struct err err = {0};
    bool added = false;
    struct history *h = history_open(p->file, true, &err);
    json_t *run = run_of(day, verdict);
    if (!h || history_add(h, run, &added, &err) < 0)
        fail_msg("%s", err.text);
    json_decref(run);
    history_free(h);
    return added;
}

static json_t *read_all(const struct place *p, const struct history_query *q) {
    struct err err = {0};
    struct history *h = history_open(p->file, false, &err);
    json_t *document = h ? history_read(h, q, &err) : NULL;
    if (!document)
        fail_msg("%s", err.text);
    history_free(h);
    return document;
}

static char *text_of(const struct place *p, const struct history_query *q) {
    json_t *document = read_all(p, q);
    char *text = json_dumps(document, JSON_SORT_KEYS);
    json_decref(document);
    return text;
}

static void history__a_gap_has_a_first_and_a_last_day(void **state) {
    const struct place *p = *state;
    assert_true(add(p, 3, "known-gap"));
    assert_true(add(p, 5, "gap-vanished"));
    assert_true(add(p, 4, "known-gap"));
    assert_true(add(p, 1, "passed")); /* an entry that is not applied says nothing about the gap */
    json_t *d = read_all(p, &(struct history_query){0});
    const json_t *gap = json_at(d, "gaps", "[0]", NULL);
    assert_string_equal(json_str(gap, "first_seen", "run", NULL), "r03");
    assert_string_equal(json_str(gap, "last_seen", "run", NULL), "r04");
    assert_string_equal(json_str(gap, "vanished", "run", NULL), "r05");
    assert_string_equal(json_str(gap, "state", NULL), "vanished");
    assert_int_equal(json_int(gap, 0, "seen", NULL), 2);
    assert_string_equal(json_str(gap, "cases", "[0]", NULL), "a.gap");
    /* In the order in which they started, whatever the order in which they were added. */
    assert_string_equal(json_str(d, "runs", "[0]", "run", NULL), "r01");
    assert_string_equal(json_str(d, "cases", "[0]", "verdicts", "[3]", NULL), "gap-vanished");
    assert_int_equal(json_int(d, 0, "cases", "[0]", "elapsed_ms", "[1]", NULL), 103);
    assert_int_equal(json_int(d, 0, "cases", "[1]", "elapsed_ms", "[1]", NULL), 7000);
    json_decref(d);
}

static void history__a_run_that_is_added_twice_changes_nothing(void **state) {
    const struct place *p = *state;
    assert_true(add(p, 1, "known-gap"));
    char *before = text_of(p, &(struct history_query){0});
    assert_false(add(p, 1, "known-gap"));
    assert_false(add(p, 1, "failed")); /* not even when it says something else now */
    char *after = text_of(p, &(struct history_query){0});
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void history__a_query_takes_only_what_it_asks_for(void **state) {
    const struct place *p = *state;
    for (int day = 1; day <= 5; day++)
        (void)add(p, day, "known-gap");
    static const struct {
        struct history_query q;
        size_t runs, cases;
    } rows[] = {
        {{0}, 5, 2},
        {{.last = 2}, 2, 2},
        {{.cases = "a.o*"}, 5, 1},
        {{.cases = "z.*"}, 5, 0},
        {{.world = "sim"}, 5, 2},
        {{.world = "juju"}, 0, 0},
        {{.kubernetes = "1.7.0"}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *d = read_all(p, &rows[i].q);
        assert_int_equal(json_array_size(json_object_get(d, "runs")), rows[i].runs);
        assert_int_equal(json_array_size(json_object_get(d, "cases")), rows[i].cases);
        json_decref(d);
    }
}

enum { PROCESSES = 4, RUNS_EACH = 6 };

/* Each adds runs of its own and one that all of them have. */
static void history__several_processes_add_at_once(void **state) {
    const struct place *p = *state;
    pid_t children[PROCESSES];
    for (int k = 0; k < PROCESSES; k++) {
        children[k] = fork();
        if (children[k] == 0) {
            bool ok = true;
            for (int i = 0; i < RUNS_EACH; i++) {
                struct err err = {0};
                bool added;
                struct history *h = history_open(p->file, true, &err);
                json_t *run = run_of(i == 0 ? 30 : k * 7 + i, "known-gap");
                ok &= h && history_add(h, run, &added, &err) == 0;
                if (!ok)
                    fprintf(stderr, "%s\n", err.text);
                json_decref(run);
                history_free(h);
            }
            _exit(ok ? 0 : 1);
        }
    }
    for (int k = 0; k < PROCESSES; k++) {
        int status;
        assert_int_equal(waitpid(children[k], &status, 0), children[k]);
        assert_int_equal(status, 0);
    }
    json_t *d = read_all(p, &(struct history_query){0});
    assert_int_equal(json_array_size(json_object_get(d, "runs")), PROCESSES * (RUNS_EACH - 1) + 1);
    assert_int_equal(json_int(d, 0, "gaps", "[0]", "seen", NULL), PROCESSES * (RUNS_EACH - 1) + 1);
    json_decref(d);
}

static void expect_refused(const struct place *p, bool make, int code, const char *text) {
    struct err err = {0};
    assert_null(history_open(p->file, make, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, text) || !strstr(err.text, "history.db"))
        fail_msg("%s", err.text);
}

static void history__files_that_are_none_are_refused(void **state) {
    const struct place *p = *state;
    expect_refused(p, false, ERR_NOT_FOUND, "there is no history yet");
    static const char other[] =
        "this is a text of somebody, and more than a hundred bytes long, so "
        "that it might be taken for the header of a database";
    assert_int_equal(fs_write_atomic(p->file, other, sizeof(other), 0600, NULL), 0);
    expect_refused(p, true, ERR_INPUT, "is no history of confed");
    assert_int_equal(unlink(p->file), 0);
    (void)add(p, 1, "passed");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 9", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    expect_refused(p, true, ERR_INPUT, "is of version 9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(history__a_gap_has_a_first_and_a_last_day, setup, teardown),
        cmocka_unit_test_setup_teardown(history__a_run_that_is_added_twice_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(history__a_query_takes_only_what_it_asks_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(history__several_processes_add_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(history__files_that_are_none_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
