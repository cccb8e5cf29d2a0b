#include "mocks/sim/solo.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "harness/core/yaml.h"
#include "harness/net/kubeconfig.h"
#include "harness/net/pki.h"
#include "mocks/cluster/cluster.h"
#include "mocks/dns/dns_server.h"
#include "mocks/fault/fault.h"
#include "mocks/serve/http_server.h"
#include "mocks/sim/dns_objects.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE_CIDR "10.152.183.0/24"

struct solo {
    struct loop *loop;
    struct sched *sched;
    struct profile *profile;
    struct fault_table *faults;
    struct pki_pair ca, server, admin;
    struct kubelet_ops kubelet;
    struct cluster_ops cluster_ops;
    struct dns_server_ops dns_ops;
    struct apiserver *api;
    struct cluster *cluster;
    struct dns_server *dns;
    struct http_server *http;
    FILE *transcript;
    unsigned lacks; /* of enum feature */
};

/* --- what the cluster asks of a world that has nothing else ---------------------------------- */

static int kubelet_start(void *self, const struct kubelet_request *request,
                         const struct kubelet_sink *sink, struct kubelet_process *ret,
                         struct err *err) {
    struct solo *s = self;
    if (!s->cluster)
        return err_set(err, ERR_STATE, "no kubelet: the server was started with --bare");
    struct kubelet_ops ops = cluster_kubelet(s->cluster);
    return ops.start(ops.self, request, sink, ret, err);
}

/* There is one server and no network: the answer is there when the question is sent. */
static void *dns_send(void *self, const char *server, bool tcp, const void *query, size_t len) {
    struct solo *s = self;
    (void)server;
    struct buf *answer = xcalloc(1, sizeof(*answer));
    *answer = (struct buf)BUF_INIT_LIMIT(1 << 17);
    dns_server_answer(s->dns, query, len, tcp, answer);
    return answer;
}

static int dns_receive(void *self, void *exchange, struct buf *ret) {
    (void)self;
    struct buf *answer = exchange;
    if (answer->len == 0)
        return -1;
    buf_add(ret, answer->data, answer->len);
    buf_clear(answer);
    return 1;
}

static void dns_end(void *self, void *exchange) {
    (void)self;
    buf_release(exchange);
    free(exchange);
}

static int http_get(void *self, const char *url, struct buf *body) {
    (void)self;
    (void)url;
    (void)body;
    return 0;
}

static void pod_ready(void *self, const json_t *pod) {
    (void)self;
    (void)pod;
}

static void pod_gone(void *self, const char *ns, const char *name) {
    (void)self;
    (void)ns;
    (void)name;
}

static const json_t *dns_object(void *self, const char *resource, const char *ns,
                                const char *name) {
    struct solo *s = self;
    return dns_objects_get(s->api, resource, ns, name);
}

static void dns_each(void *self, const char *resource, const char *ns,
                     bool (*fn)(void *fn_self, const json_t *object), void *fn_self) {
    struct solo *s = self;
    apiserver_each(s->api, "", resource, ns, fn, fn_self);
}

static bool no_skydns(void *self, const char *endpoint, const char *key,
                      void (*fn)(void *fn_self, const char *key, const char *value),
                      void *fn_self) {
    (void)self;
    (void)endpoint;
    (void)key;
    (void)fn;
    (void)fn_self;
    return false;
}

static bool no_forward(void *self, const char *server, const void *query, size_t len, bool tcp,
                       struct buf *reply) {
    (void)tcp;
    (void)self;
    (void)server;
    (void)query;
    (void)len;
    (void)reply;
    return false;
}

static uint64_t dns_version(void *self) {
    return (uint64_t)apiserver_version(((const struct solo *)self)->api);
}

static bool dns_quirk(void *self, const char *name) {
    struct solo *s = self;
    return profile_has_quirk(s->profile, name);
}

static void start_cluster(struct solo *s, uint64_t seed) {
    static const struct cluster_node node = {"node-1", "127.0.0.1", ""};
    s->cluster_ops = (struct cluster_ops){.dns_send = dns_send,
                                          .dns_receive = dns_receive,
                                          .dns_end = dns_end,
                                          .http_get = http_get,
                                          .pod_ready = pod_ready,
                                          .pod_gone = pod_gone,
                                          .self = s};
    s->dns_ops = (struct dns_server_ops){.object = dns_object,
                                         .each = dns_each,
                                         .skydns = no_skydns,
                                         .forward = no_forward,
                                         .quirk = dns_quirk,
                                         .version = dns_version,
                                         .self = s};
    s->cluster = cluster_new(&(struct cluster_options){.name = "solo",
                                                       .api = s->api,
                                                       .profile = s->profile,
                                                       .sched = s->sched,
                                                       .seed = seed,
                                                       .nodes = &node,
                                                       .node_count = 1,
                                                       .persistent_volumes = true,
                                                       .ca_crt = s->ca.cert,
                                                       .ca_key = s->ca.key,
                                                       .ops = &s->cluster_ops});
    s->dns = kube_dns_new(&(struct kube_dns_options){
        .domain = "cluster.local", .service_cidr = SERVICE_CIDR, .ops = &s->dns_ops});
}

/* --- life cycle ------------------------------------------------------------------------------ */

static void write_exchange(void *self, const json_t *exchange) {
    struct solo *s = self;
    CLEANUP(str_freep) char *text = json_text(exchange);
    fprintf(s->transcript, "%s\n", text);
    fflush(s->transcript);
}

/* A strict server knows nothing of what the clients of today ask besides. */
static int read_lacks(struct solo *s, bool strict, struct err *err) {
    if (strict)
        return feature_lacks(json_at(profile_json(s->profile), "cluster", "wire", NULL), &s->lacks,
                             err);
    s->lacks = profile_has_quirk(s->profile, "no-websocket-v5") ? FEATURE_WEBSOCKET_V5 : 0;
    return 0;
}

static int load_profile(struct solo *s, const struct solo_options *o, struct err *err) {
    size_t i;
    json_t *text;
    s->profile = profile_load(o->profile_dir, o->profile, err);
    if (!s->profile)
        return err->code;
    json_array_foreach(o->quirks, i, text) {
        if (profile_set_quirk(s->profile, json_string_value(text), err) < 0)
            return err->code;
    }
    if (read_lacks(s, o->strict, err) < 0)
        return err_prefix(err, "profile %s", o->profile);
    s->faults = fault_table_new(o->seed);
    fault_table_use_clock(s->faults, s->sched);
    json_array_foreach(o->faults, i, text) {
        if (fault_table_add(s->faults, json_string_value(text), err) < 0)
            return err->code;
    }
    if (o->transcript && !(s->transcript = fopen(o->transcript, "ae")))
        return err_errno(err, "cannot write the transcript %s", o->transcript);
    return 0;
}

static struct apiserver_ways ways_of(const struct solo *s) {
    return (struct apiserver_ways){
        .one_protocol_per_node_port = profile_has_quirk(s->profile, "nodeport-udp-tcp"),
        .ports_by_protocol = !profile_has_quirk(s->profile, "apply-port-merge-key"),
        .lacks = s->lacks,
    };
}

static void start_api(struct solo *s, const struct solo_options *o, struct rng *rng) {
    const json_t *facts = profile_json(s->profile);
    CLEANUP(json_freep)
    json_t *groups = json_deep_copy(json_at(facts, "cluster", "groups", NULL));
    if (!o->strict)
        json_array_extend(groups, json_at(facts, "cluster", "compatible", NULL));
    s->kubelet = (struct kubelet_ops){kubelet_start, s};
    s->api = apiserver_new(
        &(struct apiserver_options){.name = "solo",
                                    .sched = s->sched,
                                    .seed = rng_u32(rng),
                                    .group_versions = groups,
                                    .version = json_object_get(facts, "version"),
                                    .service_cidr = SERVICE_CIDR,
                                    .rbac = true,
                                    .anonymous = true,
                                    .kubelet = &s->kubelet,
                                    .faults = s->faults,
                                    .ways = ways_of(s),
                                    .transcript = s->transcript ? write_exchange : NULL,
                                    .transcript_self = s});
    if (!o->bare)
        start_cluster(s, rng_u32(rng));
}

static int load_objects(struct solo *s, const json_t *files, struct err *err) {
    size_t i, k;
    json_t *name, *document;
    json_array_foreach(files, i, name) {
        const char *path = json_string_value(name);
        struct buf text = BUF_INIT;
        if (fs_read(path, &text, err) < 0)
            return err->code;
        CLEANUP(json_freep)
        json_t *documents = yaml_parse_all(buf_str(&text), text.len, path, err);
        buf_release(&text);
        if (!documents)
            return err->code;
        json_array_foreach(documents, k, document) {
            if (apiserver_load(s->api, document, err) < 0)
                return err_prefix(err, "%s", path);
        }
    }
    return 0;
}

static int make_certificates(struct solo *s, struct err *err) {
    static const char *const names[] = {"127.0.0.1", "localhost", "10.152.183.1", "kubernetes",
                                        "kubernetes.default.svc.cluster.local"};
    struct pki_request server = {
        .common_name = "127.0.0.1", .names = names, .name_count = ARRAY_LEN(names), .server = true};
    struct pki_request admin = {
        .common_name = "admin", .organization = "system:masters", .client = true};
    if (pki_new_ca("confed-sim", &s->ca, err) < 0 ||
        pki_issue(&s->ca, &server, &s->server, err) < 0 ||
        pki_issue(&s->ca, &admin, &s->admin, err) < 0)
        return err->code;
    return 0;
}

static int start_listening(struct solo *s, uint16_t port, struct err *err) {
    size_t gzip = s->lacks & FEATURE_GZIP ? SIZE_MAX : 0; /* 0: where Kubernetes begins to */
    s->http = http_server_new(s->loop,
                              &(struct http_server_options){.address = "127.0.0.1",
                                                            .port = port,
                                                            .cert_pem = s->server.cert,
                                                            .key_pem = s->server.key,
                                                            .client_ca_pem = s->ca.cert,
                                                            .handler = apiserver_handle,
                                                            .limits = {.gzip_min_len = gzip},
                                                            .self = s->api},
                              err);
    if (!s->http)
        return err->code;
    apiserver_announce(s->api, "127.0.0.1", http_server_port(s->http));
    return 0;
}

struct solo *solo_new(struct loop *l, const struct solo_options *o, struct err *err) {
    CLEANUP(solo_freep) struct solo *s = xcalloc(1, sizeof(*s));
    struct rng rng;
    rng_init(&rng, o->seed);
    s->loop = l;
    s->sched = sched_new();
    if (load_profile(s, o, err) < 0 || make_certificates(s, err) < 0)
        return NULL;
    start_api(s, o, &rng);
    if (load_objects(s, o->load, err) < 0 || start_listening(s, o->port, err) < 0)
        return NULL;
    loop_drive_sched(l, s->sched, o->speed);
    return solo_take(&s);
}

void solo_free(struct solo *s) {
    if (!s)
        return;
    http_server_free(s->http);
    dns_server_free(s->dns);
    cluster_free(s->cluster);
    apiserver_free(s->api);
    fault_table_free(s->faults);
    profile_free(s->profile);
    sched_free(s->sched);
    pki_pair_release(&s->ca);
    pki_pair_release(&s->server);
    pki_pair_release(&s->admin);
    if (s->transcript)
        fclose(s->transcript);
    free(s);
}

int solo_write_kubeconfig(const struct solo *s, const char *path, struct err *err) {
    CLEANUP(str_freep)
    char *url = xasprintf("https://127.0.0.1:%u", http_server_port(s->http));
    CLEANUP(json_freep)
    json_t *config =
        kubeconfig_new("confed", "admin", "confed", url, s->ca.cert, s->admin.cert, s->admin.key);
    return kubeconfig_save(path, config, err);
}

json_t *solo_dump(const struct solo *s) {
    return apiserver_dump(s->api);
}
