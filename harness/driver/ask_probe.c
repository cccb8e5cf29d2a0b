/* The question to a port: is it open, and what does it serve? */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/ask.h"
#include "harness/model/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000 };

struct probe {
    int fd;
    struct loop_fd watch;
    struct sched_timer timer;
    struct http_pending *pending;
    char *server; /* owned */
    int64_t wait_ms;
};

static void put_down(struct ask *a) {
    struct probe *p = a->state;
    loop_unwatch(a->place->loop, &p->watch);
    loop_stop(a->place->loop, &p->timer);
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

static void say(struct ask *a, const char *state, const char *problem) {
    put_down(a);
    json_t *seen = json_object();
    json_set_str(seen, "state", state);
    if (problem)
        json_set_str(seen, "problem", problem);
    ask_answer(a, seen, true);
}

static void on_http(void *self, struct http_answer *answer) {
    struct ask *a = self;
    struct probe *p = a->state;
    p->pending = NULL;
    json_t *seen = json_object();
    json_set_str(seen, "state", "open");
    json_set_int(seen, "status", answer->status);
    if (answer->problem)
        json_set_str(seen, "problem", answer->problem);
    json_object_set_new(seen, "body", value_from_bytes(buf_str(&answer->body), answer->body.len));
    json_t *json = json_parse(buf_str(&answer->body), answer->body.len, "body", NULL);
    if (json)
        json_object_set_new(seen, "json", json);
    ask_answer(a, seen, true);
}

static void ask_http(struct ask *a) {
    struct probe *p = a->state;
    put_down(a);
    struct http_target target = {.server = p->server, .insecure = true};
    CLEANUP(str_freep) char *path = value_to_text(json_object_get(a->args, "http"));
    struct http_call call = {
        .method = "GET", .path = path, .accept = "*/*", .timeout_ms = p->wait_ms};
    p->pending = http_pool_start(loop_pool(a->place->loop), &target, &call, NULL, on_http, a);
}

static void on_connected(void *self, short revents) {
    (void)revents;
    struct ask *a = self;
    struct probe *p = a->state;
    int why = 0;
    socklen_t len = sizeof(why);
    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
        why = errno;
    if (why == ETIMEDOUT)
        say(a, "timeout", NULL);
    else if (why != 0)
        say(a, "refused", strerror(why));
    else if (json_object_get(a->args, "http"))
        ask_http(a);
    else
        say(a, "open", NULL);
}

static void on_timeout(void *self) {
    say(self, "timeout", NULL);
}

static bool read_address(const struct ask *a, struct sockaddr_storage *ret, socklen_t *ret_len,
                         int64_t *ret_port) {
    CLEANUP(str_freep) char *address = value_to_text(json_object_get(a->args, "address"));
    if (!value_to_int(json_object_get(a->args, "port"), 1, 65535, ret_port))
        return false;
    memset(ret, 0, sizeof(*ret));
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*ret_port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*ret_port)};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1) {
        memcpy(ret, &in, sizeof(in));
        *ret_len = sizeof(in);
        return true;
    }
    if (inet_pton(AF_INET6, address, &in6.sin6_addr) != 1)
        return false;
    memcpy(ret, &in6, sizeof(in6));
    *ret_len = sizeof(in6);
    return true;
}

static void probe_start(struct ask *a) {
    struct probe *p = a->state = xcalloc(1, sizeof(*p));
    struct sockaddr_storage address;
    socklen_t len;
    int64_t port;
    p->fd = -1;
    if (!read_address(a, &address, &len, &port)) {
        CLEANUP(str_freep) char *args = value_line(a->args, 200);
        ask_fail(a, "environment", xasprintf("probe needs an IP address and a port, got %s", args));
        return;
    }
    const char *timeout = json_str(a->args, "timeout", NULL);
    p->wait_ms = a->timeout_ms > 0 && a->timeout_ms < TIMEOUT_MS ? a->timeout_ms : TIMEOUT_MS;
    if (timeout)
        (void)value_duration_ms(timeout, &p->wait_ms);
    CLEANUP(str_freep) char *host = value_to_text(json_object_get(a->args, "address"));
    p->server =
        xasprintf("http%s://%s%s%s:%d", json_flag(a->args, "tls", NULL) ? "s" : "",
                  strchr(host, ':') ? "[" : "", host, strchr(host, ':') ? "]" : "", (int)port);
    p->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0) {
        ask_fail(a, "environment", xasprintf("no socket: %s", strerror(errno)));
        return;
    }
    const struct sockaddr *to = (const void *)&address;
    if (connect(p->fd, to, len) < 0 && errno != EINPROGRESS) {
        say(a, "refused", strerror(errno));
        return;
    }
    loop_watch(a->place->loop, &p->watch, p->fd, POLLOUT, on_connected, a);
    loop_start(a->place->loop, &p->timer, p->wait_ms, on_timeout, a);
}

static void probe_stop(struct ask *a) {
    struct probe *p = a->state;
    put_down(a);
    if (p->pending)
        http_pending_cancel(p->pending);
    free(p->server);
    free(p);
}

const struct ask_ops ask_probe_ops = {.start = probe_start, .stop = probe_stop};
