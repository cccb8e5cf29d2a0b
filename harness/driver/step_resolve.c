/* resolve: one DNS question. */
#include "harness/driver/step.h"

static void begin(struct step_run *s) {
    step_ask(s, ASK_RESOLVE);
}

const struct step_ops step_resolve_ops = {.begin = begin};
