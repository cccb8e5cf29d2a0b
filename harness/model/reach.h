/*
 * Whether a port of an application can be reached, and if not, what is missing: from the status of
 * its model, which knows the rules (exposed, open ports) and the addresses, and from what was found
 * at each address. Values only; ask_reach.c of the driver asks.
 *
 *     ways = reach_ways(status, "kubernetes-worker", &err);     where to look
 *     ... each way's "state": open, refused or timeout ...
 *     seen = reach_seen(status, "kubernetes-worker", 30229, ways);
 *
 * Not every cloud has a firewall that Juju rules (MAAS has none): what answers is open, whatever
 * the rules say.
 */
#ifndef CONFED_MODEL_REACH_H
#define CONFED_MODEL_REACH_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdint.h>

/*
 * A list of {"unit", "address", "of": "public|private", "family": "IPv4|IPv6"}, for each unit its
 * public address and the others of its machine, link-local ones left out; owned. NULL with
 * ERR_NOT_FOUND: there is no such application, or it has no unit with an address.
 */
json_t *reach_ways(const json_t *status, const char *application, struct err *err);
/*
 * {"state": "open|partly|closed", "rule": "open|not exposed|not opened", "public", "private",
 * "IPv4", "IPv6": "open|partly|closed|none", "ways", "problem"}; owned. problem, in words, is there
 * unless all is open.
 */
json_t *reach_seen(const json_t *status, const char *application, int64_t port, const json_t *ways);

#endif
