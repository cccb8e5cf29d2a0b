#include "mocks/apiserver/discovery_resources.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/discovery.h"
#include "mocks/apiserver/resource.h"

#include <string.h>

#define ALL_VERBS "create,delete,deletecollection,get,list,patch,update,watch"

/* Subresources beside status and scale; the group is that of the kind when it is another. */
static const struct {
    const char *resource, *home; /* home NULL: wherever the resource is */
    const char *name, *group, *version, *kind, *verbs;
    bool federated;
    unsigned needs; /* bits of enum feature */
} extra[] = {
    {"certificatesigningrequests", NULL, "approval", NULL, NULL, "CertificateSigningRequest",
     "update", false, 0},
    {"namespaces", NULL, "finalize", NULL, NULL, "Namespace", "update", true, 0},
    {"nodes", NULL, "proxy", NULL, NULL, "Node", "", false, 0},
    {"pods", NULL, "attach", NULL, NULL, "Pod", "", false, 0},
    {"pods", NULL, "binding", NULL, NULL, "Binding", "create", false, 0},
    {"pods", NULL, "eviction", "policy", "v1beta1", "Eviction", "create", false, 0},
    {"pods", NULL, "exec", NULL, NULL, "Pod", "", false, 0},
    {"pods", NULL, "log", NULL, NULL, "Pod", "get", false, 0},
    {"pods", NULL, "portforward", NULL, NULL, "Pod", "", false, 0},
    {"pods", NULL, "proxy", NULL, NULL, "Pod", "", false, 0},
    {"services", NULL, "proxy", NULL, NULL, "Service", "", false, 0},
    {"deployments", "extensions/v1beta1", "rollback", NULL, NULL, "DeploymentRollback", "create",
     true, 0},
    {"deployments", "apps/v1beta1", "rollback", NULL, NULL, "DeploymentRollback", "create", false,
     0},
    {"serviceaccounts", NULL, "token", "authentication.k8s.io", "v1", "TokenRequest", "create",
     false, FEATURE_TOKEN_REQUEST},
};

/* Resources whose verbs are not all of them. */
static const struct {
    const char *resource, *verbs, *federated; /* NULL: as the others */
} odd_verbs[] = {
    {"componentstatuses", "get,list", NULL},
    {"namespaces", "create,delete,get,list,patch,update,watch",
     "create,delete,get,list,patch,update,watch"},
    {"nodes", "create,delete,deletecollection,get,list,patch,proxy,update,watch", NULL},
    {"pods", "create,delete,deletecollection,get,list,patch,proxy,update,watch", NULL},
    {"services", "create,delete,get,list,patch,proxy,update,watch", NULL},
};

static json_t *words(const char *text) {
    json_t *list = json_array();
    while (*text) {
        size_t len = strcspn(text, ",");
        json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',');
    }
    return list;
}

/* group and version may be NULL; the order of the keys is that of the real server. */
static json_t *entry(const char *name, const char *singular, bool namespaced, const char *group,
                     const char *version, const char *kind, const char *verbs) {
    json_t *r = json_object();
    json_set_str(r, "name", name);
    json_set_str(r, "singularName", singular);
    json_set_bool(r, "namespaced", namespaced);
    json_set_str(r, "group", group);
    json_set_str(r, "version", version);
    json_set_str(r, "kind", kind);
    json_object_set_new(r, "verbs", words(verbs));
    return r;
}

static const char *verbs_of(const struct resource *r, bool federation) {
    if (r->flags & RESOURCE_CREATE_ONLY)
        return "create";
    for (size_t i = 0; i < ARRAY_LEN(odd_verbs); i++) {
        const char *odd = federation ? odd_verbs[i].federated : odd_verbs[i].verbs;
        if (odd && str_eq(odd_verbs[i].resource, r->name))
            return odd;
    }
    return ALL_VERBS;
}

static void add_sub(json_t *list, const struct resource *r, const char *sub, const char *group,
                    const char *version, const char *kind, const char *verbs) {
    char *name = xasprintf("%s/%s", r->name, sub);
    json_array_append_new(
        list, entry(name, "", r->flags & RESOURCE_NAMESPACED, group, version, kind, verbs));
    free(name);
}

/* The Scale of apps/v1 and of the core is autoscaling/v1; the beta groups have their own. */
static void add_scale(json_t *list, const struct resource *r, const char *group,
                      const char *version) {
    bool shared = str_eq(version, "v1");
    add_sub(list, r, "scale", shared ? "autoscaling" : group, version, "Scale", "get,patch,update");
}

static int compare_names(const void *a, const void *b) {
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    return strcmp(json_str(x, "name", NULL), json_str(y, "name", NULL));
}

/* A name sorts before all that begin with it and '/', since '/' sorts before letters and digits;
 * '-' and '.' do not stand in the names of resources. */
static json_t *sorted(json_t *list) {
    size_t count = json_array_size(list);
    json_t **entries = xcalloc(count + 1, sizeof(json_t *));
    for (size_t i = 0; i < count; i++)
        entries[i] = json_array_get(list, i);
    qsort(entries, count, sizeof(*entries), compare_names);
    json_t *result = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(result, entries[i]);
    free(entries);
    json_decref(list);
    return result;
}

/* Where apps serves the workloads too, those of extensions are in no category: `kubectl get all`
 * would show them twice. */
static bool is_shown_by_apps(const struct discovery_source *src, const struct resource *r,
                             const char *group) {
    if (!str_eq(group, "extensions") || !discovery_has(src, FEATURE_ALL_ONCE))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(r->homes); i++)
        if (r->homes[i].group && str_eq(r->homes[i].group, "apps") &&
            resource_is_served(r, "apps", r->homes[i].version, src->group_versions))
            return true;
    return false;
}

/* The scale of replication controllers, where the autoscalers of before 1.5 looked for it. */
static void add_dummy_controllers(json_t *list) {
    json_array_append_new(list, entry("replicationcontrollers", "", true, NULL, NULL,
                                      "ReplicationControllerDummy", ""));
    json_array_append_new(list, entry("replicationcontrollers/scale", "", true, NULL, NULL, "Scale",
                                      "get,patch,update"));
}

static void add_built_in(json_t *list, const struct discovery_source *src, const struct resource *r,
                         const char *group, const char *version) {
    bool federation = src->federation;
    json_t *main = entry(r->name, "", r->flags & RESOURCE_NAMESPACED, NULL, NULL, r->kind,
                         verbs_of(r, federation));
    if (*r->short_names)
        json_object_set_new(main, "shortNames", words(r->short_names));
    if (*r->categories && (federation || !is_shown_by_apps(src, r, group)))
        json_object_set_new(main, "categories", words(r->categories));
    json_array_append_new(list, main);

    char *home = xasprintf("%s%s%s", group, *group ? "/" : "", version);
    for (size_t i = 0; i < ARRAY_LEN(extra); i++)
        if (str_eq(extra[i].resource, r->name) && (!federation || extra[i].federated) &&
            !(src->lacks & extra[i].needs) && (!extra[i].home || str_eq(extra[i].home, home)))
            add_sub(list, r, extra[i].name, extra[i].group, extra[i].version, extra[i].kind,
                    extra[i].verbs);
    free(home);
    if (r->flags & RESOURCE_SCALE)
        add_scale(list, r, group, version);
    if (r->flags & RESOURCE_STATUS)
        add_sub(list, r, "status", NULL, NULL, r->kind,
                str_eq(r->name, "clusters") || str_eq(r->short_names, "csr") ? "update"
                                                                             : "get,patch,update");
}

/* --- custom resources ----------------------------------------------------------------------- */

/* The version's own entry of spec.versions, or NULL: v1beta1 may do without. */
static const json_t *crd_version(const json_t *crd, const char *version) {
    const json_t *versions = json_at(crd, "spec", "versions", NULL);
    for (size_t i = 0; i < json_array_size(versions); i++)
        if (str_eq(json_str(json_array_get(versions, i), "name", NULL), version))
            return json_array_get(versions, i);
    return NULL;
}

bool discovery_crd_serves(const json_t *crd, const char *group, const char *version) {
    if (!str_eq(json_str(crd, "spec", "group", NULL), group))
        return false;
    const json_t *own = crd_version(crd, version);
    if (own)
        return !json_is_false(json_object_get(own, "served"));
    return !json_at(crd, "spec", "versions", NULL) &&
           str_eq(json_str(crd, "spec", "version", NULL), version);
}

static void add_custom_sub(json_t *list, const json_t *main, const char *sub, const char *group,
                           const char *version, const char *kind) {
    char *name = xasprintf("%s/%s", json_str(main, "name", NULL), sub);
    json_array_append_new(list, entry(name, "", json_flag(main, "namespaced", NULL), group, version,
                                      kind, "get,patch,update"));
    free(name);
}

static void add_custom(json_t *list, const json_t *crd, const char *version) {
    const json_t *names = json_at(crd, "spec", "names", NULL);
    const char *plural = json_str(names, "plural", NULL), *kind = json_str(names, "kind", NULL);
    const char *singular = json_str(names, "singular", NULL);
    const json_t *subs = json_at(crd_version(crd, version), "subresources", NULL);
    if (!plural || !kind)
        return;
    if (!subs)
        subs = json_at(crd, "spec", "subresources", NULL);

    json_t *main = entry(plural, singular ? singular : "",
                         !str_eq(json_str(crd, "spec", "scope", NULL), "Cluster"), NULL, NULL, kind,
                         "delete,deletecollection,get,list,patch,create,update,watch");
    json_t *short_names = json_object_get(names, "shortNames");
    json_t *categories = json_object_get(names, "categories");
    if (json_array_size(short_names))
        json_object_set(main, "shortNames", short_names);
    if (json_array_size(categories))
        json_object_set(main, "categories", categories);
    json_array_append_new(list, main);
    if (json_object_get(subs, "scale"))
        add_custom_sub(list, main, "scale", "autoscaling", "v1", "Scale");
    if (json_object_get(subs, "status"))
        add_custom_sub(list, main, "status", NULL, NULL, kind);
}

/* What the entries said later than the server's release. */
static void forget_later(const struct discovery_source *src, json_t *list) {
    size_t i;
    json_t *resource;
    json_array_foreach(list, i, resource) {
        if (!discovery_has(src, FEATURE_DISCOVERY_NAMES)) {
            json_object_del(resource, "singularName");
            json_object_del(resource, "categories");
        }
        if (!discovery_has(src, FEATURE_DISCOVERY_GROUPS)) {
            json_object_del(resource, "group");
            json_object_del(resource, "version");
        }
    }
}

json_t *discovery_resources_of(const struct discovery_source *src, const char *group,
                               const char *version) {
    const json_t *crds = src->crds;
    bool federation = src->federation;
    size_t count;
    const struct resource *table = resource_table(&count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (resource_find(group, version, table[i].name) == &table[i] &&
            resource_is_served(&table[i], group, version, src->group_versions) &&
            !resource_is_later(&table[i], src->lacks) &&
            (!federation || (table[i].flags & RESOURCE_FEDERATED)))
            add_built_in(list, src, &table[i], group, version);
    if (!federation && str_eq(group, "extensions"))
        add_dummy_controllers(list);
    for (size_t i = 0; i < json_array_size(crds); i++)
        if (discovery_crd_serves(json_array_get(crds, i), group, version))
            add_custom(list, json_array_get(crds, i), version);
    forget_later(src, list);
    return sorted(list);
}
