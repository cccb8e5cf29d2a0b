/* A TCP port of 127.0.0.1 on which a test listens. */
#ifndef CONFED_UNIT_LISTENER_H
#define CONFED_UNIT_LISTENER_H

#include "cases/unit/support/unit.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* A port that was free; the caller closes what is returned. */
static inline int listen_somewhere(uint16_t *ret_port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *any = (void *)&at;
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, any, len), 0);
    assert_int_equal(listen(fd, SOMAXCONN), 0);
    assert_int_equal(getsockname(fd, any, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

#endif
