/* What comes after a run, and can be done again: judging it, its reports, the table, the exit code.
 */
#ifndef CONFED_COMMANDS_VERDICTS_H
#define CONFED_COMMANDS_VERDICTS_H

#include "harness/core/err.h"
#include "harness/model/ledger.h"

#include <jansson.h>
#include <stdbool.h>

/* Which gaps are known: a ledger (NULL: fixtures/gaps.json of the data folder, when it is there),
 * and more beside it (a list of paths, or NULL). Borrowed. */
struct ledger_choice {
    const char *ledger;
    const json_t *beside;
};
/* Rows of options (options.h) for a struct that holds const char *ledger and json_t *gaps. */
#define LEDGER_ROWS(type)                                           \
    OPTION_ROW_TEXT("ledger", "FILE", type, ledger,                 \
                    "the known gaps (default fixtures/gaps.json)"), \
        OPTION_ROW_LIST("gaps", "FILE", type, gaps,                 \
                        "a ledger of your own beside it (again for more)")

/* Fills ret, to be released by the caller also after an error. */
int verdicts_ledger(const struct ledger_choice *choice, struct ledger *ret, struct err *err);
/* The paths of the ledgers, as a list; owned. */
json_t *verdicts_ledger_paths(const struct ledger_choice *choice);
/* Judges the run and writes results.json. Owned results, or NULL with err. */
json_t *verdicts_judge(const char *run_dir, const struct ledger_choice *choice,
                       bool vanished_is_fine, struct err *err);
/* Writes results.json of a run's folder. */
int verdicts_write(const char *run_dir, const json_t *results, struct err *err);
/* Writes every report into the run's folder. */
int verdicts_write_reports(const char *run_dir, const json_t *results, struct err *err);
/* Shows the table on standard output, and why the run is red where no case of it is. */
void verdicts_show(const json_t *results);
/* 0 green or 1 red. */
int verdicts_exit(const json_t *results);

#endif
