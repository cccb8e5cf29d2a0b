/*
 * Watches: each event is written once to every watcher that wants it, from a line that they share.
 * A watcher that does not read is cut off when its backlog passes a bound; nobody waits for it.
 */
#ifndef CONFED_APISERVER_WATCH_H
#define CONFED_APISERVER_WATCH_H

#include "mocks/apiserver/answer.h"

/* Begins to answer q's exchange with a stream, or fails into a. */
void watch_begin(struct request *q, struct answer *a);
void watch_changed(struct apiserver *s, const struct change *c);
/* Ends all watches of one kind (its definition went away), or of all kinds (NULL). */
void watch_end_all(struct apiserver *s, struct kind *k);

#endif
