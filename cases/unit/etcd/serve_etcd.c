/*
 * mocks/etcd alone on two ports, for side_by_side.sh: usage: serve_etcd DIR. Writes certificates
 * into DIR, and last DIR/ours: the plain URL and the one with TLS and client certificates, a line
 * each. Ends with its parent.
 */
#include "harness/core/fs.h"
#include "harness/core/str.h"
#include "harness/net/pki.h"
#include "mocks/etcd/etcd.h"
#include "mocks/serve/http_server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void fail(const struct err *err) {
    fprintf(stderr, "serve_etcd: %s\n", err->text);
    _exit(1);
}

static void put(const char *dir, const char *name, const char *text) {
    struct err err = {0};
    CLEANUP(str_freep) char *path = fs_join(dir, name);
    if (fs_write_atomic(path, text, strlen(text), 0600, &err) < 0)
        fail(&err);
}

static void put_pair(const char *dir, const char *name, const struct pki_pair *pair) {
    CLEANUP(str_freep) char *cert = xasprintf("%s.crt", name);
    CLEANUP(str_freep) char *key = xasprintf("%s.key", name);
    put(dir, cert, pair->cert);
    put(dir, key, pair->key);
}

static void issue(const struct pki_pair *ca, const char *name, struct pki_pair *ret) {
    static const char *const NAMES[] = {"127.0.0.1", "localhost"};
    const struct pki_request request = {.common_name = name,
                                        .names = NAMES,
                                        .name_count = ARRAY_LEN(NAMES),
                                        .server = true,
                                        .client = true};
    struct err err = {0};
    if (pki_issue(ca, &request, ret, &err) < 0)
        fail(&err);
}

static void stop(void *self) {
    loop_stop(self);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    struct err err = {0};
    struct pki_pair ca = {0}, other_ca = {0}, server = {0}, client = {0}, stranger = {0};
    if (pki_new_ca("ca", &ca, &err) < 0 || pki_new_ca("other", &other_ca, &err) < 0)
        fail(&err);
    issue(&ca, "127.0.0.1", &server);
    issue(&ca, "client", &client);
    issue(&other_ca, "stranger", &stranger);
    put_pair(argv[1], "ca", &ca);
    put_pair(argv[1], "server", &server);
    put_pair(argv[1], "client", &client);
    put_pair(argv[1], "stranger", &stranger);

    struct loop *loop = loop_new();
    struct sched *sched = sched_new();
    struct etcd *plain = etcd_new(sched), *secure = etcd_new(sched);
    struct http_server_options o = {.address = "127.0.0.1", .handler = etcd_handle, .self = plain};
    struct http_server *a = http_server_new(loop, &o, &err);
    o.self = secure;
    o.cert_pem = server.cert;
    o.key_pem = server.key;
    o.client_ca_pem = ca.cert;
    o.client_cert_required = true;
    struct http_server *b = a ? http_server_new(loop, &o, &err) : NULL;
    if (!b || loop_on_parent_gone(loop, stop, loop, &err) < 0)
        fail(&err);
    CLEANUP(str_freep)
    char *urls = xasprintf("http://127.0.0.1:%u\nhttps://127.0.0.1:%u\n", http_server_port(a),
                           http_server_port(b));
    put(argv[1], "ours", urls);
    loop_drive_sched(loop, sched, 1);
    int r = loop_run(loop, &err);

    http_server_free(a);
    http_server_free(b);
    etcd_free(plain);
    etcd_free(secure);
    sched_free(sched);
    loop_free(loop);
    struct pki_pair *const pairs[] = {&ca, &other_ca, &server, &client, &stranger};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        pki_pair_release(pairs[i]);
    return r < 0;
}
