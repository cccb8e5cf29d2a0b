/*
 * What the controllers and kubelets of one cluster do to its API server's objects: nodes, pods of
 * replica sets and deployments becoming ready on the world's clock, endpoints, service-account
 * tokens, namespaces emptied, load-balancer addresses where the world offers them; and the
 * simulated programs that pods run (nslookup, wget, cat, echo, sleep, sh -c, ...).
 */
#ifndef CONFED_CLUSTER_CLUSTER_H
#define CONFED_CLUSTER_CLUSTER_H

#include "harness/core/buf.h"
#include "mocks/apiserver/apiserver.h"
#include "harness/profile/profile.h"

enum { CLUSTER_DNS_ON_ITS_WAY = 2 };

/* What the cluster asks of the world around it. */
struct cluster_ops {
    /* A pod's DNS query goes to a server, "10.152.183.10" or "10.1.2.3:5353". What its answers are
     * asked of, owned (dns_end); NULL: there is nobody (it times out). */
    void *(*dns_send)(void *self, const char *server, bool tcp, const void *query, size_t len);
    /* 1: the next answer was appended; 0: none yet; -1: there will be none;
     * CLUSTER_DNS_ON_ITS_WAY: none yet, and the world's time does not count while it travels. */
    int (*dns_receive)(void *self, void *exchange, struct buf *ret);
    void (*dns_end)(void *self, void *exchange);
    /* A DNS query over TCP to a port of a pod, as port-forward brings it; the answer is due after
     * *ret_delay_ms of the world. false: none; with query NULL: nothing there speaks DNS. */
    bool (*pod_dns)(void *self, const json_t *pod, uint16_t port, const void *query, size_t len,
                    struct buf *reply, int64_t *ret_delay_ms);
    /* HTTP GET of a pod's program to an address that is no service of this cluster. Status, or 0
     * when nothing answers; the body is appended. */
    int (*http_get)(void *self, const char *url, struct buf *body);
    /* A pod became ready, or stopped being so: the world starts or stops what it serves (a
     * federation API server, CoreDNS). pod is borrowed. Called from a timer: may change things. */
    void (*pod_ready)(void *self, const json_t *pod);
    void (*pod_gone)(void *self, const char *ns, const char *name);
    void *self;
};

struct cluster_node {
    const char *name;    /* "juju-c1-1" */
    const char *address; /* "127.7.12.21": InternalIP */
    const char *labels;  /* "k=v k2=v2" as in the charm's option; "" */
};

struct cluster_options {
    const char *name;
    struct apiserver *api;         /* borrowed */
    const struct profile *profile; /* borrowed */
    struct sched *sched;           /* borrowed */
    uint64_t seed;
    const struct cluster_node *nodes; /* borrowed for the call */
    size_t node_count;
    const char *load_balancer_cidr; /* NULL: services of type LoadBalancer stay pending */
    bool persistent_volumes;        /* claims get bound */
    const char *ca_crt;             /* PEM, into the token secrets; NULL: a placeholder */
    const char *ca_key;             /* PEM, of ca_crt; NULL: nobody signs certificate requests */
    int64_t pod_start_ms;           /* world time until a pod is ready; 0: the default 3000 */
    const struct cluster_ops *ops;  /* borrowed */
};

struct cluster;
struct cluster *cluster_new(const struct cluster_options *o);
void cluster_free(struct cluster *c);
DEFINE_OWNED(struct cluster, cluster)

/*
 * For apiserver_options.kubelet, which comes first: keep a struct kubelet_ops, give its address to
 * apiserver_new and fill it in when the cluster is there:
 *
 *     kubelet = cluster_kubelet(cluster);
 */
struct kubelet_ops cluster_kubelet(struct cluster *c);
/* As `juju config kubernetes-worker labels=...` does; NULL name: every node. */
void cluster_label_nodes(struct cluster *c, const char *name, const char *labels);

/* A ready pod behind the service that owns this NodePort, picked in turn; borrowed until the next
 * change of the API server; NULL: nothing there. protocol "TCP" or "UDP". */
const json_t *cluster_nodeport_backend(struct cluster *c, uint16_t node_port, const char *protocol,
                                       uint16_t *ret_target_port);
/* Answers as the HTTP server in that pod would (nginx's welcome page, ...). */
void cluster_pod_http(struct cluster *c, const json_t *pod, struct http_exchange *x);
/*
 * What cdk-addons installs in kube-system: Service kube-dns at dns_ip with its deployment and, with
 * config_map, the ConfigMap kube-dns (shipped since 2017-03-22, which breaks kubefed's stub
 * domains).
 */
void cluster_install_addons(struct cluster *c, const char *dns_ip, bool config_map);
/* Ready and not ready again: a node stops (pods on it become not ready). */
void cluster_set_down(struct cluster *c, bool down);

#endif
