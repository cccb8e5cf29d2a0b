/*
 * A message from the network: to both servers as a query, to the readers as a reply. What the
 * servers answer must be readable by ldns.
 */
#include "harness/core/json.h"
#include "harness/dns/dns_query.h"
#include "harness/dns/dns_wire.h"
#include "mocks/dns/dns_server.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const json_t *object(void *self, const char *resource, const char *ns, const char *name) {
    (void)resource, (void)ns, (void)name;
    return self;
}

static bool skydns(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self) {
    (void)self, (void)endpoint;
    fn(fn_self, key, "{\"host\":\"a.juju-fed.com\",\"port\":1,\"text\":\"t\"}");
    fn(fn_self, key, "{\"host\":\"10.0.0.1\",\"port\":1}");
    return true;
}

/* What cannot be read, or is another opcode, is not worth more bytes than it took. */
static bool is_cheap(const uint8_t *data, size_t size, const struct buf *reply) {
    struct dns_query q;
    enum dns_query_kind kind = dns_query_read(data, size, &q);
    return kind == DNS_QUERY_OK || reply->len <= size;
}

static void ask(struct dns_server *server, const uint8_t *data, size_t size, bool tcp) {
    struct buf reply = BUF_INIT_LIMIT(65535);
    if (dns_server_answer(server, data, size, tcp, &reply)) {
        json_t *json = dns_reply_parse(reply.data, reply.len, NULL);
        assert(json);
        assert(is_cheap(data, size, &reply));
        json_decref(json);
    }
    buf_release(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP(json_freep)
    json_t *service =
        json_pack("{s:{s:s,s:s},s:{s:s,s:[{s:s,s:i}]}}", "metadata", "name", "a", "namespace", "b",
                  "spec", "clusterIP", "10.1.2.3", "ports", "name", "http", "port", 80);
    const struct dns_server_ops ops = {.object = object, .skydns = skydns, .self = service};
    const struct kube_dns_options options = {.domain = "cluster.local", .ops = &ops};
    struct dns_server *kube = kube_dns_new(&options);
    struct dns_server *core = coredns_new(". {\n etcd .\n loadbalance\n}\n", &ops, NULL);
    ask(kube, data, size, false);
    ask(core, data, size, false);
    ask(core, data, size, true);
    dns_server_free(kube);
    dns_server_free(core);

    json_decref(dns_reply_parse(data, size, NULL));
    struct dns_reader reader;
    struct dns_record record;
    unsigned records = 0;
    if (dns_reader_init(&reader, data, size))
        while (dns_reader_next(&reader, &record))
            records++;
    assert(records <= size);
    return 0;
}
