#include "mocks/sim/member_fault.h"
#include "harness/core/str.h"

#include <stdlib.h>
#include <string.h>

/* The resource that a path is about ("replicasets"; NULL: none), and whether it names one object.
 */
static char *resource_of(const char *target, bool *ret_one) {
    CLEANUP(str_freep) char *path = xstrdup(target);
    path[strcspn(path, "?")] = '\0';
    char *rest = path + (path[0] == '/'), *root = str_next(&rest, '/');
    *ret_one = false;
    if (!str_eq(root, "api") && !str_eq(root, "apis"))
        return NULL;
    if (str_eq(root, "apis"))
        (void)str_next(&rest, '/');
    (void)str_next(&rest, '/');
    char *resource = str_next(&rest, '/'), *name = str_next(&rest, '/');
    char *inner = str_next(&rest, '/');
    if (str_eq(resource, "namespaces") && inner && *inner) {
        resource = inner;
        name = str_next(&rest, '/');
    }
    *ret_one = name && *name;
    return resource && *resource ? xstrdup(resource) : NULL;
}

static const char *verb_of(const char *method, const char *resource, bool one) {
    static const struct {
        const char *method, *verb;
    } rows[] = {{"POST", "create"}, {"PUT", "update"}, {"PATCH", "patch"}, {"DELETE", "delete"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(rows[i].method, method))
            return rows[i].verb;
    return resource && !one ? "list" : "get";
}

struct member_fault member_fault_of(struct fault_table *t, const char *member, const char *method,
                                    const char *target) {
    bool one;
    CLEANUP(str_freep) char *resource = resource_of(target, &one);
    const char *verb = verb_of(method, resource, one);
    struct fault fault = fault_table_next(t, member, verb, target, resource);
    switch (fault.action) {
    case FAULT_REFUSE:
    case FAULT_RESET:
    case FAULT_DROP:
    case FAULT_TRUNCATE:
        return (struct member_fault){.strikes = true};
    case FAULT_STATUS:
        return (struct member_fault){.strikes = true, .status = (int)fault.value};
    case FAULT_CONFLICT:
        return (struct member_fault){.strikes = true, .status = 409};
    case FAULT_DELAY:
        return (struct member_fault){.delay_ms = fault.value};
    case FAULT_GARBLE:
        return (struct member_fault){.garbles = true};
    case FAULT_STALE:
    case FAULT_CLOSE:
    case FAULT_COMPACT:
    case FAULT_NONE:
    case FAULT_SERVFAIL: /* these befall DNS */
    case FAULT_NXDOMAIN:
    case FAULT_REFUSED:
    case FAULT_NODATA:
    case FAULT_WRONG_ID:
    case FAULT_LAME:
    case FAULT_LOOP:
    case FAULT_EXPIRE: /* these are Juju's */
    case FAULT_WARN:
    case FAULT_FAIL:
    case FAULT_BLOCK:
    case FAULT_LOST:
        return (struct member_fault){0};
    }
    return (struct member_fault){0};
}
