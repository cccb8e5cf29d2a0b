/*
 * What a fault of the world means for a request of the federation's controllers to a member, which
 * is a call and not a connection. It meets the same rules as a request that came over the network.
 *
 *     refuse, reset, drop, truncate   the member cannot be reached
 *     status=N, conflict              it answers that
 *     delay=MS                        the controllers give up after 30 s of the world: then it is
 * as if it could not be reached; a shorter delay changes nothing, since nothing else waits for the
 * answer stale, close, compact           nothing: a controller that lists before a change gets it
 * by its watch, one whose watch ends goes on where it was, and one that is told 410 lists again
 *
 * Source of the 30 s: Kubernetes 1.6, federation/pkg/federation-controller (updateTimeout).
 */
#ifndef CONFED_SIM_MEMBER_FAULT_H
#define CONFED_SIM_MEMBER_FAULT_H

#include "mocks/fault/fault.h"

/*
 * Whether a fault of the table keeps the request from being answered as usual; then *ret_status is
 * its HTTP status, 0 when the member cannot be reached. method is that of HTTP, target path and
 * query.
 */
bool member_fault_strikes(struct fault_table *t, const char *member, const char *method,
                          const char *target, int *ret_status);

#endif
