/* What happens to a request that was parsed and whose user is known. Private to this folder. */
#ifndef CONFED_APISERVER_HANDLE_H
#define CONFED_APISERVER_HANDLE_H

#include "mocks/apiserver/answer.h"

void handle_serve(struct request *q, struct answer *a);
/* Tells the transcript how an exchange ended; told is taken, and may be NULL. Status 0: nothing was
 * answered, and reason (which may be NULL) says in one word what happened instead. */
void handle_tell_take(const struct apiserver *s, json_t *told, int status, const char *reason);

#endif
