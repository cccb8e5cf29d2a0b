/*
 * usage: bench_dns kube-dns|coredns
 * A DNS server of the world on UDP, with a hundred services (kube-dns) or a hundred federated names
 * in etcd (CoreDNS). Prints its port and stops with its parent.
 */
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/dns/dns_server.h"
#include "mocks/etcd/etcd.h"
#include "mocks/serve/dgram_server.h"

#include <stdlib.h>

#define NAMES 100
#define ZONE_KEY "/skydns/com/juju-fed"

struct world {
    json_t *services, *endpoints; /* name -> object */
    struct etcd *etcd;
};

static void die(const char *what) {
    fprintf(stderr, "bench_dns: %s\n", what);
    exit(1);
}

static const json_t *object(void *self, const char *resource, const char *ns, const char *name) {
    const struct world *w = self;
    if (!str_eq(ns, "default"))
        return NULL;
    if (str_eq(resource, "services"))
        return json_object_get(w->services, name);
    return str_eq(resource, "endpoints") ? json_object_get(w->endpoints, name) : NULL;
}

static bool skydns(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self) {
    const struct world *w = self;
    (void)endpoint;
    etcd_each(w->etcd, key, fn, fn_self);
    return true;
}

static void fill(struct world *w) {
    w->services = json_object();
    w->endpoints = json_object();
    for (int i = 0; i < NAMES; i++) {
        char name[16], address[20], target[128], form[128];
        snprintf(name, sizeof(name), "s%d", i);
        snprintf(address, sizeof(address), "10.152.183.%d", i + 1);
        json_object_set_new(w->services, name,
                            json_pack("{s:{s:s,s:s},s:{s:s,s:[{s:i,s:s}]}}", "metadata", "name",
                                      name, "namespace", "default", "spec", "clusterIP", address,
                                      "ports", "port", 80, "protocol", "TCP"));
        json_object_set_new(w->endpoints, name,
                            json_pack("{s:{s:s,s:s},s:[{s:[{s:s}],s:[{s:i}]}]}", "metadata", "name",
                                      name, "namespace", "default", "subsets", "addresses", "ip",
                                      "10.1.1.1", "ports", "port", 80));
        snprintf(target, sizeof(target), "/v2/keys" ZONE_KEY "/svc/federation/default/s%d/a", i);
        snprintf(form, sizeof(form),
                 "value=%%7B%%22host%%22%%3A%%22%s%%22%%2C%%22ttl%%22%%3A30%%7D", address);
        json_t *answer = NULL;
        if (etcd_call(w->etcd, "PUT", target, form, &answer) >= 300)
            die("etcd refused a record");
        json_decref(answer);
    }
}

static void stop(void *self) {
    loop_stop(self);
}

int main(int argc, char **argv) {
    struct err err = {0};
    struct sched *sched = sched_new();
    struct world w = {.etcd = etcd_new(sched)};
    fill(&w);
    const struct dns_server_ops ops = {.object = object, .skydns = skydns, .self = &w};
    struct dns_server *dns = NULL;
    if (argc == 2 && str_eq(argv[1], "kube-dns"))
        dns = kube_dns_new(&(struct kube_dns_options){
            .domain = "cluster.local", .service_cidr = "10.152.183.0/24", .ops = &ops});
    else if (argc == 2 && str_eq(argv[1], "coredns"))
        dns = coredns_new(".:53 {\n    etcd juju-fed.com {\n        path /skydns\n        endpoint "
                          "http://127.0.1.10:2379\n    }\n}\n",
                          &ops, &err);
    if (!dns)
        die(err.code ? err.text : "expected kube-dns or coredns");
    struct loop *loop = loop_new();
    struct dgram_server *server = dgram_server_new(
        loop,
        &(struct dgram_server_options){
            .address = "127.0.0.1", .udp = true, .handler = dns_server_answer, .self = dns},
        &err);
    if (!server)
        die(err.text);
    printf("%u\n", (unsigned)dgram_server_port(server));
    fflush(stdout);
    if (loop_on_parent_gone(loop, stop, loop, &err) < 0 || loop_run(loop, &err) < 0)
        die(err.text);
    return 0;
}
