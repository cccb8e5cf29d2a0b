/*
 * Files that are written whole or not at all: into a temporary neighbour first, which then takes
 * the place of what was there. Streamed, so that a report of any size needs no memory of its size.
 * When it fails (a full disk), what was there stays, and the message names the file.
 */
#ifndef CONFED_REPORTS_WHOLE_H
#define CONFED_REPORTS_WHOLE_H

#include "harness/core/err.h"

#include <stdio.h>

/* Writes everything; a failure is seen in the stream, with errno as the failed write set it. */
typedef void whole_writer(void *self, FILE *out);

int whole_write(const char *path, whole_writer *write, void *self, struct err *err);
/* Into a stream that is open; name is what messages call it. */
int whole_write_stream(FILE *out, const char *name, whole_writer *write, void *self,
                       struct err *err);

#endif
