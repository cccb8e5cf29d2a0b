#include "mocks/apiserver/schema.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <stdio.h>
#include <string.h>

/* Groups whose full name is not the name of their package. */
static const char *const long_groups[] = {
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "meta.k8s.io",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
};

const char *schema_group(const char *package, char *group, size_t group_size) {
    size_t len = strcspn(package, ".");
    if (len == 4 && strncmp(package, "core", 4) == 0)
        return "";
    for (size_t i = 0; i < ARRAY_LEN(long_groups); i++)
        if (strncmp(long_groups[i], package, len) == 0 && long_groups[i][len] == '.')
            return long_groups[i];
    snprintf(group, group_size, "%.*s", (int)len, package);
    return group;
}

static const char *resolve_alias(const char *package) {
    for (const struct schema_alias *a = schema_all_aliases; a->package; a++)
        if (str_eq(a->package, package))
            return a->same_as;
    return package;
}

/* "apps.v1" of "apps/v1", "core.v1" of "v1". false when it is too long to be known. */
static bool package_of(const char *api_version, char *package, size_t size) {
    const char *slash = strchr(api_version, '/');
    int len;
    if (slash) {
        size_t group = strcspn(api_version, "./");
        len = snprintf(package, size, "%.*s.%s", (int)group, api_version, slash + 1);
    } else {
        len = snprintf(package, size, "core.%s", api_version);
    }
    return len > 0 && (size_t)len < size;
}

const struct schema_type *schema_find_type(const char *package, const char *name) {
    for (size_t i = 0; i < schema_all_count; i++)
        if (str_eq(schema_all_types[i]->name, name) &&
            str_eq(schema_all_types[i]->package, package))
            return schema_all_types[i];
    return NULL;
}

const struct schema_type *schema_find(const char *api_version, const char *kind) {
    char package[96];
    if (!api_version || !kind)
        return NULL;
    if (str_eq(kind, "Status") || str_eq(kind, "DeleteOptions"))
        return schema_find_type("meta.v1", kind);
    if (!package_of(api_version, package, sizeof(package)))
        return NULL;

    const struct schema_type *type = schema_find_type(resolve_alias(package), kind);
    return type && type->kind ? type : NULL;
}

const struct schema_type *schema_find_kind(const char *kind) {
    for (size_t i = 0; i < schema_all_count; i++)
        if (schema_all_types[i]->kind && str_eq(schema_all_types[i]->name, kind))
            return schema_all_types[i];
    return NULL;
}

const struct schema_field *schema_field_of(const struct schema_type *type, const char *name) {
    if (!type)
        return NULL;
    for (size_t i = 0; i < type->count; i++) {
        const struct schema_field *field = &type->fields[i];
        if (field->flags & SCHEMA_INLINE) {
            const struct schema_field *inner = schema_field_of(field->type, name);
            if (inner)
                return inner;
        } else if (str_eq(field->name, name)) {
            return field;
        }
    }
    return NULL;
}
