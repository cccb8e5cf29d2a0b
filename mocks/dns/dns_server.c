#include "mocks/dns/dns_server_parts.h"

void dns_server_free(struct dns_server *s) {
    if (s)
        s->kind->free(s);
}

bool dns_server_refuse(const struct dns_exchange *x, enum dns_rcode rcode, bool ra) {
    struct dns_reply r;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.rcode = rcode;
    r.ra = ra;
    dns_reply_end(&r);
    return true;
}

void dns_server_negative(struct dns_reply *r, bool name_exists, const struct dns_name *zone,
                         uint32_t ttl, const struct dns_soa *soa) {
    r->rcode = name_exists ? DNS_NOERROR : DNS_NXDOMAIN;
    dns_reply_soa(r, DNS_AUTHORITY, zone, ttl, soa);
}

bool dns_server_answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    struct dns_server *s = self;
    struct dns_query q;
    struct dns_exchange x = {&q, query, len, tcp, reply};
    switch (dns_query_read(query, len, &q)) {
    case DNS_QUERY_DROP:
        return false;
    case DNS_QUERY_MALFORMED:
        return dns_server_refuse(&x, DNS_FORMERR, false);
    case DNS_QUERY_NOTIMP:
        return dns_server_refuse(&x, DNS_NOTIMP, false);
    case DNS_QUERY_OK:
        break;
    }
    if (q.edns && q.edns_version > 0)
        return dns_server_refuse(&x, DNS_BADVERS, false);
    return s->kind->answer(s, &x);
}

const json_t *dns_server_object(const struct dns_server_ops *ops, const char *resource,
                                const char *ns, const char *name) {
    return ops->object ? ops->object(ops->self, resource, ns, name) : NULL;
}

void dns_server_each(const struct dns_server_ops *ops, const char *resource, const char *ns,
                     bool (*fn)(void *fn_self, const json_t *object), void *fn_self) {
    if (ops->each)
        ops->each(ops->self, resource, ns, fn, fn_self);
}

bool dns_server_forward(const struct dns_server_ops *ops, const char *server, const void *query,
                        size_t len, bool tcp, struct buf *reply) {
    return ops->forward && ops->forward(ops->self, server, query, len, tcp, reply);
}

bool dns_server_quirk(const struct dns_server_ops *ops, const char *name) {
    return !ops->quirk || ops->quirk(ops->self, name);
}
