/* What Juju's Kubernetes charms install into kube-system (cdk-addons). */
#include "mocks/cluster/state.h"

static json_t *metadata(const char *name) {
    return json_pack("{s:s,s:s,s:{s:s,s:s,s:s}}", "name", name, "namespace", "kube-system",
                     "labels", "k8s-app", "kube-dns", "kubernetes.io/cluster-service", "true",
                     "kubernetes.io/name", "KubeDNS");
}

static json_t *service_new(const char *dns_ip) {
    return json_pack("{s:s,s:s,s:o,s:{s:s,s:{s:s},s:[{s:s,s:i,s:s},{s:s,s:i,s:s}]}}", "apiVersion",
                     "v1", "kind", "Service", "metadata", metadata("kube-dns"), "spec", "clusterIP",
                     dns_ip, "selector", "k8s-app", "kube-dns", "ports", "name", "dns", "port", 53,
                     "protocol", "UDP", "name", "dns-tcp", "port", 53, "protocol", "TCP");
}

/* DNS ports are for UDP and TCP; kubectl refuses to forward one that is declared for UDP alone. */
static json_t *container(const char *name, const char *image, int port, bool dns) {
    json_t *ports = json_array();
    if (dns)
        json_array_append_new(ports,
                              json_pack("{s:i,s:s}", "containerPort", port, "protocol", "UDP"));
    json_array_append_new(ports, json_pack("{s:i,s:s}", "containerPort", port, "protocol", "TCP"));
    return json_pack("{s:s,s:s,s:o}", "name", name, "image", image, "ports", ports);
}

static json_t *deployment_new(void) {
    return json_pack(
        "{s:s,s:s,s:o,s:{s:i,s:{s:{s:s}},s:{s:{s:{s:s}},s:{s:[o,o,o],s:s}}}}", "apiVersion",
        "extensions/v1beta1", "kind", "Deployment", "metadata", metadata("kube-dns"), "spec",
        "replicas", 1, "selector", "matchLabels", "k8s-app", "kube-dns", "template", "metadata",
        "labels", "k8s-app", "kube-dns", "spec", "containers",
        container("kubedns", "gcr.io/google_containers/k8s-dns-kube-dns-amd64:1.14.2", 10053, true),
        container("dnsmasq", "gcr.io/google_containers/k8s-dns-dnsmasq-nanny-amd64:1.14.2", 53,
                  true),
        container("sidecar", "gcr.io/google_containers/k8s-dns-sidecar-amd64:1.14.2", 10054, false),
        "dnsPolicy", "Default");
}

static void post(struct cluster *c, const char *path, json_t *body) {
    (void)apiserver_call(c->api, "POST", path, body, NULL);
    json_decref(body);
}

void cluster_install_addons(struct cluster *c, const char *dns_ip, bool config_map) {
    post(c, "/api/v1/namespaces",
         json_pack("{s:s,s:s,s:{s:s}}", "apiVersion", "v1", "kind", "Namespace", "metadata", "name",
                   "kube-system"));
    if (config_map)
        post(c, "/api/v1/namespaces/kube-system/configmaps",
             json_pack("{s:s,s:s,s:o}", "apiVersion", "v1", "kind", "ConfigMap", "metadata",
                       metadata("kube-dns")));
    post(c, "/api/v1/namespaces/kube-system/services", service_new(dns_ip));
    post(c, "/apis/extensions/v1beta1/namespaces/kube-system/deployments", deployment_new());
}
