/* The folder of a run (harness/model/README.md): made whole, or found again. */
#ifndef CONFED_DRIVER_RUN_FOLDER_H
#define CONFED_DRIVER_RUN_FOLDER_H

#include "harness/core/err.h"

#include <jansson.h>

/* "2017-06-02T090007Z-4f2a": sorts by time, and four hex digits against the same second; owned. */
char *run_folder_id(void);
/*
 * Makes dir (which must not hold a run yet) with its subfolders and run.json; its absolute path,
 * owned, or NULL with err.
 */
char *run_folder_make(const char *dir, const json_t *run, struct err *err);
/*
 * The absolute path, owned, of a run that is there, with its run.json and its events so far; NULL
 * with ERR_NOT_FOUND when dir holds no run.
 */
char *run_folder_find(const char *dir, json_t **ret_run, json_t **ret_events, struct err *err);

#endif
