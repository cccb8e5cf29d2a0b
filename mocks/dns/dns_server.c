#include "mocks/dns/dns_server_parts.h"

#include "mocks/dns/rotate.h"

enum { ID_SIZE = 2 };

void dns_server_free(struct dns_server *s) {
    if (!s)
        return;
    answer_cache_free(s->answers);
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

static bool make_answer(struct dns_server *s, const void *query, size_t len, bool tcp,
                        struct buf *reply) {
    struct dns_query q;
    struct dns_exchange x = {&q, query, len, tcp, reply, s->answers};
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

/* The sum changes when one of them does, as both only rise. */
static uint64_t version_of(const struct dns_server_ops *ops) {
    return ops->version(ops->self) + (ops->skydns_version ? ops->skydns_version(ops->self) : 0);
}

static bool answer(struct dns_server *s, const void *query, size_t len, bool tcp,
                   struct buf *reply) {
    const struct answer_question q = {query, len, tcp};
    const size_t before = reply->len;
    if (!s->answers)
        s->answers = answer_cache_new();
    bool keeps = s->ops->version && len >= ID_SIZE;
    if (keeps && answer_cache_get(s->answers, version_of(s->ops), &q, reply))
        return true;
    bool answered = make_answer(s, query, len, tcp, reply);
    if (keeps && answered && !buf_failed(reply))
        answer_cache_put(s->answers, &q, reply->data + before, reply->len - before);
    return answered;
}

bool dns_server_answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    struct dns_server *s = self;
    const size_t before = reply->len;
    bool answered = answer(s, query, len, tcp, reply);
    if (answered && s->rotates && !buf_failed(reply) &&
        rotate_addresses(reply->data + before, reply->len - before, s->turn))
        s->turn++;
    return answered;
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

bool dns_server_forward(const struct dns_server *s, const char *server, const void *query,
                        size_t len, bool tcp, struct buf *reply) {
    const struct dns_server_ops *ops = s->ops;
    bool answered = ops->forward && ops->forward(ops->self, server, query, len, tcp, reply);
    answer_cache_shorten(s->answers, ANSWER_ONCE); /* after: s itself may have been asked */
    return answered;
}

bool dns_server_quirk(const struct dns_server_ops *ops, const char *name) {
    return !ops->quirk || ops->quirk(ops->self, name);
}
