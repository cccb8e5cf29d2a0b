/*
 * The runs of one side of a comparison, case by case: how often each passed, showed its known gap,
 * went wrong or was not judged, and how long it took.
 */
#ifndef CONFED_JUDGE_SAMPLES_H
#define CONFED_JUDGE_SAMPLES_H

#include "harness/core/map.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How a case stands over all runs of a side. */
enum standing {
    STANDING_ABSENT,   /* in no run */
    STANDING_UNJUDGED, /* unsupported or blocked in all */
    STANDING_PASSED,   /* wherever it was judged; a gap that vanished passes too */
    STANDING_GAP,      /* the known gap, wherever it was judged */
    STANDING_BAD,      /* red, wherever it was judged */
    STANDING_MIXED,
};

struct sample { /* texts are borrowed from the results */
    const char *id, *title;
    const char *verdict, *message; /* of the worst run */
    const char *gap;               /* the ledger's id that was last applied, or NULL */
    size_t runs, passed, gaps, bad, unjudged;
    double *ms; /* owned: of the runs in which it passed or showed its gap */
    size_t ms_count, ms_cap;
    double median_ms; /* of ms */
    bool required;
};

struct samples {
    struct sample *list; /* owned; in the order of the first run that had it */
    size_t count, cap;
    size_t runs;
    struct map index; /* id -> position + 1 */
};

/* runs is an array of results (checked by results_check); borrowed, and so are the texts. */
struct samples *samples_new(const json_t *runs);
void samples_free(struct samples *s);
/* Borrowed; NULL when no run had the case. */
const struct sample *samples_find(const struct samples *s, const char *id);
/* sample NULL: STANDING_ABSENT. */
enum standing sample_standing(const struct sample *sample);
/* "passed", "3/5 passed", "known-gap": how it stands, for a line of text. Owned. */
char *sample_describe(const struct sample *sample);

#endif
