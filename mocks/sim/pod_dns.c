#include "mocks/sim/pod_dns.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/serve/dgram_client.h"
#include "mocks/sim/dns_trouble.h"
#include "mocks/sim/plane.h"
#include "mocks/sim/world.h"

#include <string.h>

enum { DNS_PORT = 53, TCP_REAL_MS = 2000 /* turns of the loop that an answer by TCP may need */ };

struct exchange {
    struct dgram_client *client;
    bool tcp;
    int64_t sent_ms; /* real */
};

/* Where a packet for the server's address and port ends up; false: nowhere. */
static bool route(const struct site *s, const char *server, bool tcp, char **ret_address,
                  uint16_t *ret_port) {
    int64_t port = DNS_PORT;
    CLEANUP(str_freep) char *host = xstrdup(server);
    char *colon = strrchr(host, ':');
    if (colon && str_to_int(colon + 1, 1, 65535, &port))
        *colon = '\0';
    const json_t *service = apiserver_peek(s->api, "", "services", "kube-system", "kube-dns");
    bool is_cluster =
        str_eq(json_str(service, "spec", "clusterIP", NULL), host) && port == DNS_PORT;
    *ret_port = is_cluster ? SITE_DNS_PORT : (uint16_t)port;
    const char *address = is_cluster ? s->master : host;
    if (!plane_dns_listens(s->world, address, *ret_port, tcp))
        return false;
    *ret_address = xstrdup(address);
    return true;
}

static void *dns_send(void *self, const char *server, bool tcp, const void *query, size_t len) {
    struct site *s = self;
    CLEANUP(str_freep) char *address = NULL;
    uint16_t port;
    if (!route(s, server, tcp, &address, &port))
        return NULL;
    struct dgram_client *c = dgram_client_new(address, port, tcp, query, len, NULL);
    if (!c)
        return NULL;
    if (!tcp)
        plane_dns_pump(s->world, address, port);
    struct exchange *x = xcalloc(1, sizeof(*x));
    *x = (struct exchange){.client = c, .tcp = tcp, .sent_ms = clock_monotonic_ms()};
    return x;
}

static int dns_receive(void *self, void *exchange, struct buf *ret) {
    (void)self;
    const struct exchange *x = exchange;
    int got = dgram_client_receive(x->client, ret);
    if (got == 0 && x->tcp && clock_monotonic_ms() - x->sent_ms < TCP_REAL_MS)
        return CLUSTER_DNS_ON_ITS_WAY;
    return got;
}

static void dns_end(void *self, void *exchange) {
    (void)self;
    struct exchange *x = exchange;
    dgram_client_free(x->client);
    free(x);
}

/* A server in a pod is asked itself: what befalls its answers on the wire befalls these too. */
static bool pod_dns(void *self, const json_t *pod, uint16_t port, const void *query, size_t len,
                    struct buf *reply, int64_t *ret_delay_ms) {
    struct site *s = self;
    struct dns_server *server = site_dns_in_pod(s, pod);
    if (!server || port != DNS_PORT || !query)
        return server && port == DNS_PORT;
    CLEANUP(str_freep)
    char *part = xasprintf("%s/%s", s->model, server == s->kube_dns ? "kube-dns" : "coredns");
    const struct dns_trouble_query q = {
        .part = part, .server = server, .data = query, .len = len, .tcp = true};
    return dns_trouble_answer(s->world->dns_trouble, &q, reply, ret_delay_ms);
}

void pod_dns_install(struct site *s) {
    s->cluster_ops.dns_send = dns_send;
    s->cluster_ops.dns_receive = dns_receive;
    s->cluster_ops.dns_end = dns_end;
    s->cluster_ops.pod_dns = pod_dns;
}
