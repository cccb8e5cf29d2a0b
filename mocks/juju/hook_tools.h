/*
 * What a unit answers to a command in a hook context: the hook tools open-port, close-port,
 * opened-ports, unit-get, config-get, is-leader, and a few programs (hostname, echo, cat, true,
 * false). Anything else is a command that the shell does not find.
 */
#ifndef CONFED_JUJU_HOOK_TOOLS_H
#define CONFED_JUJU_HOOK_TOOLS_H

#include "harness/core/buf.h"
#include "mocks/juju/juju_state.h"

/* Runs a line ("open-port 80 && opened-ports") on u, or on a machine (u NULL: no hook tools). */
int hook_tools_run(struct juju_unit *u, const struct juju_machine *machine, const char *line,
                   struct buf *out, struct buf *errors);

#endif
