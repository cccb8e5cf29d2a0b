/*
 * A comparison as JUnit: what blocks is a failure, what only warns a skip with its reason, so that
 * a job of a CI system is red exactly when the answer is no-go.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"
#include "reports/text.h"

static void outcome(const char *element, const char *type, const char *text, FILE *out) {
    fprintf(out, "     <%s type=\"", element);
    text_xml(out, type);
    fputs("\" message=\"", out);
    text_xml(out, text);
    fputs("\">", out);
    text_xml(out, text);
    fprintf(out, "</%s>\n", element);
}

static void row(const json_t *r, FILE *out) {
    const char *class = text_of(r, "class");
    int area_len;
    const char *id = text_of(r, "case"), *slug = text_slug(id, &area_len);
    fprintf(out, "    <testcase classname=\"compare.%.*s\" name=\"", area_len, id);
    text_xml(out, slug);
    fputs("\" time=\"0.000\">\n", out);
    if (json_flag(r, "blocks", NULL))
        outcome("failure", class, text_of(r, "text"), out);
    else if (json_flag(r, "warns", NULL))
        outcome("skipped", class, text_of(r, "text"), out);
    fputs("    </testcase>\n", out);
}

/* The answer as a case of its own: reasons need not belong to a case. */
static void answer(const json_t *comparison, bool go, FILE *out) {
    const json_t *reasons = json_object_get(comparison, "reasons");
    size_t i;
    json_t *reason;
    fputs("    <testcase classname=\"compare\" name=\"go\" time=\"0.000\"", out);
    if (go) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n     <failure type=\"NoGo\" message=\"", out);
    text_xml(out, json_string_value(json_array_get(reasons, 0)));
    fputs("\">", out);
    json_array_foreach(reasons, i, reason) {
        text_xml(out, json_string_value(reason));
        fputc('\n', out);
    }
    fputs("</failure>\n    </testcase>\n", out);
}

void compare_junit(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    const json_t *cases = json_object_get(comparison, "cases");
    bool go = json_int(comparison, 1, "exit", NULL) == 0;
    size_t i, failures = !go, skipped = 0;
    json_t *r;
    (void)o;
    json_array_foreach(cases, i, r) {
        failures += json_flag(r, "blocks", NULL);
        skipped += !json_flag(r, "blocks", NULL) && json_flag(r, "warns", NULL);
    }
    for (int level = 0; level < 2; level++)
        fprintf(out,
                "%s<%s name=\"confed compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
                "skipped=\"%zu\" time=\"0.000\">\n",
                level ? "  " : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                level ? "testsuite" : "testsuites", json_array_size(cases) + 1, failures, skipped);
    json_array_foreach(cases, i, r) row(r, out);
    answer(comparison, go, out);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
