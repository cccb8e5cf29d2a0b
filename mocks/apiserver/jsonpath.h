/* The JSONPath that printer columns of custom resources use: .a.b, ['a.b'], [0], [*] and
 * [?(@.key=="value")]. */
#ifndef CONFED_APISERVER_JSONPATH_H
#define CONFED_APISERVER_JSONPATH_H

#include <jansson.h>

/* The first value that path finds, owned; NULL when there is none or path is malformed. */
json_t *jsonpath_first(const json_t *root, const char *path);

#endif
