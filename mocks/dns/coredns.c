/* CoreDNS: the server block with the longest zone, and in it kubernetes, etcd and proxy in turn. */
#include "mocks/dns/dns_server_parts.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/dns/corefile.h"
#include "mocks/dns/kube_records.h"
#include "mocks/dns/skydns_records.h"

#include <string.h>

enum { SOA_TTL = 300, MINIMUM_TTL = 60 };

struct coredns {
    struct dns_server server;
    struct corefile file;
};

enum outcome { ANSWERED, NEXT }; /* NEXT: fallthrough, nothing was written */

struct lookup { /* self of the sky_source */
    const struct coredns *c;
    const struct core_block *block;
    const struct dns_name *zone;
    const struct core_servers *upstream;
};

static bool forward(void *self, const struct dns_name *name, const void *query, size_t len,
                    bool tcp, struct buf *reply) {
    const struct lookup *t = self;
    (void)name;
    for (size_t i = 0; i < t->upstream->count; i++) {
        size_t before = reply->len;
        if (dns_server_forward(&t->c->server, t->upstream->item[i], query, len, tcp, reply))
            return true;
        buf_truncate(reply, before);
    }
    return false;
}

static enum sky_found etcd_records(void *self, const struct dns_name *name, bool exact,
                                   bool want_srv, sky_fn *fn, void *fn_self) {
    const struct lookup *t = self;
    if (!t->c->server.ops->skydns_version)
        answer_cache_shorten(t->c->server.answers, ANSWER_ONCE);
    return skydns_records(t->c->server.ops, &t->block->etcd, name, exact, want_srv, fn, fn_self);
}

static void give_version(sky_fn *fn, void *fn_self, uint32_t ttl) {
    struct sky_record record = {.host = "", .text = "1.0.1", .ttl = ttl};
    fn(fn_self, &record);
}

/* Names on the way to services are there, and have no records. */
static bool is_on_the_way(const struct dns_server_ops *ops, const struct dns_labels *l,
                          size_t count) {
    if (count == 0 || (count == 1 && str_eq(l->label[0], "svc")))
        return true;
    return count == 2 && str_eq(l->label[1], "svc") &&
           dns_server_object(ops, "namespaces", "", l->label[0]);
}

static enum sky_found kubernetes_records(void *self, const struct dns_name *name, bool exact,
                                         bool want_srv, sky_fn *fn, void *fn_self) {
    const struct lookup *t = self;
    const struct core_kubernetes *k = &t->block->kubernetes;
    struct dns_labels l, zone;
    (void)exact;
    dns_name_split(name, &l);
    dns_name_split(t->zone, &zone);
    const struct kube_view view = {.ops = t->c->server.ops,
                                   .domain = t->zone,
                                   .ttl = k->ttl,
                                   .weight = 100,
                                   .pods = k->pods,
                                   .dashed_names = true};
    if (zone.count > 0 && str_eq(zone.label[zone.count - 1], "arpa")) {
        /* The names that reverse records point at are those of the first forward zone. */
        struct kube_view forward_view = view;
        for (size_t i = 0; i < k->zones.count; i++) {
            dns_name_split(&k->zones.item[i], &zone);
            if (zone.count > 0 && !str_eq(zone.label[zone.count - 1], "arpa")) {
                forward_view.domain = &k->zones.item[i];
                break;
            }
        }
        return kube_records_reverse(&forward_view, &l, fn, fn_self);
    }
    size_t count = l.count >= zone.count ? l.count - zone.count : 0;
    if (count == 1 && str_eq(l.label[0], "dns-version")) {
        give_version(fn, fn_self, k->ttl);
        return SKY_FOUND;
    }
    enum sky_found found = kube_records(&view, &l, count, want_srv, fn, fn_self);
    if (found == SKY_NONE && is_on_the_way(view.ops, &l, count))
        found = SKY_FOUND;
    return found;
}

static void make_soa(struct answer_cache *answers, const struct dns_name *zone,
                     struct dns_soa *soa) {
    answer_cache_shorten(answers, ANSWER_THIS_SECOND); /* for the serial */
    *soa = (struct dns_soa){.mname = *zone,
                            .rname = *zone,
                            .refresh = 7200,
                            .retry = 1800,
                            .expire = 86400,
                            .minimum = MINIMUM_TTL};
    dns_name_prepend(&soa->mname, "ns.dns");
    dns_name_prepend(&soa->rname, "hostmaster");
    soa->serial = (uint32_t)(clock_wall_ms() / 1000);
}

static bool answer_apex(struct answer_cache *answers, struct dns_reply *r,
                        const struct dns_name *zone) {
    struct dns_soa soa;
    if (!dns_name_equal(&r->query->name, zone) ||
        (r->query->type != DNS_SOA && r->query->type != DNS_NS))
        return false;
    make_soa(answers, zone, &soa);
    if (r->query->type == DNS_SOA)
        dns_reply_soa(r, DNS_ANSWER, zone, SOA_TTL, &soa);
    else
        dns_reply_name(r, DNS_ANSWER, zone, DNS_NS, SOA_TTL, &soa.mname);
    return true;
}

static enum outcome answer_from(const struct dns_exchange *x, const struct sky_source *source,
                                bool fallthrough) {
    struct dns_reply r;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.aa = r.ra = true;
    if (answer_apex(x->answers, &r, source->zone)) {
        dns_reply_end(&r);
        return ANSWERED;
    }
    enum sky_found found = sky_answer(&r, source);
    if (found == SKY_NONE && fallthrough)
        return NEXT;
    if (found == SKY_ERROR) {
        dns_server_refuse(x, DNS_SERVFAIL, true);
        return ANSWERED;
    }
    if (r.counts[DNS_ANSWER] == 0 && !r.tc) {
        struct dns_soa soa;
        make_soa(x->answers, source->zone, &soa);
        dns_server_negative(&r, found != SKY_NONE, source->zone, SOA_TTL, &soa);
    }
    dns_reply_end(&r);
    return ANSWERED;
}

static enum outcome answer_kubernetes(const struct coredns *c, const struct core_block *b,
                                      const struct dns_exchange *x) {
    const struct dns_name *zone = core_zones_match(&b->kubernetes.zones, &x->query->name);
    if (!b->kubernetes.on || !zone)
        return NEXT;
    struct lookup t = {c, b, zone, &b->kubernetes.upstream};
    const struct sky_source source = {kubernetes_records, forward, zone, &t};
    return answer_from(x, &source, b->kubernetes.fallthrough);
}

static enum outcome answer_etcd(const struct coredns *c, const struct core_block *b,
                                const struct dns_exchange *x) {
    const struct dns_name *zone = core_zones_match(&b->etcd.zones, &x->query->name);
    if (!b->etcd.on || !zone)
        return NEXT;
    struct lookup t = {c, b, zone, &b->etcd.upstream};
    const struct sky_source source = {etcd_records, forward, zone, &t};
    return answer_from(x, &source, b->etcd.fallthrough);
}

static bool answer_proxy(const struct coredns *c, const struct core_block *b,
                         const struct dns_exchange *x) {
    for (size_t i = 0; i < b->proxy_count; i++) {
        if (!dns_name_is_below(&x->query->name, &b->proxies[i].from))
            continue;
        struct lookup t = {c, b, &b->proxies[i].from, &b->proxies[i].to};
        return forward(&t, &x->query->name, x->bytes, x->len, x->tcp, x->reply);
    }
    return false;
}

static const struct core_block *block_of(const struct coredns *c, const struct dns_name *name) {
    const struct core_block *best = NULL;
    const struct dns_name *best_zone = NULL;
    for (size_t i = 0; i < c->file.count; i++) {
        const struct dns_name *zone = core_zones_match(&c->file.blocks[i].zones, name);
        if (zone && (!best_zone || zone->len > best_zone->len)) {
            best = &c->file.blocks[i];
            best_zone = zone;
        }
    }
    return best;
}

static bool answer_chaos(const struct core_block *b, const struct dns_exchange *x) {
    static const char *const NAMES[] = {"version.bind", "version.server"};
    for (size_t i = 0; b->chaos && x->query->type == DNS_TXT && i < ARRAY_LEN(NAMES); i++) {
        struct dns_name name;
        if (!dns_name_from_text(NAMES[i], &name) || !dns_name_equal(&name, &x->query->name))
            continue;
        struct dns_reply r;
        dns_reply_begin(&r, x->query, x->tcp, x->reply);
        dns_reply_txt(&r, &x->query->name, DNS_CHAOS, 0, b->chaos);
        dns_reply_end(&r);
        return true;
    }
    return dns_server_refuse(x, DNS_REFUSED, false);
}

static bool answer(struct dns_server *s, const struct dns_exchange *x) {
    const struct coredns *c = (const struct coredns *)s;
    const struct core_block *b = block_of(c, &x->query->name);
    if (b && x->query->class == DNS_CHAOS)
        return answer_chaos(b, x);
    if (!b || !b->serves || x->query->class != DNS_IN)
        return dns_server_refuse(x, DNS_REFUSED, false);
    if (answer_kubernetes(c, b, x) == ANSWERED || answer_etcd(c, b, x) == ANSWERED)
        return true;
    return answer_proxy(c, b, x) || dns_server_refuse(x, DNS_SERVFAIL, true);
}

static void coredns_free(struct dns_server *s) {
    struct coredns *c = (struct coredns *)s;
    corefile_release(&c->file);
    free(c);
}

static const struct dns_server_kind KIND = {answer, coredns_free};

struct dns_server *coredns_new(const char *corefile, const struct dns_server_ops *ops,
                               struct err *err) {
    struct corefile file;
    if (corefile_parse(corefile, &file, err) < 0)
        return NULL;
    struct coredns *c = xcalloc(1, sizeof(*c));
    c->server = (struct dns_server){.kind = &KIND, .ops = ops};
    c->file = file;
    return &c->server;
}
