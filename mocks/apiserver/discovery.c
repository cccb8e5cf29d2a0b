#include "mocks/apiserver/discovery.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/discovery_resources.h"
#include "mocks/apiserver/openapi.h"

#include <string.h>

static void reply(struct http_exchange *x, int status, const char *content_type, json_t *body) {
    struct http_headers headers = {0};
    char *text = json_text(body);
    http_headers_add(&headers, "Content-Type", content_type);
    http_reply(x, status, &headers, text, strlen(text));
    http_headers_release(&headers);
    free(text);
    json_decref(body);
}

static void reply_json(struct http_exchange *x, json_t *body) {
    reply(x, 200, "application/json", body);
}

/* --- groups --------------------------------------------------------------------------------- */

/* Splits "apps/v1" (or "v1": the core) into borrowed parts; version is behind the slash. */
static const char *split(const char *group_version, char group[128]) {
    const char *slash = strchr(group_version, '/');
    size_t len = slash ? (size_t)(slash - group_version) : 0;
    snprintf(group, 128, "%.*s", (int)(len < 127 ? len : 127), group_version);
    return slash ? slash + 1 : group_version;
}

static void add_unique(json_t *list, const char *text) {
    if (!json_has_text(list, text))
        json_array_append_new(list, json_string(text));
}

static void add_crd_version(json_t *list, const json_t *crd, const char *version) {
    const char *group = json_str(crd, "spec", "group", NULL);
    if (!group || !version || !discovery_crd_serves(crd, group, version))
        return;
    char *group_version = xasprintf("%s/%s", group, version);
    add_unique(list, group_version);
    free(group_version);
}

json_t *discovery_group_versions(const struct discovery_source *src) {
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(src->group_versions); i++) {
        const char *group_version = json_string_value(json_array_get(src->group_versions, i));
        if (group_version)
            add_unique(list, group_version);
    }
    for (size_t i = 0; i < json_array_size(src->crds); i++) {
        const json_t *crd = json_array_get(src->crds, i);
        const json_t *versions = json_at(crd, "spec", "versions", NULL);
        add_crd_version(list, crd, json_str(crd, "spec", "version", NULL));
        for (size_t j = 0; j < json_array_size(versions); j++)
            add_crd_version(list, crd, json_str(json_array_get(versions, j), "name", NULL));
    }
    return list;
}

/* The versions of one group as {groupVersion, version}; an empty array when it is not served. */
static json_t *versions_of(const json_t *all, const char *wanted) {
    json_t *versions = json_array();
    char group[128];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *group_version = json_string_value(json_array_get(all, i));
        const char *version = split(group_version, group);
        if (str_eq(group, wanted))
            json_array_append_new(versions, json_pack("{s:s,s:s}", "groupVersion", group_version,
                                                      "version", version));
    }
    return versions;
}

/* The names of the groups but the core, in the order of their first version; owned. */
static json_t *group_names(const json_t *all) {
    json_t *names = json_array();
    char group[128];
    for (size_t i = 0; i < json_array_size(all); i++) {
        split(json_string_value(json_array_get(all, i)), group);
        if (*group)
            add_unique(names, group);
    }
    return names;
}

static json_t *addresses(const struct discovery_source *src) {
    return json_pack("[{s:s,s:s}]", "clientCIDR", "0.0.0.0/0", "serverAddress",
                     src->server_address ? src->server_address : "");
}

/* Steals versions, which are not empty. */
static void fill_group(json_t *group, const char *name, json_t *versions, json_t *cidrs) {
    json_set_str(group, "name", name);
    json_object_set_new(group, "versions", versions);
    json_object_set(group, "preferredVersion", json_array_get(versions, 0));
    json_object_set_new(group, "serverAddressByClientCIDRs", cidrs);
}

/* The core and extensions were there before answers of discovery had an apiVersion, and never got
 * one. */
static bool has_api_version(const char *group) {
    return *group && !str_eq(group, "extensions");
}

static json_t *kind_object(const char *kind, bool api_version) {
    json_t *object = json_object();
    json_set_str(object, "kind", kind);
    if (api_version)
        json_set_str(object, "apiVersion", "v1");
    return object;
}

static json_t *group_list(const struct discovery_source *src, const json_t *all) {
    json_t *list = kind_object("APIGroupList", false), *groups = json_array();
    CLEANUP(json_freep) json_t *names = group_names(all);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        json_t *group = json_object();
        fill_group(group, name, versions_of(all, name), addresses(src));
        json_array_append_new(groups, group);
    }
    json_object_set_new(list, "groups", groups);
    return list;
}

json_t *discovery_resources(const struct discovery_source *src, const char *group_version) {
    CLEANUP(json_freep) json_t *all = discovery_group_versions(src);
    char group[128];
    const char *version = split(group_version, group);
    if (!json_has_text(all, group_version))
        return NULL;
    json_t *list = kind_object("APIResourceList", has_api_version(group));
    json_set_str(list, "groupVersion", group_version);
    json_object_set_new(list, "resources", discovery_resources_of(src, group, version));
    return list;
}

/* --- the aggregated form -------------------------------------------------------------------- */

static json_t *response_kind(const json_t *resource, const char *group, const char *version) {
    const char *own_group = json_str(resource, "group", NULL);
    const char *own_version = json_str(resource, "version", NULL);
    return json_pack("{s:s,s:s,s:s}", "group", own_group ? own_group : group, "version",
                     own_version ? own_version : version, "kind", json_str(resource, "kind", NULL));
}

static void copy_member(json_t *to, const char *to_key, const json_t *from, const char *key) {
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, to_key, value);
}

static json_t *aggregated_resource(const json_t *resource, const char *group, const char *version) {
    json_t *r = json_object();
    const char *singular = json_str(resource, "singularName", NULL);
    copy_member(r, "resource", resource, "name");
    json_object_set_new(r, "responseKind", response_kind(resource, group, version));
    json_set_str(r, "scope", json_flag(resource, "namespaced", NULL) ? "Namespaced" : "Cluster");
    /* This form always has it: the kind in small letters is what the built-in ones are called. */
    if (singular && *singular) {
        json_set_str(r, "singularResource", singular);
    } else {
        char *lower = xstrdup(json_str(resource, "kind", NULL));
        for (char *c = lower; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
        json_set_str(r, "singularResource", lower);
        free(lower);
    }
    copy_member(r, "verbs", resource, "verbs");
    copy_member(r, "shortNames", resource, "shortNames");
    copy_member(r, "categories", resource, "categories");
    return r;
}

static json_t *aggregated_version(const struct discovery_source *src, const char *group,
                                  const char *version) {
    CLEANUP(json_freep)
    json_t *flat = discovery_resources_of(src, group, version);
    json_t *resources = json_array(), *last = NULL;
    for (size_t i = 0; i < json_array_size(flat); i++) {
        const json_t *resource = json_array_get(flat, i);
        const char *slash = strchr(json_str(resource, "name", NULL), '/');
        if (!slash) {
            last = aggregated_resource(resource, group, version);
            json_array_append_new(resources, last);
            continue;
        }
        if (!last)
            continue;
        json_t *sub = json_object();
        json_set_str(sub, "subresource", slash + 1);
        json_object_set_new(sub, "responseKind", response_kind(resource, group, version));
        copy_member(sub, "verbs", resource, "verbs");
        json_array_append_new(json_ensure_array(last, "subresources"), sub);
    }
    return json_pack("{s:s,s:o,s:s}", "version", version, "resources", resources, "freshness",
                     "Current");
}

static json_t *aggregated_group(const struct discovery_source *src, const json_t *all,
                                const char *name) {
    json_t *versions = json_array();
    CLEANUP(json_freep) json_t *served = versions_of(all, name);
    for (size_t i = 0; i < json_array_size(served); i++)
        json_array_append_new(
            versions,
            aggregated_version(src, name, json_str(json_array_get(served, i), "version", NULL)));
    json_t *group =
        json_pack("{s:{s:n},s:o}", "metadata", "creationTimestamp", "versions", versions);
    if (*name)
        json_set_str(json_object_get(group, "metadata"), "name", name);
    return group;
}

bool discovery_has(const struct discovery_source *src, enum feature feature) {
    return !(src->lacks & (unsigned)feature);
}

/* The first version of the aggregated form that Accept names, or NULL. */
static const char *aggregated_wanted(const struct discovery_source *src,
                                     const struct http_request *request) {
    if (!discovery_has(src, FEATURE_AGGREGATED_DISCOVERY))
        return NULL;
    const char *accept = http_headers_get(&request->headers, "Accept");
    const char *as = accept ? strstr(accept, "as=APIGroupDiscoveryList") : NULL;
    if (!as)
        return NULL;
    const char *v2 = strstr(accept, "v=v2;"), *beta = strstr(accept, "v=v2beta1");
    return v2 && (!beta || v2 < beta) ? "v2" : beta ? "v2beta1" : NULL;
}

static void reply_aggregated(const struct discovery_source *src, struct http_exchange *x,
                             const json_t *all, bool core, const char *version) {
    json_t *items = json_array();
    if (core) {
        json_array_append_new(items, aggregated_group(src, all, ""));
    } else {
        CLEANUP(json_freep) json_t *names = group_names(all);
        for (size_t i = 0; i < json_array_size(names); i++)
            json_array_append_new(
                items, aggregated_group(src, all, json_string_value(json_array_get(names, i))));
    }
    char *api_version = xasprintf("apidiscovery.k8s.io/%s", version);
    char *type =
        xasprintf("application/json;g=apidiscovery.k8s.io;v=%s;as=APIGroupDiscoveryList", version);
    reply(x, 200, type,
          json_pack("{s:s,s:s,s:{},s:o}", "kind", "APIGroupDiscoveryList", "apiVersion",
                    api_version, "metadata", "items", items));
    free(type);
    free(api_version);
}

/* --- requests ------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every path that the server answers, sorted; owned. */
static json_t *index_of(const struct discovery_source *src) {
    static const struct {
        const char *path;
        unsigned needs; /* bits of enum feature */
    } fixed[] = {
        {"/healthz", 0},
        {"/healthz/etcd", 0},
        {"/healthz/ping", 0},
        {"/livez", FEATURE_LIVEZ},
        {"/metrics", 0},
        {"/openapi/v2", FEATURE_OPENAPI_V2},
        {"/openapi/v3", FEATURE_OPENAPI_V3},
        {"/readyz", FEATURE_LIVEZ},
        {"/swagger.json", 0},
        {"/swaggerapi", 0},
        {"/swagger-2.0.0.json", FEATURE_OPENAPI_PROTOBUF},
        {"/swagger-2.0.0.pb-v1", FEATURE_OPENAPI_PROTOBUF},
        {"/version", 0},
        {"/apis", 0},
    };
    CLEANUP(json_freep) json_t *all = discovery_group_versions(src);
    CLEANUP(json_freep) json_t *paths = json_array();
    char group[128];
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (!(src->lacks & fixed[i].needs))
            add_unique(paths, fixed[i].path);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *group_version = json_string_value(json_array_get(all, i));
        split(group_version, group);
        char *parent = xasprintf("%s%s%s", *group ? "/apis" : "/api", *group ? "/" : "", group);
        char *path = xasprintf("%s/%s", *group ? "/apis" : "/api", group_version);
        add_unique(paths, parent);
        add_unique(paths, path);
        free(parent);
        free(path);
    }
    size_t count = json_array_size(paths);
    const char **texts = xcalloc(count + 1, sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = json_string_value(json_array_get(paths, i));
    qsort(texts, count, sizeof(*texts), compare_texts);
    json_t *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(sorted, json_string(texts[i]));
    free(texts);
    return json_pack("{s:o}", "paths", sorted);
}

void discovery_not_found(const struct discovery_source *src, struct http_exchange *x) {
    reply(x, 404, "application/json", index_of(src));
}

/* What go-restful's services say of themselves: those of a list, of a group, and of a version. */
static json_t *swagger_description(const char *path) {
    if (str_eq(path, "/api") || str_eq(path, "/apis"))
        return json_string("get available API versions");
    if (str_has_prefix(path, "/apis/") && !strchr(path + strlen("/apis/"), '/'))
        return json_string("get information of a group");
    return json_sprintf("API at %s", path);
}

static json_t *swagger_api(const struct discovery_source *src) {
    CLEANUP(json_freep) json_t *index = index_of(src);
    const json_t *paths = json_object_get(index, "paths");
    json_t *apis = json_pack("[{s:s,s:s}]", "path", "/version", "description",
                             "git code version from which this is built");
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        if (str_has_prefix(path, "/api"))
            json_array_append_new(apis, json_pack("{s:s,s:o}", "path", path, "description",
                                                  swagger_description(path)));
    }
    return json_pack("{s:s,s:o,s:s,s:{s:s,s:s}}", "swaggerVersion", "1.2", "apis", apis,
                     "apiVersion", "", "info", "title", "", "description", "");
}

static void reply_api(const struct discovery_source *src, struct http_exchange *x) {
    json_t *body = kind_object("APIVersions", false);
    json_object_set_new(body, "versions", json_pack("[s]", "v1"));
    json_object_set_new(body, "serverAddressByClientCIDRs", addresses(src));
    reply_json(x, body);
}

static void reply_resources(const struct discovery_source *src, struct http_exchange *x,
                            const char *group_version) {
    json_t *resources = discovery_resources(src, group_version);
    if (resources)
        reply_json(x, resources);
    else
        discovery_not_found(src, x);
}

/* /apis/GROUP and /apis/GROUP/VERSION; rest stands behind "/apis/". */
static bool handle_group(const struct discovery_source *src, struct http_exchange *x,
                         const json_t *all, const char *rest) {
    const char *slash = strchr(rest, '/');
    if (slash && strchr(slash + 1, '/'))
        return false;
    if (slash) {
        reply_resources(src, x, rest);
        return true;
    }
    json_t *versions = versions_of(all, rest);
    if (!*rest || !json_array_size(versions)) {
        json_decref(versions);
        discovery_not_found(src, x);
        return true;
    }
    json_t *group = kind_object("APIGroup", has_api_version(rest));
    fill_group(group, rest, versions, json_null());
    reply_json(x, group);
    return true;
}

/* A path without one slash at its end, which the server does not mind; owned. */
static char *without_last_slash(const char *path) {
    size_t len = strlen(path);
    return xstrndup(path, len > 1 && path[len - 1] == '/' ? len - 1 : len);
}

bool discovery_handle(const struct discovery_source *src, struct http_exchange *x) {
    if (!str_eq(x->request->method, "GET"))
        return false;
    CLEANUP(str_freep) char *path = without_last_slash(x->request->path);
    if (openapi_handle(src, x))
        return true;
    if (str_eq(path, "/")) {
        reply_json(x, index_of(src));
        return true;
    }
    if (str_eq(path, "/swaggerapi")) {
        reply_json(x, swagger_api(src));
        return true;
    }

    CLEANUP(json_freep) json_t *all = discovery_group_versions(src);
    const char *aggregated = aggregated_wanted(src, x->request);
    bool api = str_eq(path, "/api"), apis = str_eq(path, "/apis");
    if ((api || apis) && aggregated)
        reply_aggregated(src, x, all, api, aggregated);
    else if (api)
        reply_api(src, x);
    else if (apis)
        reply_json(x, group_list(src, all));
    else if (str_eq(path, "/api/v1"))
        reply_resources(src, x, "v1");
    else
        return str_has_prefix(path, "/apis/") && handle_group(src, x, all, path + strlen("/apis/"));
    return true;
}
