/*
 * The DNS servers of cluster.json on sockets, for wire.sh: usage: serve_dns CLUSTER.JSON FILE.
 * Writes FILE when all listen: a flavour and its port on each line. Ends with its parent.
 */
#include "cases/unit/dnsserver/world.h"

#include "harness/core/fs.h"
#include "mocks/serve/dgram_server.h"

#include <stdio.h>
#include <unistd.h>

static const char ADD_ON[] = ".:53 {\n    errors\n    log stdout\n    health\n"
                             "    kubernetes cluster.local 10.152.183.0/24\n"
                             "    proxy . /etc/resolv.conf\n    cache 30\n}\n";
static const char FEDERATED[] =
    ".:53 {\n"
    "    federation cluster.local {\n        fed juju-fed.com\n"
    "        upstream 10.1.0.21:30053\n    }\n"
    "    kubernetes cluster.local 10.152.183.0/24 10.1.0.0/16 ip6.arpa {\n"
    "        pods insecure\n        upstream 8.8.8.8\n    }\n"
    "    proxy . 8.8.8.8\n}\n";
static const char ZONE[] = ".:53 {\n    etcd juju-fed.com example.com {\n"
                           "        endpoint http://10.3.0.9:2379\n    }\n    loadbalance\n}\n";

static void die(const char *what, const struct err *err) {
    fprintf(stderr, "serve_dns: %s: %s\n", what, err->text);
    _exit(1);
}

static void stop(void *self) {
    loop_stop(self);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    struct err err = {0};
    struct world *w = world_new();
    struct buf text = BUF_INIT, ports = BUF_INIT;
    if (fs_read(argv[1], &text, &err) < 0)
        die(argv[1], &err);
    json_t *all = json_parse(text.data, text.len, argv[1], &err);
    if (!all)
        die(argv[1], &err);
    json_object_update(w->objects, json_object_get(all, "objects"));
    json_object_update(w->leaves, json_object_get(all, "leaves"));

    struct {
        const char *name;
        struct dns_server *server;
        struct dgram_server *dgram;
    } flavours[] = {{"kube",
                     kube_dns_new(&(struct kube_dns_options){
                         .domain = "cluster.local", .upstream = "8.8.8.8", .ops = &w->ops}),
                     NULL},
                    {"addon", coredns_new(ADD_ON, &w->ops, &err), NULL},
                    {"fed", coredns_new(FEDERATED, &w->ops, &err), NULL},
                    {"zone", coredns_new(ZONE, &w->ops, &err), NULL}};
    struct loop *loop = loop_new();
    w->elsewhere = coredns_new(ZONE, &w->ops, &err); /* what the others forward to */
    for (size_t i = 0; i < ARRAY_LEN(flavours); i++) {
        if (!flavours[i].server || !w->elsewhere)
            die(flavours[i].name, &err);
        const struct dgram_server_options o = {.address = "127.0.0.1",
                                               .udp = true,
                                               .tcp = true,
                                               .handler = dns_server_answer,
                                               .self = flavours[i].server};
        flavours[i].dgram = dgram_server_new(loop, &o, &err);
        if (!flavours[i].dgram)
            die(flavours[i].name, &err);
        buf_addf(&ports, "%s %u\n", flavours[i].name, dgram_server_port(flavours[i].dgram));
    }
    if (loop_on_parent_gone(loop, stop, loop, &err) < 0 ||
        fs_write_atomic(argv[2], ports.data, ports.len, 0600, &err) < 0)
        die(argv[2], &err);
    int r = loop_run(loop, &err);

    for (size_t i = 0; i < ARRAY_LEN(flavours); i++) {
        dgram_server_free(flavours[i].dgram);
        dns_server_free(flavours[i].server);
    }
    void *state = w;
    world_free(&state);
    json_decref(all);
    buf_release(&text);
    buf_release(&ports);
    loop_free(loop);
    return r < 0;
}
