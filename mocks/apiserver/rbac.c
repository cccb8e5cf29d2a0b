#include "mocks/apiserver/rbac.h"

#include "harness/core/str.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

/* What is done with each rule that applies to a user; false stops. */
typedef bool rule_fn(void *self, const json_t *rule);

static bool is_in_group(const struct user *u, const char *group) {
    for (size_t i = 0; i < u->group_count; i++)
        if (str_eq(u->groups[i], group))
            return true;
    return false;
}

static bool is_subject(const json_t *subject, const struct user *u, const char *binding_ns) {
    const char *kind = json_str(subject, "kind", NULL), *name = json_str(subject, "name", NULL);
    const char *ns = json_str(subject, "namespace", NULL);
    if (!name)
        return false;
    if (str_eq(kind, "User"))
        return str_eq(name, "*") || str_eq(u->name, name);
    if (str_eq(kind, "Group"))
        return is_in_group(u, name);
    if (!str_eq(kind, "ServiceAccount"))
        return false;
    CLEANUP(str_freep)
    char *account = xasprintf("system:serviceaccount:%s:%s", ns && ns[0] ? ns : binding_ns, name);
    return str_eq(u->name, account);
}

static const json_t *rules_of(const struct apiserver *s, const json_t *ref, const char *ns) {
    const char *kind = json_str(ref, "kind", NULL), *name = json_str(ref, "name", NULL);
    bool cluster = str_eq(kind, "ClusterRole");
    const json_t *role = name ? apiserver_peek(s, RBAC_GROUP, cluster ? "clusterroles" : "roles",
                                               cluster ? "" : ns, name)
                              : NULL;
    return json_object_get(role, "rules");
}

static bool walk_bindings(const struct apiserver *s, const char *resource, const char *ns,
                          const struct user *u, rule_fn *fn, void *self) {
    const struct kind *k = store_kind_any(s, RBAC_GROUP, resource);
    CLEANUP(str_freep) char *prefix = xasprintf("%s/", ns);
    size_t len = strlen(prefix);
    struct slot *slot = k ? collection_seek(&k->objects, prefix) : NULL;
    for (; slot && strncmp(slot->key, prefix, len) == 0; slot = slot->next[0]) {
        const json_t *binding = slot->object->json;
        const json_t *subjects = json_object_get(binding, "subjects");
        bool bound = false;
        for (size_t i = 0; i < json_array_size(subjects) && !bound; i++)
            bound = is_subject(json_array_get(subjects, i), u, ns);
        const json_t *rules = bound ? rules_of(s, json_object_get(binding, "roleRef"), ns) : NULL;
        for (size_t i = 0; i < json_array_size(rules); i++)
            if (!fn(self, json_array_get(rules, i)))
                return false;
    }
    return true;
}

static void walk_rules(const struct apiserver *s, const struct user *u, const char *ns, rule_fn *fn,
                       void *self) {
    if (walk_bindings(s, "clusterrolebindings", "", u, fn, self) && ns[0])
        (void)walk_bindings(s, "rolebindings", ns, u, fn, self);
}

static bool has(const json_t *list, const char *want) {
    return json_has_text(list, "*") || json_has_text(list, want);
}

static bool covers_resource(const json_t *list, const struct rbac_attributes *w) {
    if (!w->subresource[0])
        return has(list, w->resource);
    CLEANUP(str_freep) char *both = xasprintf("%s/%s", w->resource, w->subresource);
    CLEANUP(str_freep) char *any = xasprintf("*/%s", w->subresource);
    return json_has_text(list, any) || has(list, both);
}

static bool covers_path(const json_t *list, const char *path) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        size_t len = text ? strlen(text) : 0;
        if (len && text[len - 1] == '*' ? strncmp(text, path, len - 1) == 0 : str_eq(text, path))
            return true;
    }
    return false;
}

static bool covers(const json_t *rule, const struct rbac_attributes *w) {
    if (!has(json_object_get(rule, "verbs"), w->verb))
        return false;
    if (!w->is_resource)
        return covers_path(json_object_get(rule, "nonResourceURLs"), w->path);
    const json_t *names = json_object_get(rule, "resourceNames");
    if (!has(json_object_get(rule, "apiGroups"), w->group) ||
        !covers_resource(json_object_get(rule, "resources"), w))
        return false;
    return json_array_size(names) == 0 || json_has_text(names, w->name);
}

struct search {
    const struct rbac_attributes *what;
    bool found;
};

static bool search_rule(void *self, const json_t *rule) {
    struct search *search = self;
    search->found = covers(rule, search->what);
    return !search->found;
}

bool rbac_allows(const struct apiserver *s, const struct user *user,
                 const struct rbac_attributes *what) {
    if (!s->o.rbac || is_in_group(user, "system:masters"))
        return true;
    struct search search = {.what = what};
    walk_rules(s, user, what->ns, search_rule, &search);
    return search.found;
}

struct collected {
    json_t *resources, *paths;
};

static bool collect_rule(void *self, const json_t *rule) {
    struct collected *c = self;
    bool path = json_array_size(json_object_get(rule, "nonResourceURLs")) > 0;
    json_array_append(path ? c->paths : c->resources, json_mutable(rule));
    return true;
}

void rbac_rules(const struct apiserver *s, const struct user *user, const char *ns,
                json_t *resource_rules, json_t *non_resource_rules) {
    struct collected c = {resource_rules, non_resource_rules};
    if (!s->o.rbac || is_in_group(user, "system:masters")) {
        json_array_append_new(c.resources, json_pack("{s:[s],s:[s],s:[s]}", "verbs", "*",
                                                     "apiGroups", "*", "resources", "*"));
        json_array_append_new(c.paths,
                              json_pack("{s:[s],s:[s]}", "verbs", "*", "nonResourceURLs", "*"));
        return;
    }
    walk_rules(s, user, ns, collect_rule, &c);
}

/* "pods", "deployments.apps", of what is in the way. */
static char *qualified(const struct rbac_attributes *w, const char *resource) {
    return w->group[0] ? xasprintf("%s.%s", resource, w->group) : xstrdup(resource);
}

/* The sentence changed in 1.12. */
void rbac_refuse(struct request *q, const struct rbac_attributes *w, struct answer *a) {
    const char *minor = json_str(q->server->version, "minor", NULL);
    bool modern = minor && strtol(minor, NULL, 10) >= 12;
    const char *user = q->user->name;
    if (!w->is_resource) {
        answer_status(a, 403, "Forbidden", "forbidden: User \"%s\" cannot %s path \"%s\"", user,
                      w->verb, w->path);
        answer_details(a, NULL, NULL, NULL);
        return;
    }
    CLEANUP(str_freep) char *what = qualified(w, w->resource);
    CLEANUP(str_freep)
    char *full =
        w->subresource[0] ? xasprintf("%s/%s", w->resource, w->subresource) : xstrdup(w->resource);
    CLEANUP(str_freep)
    char *thing = modern ? xasprintf("resource \"%s\" in API group \"%s\"", full, w->group)
                         : qualified(w, full);
    CLEANUP(str_freep)
    char *where =
        w->ns[0] ? xasprintf("in the namespace \"%s\"", w->ns) : xstrdup("at the cluster scope");
    CLEANUP(str_freep) char *named = w->name[0] ? xasprintf(" \"%s\"", w->name) : xstrdup("");
    answer_status(a, 403, "Forbidden", "%s%s is forbidden: User \"%s\" cannot %s %s %s", what,
                  named, user, w->verb, thing, where);
    answer_details(a, w->name, w->group, w->resource);
}

bool rbac_authorize(struct request *q, struct answer *a) {
    const struct rbac_attributes what = {.verb = q->verb,
                                         .is_resource = q->is_resource,
                                         .group = q->group,
                                         .resource = q->resource,
                                         .subresource = q->subresource,
                                         .ns = q->ns,
                                         .name = q->name,
                                         .path = q->path};
    if (rbac_allows(q->server, q->user, &what))
        return true;
    rbac_refuse(q, &what, a);
    return false;
}

static const char read_only[] = "[\"get\",\"list\",\"watch\"]";
static const char all_verbs[] =
    "[\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\",\"update\",\"watch\"]";
/* Roles that people bind: what a user of a namespace may look at or change. */
static void add_workloads(struct buf *rules, const char *verbs) {
    buf_addf(rules,
             "{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\",\"endpoints\",\"events\","
             "\"limitranges\",\"persistentvolumeclaims\",\"pods\",\"pods/log\",\"pods/status\","
             "\"replicationcontrollers\",\"replicationcontrollers/scale\",\"resourcequotas\","
             "\"serviceaccounts\",\"services\"],\"verbs\":%s},{\"apiGroups\":[\"apps\","
             "\"extensions\",\"batch\",\"autoscaling\",\"policy\",\"networking.k8s.io\"],"
             "\"resources\":[\"*\"],\"verbs\":%s}",
             verbs, verbs);
}

static void post(struct apiserver *s, const char *path, char *text) {
    json_t *body = json_loads(text, 0, NULL);
    (void)apiserver_call(s, "POST", path, body, NULL);
    json_decref(body);
    free(text);
}

static void cluster_role(struct apiserver *s, const char *name, const char *rules) {
    post(s, "/apis/" RBAC_GROUP "/v1/clusterroles",
         xasprintf("{\"metadata\":{\"name\":\"%s\",\"labels\":{\"kubernetes.io/bootstrapping\":"
                   "\"rbac-defaults\"}},\"rules\":[%s]}",
                   name, rules));
}

static void cluster_binding(struct apiserver *s, const char *role, const char *groups) {
    post(s, "/apis/" RBAC_GROUP "/v1/clusterrolebindings",
         xasprintf("{\"metadata\":{\"name\":\"%s\",\"labels\":{\"kubernetes.io/bootstrapping\":"
                   "\"rbac-defaults\"}},\"subjects\":[%s],\"roleRef\":{\"apiGroup\":\"" RBAC_GROUP
                   "\",\"kind\":\"ClusterRole\",\"name\":\"%s\"}}",
                   role, groups, role));
}

void rbac_bootstrap(struct apiserver *s) {
    static const char authenticated[] = "{\"kind\":\"Group\",\"name\":\"system:authenticated\"}";
    static const char everybody[] = "{\"kind\":\"Group\",\"name\":\"system:authenticated\"},"
                                    "{\"kind\":\"Group\",\"name\":\"system:unauthenticated\"}";
    cluster_role(s, "cluster-admin",
                 "{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]},"
                 "{\"nonResourceURLs\":[\"*\"],\"verbs\":[\"*\"]}");
    cluster_role(s, "system:discovery",
                 "{\"nonResourceURLs\":[\"/api\",\"/api/*\",\"/apis\",\"/apis/*\",\"/healthz\","
                 "\"/livez\",\"/readyz\",\"/openapi\",\"/openapi/*\",\"/swagger-2.0.0.pb-v1\","
                 "\"/swagger.json\",\"/swaggerapi\",\"/swaggerapi/*\",\"/version\",\"/version/\"],"
                 "\"verbs\":[\"get\"]}");
#define ABOUT_SELF                                               \
    "{\"apiGroups\":[\"authorization.k8s.io\"],\"resources\":["  \
    "\"selfsubjectaccessreviews\",\"selfsubjectrulesreviews\"]," \
    "\"verbs\":[\"create\"]}"
    cluster_role(s, "system:basic-user",
                 (s->o.ways.lacks & FEATURE_WHOAMI) ? ABOUT_SELF
                                                    : ABOUT_SELF
                     ",{\"apiGroups\":[\"authentication.k8s.io\"],\"resources\":["
                     "\"selfsubjectreviews\"],\"verbs\":[\"create\"]}");
    const char *names[] = {"view", "edit", "admin"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *verbs = i ? all_verbs : read_only;
        struct buf rules = BUF_INIT;
        add_workloads(&rules, verbs);
        buf_addf(&rules, ",{\"apiGroups\":[\"\"],\"resources\":[\"namespaces\"],\"verbs\":%s}",
                 read_only);
        if (i >= 1)
            buf_addf(&rules,
                     ",{\"apiGroups\":[\"\"],\"resources\":[\"secrets\",\"pods/exec\","
                     "\"pods/attach\",\"pods/portforward\"],\"verbs\":%s}",
                     all_verbs);
        if (i >= 2)
            buf_addf(&rules,
                     ",{\"apiGroups\":[\"" RBAC_GROUP "\"],\"resources\":[\"roles\","
                     "\"rolebindings\"],\"verbs\":%s}",
                     all_verbs);
        cluster_role(s, names[i], buf_str(&rules));
        buf_release(&rules);
    }
    cluster_binding(s, "cluster-admin", "{\"kind\":\"Group\",\"name\":\"system:masters\"}");
    cluster_binding(s, "system:discovery", everybody);
    cluster_binding(s, "system:basic-user", authenticated);
}
