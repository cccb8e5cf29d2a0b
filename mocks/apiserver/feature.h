/*
 * What came to the wire of Kubernetes after 1.6, each with the release that had it switched on. A
 * server that lacks one is one that never heard of it: a parameter is ignored, a path is not there,
 * a media type is not acceptable. Resources are not features: a server serves the groups it is
 * given.
 *
 *     unsigned lacks;
 *     feature_lacks(json_at(profile, "cluster", "wire", NULL), &lacks, err);   what strict lacks
 */
#ifndef CONFED_APISERVER_FEATURE_H
#define CONFED_APISERVER_FEATURE_H

#include "harness/core/err.h"

#include <jansson.h>

enum feature {
    FEATURE_DISCOVERY_NAMES = 1 << 0, /* 1.7: singularName, categories (kubernetes#43312, #43338) */
    FEATURE_OPENAPI_PROTOBUF = 1 << 1, /* 1.7: /swagger-2.0.0.pb-v1 and .json (#45836) */
    /* 1.7: as=Table and as=PartialObjectMetadata of v1alpha1 (#40848). Before, the parameters of
     * Accept were not read: the answer is the object. Since, a version that is not known is not
     * acceptable. */
    FEATURE_TRANSFORMS_V1ALPHA1 = 1 << 2,
    FEATURE_DISCOVERY_GROUPS = 1 << 3,       /* 1.8: group, version of a subresource (#51703) */
    FEATURE_PAGING = 1 << 4,                 /* 1.9: limit, continue (#48921, #52949) */
    FEATURE_TRANSFORMS_V1BETA1 = 1 << 5,     /* 1.10 (#59059) */
    FEATURE_OPENAPI_V2 = 1 << 6,             /* 1.10: /openapi/v2 (#59293) */
    FEATURE_ALL_ONCE = 1 << 18,              /* 1.10: workloads in `all` by apps alone (#58301) */
    FEATURE_TOKEN_REQUEST = 1 << 17,         /* 1.12: serviceaccounts/NAME/token */
    FEATURE_INCONSISTENT_CONTINUE = 1 << 23, /* 1.12: a token with 410 of an old one (#67284) */
    FEATURE_PATCH_REFUSALS = 1 << 24, /* 1.12: 422 for a JSON patch that does not apply (#68346) */
    FEATURE_DRY_RUN = 1 << 7,         /* 1.13: dryRun=All; before, it is done */
    FEATURE_TRANSFORMS_V1 = 1 << 8,   /* 1.15 (#77448) */
    FEATURE_BOOKMARKS = 1 << 9,       /* 1.16: allowWatchBookmarks */
    FEATURE_GZIP = 1 << 10,           /* 1.16: large answers (#77449) */
    FEATURE_LIVEZ = 1 << 11,          /* 1.16: /livez, /readyz (#78458, #81969) */
    FEATURE_VERSION_MATCH = 1 << 16,  /* 1.19: resourceVersionMatch (#91505) */
    FEATURE_OPENAPI_V3 = 1 << 12,     /* 1.24: /openapi/v3 (#109031) */
    FEATURE_AGGREGATED_DISCOVERY = 1 << 13, /* 1.27 (enhancement 3352) */
    FEATURE_WHOAMI = 1 << 25,               /* 1.28: selfsubjectreviews (enhancement 3325) */
    FEATURE_WEBSOCKET_V5 = 1 << 14,         /* 1.30: v5.channel.k8s.io (enhancement 4006) */
    FEATURE_STREAMING_LISTS = 1 << 15,      /* 1.32: sendInitialEvents (enhancement 3157) */
    /* The fields that OpenAPI documents tell of, `since=` in schema/: as staging/src/k8s.io/api of
     * that release has them (pkg/api, pkg/apis before 1.8). */
    FEATURE_FIELDS_1_7 = 1 << 19,
    FEATURE_FIELDS_1_8 = 1 << 20,
    FEATURE_FIELDS_1_9 = 1 << 21,
    FEATURE_FIELDS_LATER = 1 << 22,
};

/* The features (bits) that the array of names does not have. ERR_INPUT names one that is none. */
int feature_lacks(const json_t *names, unsigned *ret, struct err *err);

#endif
