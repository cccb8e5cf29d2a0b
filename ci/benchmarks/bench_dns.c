/*
 * usage: bench_dns kube-dns|coredns COUNT
 * A DNS server of the world on UDP and TCP of one port, with COUNT services (kube-dns) or federated
 * names in etcd (CoreDNS): s0, s1, ... have an address, c0, c1, ... are other names of them; number
 * i is in namespace n<i % 100>. Prints its port and stops with its parent.
 */
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/dns/dns_server.h"
#include "mocks/etcd/etcd.h"
#include "mocks/serve/dgram_server.h"

#include <stdlib.h>

#define COUNT_MAX 2000000
#define ALIASES_MAX 10000
#define NAMESPACES 100 /* that the names are spread over */
#define ZONE_KEY "/skydns/com/juju-fed/svc/federation"
#define COREFILE                                                               \
    ".:53 {\n    etcd juju-fed.com {\n        path /skydns\n        endpoint " \
    "http://127.0.1.10:2379\n    }\n}\n"

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
    char key[160];
    int len = snprintf(key, sizeof(key), "%s/%s", ns, name);
    if (len < 0 || (size_t)len >= sizeof(key))
        return NULL;
    if (str_eq(resource, "services"))
        return json_object_get(w->services, key);
    return str_eq(resource, "endpoints") ? json_object_get(w->endpoints, key) : NULL;
}

static bool skydns(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self) {
    const struct world *w = self;
    (void)endpoint;
    etcd_each(w->etcd, key, fn, fn_self);
    return true;
}

static uint64_t never_changes(void *self) {
    (void)self;
    return 0;
}

static uint64_t etcd_version(void *self) {
    return etcd_changes(((const struct world *)self)->etcd);
}

static void add_service(struct world *w, size_t i, const char *address) {
    char ns[16], name[32], key[64], target[96];
    snprintf(ns, sizeof(ns), "n%zu", i % NAMESPACES);
    snprintf(name, sizeof(name), "s%zu", i);
    snprintf(key, sizeof(key), "%s/%s", ns, name);
    json_object_set_new(w->services, key,
                        json_pack("{s:{s:s,s:s},s:{s:s,s:[{s:i,s:s}]}}", "metadata", "name", name,
                                  "namespace", ns, "spec", "clusterIP", address, "ports", "port",
                                  80, "protocol", "TCP"));
    json_object_set_new(w->endpoints, key,
                        json_pack("{s:{s:s,s:s},s:[{s:[{s:s}],s:[{s:i}]}]}", "metadata", "name",
                                  name, "namespace", ns, "subsets", "addresses", "ip", "10.1.1.1",
                                  "ports", "port", 80));
    if (i >= ALIASES_MAX)
        return;
    snprintf(target, sizeof(target), "%s.%s.svc.cluster.local", name, ns);
    snprintf(name, sizeof(name), "c%zu", i);
    snprintf(key, sizeof(key), "%s/%s", ns, name);
    json_object_set_new(w->services, key,
                        json_pack("{s:{s:s,s:s},s:{s:s,s:s}}", "metadata", "name", name,
                                  "namespace", ns, "spec", "type", "ExternalName", "externalName",
                                  target));
}

static void put(struct world *w, char kind, size_t i, const char *host) {
    char target[128], form[192];
    snprintf(target, sizeof(target), "/v2/keys" ZONE_KEY "/n%zu/%c%zu/a", i % NAMESPACES, kind, i);
    snprintf(form, sizeof(form), "value=%%7B%%22host%%22%%3A%%22%s%%22%%2C%%22ttl%%22%%3A30%%7D",
             host);
    json_t *answer = NULL;
    if (etcd_call(w->etcd, "PUT", target, form, &answer) >= 300)
        die("etcd refused a record");
    json_decref(answer);
}

static void add_record(struct world *w, size_t i, const char *address) {
    char target[96];
    put(w, 's', i, address);
    if (i >= ALIASES_MAX)
        return;
    snprintf(target, sizeof(target), "s%zu.n%zu.federation.svc.juju-fed.com", i, i % NAMESPACES);
    put(w, 'c', i, target);
}

static void fill(struct world *w, size_t count, bool in_etcd) {
    w->services = json_object();
    w->endpoints = json_object();
    for (size_t i = 0; i < count; i++) {
        char address[20];
        snprintf(address, sizeof(address), "10.%d.%d.%d", (int)(i / 62500 + 152),
                 (int)(i / 250 % 250), (int)(i % 250 + 1));
        if (in_etcd)
            add_record(w, i, address);
        else
            add_service(w, i, address);
    }
}

static void stop(void *self) {
    loop_stop(self);
}

int main(int argc, char **argv) {
    struct err err = {0};
    int64_t count = 0;
    bool kube = argc == 3 && str_eq(argv[1], "kube-dns");
    bool core = argc == 3 && str_eq(argv[1], "coredns");
    if ((!kube && !core) || !str_to_int(argv[2], 1, COUNT_MAX, &count))
        die("expected kube-dns or coredns, and how many names");
    struct sched *sched = sched_new();
    struct world w = {.etcd = etcd_new(sched)};
    fill(&w, (size_t)count, core);
    const struct dns_server_ops ops = {.object = object,
                                       .skydns = skydns,
                                       .version = never_changes,
                                       .skydns_version = etcd_version,
                                       .self = &w};
    struct dns_server *dns =
        kube ? kube_dns_new(&(struct kube_dns_options){
                   .domain = "cluster.local", .service_cidr = "10.152.0.0/16", .ops = &ops})
             : coredns_new(COREFILE, &ops, &err);
    struct loop *loop = loop_new();
    struct dgram_server *server = dgram_server_new(loop,
                                                   &(struct dgram_server_options){
                                                       .address = "127.0.0.1",
                                                       .udp = true,
                                                       .tcp = true,
                                                       .handler = dns_server_answer,
                                                       .self = dns,
                                                   },
                                                   &err);
    if (!dns || !server)
        die(err.text);
    printf("%u\n", (unsigned)dgram_server_port(server));
    fflush(stdout);
    if (loop_on_parent_gone(loop, stop, loop, &err) < 0 || loop_run(loop, &err) < 0)
        die(err.text);
    return 0;
}
