#include "mocks/apiserver/auth.h"

#include "harness/core/base64.h"
#include "harness/core/str.h"

#include <strings.h>

#define LEEWAY_MS 60000 /* DefaultLeeway of go-jose, which kube-apiserver checks tokens with */

struct credential {
    char *token; /* or */
    char *basic; /* "user:password" */
    char *user;
    char **groups;
    size_t group_count;
};

static void add(struct apiserver *s, char *token, char *basic, const char *user,
                const char *const *groups, size_t group_count) {
    s->credentials =
        xgrow(s->credentials, s->credential_count, &s->credential_cap, sizeof(*s->credentials));
    struct credential *c = &s->credentials[s->credential_count++];
    *c = (struct credential){.token = token, .basic = basic, .user = xstrdup(user)};
    c->groups = xcalloc(group_count + 1, sizeof(char *));
    for (size_t i = 0; i < group_count && i < AUTH_GROUPS_MAX - 2; i++)
        c->groups[c->group_count++] = xstrdup(groups[i]);
}

void apiserver_add_token(struct apiserver *s, const char *token, const char *user,
                         const char *const *groups, size_t group_count) {
    add(s, xstrdup(token), NULL, user, groups, group_count);
}

void apiserver_add_basic(struct apiserver *s, const char *user, const char *password,
                         const char *const *groups, size_t group_count) {
    add(s, NULL, xasprintf("%s:%s", user, password), user, groups, group_count);
}

void auth_release(struct apiserver *s) {
    for (size_t i = 0; i < s->credential_count; i++) {
        struct credential *c = &s->credentials[i];
        for (size_t g = 0; g < c->group_count; g++)
            free(c->groups[g]);
        free(c->groups);
        free(c->token);
        free(c->basic);
        free(c->user);
    }
    free(s->credentials);
    json_decref(s->account_tokens);
}

/* Everybody who was authenticated is in system:authenticated besides his own groups. */
static const struct user *finish(struct auth_identity *ret, const char *name,
                                 const char *const *groups, size_t count, const char *last) {
    size_t n = 0;
    for (size_t i = 0; i < count && n < AUTH_GROUPS_MAX - 1; i++)
        ret->groups[n++] = groups[i];
    ret->groups[n++] = last;
    ret->user =
        (struct user){.name = name, .uid = ret->uid, .groups = ret->groups, .group_count = n};
    return &ret->user;
}

/* A token of a secret never ends. */
static bool has_ended(const struct apiserver *s, const json_t *known) {
    int64_t until_ms = json_int(known, -1, "until", NULL);
    return until_ms >= 0 && sched_now_ms(s->o.sched) > until_ms + LEEWAY_MS;
}

static const struct user *service_account(const struct apiserver *s, const char *token,
                                          struct auth_identity *ret) {
    const json_t *known = json_object_get(s->account_tokens, token);
    const char *account = json_str(known, "account", NULL);
    const char *slash = account ? strchr(account, '/') : NULL;
    if (!slash)
        return NULL;
    int ns_len = (int)(slash - account);
    char ns[256];
    snprintf(ns, sizeof(ns), "%.*s", ns_len, account);
    struct kind *k = store_kind_any(s, "", "serviceaccounts");
    const struct object *o = k ? collection_get(&k->objects, ns, slash + 1) : NULL;
    if (!o) /* the account was deleted: its tokens are worthless */
        return NULL;
    const char *uid = json_str(o->json, "metadata", "uid", NULL);
    const char *was = json_str(known, "uid", NULL);
    /* A token that was asked for ends, and with the very account that it was for. */
    if ((was && !str_eq(was, uid)) || has_ended(s, known))
        return NULL;
    snprintf(ret->uid, sizeof(ret->uid), "%s", uid ? uid : "");
    snprintf(ret->name, sizeof(ret->name), "system:serviceaccount:%.*s:%s", ns_len, account,
             slash + 1);
    snprintf(ret->group, sizeof(ret->group), "system:serviceaccounts:%.*s", ns_len, account);
    const char *groups[] = {"system:serviceaccounts", ret->group};
    return finish(ret, ret->name, groups, 2, "system:authenticated");
}

const struct user *auth_token(const struct apiserver *s, const char *token,
                              struct auth_identity *ret) {
    ret->uid[0] = '\0';
    for (size_t i = 0; i < s->credential_count; i++) {
        const struct credential *c = &s->credentials[i];
        if (c->token && str_eq(c->token, token))
            return finish(ret, c->user, (const char *const *)c->groups, c->group_count,
                          "system:authenticated");
    }
    return service_account(s, token, ret);
}

static const struct user *basic(const struct apiserver *s, const char *coded,
                                struct auth_identity *ret) {
    size_t len = 0;
    CLEANUP(str_freep) char *text = base64_decode(coded, &len);
    for (size_t i = 0; text && i < s->credential_count; i++) {
        const struct credential *c = &s->credentials[i];
        if (c->basic && str_eq(c->basic, text))
            return finish(ret, c->user, (const char *const *)c->groups, c->group_count,
                          "system:authenticated");
    }
    return NULL;
}

const struct user *auth_login(const struct apiserver *s, const struct apiserver_login *login,
                              struct auth_identity *ret) {
    const struct http_peer *peer = &login->peer;
    const char *header = login->authorization;
    ret->uid[0] = '\0';
    if (peer->cert_cn)
        return finish(ret, peer->cert_cn, peer->cert_orgs, peer->cert_org_count,
                      "system:authenticated");
    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        return auth_token(s, header + 7, ret);
    if (header && strncasecmp(header, "Basic ", 6) == 0)
        return basic(s, header + 6, ret);
    /* Who shows a certificate that nobody trusts is not taken for one who shows none. */
    if (!s->o.anonymous || peer->cert_problem)
        return NULL;
    return finish(ret, "system:anonymous", NULL, 0, "system:unauthenticated");
}

const struct user *auth_authenticate(const struct apiserver *s, const struct http_exchange *x,
                                     struct auth_identity *ret) {
    const struct http_request *r = x->request;
    const struct apiserver_login login = {
        .authorization = http_headers_get(&r->headers, "Authorization"), .peer = r->peer};
    return auth_login(s, &login, ret);
}

static char *token_of(const json_t *secret) {
    const char *coded = json_str(secret, "data", "token", NULL);
    size_t len = 0;
    if (!coded || !str_eq(json_str(secret, "type", NULL), "kubernetes.io/service-account-token"))
        return NULL;
    return base64_decode(coded, &len);
}

void auth_changed(struct apiserver *s, const struct change *c) {
    if (!str_eq(c->kind->resource->kind, "Secret") || c->kind->custom)
        return;
    const struct object *gone = c->type == APISERVER_DELETED ? c->object : c->old;
    CLEANUP(str_freep) char *old = gone ? token_of(gone->json) : NULL;
    if (old)
        json_object_del(s->account_tokens, old);
    if (c->type == APISERVER_DELETED)
        return;
    CLEANUP(str_freep) char *token = token_of(c->object->json);
    const char *account = json_str(c->object->json, "metadata", "annotations",
                                   "kubernetes.io/service-account.name", NULL);
    if (!token || !account)
        return;
    CLEANUP(str_freep) char *value = xasprintf("%s/%s", object_ns(c->object), account);
    json_object_set_new(s->account_tokens, token, json_pack("{s:s}", "account", value));
}

void auth_add_account_token(struct apiserver *s, const char *token, const struct object *account,
                            int64_t until_ms) {
    CLEANUP(str_freep)
    char *value =
        xasprintf("%s/%s", object_ns(account), json_str(account->json, "metadata", "name", NULL));
    const char *key;
    json_t *other;
    void *next;
    json_object_foreach_safe(s->account_tokens, next, key, other) {
        if (has_ended(s, other))
            json_object_del(s->account_tokens, key);
    }
    json_object_set_new(s->account_tokens, token,
                        json_pack("{s:s,s:s?,s:I}", "account", value, "uid",
                                  json_str(account->json, "metadata", "uid", NULL), "until",
                                  (json_int_t)until_ms));
}
