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

/*
 * An answer that comes later: the handler holds the question, whose asker is remembered, answers
 * false and sends when it is time. The ticket outlives server and asker; then nothing is sent.
 */
struct dgram_ticket;
/* Within a call of the handler only; owned. */
struct dgram_ticket *dgram_server_hold(struct dgram_server *s);
void dgram_ticket_send(struct dgram_ticket *t, const void *data, size_t len); /* any number */
void dgram_ticket_free(struct dgram_ticket *t);
DEFINE_OWNED(struct dgram_ticket, dgram_ticket)

/* Answers the datagrams that wait in the socket now, without a turn of the loop: for askers in the
 * same process whose time must not pass while the loop is busy. Not from within a handler. */
void dgram_server_pump(struct dgram_server *s);

#endif
