/*
 * One model's cluster: API server, controllers and kubelets, cluster DNS, and, on the host cluster,
 * the pods that serve something to the outside: CoreDNS and the federation's control plane.
 */
#ifndef CONFED_SIM_SITE_H
#define CONFED_SIM_SITE_H

#include "harness/net/pki.h"
#include "mocks/apiserver/apiserver.h"
#include "mocks/cluster/cluster.h"
#include "mocks/dns/dns_server.h"
#include "mocks/sim/world.h"

struct fedhost;

struct site_dns { /* a CoreDNS pod */
    struct site_dns *next;
    char *ns, *pod;
    struct dns_server *server;
};

struct site {
    struct site *next;
    struct world *world;
    char *model, *master; /* "c1", its master's address */
    char *server_url;     /* "https://<master>:6443" */
    char service_net[16]; /* "10.152.183": its services' addresses, /24 */
    struct pki_pair ca, server, admin;
    struct kubelet_ops kubelet;
    struct cluster_ops cluster_ops;
    struct dns_server_ops dns_ops;
    struct apiserver *api;
    struct cluster *cluster;
    struct dns_server *kube_dns;
    struct site_dns *dns_pods;
    struct fedhost *fedhosts; /* control planes of federations, a list */
    json_t *workers_on;       /* address -> whether that machine is on */
    bool down;
    int64_t clock_ahead_ms; /* of its machines, of the real one */
};

/* Where a cluster's own DNS service listens, on its master's address: the number that the kubedns
 * container has, for what is below 1024 is not for everybody. UDP and TCP. */
enum { SITE_DNS_PORT = 10053 };

/* Starts the cluster of the model with one node per address. */
struct site *site_start(struct world *w, const char *model, const char *master,
                        const json_t *worker_addresses, struct err *err);
/* Ends the model's cluster; NULL: all of them. */
void site_remove(struct world *w, const char *model);
struct site *site_of_model(const struct world *w, const char *model);
struct site *site_of_url(const struct world *w, const char *server_url);
/* The kubeconfig that the charm leaves on the master, as YAML; owned. */
char *site_kubeconfig(const struct site *s, size_t *ret_len);
/* Swaps kube-dns for the charm's CoreDNS add-on, or back. */
void site_enable_coredns(struct site *s, bool on);
void site_set_down(struct site *s, bool down);
/* One of its workers is switched off, or on again: with the last of them all nodes are not ready.
 * (That of several nodes some are ready is not simulated.) */
void site_set_worker_down(struct site *s, const char *address, bool down);
/* The server behind the service kube-dns and what it is, "kube-dns" or "coredns"; NULL: none. */
struct dns_server *site_cluster_dns(const struct site *s, const char **ret_name);
/* The DNS server in that pod, or NULL. */
struct dns_server *site_dns_in_pod(const struct site *s, const json_t *pod);

#endif
