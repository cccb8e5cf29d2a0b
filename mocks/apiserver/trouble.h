/* Faults that a request meets by rule (mocks/fault/fault.h). Private to this folder. */
#ifndef CONFED_APISERVER_TROUBLE_H
#define CONFED_APISERVER_TROUBLE_H

#include "mocks/apiserver/answer.h"
#include "mocks/fault/fault.h"

/*
 * Draws the fault of this request. True: the exchange is done with, or a has what to answer
 * instead; the request must not be served. resume serves a request that was delayed.
 */
bool trouble_strikes(struct request *q, struct answer *a,
                     void (*resume)(struct apiserver *s, struct http_exchange *x));
/* Changes an answer that is ready: stale data. */
void trouble_spoils(struct request *q, struct answer *a);
void trouble_release(struct apiserver *s); /* aborts what is still delayed */

#endif
