/*
 * The patches of PATCH requests, as functions from an object and a patch to a new object:
 *
 *     JSON patch        RFC 6902, application/json-patch+json
 *     merge patch       RFC 7386, application/merge-patch+json
 *     strategic merge   Kubernetes: lists of the built-in types merge by a key (schema.h)
 *
 * The original is never changed. Depth and size of the result are bounded.
 */
#ifndef CONFED_APISERVER_PATCH_H
#define CONFED_APISERVER_PATCH_H

#include "harness/core/err.h"

#include <jansson.h>

enum patch_kind { PATCH_JSON, PATCH_MERGE, PATCH_STRATEGIC };

enum { PATCH_DEPTH_MAX = 512 };

/*
 * Applies patch to original; *ret is owned. resource_kind ("Service") chooses the merge keys of a
 * strategic merge patch; a kind that schema.h does not know has none (the caller answers 415 for
 * custom resources). ERR_INPUT: the patch is malformed (400). ERR_STATE: it is well-formed and
 * cannot be applied to this object. ERR_USAGE: a list that does not merge, which the real server
 * takes for an error of its own (500).
 */
int patch_apply(enum patch_kind kind, const char *resource_kind, const json_t *original,
                const json_t *patch, json_t **ret, struct err *err);

/*
 * Rewrites a strategic merge patch of a Service so that its ports merge by number and protocol, as
 * the merge key "port" alone cannot say.
 */
void patch_ports_by_protocol(const json_t *original, json_t *patch);

/* How deep value nests: 0 for a scalar. Stops counting at PATCH_DEPTH_MAX + 1. */
int patch_depth(const json_t *value);

#endif
