#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/judge/compare.h"
#include "harness/judge/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * The runs of one side, written as words: one word a run, each the verdict of the case "a.b"; "-"
 * is a run without it. A gap is "known-gap:ID", a duration "passed@700". Each run has another case
 * besides, so that the sides always have something in common.
 */
static json_t *side(const char *words) {
    json_t *runs = json_array();
    char copy[400];
    (void)snprintf(copy, sizeof(copy), "%s", words);
    char *rest = copy, *word;
    while ((word = strsep(&rest, " "))) {
        json_t *results = json_pack("[{s:s, s:s, s:i}]", "case", "a.other", "verdict", "passed",
                                    "elapsed_ms", 10);
        char *ms = strchr(word, '@'), *gap = strchr(word, ':');
        if (ms)
            *ms = '\0';
        if (gap)
            *gap = '\0';
        if (strcmp(word, "-") != 0) {
            json_t *one = json_pack("{s:s, s:s, s:s, s:I}", "case", "a.b", "verdict", word,
                                    "message", "what was seen", "elapsed_ms",
                                    (json_int_t)(ms ? strtol(ms + 1, NULL, 10) : 10));
            if (gap)
                json_object_set_new(one, "gap", json_pack("{s:s}", "id", gap + 1));
            json_array_append_new(results, one);
        }
        json_array_append_new(runs, json_pack("{s:i, s:s, s:s, s:o}", "version", 1, "run", "r",
                                              "state", "finished", "results", results));
    }
    return runs;
}

static json_t *compared(const char *base, const char *candidate, bool strict) {
    json_t *before = side(base), *now = side(candidate);
    json_t *comparison = compare_runs(before, now, &(struct compare_options){.strict = strict});
    json_decref(before);
    json_decref(now);
    return comparison;
}

static const json_t *row_of(const json_t *comparison) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(comparison, "cases"), i,
                       row) if (strcmp(json_str(row, "case", NULL), "a.b") == 0) return row;
    fail_msg("the comparison has no row a.b");
    return NULL;
}

/* go: 'y', 'n', or 'w' for a go that strict makes a no-go */
static void compare__each_change_has_its_class(void **state) {
    (void)state;
    static const struct {
        const char *base, *candidate, *class;
        char go;
    } rows[] = {
        {"passed", "passed", "same", 'y'},
        {"known-gap:G1", "known-gap:G1", "same", 'y'},
        {"failed", "failed", "same", 'y'},
        {"failed", "error", "same", 'y'},
        {"unsupported", "unsupported", "same", 'y'},
        {"blocked", "unsupported", "same", 'y'},
        {"unsupported", "-", "same", 'y'},
        {"passed", "failed", "regressed", 'n'},
        {"passed", "error", "regressed", 'n'},
        {"passed", "gap-expired:G1", "regressed", 'n'},
        {"known-gap:G1", "failed", "regressed", 'n'},
        {"known-gap:G1", "error", "regressed", 'n'},
        {"gap-vanished:G1", "failed", "regressed", 'n'},
        {"known-gap:G1", "gap-changed:G1", "gap-changed", 'n'},
        {"known-gap:G1", "gap-expired:G1", "gap-changed", 'n'},
        {"known-gap:G1", "known-gap:G2", "gap-changed", 'n'},
        {"passed", "-", "missing", 'n'},
        {"passed", "unsupported", "missing", 'n'},
        {"passed", "blocked", "missing", 'n'},
        {"known-gap:G1", "blocked", "missing", 'n'},
        {"failed", "blocked", "missing", 'n'},
        {"failed", "-", "missing", 'n'},
        {"passed", "known-gap:G1", "gap-opened", 'w'},
        {"gap-vanished:G1", "known-gap:G1", "gap-opened", 'w'},
        {"-", "passed", "new", 'y'},
        {"unsupported", "passed", "new", 'y'},
        {"-", "known-gap:G1", "new", 'y'},
        {"-", "unsupported", "new", 'y'},
        {"-", "failed", "new", 'n'},
        {"blocked", "failed", "new", 'n'},
        {"failed", "passed", "fixed", 'y'},
        {"error", "passed", "fixed", 'y'},
        {"failed", "known-gap:G1", "fixed", 'y'},
        {"known-gap:G1", "passed", "gap-closed", 'y'},
        {"known-gap:G1", "gap-vanished:G1", "gap-closed", 'y'},
        {"gap-changed:G1", "passed", "fixed", 'y'},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int strict = 0; strict < 2; strict++) {
            json_t *c = compared(rows[i].base, rows[i].candidate, strict);
            const char *class = json_str(row_of(c), "class", NULL);
            bool go = rows[i].go == 'y' || (rows[i].go == 'w' && !strict);
            if (strcmp(class, rows[i].class) != 0 || json_int(c, -1, "exit", NULL) != (go ? 0 : 1))
                fail_msg("%s to %s: %s, exit %d", rows[i].base, rows[i].candidate, class,
                         (int)json_int(c, -1, "exit", NULL));
            assert_int_equal(json_int(c, 0, "summary", class, NULL),
                             strcmp(class, "same") == 0 ? 2 : 1);
            assert_int_equal(json_array_size(json_object_get(c, "reasons")), !go);
            json_decref(c);
        }
}

static void compare__repeated_runs_need_evidence(void **state) {
    (void)state;
    static const struct {
        const char *base, *candidate, *class, *text;
    } rows[] = {
        /* by hand: 1 red of 6 runs falls on the right side by chance in half of all draws, and
         * half of that counts */
        {"passed passed passed", "passed passed failed", "flaky",
         "3/3 against 2/3 is no evidence (p = 0.25); run 5 more of each"},
        {"passed failed passed", "passed passed passed", "flaky", "2/3 against 3/3"},
        {"passed passed passed", "failed failed failed", "regressed", "failed now"},
        {"passed passed passed", "failed failed passed", "flaky", "p = 0.10"},
        {"passed passed passed passed", "failed failed failed passed", "regressed", "p = 0.036"},
        {"passed passed passed passed passed", "failed failed failed failed passed", "regressed",
         "p = 0.012"},
        {"passed failed failed failed failed", "passed passed passed passed passed", "fixed",
         "p = 0.012"},
        {"passed failed", "passed failed", "flaky", "1/2 against 1/2 is no evidence"},
        {"passed passed blocked", "passed passed passed", "same", "passed"},
        {"passed passed passed passed passed",
         "known-gap:G1 known-gap:G1 known-gap:G1 known-gap:G1 passed", "gap-opened", "p = 0.012"},
        {"unsupported", "passed failed", "flaky", "1/2 passed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *c = compared(rows[i].base, rows[i].candidate, false);
        assert_string_equal(json_str(row_of(c), "class", NULL), rows[i].class);
        if (!strstr(json_str(row_of(c), "text", NULL), rows[i].text))
            fail_msg("'%s', expected '%s' in it", json_str(row_of(c), "text", NULL), rows[i].text);
        json_decref(c);
    }
}

static void compare__slower_is_more_than_noise(void **state) {
    (void)state;
    static const struct {
        const char *base, *candidate, *class;
    } rows[] = {
        {"passed@300", "passed@900", "slower"},
        {"passed@300", "passed@700", "same"},   /* 400 ms are what a busy machine does */
        {"passed@5000", "passed@9000", "same"}, /* not twice as long */
        {"passed@300 passed@310 passed@305", "passed@450 passed@440 passed@460", "slower"},
        {"passed@300 passed@310 passed@305", "passed@330 passed@340 passed@335", "same"},
        {"passed@100 passed@300 passed@500", "passed@450 passed@440 passed@460", "same"},
        {"known-gap:G@300", "known-gap:G@900", "slower"},
        {"passed@300", "failed@9000", "regressed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *c = compared(rows[i].base, rows[i].candidate, false);
        if (strcmp(json_str(row_of(c), "class", NULL), rows[i].class) != 0)
            fail_msg("%s to %s: %s, expected %s", rows[i].base, rows[i].candidate,
                     json_str(row_of(c), "class", NULL), rows[i].class);
        json_decref(c);
    }
}

/* Twenty cases that all take three times as long: the machine, not the cases. */
static void compare__a_slower_machine_makes_no_case_slower(void **state) {
    (void)state;
    json_t *sides[2];
    for (int k = 0; k < 2; k++) {
        json_t *results = json_array();
        for (int i = 0; i < 20; i++) {
            char id[20];
            (void)snprintf(id, sizeof(id), "a.c%d", i);
            int ms = (400 + 10 * i) * (k ? 3 : 1);
            if (k && i == 7)
                ms *= 5; /* the one that is to blame */
            json_array_append_new(results, json_pack("{s:s, s:s, s:i}", "case", id, "verdict",
                                                     "passed", "elapsed_ms", ms));
        }
        sides[k] = json_pack("[{s:i, s:o}]", "version", 1, "results", results);
    }
    json_t *c = compare_runs(sides[0], sides[1], &(struct compare_options){0});
    assert_int_equal(json_int(c, 0, "summary", "slower", NULL), 1);
    assert_string_equal(json_str(c, "cases", "[0]", "case", NULL), "a.c7");
    json_decref(sides[0]);
    json_decref(sides[1]);
    json_decref(c);
}

static void compare__a_candidate_that_is_not_whole_is_a_no_go(void **state) {
    (void)state;
    static const struct {
        const char *candidate, *reason;
    } rows[] = {
        {"{\"version\":1,\"state\":\"killed\",\"run\":\"r2\",\"results\":[{\"case\":\"a.b\","
         "\"verdict\":\"passed\"}]}",
         "r2 is not whole: it was killed"},
        {"{\"version\":1,\"state\":\"finished\",\"run\":\"r2\",\"truth\":{\"required_missing\":["
         "\"a.c\"]},\"results\":[{\"case\":\"a.b\",\"verdict\":\"passed\"}]}",
         "required case a.c did not run"},
        {"{\"version\":1,\"results\":[]}", "the candidate has no case"},
        {"{\"version\":1,\"results\":[{\"case\":\"z.z\",\"verdict\":\"passed\"}]}",
         "nothing can be compared"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *base = json_pack("[{s:i, s:s, s:[{s:s, s:s}]}]", "version", 1, "state", "finished",
                                 "results", "case", "a.b", "verdict", "passed");
        json_t *now = json_pack("[o]", json_loads(rows[i].candidate, 0, NULL));
        json_t *c = compare_runs(base, now, &(struct compare_options){0});
        assert_string_equal(json_str(c, "verdict", NULL), "no-go");
        const char *reason = json_str(c, "reasons", "[0]", NULL);
        assert_non_null(strstr(reason, rows[i].reason));
        json_decref(base);
        json_decref(now);
        json_decref(c);
    }
}

static void stats__fisher_is_what_the_tables_say(void **state) {
    (void)state;
    static const struct {
        struct counted a, b;
        double p;
    } rows[] = {
        /* the tables' p, of which the chance of the row itself counts half */
        {{3, 3}, {0, 3}, 1.0 / 20 / 2}, /* one of the 6!/(3!3!) ways */
        {{3, 3}, {2, 3}, 0.5 / 2},
        {{2, 2}, {0, 2}, 1.0 / 6 / 2},
        {{3, 4}, {1, 4}, 17.0 / 70 - 16.0 / 70 / 2}, /* the lady tasting tea */
        {{4, 4}, {0, 4}, 1.0 / 70 / 2},
        {{0, 5}, {5, 5}, 1 - 1.0 / 252 / 2},
        {{5, 5}, {5, 5}, 0.5}, /* nothing else could have been */
        {{0, 0}, {5, 5}, 1},
        {{1000, 1000}, {999, 1000}, 0.5 / 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double p = stats_fisher(rows[i].a, rows[i].b);
        if (fabs(p - rows[i].p) > 1e-9)
            fail_msg("row %zu: %.9f, expected %.9f", i, p, rows[i].p);
    }
}

static void stats__the_runs_that_it_asks_for_are_enough_and_needed(void **state) {
    (void)state;
    struct counted a = {3, 3}, b = {2, 3};
    const double alpha = 0.05 + 1e-9;
    size_t more = stats_runs_needed(a, b, alpha);
    assert_int_equal(more, 5); /* 8/8 against 5/8: half of C(8,3) / C(16,3) = 56/560 */
    assert_true(stats_fisher((struct counted){8, 8}, (struct counted){5, 8}) <= alpha);
    assert_true(stats_fisher((struct counted){7, 7}, (struct counted){5, 7}) > alpha);
    assert_int_equal(stats_runs_needed((struct counted){9, 9}, (struct counted){0, 9}, 0.05), 0);
    assert_int_equal(stats_runs_needed((struct counted){1, 2}, (struct counted){1, 2}, 0.05),
                     10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare__each_change_has_its_class),
        cmocka_unit_test(compare__repeated_runs_need_evidence),
        cmocka_unit_test(compare__slower_is_more_than_noise),
        cmocka_unit_test(compare__a_slower_machine_makes_no_case_slower),
        cmocka_unit_test(compare__a_candidate_that_is_not_whole_is_a_no_go),
        cmocka_unit_test(stats__fisher_is_what_the_tables_say),
        cmocka_unit_test(stats__the_runs_that_it_asks_for_are_enough_and_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
