#include "mocks/apiserver/admission.h"
#include "mocks/apiserver/rest.h"

#include "harness/core/str.h"
#include "mocks/apiserver/convert.h"
#include "mocks/apiserver/defaults.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/namespace.h"
#include "mocks/apiserver/rbac_grant.h"
#include "mocks/apiserver/service_alloc.h"
#include "mocks/apiserver/subresource.h"
#include "mocks/apiserver/typed.h"
#include "mocks/apiserver/validate.h"
#include "mocks/apiserver/watch.h"

bool rest_is_dry_run(const struct request *q) {
    CLEANUP(str_freep) char *value = request_query(q, "dryRun");
    return value && str_eq(value, "All") && request_has(q, FEATURE_DRY_RUN);
}

bool rest_dry_run_valid(const char *value, const char *options, struct answer *a) {
    if (!value || str_eq(value, "All"))
        return true;
    json_t *causes = json_array();
    invalid_add(causes, "FieldValueNotSupported", "dryRun",
                "Unsupported value: []string{\"%s\"}: supported values: \"All\"", value);
    answer_invalid_options_take(a, options, causes);
    return false;
}

/* The options in the query of a write. */
static bool options_valid(const struct request *q, struct answer *a) {
    static const char *const kinds[][2] = {
        {"create", "CreateOptions"}, {"update", "UpdateOptions"}, {"patch", "PatchOptions"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eq(q->verb, kinds[i][0]) || !request_has(q, FEATURE_DRY_RUN))
            continue;
        CLEANUP(str_freep) char *value = request_query(q, "dryRun");
        return rest_dry_run_valid(value, kinds[i][1], a);
    }
    return true;
}

static const char *object_namespace(const struct request *q) {
    return (q->kind->resource->flags & RESOURCE_NAMESPACED) ? q->ns : "";
}

struct object *rest_find(struct request *q, struct answer *a) {
    struct object *o = collection_get(&q->kind->objects, object_namespace(q), q->name);
    if (!o)
        answer_not_found(a, q, q->name);
    return o;
}

/* The body must be of the kind that the path serves, in any of its versions. */
static bool check_kind(struct request *q, const json_t *body, struct answer *a) {
    const struct resource *r = q->kind->resource;
    const char *kind = json_str(body, "kind", NULL);
    const char *version = json_str(body, "apiVersion", NULL);
    if (!kind && !version)
        return true;
    if (kind && !version) {
        answer_bad_request(a,
                           "the object provided is unrecognized (must be of type %s): couldn't "
                           "get version/kind; missing apiVersion",
                           r->kind);
        return false;
    }
    for (const struct resource_home *h = r->homes; h->group; h++) {
        CLEANUP(str_freep) char *served = object_api_version(h);
        if (str_eq(version, served) && (!kind || str_eq(kind, r->kind)))
            return true;
    }
    struct kind *other = store_kind_of(q->server, version, kind);
    const char *slash = strchr(version, '/');
    if (other)
        answer_bad_request(a,
                           "%s in version \"%s\" cannot be handled as a %s: converting "
                           "(%s.%s) to (%s.%s): unknown conversion",
                           kind, slash ? slash + 1 : version, r->kind, version, kind,
                           r->homes[q->home].version, r->kind);
    else
        answer_bad_request(a,
                           "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is "
                           "registered for version \"%s\"",
                           kind ? kind : "", slash ? slash + 1 : version, r->kind, kind ? kind : "",
                           version);
    return false;
}

static bool check_place(struct request *q, const json_t *body, struct answer *a) {
    const char *name = json_str(body, "metadata", "name", NULL);
    const char *ns = json_str(body, "metadata", "namespace", NULL);
    bool elsewhere =
        ns && ns[0] && (q->kind->resource->flags & RESOURCE_NAMESPACED) && !str_eq(ns, q->ns);
    if (elsewhere && !q->name[0]) {
        answer_bad_request(a, "the namespace of the provided object does not match the namespace "
                              "sent on the request");
        return false;
    }
    if (!q->name[0] || str_eq(q->subresource, "scale"))
        return true;
    if (!name || !name[0]) {
        answer_bad_request(a, "name must be provided");
        return false;
    }
    if (!str_eq(name, q->name)) {
        answer_bad_request(a, "the name of the object (%s) does not match the name on the URL (%s)",
                           name, q->name);
        return false;
    }
    if (elsewhere)
        answer_bad_request(a,
                           "the namespace of the object (%s) does not match the namespace on the "
                           "request (%s)",
                           ns, q->ns);
    return !elsewhere;
}

static void create_object_take(struct request *q, json_t *object, struct answer *a) {
    struct kind *k = q->kind;
    int64_t version = 0;
    if (str_to_int(json_str(object, "metadata", "resourceVersion", NULL), 0, INT64_MAX, &version) &&
        version > 0) {
        answer_failure(a, "resourceVersion should not be set on objects to be created");
        json_decref(object);
        return;
    }
    if (k->custom && k->status_subresource) /* written through its own endpoint */
        json_object_del(object, "status");
    json_t *causes = json_array();
    meta_create(q, k, object);
    defaults_create(q, k, object);
    admission_create(q, k, object);
    typed_order(q, object);
    validate_create(q, k, object, causes);
    const char *name = json_str(object, "metadata", "name", NULL);
    if (!name)
        name = "";
    bool dry_run = rest_is_dry_run(q);
    if (json_array_size(causes) == 0)
        service_alloc_create(q, k, object, dry_run, causes);
    if (json_array_size(causes) > 0) {
        answer_invalid_take(a, k->resource, name, causes);
        json_decref(object);
        return;
    }
    json_decref(causes);
    if (!rbac_grant_admits(q, k, object, NULL, a)) {
        json_decref(object);
        return;
    }
    if (collection_get(&k->objects, object_namespace(q), name)) {
        answer_already_exists(a, q, name);
        service_alloc_forget(q->server, k, object);
        json_decref(object);
        return;
    }
    if (dry_run) {
        struct object *o = object_new_take(k->resource, object, 0);
        answer_object(a, 201, o);
        object_unref(o);
        return;
    }
    answer_object(a, 201, store_put_take(q->server, k, object));
}

static void create(struct request *q, struct answer *a) {
    json_t *body = rest_body(q, a);
    if (!body)
        return;
    const char *name = json_str(body, "metadata", "name", NULL);
    if (!check_kind(q, body, a) || !typed_check(q, body, a) || !check_place(q, body, a) ||
        !namespace_admits(q, name ? name : "", a)) {
        json_decref(body);
        return;
    }
    convert_to_storage(q->kind->resource, q->home, body);
    create_object_take(q, body, a);
}

/* resourceVersion and uid of the body against what is stored. */
static bool check_versions(struct request *q, struct object *old, const json_t *object,
                           struct answer *a) {
    const char *rv = json_str(object, "metadata", "resourceVersion", NULL);
    const char *uid = json_str(object, "metadata", "uid", NULL);
    const char *have = json_str(old->json, "metadata", "uid", NULL);
    int64_t number = 0;
    if (rv && rv[0] && !str_eq(rv, "0")) {
        if (!str_to_int(rv, 0, INT64_MAX, &number)) {
            json_t *causes = json_array();
            invalid_add(causes, "FieldValueInvalid", "metadata.resourceVersion",
                        "Invalid value: \"%s\": must be an unsigned integer", rv);
            answer_invalid_take(a, q->kind->resource, q->name, causes);
            return false;
        }
        if (number != old->rv) {
            answer_conflict(a, q, q->name, NULL);
            return false;
        }
    } else if (q->kind->custom && !q->trusted && str_eq(q->method, "PUT")) {
        json_t *causes = json_array();
        invalid_add(causes, "FieldValueInvalid", "metadata.resourceVersion",
                    "Invalid value: 0x0: must be specified for an update");
        answer_invalid_take(a, q->kind->resource, q->name, causes);
        return false;
    }
    bool other = uid && uid[0] && have && !str_eq(uid, have);
    if (other && str_eq(q->verb, "patch")) {
        json_t *causes = json_array();
        invalid_add(causes, "FieldValueInvalid", "metadata.uid",
                    "Invalid value: \"%s\": field is immutable", uid);
        answer_invalid_take(a, q->kind->resource, q->name, causes);
        return false;
    }
    if (other) {
        CLEANUP(str_freep)
        char *why = xasprintf(
            "Precondition failed: UID in precondition: %s, UID in object meta: %s", uid, have);
        answer_conflict(a, q, q->name, why);
        return false;
    }
    return true;
}

/* Through the status endpoint only status and metadata change, through the other all but status. */
static void merge_status(struct kind *k, json_t *object, const json_t *old, bool status_only) {
    const char *key;
    json_t *value;
    if (status_only) {
        json_t *kept = json_copy(json_mutable(old));
        json_object_set(kept, "metadata", json_object_get(object, "metadata"));
        json_t *status = json_object_get(object, "status");
        if (status)
            json_object_set(kept, "status", status);
        json_object_clear(object);
        json_object_foreach(kept, key, value) json_object_set(object, key, value);
        json_decref(kept);
        return;
    }
    bool separate = k->custom ? k->status_subresource : (k->resource->flags & RESOURCE_STATUS) != 0;
    if (!separate)
        return;
    value = json_object_get(old, "status");
    if (value)
        json_object_set(object, "status", value);
    else
        json_object_del(object, "status");
}

void rest_replace_take(struct request *q, struct object *old, json_t *object, bool status_only,
                       struct answer *a) {
    struct kind *k = q->kind;
    if (!check_versions(q, old, object, a)) {
        json_decref(object);
        return;
    }
    merge_status(k, object, old->json, status_only);
    meta_update(q, k, object, old->json);
    defaults_update(q, k, object, old->json);
    typed_order(q, object);
    if (json_equal(object, old->json)) {
        answer_object(a, 200, old);
        json_decref(object);
        return;
    }
    if (!rbac_grant_admits(q, k, object, old->json, a)) {
        json_decref(object);
        return;
    }
    json_t *causes = json_array();
    validate_update(q, k, object, old->json, causes);
    bool dry_run = rest_is_dry_run(q);
    if (json_array_size(causes) == 0 && !status_only)
        service_alloc_update(q, k, object, old->json, dry_run, causes);
    if (json_array_size(causes) > 0) {
        answer_invalid_take(a, k->resource, q->name, causes);
        json_decref(object);
        return;
    }
    json_decref(causes);
    if (dry_run) {
        struct object *o = object_new_take(k->resource, object, old->rv);
        answer_object(a, 200, o);
        object_unref(o);
        return;
    }
    struct object *stored = object_ref(store_put_take(q->server, k, object));
    answer_object(a, 200, stored);
    (void)delete_finish(q->server, k, stored);
    object_unref(stored);
}

/* Those whose strategies say AllowCreateOnUpdate; all registries of a federation. */
static bool creates_by_update(const struct request *q) {
    static const char *const resources[] = {"endpoints",    "events",       "limitranges",
                                            "podtemplates", "leases",       "roles",
                                            "rolebindings", "clusterroles", "clusterrolebindings"};
    bool found = q->server->federation;
    for (size_t i = 0; i < ARRAY_LEN(resources) && !q->kind->custom; i++)
        found |= str_eq(q->resource, resources[i]);
    return found;
}

static void update(struct request *q, bool status_only, struct answer *a) {
    json_t *body = rest_body(q, a);
    if (!body)
        return;
    if (!check_kind(q, body, a) || !typed_check(q, body, a) || !check_place(q, body, a)) {
        json_decref(body);
        return;
    }
    convert_to_storage(q->kind->resource, q->home, body);
    struct object *old = collection_get(&q->kind->objects, object_namespace(q), q->name);
    if (old) {
        rest_replace_take(q, old, body, status_only, a);
        return;
    }
    if (creates_by_update(q) && !status_only && namespace_admits(q, q->name, a)) {
        create_object_take(q, body, a);
        return;
    }
    if (!a->status)
        answer_not_found(a, q, q->name);
    json_decref(body);
}

static void patch(struct request *q, bool status_only, struct answer *a) {
    struct object *old = rest_find(q, a);
    if (!old)
        return;
    json_t *original = object_json(old, q->home);
    json_t *patched = rest_patch(q, q->kind->resource->kind, original, a);
    json_decref(original);
    if (!patched)
        return;
    if (!check_kind(q, patched, a) || !typed_check(q, patched, a) || !check_place(q, patched, a)) {
        json_decref(patched);
        return;
    }
    convert_to_storage(q->kind->resource, q->home, patched);
    /* A patch that does not name a version applies to whatever is there. */
    rest_replace_take(q, old, patched, status_only, a);
}

static void serve_object(struct request *q, struct answer *a) {
    const char *v = q->verb;
    struct object *o = NULL;
    bool read_only = (q->kind->resource->flags & RESOURCE_NO_WRITE) != 0;
    if (str_eq(v, "get")) {
        if (list_version_reached(q, NULL, a) && (o = rest_find(q, a)))
            answer_object(a, 200, o);
    } else if (str_eq(v, "watch") && q->exchange) {
        watch_begin(q, a);
    } else if (str_eq(v, "update") && !read_only) {
        update(q, false, a);
    } else if (str_eq(v, "patch") && !read_only) {
        patch(q, false, a);
    } else if (str_eq(v, "delete") && !read_only) {
        delete_serve(q, a);
    } else {
        answer_method_not_allowed(a);
    }
}

/* Each namespace and each service is deleted for itself. */
static bool deletes_collections(const struct request *q) {
    return q->group[0] || (!str_eq(q->resource, "namespaces") && !str_eq(q->resource, "services"));
}

static void serve_collection(struct request *q, struct answer *a) {
    const char *v = q->verb;
    unsigned flags = q->kind->resource->flags;
    bool everywhere = (flags & RESOURCE_NAMESPACED) && !q->ns[0];
    if (str_eq(v, "list"))
        list_serve(q, a);
    else if (str_eq(v, "watch") && q->exchange)
        watch_begin(q, a);
    else if (str_eq(v, "create") && !everywhere && !(flags & RESOURCE_NO_WRITE))
        create(q, a);
    else if (str_eq(v, "deletecollection") && !everywhere && !(flags & RESOURCE_NO_WRITE) &&
             deletes_collections(q))
        delete_collection(q, a);
    else
        answer_method_not_allowed(a);
}

static void serve_status(struct request *q, struct answer *a) {
    struct object *o = NULL;
    if (str_eq(q->verb, "get")) {
        if ((o = rest_find(q, a)))
            answer_object(a, 200, o);
    } else if (str_eq(q->verb, "update")) {
        update(q, true, a);
    } else if (str_eq(q->verb, "patch")) {
        patch(q, true, a);
    } else {
        answer_method_not_allowed(a);
    }
    if (!a->object || !q->server->self_links)
        return;
    json_t *shown = object_json(a->object, q->home), *meta = meta_thaw(shown);
    json_decref(shown);
    CLEANUP(str_freep)
    char *link = xasprintf("%s/status", json_str(meta, "metadata", "selfLink", NULL));
    json_set_str(json_object_get(meta, "metadata"), "selfLink", link);
    answer_json_take(a, a->status, meta);
}

void rest_serve(struct request *q, struct answer *a) {
    struct kind *k = q->kind;
    if (!k) {
        answer_no_such_resource(a);
        return;
    }
    if (!options_valid(q, a) || (str_eq(q->method, "PATCH") && !rest_patch_is_known(q, a)))
        return;
    bool has_status =
        k->custom ? k->status_subresource : (k->resource->flags & RESOURCE_STATUS) != 0;
    if (!q->subresource[0] && (k->resource->flags & RESOURCE_CREATE_ONLY))
        subresource_review(q, a);
    else if (str_eq(q->subresource, "status") && has_status)
        serve_status(q, a);
    else if (str_eq(q->subresource, "approval") && str_eq(q->verb, "update") &&
             str_eq(k->resource->kind, "CertificateSigningRequest"))
        update(q, true, a); /* conditions */
    else if (q->subresource[0])
        subresource_serve(q, a);
    else if (q->name[0])
        serve_object(q, a);
    else
        serve_collection(q, a);
}
