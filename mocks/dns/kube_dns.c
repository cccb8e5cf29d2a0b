/*
 * kube-dns 1.14, dnsmasq in front included. Source: kubernetes/dns pkg/dns/dns.go; what it answers
 * is decided there, how by the SkyDNS that it carries (sky.c).
 */
#include "mocks/dns/dns_server_parts.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/dns/kube_config.h"
#include "mocks/dns/kube_records.h"

#include <string.h>

enum { TTL = 30, SOA_TTL = 60, HOUR_S = 3600 };
static const char ZONE_LABEL[] = "failure-domain.beta.kubernetes.io/zone";
static const char REGION_LABEL[] = "failure-domain.beta.kubernetes.io/region";

struct kube_dns {
    struct dns_server server;
    struct dns_name domain;
    size_t domain_labels;
    char *upstream;
    struct dns_soa soa;
    struct kube_view view;
    char *zone, *region; /* of the first node that has both; found once, kept for ever */
    json_t *seen;        /* the ConfigMap's data when it was looked at last; NULL: none was there */
    json_t *config;      /* the last that was valid; NULL: nothing is configured */
};

struct lookup { /* self of the sky_source */
    struct kube_dns *k;
    bool no_zone; /* a federation's name was asked and no node tells where the cluster is */
};

static bool look_at_node(void *self, const json_t *node) {
    struct kube_dns *k = self;
    const json_t *labels = json_at(node, "metadata", "labels", NULL);
    const char *zone = json_string_value(json_object_get(labels, ZONE_LABEL));
    const char *region = json_string_value(json_object_get(labels, REGION_LABEL));
    if (!zone || !*zone || !region || !*region)
        return true;
    k->zone = xstrdup(zone);
    k->region = xstrdup(region);
    return false;
}

/* Services begin with a letter (RFC 1035); namespaces and federations need not. */
static bool is_label(const char *text, bool may_begin_with_digit) {
    size_t len = strlen(text);
    if (!may_begin_with_digit && *text >= '0' && *text <= '9')
        return false;
    return len <= DNS_LABEL_LEN_MAX && dns_label_is_1123(text, len);
}

static void look_at_config(struct kube_dns *k, const json_t *config_map) {
    json_t *data = json_object_get(config_map, "data");
    if (!config_map) {
        json_decref(k->seen);
        json_decref(k->config);
        k->seen = k->config = NULL; /* reverting to default configuration */
        return;
    }
    if (k->seen && (k->seen == data || json_equal(k->seen, data)))
        return;
    json_decref(k->seen);
    k->seen = data ? json_deep_copy(data) : json_object();
    CLEANUP(str_freep)
    char *problem =
        kube_config_validate(k->seen, dns_server_quirk(k->server.ops, "kube-dns-federations-dot"));
    if (problem)
        return; /* "Invalid configuration: ..., ignoring update" */
    json_decref(k->config);
    k->config = json_incref(k->seen);
}

void kube_dns_notice(struct dns_server *s, const json_t *config_map) {
    look_at_config((struct kube_dns *)s, config_map);
}

static const json_t *config_of(struct kube_dns *k) {
    look_at_config(k, dns_server_object(k->server.ops, "configmaps", "kube-system", "kube-dns"));
    return k->config;
}

/* Whether <svc>.<ns>.<fed>.svc below the domain names a federation that is known here. */
static bool is_federation(struct kube_dns *k, const struct dns_labels *l,
                          struct dns_name *ret_domain) {
    if (l->count != 4 + k->domain_labels || strcmp(l->label[3], "svc") != 0)
        return false;
    if (!is_label(l->label[0], false) || !is_label(l->label[1], true) ||
        !is_label(l->label[2], true))
        return false;
    return kube_config_federation(config_of(k), l->label[2], ret_domain);
}

static enum sky_found federation_records(struct lookup *t, const struct dns_labels *l,
                                         const struct dns_name *federation_domain, sky_fn *fn,
                                         void *fn_self) {
    struct kube_dns *k = t->k;
    char prefix[512], text[DNS_NAME_TEXT_SIZE];
    struct dns_name target;
    if (kube_records_is_healthy(&k->view, l->label[0], l->label[1])) {
        target = k->domain;
        snprintf(prefix, sizeof(prefix), "%s.%s.svc", l->label[0], l->label[1]);
    } else {
        if (!k->zone)
            dns_server_each(k->server.ops, "nodes", "", look_at_node, k);
        if (!k->zone) {
            t->no_zone = true; /* "Could not find any nodes" */
            return SKY_EMPTY;
        }
        target = *federation_domain;
        snprintf(prefix, sizeof(prefix), "%s.%s.%s.svc.%s.%s", l->label[0], l->label[1],
                 l->label[2], k->zone, k->region);
    }
    if (!dns_name_prepend(&target, prefix))
        return SKY_EMPTY;
    struct sky_record record = {.host = dns_name_to_text(&target, text),
                                .ttl = TTL,
                                .priority = k->view.priority,
                                .weight = k->view.weight};
    fn(fn_self, &record);
    return SKY_FOUND;
}

static enum sky_found records(void *self, const struct dns_name *name, bool exact, bool want_srv,
                              sky_fn *fn, void *fn_self) {
    struct lookup *t = self;
    struct kube_dns *k = t->k;
    struct dns_labels l;
    struct dns_name federation_domain;
    (void)exact;
    dns_name_split(name, &l);
    if (!dns_name_is_below(name, &k->domain))
        return kube_records_reverse(&k->view, &l, fn, fn_self);
    if (is_federation(k, &l, &federation_domain))
        return federation_records(t, &l, &federation_domain, fn, fn_self);
    return kube_records(&k->view, &l, l.count - k->domain_labels, want_srv, fn, fn_self);
}

struct attempt {
    const struct dns_server *asking;
    const void *query;
    size_t len;
    bool tcp;
    struct buf *reply;
};

static bool try_server(void *self, const char *server) {
    struct attempt *a = self;
    size_t before = a->reply->len;
    if (dns_server_forward(a->asking, server, a->query, a->len, a->tcp, a->reply))
        return true;
    buf_truncate(a->reply, before);
    return false;
}

static bool forward(void *self, const struct dns_name *name, const void *query, size_t len,
                    bool tcp, struct buf *reply) {
    struct kube_dns *k = ((struct lookup *)self)->k;
    struct attempt a = {&k->server, query, len, tcp, reply};
    return kube_config_servers(config_of(k), name, k->upstream, try_server, &a);
}

static bool answer_elsewhere(struct kube_dns *k, const struct dns_exchange *x) {
    struct lookup t = {.k = k};
    return forward(&t, &x->query->name, x->bytes, x->len, x->tcp, x->reply) ||
           dns_server_refuse(x, DNS_SERVFAIL, true);
}

/* The domain itself has an SOA and a name server, and no addresses. */
static bool answer_apex(const struct kube_dns *k, struct dns_reply *r) {
    if (!dns_name_equal(&r->query->name, &k->domain))
        return false;
    if (r->query->type == DNS_SOA)
        dns_reply_soa(r, DNS_ANSWER, &k->domain, SOA_TTL, &k->soa);
    else if (r->query->type == DNS_NS)
        dns_reply_name(r, DNS_ANSWER, &k->domain, DNS_NS, SOA_TTL, &k->soa.mname);
    return r->counts[DNS_ANSWER] > 0;
}

static bool answer_local(struct kube_dns *k, const struct dns_exchange *x) {
    struct dns_reply r;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.aa = r.ra = true;
    struct lookup t = {.k = k};
    const struct sky_source source = {records, forward, &k->domain, &t};
    if (!answer_apex(k, &r)) {
        enum sky_found found = sky_answer(&r, &source);
        struct dns_labels l;
        struct dns_name domain;
        bool exists = found != SKY_NONE;
        if (r.counts[DNS_ANSWER] == 0 && !r.tc) {
            dns_name_split(&x->query->name, &l);
            if (exists && !t.no_zone && is_federation(k, &l, &domain) &&
                !kube_records_is_healthy(&k->view, l.label[0], l.label[1]))
                exists = dns_server_quirk(k->server.ops, "kube-dns-zone-nodata");
            dns_server_negative(&r, exists, &k->domain, SOA_TTL, &k->soa);
        }
    }
    dns_reply_end(&r);
    return true;
}

static bool answer_reverse(struct kube_dns *k, const struct dns_exchange *x) {
    struct dns_reply r;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.aa = r.ra = true;
    struct lookup t = {.k = k};
    const struct sky_source source = {records, NULL, &k->domain, &t};
    if (sky_answer(&r, &source) != SKY_FOUND)
        return answer_elsewhere(k, x); /* nothing was handed out yet */
    dns_reply_end(&r);
    return true;
}

static bool answer_chaos(const struct dns_exchange *x) {
    struct dns_name version;
    if (x->query->type != DNS_TXT || !dns_name_from_text("version.bind", &version) ||
        !dns_name_equal(&version, &x->query->name))
        return dns_server_refuse(x, DNS_REFUSED, true);
    struct dns_reply r;
    dns_reply_begin(&r, x->query, x->tcp, x->reply);
    r.aa = r.ra = true;
    dns_reply_txt(&r, &x->query->name, DNS_CHAOS, 0, "dnsmasq-2.76");
    dns_reply_end(&r);
    return true;
}

static bool answer(struct dns_server *s, const struct dns_exchange *x) {
    struct kube_dns *k = (struct kube_dns *)s;
    if (x->query->class == DNS_CHAOS)
        return answer_chaos(x);
    if (x->query->class != DNS_IN)
        return dns_server_refuse(x, DNS_NOTIMP, true);
    if (dns_name_is_below(&x->query->name, &k->domain))
        return answer_local(k, x);
    if (x->query->type == DNS_PTR)
        return answer_reverse(k, x);
    return answer_elsewhere(k, x);
}

static void kube_dns_free(struct dns_server *s) {
    struct kube_dns *k = (struct kube_dns *)s;
    free(k->upstream);
    free(k->zone);
    free(k->region);
    json_decref(k->seen);
    json_decref(k->config);
    free(k);
}

static const struct dns_server_kind KIND = {answer, kube_dns_free};

struct dns_server *kube_dns_new(const struct kube_dns_options *o) {
    struct kube_dns *k = xcalloc(1, sizeof(*k));
    k->server = (struct dns_server){.kind = &KIND, .ops = o->ops};
    k->upstream = o->upstream ? xstrdup(o->upstream) : NULL;
    if (!o->domain || !dns_name_from_text(o->domain, &k->domain))
        dns_name_from_text("cluster.local", &k->domain);
    struct dns_labels l;
    dns_name_split(&k->domain, &l);
    k->domain_labels = l.count;

    struct dns_soa *soa = &k->soa;
    soa->mname = soa->rname = k->domain;
    dns_name_prepend(&soa->mname, "ns.dns");
    dns_name_prepend(&soa->rname, "hostmaster");
    int64_t now_s = clock_wall_ms() / 1000;
    soa->serial = (uint32_t)(now_s - now_s % HOUR_S);
    soa->refresh = 28800;
    soa->retry = 7200;
    soa->expire = 604800;
    soa->minimum = SOA_TTL;
    k->view = (struct kube_view){.ops = o->ops,
                                 .domain = &k->domain,
                                 .ttl = TTL,
                                 .priority = 10,
                                 .weight = 10,
                                 .pods = true};
    return &k->server;
}
