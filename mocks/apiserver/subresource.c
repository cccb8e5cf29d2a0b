#include "mocks/apiserver/subresource.h"

#include "harness/core/str.h"
#include "mocks/apiserver/namespace.h"
#include "mocks/apiserver/rest.h"

/* POST pods/NAME/binding, or POST bindings: the pod gets its node, once. */
static void bind(struct request *q, struct answer *a) {
    json_t *body = rest_body(q, a);
    if (!body)
        return;
    const char *node = json_str(body, "target", "name", NULL);
    struct kind *pods = store_kind_any(q->server, "", "pods");
    const char *name = q->name[0] ? q->name : json_str(body, "metadata", "name", NULL);
    struct object *pod = pods && name ? collection_get(&pods->objects, q->ns, name) : NULL;
    if (!pod) {
        answer_not_found(a, q, name ? name : "");
    } else if (json_str(pod->json, "spec", "nodeName", NULL)) {
        CLEANUP(str_freep)
        char *why = xasprintf("pod %s is already assigned to node \"%s\"", name,
                              json_str(pod->json, "spec", "nodeName", NULL));
        answer_conflict(a, q, name, why);
    } else {
        json_t *changed = json_deep_copy(pod->json);
        json_set_str(json_ensure_object(changed, "spec"), "nodeName", node);
        if (rest_is_dry_run(q))
            json_decref(changed);
        else
            store_put_take(q->server, pods, changed);
        answer_json_take(a, 201,
                         json_pack("{s:s,s:s,s:{},s:s}", "kind", "Status", "apiVersion", "v1",
                                   "metadata", "status", "Success"));
    }
    json_decref(body);
}

/* POST pods/NAME/eviction: a deletion. */
static void evict(struct request *q, struct answer *a) {
    struct object *pod = rest_find(q, a);
    if (!pod)
        return;
    if (!rest_is_dry_run(q))
        delete_object(q->server, q->kind, q->ns, q->name, "Background");
    answer_json_take(a, 201,
                     json_pack("{s:s,s:s,s:{},s:s}", "kind", "Status", "apiVersion", "v1",
                               "metadata", "status", "Success"));
}

/* POST deployments/NAME/rollback: accepted; the cluster's controller reads spec.rollbackTo. */
static void rollback(struct request *q, struct answer *a) {
    struct object *old = rest_find(q, a);
    json_t *body = old ? rest_body(q, a) : NULL;
    if (!body)
        return;
    json_t *object = json_deep_copy(old->json), *to = json_object_get(body, "rollbackTo");
    json_object_set_new(json_ensure_object(object, "spec"), "rollbackTo",
                        to ? json_deep_copy(to) : json_object());
    json_object_del(json_object_get(object, "metadata"), "resourceVersion");
    rest_replace_take(q, old, object, false, a);
    if (a->status == 200)
        answer_json_take(a, 200,
                         json_pack("{s:s,s:s,s:{},s:s,s:s}", "kind", "Status", "apiVersion", "v1",
                                   "metadata", "status", "Success", "message",
                                   "rollback request for deployment accepted"));
    json_decref(body);
}

/* Those of one resource that take one method. */
static const struct {
    const char *resource, *name, *method;
    unsigned needs; /* bits of enum feature */
    void (*serve)(struct request *q, struct answer *a);
} subresources[] = {
    {"namespaces", "finalize", "PUT", 0, namespace_finalize},
    {"pods", "binding", "POST", 0, bind},
    {"pods", "eviction", "POST", 0, evict},
    {"serviceaccounts", "token", "POST", FEATURE_TOKEN_REQUEST, token_serve},
    {"deployments", "rollback", "POST", 0, rollback},
};

void subresource_serve(struct request *q, struct answer *a) {
    const char *resource = q->kind->custom ? "" : q->resource, *sub = q->subresource;
    if (str_eq(sub, "scale") && scale_is_served(q->kind)) {
        scale_serve(q, a);
        return;
    }
    if (str_eq(resource, "pods") && pod_is_served(sub)) {
        pod_serve(q, a);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(subresources); i++) {
        if (!str_eq(resource, subresources[i].resource) || !str_eq(sub, subresources[i].name) ||
            (q->server->o.ways.lacks & subresources[i].needs))
            continue;
        if (str_eq(q->method, subresources[i].method))
            subresources[i].serve(q, a);
        else
            answer_method_not_allowed(a);
        return;
    }
    answer_no_such_resource(a);
}

void subresource_review(struct request *q, struct answer *a) {
    if (!str_eq(q->verb, "create"))
        answer_method_not_allowed(a);
    else if (str_eq(q->resource, "bindings"))
        bind(q, a);
    else
        review_serve(q, a);
}
