/*
 * What the world's faults do to a controller (mocks/fault/fault.h is the reference of the rules):
 * commands that are not answered, or not as they should be; machines that never come; hooks that
 * fail and are tried again; machines and agents that are not heard of any more.
 *
 * Sources: juju/juju cmd/modelcmd/base.go (login expired), rpc (connection is shut down),
 * worker/provisioner (ten attempts, ten seconds apart), worker/retrystrategy (5 s, doubled up to
 * 5 min), apiserver/common/unitstatus.go (what is shown of a lost agent).
 */
#ifndef CONFED_JUJU_JUJU_TROUBLE_H
#define CONFED_JUJU_JUJU_TROUBLE_H

#include "mocks/juju/juju_command.h"
#include "mocks/juju/juju_state.h"

/*
 * Runs the command's verb, unless a fault keeps the controller from answering. The exit code, or
 * JUJU_LATER.
 */
int juju_trouble_run(struct juju_command *c);
/* What is lost of output on fd by a fault: how many of len bytes go out. */
size_t juju_trouble_cut(struct juju_command *c, int fd, size_t len);
/* The command ends: what its fault adds to its output, and to its exit code. */
int juju_trouble_end(struct juju_command *c, int code);

/*
 * A machine is asked for. true: it is not to be had, and again is called when Juju tries once
 * more, or never; else *ret_more_ms is how much longer it takes.
 */
bool juju_trouble_provision(struct juju_machine *machine, sched_fn *again, int64_t *ret_more_ms);
/*
 * The unit runs a hook ("install", a literal). true: that does not go well; again is called when
 * Juju tries once more, or never. Else *ret_more_ms is how much longer it takes.
 */
bool juju_trouble_hook(struct juju_unit *u, const char *hook, sched_fn *again,
                       int64_t *ret_more_ms);
/* Somebody switches the machine off: nothing of it runs any more, as Juju finds out later. */
void juju_trouble_switch_off(struct juju_machine *machine);
/* Whether the cloud's firewall does not get the rule for a range that the unit opens. */
bool juju_trouble_port(const struct juju_unit *u, const struct juju_ports *range);
/* Looks from time to time at who is lost, as long as there is a rule for it. */
void juju_trouble_watch(struct juju *j);

#endif
