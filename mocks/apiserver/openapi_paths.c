#include "mocks/apiserver/openapi_paths.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/schema.h"

#include <string.h>

/* dryRun must be named, or kubectl refuses --dry-run=server. fieldValidation is not: kubectl then
 * validates by itself, as it did with the servers of this age. */
static const struct {
    const char *name;
    unsigned needs; /* bits of enum feature */
} parameters[] = {{"dryRun", FEATURE_DRY_RUN}, {"fieldManager", FEATURE_DRY_RUN}, {"pretty", 0}};

static json_t *query_parameter(const char *name, bool v3) {
    json_t *parameter = json_pack("{s:s,s:s}", "name", name, "in", "query");
    if (v3)
        json_object_set_new(parameter, "schema", json_pack("{s:s}", "type", "string"));
    else
        json_set_str(parameter, "type", "string");
    return parameter;
}

static json_t *request_body(bool strategic) {
    json_t *content =
        json_pack("{s:{},s:{}}", "application/json-patch+json", "application/merge-patch+json");
    if (strategic)
        json_object_set_new(content, "application/strategic-merge-patch+json", json_object());
    return json_pack("{s:o}", "content", content);
}

static json_t *operation(const struct openapi_scope *scope, const char *action, const char *group,
                         const char *version, const char *kind) {
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
        if (!(scope->source->lacks & parameters[i].needs))
            json_array_append_new(list, query_parameter(parameters[i].name, scope->v3));
    return json_pack("{s:o,s:s,s:o,s:{s:{s:s}},s:{s:s,s:s,s:s}}", "operationId",
                     json_sprintf("%s%s%s%s", action, group, version, kind), "x-kubernetes-action",
                     action, "parameters", list, "responses", "200", "description", "OK",
                     "x-kubernetes-group-version-kind", "group", group, "version", version, "kind",
                     kind);
}

static bool has_verb(const json_t *resource, const char *verb) {
    return json_has_text(json_object_get(resource, "verbs"), verb);
}

static void add_resource(const struct openapi_scope *scope, json_t *paths,
                         const char *group_version, const json_t *resource) {
    const char *slash = strchr(group_version, '/');
    const char *version = slash ? slash + 1 : group_version;
    CLEANUP(str_freep)
    char *group = xstrndup(group_version, slash ? (size_t)(slash - group_version) : 0);
    const char *name = json_str(resource, "name", NULL), *kind = json_str(resource, "kind", NULL);
    if (strchr(name, '/'))
        return;
    char *collection =
        xasprintf("%s/%s/%s%s", slash ? "/apis" : "/api", group_version,
                  json_flag(resource, "namespaced", NULL) ? "namespaces/{namespace}/" : "", name);
    char *single = xasprintf("%s/{name}", collection);
    if (has_verb(resource, "create"))
        json_object_set_new(json_ensure_object(paths, collection), "post",
                            operation(scope, "post", group, version, kind));
    if (has_verb(resource, "patch")) {
        json_t *patch = operation(scope, "patch", group, version, kind);
        if (scope->v3)
            json_object_set_new(patch, "requestBody",
                                request_body(schema_find(group_version, kind) != NULL));
        json_object_set_new(json_ensure_object(paths, single), "patch", patch);
    }
    free(collection);
    free(single);
}

static void add_group_version(const struct openapi_scope *scope, json_t *paths,
                              const char *group_version) {
    if (scope->group_version && !str_eq(scope->group_version, group_version))
        return;
    CLEANUP(json_freep) json_t *list = discovery_resources(scope->source, group_version);
    const json_t *resources = json_object_get(list, "resources");
    for (size_t i = 0; i < json_array_size(resources); i++)
        add_resource(scope, paths, group_version, json_array_get(resources, i));
}

json_t *openapi_paths(const struct openapi_scope *scope) {
    json_t *paths = json_object();
    CLEANUP(json_freep) json_t *all = discovery_group_versions(scope->source);
    for (size_t i = 0; i < json_array_size(all); i++)
        add_group_version(scope, paths, json_string_value(json_array_get(all, i)));
    return paths;
}
