/*
 * Clusters that exist: the contexts of a kubeconfig, copied into the run's own. No juju, nothing is
 * simulated, time is real. What the clusters can do is for the person to say (--offer).
 */
#ifndef CONFED_WORLD_WORLD_EXISTING_H
#define CONFED_WORLD_WORLD_EXISTING_H

#include "harness/world/world.h"

/* options->kubeconfig NULL: $KUBECONFIG's first file, else ~/.kube/config. */
int world_existing_new(const struct world_options *options, struct world *ret, struct err *err);

#endif
