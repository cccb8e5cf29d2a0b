#include "mocks/serve/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 32 << 10,
    READS_PER_TURN = 8, /* then the others have their turn */
    OUT_KEPT_MAX = 64 << 10,
    OUT_SENT_MAX = 1 << 20, /* sent bytes in front of the buffer before they are moved out */
};

struct stream {
    struct loop *loop;
    const struct stream_ops *ops;
    void *self;
    int fd;
    SSL *tls;
    BIO_METHOD *socket; /* between TLS and fd */
    struct event *readable, *writable;
    struct buf out;
    size_t out_sent;
    bool dead, broken, told_closed, paused, finishing, ended, write_armed;
    struct loop_later push, read_again, dispose;
};

/* --- the socket below TLS -------------------------------------------------------------------- */

/*
 * OpenSSL's own goes through read(2) and write(2), which find their way to the socket through the
 * file system's layer, under a lock of the file's position: an event for ten thousand watches
 * notices.
 */
static int socket_write(BIO *bio, const char *data, int len) {
    const struct stream *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = send(s->fd, data, (size_t)len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)n;
}

static int socket_read(BIO *bio, char *room, int len) {
    const struct stream *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(s->fd, room, (size_t)len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)n;
}

/* There is nothing to flush, and nothing else that is asked. */
static long socket_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static void start_tls(struct stream *s, SSL_CTX *tls) {
    s->tls = SSL_new(tls);
    s->socket = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");
    assert(s->tls && s->socket);
    BIO_meth_set_write(s->socket, socket_write);
    BIO_meth_set_read(s->socket, socket_read);
    BIO_meth_set_ctrl(s->socket, socket_ctrl);
    BIO *bio = BIO_new(s->socket);
    assert(bio);
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->tls, bio, bio);
    SSL_set_accept_state(s->tls);
}

/* --- the stream ------------------------------------------------------------------------------ */

enum io { IO_AGAIN = -1, IO_CLOSED = 0 }; /* else the count of bytes */

static void on_readable(evutil_socket_t fd, short what, void *self);
static void on_writable(evutil_socket_t fd, short what, void *self);

struct stream *stream_new(struct loop *l, int fd, SSL_CTX *tls, const struct stream_ops *ops,
                          void *self) {
    struct stream *s = xcalloc(1, sizeof(*s));
    s->loop = l;
    s->ops = ops;
    s->self = self;
    s->fd = fd;
    s->out = (struct buf)BUF_INIT;
    if (tls)
        start_tls(s, tls);
    s->readable = event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_readable, s);
    s->writable = event_new(loop_base(l), fd, EV_WRITE, on_writable, s);
    assert(s->readable && s->writable);
    event_add(s->readable, NULL);
    return s;
}

static void dispose(void *self) {
    struct stream *s = self;
    event_free(s->readable);
    event_free(s->writable);
    SSL_free(s->tls);
    BIO_meth_free(s->socket);
    close(s->fd);
    buf_release(&s->out);
    free(s);
}

/* The callbacks on the stack may still look at s: it goes at the end of the turn. */
void stream_free(struct stream *s) {
    if (!s || s->dead)
        return;
    s->dead = true;
    event_del(s->readable);
    event_del(s->writable);
    loop_cancel_later(s->loop, &s->push);
    loop_cancel_later(s->loop, &s->read_again);
    loop_do_later(s->loop, &s->dispose, dispose, s);
}

void stream_reset(struct stream *s) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    stream_free(s);
}

static void tell_closed(struct stream *s) {
    s->broken = true;
    event_del(s->readable);
    event_del(s->writable);
    if (s->dead || s->told_closed)
        return;
    s->told_closed = true;
    s->ops->on_closed(s->self);
}

static void arm_write(struct stream *s) {
    if (!s->write_armed)
        event_add(s->writable, NULL);
    s->write_armed = true;
}

/* A browser's "http://" on a TLS port gets the sentence that Go's server gives. */
static void answer_plain_http(struct stream *s) {
    static const char text[] = "HTTP/1.0 400 Bad Request\r\n\r\n"
                               "Client sent an HTTP request to an HTTPS server.\n";
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST)
        (void)!send(s->fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
}

static ptrdiff_t tls_result(struct stream *s, int r) {
    switch (SSL_get_error(s->tls, r)) {
    case SSL_ERROR_WANT_READ:
        return IO_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        arm_write(s);
        return IO_AGAIN;
    case SSL_ERROR_SSL:
        answer_plain_http(s);
        break;
    default:
        break;
    }
    ERR_clear_error();
    return IO_CLOSED;
}

static ptrdiff_t read_some(struct stream *s, void *room, size_t len) {
    if (s->tls) {
        ERR_clear_error();
        int r = SSL_read(s->tls, room, (int)len);
        return r > 0 ? r : tls_result(s, r);
    }
    ssize_t r = recv(s->fd, room, len, 0);
    if (r < 0)
        return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_CLOSED;
    return r;
}

static ptrdiff_t write_some(struct stream *s, const void *data, size_t len) {
    if (s->tls) {
        ERR_clear_error();
        int r = SSL_write(s->tls, data, len > INT32_MAX ? INT32_MAX : (int)len);
        return r > 0 ? r : tls_result(s, r);
    }
    ssize_t r = send(s->fd, data, len, MSG_NOSIGNAL);
    if (r >= 0)
        return r;
    if (errno != EAGAIN && errno != EINTR)
        return IO_CLOSED;
    arm_write(s);
    return IO_AGAIN;
}

static void send_end(struct stream *s) {
    if (s->ended)
        return;
    s->ended = true;
    if (s->tls && SSL_is_init_finished(s->tls)) {
        ERR_clear_error();
        SSL_shutdown(s->tls);
        ERR_clear_error();
    }
    shutdown(s->fd, SHUT_WR);
}

static void forget_sent(struct stream *s) {
    if (s->out_sent == s->out.len) {
        s->out_sent = 0;
        if (s->out.cap > OUT_KEPT_MAX)
            buf_release(&s->out);
        else
            buf_clear(&s->out);
    } else if (s->out_sent > OUT_SENT_MAX) {
        buf_consume(&s->out, s->out_sent);
        s->out_sent = 0;
    }
}

static void push(void *self) {
    struct stream *s = self;
    if (s->broken || s->dead || s->write_armed)
        return;
    if (buf_failed(&s->out)) { /* bytes are missing: the peer must not take it for whole */
        tell_closed(s);
        return;
    }
    bool sent = false;
    while (s->out_sent < s->out.len) {
        ptrdiff_t n = write_some(s, s->out.data + s->out_sent, s->out.len - s->out_sent);
        if (n == IO_CLOSED) {
            tell_closed(s);
            return;
        }
        if (n == IO_AGAIN)
            break;
        s->out_sent += (size_t)n;
        sent = true;
    }
    bool drained = s->out_sent == s->out.len;
    forget_sent(s);
    if (drained && s->finishing)
        send_end(s);
    else if (drained && sent && s->ops->on_drained)
        s->ops->on_drained(s->self);
}

static bool more_to_read(const struct stream *s, ptrdiff_t got) {
    return s->tls ? SSL_has_pending(s->tls) : got == READ_SIZE;
}

static void read_now(void *self) {
    struct stream *s = self;
    char room[READ_SIZE];
    bool more = true;
    for (int i = 0; i < READS_PER_TURN && more; i++) {
        if (s->dead || s->broken || s->paused)
            return;
        ptrdiff_t n = read_some(s, room, sizeof(room));
        if (n == IO_CLOSED)
            tell_closed(s);
        if (n == IO_CLOSED || n == IO_AGAIN)
            return;
        more = more_to_read(s, n);
        if (!s->finishing)
            s->ops->on_data(s->self, room, (size_t)n);
    }
    /* What lies in the TLS layer does not make the socket readable again. */
    if (more && !s->dead && !s->broken && !s->paused)
        loop_do_later(s->loop, &s->read_again, read_now, s);
}

static void on_readable(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    struct stream *s = self;
    read_now(s);
    if (s->out_sent < s->out.len) /* a write may have waited for this input (TLS) */
        stream_push(s);
}

static void on_writable(evutil_socket_t fd, short what, void *self) {
    (void)fd;
    (void)what;
    struct stream *s = self;
    s->write_armed = false;
    push(s);
    if (s->tls && !SSL_is_init_finished(s->tls)) /* the handshake may have waited for it */
        read_now(s);
}

void stream_write(struct stream *s, const void *data, size_t len) {
    buf_add(&s->out, data, len);
    stream_push(s);
}

/* What is wrong with the socket is found again, and told, when the rest is pushed. */
void stream_write_now(struct stream *s, const void *data, size_t len) {
    bool first = stream_backlog(s) == 0 && !s->dead && !s->broken && !s->finishing;
    ptrdiff_t n = first ? write_some(s, data, len) : IO_AGAIN;
    size_t sent = n > 0 ? (size_t)n : 0;
    if (sent < len)
        stream_write(s, (const char *)data + sent, len - sent);
}

struct buf *stream_out(struct stream *s) {
    return &s->out;
}

void stream_push(struct stream *s) {
    if (!s->dead && !s->broken)
        loop_do_later(s->loop, &s->push, push, s);
}

size_t stream_backlog(const struct stream *s) {
    return s->out.len - s->out_sent;
}

void stream_pause(struct stream *s, bool paused) {
    if (s->paused == paused || s->dead || s->broken)
        return;
    s->paused = paused;
    if (paused) {
        event_del(s->readable);
        return;
    }
    event_add(s->readable, NULL);
    if (s->tls && SSL_has_pending(s->tls))
        loop_do_later(s->loop, &s->read_again, read_now, s);
}

void stream_finish(struct stream *s) {
    s->finishing = true;
    stream_pause(s, false);
    stream_push(s);
}

const SSL *stream_tls(const struct stream *s) {
    return s->tls;
}
