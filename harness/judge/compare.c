#include "harness/judge/compare.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/judge/samples.h"
#include "harness/judge/slower.h"
#include "harness/judge/stats.h"
#include "harness/model/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE_DEFAULT 0.95
enum { LINES_MAX = 1000 }; /* of reasons and warnings: the cases have the rest */

const char *const compare_needs[] = {"case",     "verdict",    "title", "message",
                                     "required", "elapsed_ms", "gap",   NULL};

const char *compare_class_name(enum compare_class c) {
    static const char *const names[COMPARE_CLASS_COUNT] = {
        "regressed", "gap-changed", "missing", "flaky",      "gap-opened",
        "slower",    "new",         "fixed",   "gap-closed", "same"};
    return names[c];
}

struct row {                               /* one case of the comparison */
    const struct sample *base, *candidate; /* one of them may be NULL */
    enum compare_class class;
    bool blocks, warns;
    double p; /* below 0: not asked */
    size_t runs_needed;
    char *text; /* owned */
};

struct comparison {
    struct samples *base, *candidate;
    const struct compare_options *o;
    double alpha;
    struct slower_scale scale;
};

static const char *message_of(const struct sample *s) {
    const char *message = s->message && *s->message ? s->message : "no message";
    const char *rest = str_has_prefix(message, "KNOWN GAP ") ? strstr(message, ": ") : NULL;
    return rest ? rest + 2 : message; /* the gap is named in front of it */
}

static void conclude(struct row *r, enum compare_class class, char *text) {
    r->class = class;
    r->text = text;
    r->blocks =
        class == COMPARE_REGRESSED || class == COMPARE_GAP_CHANGED || class == COMPARE_MISSING;
    r->warns = class == COMPARE_FLAKY || class == COMPARE_GAP_OPENED || class == COMPARE_SLOWER;
}

/* --- each run of a side ended alike ---------------------------------------------------------- */

static void compare_times(const struct comparison *c, struct row *r) {
    if (slower_is(&c->scale, r->base, r->candidate))
        conclude(
            r, COMPARE_SLOWER,
            xasprintf("took %.0f ms, takes %.0f ms", r->base->median_ms, r->candidate->median_ms));
    else
        conclude(r, COMPARE_SAME, xstrdup(r->candidate->verdict));
}

static void to_passed(const struct comparison *c, struct row *r, enum standing before) {
    const char *ledger = str_eq(r->candidate->verdict, verdict_name(VERDICT_GAP_VANISHED))
                             ? ": the ledger is to be updated"
                             : "";
    if (before == STANDING_PASSED)
        compare_times(c, r);
    else if (before == STANDING_GAP)
        conclude(
            r, COMPARE_GAP_CLOSED,
            xasprintf("the known gap %s is closed%s", r->base->gap ? r->base->gap : "", ledger));
    else if (before == STANDING_BAD)
        conclude(r, COMPARE_FIXED, xasprintf("%s before, passes now", r->base->verdict));
    else
        conclude(r, COMPARE_NEW,
                 xstrdup(before == STANDING_ABSENT ? "a new case, passes"
                                                   : "was not judged before, passes now"));
}

static void to_gap(const struct comparison *c, struct row *r, enum standing before) {
    const char *gap = r->candidate->gap ? r->candidate->gap : "";
    if (before == STANDING_PASSED)
        conclude(r, COMPARE_GAP_OPENED,
                 xasprintf("the known gap %s opens: %s", gap, message_of(r->candidate)));
    else if (before == STANDING_GAP && !str_eq(r->base->gap, r->candidate->gap))
        conclude(r, COMPARE_GAP_CHANGED,
                 xasprintf("was the known gap %s, is %s now: %s", r->base->gap ? r->base->gap : "",
                           gap, message_of(r->candidate)));
    else if (before == STANDING_GAP)
        compare_times(c, r);
    else if (before == STANDING_BAD)
        conclude(r, COMPARE_FIXED,
                 xasprintf("%s before, is only the known gap %s now", r->base->verdict, gap));
    else
        conclude(r, COMPARE_NEW,
                 xasprintf("%s, shows the known gap %s",
                           before == STANDING_ABSENT ? "a new case" : "was not judged before",
                           gap));
}

static void to_bad(struct row *r, enum standing before) {
    const char *now = r->candidate->verdict;
    if (before == STANDING_BAD) {
        conclude(r, COMPARE_SAME, xasprintf("%s before and now", now));
    } else if (before == STANDING_GAP) {
        bool changed = str_has_prefix(now, "gap-");
        conclude(r, changed ? COMPARE_GAP_CHANGED : COMPARE_REGRESSED,
                 xasprintf("was the known gap %s, is %s now: %s", r->base->gap ? r->base->gap : "",
                           now, message_of(r->candidate)));
    } else if (before == STANDING_PASSED) {
        conclude(r, COMPARE_REGRESSED,
                 xasprintf("passed before, %s now: %s", now, message_of(r->candidate)));
    } else {
        conclude(r, COMPARE_NEW,
                 xasprintf("%s, and is %s: %s",
                           before == STANDING_ABSENT ? "a new case" : "was not judged before", now,
                           message_of(r->candidate)));
        r->blocks = true;
    }
}

static void to_nothing(struct row *r, enum standing before) {
    if (before == STANDING_UNJUDGED && r->candidate)
        conclude(r, COMPARE_SAME, xasprintf("%s before and now", r->candidate->verdict));
    else if (before == STANDING_UNJUDGED)
        conclude(r, COMPARE_SAME, xasprintf("%s before, not there now", r->base->verdict));
    else if (!r->base)
        conclude(r, COMPARE_NEW, xasprintf("a new case, %s", r->candidate->verdict));
    else if (!r->candidate)
        conclude(r, COMPARE_MISSING, xasprintf("%s before, not there now", r->base->verdict));
    else
        conclude(
            r, COMPARE_MISSING,
            xasprintf("%s before, not judged now: %s", r->base->verdict, message_of(r->candidate)));
}

/* --- several runs that ended differently ------------------------------------------------------ */

static size_t judged(const struct sample *s) {
    return s->passed + s->gaps + s->bad;
}

/* A known gap is not red: where nothing else differs, shares are of runs that were not red. */
static struct counted count(const struct sample *s, bool of_passed) {
    return (struct counted){of_passed ? s->passed : s->passed + s->gaps, judged(s)};
}

static char *no_evidence(const struct row *r, struct counted a, struct counted b) {
    if (r->runs_needed >= 10000 || a.all == 0 || b.all == 0)
        return xasprintf("%zu/%zu against %zu/%zu is no evidence", a.good, a.all, b.good, b.all);
    return xasprintf("%zu/%zu against %zu/%zu is no evidence (p = %.2f); run %zu more of each",
                     a.good, a.all, b.good, b.all, r->p, r->runs_needed);
}

static void compare_shares(const struct comparison *c, struct row *r) {
    bool of_passed = r->base->bad + r->candidate->bad == 0;
    struct counted a = count(r->base, of_passed), b = count(r->candidate, of_passed);
    bool worse = (double)a.good * (double)b.all > (double)b.good * (double)a.all;
    struct counted better = worse ? a : b, other = worse ? b : a;
    r->p = stats_fisher(better, other);
    CLEANUP(str_freep) char *before = sample_describe(r->base);
    CLEANUP(str_freep) char *now = sample_describe(r->candidate);
    if (r->p <= c->alpha) {
        enum compare_class class = worse       ? of_passed ? COMPARE_GAP_OPENED : COMPARE_REGRESSED
                                   : of_passed ? COMPARE_GAP_CLOSED
                                               : COMPARE_FIXED;
        conclude(r, class, xasprintf("%s before, %s now (p = %.3f)", before, now, r->p));
        return;
    }
    r->runs_needed = stats_runs_needed(better, other, c->alpha);
    conclude(r, COMPARE_FLAKY, no_evidence(r, a, b));
}

static void compare_case(const struct comparison *c, struct row *r) {
    enum standing before = sample_standing(r->base), now = sample_standing(r->candidate);
    r->p = -1;
    bool mixed = before == STANDING_MIXED || now == STANDING_MIXED;
    if (mixed && r->base && r->candidate && judged(r->base) && judged(r->candidate)) {
        compare_shares(c, r);
        return;
    }
    switch (now) {
    case STANDING_PASSED:
        to_passed(c, r, before);
        break;
    case STANDING_GAP:
        to_gap(c, r, before);
        break;
    case STANDING_BAD:
        to_bad(r, before);
        break;
    case STANDING_UNJUDGED:
    case STANDING_ABSENT:
        to_nothing(r, before);
        break;
    case STANDING_MIXED: {
        CLEANUP(str_freep) char *text = sample_describe(r->candidate);
        conclude(r, COMPARE_FLAKY, xasprintf("not judged before; %s", text));
        break;
    }
    }
}

/* --- the whole ----------------------------------------------------------------------- */

static json_t *side_json(const struct sample *s) {
    if (!s)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:f}", "runs", (json_int_t)s->runs,
                     "judged", (json_int_t)judged(s), "passed", (json_int_t)s->passed, "gaps",
                     (json_int_t)s->gaps, "bad", (json_int_t)s->bad, "verdict", s->verdict,
                     "message", s->message ? s->message : "", "gap", s->gap ? s->gap : "",
                     "median_ms", s->median_ms);
}

static json_t *row_json(const struct row *r) {
    const struct sample *any = r->candidate ? r->candidate : r->base;
    json_t *json = json_object();
    json_set_str(json, "case", any->id);
    json_set_str(json, "title", any->title ? any->title : "");
    json_set_str(json, "class", compare_class_name(r->class));
    json_set_bool(json, "blocks", r->blocks);
    json_set_bool(json, "warns", r->warns);
    json_set_str(json, "text", r->text);
    json_set_str(json, "verdict", any->verdict);
    if (r->base && r->candidate && r->base->ms_count && r->candidate->ms_count)
        json_object_set_new(json, "ms",
                            json_pack("[I, I]", (json_int_t)llround(r->base->median_ms),
                                      (json_int_t)llround(r->candidate->median_ms)));
    if (r->class == COMPARE_SAME) /* most of them, and text says it all */
        return json;
    json_object_set_new(json, "base", side_json(r->base));
    json_object_set_new(json, "candidate", side_json(r->candidate));
    if (r->p >= 0) {
        json_object_set_new(json, "p", json_real(r->p));
        json_set_int(json, "runs_needed", (int64_t)r->runs_needed);
    }
    return json;
}

static json_t *runs_json(const json_t *runs, const char *name) {
    static const char *const keys[] = {"run",   "world",   "profile", "kubernetes",
                                       "state", "started", "exit"};
    json_t *list = json_array(), *run;
    size_t i;
    json_array_foreach(runs, i, run) {
        json_t *one = json_object();
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            if (json_object_get(run, keys[k]))
                json_object_set(one, keys[k], json_object_get(run, keys[k]));
        json_array_append_new(list, one);
    }
    const char *release = json_str(json_array_get(runs, 0), "kubernetes", NULL);
    const char *id = json_str(json_array_get(runs, 0), "run", NULL);
    return json_pack("{s:s, s:o}", "name",
                     name      ? name
                     : release ? release
                     : id      ? id
                               : "",
                     "runs", list);
}

static void add_line(json_t *list, char *text) {
    if (json_array_size(list) < LINES_MAX)
        json_array_append_new(list, json_string(text));
    free(text);
}

static const char *id_of(const struct row *r) {
    return r->candidate ? r->candidate->id : r->base->id;
}

/* What is wrong with the candidate's runs as a whole, whatever the cases say. */
static void judge_sides(const json_t *base, const json_t *candidate, size_t in_both,
                        const struct comparison *c, json_t *reasons, json_t *notes) {
    size_t i;
    json_t *run;
    json_array_foreach(candidate, i, run) {
        const char *state = json_str(run, "state", NULL), *id = json_str(run, "run", NULL);
        if (state && !str_eq(state, "finished"))
            add_line(reasons, xasprintf("the candidate's run %s is not whole: it was %s",
                                        id ? id : "", state));
        json_t *missing;
        size_t k;
        json_array_foreach(json_at(run, "truth", "required_missing", NULL), k, missing)
            add_line(reasons, xasprintf("the required case %s did not run in the candidate's run "
                                        "%s",
                                        json_string_value(missing), id ? id : ""));
    }
    json_array_foreach(base, i, run) {
        const char *state = json_str(run, "state", NULL), *id = json_str(run, "run", NULL);
        if (state && !str_eq(state, "finished"))
            add_line(notes, xasprintf("the base's run %s is not whole: it was %s; what it did not "
                                      "judge cannot be compared",
                                      id ? id : "", state));
    }
    if (c->base->count == 0)
        add_line(reasons, xstrdup("the base has no case: there is nothing to compare with"));
    if (c->candidate->count == 0)
        add_line(reasons, xstrdup("the candidate has no case"));
    if (c->base->count && c->candidate->count && in_both == 0)
        add_line(reasons, xstrdup("no case is judged on both sides: nothing can be compared"));
}

static size_t collect(const struct comparison *c, struct row *rows, size_t *ret_in_both) {
    size_t count = 0, both = 0;
    for (size_t i = 0; i < c->candidate->count; i++) {
        const struct sample *now = &c->candidate->list[i];
        rows[count++] =
            (struct row){samples_find(c->base, now->id), now, COMPARE_SAME, 0, 0, 0, 0, NULL};
        const struct sample *before = rows[count - 1].base;
        both += before && judged(before) && judged(now);
    }
    for (size_t i = 0; i < c->base->count; i++)
        if (!samples_find(c->candidate, c->base->list[i].id))
            rows[count++] = (struct row){.base = &c->base->list[i]};
    *ret_in_both = both;
    return count;
}

/* The rows as JSON by class; counts, reasons and warnings on the way. Releases their texts. */
static json_t *report_rows(struct row *rows, size_t count, bool strict, json_t *summary,
                           json_t *reasons, json_t *warnings) {
    json_t *cases = json_array();
    for (int class = 0; class < COMPARE_CLASS_COUNT; class ++) {
        int64_t in_class = 0;
        for (size_t i = 0; i < count; i++) {
            struct row *r = &rows[i];
            if ((int)r->class != class)
                continue;
            in_class++;
            if (r->blocks || (strict && r->warns))
                add_line(reasons,
                         xasprintf("%s: %s: %s", compare_class_name(r->class), id_of(r), r->text));
            else if (r->warns)
                add_line(warnings,
                         xasprintf("%s: %s: %s", compare_class_name(r->class), id_of(r), r->text));
            json_array_append_new(cases, row_json(r));
            free(r->text);
        }
        json_set_int(summary, compare_class_name((enum compare_class) class), in_class);
    }
    return cases;
}

json_t *compare_runs(const json_t *base, const json_t *candidate, const struct compare_options *o) {
    double confidence = o->confidence > 0 ? o->confidence : CONFIDENCE_DEFAULT;
    struct comparison c = {.base = samples_new(base),
                           .candidate = samples_new(candidate),
                           .o = o,
                           .alpha = 1 - confidence + 1e-9};
    c.scale = slower_scale_of(c.base, c.candidate);
    struct row *rows = xcalloc(c.base->count + c.candidate->count + 1, sizeof(*rows));
    size_t in_both, count = collect(&c, rows, &in_both);
    for (size_t i = 0; i < count; i++)
        compare_case(&c, &rows[i]);

    json_t *reasons = json_array(), *warnings = json_array(), *notes = json_array();
    json_t *summary = json_object();
    judge_sides(base, candidate, in_both, &c, reasons, notes);
    json_t *of_runs = json_copy(reasons);
    json_t *cases = report_rows(rows, count, o->strict, summary, reasons, warnings);
    free(rows);
    if (c.base->runs == 1 && c.candidate->runs == 1)
        add_line(notes, xstrdup("one run of each: a case that is flaky looks regressed or fixed; "
                                "run --repeat N tells"));
    samples_free(c.base);
    samples_free(c.candidate);
    bool go = json_array_size(reasons) == 0;
    return json_pack("{s:i, s:s, s:i, s:f, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
                     1, "verdict", go ? "go" : "no-go", "exit", go ? 0 : 1, "confidence",
                     confidence, "strict", o->strict, "of_runs", of_runs, "base",
                     runs_json(base, o->base_name), "candidate",
                     runs_json(candidate, o->candidate_name), "reasons", reasons, "warnings",
                     warnings, "notes", notes, "summary", summary, "cases", cases);
}
