/* Who is filed, who selects whom, who controls whom. */
#include "mocks/cluster/state.h"

static char *entry_key(const char *ns, const char *name) {
    return xasprintf("%s/%s", ns ? ns : "", name);
}

struct entry *cluster_entry(struct cluster *c, enum work work, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = entry_key(ns, name);
    return map_get(&c->entries[work], key);
}

void cluster_release_entry(struct cluster *c, struct entry *e) {
    index_remove_all(&c->index, &e->links);
    json_decref(e->selector);
    free(e->ns);
    free(e->name);
    free(e->uid);
    free(e);
}

void cluster_forget_entry(struct cluster *c, enum work work, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = entry_key(ns, name);
    struct entry *e = map_remove(&c->entries[work], key);
    if (e)
        cluster_release_entry(c, e);
}

/* The part of the object that selects pods, or NULL. */
static json_t *selector_of(enum work work, const json_t *object) {
    json_t *selector = json_at(object, "spec", "selector", NULL);
    if (work == WORK_REPLICASET && !selector)
        selector = json_at(object, "spec", "template", "metadata", "labels", NULL);
    return json_is_object(selector) && json_object_size(selector) ? selector : NULL;
}

struct entry *cluster_observe_entry(struct cluster *c, enum work work, const json_t *object) {
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const char *name = json_str(object, "metadata", "name", NULL);
    const char *uid = json_str(object, "metadata", "uid", NULL);
    CLEANUP(str_freep) char *key = entry_key(ns, name);
    struct entry *e = map_get(&c->entries[work], key);
    if (!e) {
        e = xcalloc(1, sizeof(*e));
        e->work = work;
        e->ns = xstrdup(ns ? ns : "");
        e->name = xstrdup(name);
        map_set(&c->entries[work], key, e);
    }
    index_remove_all(&c->index, &e->links);
    json_decref(e->selector);
    free(e->uid);
    e->uid = xstrdup(uid ? uid : "");
    e->selector = json_incref(selector_of(work, object));
    const char *owner_uid;
    if (cluster_controller_of(object, NULL, NULL, &owner_uid)) {
        CLEANUP(str_freep) char *owner = xasprintf("uid:%02d:%s", (int)work, owner_uid);
        index_add(&c->index, &e->links, e, owner);
    }
    cluster_file_selector(c, e);
    return e;
}

static const json_t *match_labels(const json_t *selector) {
    const json_t *labels = json_object_get(selector, "matchLabels");
    if (labels || json_object_get(selector, "matchExpressions"))
        return labels;
    return selector;
}

void cluster_file_selector(struct cluster *c, struct entry *e) {
    if (!e->selector)
        return;
    json_t *labels = json_mutable(match_labels(e->selector));
    void *first = json_object_iter(labels);
    CLEANUP(str_freep)
    char *key =
        first ? xasprintf("select:%02d:%s/%s=%s", (int)e->work, e->ns, json_object_iter_key(first),
                          json_string_value(json_object_iter_value(first)))
              : xasprintf("select:%02d:%s/", (int)e->work, e->ns);
    index_add(&c->index, &e->links, e, key);
}

static void visit_bucket(struct cluster *c, const char *key, const json_t *labels,
                         void (*fn)(struct cluster *c, struct entry *e)) {
    const struct index_bucket *b = index_find(&c->index, key);
    for (size_t i = 0; b && i < b->count; i++) {
        struct entry *e = b->items[i].owner;
        if (cluster_selector_matches(e->selector, labels))
            fn(c, e);
    }
}

void cluster_selecting(struct cluster *c, enum work work, const char *ns, const json_t *labels,
                       void (*fn)(struct cluster *c, struct entry *e)) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(labels), key, value) {
        CLEANUP(str_freep)
        char *bucket =
            xasprintf("select:%02d:%s/%s=%s", (int)work, ns, key, json_string_value(value));
        visit_bucket(c, bucket, labels, fn);
    }
    CLEANUP(str_freep) char *bucket = xasprintf("select:%02d:%s/", (int)work, ns);
    visit_bucket(c, bucket, labels, fn);
}

bool cluster_controller_of(const json_t *object, const char **ret_kind, const char **ret_name,
                           const char **ret_uid) {
    size_t i;
    json_t *owner;
    json_array_foreach(json_at(object, "metadata", "ownerReferences", NULL), i, owner) {
        const char *kind = json_str(owner, "kind", NULL);
        const char *name = json_str(owner, "name", NULL);
        const char *uid = json_str(owner, "uid", NULL);
        if (!json_flag(owner, "controller", NULL) || !kind || !name || !uid)
            continue;
        if (ret_kind)
            *ret_kind = kind;
        if (ret_name)
            *ret_name = name;
        if (ret_uid)
            *ret_uid = uid;
        return true;
    }
    return false;
}

void cluster_enqueue_controller(struct cluster *c, const json_t *object) {
    const char *kind, *name;
    if (!cluster_controller_of(object, &kind, &name, NULL))
        return;
    for (enum work w = WORK_REPLICASET; w <= WORK_CRONJOB; w++) {
        if (str_eq(cluster_kind(w), kind))
            cluster_enqueue(c, w, json_str(object, "metadata", "namespace", NULL), name);
    }
}

json_t *cluster_owner_references(enum work work, const json_t *owner) {
    const char *version = json_str(owner, "apiVersion", NULL);
    return json_pack("[{s:s,s:s,s:s?,s:s?,s:b,s:b}]", "apiVersion", version ? version : "v1",
                     "kind", cluster_kind(work), "name", json_str(owner, "metadata", "name", NULL),
                     "uid", json_str(owner, "metadata", "uid", NULL), "controller", 1,
                     "blockOwnerDeletion", 1);
}

static bool expression_matches(const json_t *e, const json_t *labels) {
    const char *key = json_str(e, "key", NULL), *op = json_str(e, "operator", NULL);
    if (!key || !op)
        return false;
    const char *value = json_string_value(json_object_get(labels, key));
    const json_t *values = json_object_get(e, "values");
    if (str_eq(op, "In"))
        return json_has_text(values, value);
    if (str_eq(op, "NotIn"))
        return !json_has_text(values, value);
    if (str_eq(op, "Exists"))
        return value != NULL;
    return str_eq(op, "DoesNotExist") && !value;
}

bool cluster_selector_matches(const json_t *selector, const json_t *labels) {
    if (!json_is_object(selector) || json_object_size(selector) == 0)
        return false;
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(match_labels(selector)), key, value) {
        if (!str_eq(json_string_value(json_object_get(labels, key)), json_string_value(value)))
            return false;
    }
    if (!json_object_get(selector, "matchLabels") && !json_object_get(selector, "matchExpressions"))
        return true;
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(selector, "matchExpressions"), i, e) {
        if (!expression_matches(e, labels))
            return false;
    }
    return true;
}
