/*
 * Each entry of the ledger beside what the last runs say of it: still there, vanished, changed,
 * never seen; and which entries somebody has to look at.
 *
 *     [{"gap": "FED-GAP-001", "title": "...", "url": "...", "cases": ["lifecycle.dns"],
 *       "versions": ">=1.5 <2", "review_by": "2027-06-30", "owner": "...",
 *       "state": "still-there", "run": "2017-06-02T...", "message": "KNOWN GAP ...",
 *       "judged": 5, "matched": 5, "problems": ["..."], "notes": ["..."]}]
 *
 * state is by the latest run that says something: "still-there", "vanished", "changed", "expired",
 * "passes" (in a release or world that the entry is not about), "not judged" (the case was there,
 * but unsupported, blocked or an error), "not seen". judged counts the runs in which it could have
 * matched: its case was judged, in a release and world of the entry.
 */
#ifndef CONFED_JUDGE_GAP_STATES_H
#define CONFED_JUDGE_GAP_STATES_H

#include "harness/model/ledger.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct gap_states_options {
    int64_t now_ms;         /* for review dates */
    const json_t *seen;     /* gap id -> how often a history has seen it; NULL: there is none */
    const json_t *case_ids; /* every case that there is (id -> anything); NULL: not checked */
};

/* runs is an array of results, the oldest first; borrowed. Owned. */
json_t *gap_states(const struct ledger *ledger, const json_t *runs,
                   const struct gap_states_options *o);

#endif
