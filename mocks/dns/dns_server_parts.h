/* What the two servers share. Internal to this folder. */
#ifndef CONFED_DNSSERVER_DNS_SERVER_PARTS_H
#define CONFED_DNSSERVER_DNS_SERVER_PARTS_H

#include "harness/dns/dns_wire.h"
#include "mocks/dns/answer_cache.h"
#include "mocks/dns/dns_server.h"

struct dns_exchange { /* one question on its way */
    const struct dns_query *query;
    const void *bytes; /* the query as it came, to be forwarded */
    size_t len;
    bool tcp;
    struct buf *reply;
    struct answer_cache *answers; /* to shorten the life of this one */
};

struct dns_server_kind {
    bool (*answer)(struct dns_server *s, const struct dns_exchange *x);
    void (*free)(struct dns_server *s);
};
struct dns_server { /* the first member of each kind's own structure */
    const struct dns_server_kind *kind;
    const struct dns_server_ops *ops;
    struct answer_cache *answers; /* owned; NULL before the first question */
    bool rotates;                 /* several addresses take turns in being the first */
    unsigned turn;
};

/* Answers with a code and no records. Always true. */
bool dns_server_refuse(const struct dns_exchange *x, enum dns_rcode rcode, bool ra);
/* Fills in what ends every answer of data: the code, and the SOA where there is no record. */
void dns_server_negative(struct dns_reply *r, bool name_exists, const struct dns_name *zone,
                         uint32_t ttl, const struct dns_soa *soa);

/* The ops with their defaults. */
const json_t *dns_server_object(const struct dns_server_ops *ops, const char *resource,
                                const char *ns, const char *name);
void dns_server_each(const struct dns_server_ops *ops, const char *resource, const char *ns,
                     bool (*fn)(void *fn_self, const json_t *object), void *fn_self);
/* What others answer is never kept. */
bool dns_server_forward(const struct dns_server *s, const char *server, const void *query,
                        size_t len, bool tcp, struct buf *reply);
bool dns_server_quirk(const struct dns_server_ops *ops, const char *name);

#endif
