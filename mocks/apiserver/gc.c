#include "mocks/apiserver/gc.h"

#include "harness/core/str.h"
#include "mocks/apiserver/meta.h"
#include "mocks/apiserver/namespace.h"
#include "mocks/apiserver/rest.h"

#define DELAY_MS 50
#define NAMESPACE_RETRY_MS 1000
#define ROUND_MAX 10000 /* items of one round; the rest waits for the next */

struct gc {
    struct apiserver *server;
    json_t *dependents; /* uid of an owner -> {"kind-index/namespace/name": true} */
    json_t *queue;      /* "kind-index/namespace/name" -> uid, in order of arrival */
    json_t *namespaces; /* names of those that go away */
    struct sched_timer work, emptying;
};

static void on_work(void *self);
static void on_emptying(void *self);

struct gc *gc_new(struct apiserver *s) {
    struct gc *gc = xcalloc(1, sizeof(*gc));
    gc->server = s;
    gc->dependents = json_object();
    gc->queue = json_object();
    gc->namespaces = json_object();
    return gc;
}

void gc_free(struct gc *gc) {
    if (!gc)
        return;
    sched_stop(gc->server->o.sched, &gc->work);
    sched_stop(gc->server->o.sched, &gc->emptying);
    json_decref(gc->dependents);
    json_decref(gc->queue);
    json_decref(gc->namespaces);
    free(gc);
}

static char *key_of(const struct gc *gc, const struct kind *k, const struct object *o) {
    size_t place = 0;
    while (gc->server->kinds[place] != k)
        place++;
    return xasprintf("%zu/%s/%s", place, object_ns(o), object_name(o));
}

/* The object behind a key, or NULL; the kind is told either way. */
static struct object *object_of(const struct gc *gc, const char *key, struct kind **ret_kind) {
    CLEANUP(str_freep) char *copy = xstrdup(key);
    char *rest = copy, *place_text = str_next(&rest, '/'), *ns = str_next(&rest, '/');
    int64_t place = 0;
    if (!ns || !rest || !str_to_int(place_text, 0, (int64_t)gc->server->kind_count - 1, &place))
        return NULL;
    *ret_kind = gc->server->kinds[place];
    return collection_get(&(*ret_kind)->objects, ns, rest);
}

static const char *uid_of(const struct object *o) {
    const char *uid = json_str(o->json, "metadata", "uid", NULL);
    return uid ? uid : "";
}

static json_t *owners_of(const struct object *o) {
    return json_at(o->json, "metadata", "ownerReferences", NULL);
}

static void enqueue(struct gc *gc, const char *key, const char *uid) {
    json_set_str(gc->queue, key, uid);
    if (!sched_is_running(&gc->work))
        sched_start(gc->server->o.sched, &gc->work, DELAY_MS, on_work, gc);
}

static void link_owners(struct gc *gc, const char *key, const struct object *o, bool add) {
    size_t i;
    json_t *ref;
    json_array_foreach(owners_of(o), i, ref) {
        const char *uid = json_str(ref, "uid", NULL);
        if (!uid)
            continue;
        if (add) {
            json_set_bool(json_ensure_object(gc->dependents, uid), key, true);
            continue;
        }
        json_t *set = json_object_get(gc->dependents, uid);
        json_object_del(set, key);
        if (set && json_object_size(set) == 0)
            json_object_del(gc->dependents, uid);
    }
}

/* An owner that waits for its dependents looks again when one of them has gone. */
static void wake_owners(struct gc *gc, const struct object *o) {
    size_t i;
    json_t *ref;
    json_array_foreach(owners_of(o), i, ref) {
        struct kind *k = store_kind_of(gc->server, json_str(ref, "apiVersion", NULL),
                                       json_str(ref, "kind", NULL));
        const char *name = json_str(ref, "name", NULL);
        bool namespaced = k && (k->resource->flags & RESOURCE_NAMESPACED);
        struct object *owner =
            k && name ? collection_get(&k->objects, namespaced ? object_ns(o) : "", name) : NULL;
        if (!owner || !json_str(owner->json, "metadata", "deletionTimestamp", NULL))
            continue;
        CLEANUP(str_freep) char *key = key_of(gc, k, owner);
        enqueue(gc, key, uid_of(owner));
    }
}

void gc_changed(struct gc *gc, const struct change *c) {
    if (!gc)
        return;
    struct object *o = c->object;
    bool deleting = json_str(o->json, "metadata", "deletionTimestamp", NULL) != NULL;
    if (str_eq(c->kind->resource->kind, "Namespace") && deleting && c->type != APISERVER_DELETED) {
        json_set_bool(gc->namespaces, object_name(o), true);
        if (!sched_is_running(&gc->emptying))
            sched_start(gc->server->o.sched, &gc->emptying, DELAY_MS, on_emptying, gc);
    }
    bool owned = owners_of(o) || (c->old && owners_of(c->old));
    bool owns = c->type == APISERVER_DELETED && json_object_get(gc->dependents, uid_of(o));
    bool held = deleting && (meta_has_finalizer(o->json, "orphan") ||
                             meta_has_finalizer(o->json, "foregroundDeletion"));
    if (!owned && !owns && !held)
        return;
    CLEANUP(str_freep) char *key = key_of(gc, c->kind, o);
    if (c->old)
        link_owners(gc, key, c->old, false);
    link_owners(gc, key, o, c->type != APISERVER_DELETED);
    if (c->type == APISERVER_DELETED)
        wake_owners(gc, o);
    else if (c->old && !json_equal(owners_of(c->old), owners_of(o)))
        wake_owners(gc, c->old);
    if (owns || held || c->type != APISERVER_DELETED)
        enqueue(gc, key, uid_of(o));
}

static bool owner_exists(const struct gc *gc, const struct object *o, const json_t *ref) {
    struct kind *k =
        store_kind_of(gc->server, json_str(ref, "apiVersion", NULL), json_str(ref, "kind", NULL));
    const char *name = json_str(ref, "name", NULL), *uid = json_str(ref, "uid", NULL);
    if (!k || !name)
        return true; /* of a kind that is not served: the real one cannot tell either and waits */
    bool namespaced = (k->resource->flags & RESOURCE_NAMESPACED) != 0;
    struct object *owner = collection_get(&k->objects, namespaced ? object_ns(o) : "", name);
    return owner && str_eq(uid_of(owner), uid);
}

/* Writes the object without the owner references for which drop is the uid (NULL: absent owners).
 */
static void drop_references(struct gc *gc, struct kind *k, struct object *o, const char *drop) {
    json_t *kept = json_array(), *ref;
    size_t i;
    json_array_foreach(owners_of(o), i, ref) if (drop ? !str_eq(json_str(ref, "uid", NULL), drop)
                                                      : owner_exists(gc, o, ref))
        json_array_append(kept, ref);
    json_t *changed = meta_thaw(o->json), *meta = json_object_get(changed, "metadata");
    if (json_array_size(kept) > 0)
        json_object_set(meta, "ownerReferences", kept);
    else
        json_object_del(meta, "ownerReferences");
    json_decref(kept);
    store_put_take(gc->server, k, changed);
}

static void delete_dependent(struct gc *gc, struct kind *k, const struct object *o,
                             bool foreground) {
    bool own = json_object_get(gc->dependents, uid_of(o)) != NULL;
    CLEANUP(str_freep) char *ns = xstrdup(object_ns(o));
    CLEANUP(str_freep) char *name = xstrdup(object_name(o));
    if (!json_str(o->json, "metadata", "deletionTimestamp", NULL))
        delete_object(gc->server, k, ns, name, foreground && own ? "Foreground" : "Background");
}

/* The object itself: gone if all its owners are, else without those that are. */
static void check_owned(struct gc *gc, struct kind *k, struct object *o) {
    size_t i, live = 0, all = json_array_size(owners_of(o));
    json_t *ref;
    json_array_foreach(owners_of(o), i, ref) live += owner_exists(gc, o, ref);
    if (all == 0 || live == all)
        return;
    if (live == 0)
        delete_dependent(gc, k, o, false);
    else
        drop_references(gc, k, o, NULL);
}

static void remove_finalizer(struct gc *gc, struct kind *k, struct object *o, const char *name) {
    json_t *changed = meta_thaw(o->json);
    meta_remove_finalizer(changed, name);
    struct object *stored = object_ref(store_put_take(gc->server, k, changed));
    (void)delete_finish(gc->server, k, stored);
    object_unref(stored);
}

static bool blocks(const struct object *o, const char *owner_uid) {
    size_t i;
    json_t *ref;
    json_array_foreach(owners_of(o), i, ref) {
        if (str_eq(json_str(ref, "uid", NULL), owner_uid) &&
            json_flag(ref, "blockOwnerDeletion", NULL))
            return true;
    }
    return false;
}

/* Whether the owner must wait, in the foreground, for one of its dependents. */
static bool is_blocked(const struct gc *gc, const char *uid) {
    const char *key;
    json_t *ignored;
    json_object_foreach(json_object_get(gc->dependents, uid), key, ignored) {
        struct kind *k = NULL;
        const struct object *o = object_of(gc, key, &k);
        if (o && blocks(o, uid))
            return true;
    }
    return false;
}

static void each_dependent(struct gc *gc, const char *uid, bool orphan, bool foreground) {
    json_t *set = json_copy(json_object_get(gc->dependents, uid)), *ignored;
    const char *key;
    json_object_foreach(set, key, ignored) {
        struct kind *k = NULL;
        struct object *o = object_of(gc, key, &k);
        if (!o)
            continue;
        object_ref(o);
        if (orphan)
            drop_references(gc, k, o, uid);
        else if (!foreground)
            check_owned(gc, k, o);
        else if (blocks(o, uid)) /* the others go when their owner has gone */
            delete_dependent(gc, k, o, true);
        object_unref(o);
    }
    json_decref(set);
}

static void work_on(struct gc *gc, const char *key, const char *uid) {
    struct kind *k = NULL;
    struct object *o = object_of(gc, key, &k);
    if (!o || !str_eq(uid_of(o), uid)) {
        each_dependent(gc, uid, false, false);
        return;
    }
    object_ref(o);
    if (!json_str(o->json, "metadata", "deletionTimestamp", NULL)) {
        check_owned(gc, k, o);
    } else if (meta_has_finalizer(o->json, "orphan")) {
        each_dependent(gc, uid, true, false);
        remove_finalizer(gc, k, o, "orphan");
    } else if (meta_has_finalizer(o->json, "foregroundDeletion")) {
        each_dependent(gc, uid, false, true);
        if (!is_blocked(gc, uid))
            remove_finalizer(gc, k, o, "foregroundDeletion");
    }
    object_unref(o);
}

static void on_work(void *self) {
    struct gc *gc = self;
    json_t *batch = gc->queue, *uid;
    const char *key;
    gc->queue = json_object();
    size_t done = 0;
    json_object_foreach(batch, key, uid) {
        if (done++ < ROUND_MAX)
            work_on(gc, key, json_string_value(uid));
        else
            enqueue(gc, key, json_string_value(uid));
    }
    json_decref(batch);
}

static void finalize(struct gc *gc, const char *name) {
    CLEANUP(str_freep) char *target = xasprintf("/api/v1/namespaces/%s/finalize", name);
    json_t *body = json_pack("{s:{s:s},s:{s:[]}}", "metadata", "name", name, "spec", "finalizers");
    (void)apiserver_call(gc->server, "PUT", target, body, NULL);
    json_decref(body);
}

static void on_emptying(void *self) {
    struct gc *gc = self;
    json_t *names = gc->namespaces, *ignored;
    const char *name;
    gc->namespaces = json_object();
    json_object_foreach(names, name, ignored) {
        if (!apiserver_peek(gc->server, "", "namespaces", "", name))
            continue;
        if (namespace_empty(gc->server, name))
            finalize(gc, name);
        else
            json_set_bool(gc->namespaces, name, true);
    }
    json_decref(names);
    if (json_object_size(gc->namespaces) > 0)
        sched_start(gc->server->o.sched, &gc->emptying, NAMESPACE_RETRY_MS, on_emptying, gc);
    else
        sched_stop(gc->server->o.sched, &gc->emptying);
}
