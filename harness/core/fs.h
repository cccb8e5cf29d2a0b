/* Files: read whole, written whole or not at all. */
#ifndef CONFED_CORE_FS_H
#define CONFED_CORE_FS_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Reads the whole file (64 MiB at most) into ret, after what is there. */
int fs_read(const char *path, struct buf *ret, struct err *err);
/* Writes a temporary neighbour, syncs it and renames it over path. */
int fs_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* Writes over what is there, not synced: for what nobody reads before the writer has ended. */
int fs_write(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* mkdir -p */
int fs_mkdir_p(const char *path, mode_t mode, struct err *err);
/* rm -r, not following symbolic links; a missing path is fine. */
int fs_remove_tree(const char *path, struct err *err);
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);
/* "dir/name", owned. */
char *fs_join(const char *dir, const char *name);
/* Absolute path of the running program's folder, owned; NULL when /proc is not there. */
char *fs_program_dir(void);
/*
 * Where cases/ and fixtures/ are: $CONFED_DATA, <program's folder>/../share/confed, or the source
 * tree that the program was built from; owned. NULL when none of them is there.
 */
char *fs_data_dir(void);

#endif
