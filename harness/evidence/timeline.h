/*
 * What happened, from all sources in one order: our own steps, the events of each cluster, and what
 * Juju says of each model. Every time is ours: what another clock showed was corrected (clocks.h).
 */
#ifndef CONFED_EVIDENCE_TIMELINE_H
#define CONFED_EVIDENCE_TIMELINE_H

#include "harness/core/buf.h"
#include "harness/core/mem.h"
#include "harness/evidence/clocks.h"

#include <jansson.h>
#include <stdint.h>

struct timeline;
struct timeline *timeline_new(const struct clocks *clocks); /* borrowed */
void timeline_free(struct timeline *t);
DEFINE_OWNED(struct timeline, timeline)

/* The lines of observations.jsonl; those that are no events are passed over. */
void timeline_add_steps(struct timeline *t, const char *text, size_t len);
/* A list of v1 Events. Those that say no time are passed over. */
void timeline_add_events(struct timeline *t, const char *cluster, const json_t *list);
/* `juju debug-log --date --utc`: "unit-etcd-0: 2017-06-02 09:00:07 INFO juju.worker message" */
void timeline_add_debug_log(struct timeline *t, const char *model, const char *text, size_t len);
/* `juju status --format=json`: since when each entity is as it is. */
void timeline_add_status(struct timeline *t, const char *model, const json_t *status);

/* A line for each entry, the newest that fit into len_max bytes, in their order. */
void timeline_dump(struct timeline *t, size_t len_max, struct buf *out);
/*
 * The newest count_max Kubernetes events, as observations have them (harness/model/README.md);
 * owned. *ret_left_out: how many more there are.
 */
json_t *timeline_events(struct timeline *t, size_t count_max, size_t *ret_left_out);

#endif
