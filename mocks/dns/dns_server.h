/*
 * The two DNS servers of the world, as functions from query bytes to reply bytes:
 *
 * - kube-dns of a cluster (1.6 to 1.9): services (A, SRV), headless services, pods, reverse names;
 *   the federations and stubDomains of its ConfigMap; the federation CNAME when there is no healthy
 *   local shard; everything else to its upstream.
 * - CoreDNS with a Corefile: kubernetes, etcd (SkyDNS records), proxy/forward, cache is accepted.
 *
 * Both ask the world through ops and hold no copy of it, but for answers that no change has touched
 * (where the world counts its changes) and the zone and region that kube-dns
 * finds once and keeps until it is restarted (freed and made anew). Answers follow RFC
 * 1034/1035/2308/6891.
 */
#ifndef CONFED_DNSSERVER_DNS_SERVER_H
#define CONFED_DNSSERVER_DNS_SERVER_H

#include "harness/core/buf.h"
#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct dns_server_ops {
    /* An object of the cluster ("services", "endpoints", "configmaps", "nodes"; name "" for the
     * first of all), borrowed until the next change; NULL: not there. */
    const json_t *(*object)(void *self, const char *resource, const char *ns, const char *name);
    void (*each)(void *self, const char *resource, const char *ns,
                 bool (*fn)(void *fn_self, const json_t *object), void *fn_self);
    /* Every SkyDNS leaf at or below the key, from the etcd at endpoint. false: unreachable. */
    bool (*skydns)(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self);
    /* Forwards to another server of the world, "address" or "address:port", or a resolv.conf's path
     * that a Corefile names. false: no answer. */
    bool (*forward)(void *self, const char *server, const void *query, size_t len, bool tcp,
                    struct buf *reply);
    /* Whether the quirk of the profile is on: "kube-dns-federations-dot", "kube-dns-zone-nodata".
     * NULL: all are, as in the real kube-dns. The other functions may be NULL too: nothing there.
     */
    bool (*quirk)(void *self, const char *name);
    /*
     * A count that rises with every change of what object, each and quirk would tell. With it
     * answers are kept until then; NULL: each is made anew. What is forwarded is never kept, what
     * skydns tells only with a count of its own.
     */
    uint64_t (*version)(void *self);
    uint64_t (*skydns_version)(void *self);
    void *self;
};

struct dns_server;
struct kube_dns_options {
    const char *domain; /* "cluster.local" */
    const char *service_cidr;
    const char *upstream;             /* NULL: names outside get SERVFAIL */
    const struct dns_server_ops *ops; /* borrowed */
};
struct dns_server *kube_dns_new(const struct kube_dns_options *o);
/*
 * The ConfigMap kube-system/kube-dns is another one (NULL: gone), as kube-dns is told by its watch.
 * Without this it looks at every question, and misses what was there for no question.
 */
void kube_dns_notice(struct dns_server *s, const json_t *config_map);
/* ERR_INPUT names the Corefile's line. */
struct dns_server *coredns_new(const char *corefile, const struct dns_server_ops *ops,
                               struct err *err);
void dns_server_free(struct dns_server *s);
DEFINE_OWNED(struct dns_server, dns_server)

/* dgram_handler_fn: self is the struct dns_server. Malformed queries get FORMERR or nothing. */
bool dns_server_answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply);

#endif
