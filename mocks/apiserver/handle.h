/* What happens to a request that was parsed and whose user is known. Private to this folder. */
#ifndef CONFED_APISERVER_HANDLE_H
#define CONFED_APISERVER_HANDLE_H

#include "mocks/apiserver/answer.h"

void handle_serve(struct request *q, struct answer *a);

#endif
