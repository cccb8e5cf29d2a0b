#include "mocks/sim/dns_objects.h"

static bool keep_first(void *self, const json_t *object) {
    const json_t **first = self;
    *first = object;
    return false;
}

const json_t *dns_objects_get(const struct apiserver *api, const char *resource, const char *ns,
                              const char *name) {
    if (*name)
        return apiserver_peek(api, "", resource, ns, name);
    const json_t *first = NULL;
    apiserver_each(api, "", resource, ns && *ns ? ns : NULL, keep_first, &first);
    return first;
}
