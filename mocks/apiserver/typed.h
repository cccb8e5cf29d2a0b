/*
 * Objects of the built-in types as a typed server sees them: a value of the wrong type is refused,
 * a field that the type does not have is dropped, and what is written has the order of the type's
 * fields. Kinds without a schema are left as they are. Private to this folder.
 */
#ifndef CONFED_APISERVER_TYPED_H
#define CONFED_APISERVER_TYPED_H

#include "mocks/apiserver/answer.h"

/* Whether every value of object has the type of its field; else a says 400. */
bool typed_check(const struct request *q, const json_t *object, struct answer *a);
/* Brings all but metadata into the order of the fields, without unknown fields and nulls. What is
 * nested is copied, so nothing is shared with another object afterwards. */
void typed_order(const struct request *q, json_t *object);

#endif
