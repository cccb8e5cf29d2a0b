/* truth-table: every name of a federated service, of every cluster, with verdict and why. */
#include "harness/driver/step.h"

static void begin(struct step_run *s) {
    step_ask(s, ASK_TRUTH);
}

const struct step_ops step_truth_ops = {.begin = begin};
