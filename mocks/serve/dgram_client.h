/*
 * One question to a server of dgram_server.h, by UDP or TCP, for askers within the simulated world:
 * sent at once, and its answers looked for whenever the asker likes. Nothing blocks, and no loop is
 * needed.
 */
#ifndef CONFED_SERVE_DGRAM_CLIENT_H
#define CONFED_SERVE_DGRAM_CLIENT_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct dgram_client;
/* data is copied. ERR_IO: there is no way to the address; ERR_USAGE: it is none. */
struct dgram_client *dgram_client_new(const char *address, uint16_t port, bool tcp,
                                      const void *data, size_t len, struct err *err);
void dgram_client_free(struct dgram_client *c);
DEFINE_OWNED(struct dgram_client, dgram_client)
/*
 * 1: the next answer was appended (by UDP there may be several); 0: none yet; -1: there will be
 * none, for nobody listens there or the connection has ended.
 */
int dgram_client_receive(struct dgram_client *c, struct buf *ret);

#endif
