/* What the server refuses with 422, with the causes it gives. Private to this folder. */
#ifndef CONFED_APISERVER_VALIDATE_H
#define CONFED_APISERVER_VALIDATE_H

#include "mocks/apiserver/answer.h"

void validate_create(const struct request *q, struct kind *k, const json_t *object, json_t *causes);
void validate_update(const struct request *q, struct kind *k, const json_t *object,
                     const json_t *old, json_t *causes);

#endif
