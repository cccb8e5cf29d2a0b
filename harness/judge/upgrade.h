/*
 * May we upgrade? A comparison of runs of two releases (compare.h) read as an answer to that: what
 * the newer release mends, what it does not, what it newly breaks, and each point of the upgrade
 * list (fixtures/upgrades/README.md) with the evidence for it that the runs hold.
 *
 *     {"version": 1, "verdict": "go", "exit": 0, "from": "1.6.2", "to": "1.7.0",
 *      "reasons": [], "warnings": ["..."], "notes": ["..."],
 *      "mends": [{"case": "gaps.advertise-address", "gap": "FED-GAP-006", "title": "...",
 *                 "text": "..."}],
 *      "remains": [...], "breaks": [...],
 *      "list": "Kubernetes 1.6 to 1.7, cluster federation",
 *      "points": [{"id": "U-01", "title": "...", "do": "...", "url": "...", "state": "shown",
 *                  "text": "", "evidence": [{"case": "upgrade.join", "name": "credentials_in",
 *                  "before": "c1", "after": "c1-gw4x6"}]}],
 *      "comparison": {...}}
 *
 * state is "shown", "not-as-listed" (a warning) or "not-shown"; text says why it is not shown, or
 * what is not as listed.
 */
#ifndef CONFED_JUDGE_UPGRADE_H
#define CONFED_JUDGE_UPGRADE_H

#include <jansson.h>
#include <stdbool.h>

/*
 * list (upgrade_list.h; NULL: there is none for these releases) and ledger entries' forecasts (an
 * object id -> expect_after; NULL: none) are borrowed, base and candidate are arrays of results.
 * Owned.
 */
struct upgrade_options {
    const json_t *list;
    const json_t *forecasts;
    bool strict; /* as in compare_options */
};
json_t *upgrade_check(const json_t *base, const json_t *candidate, const struct upgrade_options *o);

#endif
