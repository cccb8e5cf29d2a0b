#include "harness/dns/dns_query.h"

#include "harness/core/rng.h"
#include "harness/core/str.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HEADER_SIZE = 12, FLAG_TC = 0x02, MESSAGE_SIZE_MAX = 65535 };

struct dns_lookup {
    int fd;
    bool tcp, truncated;
    unsigned foreign;
    char *server; /* for messages: "127.7.0.2:53" */
    struct sockaddr_storage address;
    socklen_t address_len;
    struct buf query; /* behind the two bytes of its length, as TCP wants it */
    size_t sent;      /* of query, on TCP */
    struct buf reply; /* what has come on TCP */
};

static const uint8_t *query_of(const struct dns_lookup *l) {
    return (const uint8_t *)l->query.data + 2;
}

static int problem(const struct dns_lookup *l, int error, struct err *err) {
    if (error == ECONNREFUSED)
        return err_set(err, ERR_NET, "DNS server %s: connection refused", l->server);
    return err_set(err, ERR_NET, "DNS server %s: %s", l->server, strerror(error));
}

static int open_socket(struct dns_lookup *l, struct err *err) {
    if (l->fd >= 0)
        close(l->fd);
    int type = l->tcp ? SOCK_STREAM : SOCK_DGRAM;
    l->fd = socket(l->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return err_errno(err, "cannot open a socket");
    /* A connected socket tells of a port that nobody listens on, and takes answers from it alone.
     */
    if (connect(l->fd, (struct sockaddr *)&l->address, l->address_len) < 0 && errno != EINPROGRESS)
        return problem(l, errno, err);
    if (l->tcp)
        return 0;
    if (send(l->fd, query_of(l), l->query.len - 2, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        return problem(l, errno, err);
    return 0;
}

static int find_address(struct dns_lookup *l, const char *server, uint16_t port, struct err *err) {
    char service[8];
    snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_DGRAM},
                    *found = NULL;
    if (getaddrinfo(server, service, &hints, &found) != 0)
        return err_set(err, ERR_USAGE, "DNS server \"%s\" is not an IP address", server);
    memcpy(&l->address, found->ai_addr, found->ai_addrlen);
    l->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

struct dns_lookup *dns_lookup_start(const char *server, uint16_t port, const char *name,
                                    const char *type, bool tcp, struct err *err) {
    CLEANUP(dns_lookup_freep) struct dns_lookup *l = xcalloc(1, sizeof(*l));
    l->fd = -1;
    l->tcp = tcp;
    l->server = xasprintf("%s:%u", server, port);
    l->query = l->reply = (struct buf)BUF_INIT_LIMIT(MESSAGE_SIZE_MAX + 2);
    if (find_address(l, server, port, err) < 0)
        return NULL;

    buf_add(&l->query, "\0\0", 2);
    if (dns_query_build(name, type, (uint16_t)rng_seed_from_os(), &l->query, err) < 0)
        return NULL;
    l->query.data[0] = (char)((l->query.len - 2) >> 8);
    l->query.data[1] = (char)((l->query.len - 2) & 0xff);
    if (open_socket(l, err) < 0)
        return NULL;
    return dns_lookup_take(&l);
}

void dns_lookup_free(struct dns_lookup *l) {
    if (!l)
        return;
    if (l->fd >= 0)
        close(l->fd);
    free(l->server);
    buf_release(&l->query);
    buf_release(&l->reply);
    free(l);
}

int dns_lookup_fd(const struct dns_lookup *l) {
    return l->fd;
}

short dns_lookup_events(const struct dns_lookup *l) {
    return l->tcp && l->sent < l->query.len ? POLLOUT : POLLIN;
}

/* A late or forged answer has another id or question. Some servers send no question with errors. */
static bool is_ours(const struct dns_lookup *l, const uint8_t *data, size_t len) {
    const uint8_t *query = query_of(l);
    size_t query_len = l->query.len - 2;
    if (len < HEADER_SIZE || data[0] != query[0] || data[1] != query[1] || !(data[2] & 0x80))
        return false;
    if (data[4] == 0 && data[5] == 0)
        return (data[3] & 15) != 0;
    if (len < query_len)
        return false;
    for (size_t i = HEADER_SIZE; i < query_len; i++) {
        uint8_t a = data[i], b = query[i];
        a = a >= 'A' && a <= 'Z' ? (uint8_t)(a | 0x20) : a;
        b = b >= 'A' && b <= 'Z' ? (uint8_t)(b | 0x20) : b;
        if (a != b)
            return false;
    }
    return true;
}

static int finish(const uint8_t *data, size_t len, const struct dns_lookup *l, json_t **ret_reply,
                  struct err *err) {
    json_t *reply = dns_reply_parse(data, len, err);
    if (!reply) {
        err_prefix(err, "DNS server %s", l->server);
        return ERR_INPUT;
    }
    *ret_reply = reply;
    return 1;
}

static int step_udp(struct dns_lookup *l, json_t **ret_reply, struct err *err) {
    static const int TRIES = 64; /* forged answers must not keep us here */
    for (int i = 0; i < TRIES; i++) {
        uint8_t data[4096];
        ssize_t n = recv(l->fd, data, sizeof(data), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : problem(l, errno, err);
        if (!is_ours(l, data, (size_t)n)) {
            l->foreign++;
            continue;
        }
        if (data[2] & FLAG_TC) {
            l->tcp = l->truncated = true;
            return open_socket(l, err);
        }
        return finish(data, (size_t)n, l, ret_reply, err);
    }
    return 0;
}

static int send_tcp(struct dns_lookup *l, struct err *err) {
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
        return problem(l, error, err);
    ssize_t n = send(l->fd, l->query.data + l->sent, l->query.len - l->sent, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOTCONN ? 0 : problem(l, errno, err);
    l->sent += (size_t)n;
    return 0;
}

static int step_tcp(struct dns_lookup *l, json_t **ret_reply, struct err *err) {
    if (l->sent < l->query.len)
        return send_tcp(l, err);

    for (;;) {
        const uint8_t *data = (const uint8_t *)l->reply.data;
        size_t want = l->reply.len < 2 ? 2 : 2 + (size_t)(data[0] << 8 | data[1]);
        if (l->reply.len >= 2 && l->reply.len == want) {
            if (!is_ours(l, data + 2, want - 2))
                return err_set(err, ERR_INPUT, "DNS server %s: answers another question",
                               l->server);
            return finish(data + 2, want - 2, l, ret_reply, err);
        }
        char *room = buf_reserve(&l->reply, want - l->reply.len);
        ssize_t n = recv(l->fd, room, want - l->reply.len, MSG_DONTWAIT);
        if (n == 0)
            return err_set(err, ERR_NET, "DNS server %s: broke off the TCP connection", l->server);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : problem(l, errno, err);
        l->reply.len += (size_t)n;
        l->reply.data[l->reply.len] = '\0';
    }
}

struct dns_lookup_facts dns_lookup_facts(const struct dns_lookup *l) {
    return (struct dns_lookup_facts){
        .tcp = l->tcp, .truncated = l->truncated, .foreign = l->foreign};
}

int dns_lookup_step(struct dns_lookup *l, json_t **ret_reply, struct err *err) {
    return l->tcp ? step_tcp(l, ret_reply, err) : step_udp(l, ret_reply, err);
}
