/* probe: connects to a port, and asks it something when told to. */
#include "harness/driver/step.h"

static void begin(struct step_run *s) {
    step_ask(s, ASK_PROBE);
}

const struct step_ops step_probe_ops = {.begin = begin};
