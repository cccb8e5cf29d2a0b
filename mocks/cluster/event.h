/*
 * Events: what `kubectl describe` shows. Their number is bounded, as nobody reads the first of
 * 100,000: the oldest go, and in a flood new ones are left out (real clients do that too).
 */
#ifndef CONFED_CLUSTER_EVENT_H
#define CONFED_CLUSTER_EVENT_H

#include "mocks/cluster/state.h"

#define EVENT_MAX 2000

/* component is the source ("kubelet"); host its node or NULL. The object is borrowed. */
void event_record(struct cluster *c, enum work work, const json_t *object, const char *component,
                  const char *host, bool warning, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 8, 9)));
void event_release(struct cluster *c);

#endif
