#include "mocks/sim/fedhost.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/spoil.h"
#include "mocks/federation/federation.h"
#include "mocks/sim/member_fault.h"
#include "mocks/sim/member_login.h"
#include "mocks/sim/mounts.h"
#include "mocks/sim/store.h"

#include <stdlib.h>
#include <string.h>

enum { CONTROLLER_RETRY_MS = 1000, DELAY_MAX_MS = 24 * 60 * 60 * 1000 };

struct fedhost {
    struct fedhost *next; /* of the site, in another namespace */
    struct site *site;
    char *ns; /* owned */
    struct federation_ops ops;

    char *api_pod; /* "namespace/name", NULL: no API server runs */
    struct apiserver *api;
    char *cert_pem, *key_pem, *client_ca_pem;

    char *manager_pod;
    json_t *manager; /* its container, as long as the pod is ready */
    char *provider_config;
    struct federation *federation;
    struct sched_timer retry;
};

/* --- what the controllers ask of the world ------------------------------------------------ */

static json_t *host_secret(void *self, const char *name) {
    struct fedhost *f = self;
    CLEANUP(str_freep) char *ns = xstrdup(f->manager_pod ? f->manager_pod : "");
    ns[strcspn(ns, "/")] = '\0';
    const json_t *secret = apiserver_peek(f->site->api, "", "secrets", ns, name);
    return secret ? json_deep_copy(secret) : NULL;
}

/* A controllers' client of a member: an address, and what it shows there. */
struct member_client {
    char *server;
    struct member_login *login;
};

static void member_leave(void *self, void *client) {
    (void)self;
    struct member_client *c = client;
    member_login_free(c->login);
    free(c->server);
    free(c);
}

static void *member_login(void *self, const char *server, const json_t *secret, struct err *err) {
    (void)self;
    struct member_login *login = member_login_new(secret, err);
    if (!login)
        return NULL;
    struct member_client *c = xcalloc(1, sizeof(*c));
    *c = (struct member_client){.server = xstrdup(server), .login = login};
    return c;
}

/* The member that answers the client, and as whom it takes it; NULL: it is not reached. */
static struct site *reach(const struct fedhost *f, const struct member_client *c,
                          const struct apiserver_login **ret_login) {
    struct site *member = site_of_url(f->site->world, c->server);
    if (!member || member->down)
        return NULL;
    *ret_login = member_login_to(c->login, member->server.cert, member->ca.cert);
    return *ret_login ? member : NULL;
}

static int member_call(void *self, void *client, const struct member_request *r,
                       json_t **ret_body) {
    struct fedhost *f = self;
    const struct apiserver_login *login;
    struct site *member = reach(f, client, &login);
    if (ret_body)
        *ret_body = NULL;
    if (!member)
        return 0;
    struct member_fault fault = {0};
    if (r->patience != MEMBER_AGAIN)
        fault = member_fault_of(member->world->faults, member->model, r->method, r->target);
    if (fault.strikes)
        return fault.status;
    if (fault.delay_ms > 0 && r->patience == MEMBER_ASK)
        return -(int)(fault.delay_ms < DELAY_MAX_MS ? fault.delay_ms : DELAY_MAX_MS);
    int status = apiserver_call_as(member->api, login, r->method, r->target, r->body, ret_body);
    if (fault.garbles && ret_body && *ret_body) {
        json_t *lie = json_deep_copy(*ret_body); /* parts of it may be what the server holds */
        spoil_garble(lie);
        json_decref(*ret_body);
        *ret_body = lie;
    }
    return status;
}

static uint64_t member_subscribe(void *self, void *client, const char *group, const char *resource,
                                 apiserver_subscriber_fn *fn, void *fn_self) {
    struct fedhost *f = self;
    const struct apiserver_login *login;
    struct site *member = reach(f, client, &login);
    if (!member || apiserver_may_watch(member->api, login, group, resource) != 200)
        return 0;
    return apiserver_subscribe(member->api, group, resource, fn, fn_self);
}

static void member_unsubscribe(void *self, void *client, uint64_t handle) {
    struct fedhost *f = self;
    const struct member_client *c = client;
    struct site *member = site_of_url(f->site->world, c->server);
    if (member)
        apiserver_unsubscribe(member->api, handle);
}

static int call_etcd(void *self, const char *endpoint, const char *method, const char *target,
                     const char *form, json_t **ret_body) {
    struct fedhost *f = self;
    struct world *w = f->site->world;
    /* The provider of old has no certificates; a CoreDNS that reads the same store has. */
    bool shut = str_has_prefix(endpoint, "https://") && profile_has_quirk(w->profile, "etcd-tls");
    struct store *store = shut ? NULL : store_of_endpoint(w, endpoint);
    if (ret_body)
        *ret_body = NULL;
    return store ? etcd_call(store->etcd, method, target, form, ret_body) : 0;
}

/* Names of load balancers are not simulated: none resolves. */
static json_t *resolve_host(void *self, const char *host) {
    (void)self;
    (void)host;
    return NULL;
}

/* The control plane in the namespace; NULL: there is none, unless it is to be made. */
static struct fedhost *find(struct site *s, const char *ns, bool make) {
    for (struct fedhost *f = s->fedhosts; f; f = f->next)
        if (str_eq(f->ns, ns))
            return f;
    if (!make)
        return NULL;
    struct fedhost *f = xcalloc(1, sizeof(*f));
    f->site = s;
    f->ns = xstrdup(ns);
    f->next = s->fedhosts;
    f->ops = (struct federation_ops){.host_secret = host_secret,
                                     .member_login = member_login,
                                     .member_leave = member_leave,
                                     .member_call = member_call,
                                     .member_subscribe = member_subscribe,
                                     .member_unsubscribe = member_unsubscribe,
                                     .etcd_call = call_etcd,
                                     .resolve_host = resolve_host,
                                     .self = f};
    s->fedhosts = f;
    return f;
}

/* --- the API server ----------------------------------------------------------------------- */

static void stop_manager(struct fedhost *f) {
    federation_free(f->federation);
    f->federation = NULL;
    sched_stop(f->site->world->sched, &f->retry);
}

static void stop_api(struct fedhost *f) {
    stop_manager(f);
    apiserver_free(f->api);
    free(f->api_pod);
    free(f->cert_pem);
    free(f->key_pem);
    free(f->client_ca_pem);
    f->api = NULL;
    f->api_pod = f->cert_pem = f->key_pem = f->client_ca_pem = NULL;
    world_reconcile_soon(f->site->world);
}

void fedhost_free_all(struct site *s) {
    while (s->fedhosts) {
        struct fedhost *f = s->fedhosts;
        s->fedhosts = f->next;
        stop_manager(f);
        stop_api(f);
        json_decref(f->manager);
        free(f->manager_pod);
        free(f->provider_config);
        free(f->ns);
        free(f);
    }
}

/* Lines of `secret,user,uid[,"group,group"]`, as the basic-auth and token files have them. */
static void add_credentials(struct fedhost *f, char *text, bool basic) {
    char *rest = text, *line;
    while ((line = str_next(&rest, '\n'))) {
        char *fields = line, *secret = str_next(&fields, ','), *user = str_next(&fields, ',');
        if (!secret || !*secret || !user || !*user)
            continue;
        if (basic)
            apiserver_add_basic(f->api, user, secret, NULL, 0);
        else
            apiserver_add_token(f->api, secret, user, NULL, 0);
    }
}

static char *file_of_flag(struct fedhost *f, const json_t *pod, const json_t *container,
                          const char *flag) {
    const char *path = mounts_flag(container, flag);
    return path ? mounts_file(f->site->api, pod, container, path) : NULL;
}

static void make_default_namespace(struct apiserver *api) {
    CLEANUP(json_freep)
    json_t *ns = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Namespace",
                           "metadata", "name", "default");
    (void)apiserver_call(api, "POST", "/api/v1/namespaces", ns, NULL);
}

static void start_api(struct fedhost *f, const json_t *pod, const json_t *container,
                      const char *pod_key) {
    stop_api(f);
    struct world *w = f->site->world;
    CLEANUP(json_freep) json_t *groups = world_group_versions(w, "federation");
    f->api = apiserver_new(&(struct apiserver_options){
        .name = "federation",
        .sched = w->sched,
        .seed = rng_u32(&w->rng),
        .group_versions = groups,
        .version = profile_version(w->profile, "federation"),
        .faults = w->faults,
        .clock_ahead_ms = f->site->clock_ahead_ms,
        .ways = {.no_tables = profile_has_quirk(w->profile, "table-not-acceptable"),
                 .federated_pods = !profile_has_quirk(w->profile, "describe-no-pods"),
                 .checks_node_ports =
                     !profile_has_quirk(w->profile, "federated-service-unchecked")}});
    if (!profile_has_quirk(w->profile, "no-default-namespace"))
        make_default_namespace(f->api);
    f->api_pod = xstrdup(pod_key);
    f->cert_pem = file_of_flag(f, pod, container, "tls-cert-file");
    f->key_pem = file_of_flag(f, pod, container, "tls-private-key-file");
    f->client_ca_pem = file_of_flag(f, pod, container, "client-ca-file");

    CLEANUP(str_freep) char *basic = file_of_flag(f, pod, container, "basic-auth-file");
    CLEANUP(str_freep) char *tokens = file_of_flag(f, pod, container, "token-auth-file");
    if (basic)
        add_credentials(f, basic, true);
    if (tokens)
        add_credentials(f, tokens, false);
    world_reconcile_soon(w);
}

bool fedhost_serves(struct site *s, const json_t *pod, struct fedhost_api *ret) {
    const struct fedhost *f = find(s, json_str(pod, "metadata", "namespace", NULL), false);
    if (!f || !f->api || !f->cert_pem || !f->key_pem)
        return false;
    CLEANUP(str_freep)
    char *key = xasprintf("%s/%s", json_str(pod, "metadata", "namespace", NULL),
                          json_str(pod, "metadata", "name", NULL));
    if (strcmp(key, f->api_pod) != 0)
        return false;
    *ret = (struct fedhost_api){f->api, f->cert_pem, f->key_pem, f->client_ca_pem};
    return true;
}

struct leaving {
    const char *server_url;
    json_t *names; /* of Cluster objects; owned */
};

static bool note_member(void *self, const json_t *cluster) {
    struct leaving *l = self;
    const json_t *name = json_at(cluster, "metadata", "name", NULL);
    const char *address =
        json_str(cluster, "spec", "serverAddressByClientCIDRs", "[0]", "serverAddress", NULL);
    if (str_eq(address, l->server_url))
        json_array_append_new(l->names, json_string(json_string_value(name)));
    return true;
}

static void forget_member(struct fedhost *f, const char *server_url) {
    if (!f->api)
        return;
    struct leaving l = {server_url, json_array()};
    apiserver_each(f->api, "federation", "clusters", NULL, note_member, &l);
    size_t i;
    json_t *name;
    json_array_foreach(l.names, i, name) {
        CLEANUP(str_freep)
        char *target = xasprintf("/apis/federation/v1beta1/clusters/%s", json_string_value(name));
        (void)apiserver_call(f->api, "DELETE", target, NULL, NULL);
    }
    json_decref(l.names);
}

void fedhost_forget_member(struct site *s, const char *server_url) {
    for (struct fedhost *f = s->fedhosts; f; f = f->next)
        forget_member(f, server_url);
}

/* --- the controller manager --------------------------------------------------------------- */

static void start_manager(void *self) {
    struct fedhost *f = self;
    struct world *w = f->site->world;
    if (!f->manager || f->federation)
        return;
    if (f->api) {
        const char *name = mounts_flag(f->manager, "federation-name");
        const char *zone = mounts_flag(f->manager, "zone-name");
        struct err err = {0};
        f->federation =
            federation_new(&(struct federation_options){.name = name ? name : "federation",
                                                        .zone = zone ? zone : "",
                                                        .provider_config = f->provider_config,
                                                        .api = f->api,
                                                        .profile = w->profile,
                                                        .sched = w->sched,
                                                        .seed = rng_u32(&w->rng),
                                                        .ops = &f->ops},
                           &err);
    }
    /* As a crashing container does: it is tried again for as long as the pod is there. */
    if (!f->federation)
        sched_start(w->sched, &f->retry, CONTROLLER_RETRY_MS, start_manager, f);
}

static void manager_ready(struct fedhost *f, const json_t *pod, json_t *container,
                          const char *pod_key) {
    json_decref(f->manager);
    free(f->manager_pod);
    free(f->provider_config);
    f->manager = json_deep_copy(container);
    f->manager_pod = xstrdup(pod_key);
    f->provider_config = file_of_flag(f, pod, container, "dns-provider-config");
    if (!f->provider_config)
        f->provider_config = xstrdup("");
    stop_manager(f);
    start_manager(f);
}

void fedhost_pod_ready(struct site *s, const json_t *pod) {
    const char *ns = json_str(pod, "metadata", "namespace", NULL);
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns, json_str(pod, "metadata", "name", NULL));
    size_t i;
    json_t *container;
    json_array_foreach(json_at(pod, "spec", "containers", NULL), i, container) {
        if (mounts_runs(container, "federation-apiserver"))
            start_api(find(s, ns, true), pod, container, key);
        else if (mounts_runs(container, "federation-controller-manager"))
            manager_ready(find(s, ns, true), pod, container, key);
    }
}

void fedhost_pod_gone(struct site *s, const char *ns, const char *name) {
    struct fedhost *f = find(s, ns, false);
    CLEANUP(str_freep) char *key = xasprintf("%s/%s", ns, name);
    if (f && str_eq(f->api_pod, key)) {
        stop_api(f);
        start_manager(f);
    }
    if (f && str_eq(f->manager_pod, key)) {
        stop_manager(f);
        json_decref(f->manager);
        free(f->manager_pod);
        f->manager = NULL;
        f->manager_pod = NULL;
    }
}
