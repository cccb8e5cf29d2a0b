/* Everything that is stored as one List, and back. */
#include "mocks/apiserver/answer.h"
#include "mocks/apiserver/server.h"

#include "harness/core/str.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/service_alloc.h"
#include "mocks/apiserver/typed.h"

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

/* As it was dumped: with its identity, past all checks but those of its form. */
static int restore(struct apiserver *s, struct kind *k, const json_t *object, const char *ns,
                   int64_t rv, struct err *err) {
    const char *name = text_at(object, "name");
    CLEANUP(str_freep) char *path = object_self_link(k->resource, 0, ns, NULL);
    CLEANUP(json_freep) json_t *copy = json_deep_copy(object);
    struct request q = {.server = s};
    struct answer a = {0};
    bool well = request_parse(&q, s, "POST", path, "") && typed_check(&q, copy, &a);
    if (!well)
        (void)err_set(err, ERR_INPUT, "%s \"%s\": %s", k->resource->kind, name,
                      a.json ? json_str(a.json, "message", NULL) : "its namespace is malformed");
    answer_release(&a);
    if (!well)
        return ERR_INPUT;
    if (!name[0])
        return err_set(err, ERR_INPUT, "a %s without a name", k->resource->kind);
    const struct object *old = collection_get(&k->objects, ns, name);
    if (old)
        service_alloc_forget(s, k, old->json);
    int64_t newest = s->rv;
    meta_order(k, copy);
    service_alloc_adopt(s, k, copy);
    s->rv = rv - 1;
    store_put_take(s, k, json_take(&copy));
    if (s->rv < newest)
        s->rv = newest;
    return 0;
}

/* An object that says what it is keeps its identity. One that does not is created, or takes the
 * place of the one that has its name. */
static int load_object(struct apiserver *s, const json_t *object, struct err *err) {
    const char *version = json_str(object, "apiVersion", NULL);
    const char *kind = json_str(object, "kind", NULL);
    if (!version || !kind)
        return err_set(err, ERR_INPUT, "expected an object with apiVersion and kind, or a List");
    struct kind *k = store_kind_of(s, version, kind);
    if (!k)
        return err_set(err, ERR_INPUT, "no resource of kind \"%s\" in version \"%s\" is served",
                       kind, version);
    const char *ns = text_at(object, "namespace"), *name = text_at(object, "name");
    bool namespaced = (k->resource->flags & RESOURCE_NAMESPACED) != 0;
    if (namespaced && !ns[0])
        ns = "default";
    int64_t rv = 0;
    if (text_at(object, "uid")[0] &&
        str_to_int(text_at(object, "resourceVersion"), 1, INT64_MAX / 2, &rv))
        return restore(s, k, object, namespaced ? ns : "", rv, err);
    CLEANUP(str_freep) char *path = object_self_link(k->resource, 0, ns, NULL);
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = apiserver_call(s, "POST", path, object, &answer);
    if (status == 409) {
        CLEANUP(str_freep) char *place = object_self_link(k->resource, 0, ns, name);
        json_decref(answer);
        answer = NULL;
        status = apiserver_call(s, "PUT", place, object, &answer);
    }
    if (status >= 400) {
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

static int load(struct apiserver *s, const json_t *list_or_object, struct err *err) {
    const json_t *items = json_object_get(list_or_object, "items");
    if (json_is_object(list_or_object) && !json_is_array(items))
        return load_object(s, list_or_object, err);
    if (json_is_array(list_or_object))
        items = list_or_object;
    if (!items && !json_is_null(list_or_object)) /* null: a document of comments */
        return err_set(err, ERR_INPUT, "expected an object with apiVersion and kind, or a List");
    for (int late = 0; late < 2; late++)
        for (size_t i = 0; i < json_array_size(items); i++) {
            const json_t *object = json_array_get(items, i);
            if (is_early(object) == (late == 1))
                continue;
            int rc = json_array_size(json_object_get(object, "items"))
                         ? load(s, object, err)
                         : load_object(s, object, err);
            if (rc < 0)
                return err_prefix(err, "object %zu", i + 1);
        }
    return 0;
}

int apiserver_load(struct apiserver *s, const json_t *list_or_object, struct err *err) {
    int rc = load(s, list_or_object, err);
    store_compact(s); /* objects keep their versions, so the history is not in their order */
    return rc;
}
