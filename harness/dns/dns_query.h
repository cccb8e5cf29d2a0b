/*
 * DNS questions and answers (ldns below): build a query, read a reply as JSON, ask a server without
 * blocking.
 *
 *     {"rcode": "NOERROR", "aa": true, "tc": false, "ad": false,
 *      "question": {"name": "beacon.default.svc.cluster.local.", "type": "A"},
 *      "answer": [{"name": "...", "type": "A", "ttl": 30, "data": "10.152.183.21"}, ...],
 *      "authority": [...], "additional": [...]}
 */
#ifndef CONFED_DNS_DNS_QUERY_H
#define CONFED_DNS_DNS_QUERY_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Appends a query with recursion desired; type is a name ("A", "SRV"). ERR_USAGE: bad name or type.
 */
int dns_query_build(const char *name, const char *type, uint16_t id, struct buf *ret,
                    struct err *err);
/* Reads a reply; owned, NULL with ERR_INPUT when it is malformed. */
json_t *dns_reply_parse(const void *data, size_t len, struct err *err);

/* One question to one server, UDP first and TCP when truncated (or at once with tcp). */
struct dns_lookup;
struct dns_lookup *dns_lookup_start(const char *server, uint16_t port, const char *name,
                                    const char *type, bool tcp, struct err *err);
void dns_lookup_free(struct dns_lookup *l);
DEFINE_OWNED(struct dns_lookup, dns_lookup)
int dns_lookup_fd(const struct dns_lookup *l);       /* to poll */
short dns_lookup_events(const struct dns_lookup *l); /* POLLIN and/or POLLOUT */
/* Goes on after poll. 0: wait on; 1: *ret_reply is set (owned); negative: no answer, see err. */
int dns_lookup_step(struct dns_lookup *l, json_t **ret_reply, struct err *err);
/* How it went so far. */
struct dns_lookup_facts {
    bool tcp;         /* asked over TCP, from the start or since it was truncated */
    bool truncated;   /* the answer over UDP was cut */
    unsigned foreign; /* packets of the server that answered another question: wrong id or name */
};
struct dns_lookup_facts dns_lookup_facts(const struct dns_lookup *l);

#endif
