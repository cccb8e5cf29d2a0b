/* The plain text: a line for each case, and the counts last. Also the end of a run on a terminal.
 */
#include "harness/core/json.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"
#include "reports/truth.h"

enum { TEXT_LEN_MAX = 2000, ID_LEN_MAX = 60, TRUTH_LEN_MAX = 50 * 1000 };

static const char *color_of(const struct tally *t, enum verdict v) {
    if (tally_is_red(t, v))
        return "\033[31m";
    return v == VERDICT_PASSED ? "\033[32m" : "\033[33m";
}

/* " [W01 W02]": the steps of the walk-through that the case is. */
static void covers(struct pen *p, const json_t *r) {
    const json_t *list = json_object_get(r, "covers");
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word) {
        pen_put(p, i ? " " : " [");
        pen_text(p, PEN_LINE, pen_str(json_string_value(word)));
    }
    if (json_array_size(list))
        pen_put(p, "]");
}

static void write_table(const json_t *table, FILE *out) {
    truth_text(table, false, "              ", out);
}

/* What its truth tables say in one line each, and the tables that are not as expected. */
static void findings(struct pen *p, const json_t *r) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(r, "findings"), i, one) {
        const char *text = json_string_value(one), *message = json_str(r, "message", NULL);
        if (!text || (message && strstr(message, text)))
            continue;
        pen_put(p, "              ");
        pen_text(p, PEN_LINE, pen_str(text));
        pen_put(p, "\n");
    }
    json_array_foreach(json_object_get(r, "truth_tables"), i, one) {
        if (json_int(one, 0, "wrong", NULL) > 0)
            pen_written(p, PEN_PLAIN, write_table, one, TRUTH_LEN_MAX);
    }
}

static void row(struct pen *p, const json_t *r, int width, const struct tally *t, bool color) {
    enum verdict v = tally_verdict(r);
    uint64_t begin;
    pen_putf(p, "%s%-12s%s  ", color ? color_of(t, v) : "", verdict_name(v),
             color ? "\033[0m" : "");
    begin = p->written;
    pen_text(p, PEN_LINE, pen_member(r, "case"));
    int padding = width - (int)(p->written - begin);
    int64_t ms = json_int(r, 0, "elapsed_ms", NULL);
    pen_putf(p, "%*s  %4lld.%03lld s  ", padding > 0 ? padding : 0, "", (long long)(ms / 1000),
             (long long)(ms % 1000));
    pen_text(p, PEN_LINE, pen_member(r, "title"));
    covers(p, r);
    pen_put(p, "\n");
    if (v != VERDICT_PASSED && pen_member(r, "message").len > 0) {
        pen_put(p, "              ");
        pen_text(p, PEN_LINE, pen_member(r, "message"));
        pen_put(p, "\n");
    }
    findings(p, r);
}

static int width_of(const json_t *list) {
    size_t i, width = 0;
    json_t *r;
    json_array_foreach(list, i, r) {
        size_t len = pen_member(r, "case").len;
        width = len > width ? len : width;
    }
    return (int)(width < ID_LEN_MAX ? width : ID_LEN_MAX);
}

/* "1 passed, 2 failed; 1 required did not run in 3.120 s: RED" */
static void last_line(struct pen *p, const json_t *results, const struct tally *t) {
    bool first = true;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (!t->of[v])
            continue;
        pen_putf(p, "%s%zu %s", first ? "" : ", ", t->of[v], verdict_name((enum verdict)v));
        first = false;
    }
    if (first)
        pen_put(p, "no case ran");
    if (t->row_failed[TALLY_REQUIRED])
        pen_putf(p, "; %zu required did not run", json_array_size(t->missing));
    if (t->row_failed[TALLY_FINISHED]) {
        pen_put(p, "; the run was ");
        pen_text(p, PEN_LINE, pen_str(t->state));
    }
    if (t->row_failed[TALLY_RAN] && t->total)
        pen_put(p, "; all were skipped");
    pen_put(p, " in ");
    pen_seconds(p, json_int(results, 0, "elapsed_ms", NULL));
    pen_putf(p, " s: %s\n", t->red ? "RED" : "GREEN");
}

void report_table(const json_t *results, const struct report_options *o, FILE *out) {
    const json_t *list = json_object_get(results, "results");
    struct tally t = tally_of(results);
    struct pen p;
    pen_begin(&p, out, TEXT_LEN_MAX);
    int width = width_of(list);
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) row(&p, r, width, &t, o->color);
    pen_put(&p, "\n");
    last_line(&p, results, &t);
    pen_end(&p);
}
