#include "cases/unit/federation/fed_world.h"

#include "harness/core/rng.h"
#include "mocks/apiserver/spoil.h"

#define PROFILES CONFED_SOURCE_DIR "/fixtures/profiles"

struct fed_subscription {
    struct fed_member *member;
    apiserver_subscriber_fn *fn;
    void *fn_self;
    uint64_t handle;
    struct fed_subscription *next;
};

static const char *group_of(const char *resource) {
    static const char *const extensions[] = {"replicasets", "deployments", "daemonsets",
                                             "ingresses"};
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
        if (str_eq(resource, extensions[i]))
            return "extensions";
    if (str_eq(resource, "jobs"))
        return "batch";
    if (str_eq(resource, "clusters"))
        return "federation";
    return str_eq(resource, "horizontalpodautoscalers") ? "autoscaling" : "";
}

static char *path_of(const char *resource, const char *ns, const char *name, const char *sub) {
    const char *group = group_of(resource);
    const char *version =
        str_eq(group, "extensions") || str_eq(group, "federation") ? "v1beta1" : "v1";
    struct buf b = BUF_INIT;
    buf_addf(&b, group[0] ? "/apis/%s/%s" : "/api%s/%s", group, version);
    if (ns && ns[0])
        buf_addf(&b, "/namespaces/%s", ns);
    buf_addf(&b, "/%s", resource);
    if (name)
        buf_addf(&b, "/%s", name);
    if (sub)
        buf_addf(&b, "/%s", sub);
    return buf_detach(&b);
}

/* The kubelet of a member */

struct names {
    json_t *objects; /* copies */
};

static bool collect(void *self, const json_t *object) {
    struct names *n = self;
    json_array_append_new(n->objects, json_deep_copy(object));
    return true;
}

static json_t *all(const struct apiserver *api, const char *resource) {
    struct names n = {json_array()};
    apiserver_each(api, group_of(resource), resource, NULL, collect, &n);
    return n.objects;
}

static json_t *pod_status(bool fits) {
    return fits ? json_pack("{s:s,s:[{s:s,s:s}]}", "phase", "Running", "conditions", "type",
                            "Ready", "status", "True")
                : json_pack("{s:s,s:[{s:s,s:s,s:s}]}", "phase", "Pending", "conditions", "type",
                            "PodScheduled", "status", "False", "reason", "Unschedulable");
}

static void run_pods(struct fed_member *m, const json_t *set) {
    const char *ns = json_str(set, "metadata", "namespace", NULL);
    const char *name = json_str(set, "metadata", "name", NULL);
    int64_t wanted = json_int(set, 1, "spec", "replicas", NULL);
    int64_t fitting = m->full_at > 0 && m->full_at < wanted ? m->full_at : wanted;
    for (int64_t i = 0;; i++) {
        char *pod = xasprintf("%s-%lld", name, (long long)i);
        char *path = path_of("pods", ns, i < wanted ? NULL : pod, NULL);
        bool there = apiserver_peek(m->api, "", "pods", ns, pod) != NULL;
        if (i < wanted && !there) {
            json_t *body =
                json_pack("{s:s,s:s,s:{s:s},s:{s:[{s:s,s:s}]},s:o}", "kind", "Pod", "apiVersion",
                          "v1", "metadata", "name", pod, "spec", "containers", "name", "a", "image",
                          "a", "status", pod_status(i < fitting));
            json_t *labels = json_at(set, "spec", "template", "metadata", "labels", NULL);
            if (labels)
                json_object_set(json_object_get(body, "metadata"), "labels", labels);
            apiserver_call(m->api, "POST", path, body, NULL);
            char *status = path_of("pods", ns, pod, "status");
            apiserver_call(m->api, "PUT", status, body, NULL);
            free(status);
            json_decref(body);
        } else if (i >= wanted && there) {
            json_t *now = json_pack("{s:i}", "gracePeriodSeconds", 0);
            apiserver_call(m->api, "DELETE", path, now, NULL);
            json_decref(now);
        }
        free(pod);
        free(path);
        if (i >= wanted && !there)
            break;
    }
    if (json_int(set, 0, "status", "readyReplicas", NULL) == fitting &&
        json_int(set, 0, "status", "replicas", NULL) == wanted)
        return;
    json_t *copy = json_deep_copy(set);
    json_object_set_new(copy, "status",
                        json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "replicas", (json_int_t)wanted,
                                  "readyReplicas", (json_int_t)fitting, "availableReplicas",
                                  (json_int_t)fitting, "fullyLabeledReplicas", (json_int_t)wanted,
                                  "updatedReplicas", (json_int_t)wanted, "observedGeneration",
                                  (json_int_t)json_int(set, 1, "metadata", "generation", NULL)));
    char *path =
        path_of(str_eq(json_str(set, "kind", NULL), "Deployment") ? "deployments" : "replicasets",
                ns, name, "status");
    json_object_del(json_object_get(copy, "metadata"), "resourceVersion");
    json_set_str(copy, "apiVersion", "extensions/v1beta1");
    apiserver_call(m->api, "PUT", path, copy, NULL);
    free(path);
    json_decref(copy);
}

static void run_service(struct fed_member *m, const json_t *service) {
    const char *ns = json_str(service, "metadata", "namespace", NULL);
    const char *name = json_str(service, "metadata", "name", NULL);
    json_t *address = json_pack("[{s:s}]", "ip", "10.1.1.1");
    json_t *endpoints = json_pack("{s:s,s:s,s:{s:s}}", "kind", "Endpoints", "apiVersion", "v1",
                                  "metadata", "name", name);
    json_object_set_new(
        endpoints, "subsets",
        json_pack("[{s:o}]", m->no_endpoints ? "notReadyAddresses" : "addresses", address));
    const json_t *have = apiserver_peek(m->api, "", "endpoints", ns, name);
    char *path = path_of("endpoints", ns, have ? name : NULL, NULL);
    if (!have || !json_contains(have, endpoints))
        apiserver_call(m->api, have ? "PUT" : "POST", path, endpoints, NULL);
    free(path);
    json_decref(endpoints);

    bool balanced = str_eq(json_str(service, "spec", "type", NULL), "LoadBalancer");
    json_t *ingress = json_array();
    if (balanced && m->lb_ip)
        json_array_append_new(ingress, json_pack("{s:s}", "ip", m->lb_ip));
    if (balanced && m->lb_host)
        json_array_append_new(ingress, json_pack("{s:s}", "hostname", m->lb_host));
    json_t *had = json_at(service, "status", "loadBalancer", "ingress", NULL);
    if (json_array_size(ingress) != json_array_size(had) ||
        (json_array_size(had) > 0 && !json_equal(ingress, had))) {
        json_t *copy = json_deep_copy(service);
        json_object_set_new(copy, "status",
                            json_pack("{s:{s:O}}", "loadBalancer", "ingress", ingress));
        char *status = path_of("services", ns, name, "status");
        apiserver_call(m->api, "PUT", status, copy, NULL);
        free(status);
        json_decref(copy);
    }
    json_decref(ingress);
}

/* What a cluster's namespace controller does to one that is going away. */
static void empty_namespace(struct fed_member *m, const json_t *ns) {
    if (!json_str(ns, "metadata", "deletionTimestamp", NULL))
        return;
    static const char *const contents[] = {"deployments", "replicasets", "services", "endpoints",
                                           "configmaps",  "secrets",     "pods",     "jobs"};
    const char *name = json_str(ns, "metadata", "name", NULL);
    json_t *options =
        json_pack("{s:i,s:s}", "gracePeriodSeconds", 0, "propagationPolicy", "Background");
    for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
        char *path = path_of(contents[i], name, NULL, NULL);
        apiserver_call(m->api, "DELETE", path, options, NULL);
        free(path);
    }
    json_decref(options);
    json_t *copy = json_deep_copy(ns);
    json_object_del(copy, "spec");
    json_object_del(json_object_get(copy, "metadata"), "resourceVersion");
    char *path = path_of("namespaces", NULL, name, "finalize");
    apiserver_call(m->api, "PUT", path, copy, NULL);
    free(path);
    json_decref(copy);
    path = path_of("namespaces", NULL, name, NULL);
    apiserver_call(m->api, "DELETE", path, NULL, NULL);
    free(path);
}

static void on_kubelet(void *self) {
    struct fed_member *m = self;
    json_t *namespaces = all(m->api, "namespaces");
    size_t n;
    json_t *ns;
    json_array_foreach(namespaces, n, ns) empty_namespace(m, ns);
    json_decref(namespaces);
    static const char *const sets[] = {"replicasets", "deployments"};
    size_t i;
    json_t *object;
    for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
        json_t *list = all(m->api, sets[k]);
        json_array_foreach(list, i, object) run_pods(m, object);
        json_decref(list);
    }
    json_t *list = all(m->api, "services");
    json_array_foreach(list, i, object) if (!str_eq(json_str(object, "metadata", "name", NULL),
                                                    "kubernetes")) run_service(m, object);
    json_decref(list);
}

void fed_member_kick(struct fed_member *m) {
    sched_start(m->world->sched, &m->kubelet, 0, on_kubelet, m);
}

static void on_member_change(void *self, enum apiserver_event event, const json_t *object,
                             const json_t *old) {
    struct fed_member *m = self;
    (void)event;
    (void)object;
    (void)old;
    if (!sched_is_running(&m->kubelet))
        sched_start(m->world->sched, &m->kubelet, 1000, on_kubelet, m);
}

/* The federation's callbacks */

static struct fed_member *member_at(struct fed_world *w, const char *server) {
    for (size_t i = 0; i < w->member_count; i++)
        if (str_eq(w->members[i].server, server))
            return &w->members[i];
    return NULL;
}

static json_t *host_secret(void *self, const char *name) {
    const struct fed_world *w = self;
    for (size_t i = 0; i < w->member_count; i++) {
        const struct fed_member *m = &w->members[i];
        if (!str_eq(m->secret, name) || m->no_secret)
            continue;
        char *token = xasprintf("%u", m->token);
        json_t *secret =
            json_pack("{s:{s:s},s:{s:s}}", "metadata", "name", name, "data", "token", token);
        free(token);
        return secret;
    }
    return NULL;
}

void fed_member_change_secret(struct fed_member *m) {
    m->token++;
}

struct client {
    char *server;
};

static void *member_login(void *self, const char *server, const json_t *secret, struct err *err) {
    struct fed_world *w = self;
    w->logins++;
    if (!secret || !json_at(secret, "data", "token", NULL)) {
        err_set(err, ERR_INPUT, "secret does not have data with key kubeconfig");
        return NULL;
    }
    struct client *c = xcalloc(1, sizeof(*c));
    c->server = xstrdup(server);
    return c;
}

static void member_leave(void *self, void *client) {
    (void)self;
    struct client *c = client;
    free(c->server);
    free(c);
}

static bool is_lost(const struct fed_world *w, const char *method, const char *target) {
    return w->lost_method && str_eq(w->lost_method, method) && strstr(target, w->lost_part);
}

static int member_call(void *self, void *client, const struct member_request *r,
                       json_t **ret_body) {
    const struct client *c = client;
    const char *method = r->method, *target = r->target;
    struct fed_member *m = member_at(self, c->server);
    if (!m || m->down)
        return 0;
    m->calls++;
    if (m->delay_ms > 0 && r->patience == MEMBER_ASK)
        return -(int)m->delay_ms;
    if (str_eq(target, "/healthz")) {
        *ret_body = json_string(m->healthz ? m->healthz : "ok");
        return m->healthz_status ? m->healthz_status : 200;
    }
    if (m->fail_writes > 0 && !str_eq(method, "GET")) {
        m->fail_writes--;
        if (m->refused < ARRAY_LEN(m->refused_at_ms))
            m->refused_at_ms[m->refused] = sched_now_ms(m->world->sched);
        m->refused++;
        if (m->fail_message)
            *ret_body = json_pack("{s:s,s:s}", "kind", "Status", "message", m->fail_message);
        return m->fail_status ? m->fail_status : 500;
    }
    if (is_lost(m->world, method, target)) {
        if (ret_body)
            *ret_body = r->body ? json_deep_copy(r->body) : json_object();
        return str_eq(method, "POST") ? 201 : 200;
    }
    int status = apiserver_call(m->api, method, target, r->body, ret_body);
    if (m->lies && ret_body && *ret_body) {
        json_t *lie = json_deep_copy(*ret_body);
        spoil_garble(lie);
        json_decref(*ret_body);
        *ret_body = lie;
    }
    return status;
}

static void forward(void *self, enum apiserver_event event, const json_t *object,
                    const json_t *old) {
    struct fed_subscription *s = self;
    if (!s->member->down)
        s->fn(s->fn_self, event, object, old);
}

static uint64_t member_subscribe(void *self, void *client, const char *group, const char *resource,
                                 apiserver_subscriber_fn *fn, void *fn_self) {
    const struct client *c = client;
    struct fed_member *m = member_at(self, c->server);
    if (!m || m->down)
        return 0;
    struct fed_subscription *s = xcalloc(1, sizeof(*s));
    *s = (struct fed_subscription){
        .member = m, .fn = fn, .fn_self = fn_self, .next = m->subscriptions};
    s->handle = apiserver_subscribe(m->api, group, resource, forward, s);
    m->subscriptions = s;
    return s->handle;
}

static void member_unsubscribe(void *self, void *client, uint64_t handle) {
    const struct client *c = client;
    struct fed_member *m = member_at(self, c->server);
    assert_non_null(m);
    for (struct fed_subscription **at = &m->subscriptions; *at; at = &(*at)->next) {
        if ((*at)->handle != handle)
            continue;
        struct fed_subscription *s = *at;
        *at = s->next;
        apiserver_unsubscribe(m->api, handle);
        free(s);
        return;
    }
    fail_msg("unsubscribed what was not subscribed");
}

static int call_etcd(void *self, const char *endpoint, const char *method, const char *target,
                     const char *form, json_t **ret_body) {
    struct fed_world *w = self;
    (void)endpoint;
    if (w->etcd_down)
        return 0;
    buf_addf(&w->etcd_log, "%s %s%s%s\n", method, target, form ? " " : "", form ? form : "");
    if (is_lost(w, method, target)) {
        if (ret_body)
            *ret_body = json_object();
        return 200;
    }
    return etcd_call(w->etcd, method, target, form, ret_body);
}

static json_t *resolve_host(void *self, const char *host) {
    struct fed_world *w = self;
    return json_incref(json_object_get(w->hosts, host));
}

static void log_line(void *self, const char *line) {
    struct fed_world *w = self;
    buf_addf(&w->log, "%s\n", line);
}

/* Building */

static void add_node(struct fed_member *m, size_t index) {
    char *node = xasprintf("node-%s", m->name);
    char *zone = xasprintf("z%zu", index + 1), *region = xasprintf("r%zu", index + 1);
    char *address = xasprintf("192.0.2.%zu", index + 1);
    json_t *body = json_pack("{s:s,s:s,s:{s:s,s:{s:s,s:s}},s:{s:[{s:s,s:s}],s:[{s:s,s:s}]}}",
                             "kind", "Node", "apiVersion", "v1", "metadata", "name", node, "labels",
                             "failure-domain.beta.kubernetes.io/zone", zone,
                             "failure-domain.beta.kubernetes.io/region", region, "status",
                             "addresses", "type", "InternalIP", "address", address, "conditions",
                             "type", "Ready", "status", "True");
    apiserver_call(m->api, "POST", "/api/v1/nodes", body, NULL);
    char *status = path_of("nodes", NULL, node, "status");
    apiserver_call(m->api, "PUT", status, body, NULL);
    free(status);
    json_decref(body);
    free(node);
    free(zone);
    free(region);
    free(address);
}

void fed_world_label(struct fed_world *w, size_t index, bool labelled) {
    struct fed_member *m = &w->members[index];
    char *zone = xasprintf("z%zu", index + 1), *region = xasprintf("r%zu", index + 1);
    char *text = labelled
                     ? xasprintf("{\"metadata\":{\"labels\":{\"failure-domain.beta.kubernetes.io/"
                                 "zone\":\"%s\",\"failure-domain.beta.kubernetes.io/"
                                 "region\":\"%s\"}}}",
                                 zone, region)
                     : xstrdup("{\"metadata\":{\"labels\":null}}");
    json_t *patch = json_parse(text, strlen(text), "patch", NULL);
    char *node = xasprintf("/api/v1/nodes/node-%s", m->name);
    assert_int_equal(apiserver_call(m->api, "PATCH", node, patch, NULL), 200);
    json_decref(patch);
    free(node);
    free(text);
    free(zone);
    free(region);
}

static void add_member(struct fed_world *w, size_t index) {
    struct fed_member *m = &w->members[index];
    m->world = w;
    snprintf(m->name, sizeof(m->name), "c%zu", index + 1);
    snprintf(m->server, sizeof(m->server), "https://%s:6443", m->name);
    snprintf(m->secret, sizeof(m->secret), "%s-secret", m->name);
    m->api = apiserver_new(&(struct apiserver_options){
        .name = m->name, .sched = w->sched, .seed = index + 10, .service_cidr = "10.152.183.0/24"});
    add_node(m, index);
    m->kubelet_handle = apiserver_subscribe(m->api, NULL, NULL, on_member_change, m);
}

void fed_world_join(struct fed_world *w, size_t index) {
    struct fed_member *m = &w->members[index];
    json_t *body = json_pack("{s:s,s:s,s:{s:s},s:{s:[{s:s,s:s}],s:{s:s}}}", "kind", "Cluster",
                             "apiVersion", "federation/v1beta1", "metadata", "name", m->name,
                             "spec", "serverAddressByClientCIDRs", "clientCIDR", "0.0.0.0/0",
                             "serverAddress", m->server, "secretRef", "name", m->secret);
    assert_int_equal(
        apiserver_call(w->api, "POST", "/apis/federation/v1beta1/clusters", body, NULL), 201);
    json_decref(body);
}

void fed_world_unjoin(struct fed_world *w, size_t index) {
    char *path = path_of("clusters", NULL, w->members[index].name, NULL);
    assert_int_equal(apiserver_call(w->api, "DELETE", path, NULL, NULL), 200);
    free(path);
}

static void switch_quirks(struct profile *p, const char *quirks) {
    char *copy = xstrdup(quirks);
    char *rest = copy;
    for (char *one; (one = str_next(&rest, ' ')) != NULL;) {
        struct err err = {0};
        if (one[0] && profile_set_quirk(p, one, &err) < 0)
            fail_msg("%s", err.text);
    }
    free(copy);
}

static void start_manager(struct fed_world *w) {
    struct err err = {0};
    struct federation_ops ops = {.host_secret = host_secret,
                                 .member_login = member_login,
                                 .member_leave = member_leave,
                                 .member_call = member_call,
                                 .member_subscribe = member_subscribe,
                                 .member_unsubscribe = member_unsubscribe,
                                 .etcd_call = call_etcd,
                                 .resolve_host = resolve_host,
                                 .self = w};
    w->federation = federation_new(
        &(struct federation_options){.name = "federation",
                                     .zone = "juju-fed.com.",
                                     .provider_config =
                                         "[Global]\netcd-endpoints = http://127.0.1.10:2379\n"
                                         "zones = juju-fed.com.\n",
                                     .api = w->api,
                                     .profile = w->profile,
                                     .sched = w->sched,
                                     .seed = 3,
                                     .ops = &ops,
                                     .log = log_line,
                                     .log_self = w},
        &err);
    if (!w->federation)
        fail_msg("%s", err.text);
}

void fed_world_restart(struct fed_world *w) {
    federation_free(w->federation);
    start_manager(w);
}

struct fed_world *fed_world_new(const char *profile, size_t members, const char *quirks) {
    struct fed_world *w = xcalloc(1, sizeof(*w));
    struct err err = {0};
    w->sched = sched_new();
    w->etcd_log = (struct buf)BUF_INIT;
    w->log = (struct buf)BUF_INIT;
    w->hosts = json_object();
    w->etcd = etcd_new(w->sched);
    w->profile = profile_load(PROFILES, profile, &err);
    if (!w->profile)
        fail_msg("%s", err.text);
    if (quirks)
        switch_quirks(w->profile, quirks);
    w->members = xcalloc(members + 1, sizeof(*w->members));
    w->member_count = members;
    for (size_t i = 0; i < members; i++)
        add_member(w, i);
    w->api = apiserver_new(&(struct apiserver_options){
        .name = "federation",
        .sched = w->sched,
        .seed = 1,
        .group_versions = json_at(profile_json(w->profile), "federation", "groups", NULL)});
    start_manager(w);
    for (size_t i = 0; i < members; i++)
        fed_world_join(w, i);
    assert_int_equal(fed_world_create(w, "namespaces", NULL, "default", "{}"), 201);
    return w;
}

void fed_world_free(struct fed_world *w) {
    federation_free(w->federation);
    for (size_t i = 0; i < w->member_count; i++) {
        struct fed_member *m = &w->members[i];
        assert_null(m->subscriptions);
        sched_stop(w->sched, &m->kubelet);
        apiserver_free(m->api);
    }
    free(w->members);
    apiserver_free(w->api);
    etcd_free(w->etcd);
    profile_free(w->profile);
    json_decref(w->hosts);
    buf_release(&w->etcd_log);
    buf_release(&w->log);
    sched_free(w->sched);
    free(w);
}

void fed_world_run(struct fed_world *w, int64_t seconds) {
    sched_advance(w->sched, seconds * 1000);
}

/* Asking */

static const char *kind_of(const char *resource) {
    static const char *const kinds[][2] = {{"replicasets", "ReplicaSet"},
                                           {"deployments", "Deployment"},
                                           {"services", "Service"},
                                           {"namespaces", "Namespace"},
                                           {"secrets", "Secret"},
                                           {"configmaps", "ConfigMap"},
                                           {"daemonsets", "DaemonSet"},
                                           {"ingresses", "Ingress"},
                                           {"jobs", "Job"},
                                           {"horizontalpodautoscalers", "HorizontalPodAutoscaler"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(kinds[i][0], resource))
            return kinds[i][1];
    fail_msg("no kind for %s", resource);
    return NULL;
}

int fed_world_create(struct fed_world *w, const char *resource, const char *ns, const char *name,
                     const char *text) {
    json_t *body = json_parse(text, strlen(text), "object", NULL);
    assert_non_null(body);
    const char *group = group_of(resource);
    json_set_str(body, "kind", kind_of(resource));
    char *version = xasprintf("%s%s%s", group, group[0] ? "/" : "",
                              str_eq(group, "extensions") ? "v1beta1" : "v1");
    json_set_str(body, "apiVersion", version);
    json_set_str(json_ensure_object(body, "metadata"), "name", name);
    char *path = path_of(resource, ns, NULL, NULL);
    json_t *answer = NULL;
    int status = apiserver_call(w->api, "POST", path, body, &answer);
    if (status != 201 && status != 409)
        print_message("%s: %s\n", path, json_str(answer, "message", NULL));
    json_decref(answer);
    free(path);
    free(version);
    json_decref(body);
    return status;
}

int fed_world_patch(struct fed_world *w, const char *resource, const char *ns, const char *name,
                    const char *text) {
    json_t *patch = json_parse(text, strlen(text), "patch", NULL);
    assert_non_null(patch);
    char *path = path_of(resource, ns, name, NULL);
    int status = apiserver_call(w->api, "PATCH", path, patch, NULL);
    free(path);
    json_decref(patch);
    return status;
}

/* An object with these fields; owned. */
static json_t *object_of(const char *fields) {
    char *text = xasprintf("{%s}", fields);
    json_t *object = json_parse(text, strlen(text), "fields", NULL);
    assert_non_null(object);
    free(text);
    return object;
}

void fed_member_say(struct fed_member *m, const char *resource, const char *fields) {
    json_t *patch = json_pack("{s:o}", "status", object_of(fields));
    char *path = path_of(resource, "default", "x", "status");
    assert_int_equal(apiserver_call(m->api, "PATCH", path, patch, NULL), 200);
    free(path);
    json_decref(patch);
}

void fed_world_expect_status(const struct fed_world *w, const char *resource, const char *fields) {
    const json_t *status = json_at(fed_world_get(w, resource, "default", "x"), "status", NULL);
    json_t *have = status ? json_deep_copy(status) : json_object(), *want = object_of(fields);
    json_object_del(have, "observedGeneration");
    if (!json_equal(have, want)) {
        char *shown = json_text(have);
        fail_msg("%s, not {%s}", shown, fields);
    }
    json_decref(have);
    json_decref(want);
}

int fed_world_delete(struct fed_world *w, const char *resource, const char *ns, const char *name,
                     const char *options) {
    json_t *body = options ? json_parse(options, strlen(options), "options", NULL) : NULL;
    char *path = path_of(resource, ns, name, NULL);
    int status = apiserver_call(w->api, "DELETE", path, body, NULL);
    free(path);
    json_decref(body);
    return status;
}

const json_t *fed_world_get(const struct fed_world *w, const char *resource, const char *ns,
                            const char *name) {
    return apiserver_peek(w->api, group_of(resource), resource, ns, name);
}

const json_t *fed_member_get(const struct fed_member *m, const char *resource, const char *ns,
                             const char *name) {
    return apiserver_peek(m->api, group_of(resource), resource, ns, name);
}

int64_t fed_member_replicas(const struct fed_member *m, const char *ns, const char *name) {
    const json_t *set = fed_member_get(m, "replicasets", ns, name);
    return set ? json_int(set, -2, "spec", "replicas", NULL) : -1;
}

static void add_record(void *self, const char *key, const char *value) {
    buf_addf(self, "%s %s\n", key, value);
}

char *fed_world_records(const struct fed_world *w) {
    struct buf b = BUF_INIT;
    etcd_each(w->etcd, "/", add_record, &b);
    return buf_detach(&b);
}

struct event_query {
    const char *reason, *message;
    size_t count;
};

static bool count_event(void *self, const json_t *event) {
    struct event_query *q = self;
    if (str_eq(json_str(event, "reason", NULL), q->reason) &&
        (!q->message || str_eq(json_str(event, "message", NULL), q->message)))
        q->count++;
    return true;
}

size_t fed_world_events(const struct fed_world *w, const char *reason, const char *message) {
    struct event_query q = {reason, message, 0};
    apiserver_each(w->api, "", "events", NULL, count_event, &q);
    return q.count;
}
