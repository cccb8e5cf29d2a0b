/*
 * An exchange between the server and the wire that spoils what is answered through it: the faults
 * truncate and garble. Whatever form an answer takes - an object, a table, a watch, a log - it
 * passes here as the bytes that a client would see. Private to this folder, but for spoil_garble,
 * which those need who are not on the wire.
 */
#ifndef CONFED_APISERVER_SPOIL_H
#define CONFED_APISERVER_SPOIL_H

#include "harness/core/sched.h"
#include "mocks/fault/fault.h"
#include "mocks/serve/http.h"

/* Stands before x from now on; goes with the answer, or with its client. */
struct http_exchange *spoil_new(struct http_exchange *x, const struct fault *fault,
                                struct sched *sched);

/* Every value of a JSON answer replaced in place by another of its type, but for what a client
 * needs to read it at all: kind, apiVersion, versions, uids, times and quantities stay. */
void spoil_garble(json_t *value);

#endif
