/* The definitions of the OpenAPI documents, from the schema tables and the definitions of custom
 * resources: kinds that are served and all that they refer to. */
#ifndef CONFED_APISERVER_OPENAPI_DEFINITIONS_H
#define CONFED_APISERVER_OPENAPI_DEFINITIONS_H

#include "mocks/apiserver/discovery.h"

struct openapi_scope {
    const struct discovery_source *source; /* borrowed */
    const char *group_version;             /* only this one; NULL: all that are served */
    bool v3;                               /* references as version 3 writes them */
};

/* Owned object: name -> schema. */
json_t *openapi_definitions(const struct openapi_scope *scope);

/* Whether the group version is served, and within the scope. */
bool openapi_in_scope(const struct openapi_scope *scope, const char *group, const char *version);

#endif
