/*
 * The observations of a run, cut in the middle of anything: what is there is judged, what is
 * missing is said, and no case is better than what is known of it.
 */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/scratch.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/judge/judge.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char run_text[] =
    "{\"version\":1,\"run\":\"r1\",\"world\":\"sim\",\"kubernetes\":\"1.6.2\",\"cases\":["
    "{\"id\":\"a.fine\",\"title\":\"\xc3\xa9\"},{\"id\":\"a.bad\"},{\"id\":\"a.last\"}]}";

static const char events_text[] =
    "{\"event\":\"run-begin\",\"at\":\"2017-06-02T09:00:00.000Z\",\"run\":\"r1\"}\n"
    "{\"event\":\"case-begin\",\"at\":\"2017-06-02T09:00:00.100Z\",\"case\":\"a.fine\",\"steps\":1}"
    "\n"
    "{\"event\":\"step-begin\",\"at\":\"2017-06-02T09:00:00.100Z\",\"case\":\"a.fine\",\"step\":0,"
    "\"verb\":\"run\",\"waiting_for\":\"\xc3\xa9\\u00e9\"}\n"
    "{\"event\":\"step-end\",\"at\":\"2017-06-02T09:00:00.200Z\",\"case\":\"a.fine\",\"step\":0,"
    "\"outcome\":\"met\",\"evidence\":{\"x\":[1,2.5,null]}}\n"
    "{\"event\":\"case-end\",\"at\":\"2017-06-02T09:00:00.200Z\",\"case\":\"a.fine\",\"outcome\":"
    "\"met\",\"elapsed_ms\":100}\n"
    "{\"event\":\"case-begin\",\"at\":\"2017-06-02T09:00:00.200Z\",\"case\":\"a.bad\",\"steps\":1}"
    "\n"
    "{\"event\":\"step-begin\",\"at\":\"2017-06-02T09:00:00.200Z\",\"case\":\"a.bad\",\"step\":0,"
    "\"verb\":\"await\",\"waiting_for\":\"a pod\"}\n"
    "{\"event\":\"step-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.bad\",\"step\":0,"
    "\"outcome\":\"unmet\",\"expected\":\"Running\",\"seen\":\"Pending\"}\n"
    "{\"event\":\"evidence\",\"case\":\"a.bad\",\"step\":0,\"events\":[{\"at\":"
    "\"2017-06-02T09:00:00.250Z\",\"cluster\":\"c1\"}]}\n"
    "{\"event\":\"case-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.bad\",\"outcome\":"
    "\"unmet\",\"elapsed_ms\":100}\n"
    "{\"event\":\"case-begin\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.last\",\"steps\":0}"
    "\n"
    "{\"event\":\"case-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.last\",\"outcome\":"
    "\"met\",\"elapsed_ms\":0}\n"
    "{\"event\":\"run-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"outcome\":\"finished\"}\n";

static char *write_file(const char *dir, const char *name, const char *text, size_t len) {
    char *path = fs_join(dir, name);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
    return path;
}

/* Where the event that has this begins and ends, its newline not counted. */
struct part {
    size_t begin, end;
};
static struct part part_of(const char *text) {
    const char *at = strstr(events_text, text);
    assert_non_null(at);
    const char *begin = at, *end = strchr(at, '\n');
    while (begin > events_text && begin[-1] != '\n')
        begin--;
    return (struct part){(size_t)(begin - events_text), (size_t)(end - events_text)};
}

struct wanted {
    const char *id, *verdict; /* once its case-end is there */
    struct part begun, ended;
};

static void check_case(const json_t *results, const struct wanted *w, size_t index, size_t len) {
    char at[16];
    snprintf(at, sizeof(at), "[%zu]", index);
    const char *verdict = json_str(results, "results", at, "verdict", NULL);
    const char *wanted = len >= w->ended.end   ? w->verdict
                         : len >= w->begun.end ? "error"
                                               : "blocked";
    if (!str_eq(verdict, wanted))
        fail_msg("%s of %zu bytes: %s, expected %s", w->id, len, verdict, wanted);
}

/* Whether the cut is within an event: not between two, and not right in front of a newline. */
static bool is_within(size_t len) {
    return len > 0 && events_text[len - 1] != '\n' && events_text[len] != '\n';
}

static void check_cut(const char *dir, const struct wanted wanted[3], size_t len) {
    struct err err = {0};
    json_t *results = judge_run(dir, &(struct judge_options){.now_ms = 1496394000000}, &err);
    if (!results)
        fail_msg("%zu bytes: %s", len, err.text);
    for (size_t i = 0; i < 3; i++)
        check_case(results, &wanted[i], i, len);
    const char *state = json_str(results, "state", NULL);
    bool finished = len + 1 >= sizeof(events_text) - 1;
    assert_string_equal(state, finished ? "finished" : "killed");
    assert_int_equal(json_int(results, 0, "exit", NULL), 1); /* a.bad is red, or something misses */
    const char *reason = json_str(results, "truth", "reasons", "[0]", NULL);
    if (!finished && !reason)
        fail_msg("%zu bytes: nothing is said to be missing", len);
    bool told = reason && strstr(reason, "observations.jsonl ends within an event");
    bool empty = reason && strstr(reason, "observations.jsonl is empty");
    if (told != is_within(len) || empty != (len == 0))
        fail_msg("%zu bytes: %s", len, reason ? reason : "no reason");
    json_decref(results);
}

static void judge__observations_cut_anywhere_are_judged_as_far_as_they_go(void **state) {
    const char *dir = *state;
    struct wanted wanted[3] = {
        {"a.fine", "passed", part_of("case-begin\",\"at\":\"2017-06-02T09:00:00.100"),
         part_of("case-end\",\"at\":\"2017-06-02T09:00:00.200")},
        {"a.bad", "failed", part_of("case-begin\",\"at\":\"2017-06-02T09:00:00.200"),
         part_of("case-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.bad")},
        {"a.last", "passed", part_of("case-begin\",\"at\":\"2017-06-02T09:00:00.300"),
         part_of("case-end\",\"at\":\"2017-06-02T09:00:00.300Z\",\"case\":\"a.last")}};
    free(write_file(dir, "run.json", run_text, sizeof(run_text) - 1));
    char *path = write_file(dir, "observations.jsonl", events_text, sizeof(events_text) - 1);
    for (size_t len = sizeof(events_text); len-- > 0;) {
        assert_int_equal(truncate(path, (off_t)len), 0);
        check_cut(dir, wanted, len);
    }
    free(path);
}

/* A line in the middle is not what a killed run leaves: something else wrote it. */
static void judge__a_broken_line_in_the_middle_is_refused_with_its_number(void **state) {
    const char *dir = *state;
    static const char *const broken[] = {"{\"event\":\n", "3\n", "[]\n", "\x80\n", "{}{}\n"};
    free(write_file(dir, "run.json", run_text, sizeof(run_text) - 1));
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        char *text = xasprintf("{\"event\":\"run-begin\"}\n%s{\"event\":\"run-end\"}\n", broken[i]);
        struct err err = {0};
        free(write_file(dir, "observations.jsonl", text, strlen(text)));
        assert_null(judge_run(dir, &(struct judge_options){0}, &err));
        if (!strstr(err.text, "observations.jsonl:2"))
            fail_msg("%s", err.text);
        free(text);
    }
}

/* The run's own file was written whole or not at all: cut, it is another file. */
static void judge__a_run_json_cut_anywhere_is_refused(void **state) {
    const char *dir = *state;
    free(write_file(dir, "observations.jsonl", events_text, sizeof(events_text) - 1));
    char *path = write_file(dir, "run.json", run_text, sizeof(run_text) - 1);
    for (size_t len = sizeof(run_text) - 1; len-- > 0;) {
        struct err err = {0};
        assert_int_equal(truncate(path, (off_t)len), 0);
        assert_null(judge_run(dir, &(struct judge_options){0}, &err));
        if (!strstr(err.text, path))
            fail_msg("%zu bytes: %s", len, err.text);
    }
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            judge__observations_cut_anywhere_are_judged_as_far_as_they_go, scratch_make,
            scratch_remove),
        cmocka_unit_test_setup_teardown(
            judge__a_broken_line_in_the_middle_is_refused_with_its_number, scratch_make,
            scratch_remove),
        cmocka_unit_test_setup_teardown(judge__a_run_json_cut_anywhere_is_refused, scratch_make,
                                        scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
