/*
 * The add-ons of the patched charm: CoreDNS in place of kube-dns. Its Corefile has one block for
 * cluster.local and the rest of the world, and neither etcd nor federation middleware: nothing in
 * it serves the federation's zone. Source: juju-solutions/cdk-addons, feature/coredns.
 */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/sim/site.h"

#include <string.h>

static char *corefile(const struct site *s) {
    return xasprintf(".:53 {\n"
                     "    errors\n"
                     "    log stdout\n"
                     "    health\n"
                     "    kubernetes cluster.local %s.0/24\n"
                     "    proxy . /etc/resolv.conf\n"
                     "    cache 30\n"
                     "}\n",
                     s->service_net);
}

enum { COREDNS_NODE_PORT = 30053 };

static json_t *deployment(void) {
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:i, s:{s:{s:s}}, s:{s:{s:{s:s}},"
                     " s:{s:[{s:s, s:s, s:[s,s], s:[{s:s, s:s}]}], s:[{s:s, s:{s:s}}]}}}}",
                     "apiVersion", "extensions/v1beta1", "kind", "Deployment", "metadata", "name",
                     "coredns", "namespace", "kube-system", "labels", "k8s-app", "coredns", "spec",
                     "replicas", 1, "selector", "matchLabels", "k8s-app", "coredns", "template",
                     "metadata", "labels", "k8s-app", "coredns", "spec", "containers", "name",
                     "coredns", "image", "coredns/coredns:007", "args", "-conf",
                     "/etc/coredns/Corefile", "volumeMounts", "name", "config-volume", "mountPath",
                     "/etc/coredns", "volumes", "name", "config-volume", "configMap", "name",
                     "coredns");
}

static json_t *service(const struct site *s) {
    CLEANUP(str_freep) char *address = xasprintf("%s.10", s->service_net);
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:s, s:s, s:{s:s}, s:["
                     "{s:s, s:i, s:s, s:i}, {s:s, s:i, s:s, s:i}]}}",
                     "apiVersion", "v1", "kind", "Service", "metadata", "name", "kube-dns",
                     "namespace", "kube-system", "labels", "k8s-app", "coredns", "spec", "type",
                     "NodePort", "clusterIP", address, "selector", "k8s-app", "coredns", "ports",
                     "name", "dns", "port", 53, "protocol", "UDP", "nodePort", COREDNS_NODE_PORT,
                     "name", "dns-tcp", "port", 53, "protocol", "TCP", "nodePort",
                     COREDNS_NODE_PORT);
}

static void replace(struct site *s, const char *collection, const char *name, json_t *object) {
    CLEANUP(json_freep) json_t *owned = object;
    CLEANUP(str_freep) char *target = xasprintf("%s/%s", collection, name);
    apiserver_call(s->api, "DELETE", target, NULL, NULL);
    apiserver_call(s->api, "POST", collection, owned, NULL);
}

void site_enable_coredns(struct site *s, bool on) {
    static const char services[] = "/api/v1/namespaces/kube-system/services";
    static const char deployments[] = "/apis/extensions/v1beta1/namespaces/kube-system/deployments";
    if (!on) {
        apiserver_call(s->api, "DELETE",
                       "/apis/extensions/v1beta1/namespaces/kube-system/deployments/coredns", NULL,
                       NULL);
        return;
    }
    CLEANUP(str_freep) char *text = corefile(s);
    replace(s, "/api/v1/namespaces/kube-system/configmaps", "coredns",
            json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s}}", "apiVersion", "v1", "kind", "ConfigMap",
                      "metadata", "name", "coredns", "namespace", "kube-system", "data", "Corefile",
                      text));
    apiserver_call(s->api, "DELETE",
                   "/apis/extensions/v1beta1/namespaces/kube-system/deployments/kube-dns", NULL,
                   NULL);
    replace(s, deployments, "coredns", deployment());
    replace(s, services, "kube-dns", service(s));
}
