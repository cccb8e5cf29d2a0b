/*
 * When this run last changed a Juju model: a wait for it to settle counts from then. A command is
 * taken for a change unless it is known to be none; without -m it may be about any model.
 */
#ifndef CONFED_DRIVER_JUJU_CHANGES_H
#define CONFED_DRIVER_JUJU_CHANGES_H

#include <jansson.h>
#include <stdint.h>

/* A command begins or ends: keeps the time in changes when it is one of juju that changes a model.
 */
void juju_changes_note(json_t *changes, const json_t *argv, int64_t now_ms);
/* 0: not yet. */
int64_t juju_changes_last(const json_t *changes, const char *model);

#endif
