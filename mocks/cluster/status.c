/* A pod's status, as its kubelet reports it. */
#include "mocks/cluster/node.h"
#include "mocks/cluster/pod.h"

#include "harness/core/clock.h"

static json_t *time_new(int64_t wall_ms) {
    char text[CLOCK_TEXT_SIZE];
    return wall_ms ? json_string(clock_format_utc(wall_ms, text)) : json_null();
}

static json_t *condition(const char *type, bool is_true, int64_t since_ms, const char *reason,
                         const char *message) {
    json_t *o = json_pack("{s:s,s:s,s:n,s:o}", "type", type, "status", is_true ? "True" : "False",
                          "lastProbeTime", "lastTransitionTime", time_new(since_ms));
    if (reason)
        json_set_str(o, "reason", reason);
    if (message)
        json_set_str(o, "message", message);
    return o;
}

static json_t *terminated(int exit_code, const char *reason, int64_t started_ms,
                          int64_t finished_ms, const char *id) {
    CLEANUP(str_freep) char *container_id = xasprintf("docker://%s", id ? id : "");
    return json_pack("{s:{s:i,s:s?,s:o,s:o,s:s}}", "terminated", "exitCode", exit_code, "reason",
                     reason, "startedAt", time_new(started_ms), "finishedAt", time_new(finished_ms),
                     "containerID", container_id);
}

static json_t *state_new(const struct container *k) {
    switch (k->state) {
    case CONTAINER_WAITING:
        return json_pack("{s:{s:s,s:s*}}", "waiting", "reason",
                         k->reason ? k->reason : "ContainerCreating", "message", k->message);
    case CONTAINER_RUNNING:
        return json_pack("{s:{s:o}}", "running", "startedAt", time_new(k->started_ms));
    case CONTAINER_TERMINATED:
        return terminated(k->exit_code, k->reason, k->started_ms, k->finished_ms, k->id);
    }
    return json_object();
}

static json_t *container_status_new(const struct container *k, bool ready) {
    json_t *last = k->last.there ? terminated(k->last.exit_code, k->last.reason, k->last.started_ms,
                                              k->last.finished_ms, k->last.id)
                                 : json_object();
    CLEANUP(str_freep) char *id = k->id ? xasprintf("docker://%s", k->id) : NULL;
    CLEANUP(str_freep) char *image_id = k->id ? xasprintf("docker-pullable://%s", k->image) : NULL;
    json_t *o = json_pack("{s:s,s:o,s:o,s:b,s:i,s:s,s:s}", "name", k->name, "state", state_new(k),
                          "lastState", last, "ready", ready, "restartCount", k->restarts, "image",
                          k->image, "imageID", image_id ? image_id : "");
    if (id)
        json_set_str(o, "containerID", id);
    return o;
}

static json_t *init_statuses(const struct pod *p, const json_t *object) {
    size_t i;
    json_t *spec, *all = json_array();
    json_array_foreach(json_at(object, "spec", "initContainers", NULL), i, spec) {
        json_t *state = p->stage >= POD_RUNNING
                            ? terminated(0, "Completed", p->started_ms, p->started_ms, p->uid)
                            : json_pack("{s:{s:s}}", "waiting", "reason", "PodInitializing");
        const char *image = json_str(spec, "image", NULL);
        json_array_append_new(
            all, json_pack("{s:s?,s:o,s:{},s:b,s:i,s:s,s:s}", "name", json_str(spec, "name", NULL),
                           "state", state, "lastState", "ready", p->stage >= POD_RUNNING,
                           "restartCount", 0, "image", image ? image : "", "imageID", ""));
    }
    return all;
}

static const char *qos_class(const json_t *object) {
    bool any = false, guaranteed = true;
    size_t i;
    json_t *spec;
    json_array_foreach(json_at(object, "spec", "containers", NULL), i, spec) {
        const json_t *requests = json_at(spec, "resources", "requests", NULL);
        const json_t *limits = json_at(spec, "resources", "limits", NULL);
        any = any || json_object_size(requests) || json_object_size(limits);
        guaranteed = guaranteed && json_object_get(limits, "cpu") &&
                     json_object_get(limits, "memory") &&
                     (!requests || json_contains(limits, requests));
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

/* "nginx" or "a b": the containers that are not ready; owned, NULL when all are. */
static char *unready_names(const struct pod *p) {
    struct buf names = BUF_INIT;
    for (size_t i = 0; i < p->container_count; i++) {
        const struct container *k = &p->containers[i];
        if (k->state != CONTAINER_RUNNING || !k->ready)
            buf_addf(&names, "%s%s", names.len ? " " : "", k->name);
    }
    return names.len ? buf_detach(&names) : NULL;
}

/* Running until every container has ended for good. */
static const char *phase_of(const struct pod *p, const json_t *object) {
    const char *policy = json_str(object, "spec", "restartPolicy", NULL);
    bool always = !policy || str_eq(policy, "Always");
    bool failed = false, started = false;
    if (p->stage < POD_RUNNING)
        return "Pending";
    for (size_t i = 0; i < p->container_count; i++) {
        const struct container *k = &p->containers[i];
        started = started || k->id;
        if (k->state != CONTAINER_TERMINATED || always)
            return started || k->id ? "Running" : "Pending";
        if (k->exit_code != 0 && str_eq(policy, "OnFailure"))
            return "Running";
        failed = failed || k->exit_code != 0;
    }
    return failed ? "Failed" : "Succeeded";
}

static json_t *conditions_new(struct pod *p, const char *phase) {
    CLEANUP(str_freep) char *unready = unready_names(p);
    CLEANUP(str_freep)
    char *message = unready ? xasprintf("containers with unready status: [%s]", unready) : NULL;
    bool done = str_eq(phase, "Succeeded") || str_eq(phase, "Failed");
    bool ready = !unready && p->stage == POD_RUNNING && !p->c->down && !done;
    if (ready != p->ready || !p->ready_changed_ms)
        p->ready_changed_ms = cluster_wall_ms(p->c);
    const char *reason = ready || p->c->down          ? NULL
                         : str_eq(phase, "Succeeded") ? "PodCompleted"
                                                      : "ContainersNotReady";
    return json_pack("[o,o,o]", condition("Initialized", true, p->started_ms, NULL, NULL),
                     condition("Ready", ready, p->ready_changed_ms, reason,
                               reason && message && !done ? message : NULL),
                     condition("PodScheduled", true, p->scheduled_ms, NULL, NULL));
}

json_t *pod_status_new(struct pod *p, const json_t *object) {
    const char *phase = phase_of(p, object);
    const struct node *n = node_find(p->c, p->node);
    json_t *statuses = json_array();
    for (size_t i = 0; i < p->container_count; i++) {
        const struct container *k = &p->containers[i];
        json_array_append_new(statuses,
                              container_status_new(k, k->state == CONTAINER_RUNNING && k->ready));
    }
    json_t *status = json_pack("{s:s,s:o,s:o,s:o,s:s}", "phase", phase, "conditions",
                               conditions_new(p, phase), "startTime", time_new(p->started_ms),
                               "containerStatuses", statuses, "qosClass", qos_class(object));
    if (json_at(object, "spec", "initContainers", "[0]", NULL))
        json_object_set_new(status, "initContainerStatuses", init_statuses(p, object));
    if (n)
        json_set_str(status, "hostIP", n->address);
    if (p->ip)
        json_set_str(status, "podIP", p->ip);
    return status;
}
