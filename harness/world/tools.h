/*
 * The programs that a run uses: links in its bin/, which is first in PATH, so that the choice is
 * written down in the run's folder and no other program of the same folder comes along.
 */
#ifndef CONFED_WORLD_TOOLS_H
#define CONFED_WORLD_TOOLS_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stdint.h>

/* The program called name in a PATH-like list of folders, absolute and owned; NULL: not there. */
char *tools_find(const char *name, const char *path);
/*
 * Links each of tools (name -> path, NULL allowed), the running program itself as confed, and
 * kubectl from PATH when tools has none, into <run_dir>/bin. ERR_NOT_FOUND: a tool that was asked
 * for is missing.
 */
int tools_link(const char *run_dir, const json_t *tools, struct err *err);
/* The variables of this program, those that are UTF-8; owned. */
json_t *tools_own_env(void);
/* Sets in env what names says: "NAME=TEXT", or "NAME" with the text that it has here, if any. */
void tools_pass(const json_t *names, json_t *env);
/* A list of the variables through which programs find their proxies, and names behind it; owned. */
json_t *tools_passed(const json_t *names);
/*
 * Runs argv (ends with NULL; the program is looked for in env's PATH) and adds what it prints to
 * out, stdout and stderr together. It gets no stdin. ERR_NOT_FOUND: there is no such program;
 * ERR_STATE: it ended with a code; ERR_TIMEOUT: it was killed after timeout_ms.
 */
int tools_ask(const char *const argv[], const json_t *env, int64_t timeout_ms, struct buf *out,
              struct err *err);
/* The release in what kubectl or kubefed says to "version": "1.6.2"; owned, NULL: it says none. */
char *tools_release_in(const char *said);
/*
 * Asks kubefed in env's PATH for its release and sets "kubernetes", and "profile" where facts have
 * none, to it: "1.6.2". A kubefed that does not say is an error, ERR_INPUT.
 */
int tools_find_release(const json_t *env, json_t *facts, struct err *err);
/* The program of this project called name: beside the running one, or what variable says; owned. */
char *tools_own(const char *name, const char *variable, struct err *err);

#endif
