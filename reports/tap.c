/* TAP 14: a known gap is "not ok ... # TODO", the one format with an expected failure of its own.
 */
#include "harness/core/json.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"
#include "reports/truth.h"

enum { TEXT_LEN_MAX = 4096, DIRECTIVE_LEN_MAX = 512 };

static void diagnostics(struct pen *p, const json_t *r, enum verdict v) {
    pen_put(p, "  ---\n");
    pen_yaml_member(p, "verdict", pen_str(verdict_name(v)));
    pen_yaml_member(p, "message", pen_member(r, "message"));
    pen_yaml_member(p, "expected", pen_member(r, "expected"));
    pen_yaml_member(p, "seen", pen_member(r, "seen"));
    if (truth_is_in(r)) {
        pen_put(p, "  truth: \"");
        pen_written(p, PEN_JSON, truth_told, r, TEXT_LEN_MAX);
        pen_put(p, "\"\n");
    }
    pen_yaml_member(p, "gap", pen_member(json_object_get(r, "gap"), "id"));
    pen_putf(p, "  duration_ms: %lld\n  ...\n", (long long)json_int(r, 0, "elapsed_ms", NULL));
}

static void point(struct pen *p, const json_t *r, size_t number, size_t ordinal,
                  const struct tally *t) {
    enum verdict v = tally_verdict(r);
    bool skipped = v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED;
    bool ok = !tally_is_red(t, v) && v != VERDICT_KNOWN_GAP;
    pen_putf(p, "%s %zu - ", ok ? "ok" : "not ok", number);
    pen_text(p, PEN_TAP, pen_member(r, "case"));
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
    if (skipped || v == VERDICT_KNOWN_GAP) {
        pen_put(p, skipped ? " # SKIP " : " # TODO ");
        pen_text_max(p, PEN_TAP, pen_member(r, "message"), DIRECTIVE_LEN_MAX);
    }
    pen_put(p, "\n");
    if (v != VERDICT_PASSED && !skipped)
        diagnostics(p, r, v);
}

void report_tap(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    CLEANUP(names_freep) struct names *names = names_new(list);
    struct tally t = tally_of(results);
    struct pen p;
    pen_begin(&p, out, TEXT_LEN_MAX);
    pen_putf(&p, "TAP version 14\n1..%zu\n", t.total + TALLY_ROWS);
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) point(&p, r, i + 1, names_ordinal(names, i), &t);
    for (int row = 0; row < TALLY_ROWS; row++) {
        bool failed = t.row_failed[row];
        pen_putf(&p, "%s %zu - suite: %s\n", failed ? "not ok" : "ok", t.total + (size_t)row + 1,
                 tally_row_name((enum tally_row)row));
        if (!failed)
            continue;
        CLEANUP(str_freep) char *message = tally_row_message(&t, (enum tally_row)row);
        pen_put(&p, "  ---\n");
        pen_yaml_member(&p, "message", pen_str(message));
        pen_put(&p, "  ...\n");
    }
    pen_end(&p);
}
