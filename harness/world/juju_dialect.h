/*
 * How the juju that a run finds wants to be spoken to: its words differ between 2.0 and 3.x, and
 * so do the charms that it can deploy. Cases name what they mean, ${world.juju.remote} and so on,
 * and the table gives the words; harness/world/README.md lists them.
 *
 * Sources: juju/juju cmd/juju/commands (run.go, exec.go, destroy.go) of 2.1, 2.9 and 3.1; the
 * charm store closed for 3.x; charmed-kubernetes renamed kubernetes-master in 1.24; wait-for is
 * cmd/plugins/juju-wait-for in 2.9 and cmd/juju/waitfor in 3.x.
 */
#ifndef CONFED_WORLD_JUJU_DIALECT_H
#define CONFED_WORLD_JUJU_DIALECT_H

#include "harness/core/err.h"

#include <jansson.h>

/* The table's row for a version, as above; owned. ERR_INPUT: it is no version of Juju 2 or 3. */
json_t *juju_dialect_for(const char *version, struct err *err);
/*
 * Asks `juju version` in env (name -> text) and sets "juju" and "prefix" (NULL: none) of facts.
 * ERR_NOT_FOUND: there is no juju in its PATH; ERR_TIMEOUT: it does not answer.
 */
int juju_dialect_find(const json_t *env, const char *prefix, json_t *facts, struct err *err);

#endif
