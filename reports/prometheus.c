/*
 * The Prometheus text format, version 0.0.4, for node_exporter's textfile collector: is the last
 * run green, how many cases have which verdict, how long it took, when it was, and the state of
 * each gap that it looked at. Every family is together, with HELP and TYPE before its first sample,
 * and is a gauge: a run's numbers go up and down.
 *
 * Sources: prometheus/docs content/docs/instrumenting/exposition_formats.md (escapes of label
 * values: backslash, quote, newline), and the rules of `promtool check metrics`
 * (prometheus/client_golang prometheus/testutil/promlint): base units, no type in the name, no
 * _total, _count, _sum or _bucket on a gauge.
 */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"

enum { LABEL_LEN_MAX = 200 };

/* The states in which a gap makes itself seen. */
static const enum verdict gap_states[] = {VERDICT_KNOWN_GAP, VERDICT_GAP_VANISHED,
                                          VERDICT_GAP_CHANGED, VERDICT_GAP_EXPIRED};

static void family(struct pen *p, const char *name, const char *help) {
    pen_putf(p, "# HELP confed_%s %s\n# TYPE confed_%s gauge\n", name, help, name);
}

static void label(struct pen *p, const char *before, const char *name, struct pen_span value) {
    pen_putf(p, "%s%s=\"", before, name);
    pen_text(p, PEN_LABEL, value);
    pen_put(p, "\"");
}

static struct pen_span release_of(const json_t *results) {
    struct pen_span said = pen_member(results, "kubernetes");
    return said.len ? said : pen_member(results, "profile");
}

/* The name and the labels that all samples of a run have, with the brace left open. */
static void sample(struct pen *p, const char *name, const json_t *results) {
    pen_putf(p, "confed_%s", name);
    label(p, "{", "world", pen_member(results, "world"));
    label(p, ",", "kubernetes", release_of(results));
}

static void number(struct pen *p, const json_t *results, const char *name, const char *help,
                   int64_t ms) {
    family(p, name, help);
    sample(p, name, results);
    pen_put(p, "} ");
    pen_seconds(p, ms);
    pen_put(p, "\n");
}

static void put_run(struct pen *p, const json_t *results, const struct tally *t) {
    family(p, "run_green", "Whether the run was green (1) or red (0).");
    sample(p, "run_green", results);
    pen_put(p, t->red ? "} 0\n" : "} 1\n");

    family(p, "run_info", "The run that the other numbers are of; always 1.");
    sample(p, "run_info", results);
    label(p, ",", "run", pen_member(results, "run"));
    label(p, ",", "state", pen_member(results, "state"));
    pen_put(p, "} 1\n");

    family(p, "run_cases", "Cases of the run by verdict.");
    for (int v = 0; v < VERDICT_COUNT; v++) {
        sample(p, "run_cases", results);
        label(p, ",", "verdict", pen_str(verdict_name((enum verdict)v)));
        pen_putf(p, "} %zu\n", t->of[v]);
    }
}

static void put_times(struct pen *p, const json_t *results) {
    int64_t elapsed_ms = json_int(results, 0, "elapsed_ms", NULL);
    const char *started = json_str(results, "started", NULL);
    int64_t started_ms = started ? clock_parse_utc(started) : -1;
    if (elapsed_ms < 0)
        elapsed_ms = 0;
    number(p, results, "run_duration_seconds", "How long the run took.", elapsed_ms);
    if (started_ms < 0)
        return; /* no time is better than 1970 */
    number(p, results, "run_start_time_seconds", "When the run began, in seconds since 1970.",
           started_ms);
    number(p, results, "run_end_time_seconds", "When the run ended, in seconds since 1970.",
           started_ms + elapsed_ms);
}

static void put_gap(struct pen *p, const json_t *results, const json_t *r, size_t ordinal) {
    enum verdict v = tally_verdict(r);
    for (size_t i = 0; i < ARRAY_LEN(gap_states); i++) {
        sample(p, "gap_state", results);
        label(p, ",", "gap", pen_member(json_object_get(r, "gap"), "id"));
        label(p, ",", "case", pen_member(r, "case"));
        if (ordinal > 1)
            pen_putf(p, ",ordinal=\"%zu\"", ordinal); /* no sample may be there twice */
        label(p, ",", "state", pen_str(verdict_name(gap_states[i])));
        pen_putf(p, "} %d\n", v == gap_states[i]);
    }
}

void report_prometheus(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    CLEANUP(names_freep) struct names *names = names_new(list);
    struct tally t = tally_of(results);
    struct pen p;
    pen_begin(&p, out, LABEL_LEN_MAX);
    put_run(&p, results, &t);
    put_times(&p, results);
    family(&p, "gap_state",
           "The state in which the run saw a gap of the ledger: 1 for the one, 0 for the others.");
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) if (json_is_object(json_object_get(r, "gap")))
        put_gap(&p, results, r, names_ordinal(names, i));
    pen_end(&p);
}
