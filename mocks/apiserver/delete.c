/* Deleting: preconditions, grace, finalizers, and what happens to dependents. */
#include "mocks/apiserver/rest.h"

#include "harness/core/str.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/namespace.h"

#define ORPHAN "orphan"
#define FOREGROUND "foregroundDeletion"

struct delete_options {
    int64_t grace_s; /* -1: not given */
    char policy[16]; /* "Orphan", "Background", "Foreground", "" */
    bool orphan_given, orphan;
    bool dry_run;
    char uid[64], rv[32];
};

static void read_options(const json_t *body, struct delete_options *o) {
    const json_t *orphan = json_object_get(body, "orphanDependents");
    o->grace_s = json_int(body, o->grace_s, "gracePeriodSeconds", NULL);
    const char *policy = json_str(body, "propagationPolicy", NULL);
    const char *uid = json_str(body, "preconditions", "uid", NULL);
    const char *rv = json_str(body, "preconditions", "resourceVersion", NULL);
    if (policy)
        snprintf(o->policy, sizeof(o->policy), "%s", policy);
    if (json_is_boolean(orphan)) {
        o->orphan_given = true;
        o->orphan = json_is_true(orphan);
    }
    snprintf(o->uid, sizeof(o->uid), "%s", uid ? uid : "");
    snprintf(o->rv, sizeof(o->rv), "%s", rv ? rv : "");
}

/* An object sent by mistake is no reason to delete. */
static bool is_options(const json_t *body, struct answer *a) {
    const char *kind = json_str(body, "kind", NULL), *version = json_str(body, "apiVersion", NULL);
    if (!kind || str_eq(kind, "DeleteOptions"))
        return true;
    answer_bad_request(a, "no kind \"%s\" is registered for version \"%s\"", kind,
                       version ? version : "");
    return false;
}

static void refuse_policy(struct answer *a, const char *reason, const char *what,
                          const char *policy, const char *why) {
    json_t *causes = json_array();
    invalid_add(causes, reason, "propagationPolicy", "%s: \"%s\": %s", what, policy, why);
    answer_invalid_options_take(a, "DeleteOptions", causes);
}

static bool options_of(struct request *q, struct delete_options *o, struct answer *a) {
    *o = (struct delete_options){.grace_s = request_query_int(q, "gracePeriodSeconds", -1)};
    CLEANUP(str_freep) char *policy = request_query(q, "propagationPolicy");
    CLEANUP(str_freep) char *orphan = request_query(q, "orphanDependents");
    if (policy)
        snprintf(o->policy, sizeof(o->policy), "%s", policy);
    if (orphan) {
        o->orphan_given = true;
        o->orphan = str_eq(orphan, "true") || str_eq(orphan, "1");
    }
    CLEANUP(json_freep) json_t *body = NULL;
    if (q->json || q->body_len > 0) {
        body = rest_body(q, a);
        if (!body || !is_options(body, a))
            return false;
        read_options(body, o);
    }
    if (request_has(q, FEATURE_DRY_RUN)) {
        CLEANUP(str_freep) char *value = request_query(q, "dryRun");
        const char *other = json_str(body, "dryRun", "[0]", NULL);
        if (!rest_dry_run_valid(value, "DeleteOptions", a) ||
            !rest_dry_run_valid(other, "DeleteOptions", a))
            return false;
        o->dry_run = value || other;
    }
    if (o->orphan_given && o->policy[0]) {
        refuse_policy(a, "FieldValueInvalid", "Invalid value", o->policy,
                      "orphanDependents and deletionPropagation cannot be both set");
        return false;
    }
    if (o->policy[0] && !str_eq(o->policy, "Orphan") && !str_eq(o->policy, "Background") &&
        !str_eq(o->policy, "Foreground")) {
        refuse_policy(a, "FieldValueNotSupported", "Unsupported value", o->policy,
                      "supported values: \"Background\", \"Foreground\", \"Orphan\"");
        return false;
    }
    return true;
}

/* Workloads of the old versions left their dependents alone unless told otherwise. */
static bool orphans_by_default(const struct kind *k, const struct resource_home *h) {
    static const char *const old[] = {"replicationcontrollers", "jobs", "cronjobs"};
    static const char *const workloads[] = {"replicasets", "deployments", "daemonsets",
                                            "statefulsets"};
    const char *name = k->resource->name;
    for (size_t i = 0; i < ARRAY_LEN(old); i++)
        if (str_eq(name, old[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
        if (str_eq(name, workloads[i]))
            return !str_eq(h->version, "v1");
    return false;
}

static void apply_policy(const struct request *q, const struct delete_options *o, json_t *object) {
    bool orphan = false, foreground = false;
    if (o->orphan_given) {
        orphan = o->orphan;
    } else if (o->policy[0]) {
        orphan = str_eq(o->policy, "Orphan");
        foreground = str_eq(o->policy, "Foreground");
    } else {
        foreground = meta_has_finalizer(object, FOREGROUND);
        orphan = meta_has_finalizer(object, ORPHAN) ||
                 (!foreground && orphans_by_default(q->kind, &q->kind->resource->homes[q->home]));
    }
    if (orphan)
        meta_add_finalizer(object, ORPHAN);
    else
        meta_remove_finalizer(object, ORPHAN);
    if (foreground)
        meta_add_finalizer(object, FOREGROUND);
    else
        meta_remove_finalizer(object, FOREGROUND);
}

static int64_t grace_of(const struct request *q, const struct delete_options *o,
                        const json_t *object) {
    if (!str_eq(q->kind->resource->name, "pods") || q->server->federation)
        return 0;
    const char *phase = json_str(object, "status", "phase", NULL);
    const char *node = json_str(object, "spec", "nodeName", NULL);
    if (!node || !node[0] || str_eq(phase, "Failed") || str_eq(phase, "Succeeded"))
        return 0;
    return o->grace_s >= 0 ? o->grace_s
                           : json_int(object, 30, "spec", "terminationGracePeriodSeconds", NULL);
}

static bool preconditions_hold(struct request *q, const struct delete_options *o,
                               const struct object *old, struct answer *a) {
    const char *uid = json_str(old->json, "metadata", "uid", NULL);
    const char *rv = json_str(old->json, "metadata", "resourceVersion", NULL);
    CLEANUP(str_freep) char *why = NULL;
    if (o->uid[0] && !str_eq(o->uid, uid))
        why = xasprintf("Precondition failed: UID in precondition: %s, UID in object meta: %s",
                        o->uid, uid);
    else if (o->rv[0] && !str_eq(o->rv, rv))
        why = xasprintf("Precondition failed: ResourceVersion in precondition: %s, "
                        "ResourceVersion in object meta: %s",
                        o->rv, rv);
    if (why)
        answer_conflict(a, q, q->name, why);
    return !why;
}

/* Services say no more than that they are gone; everything else says what is gone. */
static void answer_deleted(const struct request *q, const struct object *old, struct answer *a) {
    json_t *status = json_object();
    json_set_str(status, "kind", "Status");
    json_set_str(status, "apiVersion", "v1");
    json_object_set_new(status, "metadata", json_object());
    json_set_str(status, "status", "Success");
    if (!str_eq(q->resource, "services")) {
        json_t *details = json_ensure_object(status, "details");
        json_set_str(details, "name", object_name(old));
        if (q->group[0])
            json_set_str(details, "group", q->group);
        json_set_str(details, "kind", q->resource);
        json_set_str(details, "uid", json_str(old->json, "metadata", "uid", NULL));
    }
    answer_json_take(a, 200, status);
}

static void delete_one(struct request *q, const struct delete_options *o, struct object *old,
                       struct answer *a) {
    struct apiserver *s = q->server;
    CLEANUP(json_freep) json_t *changed = meta_thaw(old->json);
    bool deleting = json_str(old->json, "metadata", "deletionTimestamp", NULL) != NULL;
    int64_t grace = grace_of(q, o, old->json);
    apply_policy(q, o, changed);
    bool finalizers = json_array_size(json_at(changed, "metadata", "finalizers", NULL)) > 0;
    if (o->dry_run) {
        answer_deleted(q, old, a);
        return;
    }
    if (grace == 0 && !finalizers) {
        struct object *gone = store_remove(s, q->kind, object_ns(old), object_name(old));
        answer_deleted(q, gone, a);
        object_unref(gone);
        return;
    }
    int64_t before = json_int(old->json, -1, "metadata", "deletionGracePeriodSeconds", NULL);
    if (!deleting || (grace < before))
        meta_mark_deleted(s, changed, grace);
    if (json_equal(changed, old->json)) {
        answer_object(a, 200, old);
    } else {
        meta_order(q->kind, changed);
        answer_object(a, 200, store_put_take(s, q->kind, json_take(&changed)));
    }
}

void delete_serve(struct request *q, struct answer *a) {
    struct delete_options o;
    struct object *old = rest_find(q, a);
    if (!old || !options_of(q, &o, a) || !preconditions_hold(q, &o, old, a))
        return;
    object_ref(old);
    if (str_eq(q->resource, "namespaces") && !q->group[0])
        namespace_delete(q, old, o.orphan_given && !o.orphan, o.dry_run, a);
    else
        delete_one(q, &o, old, a);
    /* Accepted and not done is only said to those who ask in the old way. */
    if (a->object && a->status == 200 && o.orphan_given && !o.orphan)
        a->status = 202;
    object_unref(old);
}

void delete_collection(struct request *q, struct answer *a) {
    struct delete_options o;
    if (!options_of(q, &o, a) || !list_matching(q, a))
        return;
    for (size_t i = 0; i < a->item_count; i++) {
        struct answer each = {0};
        delete_one(q, &o, a->items[i], &each);
        answer_release(&each);
    }
    a->rv = q->server->rv;
}

void delete_object(struct apiserver *s, struct kind *k, const char *ns, const char *name,
                   const char *policy) {
    CLEANUP(str_freep) char *link = object_self_link(k->resource, 0, ns, name);
    CLEANUP(str_freep) char *target = xasprintf("%s?propagationPolicy=%s", link, policy);
    (void)apiserver_call(s, "DELETE", target, NULL, NULL);
}

bool delete_finish(struct apiserver *s, struct kind *k, struct object *o) {
    const json_t *meta = json_object_get(o->json, "metadata");
    if (!json_object_get(meta, "deletionTimestamp") ||
        json_array_size(json_object_get(meta, "finalizers")) > 0 ||
        json_int(o->json, 0, "metadata", "deletionGracePeriodSeconds", NULL) > 0)
        return false;
    if (json_array_size(json_at(o->json, "spec", "finalizers", NULL)) > 0 &&
        str_eq(k->resource->kind, "Namespace"))
        return false;
    object_unref(store_remove(s, k, object_ns(o), object_name(o)));
    return true;
}
