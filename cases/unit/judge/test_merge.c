#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/judge/merge.h"
#include "harness/model/results.h"

#include <string.h>

#define SHARD(i, results)                                                                       \
    "{\"version\":1,\"run\":\"r" #i "\",\"world\":\"sim\",\"kubernetes\":\"1.6.2\",\"state\":"  \
    "\"finished\",\"started\":\"2017-06-02T09:00:0" #i ".000Z\",\"elapsed_ms\":500,\"shard\":{" \
    "\"index\":" #i ",\"count\":2,\"selection\":[\"a.b\",\"a.c\"]},\"results\":[" results "]}"
#define CASE(id, verdict) "{\"case\":\"" id "\",\"verdict\":\"" verdict "\",\"message\":\"m\"}"

static json_t *merged(const char *text, struct err *err) {
    json_t *runs = json_loads(text, 0, NULL);
    assert_non_null(runs);
    json_t *out = merge_results(runs, err);
    json_decref(runs);
    return out;
}

static void merge__the_whole_is_as_good_as_its_worst_part(void **state) {
    (void)state;
    static const struct {
        const char *name, *runs, *verdict, *reason; /* verdict of a.b; reason NULL: green */
        int exit;
    } rows[] = {
        {"two halves", "[" SHARD(1, CASE("a.b", "passed")) "," SHARD(2, CASE("a.c", "passed")) "]",
         "passed", NULL, 0},
        {"red in one",
         "[" SHARD(1, CASE("a.b", "passed")) "," SHARD(
             2, CASE("a.c", "passed") "," CASE("a.b", "failed")) "]",
         "failed", NULL, 1},
        {"red in the first",
         "[" SHARD(1, CASE("a.b", "failed")) "," SHARD(
             2, CASE("a.c", "passed") "," CASE("a.b", "passed")) "]",
         "failed", NULL, 1},
        {"judged in one",
         "[" SHARD(1, CASE("a.b", "blocked") "," CASE("a.c", "passed")) "," SHARD(
             2, CASE("a.b", "passed")) "]",
         "passed", NULL, 0},
        {"a shard is missing", "[" SHARD(1, CASE("a.b", "passed") "," CASE("a.c", "passed")) "]",
         "passed", "shard 2 of 2 is missing", 1},
        {"a case is in none",
         "[" SHARD(1, CASE("a.b", "passed")) "," SHARD(2, CASE("a.b", "passed")) "]", "passed",
         "the case a.c was selected and is in no shard", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        json_t *out = merged(rows[i].runs, &err);
        if (!out)
            fail_msg("%s: %s", rows[i].name, err.text);
        assert_int_equal(results_check(out, rows[i].name, &err), 0);
        size_t k;
        json_t *result;
        json_array_foreach(json_object_get(out, "results"), k,
                           result) if (strcmp(json_str(result, "case", NULL), "a.b") == 0)
            assert_string_equal(json_str(result, "verdict", NULL), rows[i].verdict);
        const char *reason = json_str(out, "truth", "reasons", "[0]", NULL);
        if (json_int(out, -1, "exit", NULL) != rows[i].exit ||
            strcmp(reason ? reason : "", rows[i].reason ? rows[i].reason : "") != 0)
            fail_msg("%s: %s", rows[i].name, reason ? reason : "no reason");
        json_decref(out);
    }
}

static void merge__order_does_not_matter(void **state) {
    (void)state;
    struct err err = {0};
    json_t *one =
        merged("[" SHARD(1, CASE("a.b", "passed")) "," SHARD(2, CASE("a.c", "passed")) "]", &err);
    json_t *two =
        merged("[" SHARD(2, CASE("a.c", "passed")) "," SHARD(1, CASE("a.b", "passed")) "]", &err);
    assert_string_equal(json_str(one, "run", NULL), json_str(two, "run", NULL));
    assert_string_equal(json_str(two, "started", NULL), "2017-06-02T09:00:01.000Z");
    assert_int_equal(json_int(two, 0, "elapsed_ms", NULL), 1500); /* 09:00:01.0 to 09:00:02.5 */
    json_decref(one);
    json_decref(two);
}

static void merge__what_does_not_belong_together_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *runs, *in_error;
    } rows[] = {
        {"[]", "no runs"},
        {"[" SHARD(1, "") "," SHARD(1, "") "]", "r1 is there twice"},
        {"[" SHARD(1, "") ",{\"version\":1,\"run\":\"x\",\"world\":\"sim\",\"kubernetes\":"
                          "\"1.7.0\",\"results\":[]}]",
         "different releases"},
        {"[" SHARD(1, "") ",{\"version\":1,\"run\":\"x\",\"world\":\"juju\",\"kubernetes\":"
                          "\"1.6.2\",\"results\":[]}]",
         "different worlds"},
        {"[" SHARD(1, "") ",{\"version\":1,\"run\":\"x\",\"world\":\"sim\",\"kubernetes\":"
                          "\"1.6.2\",\"results\":[]}]",
         "r1 is a shard and x is none"},
        {"[" SHARD(1, "") ",{\"version\":1,\"run\":\"x\",\"world\":\"sim\",\"kubernetes\":"
                          "\"1.6.2\",\"shard\":{\"index\":2,\"count\":2,\"selection\":[\"z.z\"]},"
                          "\"results\":[]}]",
         "different selections"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        assert_null(merged(rows[i].runs, &err));
        if (!strstr(err.text, rows[i].in_error))
            fail_msg("row %zu: %s", i, err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge__the_whole_is_as_good_as_its_worst_part),
        cmocka_unit_test(merge__order_does_not_matter),
        cmocka_unit_test(merge__what_does_not_belong_together_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
