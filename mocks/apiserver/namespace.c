#include "mocks/apiserver/namespace.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/rest.h"

static const char *const immortal[] = {"default", "kube-system", "kube-public"};

static struct object *find(const struct apiserver *s, const char *name) {
    struct kind *k = store_kind_any(s, "", "namespaces");
    return k ? collection_get(&k->objects, "", name) : NULL;
}

bool namespace_admits(struct request *q, const char *name, struct answer *a) {
    if (!(q->kind->resource->flags & RESOURCE_NAMESPACED))
        return true;
    struct object *ns = find(q->server, q->ns);
    if (!ns) {
        answer_status(a, 404, "NotFound", "namespaces \"%s\" not found", q->ns);
        answer_details(a, q->ns, NULL, "namespaces");
        return false;
    }
    if (json_str(ns->json, "metadata", "deletionTimestamp", NULL)) {
        CLEANUP(str_freep)
        char *why = xasprintf("unable to create new content in namespace %s because it is being "
                              "terminated",
                              q->ns);
        answer_refused(a, q, name, why);
        return false;
    }
    return true;
}

void namespace_delete(struct request *q, struct object *old, bool unorphan, bool dry_run,
                      struct answer *a) {
    for (size_t i = 0; i < ARRAY_LEN(immortal); i++)
        if (str_eq(q->name, immortal[i])) {
            answer_refused(a, q, q->name, "this namespace may not be deleted");
            return;
        }
    if (dry_run) {
        answer_object(a, 200, old);
        return;
    }
    bool held = json_array_size(json_at(old->json, "spec", "finalizers", NULL)) > 0;
    if (json_str(old->json, "metadata", "deletionTimestamp", NULL)) {
        if (held) {
            answer_conflict(a, q, q->name,
                            "The system is ensuring all content is removed from this namespace.  "
                            "Upon completion, this namespace will automatically be purged by the "
                            "system.");
            return;
        }
        if (!delete_finish(q->server, q->kind, old)) {
            answer_object(a, 200, old);
            return;
        }
        answer_object(a, 200, old);
        return;
    }
    json_t *changed = meta_thaw(old->json);
    meta_mark_deleted(q->server, changed, 0);
    if (unorphan)
        meta_remove_finalizer(changed, "orphan");
    json_object_del(json_object_get(changed, "metadata"), "deletionGracePeriodSeconds");
    json_t *status = json_copy(json_object_get(changed, "status"));
    if (!status)
        status = json_object();
    json_set_str(status, "phase", "Terminating");
    json_object_set_new(changed, "status", status);
    meta_order(q->kind, changed);
    struct object *stored = object_ref(store_put_take(q->server, q->kind, changed));
    answer_object(a, 200, stored);
    (void)delete_finish(q->server, q->kind, stored);
    object_unref(stored);
}

void namespace_finalize(struct request *q, struct answer *a) {
    struct object *old = rest_find(q, a);
    if (!old)
        return;
    json_t *body = rest_body(q, a);
    if (!body)
        return;
    json_t *changed = meta_thaw(old->json);
    json_t *spec = json_copy(json_object_get(changed, "spec"));
    json_t *finalizers = json_at(body, "spec", "finalizers", NULL);
    if (!spec)
        spec = json_object();
    if (json_array_size(finalizers) > 0)
        json_object_set(spec, "finalizers", finalizers);
    else
        json_object_del(spec, "finalizers");
    json_object_set_new(changed, "spec", spec);
    json_decref(body);
    meta_order(q->kind, changed);
    if (rest_is_dry_run(q)) {
        answer_json_take(a, 200, changed);
        return;
    }
    struct object *stored = object_ref(store_put_take(q->server, q->kind, changed));
    answer_object(a, 200, stored);
    (void)delete_finish(q->server, q->kind, stored);
    object_unref(stored);
}

void namespace_bootstrap(struct apiserver *s) {
    for (size_t i = 0; i < ARRAY_LEN(immortal); i++) {
        json_t *body = json_object();
        json_set_str(json_ensure_object(body, "metadata"), "name", immortal[i]);
        (void)apiserver_call(s, "POST", "/api/v1/namespaces", body, NULL);
        json_decref(body);
    }
}

/*
 * Deletes what is left of one kind, all at once or, where that is not served (services), one after
 * the other, as pkg/controller/namespace/deletion of Kubernetes does.
 */
static void empty_of(struct apiserver *s, struct kind *k, const char *name, const char *prefix) {
    CLEANUP(json_freep) json_t *options = json_pack("{s:s}", "propagationPolicy", "Background");
    CLEANUP(str_freep) char *all = object_self_link(k->resource, 0, name, NULL);
    if (apiserver_call(s, "DELETE", all, options, NULL) != 405)
        return;
    CLEANUP(json_freep) json_t *names = json_array();
    size_t i, len = strlen(prefix);
    json_t *one;
    for (struct slot *slot = collection_seek(&k->objects, prefix);
         slot && strncmp(slot->key, prefix, len) == 0; slot = slot->next[0])
        json_array_append_new(names, json_string(slot->key + len));
    json_array_foreach(names, i, one) {
        CLEANUP(str_freep)
        char *target = object_self_link(k->resource, 0, name, json_string_value(one));
        (void)apiserver_call(s, "DELETE", target, options, NULL);
    }
}

bool namespace_empty(struct apiserver *s, const char *name) {
    bool empty = true;
    CLEANUP(str_freep) char *prefix = xasprintf("%s/", name);
    size_t len = strlen(prefix);
    for (size_t i = 0; i < s->kind_count; i++) {
        struct kind *k = s->kinds[i];
        struct slot *slot = collection_seek(&k->objects, prefix);
        if (k->gone || !slot || strncmp(slot->key, prefix, len) != 0)
            continue;
        empty_of(s, k, name, prefix);
        slot = collection_seek(&k->objects, prefix);
        empty &= !slot || strncmp(slot->key, prefix, len) != 0;
    }
    return empty;
}
