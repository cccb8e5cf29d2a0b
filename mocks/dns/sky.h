/*
 * From records to answers, as SkyDNS and after it CoreDNS do: a name has records whose host is an
 * address or another name; the type of the question decides what is made of them. CNAMEs are
 * followed, within the zone here and outside of it by forwarding, and a CNAME that leads nowhere is
 * left out. Sources: skynetservices/skydns server/server.go, coredns plugin/backend_lookup.go.
 */
#ifndef CONFED_DNSSERVER_SKY_H
#define CONFED_DNSSERVER_SKY_H

#include "harness/dns/dns_wire.h"

struct sky_record {   /* borrowed for the call */
    const char *host; /* an address or a name */
    const char *text; /* of TXT; NULL: none */
    uint16_t port, priority, weight;
    uint32_t ttl;
    const struct dns_name *srv_name; /* what an SRV record points at when host is an address */
};
typedef void sky_fn(void *self, const struct sky_record *record);

enum sky_found {
    SKY_NONE,  /* no such name */
    SKY_FOUND, /* the name is there, also when it has no records */
    SKY_EMPTY, /* answer NODATA, whatever is asked */
    SKY_ERROR, /* the source cannot be asked */
};

struct sky_source {
    /* Calls fn for the records at name; want_srv: srv_name is needed. exact: not those below it. */
    enum sky_found (*records)(void *self, const struct dns_name *name, bool exact, bool want_srv,
                              sky_fn *fn, void *fn_self);
    /* Asks elsewhere. false: no answer. */
    bool (*forward)(void *self, const struct dns_name *name, const void *query, size_t len,
                    bool tcp, struct buf *reply);
    const struct dns_name *zone; /* names in it are asked here only */
    void *self;
};

/* Adds the answer to r's question. SKY_FOUND with no record added means NODATA. */
enum sky_found sky_answer(struct dns_reply *r, const struct sky_source *source);

#endif
