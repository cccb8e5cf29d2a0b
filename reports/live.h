/*
 * A run while it goes on, from the events of observations.jsonl: on a terminal one line per case
 * that is running (which step, what it waits for, how long), redrawn in place below the cases that
 * have ended; elsewhere one plain line when a case begins and one when it ends.
 */
#ifndef CONFED_REPORTS_LIVE_H
#define CONFED_REPORTS_LIVE_H

#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct live;
/* columns: of the terminal; 0: not a terminal. out is borrowed. */
struct live *live_new(FILE *out, int columns);
void live_free(struct live *l); /* takes its lines of running cases off the terminal */
DEFINE_OWNED(struct live, live)

void live_event(struct live *l, const json_t *event, int64_t now_ms);
/* Draws again when there is something to show; call it now and then. now_ms: monotonic. */
void live_tick(struct live *l, int64_t now_ms);

#endif
