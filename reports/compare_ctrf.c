/* A comparison as CTRF (ctrf.io): the class is the raw status, what only warns is "other". */
#include "harness/core/json.h"
#include "reports/compare.h"

static const char *status_of(enum compare_outcome outcome) {
    static const char *const names[COMPARE_OUTCOMES] = {"failed", "other", "skipped", "passed"};
    return names[outcome];
}

static void test_of(struct pen *p, const json_t *comparison, const json_t *r) {
    struct pen_span area;
    int64_t before_ms = 0, now_ms = 0;
    (void)compare_slug(r, &area);
    bool timed = compare_times(r, &before_ms, &now_ms);
    pen_put(p, "{\"name\":");
    pen_quoted(p, pen_member(r, "case"));
    pen_putf(p, ",\"status\":\"%s\",\"duration\":%lld",
             status_of(compare_outcome_of(comparison, r)), (long long)now_ms);
    pen_json_member(p, "rawStatus", pen_member(r, "class"));
    pen_put(p, ",\"suite\":[");
    pen_quoted(p, area.len ? area : pen_str("cases"));
    pen_put(p, "]");
    pen_json_member(p, "message", pen_member(r, "text"));
    pen_put(p, ",\"extra\":{\"tool\":\"confed\"");
    pen_json_member(p, "base", pen_member(json_object_get(r, "base"), "verdict"));
    pen_json_member(p, "candidate", pen_member(json_object_get(r, "candidate"), "verdict"));
    if (timed)
        pen_putf(p, ",\"base_ms\":%lld", (long long)before_ms);
    pen_put(p, "}}");
}

static void answer(struct pen *p, const json_t *comparison) {
    bool go = compare_is_go(comparison);
    pen_putf(p, "{\"name\":\"go\",\"status\":\"%s\",\"duration\":0,\"suite\":[\"compare\"]",
             status_of(go ? COMPARE_OUTCOME_PASSED : COMPARE_OUTCOME_FAILED));
    const json_t *reason = json_array_get(json_object_get(comparison, "reasons"), 0);
    pen_json_member(p, "message", pen_str(json_string_value(reason)));
    pen_put(p, "}");
}

static void summary(struct pen *p, const json_t *comparison) {
    size_t of[COMPARE_OUTCOMES], count = json_array_size(json_object_get(comparison, "cases"));
    compare_count(comparison, of);
    of[compare_is_go(comparison) ? COMPARE_OUTCOME_PASSED : COMPARE_OUTCOME_FAILED]++;
    pen_putf(p,
             "\"summary\":{\"tests\":%zu,\"passed\":%zu,\"failed\":%zu,\"pending\":0,"
             "\"skipped\":%zu,\"other\":%zu,\"start\":0,\"stop\":0},",
             count + 1, of[COMPARE_OUTCOME_PASSED], of[COMPARE_OUTCOME_FAILED],
             of[COMPARE_OUTCOME_SKIPPED], of[COMPARE_OUTCOME_TODO]);
}

void compare_ctrf(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    struct pen p;
    size_t i;
    json_t *r;
    (void)o;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_put(&p, "{\"reportFormat\":\"CTRF\",\"specVersion\":\"0.0.0\",\"generatedBy\":\"confed\","
                "\"results\":{\"tool\":{\"name\":\"confed\"},\n");
    summary(&p, comparison);
    pen_put(&p, "\"tests\":[\n");
    json_array_foreach(json_object_get(comparison, "cases"), i, r) {
        test_of(&p, comparison, r);
        pen_put(&p, ",\n");
    }
    answer(&p, comparison);
    pen_put(&p, "\n],\"environment\":{\"extra\":{\"tool\":\"confed\",\"base\":\"");
    compare_side(&p, PEN_JSON, json_object_get(comparison, "base"));
    pen_put(&p, "\",\"candidate\":\"");
    compare_side(&p, PEN_JSON, json_object_get(comparison, "candidate"));
    pen_put(&p, "\"}}}}\n");
    pen_end(&p);
}
