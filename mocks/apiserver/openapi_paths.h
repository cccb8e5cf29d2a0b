/* The paths of the OpenAPI documents: for each resource the two operations that kubectl looks for,
 * create (which kind lives here) and patch (which parameters are supported). */
#ifndef CONFED_APISERVER_OPENAPI_PATHS_H
#define CONFED_APISERVER_OPENAPI_PATHS_H

#include "mocks/apiserver/openapi_definitions.h"

/* Owned object: path -> operations. */
json_t *openapi_paths(const struct openapi_scope *scope);

#endif
