/*
 * From what was observed to what it means: reads run.json and observations.jsonl of a run's folder,
 * applies the ledger of known gaps, and gives the results (harness/model/README.md). It looks at
 * nothing else, so a run can be judged again, elsewhere, with a newer ledger.
 *
 * A run that was killed is judged too: the case that was running then is an error, and what never
 * began is blocked.
 */
#ifndef CONFED_JUDGE_JUDGE_H
#define CONFED_JUDGE_JUDGE_H

#include "harness/core/err.h"
#include "harness/model/ledger.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct judge_options {
    const struct ledger *ledger; /* borrowed; NULL: nothing is forgiven */
    int64_t now_ms;              /* for review dates; 0: now */
    bool vanished_is_fine;       /* a gap that vanished is reported but does not make the run red */
};

/* Owned results, or NULL: ERR_NOT_FOUND (no run there), ERR_INPUT (file, line and what). */
json_t *judge_run(const char *run_dir, const struct judge_options *o, struct err *err);

/* The same from values: run is run.json, events the observations in order. Owned. */
json_t *judge_events(const json_t *run, const json_t *events, const struct judge_options *o);

/*
 * Counts the verdicts of results, says why they are red beyond their verdicts (truth.reasons: no
 * case, none that was judged, a required one that did not run, a run that was not finished), and
 * decides the exit code. For judge_events, and for whoever puts results together anew.
 */
void judge_summarise(json_t *results, bool vanished_is_fine);

#endif
