/*
 * What becomes of a juju command whose controller went away under it: read from what it printed
 * whether it can have arrived there, and decided from its words whether it may be given again.
 *
 *   refused   no connection came about, so nothing was done: any command may be given again
 *   lost      it ended in the middle: what was asked may be done, and nobody said so. What makes
 *             no difference when it is done twice (looking, config, expose, open-port, a bundle,
 *             which adds what is missing) is given again; of add-model, destroy-model and the
 *             deploy of a charm, a look says first whether it has arrived; nothing else is
 *
 * Pure functions over commands and answers; step_run.c waits and asks. The messages are those of
 * every release from 2.1 to 3.6: juju/juju api/apiclient.go, rpc/client.go; its issues 9258, 21355
 * and 21664; conjure-up/conjure-up issues 988 and 994, conjure-up/spells issue 136.
 */
#ifndef CONFED_DRIVER_JUJU_RETRY_H
#define CONFED_DRIVER_JUJU_RETRY_H

#include <jansson.h>

enum juju_loss { JUJU_ANSWERED, JUJU_REFUSED, JUJU_LOST };
/* argv: a command, of any program; seen: as ask_run_seen has it. */
enum juju_loss juju_retry_loss(const json_t *argv, const json_t *seen);
/* The line that says so; owned, "" when none does. */
char *juju_retry_words(const json_t *seen);

enum juju_way { JUJU_NEVER, JUJU_AGAIN, JUJU_LOOK };
/* What to do next with a command of which this was the worst loss so far. */
enum juju_way juju_retry_way(const json_t *argv, enum juju_loss worst);
/* The command that looks whether this one has arrived, where juju_retry_way says so; owned. */
json_t *juju_retry_look(const json_t *argv);

enum juju_found {
    JUJU_NOT_ARRIVED, /* it may be given again */
    JUJU_ARRIVED,     /* it is done */
    JUJU_UNCLEAR,     /* it is not to be touched: another's, or nobody knows */
};
/* What the answer to that look says. run_id: what a model bears that is this run's. */
enum juju_found juju_retry_found(const json_t *argv, const json_t *seen, const char *run_id);

#endif
