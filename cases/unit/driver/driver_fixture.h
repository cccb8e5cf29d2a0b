/*
 * A run of a few cases in a world that is a temporary folder: its bin/ is first in PATH, everything
 * is on offer that the test names, and time is as real as the test says.
 */
#ifndef CONFED_UNIT_DRIVER_FIXTURE_H
#define CONFED_UNIT_DRIVER_FIXTURE_H

#include "harness/driver/driver.h"

#include <jansson.h>

struct driver_fixture {
    char dir[64];
    char *run_dir;          /* owned */
    json_t *offers, *facts; /* owned */
    int64_t real_ms;        /* what every wait gets */
    bool scaled;            /* a wait gets what it asks for instead: a world's second is a ms */
    struct budget budget;   /* owned */
    bool kept;              /* no tear-down */
    size_t jobs;            /* cases at once; 0: the driver's own */
    struct world world;
    struct case_graph *graph;          /* owned */
    json_t *events;                    /* owned; after a run */
    const struct collector *collector; /* borrowed; or NULL */
};

int driver_fixture_setup(void **state);
int driver_fixture_teardown(void **state);
/* Adds a program to the world's bin/. */
void driver_fixture_program(struct driver_fixture *f, const char *name, const char *script);
/* Reads the cases (one YAML text each, ends with NULL) into f->graph. */
void driver_fixture_cases(struct driver_fixture *f, const char *const texts[]);
/* Runs them; fills f->events. history may be NULL. */
struct driver_outcome driver_fixture_run(struct driver_fixture *f, const json_t *history);
void driver_fixture_read_events(struct driver_fixture *f);
/* The last event of that name for the case (and step, -1: any); borrowed; fails the test if none.
 */
const json_t *driver_fixture_event(const struct driver_fixture *f, const char *name,
                                   const char *case_id, int step);
/* "" when the case did not end. */
const char *driver_fixture_outcome(const struct driver_fixture *f, const char *case_id);

#endif
