/*
 * A comparison as JUnit: what blocks is a failure, what only warns a skip with its reason, so that
 * a job of a CI system is red exactly when the answer is no-go. Only what both of the dialects of
 * junit.c have is written.
 */
#include "harness/core/json.h"
#include "reports/compare.h"

/* The class in front of the text: readers show no type, and Surefire's schema knows none here. */
static void outcome(const char *element, const json_t *r, struct pen *p) {
    pen_put(p, element);
    pen_put(p, " message=\"");
    pen_text(p, PEN_ATTR, pen_member(r, "class"));
    pen_put(p, ": ");
    pen_text(p, PEN_ATTR, pen_member(r, "text"));
    pen_put(p, "\">");
    pen_text(p, PEN_XML, pen_member(r, "class"));
    pen_put(p, ": ");
    pen_text(p, PEN_XML, pen_member(r, "text"));
}

static void row(const json_t *comparison, const json_t *r, struct pen *p) {
    struct pen_span area, slug = compare_slug(r, &area);
    int64_t before_ms, now_ms = 0;
    (void)compare_times(r, &before_ms, &now_ms);
    pen_put(p,
            area.len ? "    <testcase classname=\"compare." : "    <testcase classname=\"compare");
    pen_text(p, PEN_ATTR, area);
    pen_put(p, "\" name=\"");
    pen_text(p, PEN_ATTR, slug);
    pen_put(p, "\" time=\"");
    pen_seconds(p, now_ms);
    pen_put(p, "\">\n");
    switch (compare_outcome_of(comparison, r)) {
    case COMPARE_OUTCOME_FAILED:
        outcome("     <failure type=\"NoGo\"", r, p);
        pen_put(p, "</failure>\n");
        break;
    case COMPARE_OUTCOME_TODO:
    case COMPARE_OUTCOME_SKIPPED:
        outcome("     <skipped", r, p);
        pen_put(p, "</skipped>\n");
        break;
    case COMPARE_OUTCOME_PASSED:
    case COMPARE_OUTCOMES:
        break;
    }
    pen_put(p, "    </testcase>\n");
}

/* The answer as a case of its own: reasons need not belong to a case. */
static void answer(const json_t *comparison, struct pen *p) {
    const json_t *reasons = json_object_get(comparison, "reasons");
    size_t i;
    json_t *reason;
    pen_put(p, "    <testcase classname=\"compare\" name=\"go\" time=\"0.000\"");
    if (compare_is_go(comparison)) {
        pen_put(p, "/>\n");
        return;
    }
    pen_put(p, ">\n     <failure type=\"NoGo\" message=\"");
    pen_text(p, PEN_ATTR, pen_str(json_string_value(json_array_get(reasons, 0))));
    pen_put(p, "\">");
    json_array_foreach(reasons, i, reason) {
        pen_text(p, PEN_XML, pen_str(json_string_value(reason)));
        pen_put(p, "\n");
    }
    pen_put(p, "</failure>\n    </testcase>\n");
}

static int64_t took_ms(const json_t *comparison) {
    int64_t before_ms, now_ms, sum_ms = 0;
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(comparison, "cases"), i, r) {
        if (compare_times(r, &before_ms, &now_ms))
            sum_ms += now_ms;
    }
    return sum_ms;
}

static void counters(struct pen *p, const char *open, size_t count, size_t failures,
                     int64_t sum_ms) {
    pen_putf(p, "%s name=\"confed compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"",
             open, count, failures);
    pen_seconds(p, sum_ms);
    pen_put(p, "\"");
}

void compare_junit(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    const json_t *cases = json_object_get(comparison, "cases");
    int64_t sum_ms = took_ms(comparison);
    size_t i, of[COMPARE_OUTCOMES];
    json_t *r;
    struct pen p;
    (void)o;
    compare_count(comparison, of);
    size_t count = json_array_size(cases) + 1;
    size_t failures = of[COMPARE_OUTCOME_FAILED] + !compare_is_go(comparison);
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_put(&p, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    counters(&p, "<testsuites", count, failures, sum_ms);
    pen_put(&p, ">\n"); /* Jenkins's schema knows no skipped here */
    counters(&p, "  <testsuite", count, failures, sum_ms);
    pen_putf(&p, " skipped=\"%zu\">\n", of[COMPARE_OUTCOME_TODO] + of[COMPARE_OUTCOME_SKIPPED]);
    json_array_foreach(cases, i, r) row(comparison, r, &p);
    answer(comparison, &p);
    pen_put(&p, "  </testsuite>\n</testsuites>\n");
    pen_end(&p);
}
