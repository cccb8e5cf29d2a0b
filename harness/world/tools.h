/*
 * The programs that a run uses: links in its bin/, which is first in PATH, so that the choice is
 * written down in the run's folder and no other program of the same folder comes along.
 */
#ifndef CONFED_WORLD_TOOLS_H
#define CONFED_WORLD_TOOLS_H

#include "harness/core/err.h"

#include <jansson.h>

/* The program called name in a PATH-like list of folders, absolute and owned; NULL: not there. */
char *tools_find(const char *name, const char *path);
/*
 * Links each of tools (name -> path, NULL allowed), the running program itself as confed, and
 * kubectl from PATH when tools has none, into <run_dir>/bin. ERR_NOT_FOUND: a tool that was asked
 * for is missing.
 */
int tools_link(const char *run_dir, const json_t *tools, struct err *err);
/* The program of this project called name: beside the running one, or what variable says; owned. */
char *tools_own(const char *name, const char *variable, struct err *err);

#endif
