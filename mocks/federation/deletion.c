/*
 * The deletion of a federated object: with the finalizer "orphan" the copies stay, else they are
 * deleted, and the object goes when they are gone from every cluster, ready or not. Source:
 * federation/pkg/federation-controller/util/deletionhelper/deletion_helper.go.
 */
#include "mocks/federation/clusters.h"
#include "mocks/federation/events.h"
#include "mocks/federation/objects.h"
#include "mocks/federation/operation.h"
#include "mocks/federation/refusal.h"
#include "mocks/federation/sync.h"

static bool is_ours(const struct federation *f, const char *finalizer) {
    return str_eq(finalizer, FED_FINALIZER) || str_eq(finalizer, "orphan") ||
           (str_eq(finalizer, "foregroundDeletion") &&
            !profile_has_quirk(f->profile, "foreground-delete-stuck"));
}

static bool remove_finalizers(struct fed_object *o, const json_t *federated) {
    CLEANUP(json_freep) json_t *copy = json_deep_copy(federated);
    json_t *kept = json_array();
    size_t i;
    json_t *finalizer;
    json_array_foreach(json_at(federated, "metadata", "finalizers", NULL), i,
                       finalizer) if (!is_ours(o->f, json_string_value(finalizer)))
        json_array_append(kept, finalizer);
    json_t *meta = json_ensure_object(copy, "metadata");
    json_object_del(meta, "finalizers");
    if (json_array_size(kept) > 0)
        json_object_set(meta, "finalizers", kept);
    json_decref(kept);

    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, NULL);
    int status = apiserver_call(o->f->api, "PUT", target, copy, NULL);
    if (status != 200 && status != 404)
        return false;
    /* The real one does not trust the server to do it; usually a harmless 404. */
    apiserver_call(o->f->api, "DELETE", target, NULL, NULL);
    return true;
}

/* Whether its end is to be waited for. */
static bool delete_copy(struct fed_object *o, const json_t *federated, struct fed_cluster *c,
                        const char *target) {
    struct shard *s = objects_shard(o, c);
    if (s->exists && !operation_is_resumed(s))
        events_operation(o->f, o->kind, federated, "DeleteInCluster", c->name);
    CLEANUP(json_freep) json_t *answer = NULL;
    int status = operation_delete(o, c, target, &answer);
    operation_end(o->f, s);
    if (status == 404) {
        shard_forget(s);
        return false;
    }
    if (status >= 0 && (status < 200 || status > 299)) {
        CLEANUP(str_freep)
        char *why = refusal_text(&(struct refusal){c, o->kind, "DELETE", target, status, answer});
        events_rejected(o->f, o->kind, federated, "delete", c->name, why);
    }
    return true;
}

/* Sends DELETE to the ready clusters that have it; the names waited for go into waiting. */
static void delete_copies(struct fed_object *o, const json_t *federated, struct buf *waiting) {
    CLEANUP(str_freep) char *target = kind_path(o->kind, o->ns, o->name, NULL);
    for (size_t i = 0; i < o->f->cluster_slots; i++) {
        struct fed_cluster *c = clusters_at(o->f, i);
        if (!c || !c->ready)
            continue;
        struct shard *s = objects_shard(o, c);
        bool known = s->exists;
        if (!known && !c->missed)
            continue;
        if (operation_look(o, s) == OPERATION_NONE && !delete_copy(o, federated, c, target))
            continue;
        buf_addf(waiting, "%s%s", waiting->len > 0 ? ", " : "", c->name);
    }
}

static void name_unready(const struct federation *f, struct buf *unready) {
    for (size_t i = 0; i < f->cluster_slots; i++) {
        const struct fed_cluster *c = clusters_at(f, i);
        if (c && !c->ready)
            buf_addf(unready, "%s%s", unready->len > 0 ? ", " : "", c->name);
    }
}

static void tell(struct fed_object *o, const json_t *federated, const char *why) {
    fed_log(o->f, "Failed to delete %s %s/%s: %s", o->kind->word, o->ns, o->name, why);
    if (o->kind->flags & KIND_SERVICE)
        events_post(o->f, o->kind, federated, "Warning", "DeleteFailed",
                    "Deleting service failed: %s", why);
    else
        events_post(o->f, o->kind, federated, "Warning", "DeleteFailed",
                    "Failed to delete %s \"%s%s%s\": %s", o->kind->word, o->ns, o->ns[0] ? "/" : "",
                    o->name, why);
}

static bool members_are_rid(struct fed_object *o, const json_t *federated) {
    struct buf names = BUF_INIT;
    delete_copies(o, federated, &names);
    bool rid = names.len == 0;
    char *why = rid ? NULL
                    : xasprintf("waiting for object %s%s%s to be deleted from clusters: %s", o->ns,
                                o->ns[0] ? "/" : "", o->name, buf_str(&names));
    if (rid) {
        name_unready(o->f, &names);
        rid = names.len == 0;
        if (!rid)
            why = xasprintf("waiting for clusters %s to become ready to verify that obj %s%s%s "
                            "has been deleted",
                            buf_str(&names), o->ns, o->ns[0] ? "/" : "", o->name);
    }
    if (why)
        tell(o, federated, why);
    free(why);
    buf_release(&names);
    return rid;
}

/* Empties the namespace in the federation; false while something is left. */
static bool namespace_is_empty(struct fed_object *o) {
    static const struct kind events = {"",   "v1", "events", "Event", "event", KIND_NAMESPACED,
                                       NULL, NULL};
    CLEANUP(json_freep) json_t *options = json_object();
    json_set_str(options, "propagationPolicy", "Background");
    bool empty = true;
    for (size_t i = 0; i <= FED_KINDS; i++) {
        const struct kind *k = i < FED_KINDS ? &kinds_table()[i] : &events;
        if (!(k->flags & KIND_NAMESPACED))
            continue;
        CLEANUP(str_freep) char *target = kind_path(k, o->name, NULL, NULL);
        int status = apiserver_call(o->f->api, "DELETE", target, options, NULL);
        if (status == 404)
            continue; /* not served here */
        CLEANUP(json_freep) json_t *list = NULL;
        status = apiserver_call(o->f->api, "GET", target, NULL, &list);
        if (status == 200 && json_array_size(json_object_get(list, "items")) > 0)
            empty = false;
    }
    return empty;
}

static bool finalize_namespace(struct fed_object *o, json_t **federated) {
    if (json_array_size(json_at(*federated, "spec", "finalizers", NULL)) == 0)
        return true;
    if (!namespace_is_empty(o)) {
        CLEANUP(str_freep)
        char *why =
            xasprintf("error in deleting resources in namespace %s: some content remains in the "
                      "namespace, estimate 15 seconds before it is removed",
                      o->name);
        tell(o, *federated, why);
        return false;
    }
    json_t *copy = json_deep_copy(*federated);
    json_object_set_new(copy, "spec", json_object());
    CLEANUP(str_freep) char *target = kind_path(o->kind, NULL, o->name, "finalize");
    json_t *answer = NULL;
    int status = apiserver_call(o->f->api, "PUT", target, copy, &answer);
    json_decref(copy);
    if (status != 200) {
        json_decref(answer);
        return status == 404;
    }
    json_decref(*federated);
    *federated = answer;
    return true;
}

bool deletion_run(struct fed_object *o, const json_t *object) {
    CLEANUP(json_freep) json_t *federated = json_incref(json_mutable(object));
    if ((o->kind->flags & KIND_NAMESPACE) && !finalize_namespace(o, &federated))
        return false;
    const json_t *finalizers = json_at(federated, "metadata", "finalizers", NULL);
    bool orphan = json_has_text(finalizers, "orphan");
    if (!orphan && !json_has_text(finalizers, FED_FINALIZER))
        return true; /* somebody else's finalizers are left */
    if (!orphan && !members_are_rid(o, federated))
        return false;
    if (!remove_finalizers(o, federated))
        return false;
    if (!orphan && (o->kind->flags & KIND_SERVICE))
        events_post(o->f, o->kind, federated, "Normal", "DeleteSucceed",
                    "Deleting service succeeded");
    return true;
}
