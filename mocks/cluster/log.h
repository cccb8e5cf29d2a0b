/* What a container wrote: lines with their time, the oldest going when there are too many. */
#ifndef CONFED_CLUSTER_LOG_H
#define CONFED_CLUSTER_LOG_H

#include "harness/core/buf.h"

#include <stdint.h>

#define LOG_LINES_MAX 10000
#define LOG_BYTES_MAX ((size_t)1 << 20)

struct log_line {
    int64_t wall_ms;
    int fd;
    char *text; /* with its newline, if it had one; owned */
    size_t len;
};

struct log {
    struct log_line *lines;
    size_t head, count, cap; /* lines[head .. head + count) */
    size_t bytes;
    uint64_t first; /* number of lines that went; first + count is the next line's number */
    struct buf partial[2];
};

void log_release(struct log *l);
/* Writes that do not end in a newline wait for the rest; log_flush ends them. */
void log_write(struct log *l, int fd, const void *data, size_t len, int64_t wall_ms);
void log_flush(struct log *l, int64_t wall_ms);
/* The line by number, NULL when it went or is not there yet. */
const struct log_line *log_get(const struct log *l, uint64_t number);

#endif
