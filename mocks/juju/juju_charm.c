#include "mocks/juju/juju_charm.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

static const struct juju_step easyrsa_steps[] = {
    {"maintenance", "installing charm software", 15, NULL, NULL, false},
    {"maintenance", "Creating the certificate authority.", 10, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_endpoint easyrsa_endpoints[] = {
    {"client", "tls-certificates", true},
    {NULL, NULL, false},
};

static const struct juju_step etcd_steps[] = {
    {"maintenance", "installing charm software", 20, NULL, NULL, false},
    {"maintenance", "Installing etcd.", 10, NULL, NULL, false},
    {"waiting", "Waiting for certificate authority.", 8, "easyrsa",
     "Missing relation to certificate authority.", false},
    {"maintenance", "Requesting tls certificates.", 5, NULL, NULL, false},
    {"maintenance", "Starting etcd.", 3, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
/* The second, plain etcd in which a DNS provider of that time can write: it has no TLS. */
static const struct juju_step etcd_plain_steps[] = {
    {"maintenance", "installing charm software", 20, NULL, NULL, false},
    {"maintenance", "Installing etcd.", 10, NULL, NULL, false},
    {"maintenance", "Starting etcd.", 3, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_option etcd_options[] = {
    {"channel", JUJU_OPTION_STRING, "2.3/stable", "The snap channel to install from"},
    {"management_port", JUJU_OPTION_INT, "2380", "Port to run the ETCD Management service"},
    {"port", JUJU_OPTION_INT, "2379", "Port to run the public ETCD service on"},
    {NULL, JUJU_OPTION_STRING, NULL, NULL},
};
static const struct juju_endpoint etcd_endpoints[] = {
    {"certificates", "tls-certificates", false},
    {"db", "etcd", true},
    {"proxy", "etcd-proxy", true},
    {NULL, NULL, false},
};

static const struct juju_step master_steps[] = {
    {"maintenance", "installing charm software", 15, NULL, NULL, false},
    {"maintenance", "Installing kubectl snap", 4, NULL, NULL, false},
    {"maintenance", "Installing kube-apiserver snap", 6, NULL, NULL, false},
    {"maintenance", "Installing kube-controller-manager snap", 5, NULL, NULL, false},
    {"maintenance", "Installing kube-scheduler snap", 4, NULL, NULL, false},
    {"maintenance", "Installing cdk-addons snap", 3, NULL, NULL, false},
    {"waiting", "Waiting on leaders crypto keys.", 2, "easyrsa", NULL, false},
    {"maintenance", "Rendering authentication templates.", 4, "etcd", NULL, false},
    {"maintenance", "Configuring the Kubernetes master services.", 8, NULL, NULL, false},
    {"maintenance", "Starting the Kubernetes master services.", 8, NULL, NULL, true},
    {"waiting", "Waiting to retry addon deployment", 20, NULL, NULL, false},
    {"waiting", "Waiting for kube-system pods to start", 45, "kubernetes-worker",
     "Relate kubernetes-master:kube-control kubernetes-worker:kube-control", false},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_option master_options[] = {
    {"allow-privileged", JUJU_OPTION_STRING, "auto", "Allow kube-apiserver to run privileged"},
    {"channel", JUJU_OPTION_STRING, "1.6/stable", "Snap channel to install Kubernetes from"},
    {"dns_domain", JUJU_OPTION_STRING, "cluster.local", "The local domain for cluster dns"},
    {"enable-coredns", JUJU_OPTION_BOOLEAN, "false", "Deploy CoreDNS in place of kube-dns"},
    {"enable-dashboard-addons", JUJU_OPTION_BOOLEAN, "true", "Deploy the Kubernetes Dashboard"},
    {"service-cidr", JUJU_OPTION_STRING, "10.152.183.0/24", "CIDR to use for services"},
    {NULL, JUJU_OPTION_STRING, NULL, NULL},
};
static const struct juju_endpoint master_endpoints[] = {
    {"certificates", "tls-certificates", false},
    {"cni", "kubernetes-cni", true},
    {"etcd", "etcd", false},
    {"kube-api-endpoint", "http", true},
    {"kube-control", "kube-control", true},
    {"loadbalancer", "public-address", false},
    {NULL, NULL, false},
};

static const struct juju_step worker_steps[] = {
    {"maintenance", "installing charm software", 15, NULL, NULL, false},
    {"maintenance", "Checking resources", 5, NULL, NULL, false},
    {"maintenance", "Unpacking cni resource.", 4, NULL, NULL, false},
    {"maintenance", "Installing kubectl snap", 4, NULL, NULL, false},
    {"maintenance", "Installing kubelet snap", 6, NULL, NULL, false},
    {"maintenance", "Installing kube-proxy snap", 5, NULL, NULL, false},
    {"waiting", "Waiting for cluster DNS.", 8, "kubernetes-master",
     "Relate kubernetes-worker:kube-control kubernetes-master:kube-control", false},
    {"waiting", "Waiting for kubelet to start.", 12, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_option worker_options[] = {
    {"allow-privileged", JUJU_OPTION_STRING, "auto", "Allow privileged containers to run"},
    {"channel", JUJU_OPTION_STRING, "1.6/stable", "Snap channel to install Kubernetes from"},
    {"ingress", JUJU_OPTION_BOOLEAN, "true", "Deploy the default http backend and ingress"},
    {"labels", JUJU_OPTION_STRING, "", "Labels of the nodes, key=value, separated by spaces"},
    {"require-manual-upgrade", JUJU_OPTION_BOOLEAN, "true", "Upgrade only by the action"},
    {NULL, JUJU_OPTION_STRING, NULL, NULL},
};
static const struct juju_endpoint worker_endpoints[] = {
    {"certificates", "tls-certificates", false},
    {"cni", "kubernetes-cni", true},
    {"kube-api-endpoint", "http", false},
    {"kube-control", "kube-control", false},
    {NULL, NULL, false},
};

static const struct juju_step flannel_steps[] = {
    {"maintenance", "Installing flannel.", 6, NULL, NULL, false},
    {"waiting", "Waiting for etcd credentials.", 4, "etcd", "Waiting for etcd relation.", false},
    {"maintenance", "Starting flannel.", 3, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_option flannel_options[] = {
    {"cidr", JUJU_OPTION_STRING, "10.1.0.0/16", "Network CIDR to assign to flannel"},
    {"iface", JUJU_OPTION_STRING, "", "The interface to bind flannel overlay networking"},
    {NULL, JUJU_OPTION_STRING, NULL, NULL},
};
static const struct juju_endpoint flannel_endpoints[] = {
    {"cni", "kubernetes-cni", false},
    {"etcd", "etcd", false},
    {NULL, NULL, false},
};

static const struct juju_step plain_steps[] = {
    {"maintenance", "installing charm software", 15, NULL, NULL, true},
    {NULL, NULL, 0, NULL, NULL, false},
};
static const struct juju_option no_options[] = {{NULL, JUJU_OPTION_STRING, NULL, NULL}};
static const struct juju_endpoint no_endpoints[] = {{NULL, NULL, false}};

static const struct juju_charm charms[] = {
    {"easyrsa",
     "3.0.1",
     false,
     "Certificate Authority connected.",
     easyrsa_steps,
     no_options,
     easyrsa_endpoints,
     {0},
     NULL,
     NULL},
    {"etcd",
     "2.3.8",
     false,
     "Healthy with 1 known peer",
     etcd_steps,
     etcd_options,
     etcd_endpoints,
     {2379},
     "port",
     NULL},
    {"etcd-dns",
     "2.3.8",
     false,
     "Serving plain HTTP on port 4001",
     etcd_plain_steps,
     no_options,
     no_endpoints,
     {4001},
     NULL,
     NULL},
    {"kubernetes-master",
     NULL,
     false,
     "Kubernetes master running.",
     master_steps,
     master_options,
     master_endpoints,
     {6443},
     NULL,
     NULL},
    {"kubernetes-control-plane",
     NULL,
     false,
     "Kubernetes control-plane running.",
     master_steps,
     master_options,
     master_endpoints,
     {6443},
     NULL,
     "kubernetes-master"},
    {"kubernetes-worker",
     NULL,
     false,
     "Kubernetes worker running.",
     worker_steps,
     worker_options,
     worker_endpoints,
     {80, 443},
     NULL,
     NULL},
    {"flannel",
     "0.7.0",
     true,
     "Flannel subnet 10.1.%.1/24",
     flannel_steps,
     flannel_options,
     flannel_endpoints,
     {0},
     NULL,
     NULL},
    {"ubuntu", "16.04", false, "ready", plain_steps, no_options, no_endpoints, {0}, NULL, NULL},
};

const struct juju_charm *juju_charm_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(charms); i++)
        if (str_eq(charms[i].name, name))
            return &charms[i];
    return NULL;
}

const char *juju_charm_role(const struct juju_charm *c) {
    return c->before ? c->before : c->name;
}

const struct juju_option *juju_charm_option(const struct juju_charm *c, const char *name) {
    for (const struct juju_option *o = c->options; o->name; o++)
        if (str_eq(o->name, name))
            return o;
    return NULL;
}

const struct juju_endpoint *juju_charm_endpoint(const struct juju_charm *c, const char *name) {
    for (const struct juju_endpoint *e = c->endpoints; e->name; e++)
        if (str_eq(e->name, name))
            return e;
    return NULL;
}

char *juju_charm_url_name(const char *url, int64_t *ret_revision) {
    const char *slash = strrchr(url, '/');
    const char *colon = strrchr(url, ':');
    const char *base = slash ? slash + 1 : colon ? colon + 1 : url;
    char *name = xstrdup(base);
    char *dash = strrchr(name, '-');
    *ret_revision = -1;
    if (dash && dash != name && str_to_int(dash + 1, 0, 1000000, ret_revision))
        *dash = '\0';
    return name;
}
