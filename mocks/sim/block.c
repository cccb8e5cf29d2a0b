#include "mocks/sim/block.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK_FIRST = 2, BLOCK_COUNT = 250, LOCK_PORT = 10442 };

struct block {
    int fd;
    char prefix[8];
};

static int listen_on(unsigned x) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(LOCK_PORT)};
    address.sin_addr.s_addr = htonl(127u << 24 | x << 16 | 0xfffe);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1)) {
        close(fd);
        return -1;
    }
    return fd;
}

struct block *block_claim(struct rng *rng, struct err *err) {
    unsigned start = rng_below(rng, BLOCK_COUNT);
    for (unsigned i = 0; i < BLOCK_COUNT; i++) {
        unsigned x = BLOCK_FIRST + (start + i) % BLOCK_COUNT;
        int fd = listen_on(x);
        if (fd < 0)
            continue;
        struct block *b = xcalloc(1, sizeof(*b));
        b->fd = fd;
        snprintf(b->prefix, sizeof(b->prefix), "127.%u", x & 255u);
        return b;
    }
    err_set(err, ERR_LIMIT,
            "every block 127.2.0.0/16 .. 127.251.0.0/16 is taken by another simulated world (port "
            "%d); stop one",
            LOCK_PORT);
    return NULL;
}

void block_free(struct block *b) {
    if (!b)
        return;
    close(b->fd);
    free(b);
}

const char *block_prefix(const struct block *b) {
    return b->prefix;
}

char *block_address(const struct block *b, unsigned net, unsigned host) {
    return xasprintf("%s.%u.%u", b->prefix, net, host);
}
