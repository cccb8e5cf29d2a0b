/*
 * May we go from one to the other? Two sides, each the results of one run or of several, compared
 * case by case into one answer, go or no-go, with its reasons.
 *
 *     {"version": 1, "verdict": "no-go", "exit": 1,
 *      "reasons": ["lifecycle.scale regressed: passed before, failed now: expected ..."],
 *      "of_runs": ["the candidate's run a is not whole: it was killed"],
 *      "warnings": ["gaps.join-rights: the known gap FED-GAP-014 opens: ..."], "notes": ["..."],
 *      "base": {"name": "1.6.2", "runs": [{"run", "world", "kubernetes", "state", "started"}]},
 *      "candidate": {...}, "confidence": 0.95, "strict": false,
 *      "summary": {"same": 40, "regressed": 1, ...},           every class
 *      "cases": [{"case": "lifecycle.scale", "title": "...", "class": "regressed", "blocks": true,
 *                 "warns": false, "text": "one line", "verdict": "failed", "ms": [310, 320],
 *                 "base": {"runs": 1, "judged": 1, "passed": 1, "gaps": 0, "bad": 0,
 *                          "verdict": "passed", "message": "", "gap": "", "median_ms": 310},
 *                 "candidate": {...}, "p": 0.05, "runs_needed": 0}]}
 *
 * of_runs: those of the reasons that no case has. strict: what warns is among the reasons, too.
 * verdict is the candidate's (of what is missing: the base's), ms the medians of both, where both
 * have times. p (stats.h) and runs_needed are there where a case did not end the same way
 * in all runs of a side; what is the same has neither sides nor p. Cases are in the order of their
 * class, then of the candidate's runs.
 */
#ifndef CONFED_JUDGE_COMPARE_H
#define CONFED_JUDGE_COMPARE_H

#include <jansson.h>
#include <stdbool.h>

/* In the order in which they are shown. */
enum compare_class {
    COMPARE_REGRESSED,   /* passed or was a known gap, is red now */
    COMPARE_GAP_CHANGED, /* the known gap fails in another way, or is past its review or window */
    COMPARE_MISSING,     /* was judged, is not there or not judged any more */
    COMPARE_FLAKY,       /* ends differently from run to run, and no evidence that more differs */
    COMPARE_GAP_OPENED,  /* passed, shows a known gap now */
    COMPARE_SLOWER,      /* by more than the noise */
    COMPARE_NEW,         /* was not there or not judged */
    COMPARE_FIXED,       /* was red, is not now */
    COMPARE_GAP_CLOSED,  /* was a known gap, passes now */
    COMPARE_SAME,
    COMPARE_CLASS_COUNT,
};
const char *compare_class_name(enum compare_class c); /* "gap-closed" */

struct compare_options {
    const char *base_name, *candidate_name; /* NULL: what the runs say themselves */
    double confidence;                      /* 0: 0.95 */
    bool strict; /* what only warns (flaky, slower, a gap that opens) is a no-go too */
};

/* What it looks at of each result; ends with NULL. */
extern const char *const compare_needs[];

/* base and candidate are arrays of results (checked by results_check), borrowed. Owned. */
json_t *compare_runs(const json_t *base, const json_t *candidate, const struct compare_options *o);

#endif
