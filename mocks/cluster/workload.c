#include "mocks/cluster/workload.h"

#include "mocks/cluster/event.h"

static int by_order(const void *a, const void *b) {
    const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void collect(struct workload *w) {
    free(w->pods);
    w->pods = NULL;
    w->count = 0;
    CLEANUP(str_freep) char *key = xasprintf("pods-of:%s", w->uid);
    const struct index_bucket *b = index_find(&w->c->index, key);
    if (!b)
        return;
    w->pods = xcalloc(b->count, sizeof(struct pod *));
    for (size_t i = 0; i < b->count; i++)
        w->pods[w->count++] = b->items[i].owner;
    qsort(w->pods, w->count, sizeof(struct pod *), by_order);
}

bool workload_open(struct workload *w, struct cluster *c, enum work work, const char *ns,
                   const char *name) {
    const json_t *object = cluster_peek(c, work, ns, name);
    if (!object || json_str(object, "metadata", "deletionTimestamp", NULL))
        return false;
    *w = (struct workload){.c = c, .work = work};
    w->object = json_incref(json_mutable(object));
    w->ns = json_str(object, "metadata", "namespace", NULL);
    w->name = json_str(object, "metadata", "name", NULL);
    w->uid = json_str(object, "metadata", "uid", NULL);
    collect(w);
    return true;
}

void workload_close(struct workload *w) {
    free(w->pods);
    json_decref(json_mutable(w->object));
}

static bool let_go(struct workload *w, const json_t *selector) {
    bool any = false;
    for (size_t i = 0; i < w->count; i++) {
        struct pod *p = w->pods[i];
        if (!p->relabelled)
            continue;
        p->relabelled = false;
        if (cluster_selector_matches(selector, json_at(pod_object(p), "metadata", "labels", NULL)))
            continue;
        (void)cluster_call(w->c, "PATCH", WORK_POD, p->ns, p->name, NULL,
                           json_pack("{s:{s:n}}", "metadata", "ownerReferences"), NULL);
        any = true;
    }
    return any;
}

void workload_adopt(struct workload *w, const json_t *selector) {
    CLEANUP(str_freep) char *key = xasprintf("orphans:%s", w->ns);
    const struct index_bucket *orphans = index_find(&w->c->index, key);
    size_t count = 0;
    struct pod **found = orphans ? xcalloc(orphans->count + 1, sizeof(struct pod *)) : NULL;
    for (size_t i = 0; orphans && i < orphans->count; i++) {
        struct pod *p = orphans->items[i].owner;
        if (pod_is_active(p) &&
            cluster_selector_matches(selector, json_at(pod_object(p), "metadata", "labels", NULL)))
            found[count++] = p;
    }
    for (size_t i = 0; i < count; i++)
        (void)cluster_call(w->c, "PATCH", WORK_POD, found[i]->ns, found[i]->name, NULL,
                           json_pack("{s:{s:o}}", "metadata", "ownerReferences",
                                     cluster_owner_references(w->work, w->object)),
                           NULL);
    free(found);
    if (let_go(w, selector) || count)
        collect(w);
}

static json_t *pod_from(struct workload *w, const struct workload_pod *spec) {
    json_t *template_metadata = json_at(spec->template, "metadata", NULL);
    json_t *pod_spec = json_at(spec->template, "spec", NULL);
    json_t *labels = json_object_get(template_metadata, "labels");
    labels = labels ? json_deep_copy(labels) : json_object();
    if (spec->labels)
        json_object_update(labels, spec->labels);
    json_t *metadata = json_pack("{s:s,s:o,s:o}", "namespace", w->ns, "labels", labels,
                                 "ownerReferences", cluster_owner_references(w->work, w->object));
    json_t *annotations = json_object_get(template_metadata, "annotations");
    if (annotations)
        json_object_set_new(metadata, "annotations", json_deep_copy(annotations));
    CLEANUP(str_freep) char *prefix = xasprintf("%.240s-", w->name);
    if (spec->name)
        json_set_str(metadata, "name", spec->name);
    else
        json_set_str(metadata, "generateName", prefix);
    pod_spec = pod_spec ? json_deep_copy(pod_spec) : json_object();
    if (spec->node)
        json_set_str(pod_spec, "nodeName", spec->node);
    if (spec->claims)
        json_array_extend(json_ensure_array(pod_spec, "volumes"), spec->claims);
    return json_pack("{s:s,s:s,s:o,s:o}", "apiVersion", "v1", "kind", "Pod", "metadata", metadata,
                     "spec", pod_spec);
}

int workload_create_pod(struct workload *w, const struct workload_pod *spec) {
    CLEANUP(json_freep) json_t *created = NULL;
    int status =
        cluster_call(w->c, "POST", WORK_POD, w->ns, NULL, NULL, pod_from(w, spec), &created);
    if (!spec->component)
        return status;
    if (status < 300)
        event_record(w->c, w->work, w->object, spec->component, NULL, false, "SuccessfulCreate",
                     "Created pod: %s", json_str(created, "metadata", "name", NULL));
    else
        event_record(w->c, w->work, w->object, spec->component, NULL, true, "FailedCreate",
                     "Error creating: %s", json_str(created, "message", NULL));
    return status;
}

void workload_delete_pod(struct workload *w, const struct pod *p, const char *component) {
    CLEANUP(str_freep) char *ns = xstrdup(p->ns);
    CLEANUP(str_freep) char *name = xstrdup(p->name);
    int status = cluster_call(w->c, "DELETE", WORK_POD, ns, name, NULL, NULL, NULL);
    if (status < 300 && component)
        event_record(w->c, w->work, w->object, component, NULL, false, "SuccessfulDelete",
                     "Deleted pod: %s", name);
}

static int by_worth(const void *a, const void *b) {
    const struct pod *x = *(struct pod *const *)a, *y = *(struct pod *const *)b;
    if (!x->node != !y->node)
        return x->node ? 1 : -1;
    if (x->ready != y->ready)
        return x->ready ? 1 : -1;
    if (x->ready && x->ready_since_ms != y->ready_since_ms)
        return x->ready_since_ms > y->ready_since_ms ? -1 : 1;
    return x->order > y->order ? -1 : x->order < y->order;
}

void workload_sort_for_deletion(struct pod **pods, size_t count) {
    qsort(pods, count, sizeof(struct pod *), by_worth);
}

int64_t workload_share(const json_t *value, int64_t total, bool up, int64_t otherwise) {
    if (json_is_integer(value))
        return json_integer_value(value);
    const char *text = json_string_value(value);
    if (!text || !str_has_suffix(text, "%"))
        return otherwise;
    CLEANUP(str_freep) char *digits = xstrndup(text, strlen(text) - 1);
    int64_t percent;
    if (!str_to_int(digits, 0, 10000, &percent))
        return otherwise;
    return (total * percent + (up ? 99 : 0)) / 100;
}
