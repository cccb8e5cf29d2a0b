/*
 * What a fault of the world means for a request of the federation's controllers to a member, which
 * is a call and not a connection. It meets the same rules as a request that came over the network.
 *
 *     refuse, reset, drop, truncate   the member cannot be reached
 *     status=N, conflict              it answers that
 *     delay=MS                        it answers so much later; see operation.h and health.h of the
 *                                     federation for what that means to whom
 *     garble                          it lies: every value of its answer is another
 *     stale, close, compact           nothing: a controller that lists before a change gets it by
 *                                     its watch, one whose watch ends goes on where it was, and one
 *                                     that is told 410 lists again
 */
#ifndef CONFED_SIM_MEMBER_FAULT_H
#define CONFED_SIM_MEMBER_FAULT_H

#include "mocks/fault/fault.h"

struct member_fault {
    bool strikes;     /* it is not answered as usual, but with */
    int status;       /* HTTP; 0: the member cannot be reached */
    int64_t delay_ms; /* and that, or what is usual, comes so much later */
    bool garbles;     /* what is usual is not true: spoil.h of the API server */
};
/* What befalls the request, which is counted. method is that of HTTP, target path and query. */
struct member_fault member_fault_of(struct fault_table *t, const char *member, const char *method,
                                    const char *target);

#endif
