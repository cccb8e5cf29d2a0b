/*
 * CoreDNS: the server block with the longest zone, and in it federation, kubernetes, etcd and proxy
 * in turn. The plugin federation: coredns plugin/federation/federation.go.
 */
#include "mocks/dns/dns_server_parts.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
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
                                   .dashed_names = true,
                                   .reverse_v6 = true};
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

/* The plugins behind federation. */
static bool answer_rest(const struct coredns *c, const struct core_block *b,
                        const struct dns_exchange *x) {
    return answer_kubernetes(c, b, x) == ANSWERED || answer_etcd(c, b, x) == ANSWERED ||
           answer_proxy(c, b, x) || dns_server_refuse(x, DNS_SERVFAIL, true);
}

/* --- the plugin federation ------------------------------------------------------------------ */

struct federated { /* svc.ns.FED.svc.cluster.local */
    const struct dns_name *zone, *domain;
    struct dns_name local; /* without the federation's label */
    char front[256];       /* "svc.ns.fed.svc", what stays in front of zone, region and domain */
};

/* The federation is the label before the last one in front of the zone. */
static bool is_federated(const struct core_block *b, const struct dns_name *name,
                         struct federated *ret) {
    const struct core_federation *f = &b->federation;
    struct dns_labels l, z;
    ret->zone = f->on ? core_zones_match(&f->zones, name) : NULL;
    if (!ret->zone)
        return false;
    dns_name_split(name, &l);
    dns_name_split(ret->zone, &z);
    size_t count = l.count - z.count, i = 0;
    while (count >= 2 && i < f->count && !str_eq(f->item[i].name, l.label[count - 2]))
        i++;
    if (count < 2 || i == f->count)
        return false;

    char local[256] = "";
    size_t len = 0, front_len = 0;
    for (size_t k = 0; k < count; k++) {
        const char *dot = k ? "." : "";
        front_len += (size_t)snprintf(ret->front + front_len, sizeof(ret->front) - front_len,
                                      "%s%s", dot, l.label[k]);
        if (k != count - 2)
            len += (size_t)snprintf(local + len, sizeof(local) - len, "%s%s", dot, l.label[k]);
    }
    ret->domain = &f->item[i].domain;
    ret->local = *ret->zone;
    return dns_name_prepend(&ret->local, local[0] == '.' ? local + 1 : local);
}

/* The answer of the other plugins under the name that was asked: there is no CNAME in between. */
static void copy_local(struct dns_reply *r, struct dns_reader *reader) {
    struct dns_record record;
    r->rcode = reader->rcode;
    while (dns_reader_next(reader, &record)) {
        record.owner = r->query->name;
        dns_reply_copy(r, DNS_ANSWER, &record);
    }
}

/* The name in the federation's zone, told by the labels of the node, with what is known there. */
static bool add_remote(const struct coredns *c, const struct core_block *b,
                       const struct federated *f, struct dns_reply *r) {
    const json_t *node = dns_server_object(c->server.ops, "nodes", "", "");
    const json_t *labels = json_at(node, "metadata", "labels", NULL);
    const char *zone =
        json_string_value(json_object_get(labels, "failure-domain.beta.kubernetes.io/zone"));
    const char *region =
        json_string_value(json_object_get(labels, "failure-domain.beta.kubernetes.io/region"));
    struct dns_name target = *f->domain;
    CLEANUP(str_freep) char *front = xasprintf("%s.%s.%s", f->front, zone, region);
    if (!zone || !*zone || !region || !*region || !dns_name_prepend(&target, front))
        return false;
    dns_reply_name(r, DNS_ANSWER, &r->query->name, DNS_CNAME, 0, &target);

    struct lookup t = {c, b, f->zone, &b->federation.upstream};
    struct buf query = BUF_INIT_LIMIT(1024), reply = BUF_INIT_LIMIT(1 << 17);
    struct dns_reader reader;
    struct dns_record record;
    dns_query_write(&target, r->query->type, r->query->id, &query);
    if (r->query->type != DNS_CNAME && forward(&t, &target, query.data, query.len, true, &reply) &&
        dns_reader_init(&reader, reply.data, reply.len))
        while (dns_reader_next(&reader, &record))
            dns_reply_copy(r, DNS_ANSWER, &record);
    buf_release(&query);
    buf_release(&reply);
    return true;
}

static enum outcome answer_federation(const struct coredns *c, const struct core_block *b,
                                      const struct dns_exchange *x) {
    struct federated f;
    if (!is_federated(b, &x->query->name, &f))
        return NEXT;
    struct buf query = BUF_INIT_LIMIT(1024), local = BUF_INIT_LIMIT(1 << 17);
    struct dns_query q = *x->query;
    struct dns_reader reader;
    q.name = f.local;
    dns_query_write(&q.name, q.type, q.id, &query);
    const struct dns_exchange inner = {&q, query.data, query.len, true, &local, x->answers};
    bool ok = answer_rest(c, b, &inner) && dns_reader_init(&reader, local.data, local.len) &&
              reader.rcode != DNS_SERVFAIL;
    struct dns_reply r;
    struct dns_soa soa;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.aa = r.ra = true;
    if (ok && reader.rcode == DNS_NXDOMAIN)
        ok = add_remote(c, b, &f, &r);
    else if (ok)
        copy_local(&r, &reader);
    if (ok && r.counts[DNS_ANSWER] == 0 && !r.tc) {
        make_soa(x->answers, f.zone, &soa);
        dns_server_negative(&r, true, f.zone, SOA_TTL, &soa);
    }
    r.rcode = ok ? r.rcode : DNS_SERVFAIL;
    dns_reply_end(&r);
    buf_release(&query);
    buf_release(&local);
    return ANSWERED;
}

static bool answer(struct dns_server *s, const struct dns_exchange *x) {
    const struct coredns *c = (const struct coredns *)s;
    const struct core_block *b = block_of(c, &x->query->name);
    if (b && x->query->class == DNS_CHAOS)
        return answer_chaos(b, x);
    if (!b || !b->serves || x->query->class != DNS_IN)
        return dns_server_refuse(x, DNS_REFUSED, false);
    return answer_federation(c, b, x) == ANSWERED || answer_rest(c, b, x);
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
    for (size_t i = 0; i < file.count; i++)
        c->server.rotates = c->server.rotates || file.blocks[i].loadbalance;
    return &c->server;
}
