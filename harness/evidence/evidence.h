/*
 * Evidence of what went wrong, collected before anything is torn down: the collector of a run. Each
 * case that it wants gets a folder, evidence/<case>, and an `evidence` event in the observations
 * (harness/model/README.md). One case is collected for at a time, each within the same budget, and
 * all together within a few times that: a federation that is down as a whole fails many cases with
 * the same evidence.
 */
#ifndef CONFED_EVIDENCE_EVIDENCE_H
#define CONFED_EVIDENCE_EVIDENCE_H

#include "harness/core/mem.h"
#include "harness/driver/collector.h"
#include "harness/model/case_graph.h"

#include <stdbool.h>
#include <stdint.h>

enum { EVIDENCE_TIME_MS = 60000, EVIDENCE_BYTES = 16 << 20 };

struct evidence_options { /* all borrowed; outlive it */
    const char *run_dir;
    const struct case_graph *graph; /* whose cases add the models */
    int64_t time_ms, bytes_max;     /* of one case; 0: EVIDENCE_... */
    /* Whether a case that has not met is worth it; NULL: each is. */
    bool (*wants)(void *self, const char *case_id, enum outcome outcome, bool ended);
    void *self;
};

struct evidence;
struct evidence *evidence_new(const struct evidence_options *o);
void evidence_free(struct evidence *e);
DEFINE_OWNED(struct evidence, evidence)
/* For driver_options; borrowed. */
const struct collector *evidence_collector(const struct evidence *e);

#endif
