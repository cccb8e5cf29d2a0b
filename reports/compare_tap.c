/* A comparison as TAP 14: what only warns is "not ok ... # TODO", and the answer a point itself. */
#include "harness/core/json.h"
#include "reports/compare.h"

enum { DIRECTIVE_LEN_MAX = 512 };

static void diagnostics(struct pen *p, const json_t *r) {
    pen_put(p, "  ---\n");
    pen_yaml_member(p, "class", pen_member(r, "class"));
    pen_yaml_member(p, "message", pen_member(r, "text"));
    pen_yaml_member(p, "base", pen_member(json_object_get(r, "base"), "verdict"));
    pen_yaml_member(p, "candidate", pen_member(json_object_get(r, "candidate"), "verdict"));
    int64_t before_ms, now_ms;
    if (compare_times(r, &before_ms, &now_ms))
        pen_putf(p, "  base_ms: %lld\n  duration_ms: %lld\n", (long long)before_ms,
                 (long long)now_ms);
    pen_put(p, "  ...\n");
}

static void point(struct pen *p, const json_t *comparison, const json_t *r, size_t number) {
    static const char *const directives[COMPARE_OUTCOMES] = {
        [COMPARE_OUTCOME_TODO] = " # TODO ", [COMPARE_OUTCOME_SKIPPED] = " # SKIP "};
    enum compare_outcome outcome = compare_outcome_of(comparison, r);
    bool ok = outcome == COMPARE_OUTCOME_PASSED || outcome == COMPARE_OUTCOME_SKIPPED;
    pen_putf(p, "%s %zu - ", ok ? "ok" : "not ok", number);
    pen_text(p, PEN_TAP, pen_member(r, "case"));
    if (directives[outcome]) {
        pen_put(p, directives[outcome]);
        pen_text_max(p, PEN_TAP, pen_member(r, "text"), DIRECTIVE_LEN_MAX);
    }
    pen_put(p, "\n");
    if (!ok)
        diagnostics(p, r);
}

void compare_tap(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    const json_t *cases = json_object_get(comparison, "cases");
    const json_t *reasons = json_object_get(comparison, "reasons");
    bool go = compare_is_go(comparison);
    size_t i, count = json_array_size(cases);
    json_t *r;
    struct pen p;
    (void)o;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_putf(&p, "TAP version 14\n1..%zu\n", count + 1);
    json_array_foreach(cases, i, r) point(&p, comparison, r, i + 1);
    pen_putf(&p, "%s %zu - compare: go\n", go ? "ok" : "not ok", count + 1);
    if (!go) {
        pen_put(&p, "  ---\n");
        pen_yaml_member(&p, "message", pen_str(json_string_value(json_array_get(reasons, 0))));
        pen_putf(&p, "  reasons: %zu\n  ...\n", json_array_size(reasons));
    }
    pen_end(&p);
}
