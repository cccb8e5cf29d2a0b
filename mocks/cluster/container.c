#include "mocks/cluster/container.h"

#include "mocks/cluster/event.h"
#include "mocks/cluster/files.h"
#include "mocks/cluster/kubelet_streams.h"
#include "mocks/cluster/pod.h"
#include "mocks/cluster/process.h"

#define CRASH_BACKOFF_MS 10000
#define CRASH_BACKOFF_MAX_MS 300000
#define PULL_RETRY_MS 20000
#define DAEMON_STOP_MS 1000

static void start_again(void *self);

void container_init(struct container *k, struct pod *p, const json_t *spec) {
    const char *name = json_str(spec, "name", NULL), *image = json_str(spec, "image", NULL);
    k->pod = p;
    k->name = xstrdup(name ? name : "");
    k->image = xstrdup(image ? image : "");
    k->kind = image_find(k->image);
    k->reason = "ContainerCreating";
}

static void end_processes(struct container *k) {
    k->main = NULL;
    kubelet_end_streams(k);
    while (k->running)
        process_kill(k->running);
}

void container_release(struct container *k) {
    sched_stop(k->pod->c->sched, &k->timer);
    end_processes(k);
    log_release(&k->log);
    log_release(&k->previous_log);
    files_free(k->files);
    free(k->name);
    free(k->image);
    free(k->id);
    free(k->message);
    free(k->last.id);
}

const json_t *container_spec(const struct container *k) {
    size_t i;
    json_t *spec;
    json_array_foreach(json_at(pod_object(k->pod), "spec", "containers", NULL), i, spec) {
        if (str_eq(json_str(spec, "name", NULL), k->name))
            return spec;
    }
    return NULL;
}

int64_t container_stop_ms(const struct container *k, int64_t grace_ms) {
    if (k->state != CONTAINER_RUNNING)
        return 0;
    /* A shell or sleep as process 1 ignores SIGTERM and is killed when the grace is over. */
    return k->main || grace_ms < DAEMON_STOP_MS ? grace_ms : DAEMON_STOP_MS;
}

static void fail_pull(struct container *k, const json_t *object, enum image_fault fault) {
    struct pod *p = k->pod;
    free(k->message);
    k->state = CONTAINER_WAITING;
    if (fault == IMAGE_NAME_INVALID) {
        k->reason = "InvalidImageName";
        k->message = xasprintf("Failed to apply default image tag \"%s\": couldn't parse image "
                               "reference \"%s\": invalid reference format",
                               k->image, k->image);
        event_record(p->c, WORK_POD, object, "kubelet", p->node, true, "InspectFailed", "%s",
                     k->message);
        return;
    }
    bool again = str_eq(k->reason, "ErrImagePull") || str_eq(k->reason, "ImagePullBackOff");
    event_record(p->c, WORK_POD, object, "kubelet", p->node, false, "Pulling",
                 "pulling image \"%s\"", k->image);
    event_record(
        p->c, WORK_POD, object, "kubelet", p->node, true, "Failed",
        "Failed to pull image \"%s\": rpc error: code = 2 desc = Error: image %s not found",
        k->image, k->image);
    k->reason = again ? "ImagePullBackOff" : "ErrImagePull";
    k->message = again
                     ? xasprintf("Back-off pulling image \"%s\"", k->image)
                     : xasprintf("rpc error: code = 2 desc = Error: image %s not found", k->image);
    sched_start(p->c->sched, &k->timer, again ? 5 * PULL_RETRY_MS : PULL_RETRY_MS, start_again, k);
}

static void start_again(void *self) {
    struct container *k = self;
    container_start(k);
    pod_container_changed(k->pod);
}

static void become_ready(void *self) {
    struct container *k = self;
    k->ready = k->state == CONTAINER_RUNNING;
    pod_container_changed(k->pod);
}

void container_write(struct container *k, int fd, const void *data, size_t len) {
    log_write(&k->log, fd, data, len, cluster_wall_ms(k->pod->c));
    kubelet_attached_output(k, fd, data, len);
}

static void on_main_output(void *self, int fd, const void *data, size_t len) {
    container_write(self, fd, data, len);
}

static int64_t backoff_ms(const struct container *k) {
    int64_t ms = CRASH_BACKOFF_MS;
    for (int i = 2; i < k->crashes && ms < CRASH_BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < CRASH_BACKOFF_MAX_MS ? ms : CRASH_BACKOFF_MAX_MS;
}

static void remember_last(struct container *k) {
    free(k->last.id);
    k->last.there = true;
    k->last.exit_code = k->exit_code;
    k->last.reason = k->reason;
    k->last.started_ms = k->started_ms;
    k->last.finished_ms = k->finished_ms;
    k->last.id = k->id ? xstrdup(k->id) : NULL;
    log_release(&k->previous_log);
    k->previous_log = k->log;
    k->log = (struct log){0};
}

/*
 * Once at once, then with CrashLoopBackOff in between; one that ran for twice the longest of these
 * is taken for well again (client-go util/flowcontrol/backoff.go, hasExpired).
 */
static void restart_later(struct container *k, const json_t *object) {
    struct pod *p = k->pod;
    if (sched_now_ms(p->c->sched) - k->begun_ms > 2 * CRASH_BACKOFF_MAX_MS)
        k->crashes = 0;
    if (k->crashes++ == 0) {
        sched_start(p->c->sched, &k->timer, 1000, start_again, k);
        return;
    }
    int64_t wait_ms = backoff_ms(k);
    remember_last(k);
    event_record(p->c, WORK_POD, object, "kubelet", p->node, true, "BackOff",
                 "Back-off restarting failed container");
    k->state = CONTAINER_WAITING;
    k->reason = "CrashLoopBackOff";
    free(k->message);
    k->message = xasprintf("Back-off %ds restarting failed container=%s pod=%s_%s(%s)",
                           (int)(wait_ms / 1000), k->name, p->name, p->ns, p->uid);
    sched_start(p->c->sched, &k->timer, wait_ms, start_again, k);
}

static void ended(struct container *k, int code) {
    struct pod *p = k->pod;
    k->main = NULL;
    end_processes(k);
    log_flush(&k->log, cluster_wall_ms(p->c));
    k->state = CONTAINER_TERMINATED;
    k->ready = false;
    k->exit_code = code;
    k->reason = code == 0 ? "Completed" : "Error";
    k->finished_ms = cluster_wall_ms(p->c);
    const json_t *object = pod_object(p);
    if (!object || p->stage != POD_RUNNING || p->c->down)
        return;
    const char *policy = json_str(object, "spec", "restartPolicy", NULL);
    if (!policy || str_eq(policy, "Always") || (code != 0 && str_eq(policy, "OnFailure")))
        restart_later(k, object);
    pod_container_changed(p);
}

static void on_main_exited(void *self, int code) {
    struct container *k = self;
    ended(k, code);
}

/* The command that runs: command and args of the spec over what the image has. Borrowed strings;
 * the array is owned. ret_count 0: a daemon. */
static const char **command_of(const struct container *k, const json_t *spec, size_t *ret_count) {
    const json_t *command = json_object_get(spec, "command"), *args = json_object_get(spec, "args");
    size_t count = json_array_size(command) + json_array_size(args);
    const char **argv = xcalloc(count + 2, sizeof(*argv));
    size_t n = 0, i;
    json_t *word;
    if (!json_array_size(command) && !json_array_size(args) && k->kind->command)
        argv[n++] = k->kind->command;
    json_array_foreach(command, i, word) argv[n++] = json_string_value(word);
    json_array_foreach(args, i, word) {
        if (n || k->kind->tools == IMAGE_TOOLS_BUSYBOX)
            argv[n++] = json_string_value(word);
    }
    *ret_count = n;
    return argv;
}

static bool cannot_run(struct container *k, const json_t *object, const char *program) {
    if (process_can_run(k, program) || k->kind->tools == IMAGE_TOOLS_ANY || k->kind->http_body)
        return false;
    struct pod *p = k->pod;
    free(k->message);
    k->message = xasprintf("oci runtime error: container_linux.go:247: starting container process "
                           "caused \"exec: \\\"%s\\\": executable file not found in $PATH\"\n",
                           program);
    k->state = CONTAINER_WAITING;
    k->reason = "RunContainerError";
    event_record(p->c, WORK_POD, object, "kubelet", p->node, true, "Failed",
                 "Error: failed to start container \"%s\": %s", k->name, k->message);
    sched_start(p->c->sched, &k->timer, CRASH_BACKOFF_MS, start_again, k);
    return true;
}

static void run_main(struct container *k, const json_t *spec) {
    size_t argc = 0;
    const char **argv = command_of(k, spec, &argc);
    const struct process_sink sink = {on_main_output, on_main_exited, k};
    const struct process_options o = {.argv = argv,
                                      .argc = argc,
                                      .has_stdin = json_flag(spec, "stdin", NULL),
                                      .tty = json_flag(spec, "tty", NULL)};
    if (argc && process_can_run(k, argv[0]))
        k->main = process_start(k, &o, &sink);
    free(argv);
}

static void new_id(struct container *k) {
    struct buf id = BUF_INIT;
    for (int i = 0; i < 8; i++)
        buf_addf(&id, "%08x", rng_u32(&k->pod->c->rng));
    free(k->id);
    k->id = buf_detach(&id);
}

void container_start(struct container *k) {
    struct pod *p = k->pod;
    const json_t *object = pod_object(p), *spec = container_spec(k);
    if (!spec || p->deleting)
        return;
    enum image_fault fault = image_check(k->image);
    if (fault != IMAGE_OK) {
        fail_pull(k, object, fault);
        return;
    }
    size_t argc = 0;
    const char **argv = command_of(k, spec, &argc);
    CLEANUP(str_freep) char *program = argc && argv[0] ? xstrdup(argv[0]) : NULL;
    free(argv);
    if (program && cannot_run(k, object, program))
        return;
    if (k->id) {
        if (k->state == CONTAINER_TERMINATED)
            remember_last(k);
        k->restarts++;
    }
    new_id(k);
    k->state = CONTAINER_RUNNING;
    k->started_ms = cluster_wall_ms(p->c);
    k->begun_ms = sched_now_ms(p->c->sched);
    event_record(p->c, WORK_POD, object, "kubelet", p->node, false, "Pulled",
                 "Container image \"%s\" already present on machine", k->image);
    event_record(p->c, WORK_POD, object, "kubelet", p->node, false, "Created",
                 "Created container with id %s", k->id);
    event_record(p->c, WORK_POD, object, "kubelet", p->node, false, "Started",
                 "Started container with id %s", k->id);
    spec = container_spec(k);
    if (!spec)
        return;
    int64_t delay_s = json_int(spec, 0, "readinessProbe", "initialDelaySeconds", NULL);
    k->ready = delay_s <= 0;
    if (!k->ready)
        sched_start(p->c->sched, &k->timer, delay_s * 1000, become_ready, k);
    run_main(k, spec);
}

void container_stop(struct container *k) {
    if (k->state != CONTAINER_RUNNING)
        return;
    bool killed = k->main != NULL;
    sched_stop(k->pod->c->sched, &k->timer);
    end_processes(k);
    k->state = CONTAINER_TERMINATED;
    k->ready = false;
    k->exit_code = killed ? 137 : 0;
    k->reason = killed ? "Error" : "Completed";
    k->finished_ms = cluster_wall_ms(k->pod->c);
}
