/* An OpenAPI v2 document in the protobuf form of github.com/google/gnostic (OpenAPIv2.proto). */
#ifndef CONFED_APISERVER_OPENAPI_GNOSTIC_H
#define CONFED_APISERVER_OPENAPI_GNOSTIC_H

#include "harness/core/buf.h"

#include <jansson.h>

/* Appends the document; members that openapi.c does not make are left out. */
void openapi_gnostic_encode(const json_t *document, struct buf *out);

#endif
