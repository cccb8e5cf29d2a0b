/* What is not a resource: health, version, metrics. Private to this folder. */
#ifndef CONFED_APISERVER_HEALTH_H
#define CONFED_APISERVER_HEALTH_H

#include "mocks/apiserver/answer.h"

void health_serve(struct request *q, struct answer *a);
/* Whether health_serve answers that path on this server. */
bool health_is_served(const struct request *q);
/* The component statuses of a cluster that is well. */
void health_bootstrap(struct apiserver *s);

#endif
