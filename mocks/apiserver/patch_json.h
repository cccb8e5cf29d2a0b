/* JSON patch, RFC 6902. */
#ifndef CONFED_APISERVER_PATCH_JSON_H
#define CONFED_APISERVER_PATCH_JSON_H

#include "harness/core/err.h"

#include <jansson.h>

/* Changes *document in place (the whole may be replaced); it is half changed after an error. */
int patch_json_apply(json_t **document, const json_t *patch, struct err *err);

#endif
