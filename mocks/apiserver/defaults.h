/* Fields that the server fills in where the client was silent. Private to this folder. */
#ifndef CONFED_APISERVER_DEFAULTS_H
#define CONFED_APISERVER_DEFAULTS_H

#include "mocks/apiserver/request.h"

void defaults_create(const struct request *q, struct kind *k, json_t *object);
void defaults_update(const struct request *q, struct kind *k, json_t *object, const json_t *old);

#endif
