#include "mocks/serve/http_server.h"

#include "harness/core/clock.h"
#include "mocks/serve/http_connection.h"
#include "mocks/serve/socket.h"
#include "mocks/serve/tls_context.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCEPTS_PER_TURN = 64, SWEEP_MS_MAX = 1000, SWEEP_MS_MIN = 5 };

struct http_server {
    struct http_connection_room room;
    const struct http_server_faults *faults;
    struct event *acceptable, *sweep;
    int fd;
    uint16_t port;
    bool accept_paused; /* out of descriptors: until the next sweep */
};

static void drop(int fd) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

static void take(struct http_server *s, int fd, const struct sockaddr_storage *peer) {
    if (s->faults && !s->faults->accept(s->faults->self)) {
        drop(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    char remote[SOCKET_NAME_SIZE];
    http_connection_new(&s->room, fd, socket_name(peer, remote));
}

static void on_acceptable(evutil_socket_t listener, short what, void *self) {
    (void)what;
    struct http_server *s = self;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof(peer);
        int fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            take(s, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            event_del(s->acceptable); /* the listener would stay readable: no busy loop */
            s->accept_paused = true;
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    struct http_server *s = self;
    http_connection_sweep(&s->room, clock_monotonic_ms());
    if (s->accept_paused)
        event_add(s->acceptable, NULL);
    s->accept_paused = false;
}

static struct http_server_limits with_defaults(struct http_server_limits l) {
    if (l.head_timeout_ms == 0)
        l.head_timeout_ms = 10000;
    if (l.body_timeout_ms == 0)
        l.body_timeout_ms = 60000;
    if (l.idle_timeout_ms == 0)
        l.idle_timeout_ms = 600000;
    if (l.body_max == 0)
        l.body_max = 8 << 20;
    if (l.gzip_min_len == 0)
        l.gzip_min_len = 128 << 10;
    return l;
}

static void start_events(struct http_server *s, struct loop *l) {
    s->acceptable = event_new(loop_base(l), s->fd, EV_READ | EV_PERSIST, on_acceptable, s);
    s->sweep = event_new(loop_base(l), -1, EV_PERSIST, on_sweep, s);
    assert(s->acceptable && s->sweep);
    event_add(s->acceptable, NULL);
    int64_t period_ms = s->room.limits.head_timeout_ms / 8;
    period_ms = period_ms > SWEEP_MS_MAX ? SWEEP_MS_MAX : period_ms;
    period_ms = period_ms < SWEEP_MS_MIN ? SWEEP_MS_MIN : period_ms;
    struct timeval period = {.tv_sec = period_ms / 1000, .tv_usec = period_ms % 1000 * 1000};
    event_add(s->sweep, &period);
}

struct http_server *http_server_new(struct loop *l, const struct http_server_options *o,
                                    struct err *err) {
    CLEANUP(http_server_freep) struct http_server *s = xcalloc(1, sizeof(*s));
    s->fd = -1;
    s->faults = o->faults;
    s->room.loop = l;
    s->room.handler = o->handler;
    s->room.self = o->self;
    s->room.clock_ahead_ms = o->clock_ahead_ms;
    s->room.limits = with_defaults(o->limits);
    if (o->cert_pem) {
        s->room.tls = tls_context_new(o->cert_pem, o->key_pem, o->client_ca_pem, err);
        if (!s->room.tls) {
            err_prefix(err, "%s:%u", o->address, o->port);
            return NULL;
        }
        if (o->client_cert_required)
            tls_context_require_client(s->room.tls);
    }
    s->fd = socket_bind(SOCK_STREAM, o->address, o->port, &s->port, err);
    if (s->fd < 0)
        return NULL;
    start_events(s, l);
    return http_server_take(&s);
}

void http_server_free(struct http_server *s) {
    if (!s)
        return;
    if (s->acceptable)
        event_free(s->acceptable);
    if (s->sweep)
        event_free(s->sweep);
    if (s->fd >= 0)
        close(s->fd);
    while (s->room.first)
        http_connection_free(s->room.first);
    SSL_CTX_free(s->room.tls);
    free(s);
}

uint16_t http_server_port(const struct http_server *s) {
    return s->port;
}

size_t http_server_connections(const struct http_server *s) {
    return s->room.count;
}
