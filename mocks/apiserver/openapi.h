/*
 * The OpenAPI documents: version 2 as JSON and in the protobuf form that kubectl validates with,
 * and version 3 by group version. Definitions are derived from the schema tables; kinds that these
 * do not know, and custom resources, are open objects.
 */
#ifndef CONFED_APISERVER_OPENAPI_H
#define CONFED_APISERVER_OPENAPI_H

#include "mocks/apiserver/discovery.h"

/* Answers /openapi/v2, /openapi/v3..., /swagger.json, /swagger-2.0.0.*; false: not one of these. */
bool openapi_handle(const struct discovery_source *src, struct http_exchange *x);

#endif
