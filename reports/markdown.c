/* A summary for the page of a CI job: what is red first, then the known gaps, then the rest folded.
 */
#include "harness/core/json.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/truth.h"

static void rows(const json_t *list, bool (*wanted)(enum verdict v), FILE *out) {
    size_t i;
    json_t *r;
    fputs("| case | verdict | what |\n|---|---|---|\n", out);
    json_array_foreach(list, i, r) {
        enum verdict v = verdict_of_name(text_of(r, "verdict"));
        if (!wanted(v))
            continue;
        fputs("| ", out);
        text_markdown_cell(out, text_of(r, "case"));
        fprintf(out, " | %s | ", verdict_name(v));
        text_markdown_cell(out,
                           *text_of(r, "message") ? text_of(r, "message") : text_of(r, "title"));
        fputs(" |\n", out);
    }
}

static bool is_known_gap(enum verdict v) {
    return v == VERDICT_KNOWN_GAP;
}

static bool is_other(enum verdict v) {
    return !verdict_is_red(v) && v != VERDICT_KNOWN_GAP;
}

static bool any(const json_t *list, bool (*wanted)(enum verdict v)) {
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        if (wanted(verdict_of_name(text_of(r, "verdict"))))
            return true;
    }
    return false;
}

static void tables(const json_t *list, FILE *out) {
    size_t i, k;
    json_t *r, *one;
    json_array_foreach(list, i, r) {
        if (!json_object_get(r, "truth_tables") && !json_object_get(r, "findings"))
            continue;
        fputs("### DNS of ", out);
        text_markdown_cell(out, text_of(r, "case"));
        fputs("\n\n", out);
        json_array_foreach(json_object_get(r, "findings"), k, one) {
            text_markdown_cell(out, json_string_value(one));
            fputs("\n\n", out);
        }
        json_array_foreach(json_object_get(r, "truth_tables"), k, one) {
            truth_markdown(one, true, out);
            fputc('\n', out);
        }
    }
}

void report_markdown(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    fprintf(out, "## confed: %s\n\n", json_int(results, 1, "exit", NULL) ? "red" : "green");
    fprintf(out, "Run %s, world %s, profile %s, %s.\n\n", text_of(results, "run"),
            text_of(results, "world"), text_of(results, "profile"), text_of(results, "state"));
    if (any(list, verdict_is_red)) {
        fputs("### Red\n\n", out);
        rows(list, verdict_is_red, out);
        fputc('\n', out);
    }
    if (any(list, is_known_gap)) {
        fputs("### Known gaps\n\n", out);
        rows(list, is_known_gap, out);
        fputc('\n', out);
    }
    tables(list, out);
    if (any(list, is_other)) {
        fputs("<details><summary>The others</summary>\n\n", out);
        rows(list, is_other, out);
        fputs("\n</details>\n", out);
    }
}
