/*
 * CTRF, the Common Test Report Format (ctrf.io): a known gap is status "other" with its own raw
 * status. What no case shows is a test of the suite "suite", as in JUnit.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"
#include "reports/truth.h"

enum { TEXT_LEN_MAX = 4096 };

static const char *status_of(const struct tally *t, enum verdict v) {
    if (v == VERDICT_KNOWN_GAP)
        return "other";
    if (v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED)
        return "skipped";
    return tally_is_red(t, v) ? "failed" : "passed";
}

static void labels(struct pen *p, const json_t *r) {
    const json_t *gap = json_object_get(r, "gap");
    pen_putf(p, ",\"labels\":{\"required\":%s", json_flag(r, "required", NULL) ? "true" : "false");
    pen_json_member(p, "gap", pen_member(gap, "id"));
    pen_json_member(p, "gap.url", pen_member(gap, "url"));
    pen_json_member(p, "gap.review_by", pen_member(gap, "review_by"));
    pen_put(p, "}");
}

/* The DNS truth table in the place for what the format does not know. */
static void extra(struct pen *p, const json_t *r) {
    if (!truth_is_in(r))
        return;
    pen_put(p, ",\"extra\":{\"truth\":\"");
    pen_written(p, PEN_JSON, truth_told, r, TEXT_LEN_MAX);
    pen_put(p, "\"}");
}

/* Expected and seen, where other tools have a stack trace. */
static void trace(struct pen *p, const json_t *r) {
    if (pen_member(r, "expected").len == 0)
        return;
    pen_put(p, ",\"trace\":\"expected: ");
    pen_text(p, PEN_JSON, pen_member(r, "expected"));
    pen_put(p, "\\nseen: ");
    pen_text(p, PEN_JSON, pen_member(r, "seen"));
    pen_put(p, "\"");
}

static void times(struct pen *p, const json_t *r, int64_t elapsed_ms) {
    const char *started = json_str(r, "started", NULL);
    int64_t start_ms = started ? clock_parse_utc(started) : -1;
    if (start_ms >= 0)
        pen_putf(p, ",\"start\":%lld,\"stop\":%lld", (long long)start_ms,
                 (long long)(start_ms + elapsed_ms));
}

static void test_of(struct pen *p, const json_t *r, size_t ordinal, const struct tally *t) {
    enum verdict v = tally_verdict(r);
    struct pen_span id = pen_member(r, "case");
    const char *dot = memchr(id.data, '.', id.len);
    int64_t elapsed_ms = json_int(r, 0, "elapsed_ms", NULL);
    pen_put(p, "{\"name\":\"");
    pen_text(p, PEN_JSON, id.len ? id : pen_str("?"));
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
    pen_putf(p, "\",\"status\":\"%s\",\"duration\":%lld,\"rawStatus\":\"%s\",\"suite\":[",
             status_of(t, v), (long long)elapsed_ms, verdict_name(v));
    pen_quoted(p, dot ? (struct pen_span){id.data, (size_t)(dot - id.data)} : pen_str("cases"));
    pen_put(p, "]");
    pen_json_member(p, "message", pen_member(r, "message"));
    trace(p, r);
    times(p, r, elapsed_ms);
    labels(p, r);
    extra(p, r);
    pen_put(p, "}");
}

static void row_of(struct pen *p, enum tally_row row, const struct tally *t) {
    pen_put(p, "{\"name\":");
    pen_quoted(p, pen_str(tally_row_name(row)));
    pen_putf(p, ",\"status\":\"%s\",\"duration\":0,\"suite\":[\"suite\"]",
             t->row_failed[row] ? "failed" : "passed");
    CLEANUP(str_freep) char *message = t->row_failed[row] ? tally_row_message(t, row) : NULL;
    pen_json_member(p, "message", pen_str(message));
    pen_put(p, "}");
}

static void summary(struct pen *p, const json_t *results, const struct tally *t) {
    const char *started = json_str(results, "started", NULL);
    int64_t start_ms = started ? clock_parse_utc(started) : -1;
    start_ms = start_ms < 0 ? 0 : start_ms;
    size_t skipped = t->of[VERDICT_UNSUPPORTED] + t->of[VERDICT_BLOCKED];
    size_t red = tally_red(t), rows_failed = tally_rows_failed(t);
    size_t passed = t->total - red - skipped - t->of[VERDICT_KNOWN_GAP];
    pen_putf(p,
             "\"summary\":{\"tests\":%zu,\"passed\":%zu,\"failed\":%zu,\"pending\":0,"
             "\"skipped\":%zu,\"other\":%zu,\"start\":%lld,\"stop\":%lld,\"extra\":{\"exit\":%d",
             t->total + TALLY_ROWS, passed + TALLY_ROWS - rows_failed, red + rows_failed, skipped,
             t->of[VERDICT_KNOWN_GAP], (long long)start_ms,
             (long long)(start_ms + json_int(results, 0, "elapsed_ms", NULL)), t->red);
    for (int v = 0; v < VERDICT_COUNT; v++)
        pen_putf(p, ",\"%s\":%zu", verdict_name((enum verdict)v), t->of[v]);
    pen_put(p, "}},");
}

static void environment(struct pen *p, const json_t *results) {
    static const char *const told[] = {"run", "world", "profile", "kubernetes", "state"};
    pen_put(p, "\n],\"environment\":{\"testEnvironment\":");
    pen_quoted(p, pen_member(results, "world"));
    pen_put(p, ",\"extra\":{\"tool\":\"confed\"");
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        pen_json_member(p, told[i], pen_member(results, told[i]));
    pen_put(p, "}}");
}

void report_ctrf(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    CLEANUP(names_freep) struct names *names = names_new(list);
    struct tally t = tally_of(results);
    struct pen p;
    pen_begin(&p, out, TEXT_LEN_MAX);
    pen_put(&p, "{\"reportFormat\":\"CTRF\",\"specVersion\":\"0.0.0\",\"generatedBy\":\"confed\","
                "\"results\":{\"tool\":{\"name\":\"confed\"},\n");
    summary(&p, results, &t);
    pen_put(&p, "\"tests\":[");
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        pen_put(&p, i ? ",\n" : "\n");
        test_of(&p, r, names_ordinal(names, i), &t);
    }
    for (int row = 0; row < TALLY_ROWS; row++) {
        pen_put(&p, t.total + (size_t)row ? ",\n" : "\n");
        row_of(&p, (enum tally_row)row, &t);
    }
    environment(&p, results);
    pen_put(&p, "}}\n");
    pen_end(&p);
}
