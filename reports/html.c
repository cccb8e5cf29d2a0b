/* One self-contained page: no script, no font, no network. Red first, then the known gaps. */
#include "harness/core/json.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 "
    "1rem;color:#1c2024}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"
    ".badge{display:inline-block;padding:.1rem "
    ".5rem;border-radius:.4rem;font-size:.85rem;background:#e6e8eb}"
    ".red{background:#ffdbdc;color:#8c1d24}.green{background:#d6f1df;color:#145232}"
    ".gap{background:#fff0c2;color:#664a00}"
    "details{border:1px solid #dfe3e6;border-radius:.5rem;padding:.5rem .8rem;margin:.4rem 0}"
    "summary{cursor:pointer}code,pre{font:13px/1.4 ui-monospace,monospace}"
    "pre{background:#f5f6f7;padding:.6rem;overflow:auto;white-space:pre-wrap}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;"
    "border-bottom:1px solid #eceef0;vertical-align:top}.muted{color:#5f6b76}"
    "@media(prefers-color-scheme:dark){body{background:#15181b;color:#e4e7ea}details{border-color:#"
    "30363c}"
    "pre{background:#1e2327}td,th{border-color:#2a3036}.badge{background:#30363c}"
    ".red{background:#5c1a1f;color:#ffd9db}.green{background:#143d28;color:#c9f2da}"
    ".gap{background:#4d3a00;color:#ffe9a8}.muted{color:#9aa5af}}";

static const char *class_of(enum verdict v) {
    if (verdict_is_red(v))
        return "badge red";
    if (v == VERDICT_KNOWN_GAP)
        return "badge gap";
    return v == VERDICT_PASSED ? "badge green" : "badge";
}

static void element(FILE *out, const char *open, const char *text, const char *close) {
    fputs(open, out);
    text_xml(out, text);
    fputs(close, out);
}

static void steps(const json_t *r, FILE *out) {
    size_t i;
    json_t *step;
    fputs("<table><tr><th>step</th><th>outcome</th><th>seconds</th></tr>\n", out);
    json_array_foreach(json_object_get(r, "steps"), i, step) {
        const char *title = text_of(step, "title");
        element(out, "<tr><td>", *title ? title : text_of(step, "verb"), "</td><td>");
        element(out, "", text_of(step, "outcome"), "</td><td>");
        text_seconds(out, json_int(step, 0, "elapsed_ms", NULL));
        fputs("</td></tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void case_of(const json_t *r, enum verdict v, FILE *out) {
    fprintf(out, "<details%s><summary><span class=\"%s\">%s</span> ",
            verdict_is_red(v) || v == VERDICT_KNOWN_GAP ? " open" : "", class_of(v),
            verdict_name(v));
    element(out, "<code>", text_of(r, "case"), "</code> ");
    element(out, "", text_of(r, "title"), " <span class=\"muted\">");
    text_seconds(out, json_int(r, 0, "elapsed_ms", NULL));
    fputs(" s</span></summary>\n", out);
    if (*text_of(r, "message"))
        element(out, "<p>", text_of(r, "message"), "</p>\n");
    if (*text_of(r, "why"))
        element(out, "<p class=\"muted\">", text_of(r, "why"), "</p>\n");
    const json_t *gap = json_object_get(r, "gap");
    if (gap) {
        element(out, "<p>Ledger: ", text_of(gap, "id"), ", <a href=\"");
        element(out, "", text_of(gap, "url"), "\">upstream</a>, review by ");
        element(out, "", text_of(gap, "review_by"), "</p>\n");
    }
    if (*text_of(r, "expected")) {
        element(out, "<pre>expected: ", text_of(r, "expected"), "\n");
        element(out, "seen:     ", text_of(r, "seen"), "</pre>\n");
    }
    if (json_object_size(json_object_get(r, "evidence"))) {
        struct buf text = BUF_INIT;
        json_dump_to(json_object_get(r, "evidence"), true, &text);
        element(out, "<pre>", buf_str(&text), "</pre>\n");
        buf_release(&text);
    }
    steps(r, out);
    fputs("</details>\n", out);
}

static bool is_red(enum verdict v) {
    return verdict_is_red(v);
}
static bool is_gap(enum verdict v) {
    return v == VERDICT_KNOWN_GAP;
}
static bool is_rest(enum verdict v) {
    return !is_red(v) && !is_gap(v);
}

static void section(const json_t *list, const char *title, bool (*wanted)(enum verdict v),
                    FILE *out) {
    bool begun = false;
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        enum verdict v = verdict_of_name(text_of(r, "verdict"));
        if (!wanted(v))
            continue;
        if (!begun)
            fprintf(out, "<h2>%s</h2>\n", title);
        begun = true;
        case_of(r, v, out);
    }
}

void report_html(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    bool red = json_int(results, 1, "exit", NULL) != 0;
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width\"><title>confed ",
          out);
    text_xml(out, text_of(results, "run"));
    fprintf(out, "</title><style>%s</style></head><body>\n", style);
    fprintf(out, "<h1>confed <span class=\"badge %s\">%s</span></h1>\n", red ? "red" : "green",
            red ? "red" : "green");
    element(out, "<p class=\"muted\">Run ", text_of(results, "run"), ", world ");
    element(out, "", text_of(results, "world"), ", profile ");
    element(out, "", text_of(results, "profile"), ", ");
    element(out, "", text_of(results, "state"), ", ");
    text_seconds(out, json_int(results, 0, "elapsed_ms", NULL));
    fputs(" s</p>\n<p>", out);
    for (int v = 0; v < VERDICT_COUNT; v++) {
        int64_t n = json_int(results, 0, "summary", verdict_name((enum verdict)v), NULL);
        if (n)
            fprintf(out, "<span class=\"%s\">%lld %s</span> ", class_of((enum verdict)v),
                    (long long)n, verdict_name((enum verdict)v));
    }
    fputs("</p>\n", out);
    section(list, "Red", is_red, out);
    section(list, "Known gaps", is_gap, out);
    section(list, "The others", is_rest, out);
    fputs("</body></html>\n", out);
}
