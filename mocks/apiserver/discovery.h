/*
 * What a server says of itself: groups, versions and resources (the lists of old clients and the
 * aggregated form that new ones ask for by Accept), and the OpenAPI documents. All of it is worked
 * out from the resource table, the group versions that the server serves and its custom resource
 * definitions.
 */
#ifndef CONFED_APISERVER_DISCOVERY_H
#define CONFED_APISERVER_DISCOVERY_H

#include "mocks/apiserver/feature.h"
#include "mocks/serve/http.h"

#include <jansson.h>
#include <stdbool.h>

struct discovery_source {         /* all borrowed */
    const json_t *group_versions; /* ["v1", "extensions/v1beta1", ...] in order */
    const json_t *crds;           /* array of CustomResourceDefinitions, may be NULL */
    const char *server_address;   /* "127.0.1.2:6443" */
    bool federation;              /* only what a federation API server has */
    const json_t *version;        /* the body of /version, may be NULL */
    unsigned lacks;               /* of enum feature */
};

/* Answers a GET of /, /api, /apis, a group, a group version, /openapi and /swagger; false when the
 * request is not one of these: then x is untouched. */
bool discovery_handle(const struct discovery_source *src, struct http_exchange *x);

/* Answers 404 with the list of paths, as the server does below a group that it does not serve. */
void discovery_not_found(const struct discovery_source *src, struct http_exchange *x);

/* Every group version that is served: those of the source, then those of custom resources. Owned
 * array of strings. */
json_t *discovery_group_versions(const struct discovery_source *src);

/* The APIResourceList of a group version ("v1", "apps/v1"), owned; NULL when it is not served. */
json_t *discovery_resources(const struct discovery_source *src, const char *group_version);

bool discovery_has(const struct discovery_source *src, enum feature feature);

/* Whether the custom resource definition serves that version of its group. */
bool discovery_crd_serves(const json_t *crd, const char *group, const char *version);

#endif
