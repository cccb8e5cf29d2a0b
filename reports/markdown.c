/*
 * A summary for the page of a CI job (GitHub's $GITHUB_STEP_SUMMARY): what is red first, then the
 * known gaps, then the rest folded. GitHub takes 1 MiB of it and drops all of a larger one, so
 * rows end before that, and the summary says how many are not in it.
 */
#include "harness/core/json.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"
#include "reports/truth.h"

enum {
    TEXT_LEN_MAX = 600,
    ROWS_LEN_MAX = 850 * 1000, /* of all sections */
    RED_LEN_MAX = 600 * 1000,  /* of the first one, so that the others have room */
    TRUTH_LEN_MAX = 50 * 1000, /* of one truth table */
};

struct summary {
    struct pen *pen;
    struct tally tally;
    const json_t *list;
    struct names *names;
};

enum section { SECTION_RED, SECTION_GAPS, SECTION_OTHERS };

static enum section section_of(const struct tally *t, enum verdict v) {
    if (tally_is_red(t, v))
        return SECTION_RED;
    return v == VERDICT_KNOWN_GAP ? SECTION_GAPS : SECTION_OTHERS;
}

static void row(struct summary *s, const json_t *r, size_t index) {
    struct pen *p = s->pen;
    size_t ordinal = names_ordinal(s->names, index);
    struct pen_span what = pen_member(r, "message");
    pen_put(p, "| ");
    pen_text(p, PEN_CELL, pen_member(r, "case"));
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
    pen_putf(p, " | %s | ", verdict_name(tally_verdict(r)));
    pen_text(p, PEN_CELL, what.len ? what : pen_member(r, "title"));
    pen_put(p, " | ");
    pen_seconds(p, json_int(r, 0, "elapsed_ms", NULL));
    pen_put(p, " |\n");
}

static void rows(struct summary *s, enum section wanted, uint64_t len_max) {
    size_t i, left_out = 0;
    json_t *r;
    pen_put(s->pen, "| case | verdict | what | seconds |\n|---|---|---|--:|\n");
    json_array_foreach(s->list, i, r) {
        if (section_of(&s->tally, tally_verdict(r)) != wanted)
            continue;
        if (s->pen->written < len_max)
            row(s, r, i);
        else
            left_out++;
    }
    if (left_out)
        pen_putf(s->pen,
                 "\n%zu more are not shown here: a summary holds 1 MiB. report.html and "
                 "results.json have them.\n",
                 left_out);
}

static void write_table(const json_t *table, FILE *out) {
    truth_markdown(table, true, out);
}

/* What the truth tables of DNS say, and the tables. */
static void tables(struct summary *s) {
    size_t i, k;
    json_t *r, *one;
    json_array_foreach(s->list, i, r) {
        const json_t *found = json_object_get(r, "findings");
        const json_t *of = json_object_get(r, "truth_tables");
        if ((!json_is_array(found) && !json_is_array(of)) || s->pen->written > ROWS_LEN_MAX)
            continue;
        pen_put(s->pen, "### DNS of ");
        pen_text(s->pen, PEN_CELL, pen_member(r, "case"));
        pen_put(s->pen, "\n\n");
        json_array_foreach(found, k, one) {
            pen_text(s->pen, PEN_CELL, pen_str(json_string_value(one)));
            pen_put(s->pen, "\n\n");
        }
        json_array_foreach(of, k, one) {
            pen_written(s->pen, PEN_PLAIN, write_table, one, TRUTH_LEN_MAX);
            pen_put(s->pen, "\n");
        }
    }
}

static void head(struct summary *s, const json_t *results) {
    struct pen *p = s->pen;
    pen_putf(p, "## confed: %s\n\n",
             s->tally.red ? "\xf0\x9f\x94\xb4 red" : "\xf0\x9f\x9f\xa2 green");
    bool first = true;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (!s->tally.of[v])
            continue;
        pen_putf(p, "%s**%zu** %s", first ? "" : ", ", s->tally.of[v],
                 verdict_name((enum verdict)v));
        first = false;
    }
    pen_put(p, first ? "No case ran" : "");
    pen_put(p, " in ");
    pen_seconds(p, json_int(results, 0, "elapsed_ms", NULL));
    pen_put(p, " s. Run ");
    pen_text(p, PEN_CELL, pen_member(results, "run"));
    pen_put(p, ", world ");
    pen_text(p, PEN_CELL, pen_member(results, "world"));
    pen_put(p, ", profile ");
    pen_text(p, PEN_CELL, pen_member(results, "profile"));
    pen_put(p, ", ");
    pen_text(p, PEN_CELL, pen_member(results, "state"));
    pen_put(p, ".\n\n");
    for (int row = 0; row < TALLY_ROWS; row++) {
        if (!s->tally.row_failed[row])
            continue;
        CLEANUP(str_freep) char *message = tally_row_message(&s->tally, (enum tally_row)row);
        pen_put(p, "> **Red:** ");
        pen_text(p, PEN_CELL, pen_str(message));
        pen_put(p, "\n\n");
    }
}

void report_markdown(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    struct pen p;
    struct summary s = {
        .pen = &p, .tally = tally_of(results), .list = json_object_get(results, "results")};
    s.names = names_new(s.list);
    size_t red = tally_red(&s.tally), gaps = s.tally.of[VERDICT_KNOWN_GAP];
    pen_begin(&p, out, TEXT_LEN_MAX);
    head(&s, results);
    if (red) {
        pen_put(&p, "### Red\n\n");
        rows(&s, SECTION_RED, RED_LEN_MAX);
        pen_put(&p, "\n");
    }
    if (gaps) {
        pen_put(&p, "### Known gaps\n\n");
        rows(&s, SECTION_GAPS, ROWS_LEN_MAX);
        pen_put(&p, "\n");
    }
    tables(&s);
    if (s.tally.total > red + gaps) {
        pen_putf(&p, "<details><summary>The other %zu</summary>\n\n", s.tally.total - red - gaps);
        rows(&s, SECTION_OTHERS, ROWS_LEN_MAX);
        pen_put(&p, "\n</details>\n");
    }
    names_free(s.names);
    pen_end(&p);
}
