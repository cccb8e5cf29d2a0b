/*
 * What befalls DNS queries by rule (mocks/fault/fault.h, the verb "query"), between the network and
 * the servers, which know nothing of it: an answer is left out, kept back, spoilt or replaced.
 *
 * Servers ask each other by function calls. What such a call would have taken is added up and the
 * asker's own answer kept back by it, so that a dead upstream costs a client what it costs in life.
 */
#ifndef CONFED_SIM_DNS_TROUBLE_H
#define CONFED_SIM_DNS_TROUBLE_H

#include "harness/core/sched.h"
#include "mocks/dns/dns_server.h"
#include "mocks/fault/fault.h"
#include "mocks/serve/dgram_server.h"

struct dns_trouble;
/* Both are borrowed. */
struct dns_trouble *dns_trouble_new(struct fault_table *faults, struct sched *sched);
void dns_trouble_free(struct dns_trouble *t); /* what is kept back is never sent */
DEFINE_OWNED(struct dns_trouble, dns_trouble)
/* The rules were cleared: stale answers are forgotten. */
void dns_trouble_forget(struct dns_trouble *t);

struct dns_trouble_query {
    const char *part; /* "c1/kube-dns" */
    struct dns_server *server;
    const void *data;
    size_t len;
    bool tcp;
};
/* Appends the answer, due after *ret_delay_ms of the world; false: there is none. */
bool dns_trouble_answer(struct dns_trouble *t, const struct dns_trouble_query *q, struct buf *reply,
                        int64_t *ret_delay_ms);
/* The same from one server to another: an answer that is late or that belongs to another question
 * counts as none, and the time goes to the answer that is being made. */
bool dns_trouble_forward(struct dns_trouble *t, const struct dns_trouble_query *q,
                         struct buf *reply);
/* Sends a copy of the answer when the delay is over; takes the ticket. */
void dns_trouble_send_later(struct dns_trouble *t, struct dgram_ticket *ticket,
                            const struct buf *reply, int64_t delay_ms);

#endif
