/*
 * The folder of one collection: files without secrets, each bounded, all together within a budget
 * of bytes. What does not fit is cut, of a log its beginning, of anything else its end; nothing is
 * ever half masked, because secrets are taken out before.
 */
#ifndef CONFED_EVIDENCE_FOLDER_H
#define CONFED_EVIDENCE_FOLDER_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct folder {
    char *dir;               /* owned; absolute */
    int64_t used, bytes_max; /* of all files */
    int64_t file_max;        /* of one: the first large ones must leave something to the others */
    json_t *lines;           /* owned; file -> text of a file that is written line by line */
    json_t *files;           /* owned; those that were written, from dir */
    struct err trouble;      /* the first that kept a file from being written: none is tried then */
};

/* In place; makes the folder when the first file comes. dir is borrowed and copied. */
void folder_init(struct folder *f, const char *dir, int64_t bytes_max, int64_t file_max);
void folder_release(struct folder *f);

struct folder_added {
    const char *state; /* "whole", "cut", "left-out", "failed"; borrowed for ever */
    int64_t bytes;     /* that were written */
    char *why;         /* owned; NULL when whole */
};
/* Writes file (a path below dir), masked. A log's end is what counts. ret->why is the caller's. */
void folder_add(struct folder *f, const char *file, const char *text, size_t len, bool is_log,
                struct folder_added *ret);
/* The same of a value: masked and indented. */
void folder_add_json(struct folder *f, const char *file, const json_t *value,
                     struct folder_added *ret);
/* Adds a line to a file that folder_flush writes. value is borrowed. */
void folder_add_line(struct folder *f, const char *file, const json_t *value);
/* Calls fn with each file of lines as it was written. */
void folder_flush(struct folder *f,
                  void (*fn)(void *self, const char *file, struct folder_added *added), void *self);

#endif
