/*
 * Whoever collects what there is to see when a case goes wrong. The driver stops the case where it
 * is, in front of whatever it or a teardown case would take away, and goes on when the collector
 * has ended; other cases go on meanwhile.
 */
#ifndef CONFED_DRIVER_COLLECTOR_H
#define CONFED_DRIVER_COLLECTOR_H

#include "harness/driver/ask.h"
#include "harness/model/observation.h"
#include "harness/world/world.h"

struct collector_request { /* all borrowed; lives until done or cancel */
    const struct ask_place *place;
    const struct world *world;
    const struct scenario *scenario;
    const json_t *visible; /* what ${...} is in the case */
    int step;              /* index of the one that went wrong, or after which there is none */
    void (*write)(void *self, json_t *event, bool sync); /* steals event */
    void *write_self;
    void (*done)(void *self); /* once, from the loop; not after cancel */
    void *self;
};

struct collector { /* borrowed by the driver */
    /* Whether it wants to, of a case that did not end met or (ended false) will not. */
    bool (*wants)(void *self, const char *case_id, enum outcome outcome, bool ended);
    /* Begins. A case has one at a time. */
    void (*begin)(void *self, const struct collector_request *request);
    /* Ends it at once, keeping what there is: nobody waits for it any more. */
    void (*cancel)(void *self, const struct collector_request *request);
    void *self;
};

#endif
