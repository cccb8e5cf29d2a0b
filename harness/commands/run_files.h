/*
 * The runs that a command is given: run folders, results.json files, JUnit files, or folders of
 * several runs, each as results.
 */
#ifndef CONFED_COMMANDS_RUN_FILES_H
#define CONFED_COMMANDS_RUN_FILES_H

#include "harness/core/err.h"

#include <jansson.h>

/* Adds a path to a list of paths, which is made when it is NULL. */
void run_files_add(json_t **list, const char *path);
/*
 * The results of one path, as an array (a folder of runs has several); owned, NULL with err. A run
 * that was never judged, because it was killed, is judged with the project's ledger. keep as for
 * results_load: what is needed of each case at least; NULL: all.
 */
json_t *run_files_load(const char *path, const char *const keep[], struct err *err);
/* The same for all paths of a list. */
json_t *run_files_load_all(const json_t *paths, const char *const keep[], struct err *err);

#endif
