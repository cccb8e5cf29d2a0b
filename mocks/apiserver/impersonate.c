#include "mocks/apiserver/impersonate.h"

#include "harness/core/str.h"
#include "mocks/apiserver/rbac.h"

#include <strings.h>

#define ACCOUNT "system:serviceaccount:"
#define EXTRA "Impersonate-Extra-"

/* Whether q's user may impersonate this; a says so when not. */
static bool may(struct request *q, const char *group, const char *resource, const char *sub,
                const char *ns, const char *name, struct answer *a) {
    const struct rbac_attributes what = {.verb = "impersonate",
                                         .is_resource = true,
                                         .group = group,
                                         .resource = resource,
                                         .subresource = sub,
                                         .ns = ns,
                                         .name = name,
                                         .path = q->path};
    if (rbac_allows(q->server, q->user, &what))
        return true;
    rbac_refuse(q, &what, a);
    return false;
}

/* "system:serviceaccount:NS:NAME" in its two parts; false: an ordinary user. */
static bool split_account(struct auth_identity *ret, const char *user, const char **ret_name) {
    const char *ns = strncmp(user, ACCOUNT, strlen(ACCOUNT)) == 0 ? user + strlen(ACCOUNT) : NULL;
    const char *colon = ns ? strchr(ns, ':') : NULL;
    if (!colon || colon == ns || !colon[1] || (size_t)(colon - ns) >= sizeof(ret->name))
        return false;
    snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(colon - ns), ns);
    *ret_name = colon + 1;
    return true;
}

/* The groups that were asked for, into ret; false: too many, or one that is not allowed. */
static bool take_groups(struct request *q, struct auth_identity *ret, size_t *ret_count,
                        struct answer *a) {
    const struct http_headers *h = &q->exchange->request->headers;
    for (size_t i = 0; i < h->count; i++) {
        const char *name = h->items[i].name, *value = h->items[i].value;
        if (strncasecmp(name, EXTRA, strlen(EXTRA)) == 0 &&
            !may(q, "authentication.k8s.io", "userextras", name + strlen(EXTRA), "", value, a))
            return false;
        if (strcasecmp(name, "Impersonate-Group") != 0)
            continue;
        if (*ret_count >= AUTH_GROUPS_MAX - 2) {
            answer_bad_request(a, "more than %d groups to impersonate", AUTH_GROUPS_MAX - 2);
            return false;
        }
        if (!may(q, "", "groups", "", "", value, a))
            return false;
        ret->groups[(*ret_count)++] = value;
    }
    return true;
}

static bool asks(const struct http_headers *h) {
    for (size_t i = 0; i < h->count; i++)
        if (strcasecmp(h->items[i].name, "Impersonate-Group") == 0 ||
            strncasecmp(h->items[i].name, EXTRA, strlen(EXTRA)) == 0)
            return true;
    return false;
}

static bool has_group(const struct auth_identity *ret, size_t count, const char *group) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(ret->groups[i], group))
            return true;
    return false;
}

bool impersonate_apply(struct request *q, struct auth_identity *ret, struct answer *a) {
    const struct http_headers *h = &q->exchange->request->headers;
    const char *user = http_headers_get(h, "Impersonate-User"), *account = NULL;
    if (!user || !user[0]) {
        if (!asks(h))
            return true;
        answer_status(a, 500, "InternalError",
                      "Internal error occurred: requested groups or extra without impersonating a "
                      "user");
        return false;
    }
    size_t count = 0;
    bool is_account = split_account(ret, user, &account);
    if (!(is_account ? may(q, "", "serviceaccounts", "", ret->name, account, a)
                     : may(q, "", "users", "", "", user, a)) ||
        !take_groups(q, ret, &count, a))
        return false;
    if (is_account && count == 0) { /* what its token would give it */
        snprintf(ret->group, sizeof(ret->group), "system:serviceaccounts:%.*s",
                 (int)(sizeof(ret->group) - 32), ret->name);
        ret->groups[count++] = "system:serviceaccounts";
        ret->groups[count++] = ret->group;
    }
    bool nobody = str_eq(user, "system:anonymous");
    const char *last = nobody ? "system:unauthenticated" : "system:authenticated";
    if (count < AUTH_GROUPS_MAX && !has_group(ret, count, last))
        ret->groups[count++] = last;
    ret->uid[0] = '\0';
    ret->user =
        (struct user){.name = user, .uid = ret->uid, .groups = ret->groups, .group_count = count};
    q->user = &ret->user;
    return true;
}
