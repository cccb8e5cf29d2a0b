/*
 * Runs the cases of a graph in a world: as many at once as allowed, each when what it comes after
 * has passed, teardown cases at the end whatever happened. It judges nothing: what happened goes to
 * observations.jsonl, event by event.
 *
 * When the budget's time for the run is over, what has not ended is an error, run-deadline, and the
 * tear-down begins; when that has used up its own, each step that is left of it gets a minute.
 *
 * The first SIGINT or SIGTERM stops the cases, runs the teardown cases with short deadlines and
 * ends the run as interrupted; the second stops at once. The world belongs to the caller.
 */
#ifndef CONFED_DRIVER_DRIVER_H
#define CONFED_DRIVER_DRIVER_H

#include "harness/core/err.h"
#include "harness/driver/collector.h"
#include "harness/model/budget.h"
#include "harness/model/case_graph.h"
#include "harness/world/world.h"

#include <jansson.h>
#include <stdbool.h>

struct driver_options {          /* all borrowed */
    const char *run_dir;         /* absolute; made by run_folder_make */
    const char *fixtures;        /* for ${fixtures} */
    struct case_graph *graph;    /* with its selection */
    const struct world *world;   /* started */
    const json_t *history;       /* of observation_history when a run is resumed; NULL: a new run */
    size_t jobs;                 /* cases at once; 0: 8 */
    bool only_teardown;          /* of a run that is resumed: no other cases */
    const struct budget *budget; /* NULL: no limit of the run, the default for each step */
    const struct collector *collector; /* of what there is to see when a case goes wrong, or NULL */
    const char *run_id, *profile;
    int64_t seed;
    /* Each event when it is written, and now and then for whoever shows how long things take. */
    void (*on_event)(void *self, const json_t *event);
    void (*on_tick)(void *self);
    /* Asked when only the tear-down is left: it is not to be. NULL: it is. */
    bool (*is_kept)(void *self);
    void *self;
};

struct driver_outcome {
    bool interrupted, kept;
    size_t met, other; /* cases that ended met, and otherwise */
    /* In what the world is not as the run that is resumed left it, a list of lines; owned. Nothing
     * was begun then, and nothing torn down. NULL: it is as it was. */
    json_t *differences;
};

/* Negative when the run could not be written down or waited for; it is torn down all the same. */
int driver_run(const struct driver_options *options, struct driver_outcome *ret, struct err *err);

#endif
