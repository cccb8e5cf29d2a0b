#include "mocks/apiserver/admission.h"

#include "harness/core/str.h"
#include "mocks/apiserver/object.h"
#include "mocks/apiserver/server.h"

#include <stdlib.h>

#define TOKEN_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

static json_t *list_of(json_t *o, const char *key) {
    json_t *list = json_object_get(o, key);
    if (json_is_array(list))
        return list;
    json_object_set_new(o, key, json_array());
    return json_object_get(o, key);
}

static bool has_value(const json_t *list, const char *key, const char *value) {
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (str_eq(json_str(item, key, NULL), value)) return true;
    return false;
}

static void mount_token(json_t *spec, const char *secret) {
    static const char *const lists[] = {"initContainers", "containers"};
    size_t i;
    json_t *container;
    bool mounted = false;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        json_array_foreach(json_object_get(spec, lists[l]), i, container) {
            if (!json_is_object(container) ||
                has_value(json_object_get(container, "volumeMounts"), "mountPath", TOKEN_DIR))
                continue;
            json_array_append_new(list_of(container, "volumeMounts"),
                                  json_pack("{s:s,s:b,s:s}", "name", secret, "readOnly", true,
                                            "mountPath", TOKEN_DIR));
            mounted = true;
        }
    }
    if (mounted && !has_value(json_object_get(spec, "volumes"), "name", secret))
        json_array_append_new(list_of(spec, "volumes"),
                              json_pack("{s:s,s:{s:s,s:i}}", "name", secret, "secret", "secretName",
                                        secret, "defaultMode", 0644));
}

/* The real plug-in refuses a pod whose account or token is not there yet; here such a pod only goes
 * without, since a server without controllers makes neither. */
static void service_account(const struct request *q, json_t *spec) {
    struct kind *accounts = store_kind_of(q->server, "v1", "ServiceAccount");
    const char *name = json_str(spec, "serviceAccountName", NULL);
    if (!name || !name[0])
        name = "default";
    const struct object *account =
        accounts ? collection_get(&accounts->objects, q->ns, name) : NULL;
    if (!account)
        return;
    CLEANUP(str_freep) char *held = xstrdup(name);
    json_set_str(spec, "serviceAccountName", held);
    json_set_str(spec, "serviceAccount", held);
    const json_t *wish = json_object_get(spec, "automountServiceAccountToken");
    if (!wish)
        wish = json_object_get(account->json, "automountServiceAccountToken");
    const char *secret = json_str(account->json, "secrets", "[0]", "name", NULL);
    if (secret && !json_is_false(wish))
        mount_token(spec, secret);
}

/* The taints had other names before Kubernetes 1.8. */
static void tolerations(const struct request *q, json_t *spec) {
    static const char *const keys[2][2] = {
        {"node.alpha.kubernetes.io/notReady", "node.alpha.kubernetes.io/unreachable"},
        {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}};
    const char *minor = json_str(q->server->version, "minor", NULL);
    bool late = minor && strtol(minor, NULL, 10) >= 8;
    for (size_t i = 0; i < 2; i++) {
        const char *key = keys[late][i];
        if (has_value(json_object_get(spec, "tolerations"), "key", key))
            continue;
        json_array_append_new(list_of(spec, "tolerations"),
                              json_pack("{s:s,s:s,s:s,s:i}", "key", key, "operator", "Exists",
                                        "effect", "NoExecute", "tolerationSeconds", 300));
    }
}

void admission_create(const struct request *q, struct kind *k, json_t *object) {
    json_t *spec = json_object_get(object, "spec");
    if (k->custom || q->server->federation || !str_eq(k->resource->kind, "Pod") ||
        !json_is_object(spec))
        return;
    service_account(q, spec);
    tolerations(q, spec);
}
