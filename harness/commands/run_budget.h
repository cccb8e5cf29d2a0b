/* The budget of a run: what is common to all worlds, the world's own, and what a person lays over
 * them (model/budget.h). */
#ifndef CONFED_COMMANDS_RUN_BUDGET_H
#define CONFED_COMMANDS_RUN_BUDGET_H

#include "harness/core/err.h"
#include "harness/model/budget.h"

/*
 * Fills ret, to be released also after an error. kept is what run.json holds of a run that is
 * resumed, and then stands for the files of the world; NULL: a new run. own: a file, or NULL.
 * ERR_INPUT names file and line.
 */
int run_budget_load(const char *world, const json_t *kept, const char *own, struct budget *ret,
                    struct err *err);

#endif
