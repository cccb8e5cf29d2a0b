/* TAP 14: a known gap is "not ok ... # TODO", the one format with an expected failure of its own.
 */
#include "harness/core/json.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"

/* '#' and '\' would begin a directive; a newline would end the line. */
static void tap_text(FILE *out, const char *s) {
    for (; *s; s++) {
        if (*s == '#' || *s == '\\')
            fputc('\\', out);
        fputc(*s == '\n' || *s == '\r' ? ' ' : *s, out);
    }
}

static void yaml_block(const json_t *r, enum verdict v, FILE *out) {
    fputs("  ---\n  verdict: ", out);
    text_json(out, verdict_name(v));
    fputs("\n  message: ", out);
    text_json(out, text_of(r, "message"));
    fputs("\n  expected: ", out);
    text_json(out, text_of(r, "expected"));
    fputs("\n  seen: ", out);
    text_json(out, text_of(r, "seen"));
    fputs("\n  ...\n", out);
}

void report_tap(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    fprintf(out, "TAP version 14\n1..%zu\n", json_array_size(list));
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        enum verdict v = verdict_of_name(text_of(r, "verdict"));
        bool skipped = v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED;
        bool ok = v == VERDICT_PASSED || skipped;
        fprintf(out, "%s %zu - ", ok ? "ok" : "not ok", i + 1);
        tap_text(out, text_of(r, "case"));
        if (skipped || v == VERDICT_KNOWN_GAP) {
            fputs(skipped ? " # SKIP " : " # TODO ", out);
            tap_text(out, text_of(r, "message"));
        }
        fputc('\n', out);
        if (v != VERDICT_PASSED && !skipped)
            yaml_block(r, v, out);
    }
}
