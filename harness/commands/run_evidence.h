/*
 * The evidence of a run: which of the cases that go wrong are worth it. One that no ledger knows
 * is; one whose gap is known is judged when it ends, and only if the gap is another than the known
 * one, or is forgiven no more.
 */
#ifndef CONFED_COMMANDS_RUN_EVIDENCE_H
#define CONFED_COMMANDS_RUN_EVIDENCE_H

#include "harness/evidence/evidence.h"
#include "harness/model/ledger.h"

#include <jansson.h>

struct run_evidence {
    const json_t *run; /* borrowed; run.json */
    struct ledger ledger;
    json_t *events; /* owned; of the cases that the ledger knows: case -> list */
    struct evidence *evidence;
};

/* In place; run, run_dir and graph are borrowed. time_ms 0: nothing is collected. */
void run_evidence_init(struct run_evidence *e, const json_t *run, const char *run_dir,
                       const struct case_graph *graph, int64_t time_ms, int64_t bytes_max);
void run_evidence_release(struct run_evidence *e);
/* To be told of each event as it is written. */
void run_evidence_event(struct run_evidence *e, const json_t *event);
/* For driver_options; borrowed; NULL: nothing is collected. */
const struct collector *run_evidence_collector(const struct run_evidence *e);

#endif
