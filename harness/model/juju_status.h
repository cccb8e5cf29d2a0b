/*
 * What `juju status --format=json` says of a model, in one shape for every release of Juju from 2.0
 * to 3.x: a list of machines, applications and units, each settled, waiting or broken.
 *
 * Settled: an application is active, a unit is active and its agent idle, a machine runs. A charm
 * that never says anything (`unknown`) counts as active. Subordinates have no units of their own in
 * the status: they are found below their principals. An entity that Juju itself could not read
 * ({"status-error": ...}) is broken; so are a lost agent, a failed hook, a machine that is down or
 * could not be provisioned. `blocked` waits: somebody may still relate what is missing. So
 * does what is on its way to another charm (upgrading-from) or away (life).
 *
 * Shapes: juju/juju cmd/juju/status/formatted.go of 2.0, 2.5, 2.9 and 3.x. An empty field is a
 * missing key there.
 */
#ifndef CONFED_MODEL_JUJU_STATUS_H
#define CONFED_MODEL_JUJU_STATUS_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A list of {"kind": "model|machine|application|unit", "name", "state":
 * "settled|waiting|broken", "status", "agent", "message", "since", "doing"}, in the status' order;
 * owned; doing is what the agent is at ("running install hook"). What is not said is left out. NULL
 * with ERR_INPUT when status is no status of a model.
 */
json_t *juju_status_entities(const json_t *status, struct err *err);

/* Whether there is at least one application, and every entity is settled. */
bool juju_status_is_settled(const json_t *entities);
/* The first that is broken, else the first that waits; borrowed; NULL: none. */
const json_t *juju_status_blocker(const json_t *entities);
size_t juju_status_count(const json_t *entities, const char *state);
/* "kubernetes-worker/0", "machine 0": no two entities of a model have the same; owned. */
char *juju_status_name(const json_t *entity);
/* "kubernetes-worker/0 is waiting, agent idle: Waiting for cluster DNS."; owned. */
char *juju_status_line(const json_t *entity);

#endif
