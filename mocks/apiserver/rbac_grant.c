#include "mocks/apiserver/rbac_grant.h"

#include "harness/core/str.h"
#include "mocks/apiserver/rbac.h"

#include <string.h>

#define RBAC_GROUP "rbac.authorization.k8s.io"

/* A role of thousands of rules is checked up to here; the rest counts as not covered. */
enum { PIECES_MAX = 10000 };

struct grant {
    const struct request *q;
    const char *ns;  /* of the role or binding; "" */
    json_t *missing; /* rules with one value in each list; owned */
    size_t pieces;
};

static bool has_group(const struct user *u, const char *group) {
    for (size_t i = 0; i < u->group_count; i++)
        if (str_eq(u->groups[i], group))
            return true;
    return false;
}

static bool is_free(const struct request *q) {
    return q->trusted || !q->server->o.rbac || has_group(q->user, "system:masters");
}

/* --- which pieces of the rules the user lacks ----------------------------------------------- */

static void lacks_take(struct grant *g, json_t *piece) {
    json_array_append_new(g->missing, piece);
}

static void check_path(struct grant *g, const char *verb, const char *path) {
    const struct rbac_attributes what = {
        .verb = verb, .group = "", .resource = "", .subresource = "", .ns = "", .path = path};
    if (!rbac_allows(g->q->server, g->q->user, &what))
        lacks_take(g, json_pack("{s:[s], s:[s]}", "nonResourceURLs", path, "verbs", verb));
}

/* name "": the rule is for objects of every name. */
static void check_resource(struct grant *g, const char *verb, const char *group,
                           const char *resource, const char *name) {
    CLEANUP(str_freep) char *first = xstrdup(resource);
    char *slash = strchr(first, '/');
    if (slash)
        *slash++ = '\0';
    const struct rbac_attributes what = {.verb = verb,
                                         .is_resource = true,
                                         .group = group,
                                         .resource = first,
                                         .subresource = slash ? slash : "",
                                         .ns = g->ns,
                                         .name = name,
                                         .path = ""};
    if (++g->pieces <= PIECES_MAX && rbac_allows(g->q->server, g->q->user, &what))
        return;
    json_t *piece = json_pack("{s:[s], s:[s], s:[s]}", "resources", resource, "apiGroups", group,
                              "verbs", verb);
    if (name[0])
        json_object_set_new(piece, "resourceNames", json_pack("[s]", name));
    lacks_take(g, piece);
}

static const char *text_at(const json_t *list, size_t i) {
    const char *text = json_string_value(json_array_get(list, i));
    return text ? text : "";
}

static void check_verb(struct grant *g, const json_t *rule, const char *verb) {
    const json_t *paths = json_object_get(rule, "nonResourceURLs");
    const json_t *groups = json_object_get(rule, "apiGroups");
    const json_t *resources = json_object_get(rule, "resources");
    const json_t *names = json_object_get(rule, "resourceNames");
    size_t name_count = json_array_size(names) ? json_array_size(names) : 1;
    for (size_t i = 0; i < json_array_size(groups) && g->pieces <= PIECES_MAX; i++)
        for (size_t r = 0; r < json_array_size(resources); r++)
            for (size_t n = 0; n < name_count && g->pieces <= PIECES_MAX; n++)
                check_resource(g, verb, text_at(groups, i), text_at(resources, r),
                               text_at(names, n));
    for (size_t i = 0; i < json_array_size(paths); i++)
        check_path(g, verb, text_at(paths, i));
}

static void check_rules(struct grant *g, const json_t *rules) {
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const json_t *verbs = json_object_get(rule, "verbs");
        for (size_t v = 0; v < json_array_size(verbs); v++)
            check_verb(g, rule, text_at(verbs, v));
    }
}

/* --- the sentence ----------------------------------------------------------------------------- */

/* PolicyRule{Resources:["*"], APIGroups:["*"], Verbs:["*"]} */
static void print_rule(const json_t *rule, struct buf *out) {
    static const struct {
        const char *member, *name;
    } fields[] = {{"resources", "Resources"},
                  {"nonResourceURLs", "NonResourceURLs"},
                  {"resourceNames", "ResourceNames"},
                  {"apiGroups", "APIGroups"},
                  {"verbs", "Verbs"}};
    const char *comma = "";
    buf_adds(out, "PolicyRule{");
    for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
        const json_t *list = json_object_get(rule, fields[f].member);
        if (!json_array_size(list))
            continue;
        buf_addf(out, "%s%s:[", comma, fields[f].name);
        for (size_t i = 0; i < json_array_size(list); i++)
            buf_addf(out, "%s\"%s\"", i ? " " : "", text_at(list, i));
        buf_addc(out, ']');
        comma = ", ";
    }
    buf_addc(out, '}');
}

static void print_rules(const json_t *rules, struct buf *out) {
    for (size_t i = 0; i < json_array_size(rules); i++) {
        if (i > 0)
            buf_addc(out, ' ');
        print_rule(json_array_get(rules, i), out);
    }
}

static void refuse(const struct grant *g, const json_t *object, struct answer *a) {
    const struct request *q = g->q;
    CLEANUP(json_freep) json_t *own = json_array();
    rbac_rules(q->server, q->user, g->ns, own, own);
    struct buf text = BUF_INIT;
    buf_adds(&text, "attempt to grant extra privileges: [");
    print_rules(g->missing, &text);
    buf_addf(&text, "] user=&{%s  [", q->user->name);
    for (size_t i = 0; i < q->user->group_count; i++)
        buf_addf(&text, "%s%s", i ? " " : "", q->user->groups[i]);
    buf_adds(&text, "] map[]} ownerrules=[");
    print_rules(own, &text);
    buf_adds(&text, "] ruleResolutionErrors=[]");
    const char *name = json_str(object, "metadata", "name", NULL);
    CLEANUP(str_freep) char *what = answer_qualified(q);
    answer_status(a, 403, "Forbidden", "%s \"%s\" is forbidden: %s", what, name ? name : "",
                  buf_str(&text));
    answer_details(a, name ? name : "", q->group, q->resource);
    buf_release(&text);
}

/* --- roles and bindings -------------------------------------------------------------------------
 */

/* Who may bind a role may bind it whatever is in it. */
static bool may_bind(const struct grant *g, const char *resource, const char *name) {
    const struct rbac_attributes what = {.verb = "bind",
                                         .is_resource = true,
                                         .group = RBAC_GROUP,
                                         .resource = resource,
                                         .subresource = "",
                                         .ns = g->ns,
                                         .name = name,
                                         .path = ""};
    return rbac_allows(g->q->server, g->q->user, &what);
}

static void check_binding(struct grant *g, const json_t *binding) {
    const char *name = json_str(binding, "roleRef", "name", NULL);
    bool cluster = str_eq(json_str(binding, "roleRef", "kind", NULL), "ClusterRole");
    const char *resource = cluster ? "clusterroles" : "roles";
    if (!name || may_bind(g, resource, name))
        return;
    const json_t *role =
        apiserver_peek(g->q->server, RBAC_GROUP, resource, cluster ? "" : g->ns, name);
    check_rules(g, json_object_get(role, "rules"));
}

bool rbac_grant_admits(const struct request *q, const struct kind *k, const json_t *object,
                       const json_t *old, struct answer *a) {
    if (k->custom || !str_eq(q->group, RBAC_GROUP) || is_free(q))
        return true;
    bool binds = json_object_get(object, "roleRef") != NULL;
    const char *grants = binds ? "roleRef" : "rules";
    if (old && json_equal(json_object_get(old, grants), json_object_get(object, grants)) &&
        (!binds ||
         json_equal(json_object_get(old, "subjects"), json_object_get(object, "subjects"))))
        return true;

    CLEANUP(json_freep) json_t *missing = json_array();
    struct grant g = {.q = q, .ns = q->ns, .missing = missing};
    if (binds)
        check_binding(&g, object);
    else
        check_rules(&g, json_object_get(object, "rules"));
    if (json_array_size(missing) == 0)
        return true;
    refuse(&g, object, a);
    return false;
}
