/*
 * Kubernetes' protobuf form of objects, application/vnd.kubernetes.protobuf: four bytes "k8s\0" and
 * a runtime.Unknown that holds the type and the object. Both ways are driven by the schema tables.
 */
#ifndef CONFED_APISERVER_PROTOBUF_H
#define CONFED_APISERVER_PROTOBUF_H

#include "harness/core/buf.h"
#include "harness/core/err.h"

#include <jansson.h>
#include <stddef.h>

enum { PROTOBUF_DEPTH_MAX = 64, PROTOBUF_VALUES_MAX = 1000000 };

/* The object with apiVersion and kind, owned; NULL: ERR_NOT_FOUND when its type is not known,
 * ERR_INPUT or ERR_LIMIT when the bytes are malformed or too much. */
json_t *protobuf_decode(const void *data, size_t len, struct err *err);

/* Appends the object, which may be a list. ERR_NOT_FOUND: there is no schema for it (the caller
 * answers JSON). Fields that the schema does not know are left out. out is as before after an
 * error. */
int protobuf_encode(const json_t *object, struct buf *out, struct err *err);

#endif
