/*
 * Question-and-answer servers on one address and port: datagrams on UDP, and the same handler on
 * TCP with DNS's two-byte length in front (RFC 7766).
 */
#ifndef CONFED_SERVE_DGRAM_SERVER_H
#define CONFED_SERVE_DGRAM_SERVER_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "mocks/serve/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends the answer to reply; false: no answer is sent. Must not block. */
typedef bool dgram_handler_fn(void *self, const void *query, size_t len, bool tcp,
                              struct buf *reply);

struct dgram_server_options {
    const char *address;
    uint16_t port; /* 0: chosen by the kernel, the same for UDP and TCP */
    bool udp, tcp; /* at least one */
    dgram_handler_fn *handler;
    void *self;
};

struct dgram_server;
/* ERR_IO names the address and port that are taken. */
struct dgram_server *dgram_server_new(struct loop *l, const struct dgram_server_options *o,
                                      struct err *err);
void dgram_server_free(struct dgram_server *s);
DEFINE_OWNED(struct dgram_server, dgram_server)
uint16_t dgram_server_port(const struct dgram_server *s);

#endif
