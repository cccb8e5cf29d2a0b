/*
 * Whether an answer is what a step expects, with what goes without saying: a command ends with 0
 * and is not killed by a signal, a name server answers, a port is open.
 */
#ifndef CONFED_DRIVER_STEP_JUDGE_H
#define CONFED_DRIVER_STEP_JUDGE_H

#include "harness/model/observation.h"
#include "harness/model/predicate.h"
#include "harness/model/scenario.h"

struct step_finding {
    enum outcome outcome;                   /* met, unmet or error */
    const char *reason;                     /* of an error; borrowed */
    struct predicate_difference difference; /* owned; empty when met */
};

/* expect may be NULL. */
void step_judge(enum ask_kind kind, const json_t *expect, const json_t *seen,
                struct step_finding *ret);

#endif
