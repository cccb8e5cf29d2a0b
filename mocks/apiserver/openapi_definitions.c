#include "mocks/apiserver/openapi_definitions.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/resource.h"
#include "mocks/apiserver/schema.h"

#include <string.h>

enum { CUSTOM_DEPTH_MAX = 64 };

#define GVK "x-kubernetes-group-version-kind"

struct maker {
    const struct openapi_scope *scope;
    json_t *definitions; /* what is made */
};

static void define(struct maker *m, const struct schema_type *type);

bool openapi_in_scope(const struct openapi_scope *scope, const char *group, const char *version) {
    char *wanted = xasprintf("%s%s%s", group, *group ? "/" : "", version);
    bool found = !scope->group_version || str_eq(scope->group_version, wanted);
    bool is_served = json_has_text(scope->source->group_versions, wanted);
    free(wanted);
    return found && is_served;
}

/* A federation has only some of the kinds of the group versions that it serves. */
static bool is_served_kind(const struct maker *m, const char *group, const char *version,
                           const char *kind) {
    const struct resource *r = resource_find_kind(group, version, kind);
    if (r && !resource_is_served(r, group, version, m->scope->source->group_versions))
        return false;
    return !m->scope->source->federation || !r || (r->flags & RESOURCE_FEDERATED);
}

/* "io.k8s.api.core.v1.Pod"; owned. */
static char *definition_name(const char *package, const char *name) {
    const char *prefix = str_has_prefix(package, "meta.")         ? "io.k8s.apimachinery.pkg.apis"
                         : str_has_prefix(package, "federation.") ? "io.k8s.federation.apis"
                                                                  : "io.k8s.api";
    return xasprintf("%s.%s.%s", prefix, package, name);
}

static json_t *reference(const struct maker *m, const char *package, const char *name) {
    char *full = definition_name(package, name);
    json_t *ref = m->scope->v3 ? json_pack("{s:[{s:o}]}", "allOf", "$ref",
                                           json_sprintf("#/components/schemas/%s", full))
                               : json_pack("{s:o}", "$ref", json_sprintf("#/definitions/%s", full));
    free(full);
    return ref;
}

static json_t *scalar(const char *type, const char *format) {
    json_t *schema = json_object();
    json_set_str(schema, "type", type);
    json_set_str(schema, "format", format);
    return schema;
}

/* The schema of one value of the field; owned. */
static json_t *value_schema(struct maker *m, const struct schema_field *field) {
    switch ((enum schema_form)field->form) {
    case SCHEMA_STRING:
    case SCHEMA_DURATION:
    case SCHEMA_QUANTITY:
        return scalar("string", NULL);
    case SCHEMA_BYTES:
        return scalar("string", "byte");
    case SCHEMA_BOOL:
        return scalar("boolean", NULL);
    case SCHEMA_INT32:
        return scalar("integer", "int32");
    case SCHEMA_INT64:
        return scalar("integer", "int64");
    case SCHEMA_DOUBLE:
        return scalar("number", "double");
    case SCHEMA_TIME:
    case SCHEMA_MICROTIME:
        return scalar("string", "date-time");
    case SCHEMA_INTORSTRING:
        return scalar("string", "int-or-string");
    case SCHEMA_RAW:
    case SCHEMA_RAWJSON:
        return scalar("object", NULL);
    case SCHEMA_STRINGS:
        return json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type", "string");
    case SCHEMA_MESSAGE:
        break;
    }
    define(m, field->type);
    return reference(m, field->type->package, field->type->name);
}

static void add_patch_strategy(json_t *schema, const struct schema_field *field) {
    bool merge = field->flags & SCHEMA_MERGE, retain = field->flags & SCHEMA_RETAIN_KEYS;
    if (*field->merge_key)
        json_set_str(schema, "x-kubernetes-patch-merge-key", field->merge_key);
    if (merge || retain)
        json_set_str(schema, "x-kubernetes-patch-strategy",
                     !retain ? "merge"
                     : merge ? "merge,retainKeys"
                             : "retainKeys");
}

static json_t *field_schema(struct maker *m, const struct schema_field *field) {
    json_t *schema = value_schema(m, field);
    if (field->shape == SCHEMA_LIST)
        schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
    else if (field->shape == SCHEMA_MAP)
        schema = json_pack("{s:s,s:o}", "type", "object", "additionalProperties", schema);
    add_patch_strategy(schema, field);
    return schema;
}

static void add_fields(struct maker *m, const struct schema_type *type, json_t *definition) {
    json_t *properties = json_ensure_object(definition, "properties");
    for (size_t i = 0; i < type->count; i++) {
        const struct schema_field *field = &type->fields[i];
        if (field->since & m->scope->source->lacks)
            continue;
        if (field->flags & SCHEMA_INLINE) {
            add_fields(m, field->type, definition);
            continue;
        }
        json_object_set_new(properties, field->name, field_schema(m, field));
        if (field->flags & SCHEMA_REQUIRED)
            json_array_append_new(json_ensure_array(definition, "required"),
                                  json_string(field->name));
    }
}

static void add_type_meta(json_t *definition) {
    json_t *properties = json_ensure_object(definition, "properties");
    json_object_set_new(properties, "apiVersion", scalar("string", NULL));
    json_object_set_new(properties, "kind", scalar("string", NULL));
}

static json_t *kind_of(const char *group, const char *version, const char *kind) {
    return json_pack("[{s:s,s:s,s:s}]", "group", group, "version", version, "kind", kind);
}

/* Steals definition. */
static void put(struct maker *m, const char *name, json_t *definition, json_t *gvk) {
    if (gvk)
        json_object_set_new(definition, GVK, gvk);
    json_object_set_new(m->definitions, name, definition);
}

/* A type and all that it refers to, once. */
static void define(struct maker *m, const struct schema_type *type) {
    CLEANUP(str_freep) char *name = definition_name(type->package, type->name);
    if (json_object_get(m->definitions, name))
        return;
    json_t *definition = scalar("object", NULL);
    /* It is there before its fields are, so that a type may refer to itself. */
    json_object_set(m->definitions, name, definition);
    if (type->kind)
        add_type_meta(definition);
    if (type->count)
        add_fields(m, type, definition);
    json_decref(definition);
}

static void define_list(struct maker *m, const char *package, const char *group,
                        const char *version, const char *kind) {
    char *list = xasprintf("%sList", kind), *name = definition_name(package, list);
    json_t *definition = scalar("object", NULL);
    add_type_meta(definition);
    json_t *properties = json_object_get(definition, "properties");
    json_object_set_new(
        properties, "items",
        json_pack("{s:s,s:o}", "type", "array", "items", reference(m, package, kind)));
    json_object_set_new(properties, "metadata", reference(m, "meta.v1", "ListMeta"));
    json_object_set_new(definition, "required", json_pack("[s]", "items"));
    put(m, name, definition, kind_of(group, version, list));
    free(list);
    free(name);
}

/* package may be an alias of the type's own. */
static void define_kind(struct maker *m, const char *package, const struct schema_type *type) {
    char space[64];
    const char *group = schema_group(package, space, sizeof(space));
    const char *version = strchr(package, '.') + 1;
    if (!type->kind || (type->since & m->scope->source->lacks) ||
        !openapi_in_scope(m->scope, group, version) ||
        !is_served_kind(m, group, version, type->name))
        return;
    CLEANUP(str_freep) char *name = definition_name(package, type->name);
    define(m, type);
    if (!str_eq(package, type->package)) {
        char *own = definition_name(type->package, type->name);
        json_object_set_new(m->definitions, name, json_copy(json_object_get(m->definitions, own)));
        free(own);
    }
    json_object_set_new(json_object_get(m->definitions, name), GVK,
                        kind_of(group, version, type->name));
    if (resource_find_kind(group, version, type->name))
        define_list(m, package, group, version, type->name);
}

static void define_built_in(struct maker *m) {
    for (size_t i = 0; i < schema_all_count; i++)
        define_kind(m, schema_all_types[i]->package, schema_all_types[i]);
    for (const struct schema_alias *a = schema_all_aliases; a->package; a++)
        for (size_t i = 0; i < schema_all_count; i++)
            if (str_eq(schema_all_types[i]->package, a->same_as))
                define_kind(m, a->package, schema_all_types[i]);
}

/* "com.example.v1.Widget": the group backwards; owned. */
static char *custom_name(const char *group, const char *version, const char *kind) {
    struct buf name = BUF_INIT;
    const char *end = group + strlen(group);
    while (end > group) {
        const char *begin = end;
        while (begin > group && begin[-1] != '.')
            begin--;
        buf_add(&name, begin, (size_t)(end - begin));
        buf_addc(&name, '.');
        end = begin > group ? begin - 1 : begin;
    }
    buf_addf(&name, "%s.%s", version, kind);
    return buf_detach(&name);
}

/* A kind that is served and whose fields nobody told: anything is fine. */
static void define_open(struct maker *m, const char *group, const char *version, const char *kind) {
    char *name = custom_name(*group ? group : "core", version, kind);
    json_t *definition = scalar("object", NULL);
    json_set_bool(definition, "x-kubernetes-preserve-unknown-fields", true);
    put(m, name, definition, kind_of(group, version, kind));
    free(name);
}

static void define_unknown(struct maker *m) {
    size_t count;
    const struct resource *table = resource_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (const struct resource_home *home = table[i].homes; home->group; home++) {
            char *api_version =
                xasprintf("%s%s%s", home->group, *home->group ? "/" : "", home->version);
            if (openapi_in_scope(m->scope, home->group, home->version) &&
                is_served_kind(m, home->group, home->version, table[i].kind) &&
                !schema_find(api_version, table[i].kind))
                define_open(m, home->group, home->version, table[i].kind);
            free(api_version);
        }
    }
}

/* --- custom resources ----------------------------------------------------------------------- */

/* What both versions of OpenAPI know of a validation schema; owned. */
static json_t *plain_schema(const json_t *from, int budget) {
    static const char *const kept[] = {"type", "format", "description", "required", "enum"};
    json_t *to = json_object();
    bool open = json_flag(from, "x-kubernetes-preserve-unknown-fields", NULL);
    if (budget == 0 || open)
        json_set_bool(to, "x-kubernetes-preserve-unknown-fields", true);
    if (budget == 0)
        return to;
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        json_t *value = json_object_get(from, kept[i]);
        if (value)
            json_object_set(to, kept[i], value);
    }
    const char *key;
    json_t *member;
    if (open)
        return to;
    json_object_foreach(json_object_get(from, "properties"), key, member) {
        json_object_set_new(json_ensure_object(to, "properties"), key,
                            plain_schema(member, budget - 1));
    }
    static const char *const nested[] = {"items", "additionalProperties"};
    for (size_t i = 0; i < ARRAY_LEN(nested); i++) {
        member = json_object_get(from, nested[i]);
        if (json_is_object(member))
            json_object_set_new(to, nested[i], plain_schema(member, budget - 1));
    }
    return to;
}

/* The validation schema of a version when it is complete enough to be shown, else NULL. */
static const json_t *validation_of(const json_t *crd, const json_t *version) {
    const json_t *schema = json_at(version, "schema", "openAPIV3Schema", NULL);
    if (!schema && json_is_false(json_at(crd, "spec", "preserveUnknownFields", NULL)))
        schema = json_at(crd, "spec", "validation", "openAPIV3Schema", NULL);
    return json_is_object(json_object_get(schema, "properties")) &&
                   !json_flag(schema, "x-kubernetes-preserve-unknown-fields", NULL)
               ? schema
               : NULL;
}

static void define_custom(struct maker *m, const json_t *crd, const char *version,
                          const json_t *own) {
    const char *group = json_str(crd, "spec", "group", NULL);
    const char *kind = json_str(crd, "spec", "names", "kind", NULL);
    if (!group || !version || !kind || !discovery_crd_serves(crd, group, version))
        return;
    char *wanted = xasprintf("%s/%s", group, version);
    bool in_scope = !m->scope->group_version || str_eq(m->scope->group_version, wanted);
    free(wanted);
    const json_t *validation = validation_of(crd, own);
    if (!in_scope)
        return;
    if (!validation) {
        define_open(m, group, version, kind);
        return;
    }
    json_t *definition = plain_schema(validation, CUSTOM_DEPTH_MAX);
    json_set_str(definition, "type", "object");
    add_type_meta(definition);
    define(m, schema_find_type("meta.v1", "ObjectMeta"));
    json_object_set_new(json_object_get(definition, "properties"), "metadata",
                        reference(m, "meta.v1", "ObjectMeta"));
    char *name = custom_name(group, version, kind);
    put(m, name, definition, kind_of(group, version, kind));
    free(name);
}

static void define_customs(struct maker *m) {
    const json_t *crds = m->scope->source->crds;
    for (size_t i = 0; i < json_array_size(crds); i++) {
        const json_t *crd = json_array_get(crds, i);
        const json_t *versions = json_at(crd, "spec", "versions", NULL);
        for (size_t j = 0; j < json_array_size(versions); j++)
            define_custom(m, crd, json_str(json_array_get(versions, j), "name", NULL),
                          json_array_get(versions, j));
        if (!versions)
            define_custom(m, crd, json_str(crd, "spec", "version", NULL), NULL);
    }
}

json_t *openapi_definitions(const struct openapi_scope *scope) {
    struct maker m = {.scope = scope, .definitions = json_object()};
    define(&m, schema_find_type("meta.v1", "ListMeta"));
    define(&m, schema_find_type("meta.v1", "Status"));
    define_built_in(&m);
    define_unknown(&m);
    define_customs(&m);
    json_t *status = json_object_get(m.definitions, "io.k8s.apimachinery.pkg.apis.meta.v1.Status");
    if (!scope->group_version || str_eq(scope->group_version, "v1"))
        json_object_set_new(status, GVK, kind_of("", "v1", "Status"));
    return m.definitions;
}
