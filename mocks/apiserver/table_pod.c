/* The cells of a pod: what kubectl shows as STATUS is worked out from its containers. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/table_cells.h"

#include <string.h>

struct pod_look {
    char reason[256];
    int ready;
    long long restarts;
};

/* "Error", or "Signal:9", or "ExitCode:1" of a state that has ended. */
static void terminated_reason(struct pod_look *look, const json_t *terminated, const char *prefix) {
    const char *reason = json_str(terminated, "reason", NULL);
    long long signal = json_int(terminated, 0, "signal", NULL);
    long long code = json_int(terminated, 0, "exitCode", NULL);
    if (reason && *reason)
        snprintf(look->reason, sizeof(look->reason), "%s%s", prefix, reason);
    else if (signal)
        snprintf(look->reason, sizeof(look->reason), "%sSignal:%lld", prefix, signal);
    else
        snprintf(look->reason, sizeof(look->reason), "%sExitCode:%lld", prefix, code);
}

/* Whether an init container is still in the way of the others. */
static bool look_at_init(struct pod_look *look, const json_t *o) {
    const json_t *statuses = json_at(o, "status", "initContainerStatuses", NULL);
    for (size_t i = 0; i < json_array_size(statuses); i++) {
        const json_t *status = json_array_get(statuses, i);
        const json_t *ended = json_at(status, "state", "terminated", NULL);
        const char *waiting = json_str(status, "state", "waiting", "reason", NULL);
        look->restarts += json_int(status, 0, "restartCount", NULL);
        if (ended && json_int(ended, 0, "exitCode", NULL) == 0)
            continue;
        if (ended)
            terminated_reason(look, ended, "Init:");
        else if (waiting && *waiting && !str_eq(waiting, "PodInitializing"))
            snprintf(look->reason, sizeof(look->reason), "Init:%s", waiting);
        else
            snprintf(look->reason, sizeof(look->reason), "Init:%zu/%zu", i,
                     json_array_size(json_at(o, "spec", "initContainers", NULL)));
        return true;
    }
    return false;
}

static void look_at_containers(struct pod_look *look, const json_t *o) {
    const json_t *statuses = json_at(o, "status", "containerStatuses", NULL);
    bool running = false;
    look->restarts = 0;
    for (size_t i = json_array_size(statuses); i-- > 0;) {
        const json_t *status = json_array_get(statuses, i);
        const char *waiting = json_str(status, "state", "waiting", "reason", NULL);
        const json_t *ended = json_at(status, "state", "terminated", NULL);
        look->restarts += json_int(status, 0, "restartCount", NULL);
        if (waiting && *waiting) {
            snprintf(look->reason, sizeof(look->reason), "%s", waiting);
        } else if (ended) {
            terminated_reason(look, ended, "");
        } else if (json_flag(status, "ready", NULL) && json_at(status, "state", "running", NULL)) {
            running = true;
            look->ready++;
        }
    }
    /* One container may have completed while another still runs. */
    if (running && str_eq(look->reason, "Completed"))
        snprintf(look->reason, sizeof(look->reason), "Running");
}

static struct pod_look look_at(const json_t *o) {
    struct pod_look look = {0};
    const char *phase = json_str(o, "status", "phase", NULL);
    const char *reason = json_str(o, "status", "reason", NULL);
    snprintf(look.reason, sizeof(look.reason), "%s",
             reason && *reason ? reason
             : phase           ? phase
                               : "");
    if (!look_at_init(&look, o))
        look_at_containers(&look, o);
    if (json_str(o, "metadata", "deletionTimestamp", NULL))
        snprintf(look.reason, sizeof(look.reason), "%s",
                 str_eq(reason, "NodeLost") ? "Unknown" : "Terminating");
    return look;
}

TABLE_CELL(pod_ready) {
    (void)path;
    (void)now_ms;
    return json_sprintf("%d/%d", look_at(o).ready,
                        (int)json_array_size(json_at(o, "spec", "containers", NULL)));
}

TABLE_CELL(pod_status) {
    (void)path;
    (void)now_ms;
    struct pod_look look = look_at(o);
    json_t *text = json_string(look.reason);
    return text ? text : json_string(""); /* cut within a character */
}

TABLE_CELL(pod_restarts) {
    (void)path;
    (void)now_ms;
    return json_integer(look_at(o).restarts);
}
