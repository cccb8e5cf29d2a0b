/*
 * Impersonate-User and its companions (`kubectl --as`): the request goes on as somebody else, when
 * he who sent it may impersonate that user and each of the groups. Private to this folder.
 */
#ifndef CONFED_APISERVER_IMPERSONATE_H
#define CONFED_APISERVER_IMPERSONATE_H

#include "mocks/apiserver/auth.h"

/* Sets q->user, which then lives in ret; false: a says why not. */
bool impersonate_apply(struct request *q, struct auth_identity *ret, struct answer *a);

#endif
