/*
 * What the kubelet gives to the API server: exec, attach, logs, port-forward, each a stream that
 * hangs on its container and ends with it.
 */
#include "mocks/cluster/kubelet_streams.h"

#include "mocks/cluster/pod.h"
#include "mocks/cluster/pod_http.h"
#include "mocks/cluster/process.h"

#include "harness/core/clock.h"

#include <inttypes.h>
#include <strings.h>

#define REQUEST_MAX ((size_t)64 << 10)
#define DNS_REPLY_MAX ((size_t)2 + 65535)
/*
 * What a container runtime takes to start a program in a container. kubectl loses what comes to it
 * over a WebSocket before it has made its streams ("Unknown stream id 1, discarding message"), for
 * which it has this time: no runtime answers in the moment of the handshake.
 */
#define EXEC_START_MS 40

struct stream {
    struct cluster *c;
    struct container *container; /* NULL: it ended, the stream will too */
    struct stream *next, **prev; /* in the container's list, or in the cluster's of the ending */
    struct kubelet_sink sink;
    enum kubelet_action action;
    struct sched_timer timer;
    int code;
    const char *problem;     /* static */
    struct process *process; /* EXEC */
    bool wants_stdin, follow, timestamps, ends;
    bool busy, killed; /* in the sink's output; killed from within it */
    /* LOG */
    const struct log *log;
    uint64_t next_line;
    int64_t since_ms, bytes_left; /* -1: no limit */
    struct buf request;           /* PORT_FORWARD: what came and is not answered */
    uint16_t port;
    bool dns;        /* PORT_FORWARD: a DNS server is behind it */
    struct buf late; /* its answer that is not due yet */
};

static void link_to(struct stream *s, struct stream **list) {
    s->next = *list;
    s->prev = list;
    if (s->next)
        s->next->prev = &s->next;
    *list = s;
}

static void unlink_stream(struct stream *s) {
    *s->prev = s->next;
    if (s->next)
        s->next->prev = s->prev;
}

static void stream_free(struct stream *s) {
    sched_stop(s->c->sched, &s->timer);
    unlink_stream(s);
    if (s->process)
        process_kill(s->process);
    buf_release(&s->request);
    buf_release(&s->late);
    free(s);
}

static void end(void *self) {
    struct stream *s = self;
    struct kubelet_sink sink = s->sink;
    int code = s->code;
    const char *problem = s->problem;
    stream_free(s);
    sink.exited(sink.self, code, problem);
}

static void end_later(struct stream *s) {
    s->ends = true;
    sched_start(s->c->sched, &s->timer, 0, end, s);
}

/* Gives bytes to the client, who may go at that very moment: false, and s is freed. */
static bool give(struct stream *s, int fd, const void *data, size_t len) {
    s->busy = true;
    s->sink.output(s->sink.self, fd, data, len);
    s->busy = false;
    bool alive = !s->killed;
    if (!alive)
        stream_free(s);
    return alive;
}

/* Logs. */

static bool write_line(struct stream *s, const struct log_line *line) {
    struct buf b = BUF_INIT;
    char when[CLOCK_TEXT_SIZE];
    if (s->timestamps) {
        clock_format_utc_ms(line->wall_ms, when);
        buf_addf(&b, "%.*s000000Z ", (int)strcspn(when, "Z"), when);
    }
    buf_add(&b, line->text, line->len);
    size_t len = b.len;
    if (s->bytes_left >= 0 && (int64_t)len > s->bytes_left)
        len = (size_t)s->bytes_left;
    if (s->bytes_left >= 0)
        s->bytes_left -= (int64_t)len;
    bool alive = len == 0 || give(s, 1, b.data, len);
    buf_release(&b);
    return alive;
}

/* Hands on what the log has; false: the client went, s is freed. */
static bool write_lines(struct stream *s) {
    if (s->next_line < s->log->first)
        s->next_line = s->log->first;
    const struct log_line *line;
    while (s->bytes_left != 0 && (line = log_get(s->log, s->next_line))) {
        s->next_line++;
        if (line->wall_ms >= s->since_ms && !write_line(s, line))
            return false;
    }
    return true;
}

static void pump(void *self) {
    struct stream *s = self;
    if (!write_lines(s))
        return;
    bool more =
        s->follow && s->bytes_left != 0 && s->container && s->container->state == CONTAINER_RUNNING;
    if (!more)
        end_later(s);
}

static uint64_t first_line(const struct log *l, int64_t tail, int64_t since_ms) {
    uint64_t from = l->first, end_line = l->first + l->count;
    const struct log_line *line;
    while ((line = log_get(l, from)) && line->wall_ms < since_ms)
        from++;
    if (tail >= 0 && (uint64_t)tail < end_line - from)
        from = end_line - (uint64_t)tail;
    return from;
}

static int start_log(struct stream *s, const struct kubelet_request *r, struct err *err) {
    struct container *k = s->container;
    const char *pod = k->pod->name;
    if (r->previous && !k->last.there)
        return err_set(err, ERR_STATE,
                       "previous terminated container \"%s\" in pod \"%s\" not found", k->name,
                       pod);
    if (!r->previous && k->state == CONTAINER_WAITING && !k->id) {
        bool pulls = k->reason && strstr(k->reason, "Image") != NULL;
        return err_set(err, ERR_STATE, "container \"%s\" in pod \"%s\" is waiting to start: %s%s",
                       k->name, pod, pulls ? "trying and failing to pull image" : "",
                       pulls       ? ""
                       : k->reason ? k->reason
                                   : "ContainerCreating");
    }
    bool old = r->previous || (k->state == CONTAINER_WAITING && k->last.there);
    s->log = old ? &k->previous_log : &k->log;
    s->follow = r->follow && !old;
    s->timestamps = r->timestamps;
    s->bytes_left = r->limit_bytes >= 0 ? r->limit_bytes : -1;
    s->since_ms =
        r->since_seconds >= 0 ? cluster_wall_ms(s->c) - r->since_seconds * 1000 : r->since_ms;
    s->next_line = first_line(s->log, r->tail_lines, s->since_ms);
    sched_start(s->c->sched, &s->timer, 0, pump, s);
    return 0;
}

void kubelet_attached_output(struct container *k, int fd, const void *data, size_t len) {
    for (struct stream *s = k->streams, *next; s; s = next) {
        next = s->next;
        if (s->ends)
            continue;
        if (s->action == KUBELET_ATTACH)
            (void)give(s, fd, data, len);
        else if (s->action == KUBELET_LOG && s->follow && !sched_is_running(&s->timer))
            sched_start(s->c->sched, &s->timer, 0, pump, s);
    }
}

void kubelet_end_streams(struct container *k) {
    while (k->streams) {
        struct stream *s = k->streams;
        if (s->action == KUBELET_LOG && !s->ends && !write_lines(s))
            continue;
        if (s->process) {
            process_kill(s->process);
            s->process = NULL;
            s->code = 137;
        }
        unlink_stream(s);
        s->container = NULL;
        s->log = NULL;
        link_to(s, &k->pod->c->ending_streams);
        end_later(s);
    }
}

void kubelet_release(struct cluster *c) {
    while (c->ending_streams)
        end(c->ending_streams);
}

/* Exec. */

static void exec_output(void *self, int fd, const void *data, size_t len) {
    (void)give(self, fd, data, len);
}

static void exec_exited(void *self, int code) {
    struct stream *s = self;
    s->process = NULL;
    s->code = code;
    end(s);
}

static void say_not_found(void *self) {
    struct stream *s = self;
    if (give(s, 1, s->request.data, s->request.len))
        end_later(s);
}

static int start_exec(struct stream *s, const struct kubelet_request *r, struct err *err) {
    struct container *k = s->container;
    if (r->command_len == 0)
        return err_set(err, ERR_USAGE, "you must specify at least 1 command");
    if (!process_can_run(k, r->command[0])) {
        /* The runtime writes its complaint into the stream and exits with 126. */
        buf_addf(
            &s->request,
            "rpc error: code = 2 desc = oci runtime error: exec failed: "
            "container_linux.go:247: starting container process caused \"exec: \\\"%s\\\": %s\""
            "\n\r\n",
            r->command[0],
            strchr(r->command[0], '/') ? "no such file or directory"
                                       : "executable file not found in $PATH");
        s->code = 126;
        sched_start(s->c->sched, &s->timer, EXEC_START_MS, say_not_found, s);
        return 0;
    }
    const struct process_sink sink = {exec_output, exec_exited, s};
    const struct process_options o = {.argv = r->command,
                                      .argc = r->command_len,
                                      .has_stdin = r->wants_stdin,
                                      .tty = r->tty,
                                      .after_ms = EXEC_START_MS};
    s->process = process_start(k, &o, &sink);
    return 0;
}

/* Port-forward: HTTP/1.1 by hand, as far as the pod's server has it. */

static char *header(const char *head, const char *name) {
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            const char *value = line + 3 + len + strspn(line + 3 + len, " ");
            return xstrndup(value, strcspn(value, "\r\n"));
        }
    }
    return NULL;
}

/* Answers one whole request from the front of s->request; false: there is none yet. */
static bool answer_one(struct stream *s) {
    const char *blank = s->request.len ? strstr(s->request.data, "\r\n\r\n") : NULL;
    if (!blank)
        return false;
    CLEANUP(str_freep)
    char *head = xstrndup(s->request.data, (size_t)(blank - s->request.data) + 2);
    CLEANUP(str_freep) char *length = header(head, "Content-Length");
    CLEANUP(str_freep) char *agent = header(head, "User-Agent");
    CLEANUP(str_freep) char *connection = header(head, "Connection");
    int64_t body_len = 0;
    if (length)
        (void)str_to_int(length, 0, (int64_t)REQUEST_MAX, &body_len);
    size_t whole = (size_t)(blank - s->request.data) + 4 + (size_t)body_len;
    if (s->request.len < whole)
        return false;
    buf_consume(&s->request, whole);
    bool close = (connection && strcasecmp(connection, "close") == 0) || strstr(head, " HTTP/1.0");
    char *rest = head;
    const char *method = str_next(&rest, ' ');
    const char *path = rest ? str_next(&rest, ' ') : NULL;
    struct container *k = pod_http_server(s->container->pod, s->port);
    if (!path || !k) {
        end_later(s);
        return false;
    }
    const struct pod_http_request r = {
        .method = method, .path = path, .agent = agent, .remote = "127.0.0.1"};
    struct buf body = BUF_INIT, out = BUF_INIT;
    const char *type;
    int status = pod_http_answer(k, &r, &body, &type);
    buf_addf(&out, "HTTP/1.1 %d %s\r\n", status,
             status == 200   ? "OK"
             : status == 404 ? "Not Found"
                             : "Not Allowed");
    if (k->kind->server)
        buf_addf(&out, "Server: %s\r\n", k->kind->server);
    buf_addf(&out, "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n", type,
             body.len, close ? "close" : "keep-alive");
    if (!str_eq(method, "HEAD"))
        buf_add(&out, body.data, body.len);
    bool alive = give(s, 1, out.data, out.len);
    buf_release(&out);
    buf_release(&body);
    if (alive && close)
        end_later(s);
    return alive && !close;
}

static void answer_all(void *self);

/* The answer that was kept back goes out. */
static void give_late(void *self) {
    struct stream *s = self;
    struct buf late = s->late;
    s->late = (struct buf)BUF_INIT_LIMIT(DNS_REPLY_MAX);
    if (s->container && give(s, 1, late.data, late.len))
        sched_start(s->c->sched, &s->timer, 0, answer_all, s);
    buf_release(&late);
}

/* A DNS server in the pod: messages behind two bytes of their length (RFC 1035 §4.2.2). */
static bool answer_dns(struct stream *s) {
    const uint8_t *data = (const uint8_t *)s->request.data;
    size_t len = s->request.len < 2 ? 0 : (size_t)(data[0] << 8 | data[1]);
    if (s->request.len < 2 || s->request.len < 2 + len)
        return false;
    const struct cluster_ops *ops = s->c->ops;
    int64_t delay_ms = 0;
    buf_add(&s->late, "\0\0", 2);
    bool answered = ops->pod_dns(ops->self, pod_object(s->container->pod), s->port, data + 2, len,
                                 &s->late, &delay_ms);
    buf_consume(&s->request, 2 + len);
    if (!answered || buf_failed(&s->late)) {
        buf_clear(&s->late);
        return true;
    }
    s->late.data[0] = (char)((s->late.len - 2) >> 8);
    s->late.data[1] = (char)((s->late.len - 2) & 0xff);
    sched_start(s->c->sched, &s->timer, delay_ms, give_late, s);
    return false;
}

static void answer_all(void *self) {
    struct stream *s = self;
    if (buf_failed(&s->request))
        end_later(s);
    else if (s->container && (s->dns ? answer_dns(s) : answer_one(s)))
        sched_start(s->c->sched, &s->timer, 0, answer_all, s);
}

static int start_forward(struct stream *s, const struct kubelet_request *r, struct err *err) {
    s->port = r->port;
    s->request.limit = REQUEST_MAX;
    const struct cluster_ops *ops = s->c->ops;
    s->dns = ops && ops->pod_dns && ops->pod_dns(ops->self, r->pod, r->port, NULL, 0, NULL, NULL);
    if (s->dns || pod_http_server(s->container->pod, r->port))
        return 0;
    return err_set(err, ERR_STATE,
                   "exit status 1, socat E connect(5, AF=2 127.0.0.1:%u, 16): Connection refused",
                   (unsigned)r->port);
}

/* The process that the API server holds. */

static void on_input(void *self, const void *data, size_t len) {
    struct stream *s = self;
    if (s->ends || !s->container)
        return;
    if (s->action == KUBELET_PORT_FORWARD) {
        buf_add(&s->request, data, len);
        if (!sched_is_running(&s->timer))
            sched_start(s->c->sched, &s->timer, 0, answer_all, s);
    } else if (s->process) {
        process_input(s->process, data, len);
    } else if (s->action == KUBELET_ATTACH && s->wants_stdin && s->container->main) {
        process_input(s->container->main, data, len);
    }
}

static void on_input_end(void *self) {
    struct stream *s = self;
    if (s->ends || !s->container)
        return;
    if (s->action == KUBELET_PORT_FORWARD) {
        if (!sched_is_running(&s->timer))
            end_later(s);
    } else if (s->process) {
        process_input_end(s->process);
    } else if (s->action == KUBELET_ATTACH && s->wants_stdin && s->container->main &&
               json_flag(container_spec(s->container), "stdinOnce", NULL)) {
        process_input_end(s->container->main);
    }
}

static void on_resize(void *self, uint16_t width, uint16_t height) {
    (void)self, (void)width, (void)height;
}

static void on_kill(void *self) {
    struct stream *s = self;
    if (s->busy)
        s->killed = true;
    else
        stream_free(s);
}

static struct container *find_container(struct cluster *c, const struct kubelet_request *r) {
    const char *ns = json_str(r->pod, "metadata", "namespace", NULL);
    const char *name = json_str(r->pod, "metadata", "name", NULL);
    struct pod *p = ns && name ? pod_find(c, ns, name) : NULL;
    for (size_t i = 0; p && i < p->container_count; i++) {
        if (str_eq(p->containers[i].name, r->container))
            return &p->containers[i];
    }
    return NULL;
}

static int start_action(struct stream *s, const struct kubelet_request *r, struct err *err) {
    switch (r->action) {
    case KUBELET_EXEC:
        return start_exec(s, r, err);
    case KUBELET_ATTACH:
        return 0;
    case KUBELET_LOG:
        return start_log(s, r, err);
    case KUBELET_PORT_FORWARD:
        return start_forward(s, r, err);
    }
    return 0;
}

static int start(void *self, const struct kubelet_request *r, const struct kubelet_sink *sink,
                 struct kubelet_process *ret, struct err *err) {
    struct cluster *c = self;
    if (c->down)
        return err_set(err, ERR_IO, "error dialing backend: dial tcp: i/o timeout");
    struct container *k = find_container(c, r);
    const char *phase = json_str(r->pod, "status", "phase", NULL);
    if (!k && r->action == KUBELET_LOG)
        return err_set(err, ERR_STATE,
                       "container \"%s\" in pod \"%s\" is waiting to start: "
                       "ContainerCreating",
                       r->container, json_str(r->pod, "metadata", "name", NULL));
    if (r->action != KUBELET_LOG && (str_eq(phase, "Succeeded") || str_eq(phase, "Failed")))
        return err_set(err, ERR_STATE,
                       "cannot exec into a container in a completed pod; current "
                       "phase is %s",
                       phase);
    if (!k || (r->action != KUBELET_LOG && k->state != CONTAINER_RUNNING))
        return err_set(err, ERR_NOT_FOUND, "container not found (\"%s\")", r->container);
    struct stream *s = xcalloc(1, sizeof(*s));
    s->c = c;
    s->container = k;
    s->sink = *sink;
    s->action = r->action;
    s->wants_stdin = r->wants_stdin;
    s->request = (struct buf)BUF_INIT_LIMIT(REQUEST_MAX);
    s->late = (struct buf)BUF_INIT_LIMIT(DNS_REPLY_MAX);
    link_to(s, &k->streams);
    int rc = start_action(s, r, err);
    if (rc < 0) {
        stream_free(s);
        return rc;
    }
    *ret = (struct kubelet_process){on_input, on_input_end, on_resize, on_kill, s};
    return 0;
}

struct kubelet_ops cluster_kubelet(struct cluster *c) {
    return (struct kubelet_ops){start, c};
}
