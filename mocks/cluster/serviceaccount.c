/*
 * Service accounts and their tokens: "default" in every namespace, a token secret for each account
 * (kubefed join polls for it), the data of token secrets that people make by hand.
 */
#include "mocks/cluster/controllers.h"

#include "harness/core/base64.h"

static const char placeholder_ca[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBszCCARygAwIBAgIBADANBgkqhkiG9w0BAQsFADANMQswCQYDVQQDDAJjYTAe\n"
    "-----END CERTIFICATE-----\n";

void serviceaccount_reconcile_namespace(struct cluster *c, const char *ns, const char *name) {
    (void)ns;
    const json_t *o = cluster_peek(c, WORK_NAMESPACE, NULL, name);
    if (!o || json_str(o, "metadata", "deletionTimestamp", NULL) ||
        cluster_peek(c, WORK_SERVICEACCOUNT, name, "default"))
        return;
    (void)cluster_call(c, "POST", WORK_SERVICEACCOUNT, name, NULL, NULL,
                       json_pack("{s:s,s:s,s:{s:s,s:s}}", "apiVersion", "v1", "kind",
                                 "ServiceAccount", "metadata", "name", "default", "namespace",
                                 name),
                       NULL);
}

/* A JWT in form; nobody in the world checks its signature. */
static char *token_new(struct cluster *c, const json_t *account, const char *secret) {
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    const char *ns = json_str(account, "metadata", "namespace", NULL);
    const char *name = json_str(account, "metadata", "name", NULL);
    CLEANUP(str_freep) char *subject = xasprintf("system:serviceaccount:%s:%s", ns, name);
    CLEANUP(json_freep)
    json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s}", "iss", "kubernetes/serviceaccount",
                               "kubernetes.io/serviceaccount/namespace", ns,
                               "kubernetes.io/serviceaccount/secret.name", secret,
                               "kubernetes.io/serviceaccount/service-account.name", name,
                               "kubernetes.io/serviceaccount/service-account.uid",
                               json_str(account, "metadata", "uid", NULL), "sub", subject);
    CLEANUP(str_freep) char *text = json_text(claims);
    uint32_t random[64];
    for (size_t i = 0; i < ARRAY_LEN(random); i++)
        random[i] = rng_u32(&c->rng);
    CLEANUP(str_freep) char *a = base64_url_encode(header, strlen(header));
    CLEANUP(str_freep) char *b = base64_url_encode(text, strlen(text));
    CLEANUP(str_freep) char *s = base64_url_encode(random, sizeof(random));
    return xasprintf("%s.%s.%s", a, b, s);
}

static json_t *data_new(struct cluster *c, const json_t *account, const char *secret) {
    const char *ca = c->ca_crt ? c->ca_crt : placeholder_ca;
    const char *ns = json_str(account, "metadata", "namespace", NULL);
    CLEANUP(str_freep) char *token = token_new(c, account, secret);
    CLEANUP(str_freep) char *token64 = base64_encode(token, strlen(token));
    CLEANUP(str_freep) char *ca64 = base64_encode(ca, strlen(ca));
    CLEANUP(str_freep) char *ns64 = base64_encode(ns, strlen(ns));
    return json_pack("{s:s,s:s,s:s}", "ca.crt", ca64, "namespace", ns64, "token", token64);
}

static bool has_token(struct cluster *c, const json_t *account) {
    size_t i;
    json_t *ref;
    json_array_foreach(json_at(account, "secrets", NULL), i, ref) {
        const char *name = json_str(ref, "name", NULL);
        const json_t *secret =
            name ? cluster_peek(c, WORK_SECRET, json_str(account, "metadata", "namespace", NULL),
                                name)
                 : NULL;
        if (str_eq(json_str(secret, "type", NULL), "kubernetes.io/service-account-token"))
            return true;
    }
    return false;
}

/* The secrets of an account that is gone; they name it in an annotation. */
static void delete_tokens(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("account:%s/%s", ns, name);
    const struct index_bucket *b;
    for (size_t guard = 0; guard < 100 && (b = index_find(&c->index, key)) && b->count; guard++) {
        const struct entry *e = b->items[0].owner;
        CLEANUP(str_freep) char *secret = xstrdup(e->name);
        if (cluster_call(c, "DELETE", WORK_SECRET, ns, secret, NULL, NULL, NULL) >= 300)
            return;
    }
}

void serviceaccount_reconcile(struct cluster *c, const char *ns, const char *name) {
    const json_t *account = cluster_peek(c, WORK_SERVICEACCOUNT, ns, name);
    if (!account) {
        delete_tokens(c, ns, name);
        return;
    }
    if (has_token(c, account) || json_str(account, "metadata", "deletionTimestamp", NULL))
        return;
    CLEANUP(json_freep) json_t *held = json_incref(json_mutable(account));
    char suffix[6];
    rng_name_suffix(&c->rng, suffix, 5);
    CLEANUP(str_freep) char *secret = xasprintf("%.200s-token-%s", name, suffix);
    json_t *body =
        json_pack("{s:s,s:s,s:{s:s,s:s,s:{s:s,s:s?}},s:s,s:o}", "apiVersion", "v1", "kind",
                  "Secret", "metadata", "name", secret, "namespace", ns, "annotations",
                  "kubernetes.io/service-account.name", name, "kubernetes.io/service-account.uid",
                  json_str(held, "metadata", "uid", NULL), "type",
                  "kubernetes.io/service-account-token", "data", data_new(c, held, secret));
    if (cluster_call(c, "POST", WORK_SECRET, ns, NULL, NULL, body, NULL) >= 300)
        return;
    json_t *secrets = json_object_get(held, "secrets");
    secrets = json_is_array(secrets) ? json_copy(secrets) : json_array();
    json_array_append_new(secrets, json_pack("{s:s}", "name", secret));
    (void)cluster_call(c, "PATCH", WORK_SERVICEACCOUNT, ns, name, NULL,
                       json_pack("{s:o}", "secrets", secrets), NULL);
}

/* Secrets: token secrets are filed under their account. */
void serviceaccount_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                            const json_t *old) {
    (void)old;
    if (!str_eq(json_str(object, "type", NULL), "kubernetes.io/service-account-token"))
        return;
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    const char *account =
        json_str(object, "metadata", "annotations", "kubernetes.io/service-account.name", NULL);
    if (event == APISERVER_DELETED) {
        cluster_forget_entry(c, WORK_SECRET, ns, name);
        if (account)
            cluster_enqueue(c, WORK_SERVICEACCOUNT, ns, account);
        return;
    }
    struct entry *e = cluster_observe_entry(c, WORK_SECRET, object);
    if (!account)
        return;
    CLEANUP(str_freep) char *key = xasprintf("account:%s/%s", ns, account);
    index_add(&c->index, &e->links, e, key);
    if (!json_str(object, "data", "token", NULL))
        cluster_enqueue(c, WORK_SECRET, ns, name);
}

void serviceaccount_reconcile_secret(struct cluster *c, const char *ns, const char *name) {
    const json_t *secret = cluster_peek(c, WORK_SECRET, ns, name);
    const char *account_name =
        json_str(secret, "metadata", "annotations", "kubernetes.io/service-account.name", NULL);
    const json_t *account =
        account_name ? cluster_peek(c, WORK_SERVICEACCOUNT, ns, account_name) : NULL;
    if (!account || json_str(secret, "data", "token", NULL))
        return;
    json_t *patch = json_pack(
        "{s:{s:{s:s?}},s:o}", "metadata", "annotations", "kubernetes.io/service-account.uid",
        json_str(account, "metadata", "uid", NULL), "data", data_new(c, account, name));
    (void)cluster_call(c, "PATCH", WORK_SECRET, ns, name, NULL, patch, NULL);
}
