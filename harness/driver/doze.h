/*
 * The pause between two looks at a Juju model. Where juju has wait-for it is slept in that: the
 * controller tells when all is settled, and is asked for its whole status a sixth as often. It
 * only ever decides when the next look is, never what is seen there.
 *
 * What is not to be relied on is wait-for itself: it has missed the goal that was reached
 * (juju/juju issues 18625, 19746), it does not see that an agent is lost, and it waits for a model
 * that is not there. So it is bounded, and after one that failed or hung only the clock is used.
 */
#ifndef CONFED_DRIVER_DOZE_H
#define CONFED_DRIVER_DOZE_H

#include "harness/driver/ask.h"
#include "harness/world/world.h"

struct doze;

/* place and world are borrowed and outlive it; the model is what juju's -m takes. */
struct doze *doze_new(const struct ask_place *place, const struct world *world, const char *model);
/* Also one that sleeps: then nobody is woken. */
void doze_free(struct doze *d);
DEFINE_OWNED(struct doze, doze)

/*
 * Calls wake once, in five seconds of the world or, when the model has to change until it is worth
 * while to look again, as soon as all is settled and in half a minute at the latest.
 */
void doze_begin(struct doze *d, bool until_settled, void (*wake)(void *self), void *self);

#endif
