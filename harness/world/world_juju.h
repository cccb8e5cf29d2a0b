/*
 * Real Juju models: the juju and kubefed of PATH, a controller that the person has bootstrapped,
 * real time. The person's Juju data are copied into the run's home, so that adding and switching
 * models leaves their own current model alone.
 */
#ifndef CONFED_WORLD_WORLD_JUJU_H
#define CONFED_WORLD_WORLD_JUJU_H

#include "harness/world/world.h"

int world_juju_new(const struct world_options *options, struct world *ret, struct err *err);

#endif
