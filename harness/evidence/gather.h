/*
 * One collection: every row of the table of sources for every model and cluster, many at once,
 * under one deadline. A source that does not answer costs only itself: it never has more than a few
 * of the places, half of the time is the most that a question gets, and when the time is over what
 * is still under way is let go. manifest.json says of each source what came of it.
 */
#ifndef CONFED_EVIDENCE_GATHER_H
#define CONFED_EVIDENCE_GATHER_H

#include "harness/driver/collector.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct gather_options {
    const struct collector_request *request; /* borrowed, lives as long */
    const char *run_dir;                     /* borrowed */
    const json_t *models;                    /* names; borrowed */
    int64_t time_ms, bytes_max;
    bool has_juju, first; /* first: of the run */
    /* Once, from the loop, when the files and the event are written. */
    void (*done)(void *self, int64_t bytes, int64_t elapsed_ms);
    void *self;
};

struct gather;
struct gather *gather_start(const struct gather_options *o);
/* Writes what there is, as if the time were over; done is not called. */
void gather_stop(struct gather *g);
void gather_free(struct gather *g);

#endif
