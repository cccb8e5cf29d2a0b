/*
 * The events of a run (README.md has their fields): made here, written by the driver, read again by
 * the judge, by a resumed run, and by whoever shows a run live.
 */
#ifndef CONFED_MODEL_OBSERVATION_H
#define CONFED_MODEL_OBSERVATION_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum outcome {
    OUTCOME_NONE, /* not ended */
    OUTCOME_MET,
    OUTCOME_UNMET,
    OUTCOME_ERROR,
    OUTCOME_UNSUPPORTED,
    OUTCOME_BLOCKED,
    OUTCOME_INTERRUPTED,
};
const char *outcome_name(enum outcome outcome);
enum outcome outcome_from_name(const char *name); /* OUTCOME_NONE for others and NULL */

/* An event; owned. case_id NULL and step -1 where they do not apply. */
json_t *observation_new(const char *event, int64_t wall_ms, const char *case_id, int step);

/*
 * Reads observations.jsonl: an array of events, owned. A last line that was not written whole is
 * left out (the run was killed in it); another line that is not JSON is ERR_INPUT with its number.
 */
json_t *observation_parse_log(const char *text, size_t len, const char *name, struct err *err);

/*
 * What is known of each case from the events, from its last case-begin on; owned:
 * {"<case>": {"outcome": "met", "bound": {...}, "masked": false, "begun": true, "order": 7}},
 * without "outcome" when it did not end. masked: a bound value was secret, so it is lost; order:
 * who began after whom.
 */
json_t *observation_history(const json_t *events);

#endif
