/*
 * The files of a container, in memory: what was written, copied in or made, over what every
 * container has (/etc/hosts, /etc/resolv.conf, the service account's token, config maps and secrets
 * that are mounted). Paths are absolute and normalised.
 */
#ifndef CONFED_CLUSTER_FILES_H
#define CONFED_CLUSTER_FILES_H

#include "harness/core/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define FILES_BYTES_MAX ((size_t)16 << 20) /* of one container */

struct container;

struct file {
    char *path;              /* owned */
    bool is_dir, is_removed; /* removed: hides what the container had */
    unsigned mode;
    int64_t changed_ms; /* wall clock */
    struct buf data;
};

struct files {
    struct file **items; /* by path */
    size_t count, cap, bytes;
};

void files_free(struct files *f); /* accepts NULL */
/* An absolute normalised path from path relative to dir; owned. */
char *files_path(const char *dir, const char *path);
/* Appends the file's content; false: not there, or a folder. */
bool files_read(const struct container *k, const char *path, struct buf *ret);
bool files_is_dir(const struct container *k, const char *path);
/* NULL, or why not: "Is a directory", "No such file or directory", "No space left on device". */
const char *files_write(struct container *k, const char *path, const void *data, size_t len,
                        bool append);
const char *files_make_dir(struct container *k, const char *path, bool parents);
const char *files_remove(struct container *k, const char *path, bool recursive);
/* Calls fn with the name of each child of the folder, sorted, without "." and "..". */
void files_list(const struct container *k, const char *path,
                void (*fn)(void *self, const char *name, bool is_dir), void *self);

#endif
