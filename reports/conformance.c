/*
 * A conformance report in the style of Gateway API's (its GEP-1709 and the files of its
 * conformance/reports), with what those lack: a list of the known gaps, counted apart from what
 * was skipped. A profile is an area of the cases; its core are the cases that a run must have, the
 * others are extended. "success" is only said where every case passed: a skip or a known gap makes
 * it "partial", anything red "failure".
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/names.h"
#include "reports/pen.h"
#include "reports/report.h"
#include "reports/tally.h"

#include <stdlib.h>

enum { TEXT_LEN_MAX = 1024, FEATURES_MAX = 64 };

enum state { STATE_PASSED, STATE_FAILED, STATE_SKIPPED, STATE_GAP };

struct member { /* a result, with the area that it sorts by */
    struct pen_span area;
    size_t index;
    enum state state;
    bool core;
};

struct conformance {
    struct pen *pen;
    struct tally tally;
    const json_t *list;
    struct names *names;
    struct member *members; /* sorted by area, then as they are in the results */
};

struct group { /* the members of one area */
    const struct member *first;
    size_t count;
};

struct statistics {
    size_t passed, failed, skipped, gaps;
};

static enum state state_of(const struct tally *t, enum verdict v) {
    if (v == VERDICT_KNOWN_GAP)
        return STATE_GAP;
    if (v == VERDICT_UNSUPPORTED || v == VERDICT_BLOCKED)
        return STATE_SKIPPED;
    return tally_is_red(t, v) ? STATE_FAILED : STATE_PASSED;
}

static const json_t *result_of(const struct conformance *c, const struct member *m) {
    return json_array_get(c->list, m->index);
}

/* --- areas ---------------------------------------------------------------------------------- */

static int compare_spans(struct pen_span a, struct pen_span b) {
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_members(const void *a, const void *b) {
    const struct member *x = a, *y = b;
    int order = compare_spans(x->area, y->area);
    return order ? order : x->index < y->index ? -1 : 1;
}

static struct member *sorted_members(const json_t *list, const struct tally *t) {
    struct member *members = xcalloc(json_array_size(list) + 1, sizeof(*members));
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        struct pen_span id = pen_member(r, "case");
        const char *dot = memchr(id.data, '.', id.len);
        id.len = dot ? (size_t)(dot - id.data) : 0;
        members[i] = (struct member){.area = id.len ? id : pen_str("cases"),
                                     .index = i,
                                     .state = state_of(t, tally_verdict(r)),
                                     .core = json_flag(r, "required", NULL)};
    }
    qsort(members, json_array_size(list), sizeof(*members), compare_members);
    return members;
}

/* --- one level of a profile ----------------------------------------------------------------- */

static struct statistics statistics_of(struct group g, bool core) {
    struct statistics s = {0};
    for (size_t i = 0; i < g.count; i++) {
        enum state state = g.first[i].state;
        if (g.first[i].core != core)
            continue;
        s.passed += state == STATE_PASSED;
        s.failed += state == STATE_FAILED;
        s.skipped += state == STATE_SKIPPED;
        s.gaps += state == STATE_GAP;
    }
    return s;
}

static const char *result_name(struct statistics s) {
    return s.failed ? "failure" : s.skipped || s.gaps || !s.passed ? "partial" : "success";
}

/* The ids in one state; nothing at all where there are none. */
static void tests_in(struct conformance *c, struct group g, bool core, enum state wanted,
                     const char *name) {
    bool begun = false;
    for (size_t i = 0; i < g.count; i++) {
        if (g.first[i].core != core || g.first[i].state != wanted)
            continue;
        if (!begun)
            pen_putf(c->pen, "    %s:\n", name);
        begun = true;
        size_t ordinal = names_ordinal(c->names, g.first[i].index);
        pen_put(c->pen, "    - \"");
        pen_text(c->pen, PEN_JSON, pen_member(result_of(c, &g.first[i]), "case"));
        if (ordinal > 1)
            pen_putf(c->pen, " (%zu)", ordinal);
        pen_put(c->pen, "\"\n");
    }
}

static void level(struct conformance *c, struct group g, bool core) {
    struct statistics s = statistics_of(g, core);
    pen_putf(c->pen,
             "    result: %s\n    statistics:\n      Failed: %zu\n      KnownGaps: %zu\n"
             "      Passed: %zu\n      Skipped: %zu\n",
             result_name(s), s.failed, s.gaps, s.passed, s.skipped);
    tests_in(c, g, core, STATE_FAILED, "failedTests");
    tests_in(c, g, core, STATE_SKIPPED, "skippedTests");
    tests_in(c, g, core, STATE_GAP, "knownGapTests");
}

/* --- features: what cases need of a world ---------------------------------------------------- */

struct features {
    const char *names[FEATURES_MAX]; /* borrowed, sorted */
    bool missing[FEATURES_MAX];
    size_t count;
};

static void add_features(struct features *f, const json_t *names, bool missing) {
    size_t i;
    json_t *text;
    json_array_foreach(names, i, text) {
        const char *name = json_string_value(text);
        size_t at = 0;
        while (name && at < f->count && strcmp(f->names[at], name) < 0)
            at++;
        bool there = name && at < f->count && strcmp(f->names[at], name) == 0;
        if (!name || (!there && f->count == FEATURES_MAX))
            continue;
        if (!there) {
            memmove(f->names + at + 1, f->names + at, (f->count - at) * sizeof(*f->names));
            memmove(f->missing + at + 1, f->missing + at, (f->count - at) * sizeof(*f->missing));
            f->names[at] = name;
            f->missing[at] = false;
            f->count++;
        }
        f->missing[at] = f->missing[at] || missing;
    }
}

/*
 * Of the whole profile, in the place where Gateway API has them. A feature is supported when the
 * world offers it, whatever came of the cases that need it.
 */
static void features_in(struct conformance *c, struct group g) {
    struct features f = {0};
    for (size_t i = 0; i < g.count; i++) {
        const json_t *r = result_of(c, &g.first[i]);
        if (tally_verdict(r) != VERDICT_BLOCKED) /* which does not tell what the world offers */
            add_features(&f, json_object_get(r, "needs"), false);
        add_features(&f, json_object_get(r, "missing"), true);
    }
    pen_putf(c->pen, "    features: %zu\n", f.count); /* the mapping is never empty */
    for (int missing = 0; missing < 2; missing++) {
        bool begun = false;
        for (size_t i = 0; i < f.count; i++) {
            if (f.missing[i] != (missing == 1))
                continue;
            if (!begun)
                pen_put(c->pen,
                        missing ? "    unsupportedFeatures:\n" : "    supportedFeatures:\n");
            begun = true;
            pen_put(c->pen, "    - ");
            pen_quoted(c->pen, pen_str(f.names[i]));
            pen_put(c->pen, "\n");
        }
    }
}

static void profile(struct conformance *c, struct group g) {
    struct statistics core = statistics_of(g, true), extended = statistics_of(g, false);
    pen_put(c->pen, "- name: ");
    pen_quoted(c->pen, g.first->area);
    pen_put(c->pen, "\n");
    if (core.passed + core.failed + core.skipped + core.gaps) {
        pen_put(c->pen, "  core:\n");
        level(c, g, true);
    }
    pen_put(c->pen, "  extended:\n");
    if (extended.passed + extended.failed + extended.skipped + extended.gaps)
        level(c, g, false);
    features_in(c, g);
    pen_putf(c->pen, "  summary: \"Core: %zu passed, %zu failed, %zu known gaps, %zu skipped. ",
             core.passed, core.failed, core.gaps, core.skipped);
    pen_putf(c->pen, "Extended: %zu passed, %zu failed, %zu known gaps, %zu skipped.\"\n",
             extended.passed, extended.failed, extended.gaps, extended.skipped);
}

/* --- the known gaps -------------------------------------------------------------------------- */

static void pair(struct pen *p, const char *name, struct pen_span value) {
    if (value.len == 0)
        return;
    pen_put(p, name);
    pen_quoted(p, value);
    pen_put(p, "\n");
}

static const char *gap_state(enum verdict v) {
    return v == VERDICT_KNOWN_GAP      ? "still-there"
           : v == VERDICT_GAP_VANISHED ? "vanished"
           : v == VERDICT_GAP_CHANGED  ? "changed"
                                       : "expired";
}

static void known_gaps(struct conformance *c) {
    struct pen *p = c->pen;
    const struct tally *t = &c->tally;
    size_t count = t->of[VERDICT_KNOWN_GAP] + t->of[VERDICT_GAP_VANISHED] +
                   t->of[VERDICT_GAP_CHANGED] + t->of[VERDICT_GAP_EXPIRED];
    pen_put(p, count ? "knownGaps:\n" : "knownGaps: []\n");
    size_t i;
    json_t *r;
    json_array_foreach(c->list, i, r) {
        const json_t *gap = json_object_get(r, "gap");
        enum verdict v = tally_verdict(r);
        if (v != VERDICT_KNOWN_GAP && v != VERDICT_GAP_VANISHED && v != VERDICT_GAP_CHANGED &&
            v != VERDICT_GAP_EXPIRED)
            continue;
        pair(p, "- test: ", pen_member(r, "case").len ? pen_member(r, "case") : pen_str("?"));
        pen_putf(p, "  state: %s\n", gap_state(v));
        pair(p, "  id: ", pen_member(gap, "id"));
        pair(p, "  registry: ", pen_member(gap, "registry"));
        pair(p, "  title: ", pen_member(gap, "title"));
        pair(p, "  url: ", pen_member(gap, "url"));
        pair(p, "  since: ", pen_member(gap, "since"));
        pair(p, "  reviewBy: ", pen_member(gap, "review_by"));
        pair(p, "  seen: ", pen_member(r, "message"));
    }
}

static void missing(struct conformance *c) {
    size_t i;
    json_t *id;
    pen_put(c->pen, json_array_size(c->tally.missing) ? "requiredTestsMissing:\n"
                                                      : "requiredTestsMissing: []\n");
    json_array_foreach(c->tally.missing, i, id) pair(c->pen, "- ", pen_str(json_string_value(id)));
}

static void head(struct conformance *c, const json_t *results) {
    struct pen *p = c->pen;
    const struct tally *t = &c->tally;
    pen_put(p, "apiVersion: confed/v1\nkind: ConformanceReport\n");
    pair(p, "date: ", pen_member(results, "started"));
    pen_put(p, "implementation:\n  project: \"kubernetes federation v1\"\n");
    pair(p, "  version: ", pen_member(results, "kubernetes"));
    pair(p, "  profile: ", pen_member(results, "profile"));
    pair(p, "mode: ", pen_member(results, "world"));
    pair(p, "run: ", pen_member(results, "run"));
    pair(p, "state: ", pen_member(results, "state"));
    pen_putf(p, "result: %s\n",
             t->red                              ? "failure"
             : t->of[VERDICT_PASSED] == t->total ? "success"
                                                 : "partial");
    pen_putf(p, "statistics:\n  Failed: %zu\n  KnownGaps: %zu\n  Passed: %zu\n  Skipped: %zu\n",
             tally_red(t), t->of[VERDICT_KNOWN_GAP], t->total - tally_red(t) - tally_skipped(t),
             tally_skipped(t) - t->of[VERDICT_KNOWN_GAP]);
    missing(c);
}

void report_conformance(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    struct pen p;
    struct conformance c = {
        .pen = &p, .tally = tally_of(results), .list = json_object_get(results, "results")};
    c.names = names_new(c.list);
    c.members = sorted_members(c.list, &c.tally);
    pen_begin(&p, out, TEXT_LEN_MAX);
    head(&c, results);
    pen_put(&p, c.tally.total ? "profiles:\n" : "profiles: []\n");
    for (size_t i = 0; i < c.tally.total;) {
        struct group g = {.first = &c.members[i]};
        while (i < c.tally.total && compare_spans(c.members[i].area, g.first->area) == 0) {
            g.count++;
            i++;
        }
        profile(&c, g);
    }
    known_gaps(&c);
    names_free(c.names);
    free(c.members);
    pen_end(&p);
}
