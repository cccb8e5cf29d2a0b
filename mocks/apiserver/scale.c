/* The scale subresource: replicas as an object of their own, in the two forms that there are. */
#include "mocks/apiserver/subresource.h"

#include "harness/core/str.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/rest.h"

/* The old groups have a Scale of their own; all others share the one of autoscaling. */
static bool is_old_form(const struct request *q) {
    return str_eq(q->group, "extensions") ||
           (str_eq(q->group, "apps") && !str_eq(q->version, "v1"));
}

bool scale_is_served(const struct kind *k) {
    return k->custom ? k->scale_subresource : (k->resource->flags & RESOURCE_SCALE) != 0;
}

static void add_expression(struct buf *b, const json_t *e) {
    const char *op = json_str(e, "operator", NULL), *key = json_str(e, "key", NULL);
    const json_t *values = json_object_get(e, "values");
    if (b->len)
        buf_addc(b, ',');
    if (str_eq(op, "DoesNotExist"))
        buf_addc(b, '!');
    buf_adds(b, key ? key : "");
    if (!str_eq(op, "In") && !str_eq(op, "NotIn"))
        return;
    buf_adds(b, str_eq(op, "In") ? " in (" : " notin (");
    for (size_t i = 0; i < json_array_size(values); i++)
        buf_addf(b, "%s%s", i ? "," : "", json_string_value(json_array_get(values, i)));
    buf_addc(b, ')');
}

static char *selector_text(const json_t *labels, const json_t *expressions) {
    struct buf b = BUF_INIT;
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(labels), key, value)
        buf_addf(&b, "%s%s=%s", b.len ? "," : "", key, json_string_value(value));
    for (size_t i = 0; i < json_array_size(expressions); i++)
        add_expression(&b, json_array_get(expressions, i));
    return buf_detach(&b);
}

/* Where the number of replicas is: of a custom resource its definition says it. */
static const char *path_of(const struct request *q, const char *which, const char *otherwise) {
    const struct kind *k = q->kind;
    const char *path =
        k->custom ? crd_scale_path(k, k->resource->homes[q->home].version, which) : NULL;
    return path && path[0] == '.' ? path + 1 : otherwise;
}

/* The parent of the last part of "spec.replicas"; key is that part. NULL: nothing there. */
static json_t *parent_of(json_t *object, const char *path, bool make, const char **ret_key) {
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
        CLEANUP(str_freep) char *part = xstrndup(path, (size_t)(dot - path));
        object = make ? json_ensure_object(object, part) : json_object_get(object, part);
    }
    *ret_key = path;
    return object;
}

static int64_t number_at(const json_t *object, const char *path) {
    const char *key;
    const json_t *parent = parent_of(json_mutable(object), path, false, &key);
    return json_int(parent, 0, key, NULL);
}

static json_t *scale_of(const struct request *q, const struct object *o) {
    json_t *selector = json_at(o->json, "spec", "selector", NULL);
    json_t *labels = json_object_get(selector, "matchLabels");
    json_t *expressions = json_object_get(selector, "matchExpressions");
    if (!labels && !expressions)
        labels = selector;
    bool old = is_old_form(q);
    json_t *scale = json_object(), *meta = json_object();
    json_set_str(scale, "kind", "Scale");
    if (old) {
        CLEANUP(str_freep)
        char *version =
            xasprintf("%s/%s", q->group, str_eq(q->group, "extensions") ? "v1beta1" : q->version);
        json_set_str(scale, "apiVersion", version);
    } else {
        json_set_str(scale, "apiVersion", "autoscaling/v1");
    }
    static const char *const kept[] = {"name", "namespace",       "selfLink",
                                       "uid",  "resourceVersion", "creationTimestamp"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        json_t *value = json_at(o->json, "metadata", kept[i], NULL);
        if (!value)
            continue;
        if (!str_eq(kept[i], "selfLink")) {
            json_object_set(meta, kept[i], value);
            continue;
        }
        CLEANUP(str_freep)
        char *link = object_self_link(o->resource, q->home, object_ns(o), object_name(o));
        CLEANUP(str_freep) char *scale_link = xasprintf("%s/scale", link);
        json_set_str(meta, kept[i], scale_link);
    }
    json_object_set_new(scale, "metadata", meta);
    json_t *spec = json_ensure_object(scale, "spec"), *status = json_ensure_object(scale, "status");
    int64_t replicas = number_at(o->json, path_of(q, "specReplicasPath", "spec.replicas"));
    if (replicas)
        json_set_int(spec, "replicas", replicas);
    json_set_int(status, "replicas",
                 number_at(o->json, path_of(q, "statusReplicasPath", "status.replicas")));
    CLEANUP(str_freep) char *text = selector_text(labels, expressions);
    if (old) {
        if (json_object_size(labels) > 0)
            json_object_set(status, "selector", labels);
        if (text[0])
            json_set_str(status, "targetSelector", text);
    } else if (text[0]) {
        json_set_str(status, "selector", text);
    }
    return scale;
}

static void write_scale(struct request *q, struct object *old, const json_t *scale,
                        struct answer *a) {
    const char *rv = json_str(scale, "metadata", "resourceVersion", NULL);
    const char *name = json_str(scale, "metadata", "name", NULL);
    int64_t replicas = json_int(scale, 0, "spec", "replicas", NULL);
    if (name && name[0] && !str_eq(name, q->name)) {
        answer_bad_request(a, "the name of the object (%s) does not match the name on the URL (%s)",
                           name, q->name);
        return;
    }
    if (replicas < 0) {
        const struct resource form = {
            .kind = "Scale", .internal_group = is_old_form(q) ? "extensions" : "autoscaling"};
        json_t *causes = json_array();
        invalid_add(causes, "FieldValueInvalid", "spec.replicas",
                    "Invalid value: %lld: must be greater than or equal to 0", (long long)replicas);
        answer_invalid_take(a, &form, q->name, causes);
        return;
    }
    json_t *object = json_deep_copy(old->json);
    const char *key, *path = path_of(q, "specReplicasPath", "spec.replicas");
    json_t *parent = parent_of(object, path, true, &key);
    json_set_int(parent, key, replicas);
    json_set_str(json_object_get(object, "metadata"), "resourceVersion", rv);
    rest_replace_take(q, old, object, false, a);
    if (a->status == 200 && a->object)
        answer_json_take(a, 200, scale_of(q, a->object));
}

void scale_serve(struct request *q, struct answer *a) {
    struct object *old = rest_find(q, a);
    if (!old)
        return;
    if (str_eq(q->verb, "get")) {
        answer_json_take(a, 200, scale_of(q, old));
        return;
    }
    json_t *scale = NULL;
    if (str_eq(q->verb, "update")) {
        scale = rest_body(q, a);
    } else if (str_eq(q->verb, "patch")) {
        CLEANUP(json_freep) json_t *original = scale_of(q, old);
        scale = rest_patch(q, "Scale", original, a);
        /* A patch that does not name a version applies to whatever is there. */
    } else {
        answer_method_not_allowed(a);
    }
    if (scale)
        write_scale(q, old, scale, a);
    json_decref(scale);
}
