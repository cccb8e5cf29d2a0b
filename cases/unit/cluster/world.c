#include "cases/unit/cluster/world.h"
#include "cases/unit/support/texts.h"

static void *dns_send(void *self, const char *server, bool tcp, const void *query, size_t len) {
    struct world *w = self;
    struct buf *answer = xcalloc(1, sizeof(*answer));
    *answer = (struct buf)BUF_INIT_LIMIT(1 << 17);
    if (w->resolve && !w->resolve(w, server, tcp, query, len, answer))
        buf_clear(answer);
    return answer;
}

static int dns_receive(void *self, void *exchange, struct buf *ret) {
    (void)self;
    struct buf *answer = exchange;
    if (answer->len == 0)
        return 0;
    buf_add(ret, answer->data, answer->len);
    buf_clear(answer);
    return 1;
}

static void dns_end(void *self, void *exchange) {
    (void)self;
    buf_release(exchange);
    free(exchange);
}

static void pod_ready(void *self, const json_t *pod) {
    struct world *w = self;
    assert_non_null(json_str(pod, "status", "podIP", NULL));
    w->ready++;
}

static void pod_gone(void *self, const char *ns, const char *name) {
    struct world *w = self;
    assert_non_null(ns);
    assert_non_null(name);
    w->gone++;
}

void world_options(struct cluster_options *o) {
    static const struct cluster_node nodes[] = {{"node-1", "127.7.0.21", ""},
                                                {"node-2", "127.7.0.22", "disk=ssd"}};
    *o = (struct cluster_options){.name = "c1", .seed = 7, .nodes = nodes, .node_count = 2};
}

struct world *world_start(const struct cluster_options *o) {
    struct world *w = xcalloc(1, sizeof(*w));
    struct cluster_options options = *o;
    w->asked = (struct buf)BUF_INIT;
    w->sched = sched_new();
    w->api = apiserver_new(&(struct apiserver_options){.name = "c1",
                                                       .sched = w->sched,
                                                       .seed = 1,
                                                       .service_cidr = "10.152.183.0/24",
                                                       .kubelet = &w->kubelet});
    w->ops = (struct cluster_ops){.dns_send = dns_send,
                                  .dns_receive = dns_receive,
                                  .dns_end = dns_end,
                                  .pod_ready = pod_ready,
                                  .pod_gone = pod_gone,
                                  .self = w};
    options.api = w->api;
    options.sched = w->sched;
    options.ops = o->ops ? o->ops : &w->ops;
    w->cluster = cluster_new(&options);
    w->kubelet = cluster_kubelet(w->cluster);
    sched_advance(w->sched, 100);
    return w;
}

void world_stop(struct world *w) {
    cluster_free(w->cluster);
    apiserver_free(w->api);
    sched_free(w->sched);
    buf_release(&w->asked);
    free(w);
}

int world_setup(void **state) {
    struct cluster_options o;
    world_options(&o);
    *state = world_start(&o);
    return 0;
}

int world_teardown(void **state) {
    world_stop(*state);
    return 0;
}

int world_status(struct world *w, const char *method, const char *target, const char *body) {
    json_t *value = body ? quoted(body) : NULL;
    int status = apiserver_call(w->api, method, target, value, NULL);
    json_decref(value);
    return status;
}

void world_call(struct world *w, const char *method, const char *target, const char *body) {
    json_t *value = body ? quoted(body) : NULL, *answer = NULL;
    int status = apiserver_call(w->api, method, target, value, &answer);
    json_decref(value);
    if (status >= 300) {
        char *text = json_dumps(answer, 0);
        print_error("%s %s: %d %s\n", method, target, status, text);
        free(text);
    }
    json_decref(answer);
    assert_in_range(status, 200, 299);
}

const json_t *world_get(struct world *w, const char *group, const char *resource,
                        const char *name) {
    return apiserver_peek(w->api, group, resource, "default", name);
}

static bool count_one(void *self, const json_t *object) {
    (void)object;
    ++*(size_t *)self;
    return true;
}

size_t world_count(struct world *w, const char *group, const char *resource) {
    size_t n = 0;
    apiserver_each(w->api, group, resource, NULL, count_one, &n);
    return n;
}

static bool describe(void *self, const json_t *pod) {
    const char *phase = json_str(pod, "status", "phase", NULL);
    buf_addf(self, "%s%s=%s", ((struct buf *)self)->len ? " " : "",
             json_str(pod, "metadata", "name", NULL), phase ? phase : "");
    return true;
}

char *world_pods(struct world *w) {
    struct buf b = BUF_INIT;
    apiserver_each(w->api, "", "pods", "default", describe, &b);
    return buf_detach(&b);
}

void world_pod(struct world *w, const char *name, const char *image, const char *command) {
    char *body =
        xasprintf("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','labels':"
                  "{'app':'%s'}},'spec':{'containers':[{'name':'main','image':'%s'%s%s}]}}",
                  name, name, image, command ? ",'command':" : "", command ? command : "");
    world_call(w, "POST", "/api/v1/namespaces/default/pods", body);
    free(body);
}
