/* Reviews: questions about access and tokens that are answered and not stored. */
#include "mocks/apiserver/subresource.h"

#include "harness/core/str.h"
#include "mocks/apiserver/auth.h"
#include "mocks/apiserver/rbac.h"
#include "mocks/apiserver/rest.h"

static const char *text_of(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* The user of a SubjectAccessReview: spec.user and spec.groups (spec.group in v1beta1). */
static struct user user_of(const json_t *spec, const char *groups[AUTH_GROUPS_MAX]) {
    const json_t *list = json_object_get(spec, "groups");
    if (!list)
        list = json_object_get(spec, "group");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < AUTH_GROUPS_MAX; i++)
        if (json_is_string(json_array_get(list, i)))
            groups[n++] = json_string_value(json_array_get(list, i));
    return (struct user){.name = text_of(spec, "user"),
                         .uid = text_of(spec, "uid"),
                         .groups = groups,
                         .group_count = n};
}

static void access_review(struct request *q, json_t *body, bool self) {
    const char *groups[AUTH_GROUPS_MAX];
    const json_t *spec = json_object_get(body, "spec");
    const json_t *r = json_object_get(spec, "resourceAttributes");
    const json_t *n = json_object_get(spec, "nonResourceAttributes");
    const struct user other = user_of(spec, groups);
    const struct rbac_attributes what = {.verb = text_of(r ? r : n, "verb"),
                                         .is_resource = r != NULL,
                                         .group = text_of(r, "group"),
                                         .resource = text_of(r, "resource"),
                                         .subresource = text_of(r, "subresource"),
                                         .ns = text_of(r, "namespace"),
                                         .name = text_of(r, "name"),
                                         .path = text_of(n, "path")};
    bool allowed = rbac_allows(q->server, self ? q->user : &other, &what);
    json_t *status = json_object();
    json_set_bool(status, "allowed", allowed);
    json_object_set_new(body, "status", status);
}

static void rules_review(struct request *q, json_t *body) {
    json_t *resources = json_array(), *paths = json_array();
    const char *ns = json_str(body, "spec", "namespace", NULL);
    rbac_rules(q->server, q->user, ns ? ns : "", resources, paths);
    json_object_set_new(body, "status",
                        json_pack("{s:o,s:o,s:b}", "resourceRules", resources, "nonResourceRules",
                                  paths, "incomplete", 0));
}

/* A UserInfo; owned. */
static json_t *user_info(const struct user *u) {
    json_t *user = json_object(), *groups = json_array();
    json_set_str(user, "username", u->name);
    if (u->uid && u->uid[0])
        json_set_str(user, "uid", u->uid);
    for (size_t i = 0; i < u->group_count; i++)
        json_array_append_new(groups, json_string(u->groups[i]));
    json_object_set_new(user, "groups", groups);
    return user;
}

static void token_review(struct request *q, json_t *body) {
    struct auth_identity identity;
    const char *token = json_str(body, "spec", "token", NULL);
    const struct user *u = token ? auth_token(q->server, token, &identity) : NULL;
    json_t *status = json_object();
    if (u) {
        json_set_bool(status, "authenticated", true);
        json_object_set_new(status, "user", user_info(u));
    } else {
        json_object_set_new(status, "user", json_object());
    }
    json_object_set_new(body, "status", status);
}

/* The answer is the question with a status, in the version that was asked in. */
void review_serve(struct request *q, struct answer *a) {
    json_t *body = rest_body(q, a);
    if (!body)
        return;
    json_t *review = json_object();
    CLEANUP(str_freep) char *version = object_api_version(&q->kind->resource->homes[q->home]);
    json_t *spec = json_object_get(body, "spec"), *meta = json_object();
    json_set_str(review, "kind", q->kind->resource->kind);
    json_set_str(review, "apiVersion", version);
    json_object_set_new(meta, "creationTimestamp", json_null());
    json_object_set_new(review, "metadata", meta);
    bool whoami = str_eq(q->resource, "selfsubjectreviews"); /* asks nothing */
    if (spec && !whoami)
        json_object_set(review, "spec", spec);
    else if (!whoami)
        json_object_set_new(review, "spec", json_object());
    json_decref(body);
    if (whoami)
        json_object_set_new(review, "status", json_pack("{s:o}", "userInfo", user_info(q->user)));
    else if (str_eq(q->resource, "tokenreviews"))
        token_review(q, review);
    else if (str_eq(q->resource, "selfsubjectrulesreviews"))
        rules_review(q, review);
    else
        access_review(q, review, str_eq(q->resource, "selfsubjectaccessreviews"));
    answer_json_take(a, 201, review);
}
