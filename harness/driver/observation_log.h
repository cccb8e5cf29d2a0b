/*
 * observations.jsonl, written: append-only, each event masked, on disk before the next step starts.
 */
#ifndef CONFED_DRIVER_OBSERVATION_LOG_H
#define CONFED_DRIVER_OBSERVATION_LOG_H

#include "harness/core/err.h"

#include <jansson.h>

struct observation_log {
    int fd;     /* -1: not open */
    char *path; /* owned */
};

/* Opens for appending; ends a line that a killed run left open. ERR_STATE: another run holds it. */
int observation_log_open(struct observation_log *log, const char *run_dir, struct err *err);
void observation_log_close(struct observation_log *log);
/* Writes one event, which is already masked. */
int observation_log_add(struct observation_log *log, const json_t *event, struct err *err);
/* Until it is on disk. */
int observation_log_sync(struct observation_log *log, struct err *err);

#endif
