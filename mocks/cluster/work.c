/* The work queue, and the ways to the API server. */
#include "mocks/cluster/controllers.h"
#include "mocks/cluster/work.h"

#include "harness/core/clock.h"
#include "mocks/apiserver/resource.h"

#include <assert.h>

struct delayed {
    struct cluster *c;
    struct sched_timer timer;
    char *key;
    struct delayed *next, **prev;
};

static const struct {
    const char *group, *resource;
} works[WORK_COUNT] = {
    [WORK_NAMESPACE] = {"", "namespaces"},
    [WORK_NODE] = {"", "nodes"},
    [WORK_POD] = {"", "pods"},
    [WORK_REPLICASET] = {"extensions", "replicasets"},
    [WORK_REPLICATIONCONTROLLER] = {"", "replicationcontrollers"},
    [WORK_DEPLOYMENT] = {"extensions", "deployments"},
    [WORK_DAEMONSET] = {"extensions", "daemonsets"},
    [WORK_STATEFULSET] = {"apps", "statefulsets"},
    [WORK_JOB] = {"batch", "jobs"},
    [WORK_CRONJOB] = {"batch", "cronjobs"},
    [WORK_SERVICE] = {"", "services"},
    [WORK_ENDPOINTS] = {"", "endpoints"},
    [WORK_SERVICEACCOUNT] = {"", "serviceaccounts"},
    [WORK_SECRET] = {"", "secrets"},
    [WORK_CLAIM] = {"", "persistentvolumeclaims"},
    [WORK_CSR] = {"certificates.k8s.io", "certificatesigningrequests"},
    [WORK_CLUSTERROLE] = {"rbac.authorization.k8s.io", "clusterroles"},
};

const char *cluster_resource(enum work work) {
    return works[work].resource;
}

const char *cluster_group(enum work work) {
    return works[work].group;
}

static const struct resource *row_of(enum work work) {
    const struct resource *r = resource_find_any(works[work].group, works[work].resource);
    assert(r);
    return r;
}

const char *cluster_kind(enum work work) {
    return row_of(work)->kind;
}

char *cluster_path(enum work work, const char *ns, const char *name, const char *subresource) {
    const struct resource_home *home = &row_of(work)->homes[0];
    bool core = home->group[0] == '\0';
    bool namespaced = (row_of(work)->flags & RESOURCE_NAMESPACED) != 0;
    return xasprintf("%s%s/%s%s%s/%s%s%s%s%s", core ? "/api" : "/apis/", home->group, home->version,
                     namespaced ? "/namespaces/" : "", namespaced ? ns : "", works[work].resource,
                     name ? "/" : "", name ? name : "", subresource ? "/" : "",
                     subresource ? subresource : "");
}

const json_t *cluster_peek(struct cluster *c, enum work work, const char *ns, const char *name) {
    return apiserver_peek(c->api, works[work].group, works[work].resource, ns, name);
}

int cluster_call(struct cluster *c, const char *method, enum work work, const char *ns,
                 const char *name, const char *subresource, json_t *body, json_t **ret) {
    CLEANUP(str_freep) char *path = cluster_path(work, ns, name, subresource);
    int status = apiserver_call(c->api, method, path, body, ret);
    json_decref(body);
    return status;
}

/* Nulls for what the old status has and the new has not, as a merge patch must say it. */
static void drop_missing(json_t *patch, const json_t *old) {
    const char *key;
    json_t *value;
    json_object_foreach(json_mutable(old), key, value) {
        if (!json_object_get(patch, key))
            json_object_set_new(patch, key, json_null());
    }
}

int cluster_put_status(struct cluster *c, enum work work, const char *ns, const char *name,
                       json_t *status) {
    const json_t *object = cluster_peek(c, work, ns, name);
    const json_t *old = json_at(object, "status", NULL);
    if (!object || json_equal(old, status)) {
        json_decref(status);
        return object ? 200 : 404;
    }
    if (old)
        drop_missing(status, old);
    return cluster_call(c, "PATCH", work, ns, name, "status", json_pack("{s:o}", "status", status),
                        NULL);
}

int64_t cluster_wall_ms(const struct cluster *c) {
    return apiserver_wall_ms(c->api);
}

char *cluster_now_text(const struct cluster *c, char text[32]) {
    return clock_format_utc(cluster_wall_ms(c), text);
}

static void enqueue_key(struct cluster *c, char *key) {
    if (map_get(&c->queued, key)) {
        free(key);
        return;
    }
    map_set(&c->queued, key, c);
    c->queue = xgrow(c->queue, c->queue_count, &c->queue_cap, sizeof(*c->queue));
    c->queue[c->queue_count++] = key;
    if (!sched_is_running(&c->queue_timer))
        sched_start(c->sched, &c->queue_timer, 0, work_run, c);
}

static char *key_new(enum work work, const char *ns, const char *name) {
    return xasprintf("%02d:%s/%s", (int)work, ns ? ns : "", name);
}

void cluster_enqueue(struct cluster *c, enum work work, const char *ns, const char *name) {
    enqueue_key(c, key_new(work, ns, name));
}

static void unlink_delayed(struct delayed *d) {
    *d->prev = d->next;
    if (d->next)
        d->next->prev = d->prev;
}

static void on_delayed(void *self) {
    struct delayed *d = self;
    unlink_delayed(d);
    enqueue_key(d->c, d->key);
    free(d);
}

void cluster_enqueue_later(struct cluster *c, enum work work, const char *ns, const char *name,
                           int64_t delay_ms) {
    struct delayed *d = xcalloc(1, sizeof(*d));
    d->c = c;
    d->key = key_new(work, ns, name);
    d->next = c->delayed;
    d->prev = &c->delayed;
    if (d->next)
        d->next->prev = &d->next;
    c->delayed = d;
    sched_start(c->sched, &d->timer, delay_ms < 0 ? 0 : delay_ms, on_delayed, d);
}

static void run_key(struct cluster *c, char *key) {
    char *slash = strchr(key, '/');
    *slash = '\0';
    int work = (key[0] - '0') * 10 + (key[1] - '0');
    assert(work >= 0 && work < WORK_COUNT);
    cluster_reconcile(c, (enum work)work, key + 3, slash + 1);
}

/* Does what was queued when it began; what that queues comes in the next round. */
void work_run(void *self) {
    struct cluster *c = self;
    char **keys = c->queue;
    size_t count = c->queue_count;
    c->queue = NULL;
    c->queue_count = c->queue_cap = 0;
    for (size_t i = 0; i < count; i++) {
        map_remove(&c->queued, keys[i]);
        run_key(c, keys[i]);
        free(keys[i]);
    }
    free(keys);
}

void work_release(struct cluster *c) {
    sched_stop(c->sched, &c->queue_timer);
    for (struct delayed *d = c->delayed, *next; d; d = next) {
        next = d->next;
        sched_stop(c->sched, &d->timer);
        free(d->key);
        free(d);
    }
    for (size_t i = 0; i < c->queue_count; i++)
        free(c->queue[i]);
    free(c->queue);
    map_release(&c->queued);
}
