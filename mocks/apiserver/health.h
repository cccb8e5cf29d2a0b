/* What is not a resource: health, version, metrics, the list of paths. Private to this folder. */
#ifndef CONFED_APISERVER_HEALTH_H
#define CONFED_APISERVER_HEALTH_H

#include "mocks/apiserver/answer.h"

void health_serve(struct request *q, struct answer *a);
/* 404 with every path that there is: how the real server answers for a group it does not serve. */
void health_paths(struct request *q, struct answer *a);

#endif
