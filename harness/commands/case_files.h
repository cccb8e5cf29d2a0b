/* The case files of a folder: DIR/<area>/<slug>.yaml. */
#ifndef CONFED_COMMANDS_CASE_FILES_H
#define CONFED_COMMANDS_CASE_FILES_H

#include "harness/core/err.h"
#include "harness/model/case_graph.h"

/* Where the cases are when nobody says so: cases/ of the data folder. Owned; NULL with err. */
char *case_files_default_dir(struct err *err);
/*
 * Reads every case of dir (NULL: the default). NULL when the folder cannot be read (err) or there
 * are problems.
 */
struct case_graph *case_files_load(const char *dir, bool picky, struct problems *problems,
                                   struct err *err);
/* The same for the command called command: says on stderr what is wrong and sets *ret_exit. */
struct case_graph *case_files_load_or_say(const char *command, const char *dir, int *ret_exit);

#endif
