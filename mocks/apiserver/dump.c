/* Everything that is stored as one List, and back. */
#include "mocks/apiserver/server.h"

#include "harness/core/str.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/service_alloc.h"

json_t *apiserver_dump(const struct apiserver *s) {
    json_t *list = json_pack("{s:s,s:s}", "kind", "List", "apiVersion", "v1");
    json_t *items = json_array();
    for (size_t i = 0; i < s->kind_count; i++) {
        if (s->kinds[i]->resource->flags & RESOURCE_NO_WRITE)
            continue; /* every server makes its own */
        for (const struct slot *slot = s->kinds[i]->objects.head[0]; slot; slot = slot->next[0])
            json_array_append(items, slot->object->json);
    }
    json_object_set_new(list, "items", items);
    return list;
}

static const char *text_at(const json_t *object, const char *key) {
    const char *text = json_str(object, "metadata", key, NULL);
    return text ? text : "";
}

/* An object that says what it is keeps its identity; one that does not is created. */
static int load_object(struct apiserver *s, const json_t *object, struct err *err) {
    const char *version = json_str(object, "apiVersion", NULL);
    const char *kind = json_str(object, "kind", NULL);
    struct kind *k = store_kind_of(s, version, kind);
    if (!k)
        return err_set(err, ERR_INPUT, "no resource of kind \"%s\" in version \"%s\" is served",
                       kind ? kind : "", version ? version : "");
    const char *ns = text_at(object, "namespace"), *name = text_at(object, "name");
    bool namespaced = (k->resource->flags & RESOURCE_NAMESPACED) != 0;
    if (namespaced && !ns[0])
        ns = "default";
    int64_t rv = 0;
    if (text_at(object, "uid")[0] &&
        str_to_int(text_at(object, "resourceVersion"), 1, INT64_MAX / 2, &rv)) {
        json_t *copy = json_deep_copy(object);
        const struct object *old = collection_get(&k->objects, namespaced ? ns : "", name);
        if (old)
            service_alloc_forget(s, k, old->json);
        if (rv > s->rv) {
            s->rv = rv - 1;
            s->history_first = rv;
        }
        meta_order(k, copy);
        service_alloc_adopt(s, k, copy);
        store_put_take(s, k, copy);
        return 0;
    }
    CLEANUP(str_freep) char *path = object_self_link(k->resource, 0, ns, NULL);
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = apiserver_call(s, "POST", path, object, &answer);
    if (status >= 400 && status != 409) {
        const char *message = json_str(answer, "message", NULL);
        return err_set(err, ERR_INPUT, "%s \"%s\": %d %s", kind, name, status,
                       message ? message : "");
    }
    return 0;
}

/* Namespaces and definitions come first: the others need them. */
static bool is_early(const json_t *object) {
    const char *kind = json_str(object, "kind", NULL);
    return str_eq(kind, "Namespace") || str_eq(kind, "CustomResourceDefinition");
}

int apiserver_load(struct apiserver *s, const json_t *list_or_object, struct err *err) {
    const json_t *items = json_object_get(list_or_object, "items");
    if (json_is_object(list_or_object) && !json_is_array(items))
        return load_object(s, list_or_object, err);
    if (json_is_array(list_or_object))
        items = list_or_object;
    for (int late = 0; late < 2; late++)
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *object = json_array_get(items, i);
            if (is_early(object) == (late == 1))
                continue;
            int rc = json_array_size(json_object_get(object, "items"))
                         ? apiserver_load(s, object, err)
                         : load_object(s, object, err);
            if (rc < 0)
                return err_prefix(err, "object %zu", i + 1);
        }
    return 0;
}
