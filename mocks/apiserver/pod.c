/* What reaches into a running pod: which pod and container are meant; remote.c does the rest. */
#include "mocks/apiserver/subresource.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/apiserver/remote.h"
#include "mocks/apiserver/rest.h"

#define COMMAND_MAX 256

static const json_t *container_of(const json_t *pod, const char *name) {
    static const char *const lists[] = {"containers", "initContainers"};
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        const json_t *list = json_at(pod, "spec", lists[l], NULL);
        for (size_t i = 0; i < json_array_size(list); i++)
            if (str_eq(json_str(json_array_get(list, i), "name", NULL), name))
                return json_array_get(list, i);
    }
    return NULL;
}

/* "[a b]" */
static char *container_names(const json_t *pod) {
    const json_t *list = json_at(pod, "spec", "containers", NULL);
    struct buf b = BUF_INIT;
    buf_addc(&b, '[');
    for (size_t i = 0; i < json_array_size(list); i++)
        buf_addf(&b, "%s%s", i ? " " : "", json_str(json_array_get(list, i), "name", NULL));
    buf_addc(&b, ']');
    return buf_detach(&b);
}

/* The container that is asked for, or the only one (a port is the whole pod's: any will do); owned.
 * NULL: a says why not. */
static char *choose_container(struct request *q, const json_t *pod, struct answer *a) {
    char *name = request_query(q, "container");
    const json_t *list = json_at(pod, "spec", "containers", NULL);
    if (!name || !name[0]) {
        free(name);
        if (json_array_size(list) == 1 || str_eq(q->subresource, "portforward"))
            return xstrdup(json_str(list, "[0]", "name", NULL));
        CLEANUP(str_freep) char *names = container_names(pod);
        answer_bad_request(a, "a container name must be specified for pod %s, choose one of: %s",
                           q->name, names);
        return NULL;
    }
    if (!container_of(pod, name)) {
        answer_bad_request(a, "container %s is not valid for pod %s", name, q->name);
        free(name);
        return NULL;
    }
    return name;
}

/* The answer of a server that finds nobody at the kubelet's port. */
static void no_kubelet(struct request *q, const json_t *pod, const char *container,
                       struct answer *a) {
    const char *node = json_str(pod, "spec", "nodeName", NULL);
    bool log = str_eq(q->subresource, "log");
    answer_status(a, 500, "InternalError",
                  "%s https://%s:10250/%s/%s/%s/%s: dial tcp %s:10250: getsockopt: connection "
                  "refused",
                  log ? "Get" : "error dialing backend: dial", node,
                  log ? "containerLogs" : q->subresource, q->ns, q->name, container, node);
}

static void read_command(struct request *q, struct kubelet_request *r,
                         char *command[COMMAND_MAX + 1]) {
    size_t n = 0;
    while (n < COMMAND_MAX && (command[n] = http_query_get_nth(q->query, "command", n)))
        n++;
    command[n] = NULL;
    r->command = (const char *const *)command;
    r->command_len = n;
    r->wants_stdin = request_query_true(q, "stdin");
    r->wants_stdout = request_query_true(q, "stdout");
    r->wants_stderr = request_query_true(q, "stderr");
    r->tty = request_query_true(q, "tty");
    if (!r->wants_stdin && !r->wants_stdout && !r->wants_stderr)
        r->wants_stdout = r->wants_stderr = true;
}

/* sinceTime, which is a time and not given together with sinceSeconds. */
static bool read_since(struct request *q, struct kubelet_request *r, struct answer *a) {
    CLEANUP(str_freep) char *text = request_query(q, "sinceTime");
    if (!text || !text[0])
        return true;
    r->since_ms = clock_parse_utc(text);
    if (r->since_ms >= 0 && r->since_seconds < 0)
        return true;
    if (r->since_ms < 0)
        answer_bad_request(a,
                           "parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
                           "\"%s\" as \"2006\"",
                           text, text);
    else
        answer_status(a, 422, "Invalid",
                      "PodLogOptions \"%s\" is invalid: : Forbidden: at most one of `sinceTime` or "
                      "`sinceSeconds` may be specified",
                      q->name);
    return false;
}

static bool read_log_options(struct request *q, struct kubelet_request *r, struct answer *a) {
    static const char *const names[] = {"tailLines", "limitBytes", "sinceSeconds"};
    int64_t *const into[] = {&r->tail_lines, &r->limit_bytes, &r->since_seconds};
    r->follow = request_query_true(q, "follow");
    r->previous = request_query_true(q, "previous");
    r->timestamps = request_query_true(q, "timestamps");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(str_freep) char *text = request_query(q, names[i]);
        *into[i] = -1;
        if (!text || str_to_int(text, i ? 1 : 0, INT64_MAX, into[i]))
            continue;
        answer_status(
            a, 422, "Invalid",
            "PodLogOptions \"%s\" is invalid: %s: Invalid value: %s: must be greater than "
            "%s0",
            q->name, names[i], text, i ? "" : "or equal to ");
        return false;
    }
    return read_since(q, r, a);
}

static void run(struct request *q, const json_t *pod, const char *container, struct answer *a) {
    const char *sub = q->subresource;
    char *command[COMMAND_MAX + 1] = {NULL};
    struct remote_options o = {.kubelet = q->server->o.kubelet,
                               .no_websocket_v5 = !request_has(q, FEATURE_WEBSOCKET_V5),
                               .request = {.pod = pod,
                                           .container = container,
                                           .tail_lines = -1,
                                           .limit_bytes = -1,
                                           .since_seconds = -1}};
    o.request.action = str_eq(sub, "exec")     ? KUBELET_EXEC
                       : str_eq(sub, "attach") ? KUBELET_ATTACH
                       : str_eq(sub, "log")    ? KUBELET_LOG
                                               : KUBELET_PORT_FORWARD;
    if (o.request.action == KUBELET_LOG && !read_log_options(q, &o.request, a))
        return;
    if (o.request.action == KUBELET_EXEC || o.request.action == KUBELET_ATTACH)
        read_command(q, &o.request, command);
    a->deferred = true;
    a->status = o.request.action == KUBELET_LOG ? 200 : 101;
    if (o.request.action == KUBELET_LOG)
        remote_log(&o, q->exchange);
    else
        remote_handle(&o, q->exchange);
    for (size_t i = 0; command[i]; i++)
        free(command[i]);
}

bool pod_is_served(const char *subresource) {
    return str_eq(subresource, "exec") || str_eq(subresource, "attach") ||
           str_eq(subresource, "portforward") || str_eq(subresource, "log");
}

void pod_serve(struct request *q, struct answer *a) {
    bool log = str_eq(q->subresource, "log"), post = str_eq(q->method, "POST");
    if (!str_eq(q->method, "GET") && (log || !post)) {
        answer_method_not_allowed(a);
        return;
    }
    struct object *o = rest_find(q, a);
    if (!o)
        return;
    const char *node = json_str(o->json, "spec", "nodeName", NULL);
    const char *phase = json_str(o->json, "status", "phase", NULL);
    CLEANUP(str_freep) char *container = choose_container(q, o->json, a);
    if (!container)
        return;
    if (!node || !node[0])
        answer_bad_request(a, "pod %s does not have a host assigned", q->name);
    else if (!log && (str_eq(phase, "Succeeded") || str_eq(phase, "Failed")))
        answer_bad_request(a,
                           "cannot exec into a container in a completed pod; current phase is "
                           "%s",
                           phase);
    else if (!q->server->o.kubelet || !q->exchange)
        no_kubelet(q, o->json, container, a);
    else
        run(q, o->json, container, a);
}
