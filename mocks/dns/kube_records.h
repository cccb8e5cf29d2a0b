/*
 * The records that a cluster's services, endpoints and pods have under its domain, for kube-dns and
 * for CoreDNS's kubernetes middleware, which differ in a few labels and times.
 */
#ifndef CONFED_DNSSERVER_KUBE_RECORDS_H
#define CONFED_DNSSERVER_KUBE_RECORDS_H

#include "mocks/dns/dns_server.h"
#include "mocks/dns/sky.h"

struct kube_view {
    const struct dns_server_ops *ops;
    const struct dns_name *domain; /* cluster.local */
    uint32_t ttl;
    uint16_t priority, weight; /* of every record */
    bool pods;                 /* a-b-c-d.ns.pod is answered, whether there is such a pod or not */
    /* Endpoints without a hostname are named by their address (CoreDNS), else by a hash. */
    bool dashed_names;
    bool reverse_v6; /* names below ip6.arpa too; kube-dns of the time has in-addr.arpa only */
};

/* A label of length 1, '*', stands for every service or namespace. */
enum sky_found kube_records(const struct kube_view *v, const struct dns_labels *labels,
                            size_t label_count, bool want_srv, sky_fn *fn, void *fn_self);
/* The service or named endpoint that has the address; its records are names. */
enum sky_found kube_records_reverse(const struct kube_view *v, const struct dns_labels *labels,
                                    sky_fn *fn, void *fn_self);
/* 1: the service has at least one subset of endpoints, ready or not, or is headless with a record;
 * 0: it has none, or there is no such service. */
bool kube_records_is_healthy(const struct kube_view *v, const char *service, const char *ns);

#endif
