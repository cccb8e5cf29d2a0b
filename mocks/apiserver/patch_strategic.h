/* Strategic merge patch: apimachinery/pkg/util/strategicpatch, driven by schema.h. */
#ifndef CONFED_APISERVER_PATCH_STRATEGIC_H
#define CONFED_APISERVER_PATCH_STRATEGIC_H

#include "harness/core/err.h"
#include "mocks/apiserver/schema.h"

#include <jansson.h>

/* Changes original in place; both are owned by the caller, patch is used up (directives go). */
int patch_strategic_apply(json_t *original, json_t *patch, const struct schema_type *type,
                          struct err *err);

#endif
