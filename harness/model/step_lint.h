/* Reads one step of a case: its verb, the verb's arguments and the keys around it. */
#ifndef CONFED_MODEL_STEP_LINT_H
#define CONFED_MODEL_STEP_LINT_H

#include "harness/model/lint.h"
#include "harness/model/scenario.h"

/* Fills step (its line is set) from lint->object. jobs: the background jobs so far, name -> true.
 */
void step_lint_read(struct step *step, struct lint *lint, json_t *jobs);

#endif
