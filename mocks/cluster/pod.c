#include "mocks/cluster/pod.h"

#include "mocks/cluster/controllers.h"
#include "mocks/cluster/event.h"
#include "mocks/cluster/node.h"

#define MOUNT_RETRY_MS 2000

void pod_enqueue(const struct pod *p) {
    cluster_enqueue(p->c, WORK_POD, p->ns, p->name);
}

struct pod *pod_find(struct cluster *c, const char *ns, const char *name) {
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns, name);
    return map_get(&c->entries[WORK_POD], key);
}

struct pod *pod_by_ip(struct cluster *c, const char *ip) {
    CLEANUP(str_freep) char *key = xasprintf("ip:%s", ip);
    const struct index_bucket *b = index_find(&c->index, key);
    return b && b->count ? b->items[0].owner : NULL;
}

const json_t *pod_object(const struct pod *p) {
    return cluster_peek(p->c, WORK_POD, p->ns, p->name);
}

bool pod_is_available(const struct pod *p, int64_t min_ready_ms) {
    return p->ready && sched_now_ms(p->c->sched) - p->ready_since_ms >= min_ready_ms;
}

/* Filing: under its owner, its node, its address and each label. */

static void file_under_claims(struct pod *p, const json_t *object) {
    size_t i;
    json_t *volume;
    json_array_foreach(json_at(object, "spec", "volumes", NULL), i, volume) {
        const char *claim = json_str(volume, "persistentVolumeClaim", "claimName", NULL);
        if (!claim)
            continue;
        CLEANUP(str_freep) char *key = xasprintf("claim:%s/%s", p->ns, claim);
        index_add(&p->c->index, &p->links, p, key);
    }
}

static void file_pod(struct pod *p, const json_t *object) {
    struct cluster *c = p->c;
    index_remove_all(&c->index, &p->links);
    const char *uid, *key;
    struct buf b = BUF_INIT;
    if (cluster_controller_of(object, NULL, NULL, &uid)) {
        buf_addf(&b, "pods-of:%s", uid);
    } else {
        buf_addf(&b, "orphans:%s", p->ns);
    }
    index_add(&c->index, &p->links, p, buf_str(&b));
    buf_clear(&b);
    if (p->node && !p->finished)
        buf_addf(&b, "node:%s", p->node);
    else
        buf_adds(&b, p->node ? "finished" : "unscheduled");
    index_add(&c->index, &p->links, p, buf_str(&b));
    if (p->ip && !p->finished) {
        buf_clear(&b);
        buf_addf(&b, "ip:%s", p->ip);
        index_add(&c->index, &p->links, p, buf_str(&b));
    }
    json_t *value;
    json_object_foreach(json_at(object, "metadata", "labels", NULL), key, value) {
        buf_clear(&b);
        buf_addf(&b, "label:%s/%s=%s", p->ns, key, json_string_value(value));
        index_add(&c->index, &p->links, p, buf_str(&b));
    }
    buf_release(&b);
    if (!p->node)
        file_under_claims(p, object);
}

static bool condition_true(const json_t *object, const char *type) {
    size_t i;
    json_t *condition;
    json_array_foreach(json_at(object, "status", "conditions", NULL), i, condition) {
        if (str_eq(json_str(condition, "type", NULL), type))
            return str_eq(json_str(condition, "status", NULL), "True");
    }
    return false;
}

static void mirror(struct pod *p, const json_t *object) {
    const char *phase = json_str(object, "status", "phase", NULL);
    const char *node = json_str(object, "spec", "nodeName", NULL);
    bool ready = condition_true(object, "Ready");
    p->deleting = json_str(object, "metadata", "deletionTimestamp", NULL) != NULL;
    p->failed = str_eq(phase, "Failed");
    p->finished = p->failed || str_eq(phase, "Succeeded");
    if (ready && !p->ready)
        p->ready_since_ms = sched_now_ms(p->c->sched);
    p->ready = ready;
    if (node && node[0] && !p->node)
        p->node = xstrdup(node);
}

static struct pod *pod_new(struct cluster *c, const json_t *object) {
    struct pod *p = xcalloc(1, sizeof(*p));
    const char *uid = json_str(object, "metadata", "uid", NULL);
    p->c = c;
    p->ns = xstrdup(json_str(object, "metadata", "namespace", NULL));
    p->name = xstrdup(json_str(object, "metadata", "name", NULL));
    p->uid = xstrdup(uid ? uid : "");
    p->order = ++c->pod_order;
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", p->ns, p->name);
    map_set(&c->entries[WORK_POD], key, p);
    return p;
}

static void pod_free(struct pod *p) {
    sched_stop(p->c->sched, &p->timer);
    index_remove_all(&p->c->index, &p->links);
    for (size_t i = 0; i < p->container_count; i++)
        container_release(&p->containers[i]);
    free(p->containers);
    free(p->ns);
    free(p->name);
    free(p->uid);
    free(p->node);
    free(p->ip);
    free(p);
}

/* From the API server's callback: it leaves the files now, its programs end from a timer. */
static void retire(struct pod *p) {
    struct cluster *c = p->c;
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", p->ns, p->name);
    map_remove(&c->entries[WORK_POD], key);
    index_remove_all(&c->index, &p->links);
    sched_stop(c->sched, &p->timer);
    p->deleting = true;
    p->next_dead = c->dead;
    c->dead = p;
    pod_enqueue(p);
}

static void enqueue_entry(struct cluster *c, struct entry *e) {
    cluster_enqueue(c, e->work, e->ns, e->name);
}

static void enqueue_dependents(struct cluster *c, const json_t *object) {
    cluster_enqueue_controller(c, object);
    cluster_selecting(c, WORK_SERVICE, json_str(object, "metadata", "namespace", NULL),
                      json_at(object, "metadata", "labels", NULL), enqueue_entry);
}

/* Who might adopt the pod now. */
static void enqueue_selecting_sets(struct cluster *c, const json_t *object) {
    const char *ns = json_str(object, "metadata", "namespace", NULL);
    const json_t *labels = json_at(object, "metadata", "labels", NULL);
    cluster_selecting(c, WORK_REPLICASET, ns, labels, enqueue_entry);
    cluster_selecting(c, WORK_REPLICATIONCONTROLLER, ns, labels, enqueue_entry);
}

static bool refiling_needed(const json_t *object, const json_t *old) {
    return !old ||
           !json_equal(json_at(object, "metadata", "labels", NULL),
                       json_at(old, "metadata", "labels", NULL)) ||
           !json_equal(json_at(object, "metadata", "ownerReferences", NULL),
                       json_at(old, "metadata", "ownerReferences", NULL)) ||
           !str_eq(json_str(object, "spec", "nodeName", NULL),
                   json_str(old, "spec", "nodeName", NULL)) ||
           !str_eq(json_str(object, "status", "phase", NULL),
                   json_str(old, "status", "phase", NULL)) ||
           !str_eq(json_str(object, "status", "podIP", NULL),
                   json_str(old, "status", "podIP", NULL));
}

void pod_observe(struct cluster *c, enum apiserver_event event, const json_t *object,
                 const json_t *old) {
    struct pod *p = pod_find(c, json_str(object, "metadata", "namespace", NULL),
                             json_str(object, "metadata", "name", NULL));
    bool relabelled = old && !json_equal(json_at(object, "metadata", "labels", NULL),
                                         json_at(old, "metadata", "labels", NULL));
    if (relabelled)
        enqueue_dependents(c, old);
    enqueue_dependents(c, object);
    if (event == APISERVER_DELETED) {
        if (p)
            retire(p);
        return;
    }
    if (p && !str_eq(p->uid, json_str(object, "metadata", "uid", NULL))) {
        retire(p);
        p = NULL;
    }
    bool fresh = !p;
    if (fresh && !cluster_controller_of(object, NULL, NULL, NULL))
        enqueue_selecting_sets(c, object);
    if (!p)
        p = pod_new(c, object);
    mirror(p, object);
    p->relabelled = p->relabelled || relabelled;
    if (relabelled)
        enqueue_selecting_sets(c, object);
    if (fresh || refiling_needed(object, old))
        file_pod(p, object);
    pod_enqueue(p);
}

void pod_bury_dead(struct cluster *c) {
    while (c->dead) {
        struct pod *p = c->dead;
        c->dead = p->next_dead;
        if (p->told_ready && c->ops && c->ops->pod_gone)
            c->ops->pod_gone(c->ops->self, p->ns, p->name);
        struct node *n = p->node ? node_find(c, p->node) : NULL;
        if (n && p->ip)
            node_give_address(n, p->ip);
        pod_free(p);
    }
}

void pod_release_all(struct cluster *c) {
    size_t at = 0;
    for (struct pod *p; (p = map_next(&c->entries[WORK_POD], &at));)
        pod_free(p);
    while (c->dead) {
        struct pod *p = c->dead;
        c->dead = p->next_dead;
        pod_free(p);
    }
}

/* Scheduling. */

static bool claims_bound(struct pod *p, const json_t *object, char **ret_why) {
    size_t i;
    json_t *volume;
    json_array_foreach(json_at(object, "spec", "volumes", NULL), i, volume) {
        const char *claim = json_str(volume, "persistentVolumeClaim", "claimName", NULL);
        if (!claim)
            continue;
        const json_t *found = cluster_peek(p->c, WORK_CLAIM, p->ns, claim);
        if (str_eq(json_str(found, "status", "phase", NULL), "Bound"))
            continue;
        *ret_why = found ? xasprintf("[SchedulerPredicates failed due to PersistentVolumeClaim is "
                                     "not bound: \"%s\", which is unexpected.]",
                                     claim)
                         : xasprintf("[SchedulerPredicates failed due to persistentvolumeclaims "
                                     "\"%s\" not found, which is unexpected.]",
                                     claim);
        return false;
    }
    return true;
}

static void say_unschedulable(struct pod *p, const json_t *object, const char *why) {
    char now[32];
    const char *before = json_str(object, "status", "conditions", "[0]", "message", NULL);
    if (str_eq(before, why))
        return;
    event_record(p->c, WORK_POD, object, "default-scheduler", NULL, true, "FailedScheduling", "%s",
                 why);
    json_t *condition =
        json_pack("{s:s,s:s,s:n,s:s,s:s,s:s}", "type", "PodScheduled", "status", "False",
                  "lastProbeTime", "lastTransitionTime", cluster_now_text(p->c, now), "reason",
                  "Unschedulable", "message", why);
    (void)cluster_put_status(p->c, WORK_POD, p->ns, p->name,
                             json_pack("{s:s,s:[o]}", "phase", "Pending", "conditions", condition));
}

static void bind_to(struct pod *p, const struct node *n) {
    json_t *binding =
        json_pack("{s:s,s:s,s:{s:s},s:{s:s,s:s}}", "apiVersion", "v1", "kind", "Binding",
                  "metadata", "name", p->name, "target", "kind", "Node", "name", n->name);
    int status = cluster_call(p->c, "POST", WORK_POD, p->ns, p->name, "binding", binding, NULL);
    if (status == 404 || status == 405)
        status = cluster_call(p->c, "PATCH", WORK_POD, p->ns, p->name, NULL,
                              json_pack("{s:{s:s}}", "spec", "nodeName", n->name), NULL);
    const json_t *object = pod_object(p);
    if (status < 300 && object)
        event_record(p->c, WORK_POD, object, "default-scheduler", NULL, false, "Scheduled",
                     "Successfully assigned %s to %s", p->name, n->name);
}

static void schedule(struct pod *p, const json_t *object) {
    CLEANUP(str_freep) char *why = NULL;
    if (!claims_bound(p, object, &why)) {
        say_unschedulable(p, object, why);
        return;
    }
    const struct node *n = node_pick(p->c, object, &why);
    if (n)
        bind_to(p, n);
    else
        say_unschedulable(p, object, why);
}

/* Life. */

static void publish(struct pod *p) {
    const json_t *object = pod_object(p);
    if (object)
        (void)cluster_put_status(p->c, WORK_POD, p->ns, p->name, pod_status_new(p, object));
}

static void tell_world(struct pod *p) {
    const struct cluster_ops *ops = p->c->ops;
    bool ready = p->ready && !p->c->down;
    if (ready == p->told_ready)
        return;
    p->told_ready = ready;
    if (ready && ops && ops->pod_ready)
        ops->pod_ready(ops->self, pod_object(p));
    if (!ready && ops && ops->pod_gone)
        ops->pod_gone(ops->self, p->ns, p->name);
}

/* The secret or config map of a volume that is not there, as "secrets \"x\" not found"; owned. */
static char *missing_volume(struct pod *p, const json_t *object, const char **ret_volume) {
    size_t i;
    json_t *volume;
    json_array_foreach(json_at(object, "spec", "volumes", NULL), i, volume) {
        const char *secret = json_str(volume, "secret", "secretName", NULL);
        const char *map = json_str(volume, "configMap", "name", NULL);
        *ret_volume = json_str(volume, "name", NULL);
        if (secret && !json_flag(volume, "secret", "optional", NULL) &&
            !cluster_peek(p->c, WORK_SECRET, p->ns, secret))
            return xasprintf("secrets \"%s\" not found", secret);
        if (map && !json_flag(volume, "configMap", "optional", NULL) &&
            !apiserver_peek(p->c->api, "", "configmaps", p->ns, map))
            return xasprintf("configmaps \"%s\" not found", map);
    }
    return NULL;
}

static void on_start(void *self) {
    struct pod *p = self;
    const json_t *object = pod_object(p);
    if (!object || p->stage != POD_STARTING || p->c->down)
        return;
    const char *volume;
    CLEANUP(str_freep) char *missing = missing_volume(p, object, &volume);
    if (missing) {
        event_record(p->c, WORK_POD, object, "kubelet", p->node, true, "FailedMount",
                     "MountVolume.SetUp failed for volume \"%s\" : %s", volume, missing);
        sched_start(p->c->sched, &p->timer, MOUNT_RETRY_MS, on_start, p);
        return;
    }
    struct node *n = node_find(p->c, p->node);
    if (n && !p->ip)
        p->ip = json_flag(object, "spec", "hostNetwork", NULL) ? xstrdup(n->address)
                                                               : node_take_address(p->c, n);
    p->stage = POD_RUNNING;
    for (size_t i = 0; i < p->container_count; i++)
        container_start(&p->containers[i]);
    publish(p);
}

static void begin(struct pod *p, const json_t *object) {
    const json_t *specs = json_at(object, "spec", "containers", NULL);
    p->stage = POD_STARTING;
    p->scheduled_ms = p->started_ms = cluster_wall_ms(p->c);
    p->container_count = json_array_size(specs);
    p->containers = xcalloc(p->container_count + 1, sizeof(*p->containers));
    for (size_t i = 0; i < p->container_count; i++)
        container_init(&p->containers[i], p, json_array_get(specs, i));
    publish(p);
    sched_start(p->c->sched, &p->timer, p->c->pod_start_ms, on_start, p);
}

static void delete_now(void *self) {
    struct pod *p = self;
    json_t *options = json_pack("{s:s,s:s,s:i,s:{s:s}}", "kind", "DeleteOptions", "apiVersion",
                                "v1", "gracePeriodSeconds", 0, "preconditions", "uid", p->uid);
    (void)cluster_call(p->c, "DELETE", WORK_POD, p->ns, p->name, NULL, options, NULL);
}

static void on_stopped(void *self) {
    struct pod *p = self;
    for (size_t i = 0; i < p->container_count; i++)
        container_stop(&p->containers[i]);
    delete_now(p);
}

static void terminate(struct pod *p, const json_t *object) {
    int64_t grace = json_int(object, 30, "metadata", "deletionGracePeriodSeconds", NULL) * 1000;
    bool runs = p->stage == POD_RUNNING && !p->finished;
    p->stage = POD_TERMINATING;
    int64_t longest = 0;
    for (size_t i = 0; runs && i < p->container_count; i++) {
        const struct container *k = &p->containers[i];
        int64_t ms = container_stop_ms(k, grace);
        if (k->state == CONTAINER_RUNNING)
            event_record(p->c, WORK_POD, object, "kubelet", p->node, false, "Killing",
                         "Killing container with id docker://%s:Need to kill Pod", k->name);
        if (k->state == CONTAINER_RUNNING && ms > longest)
            longest = ms;
    }
    sched_start(p->c->sched, &p->timer, longest, on_stopped, p);
}

void pod_container_changed(struct pod *p) {
    if (p->stage == POD_RUNNING)
        publish(p);
}

static void finish_when_done(struct pod *p) {
    if (p->stage == POD_RUNNING && p->finished)
        p->stage = POD_FINISHED;
}

void pod_reconcile(struct cluster *c, const char *ns, const char *name) {
    pod_bury_dead(c);
    struct pod *p = pod_find(c, ns, name);
    const json_t *object = p ? pod_object(p) : NULL;
    if (!object)
        return;
    tell_world(p);
    object = pod_object(p);
    if (!object)
        return;
    finish_when_done(p);
    if (p->deleting && p->stage != POD_TERMINATING)
        terminate(p, object);
    else if (!p->deleting && !p->node)
        schedule(p, object);
    else if (!p->deleting && p->stage == POD_NEW && !p->finished && node_find(c, p->node))
        begin(p, object);
}

void pod_follow_down(struct cluster *c) {
    size_t at = 0;
    for (struct pod *p; (p = map_next(&c->entries[WORK_POD], &at));) {
        if (p->stage == POD_STARTING && !c->down)
            sched_start(c->sched, &p->timer, c->pod_start_ms, on_start, p);
        if (p->stage == POD_RUNNING)
            publish(p);
        pod_enqueue(p);
    }
}
