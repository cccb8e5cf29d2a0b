#include "mocks/serve/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static bool parse(const char *address, uint16_t port, union any_address *ret, socklen_t *ret_len) {
    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, address, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons(port);
        *ret_len = sizeof(ret->v4);
        return true;
    }
    if (inet_pton(AF_INET6, address, &ret->v6.sin6_addr) == 1) {
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = htons(port);
        *ret_len = sizeof(ret->v6);
        return true;
    }
    return false;
}

int socket_bind(int type, const char *address, uint16_t port, uint16_t *ret_port, struct err *err) {
    union any_address a;
    socklen_t len = 0;
    if (!parse(address, port, &a, &len))
        return err_set(err, ERR_USAGE, "cannot listen on \"%s\": not an IP address", address);
    int fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(err, "cannot make a socket for %s:%u", address, port);

    int on = 1;
    if (type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        /* On loopback nothing is lost: what paces (bbr) would set a timer for each write. */
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    }
    bool bound = bind(fd, &a.any, len) == 0 &&
                 (type != SOCK_STREAM || listen(fd, SOMAXCONN) == 0) &&
                 getsockname(fd, &a.any, &(socklen_t){sizeof(a)}) == 0;
    if (!bound) {
        err_set(err, ERR_IO, "cannot listen on %s:%u (%s): %s%s", address, port,
                type == SOCK_STREAM ? "TCP" : "UDP", strerror(errno),
                errno == EADDRINUSE ? "; stop what uses it, or choose another port" : "");
        close(fd);
        return ERR_IO;
    }
    *ret_port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    return fd;
}

int socket_connect(int type, const char *address, uint16_t port, struct err *err) {
    union any_address a;
    socklen_t len = 0;
    if (!parse(address, port, &a, &len))
        return err_set(err, ERR_USAGE, "cannot connect to \"%s\": not an IP address", address);
    int fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(err, "cannot make a socket for %s:%u", address, port);
    if (connect(fd, &a.any, len) < 0 && errno != EINPROGRESS) {
        err_errno(err, "cannot connect to %s:%u", address, port);
        close(fd);
        return ERR_IO;
    }
    return fd;
}

char *socket_name(const struct sockaddr_storage *address, char text[SOCKET_NAME_SIZE]) {
    char host[INET6_ADDRSTRLEN] = "?";
    union any_address a;
    memcpy(&a.room, address, sizeof(a.room));
    if (a.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof(host));
        snprintf(text, SOCKET_NAME_SIZE, "[%s]:%u", host, ntohs(a.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof(host));
        snprintf(text, SOCKET_NAME_SIZE, "%s:%u", host, ntohs(a.v4.sin_port));
    }
    return text;
}
