/* What admission plug-ins of a default Kubernetes add to a new pod: its service account with the
 * account's token, and how long it stays on a node that fails. Private to this folder. */
#ifndef CONFED_APISERVER_ADMISSION_H
#define CONFED_APISERVER_ADMISSION_H

#include "mocks/apiserver/request.h"

/* Does nothing in a federation, and nothing to an object that is not a pod. */
void admission_create(const struct request *q, struct kind *k, json_t *object);

#endif
