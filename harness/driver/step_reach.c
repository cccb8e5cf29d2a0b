/* reach: a port of an application, at each of its addresses, and what is missing where it is
 * closed. */
#include "harness/driver/step.h"

static void begin(struct step_run *s) {
    step_ask(s, ASK_REACH);
}

const struct step_ops step_reach_ops = {.begin = begin};
