/* What comes after a run, and can be done again: judging it, its reports, the table, the exit code.
 */
#ifndef CONFED_COMMANDS_VERDICTS_H
#define CONFED_COMMANDS_VERDICTS_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Judges the run with a ledger (NULL: fixtures/gaps.json of the data folder, when it is there) and
 * writes results.json. Owned results, or NULL with err.
 */
json_t *verdicts_judge(const char *run_dir, const char *ledger_path, bool vanished_is_fine,
                       struct err *err);
/* fixtures/gaps.json of the data folder, owned; NULL when it is not there. */
char *verdicts_default_ledger(void);
/* Writes every report into the run's folder. */
int verdicts_write_reports(const char *run_dir, const json_t *results, struct err *err);
/* Shows the table on standard output. */
void verdicts_show(const json_t *results);
/* 0 green or 1 red. */
int verdicts_exit(const json_t *results);

#endif
