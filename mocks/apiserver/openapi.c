#include "mocks/apiserver/openapi.h"

bool openapi_handle(const struct discovery_source *src, struct http_exchange *x) {
    (void)src;
    (void)x;
    return false;
}
