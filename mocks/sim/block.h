/*
 * A block of loopback addresses, 127.X.0.0/16, that one world holds for itself: a listener on its
 * last address keeps other worlds out, and goes when the process goes.
 */
#ifndef CONFED_SIM_BLOCK_H
#define CONFED_SIM_BLOCK_H

#include "harness/core/err.h"
#include "harness/core/mem.h"
#include "harness/core/rng.h"

struct block;
/* Takes a free block, tried in an order that rng decides. ERR_LIMIT: all 250 are taken. */
struct block *block_claim(struct rng *rng, struct err *err);
void block_free(struct block *b);
DEFINE_OWNED(struct block, block)
const char *block_prefix(const struct block *b); /* "127.42" */
/* "127.42.<net>.<host>", owned. */
char *block_address(const struct block *b, unsigned net, unsigned host);

#endif
