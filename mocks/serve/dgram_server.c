#include "mocks/serve/dgram_server.h"

#include "harness/core/clock.h"
#include "mocks/serve/socket.h"
#include "mocks/serve/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH = 32,           /* datagrams for each system call */
    BATCHES_PER_TURN = 8, /* then the others have their turn */
    DATAGRAM_MAX = 4096,  /* of a question; DNS's are below 512 without EDNS */
    REPLY_MAX = 65535,
    PORT_TRIES = 64,
    IDLE_TIMEOUT_MS = 10000, /* RFC 7766, 6.2.3: seconds, not minutes */
    SWEEP_MS = 1000,
    TCP_MAX = 1024,
    BACKLOG_MAX = 256 << 10,
};

struct tcp_client {
    struct dgram_server *server;
    struct tcp_client *next, **place;
    struct stream *stream;
    struct buf input;
    int64_t deadline_ms;
    bool dead;
    struct loop_later dispose, again;
};

struct dgram_ticket {
    struct dgram_server *server; /* NULL: gone */
    struct dgram_ticket *next, **place;
    struct tcp_client *client; /* NULL: UDP, or it has left */
    bool tcp;
    struct sockaddr_storage peer; /* of UDP */
    socklen_t peer_len;
};

/* One batch: the questions' buffers and the answers'. */
struct batch {
    struct mmsghdr in[BATCH], out[BATCH];
    struct iovec in_iov[BATCH], out_iov[BATCH];
    struct sockaddr_storage peers[BATCH];
    char questions[BATCH][DATAGRAM_MAX];
    struct buf replies[BATCH];
};

struct dgram_server {
    struct loop *loop;
    dgram_handler_fn *handler;
    void *self;
    int udp, tcp;
    uint16_t port;
    struct event *udp_readable, *acceptable, *sweep;
    struct tcp_client *first;
    size_t tcp_count;
    struct batch *batch;
    struct dgram_ticket *tickets;
    const struct msghdr *asking; /* the datagram in the handler's hands; NULL: none */
    struct tcp_client *asking_tcp;
};

static struct batch *batch_new(void) {
    struct batch *b = xcalloc(1, sizeof(*b));
    for (size_t i = 0; i < BATCH; i++) {
        b->replies[i] = (struct buf)BUF_INIT_LIMIT(REPLY_MAX);
        b->in_iov[i] = (struct iovec){.iov_base = b->questions[i], .iov_len = DATAGRAM_MAX};
        b->in[i].msg_hdr =
            (struct msghdr){.msg_name = &b->peers[i], .msg_iov = &b->in_iov[i], .msg_iovlen = 1};
    }
    return b;
}

static void batch_free(struct batch *b) {
    for (size_t i = 0; b && i < BATCH; i++)
        buf_release(&b->replies[i]);
    free(b);
}

/* Asks the handler about each question; returns how many answers there are to send. */
static unsigned answer_batch(struct dgram_server *s, unsigned count) {
    struct batch *b = s->batch;
    unsigned answers = 0;
    for (unsigned i = 0; i < count; i++) {
        struct buf *reply = &b->replies[answers];
        buf_clear(reply);
        bool whole = !(b->in[i].msg_hdr.msg_flags & MSG_TRUNC);
        s->asking = &b->in[i].msg_hdr;
        if (!whole || !s->handler(s->self, b->questions[i], b->in[i].msg_len, false, reply) ||
            buf_failed(reply))
            continue;
        b->out_iov[answers] = (struct iovec){.iov_base = reply->data, .iov_len = reply->len};
        b->out[answers].msg_hdr = (struct msghdr){
            .msg_name = &b->peers[i],
            .msg_namelen = b->in[i].msg_hdr.msg_namelen,
            .msg_iov = &b->out_iov[answers],
            .msg_iovlen = 1,
        };
        answers++;
    }
    s->asking = NULL;
    return answers;
}

/* An answer that the kernel does not take is lost, as datagrams are. */
static void send_batch(struct dgram_server *s, unsigned count) {
    unsigned sent = 0;
    while (sent < count) {
        int n = sendmmsg(s->udp, s->batch->out + sent, count - sent, MSG_DONTWAIT);
        sent += n > 0 ? (unsigned)n : 1;
    }
}

static void on_udp(evutil_socket_t fd, short what, void *self) {
    (void)what;
    struct dgram_server *s = self;
    if (s->asking)
        return; /* the batch is in use: the datagrams stay for the next turn */
    for (int i = 0; i < BATCHES_PER_TURN; i++) {
        for (size_t k = 0; k < BATCH; k++)
            s->batch->in[k].msg_hdr.msg_namelen = sizeof(s->batch->peers[k]);
        int count = recvmmsg(fd, s->batch->in, BATCH, MSG_DONTWAIT, NULL);
        if (count <= 0)
            return;
        send_batch(s, answer_batch(s, (unsigned)count));
        if (count < BATCH)
            return;
    }
}

static void dispose(void *self) {
    struct tcp_client *c = self;
    buf_release(&c->input);
    free(c);
}

static void client_free(struct tcp_client *c) {
    if (c->dead)
        return;
    c->dead = true;
    for (struct dgram_ticket *t = c->server->tickets; t; t = t->next)
        t->client = t->client == c ? NULL : t->client;
    *c->place = c->next;
    if (c->next)
        c->next->place = c->place;
    c->server->tcp_count--;
    loop_cancel_later(c->server->loop, &c->again);
    stream_free(c->stream);
    loop_do_later(c->server->loop, &c->dispose, dispose, c);
}

static size_t message_len(const struct buf *input) {
    const unsigned char *bytes = (const unsigned char *)input->data;
    return (size_t)bytes[0] << 8 | bytes[1];
}

static void write_tcp(struct tcp_client *c, const void *data, size_t len) {
    char size[2] = {(char)(len >> 8), (char)(len & 0xff)};
    stream_write(c->stream, size, sizeof(size));
    stream_write(c->stream, data, len);
}

/* Pipelined questions are answered in order; a client that reads no answers is asked to wait. */
static void answer_tcp(void *self) {
    struct tcp_client *c = self;
    struct buf reply = BUF_INIT_LIMIT(REPLY_MAX);
    while (c->input.len >= 2 && c->input.len >= 2 + message_len(&c->input) &&
           stream_backlog(c->stream) < BACKLOG_MAX) {
        size_t len = message_len(&c->input);
        buf_clear(&reply);
        c->server->asking_tcp = c;
        if (c->server->handler(c->server->self, c->input.data + 2, len, true, &reply) &&
            !buf_failed(&reply))
            write_tcp(c, reply.data, reply.len);
        c->server->asking_tcp = NULL;
        buf_consume(&c->input, 2 + len);
        c->deadline_ms = clock_monotonic_ms() + IDLE_TIMEOUT_MS;
    }
    buf_release(&reply);
    stream_pause(c->stream, stream_backlog(c->stream) >= BACKLOG_MAX);
}

static void on_data(void *self, const void *data, size_t len) {
    struct tcp_client *c = self;
    buf_add(&c->input, data, len);
    answer_tcp(c);
}

static void on_drained(void *self) {
    struct tcp_client *c = self;
    if (c->input.len)
        loop_do_later(c->server->loop, &c->again, answer_tcp, c);
    stream_pause(c->stream, false);
}

static void on_closed(void *self) {
    client_free(self);
}

static const struct stream_ops tcp_ops = {
    .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed};

static void on_acceptable(evutil_socket_t listener, short what, void *self) {
    (void)what;
    struct dgram_server *s = self;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        event_del(s->acceptable); /* until the next sweep: the listener would stay readable */
    if (fd < 0)
        return;
    if (s->tcp_count >= TCP_MAX) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct tcp_client *c = xcalloc(1, sizeof(*c));
    c->server = s;
    c->input = (struct buf)BUF_INIT;
    c->deadline_ms = clock_monotonic_ms() + IDLE_TIMEOUT_MS;
    c->stream = stream_new(s->loop, fd, NULL, &tcp_ops, c);
    c->next = s->first;
    c->place = &s->first;
    if (c->next)
        c->next->place = &c->next;
    s->first = c;
    s->tcp_count++;
}

static void on_sweep(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    struct dgram_server *s = self;
    int64_t now_ms = clock_monotonic_ms();
    struct tcp_client *next;
    for (struct tcp_client *c = s->first; c; c = next) {
        next = c->next;
        if (c->deadline_ms <= now_ms)
            client_free(c);
    }
    event_add(s->acceptable, NULL);
}

/* The kernel chooses for TCP; the same number may be taken for UDP, so that it is tried again. */
/* With port 0 the kernel chooses one for TCP, which UDP may find taken: then it chooses again. */
static int bind_sockets(struct dgram_server *s, const struct dgram_server_options *o,
                        struct err *err) {
    s->port = o->port;
    for (int i = 0; i < (o->port ? 1 : PORT_TRIES); i++) {
        if (o->tcp)
            s->tcp = socket_bind(SOCK_STREAM, o->address, o->port, &s->port, err);
        if (o->tcp && s->tcp < 0)
            return s->tcp;
        if (!o->udp)
            return 0;
        s->udp = socket_bind(SOCK_DGRAM, o->address, s->port, &s->port, err);
        if (s->udp >= 0)
            return 0;
        if (o->tcp)
            close(s->tcp);
        s->tcp = -1;
        s->port = o->port;
    }
    return ERR_IO;
}

static void watch_udp(struct dgram_server *s) {
    int room = 1 << 20; /* bursts of a load test */
    setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    s->udp_readable = event_new(loop_base(s->loop), s->udp, EV_READ | EV_PERSIST, on_udp, s);
    assert(s->udp_readable);
    event_add(s->udp_readable, NULL);
}

static void watch_tcp(struct dgram_server *s) {
    struct event_base *base = loop_base(s->loop);
    s->acceptable = event_new(base, s->tcp, EV_READ | EV_PERSIST, on_acceptable, s);
    s->sweep = event_new(base, -1, EV_PERSIST, on_sweep, s);
    assert(s->acceptable && s->sweep);
    struct timeval period = {.tv_sec = SWEEP_MS / 1000};
    event_add(s->acceptable, NULL);
    event_add(s->sweep, &period);
}

struct dgram_server *dgram_server_new(struct loop *l, const struct dgram_server_options *o,
                                      struct err *err) {
    assert(o->udp || o->tcp);
    CLEANUP(dgram_server_freep) struct dgram_server *s = xcalloc(1, sizeof(*s));
    s->loop = l;
    s->handler = o->handler;
    s->self = o->self;
    s->udp = s->tcp = -1;
    s->batch = batch_new();
    if (bind_sockets(s, o, err) < 0)
        return NULL;
    if (o->udp)
        watch_udp(s);
    if (o->tcp)
        watch_tcp(s);
    return dgram_server_take(&s);
}

static void free_event(struct event *e) {
    if (e)
        event_free(e);
}

void dgram_server_free(struct dgram_server *s) {
    if (!s)
        return;
    while (s->first)
        client_free(s->first);
    for (struct dgram_ticket *t = s->tickets; t; t = t->next)
        t->server = NULL;
    free_event(s->udp_readable);
    free_event(s->acceptable);
    free_event(s->sweep);
    if (s->udp >= 0)
        close(s->udp);
    if (s->tcp >= 0)
        close(s->tcp);
    batch_free(s->batch);
    free(s);
}

uint16_t dgram_server_port(const struct dgram_server *s) {
    return s->port;
}

struct dgram_ticket *dgram_server_hold(struct dgram_server *s) {
    assert(s->asking || s->asking_tcp);
    struct dgram_ticket *t = xcalloc(1, sizeof(*t));
    t->server = s;
    if (s->asking) {
        t->peer_len = s->asking->msg_namelen;
        memcpy(&t->peer, s->asking->msg_name, t->peer_len);
    } else {
        t->tcp = true;
        t->client = s->asking_tcp;
    }
    t->next = s->tickets;
    t->place = &s->tickets;
    if (t->next)
        t->next->place = &t->next;
    s->tickets = t;
    return t;
}

void dgram_ticket_send(struct dgram_ticket *t, const void *data, size_t len) {
    if (!t->server || len > REPLY_MAX)
        return;
    if (!t->tcp)
        sendto(t->server->udp, data, len, MSG_DONTWAIT, (struct sockaddr *)&t->peer, t->peer_len);
    else if (t->client)
        write_tcp(t->client, data, len);
}

void dgram_ticket_free(struct dgram_ticket *t) {
    if (!t)
        return;
    if (t->server) {
        *t->place = t->next;
        if (t->next)
            t->next->place = t->place;
    }
    free(t);
}

void dgram_server_pump(struct dgram_server *s) {
    if (s->udp >= 0)
        on_udp(s->udp, EV_READ, s);
}
