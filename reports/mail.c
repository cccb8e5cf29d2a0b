/*
 * The night as a mail: the subject first, then a blank line, then what a person has to know before
 * breakfast. One line for each case that is red, the gaps in one line, at most 3,000 bytes
 * whatever happened, so that something can still be written below it and the mail stays under 4 KB.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"

enum {
    NAME_LEN_MAX = 80,
    SEEN_LEN_MAX = 110,  /* of expected, and of seen */
    RED_LEN_MAX = 1700,  /* where the lines of red cases end */
    GAPS_LEN_MAX = 2300, /* where the names of the gaps end */
};

static void put_line(struct pen *p, struct pen_span text, size_t max) {
    pen_text_max(p, PEN_LINE, text, max);
}

static void counts(struct pen *p, const struct tally *t) {
    const char *joint = "";
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (t->of[v] == 0)
            continue;
        pen_putf(p, "%s%zu %s", joint, t->of[v], verdict_name((enum verdict)v));
        joint = ", ";
    }
    if (t->total == 0)
        pen_put(p, "no case ran in it");
}

static void subject(struct pen *p, const json_t *results, const struct tally *t) {
    pen_put(p, t->red ? "Subject: [confed] RED " : "Subject: [confed] green ");
    put_line(p, pen_member(results, "world"), 20);
    pen_put(p, " ");
    struct pen_span release = pen_member(results, "kubernetes");
    put_line(p, release.len ? release : pen_member(results, "profile"), 20);
    pen_put(p, ": ");
    if (t->red)
        pen_putf(p, "%zu red of %zu", tally_red(t), t->total);
    else
        pen_putf(p, "%zu of %zu passed", t->of[VERDICT_PASSED], t->total);
    if (t->of[VERDICT_KNOWN_GAP] > 0)
        pen_putf(p, ", %zu known gap%s", t->of[VERDICT_KNOWN_GAP],
                 t->of[VERDICT_KNOWN_GAP] == 1 ? "" : "s");
    pen_put(p, "\n\n");
}

static void red_case(struct pen *p, const json_t *r, enum verdict v, size_t ordinal) {
    struct pen_span expected = pen_member(r, "expected"), seen = pen_member(r, "seen");
    pen_put(p, "  ");
    put_line(p, pen_member(r, "case"), NAME_LEN_MAX);
    if (ordinal > 1)
        pen_putf(p, " (%zu)", ordinal);
    pen_putf(p, " %s: ", verdict_name(v));
    if (expected.len == 0) {
        put_line(p, pen_member(r, "message"), 2 * SEEN_LEN_MAX);
    } else {
        pen_put(p, "expected ");
        put_line(p, expected, SEEN_LEN_MAX);
        pen_put(p, "; seen ");
        put_line(p, seen.len ? seen : pen_str("nothing"), SEEN_LEN_MAX);
    }
    pen_put(p, "\n");
}

static void red_cases(struct pen *p, const json_t *list, const struct names *names,
                      const struct tally *t) {
    size_t i, left_out = 0;
    json_t *r;
    json_array_foreach(list, i, r) {
        enum verdict v = tally_verdict(r);
        if (!tally_is_red(t, v))
            continue;
        if (p->written < RED_LEN_MAX)
            red_case(p, r, v, names_ordinal(names, i));
        else
            left_out++;
    }
    if (left_out > 0)
        pen_putf(p, "  and %zu more\n", left_out);
}

/* What no case can show. */
static void red_rows(struct pen *p, const struct tally *t) {
    for (int row = 0; row < TALLY_ROWS; row++) {
        if (!t->row_failed[row])
            continue;
        CLEANUP(str_freep) char *message = tally_row_message(t, (enum tally_row)row);
        pen_put(p, "  ");
        put_line(p, pen_str(message), 2 * SEEN_LEN_MAX);
        pen_put(p, "\n");
    }
}

static void gaps(struct pen *p, const json_t *list, const struct tally *t) {
    size_t i, left_out = 0;
    json_t *r;
    if (t->of[VERDICT_KNOWN_GAP] == 0)
        return;
    pen_put(p, "\nKnown gaps, as recorded:");
    json_array_foreach(list, i, r) {
        if (tally_verdict(r) != VERDICT_KNOWN_GAP)
            continue;
        if (p->written >= GAPS_LEN_MAX) {
            left_out++;
            continue;
        }
        pen_put(p, " ");
        put_line(p, pen_member(json_object_get(r, "gap"), "id"), NAME_LEN_MAX);
    }
    if (left_out > 0)
        pen_putf(p, " and %zu more", left_out);
    pen_put(p, "\n");
}

void report_mail(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    CLEANUP(names_freep) struct names *names = names_new(list);
    struct tally t = tally_of(results);
    struct pen p;
    pen_begin(&p, out, SEEN_LEN_MAX);
    subject(&p, results, &t);
    pen_put(&p, t.red ? "RED: " : "GREEN: ");
    counts(&p, &t);
    pen_put(&p, "; ");
    pen_seconds(&p, json_int(results, 0, "elapsed_ms", NULL));
    pen_put(&p, " s, begun ");
    put_line(&p, pen_member(results, "started"), 30);
    pen_put(&p, "\n");
    if (t.red)
        pen_put(&p, "\nRed:\n");
    red_rows(&p, &t);
    red_cases(&p, list, names, &t);
    gaps(&p, list, &t);
    pen_end(&p);
}
