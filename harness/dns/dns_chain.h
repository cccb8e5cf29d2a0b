/*
 * A name followed to its end, CNAME by CNAME, from the replies that somebody else gets: which name
 * to ask next, and in the end what was found and over which way. A resolver that follows chains for
 * its clients (kube-dns) gives the whole way in one reply; a server that knows one zone stops where
 * the zone ends, and the rest is asked for name by name. Both look the same in the result:
 *
 *     {"name": "beacon.default.federation.svc.z1.r1.juju-fed.com.", "type": "A",
 *      "end": "found", "rcode": "NOERROR", "aa": true, "questions": 1,
 *      "chain": [{"name": "...z1.r1.juju-fed.com.", "target": "...r1.juju-fed.com.", "ttl": 180}],
 *      "final": "beacon.default.federation.svc.r1.juju-fed.com.",
 *      "records": [{"name": "...", "type": "A", "ttl": 180, "data": "203.0.113.9"}],
 *      "additional": [...]}
 *
 * end is "found" (records), "nodata", "error" (by rcode), "loop" (a name came twice) or "long"
 * (more than DNS_CHAIN_MAX CNAMEs). Names end with a dot and compare without case.
 */
#ifndef CONFED_DNS_DNS_CHAIN_H
#define CONFED_DNS_DNS_CHAIN_H

#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>

enum { DNS_CHAIN_MAX = 16 };

struct dns_chain;
struct dns_chain *dns_chain_new(const char *name, const char *type);
void dns_chain_free(struct dns_chain *c);
DEFINE_OWNED(struct dns_chain, dns_chain)

/* The name that is to be asked (again until it is answered); borrowed until the next read. */
const char *dns_chain_name(const struct dns_chain *c);
/* Reads the reply (of dns_reply_parse) to it. true: there is another name to ask. */
bool dns_chain_read(struct dns_chain *c, const json_t *reply);
/* What has been found; owned. */
json_t *dns_chain_result(const struct dns_chain *c);

#endif
