#include "mocks/serve/dgram_client.h"

#include "mocks/serve/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { MESSAGE_MAX = 65535 };

struct dgram_client {
    int fd;
    bool tcp;
    struct buf out, in; /* in: of TCP, what has come of the answer */
};

struct dgram_client *dgram_client_new(const char *address, uint16_t port, bool tcp,
                                      const void *data, size_t len, struct err *err) {
    if (len > MESSAGE_MAX) {
        err_set(err, ERR_USAGE, "a message of %zu bytes is longer than 65535", len);
        return NULL;
    }
    int fd = socket_connect(tcp ? SOCK_STREAM : SOCK_DGRAM, address, port, err);
    if (fd < 0)
        return NULL;
    struct dgram_client *c = xcalloc(1, sizeof(*c));
    c->fd = fd;
    c->tcp = tcp;
    c->out = c->in = (struct buf)BUF_INIT;
    if (tcp) {
        buf_addc(&c->out, (char)(len >> 8));
        buf_addc(&c->out, (char)len);
    }
    buf_add(&c->out, data, len);
    if (!tcp && send(fd, data, len, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ECONNREFUSED) {
        err_errno(err, "cannot send to %s:%u", address, port);
        dgram_client_free(c);
        return NULL;
    }
    return c;
}

void dgram_client_free(struct dgram_client *c) {
    if (!c)
        return;
    close(c->fd);
    buf_release(&c->out);
    buf_release(&c->in);
    free(c);
}

static bool is_for_later(void) {
    return errno == EAGAIN || errno == EINTR || errno == EINPROGRESS || errno == ENOTCONN;
}

static int receive_datagram(struct dgram_client *c, struct buf *ret) {
    char *room = buf_reserve(ret, MESSAGE_MAX);
    ssize_t n = room ? recv(c->fd, room, MESSAGE_MAX, MSG_DONTWAIT) : -1;
    if (n < 0)
        return room && is_for_later() ? 0 : -1;
    ret->len += (size_t)n;
    ret->data[ret->len] = '\0';
    return 1;
}

static size_t message_len(const struct buf *in) {
    const unsigned char *bytes = (const unsigned char *)in->data;
    return in->len < 2 ? MESSAGE_MAX : (size_t)bytes[0] << 8 | bytes[1];
}

static int receive_stream(struct dgram_client *c, struct buf *ret) {
    while (c->out.len) {
        ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return is_for_later() ? 0 : -1;
        buf_consume(&c->out, (size_t)n);
    }
    while (c->in.len < 2 + message_len(&c->in)) {
        char room[4096];
        size_t wanted = c->in.len < 2 ? 2 - c->in.len : 2 + message_len(&c->in) - c->in.len;
        ssize_t n = recv(c->fd, room, wanted < sizeof(room) ? wanted : sizeof(room), MSG_DONTWAIT);
        if (n <= 0)
            return n < 0 && is_for_later() ? 0 : -1;
        buf_add(&c->in, room, (size_t)n);
    }
    buf_add(ret, c->in.data + 2, c->in.len - 2);
    buf_clear(&c->in);
    return 1;
}

int dgram_client_receive(struct dgram_client *c, struct buf *ret) {
    return c->tcp ? receive_stream(c, ret) : receive_datagram(c, ret);
}
