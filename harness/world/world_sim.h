/*
 * The simulated world: confed-sim, started in <run>/world, with the project's own juju and kubefed
 * and a real kubectl. Its clock may run faster than life, so waits are shortened, down to a floor
 * that the real programs need.
 *
 * A world outlives a harness that was killed for a while (LINGER_S), so that the run can be
 * resumed.
 */
#ifndef CONFED_WORLD_WORLD_SIM_H
#define CONFED_WORLD_WORLD_SIM_H

#include "harness/world/world.h"

/* Owned through ret->ops->free. The options are copied as far as needed. */
int world_sim_new(const struct world_options *options, struct world *ret, struct err *err);

/* A world that is kept running in dir, for `confed up`: its world.json, owned; NULL with err. */
json_t *world_sim_up(const struct world_options *options, const char *dir, struct err *err);
/* Ends the world of dir. ERR_NOT_FOUND: none is running there. */
int world_sim_down(const char *dir, struct err *err);

#endif
