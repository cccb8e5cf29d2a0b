#include "mocks/apiserver/apiserver.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/apiserver/auth.h"
#include "mocks/apiserver/crd.h"
#include "mocks/apiserver/gc.h"
#include "mocks/apiserver/handle.h"
#include "mocks/apiserver/health.h"
#include "mocks/apiserver/namespace.h"
#include "mocks/apiserver/rbac.h"
#include "mocks/apiserver/render.h"
#include "mocks/apiserver/rest.h"
#include "mocks/apiserver/server.h"
#include "mocks/apiserver/service_alloc.h"
#include "mocks/apiserver/trouble.h"
#include "mocks/apiserver/watch.h"

struct subscription {
    uint64_t handle;
    struct kind *kind; /* NULL: all */
    apiserver_subscriber_fn *fn;
    void *self;
};

static const char *const all_groups[] = {
    "v1",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "extensions/v1beta1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "policy/v1beta1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "apps/v1",
    "apps/v1beta2",
    "apps/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "coordination.k8s.io/v1",
    "coordination.k8s.io/v1beta1",
    "discovery.k8s.io/v1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
};
static const char *const federation_groups[] = {"v1", "extensions/v1beta1", "federation/v1beta1"};

static const char default_version[] =
    "{\"major\":\"1\",\"minor\":\"6\",\"gitVersion\":\"v1.6.2\",\"gitCommit\":"
    "\"477efc3cbe6a7effca06bd1452fa356e2201e1ee\",\"gitTreeState\":\"clean\",\"buildDate\":"
    "\"2017-04-19T20:22:08Z\",\"goVersion\":\"go1.7.5\",\"compiler\":\"gc\",\"platform\":"
    "\"linux/amd64\"}";

static void choose_groups(struct apiserver *s, const struct apiserver_options *o) {
    if (o->group_versions) {
        s->group_versions = json_deep_copy(o->group_versions);
        return;
    }
    const char *const *groups = s->federation ? federation_groups : all_groups;
    size_t count = s->federation ? ARRAY_LEN(federation_groups) : ARRAY_LEN(all_groups);
    s->group_versions = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(s->group_versions, json_string(groups[i]));
}

static bool is_served(const struct apiserver *s, const struct resource *r) {
    bool pods = s->o.ways.federated_pods && str_eq(r->name, "pods");
    if (s->federation && !(r->flags & RESOURCE_FEDERATED) && !pods)
        return false;
    if (resource_is_later(r, s->o.ways.lacks))
        return false;
    for (const struct resource_home *h = r->homes; h->group; h++)
        if (request_group_served(s, h->group, h->version))
            return true;
    return false;
}

static void add_kinds(struct apiserver *s) {
    size_t count;
    const struct resource *rows = resource_table(&count);
    for (size_t i = 0; i < count; i++)
        if (is_served(s, &rows[i]))
            store_add_kind(s, &rows[i]);
}

struct apiserver *apiserver_new(const struct apiserver_options *o) {
    struct apiserver *s = xcalloc(1, sizeof(*s));
    s->o = *o;
    s->name = xstrdup(o->name ? o->name : "");
    rng_init(&s->rng, o->seed);
    s->federation = !o->service_cidr;
    s->version = o->version ? json_deep_copy(o->version) : json_loads(default_version, 0, NULL);
    s->kind_index = json_object();
    s->account_tokens = json_object();
    s->history_first = 1;
    http_headers_add(&s->json_headers, "Content-Type", "application/json");
    const char *minor = json_str(s->version, "minor", NULL);
    s->self_links = !minor || strtol(minor, NULL, 10) < 20;
    choose_groups(s, o);
    add_kinds(s);
    s->services = service_alloc_new(o->service_cidr);
    if (!s->federation) {
        s->gc = gc_new(s);
        namespace_bootstrap(s);
        health_bootstrap(s);
        if (s->services)
            service_alloc_bootstrap(s);
    }
    if (o->rbac)
        rbac_bootstrap(s);
    return s;
}

int64_t apiserver_wall_ms(const struct apiserver *s) {
    return clock_wall_ms() + s->o.clock_ahead_ms;
}

void apiserver_free(struct apiserver *s) {
    if (!s)
        return;
    trouble_release(s);
    watch_end_all(s, NULL);
    gc_free(s->gc);
    store_release(s);
    auth_release(s);
    service_alloc_free(s->services);
    http_headers_release(&s->json_headers);
    json_decref(s->group_versions);
    json_decref(s->version);
    free(s->subscriptions);
    free(s->name);
    free(s);
}

void server_changed(struct apiserver *s, const struct change *c) {
    auth_changed(s, c);
    gc_changed(s->gc, c);
    crd_changed(s, c);
    if (c->type == APISERVER_DELETED)
        service_alloc_forget(s, c->kind, c->object->json);
    for (size_t i = 0; i < s->subscription_count; i++) {
        const struct subscription *sub = &s->subscriptions[i];
        if (!sub->kind || sub->kind == c->kind)
            sub->fn(sub->self, c->type, c->object->json, c->old ? c->old->json : NULL);
    }
}

uint64_t apiserver_subscribe(struct apiserver *s, const char *group, const char *resource,
                             apiserver_subscriber_fn *fn, void *self) {
    struct kind *k = resource ? store_kind_any(s, group, resource) : NULL;
    s->next_handle++;
    if (resource && !k) /* not served: there is nothing to tell */
        return s->next_handle;
    s->subscriptions = xgrow(s->subscriptions, s->subscription_count, &s->subscription_cap,
                             sizeof(*s->subscriptions));
    s->subscriptions[s->subscription_count++] =
        (struct subscription){.handle = s->next_handle, .kind = k, .fn = fn, .self = self};
    return s->next_handle;
}

void apiserver_unsubscribe(struct apiserver *s, uint64_t handle) {
    for (size_t i = 0; i < s->subscription_count; i++)
        if (s->subscriptions[i].handle == handle) {
            memmove(&s->subscriptions[i], &s->subscriptions[i + 1],
                    (s->subscription_count - i - 1) * sizeof(*s->subscriptions));
            s->subscription_count--;
            return;
        }
}

/* user NULL: whoever it is does not get in. A trusted one is not asked for his rights. */
static int call(struct apiserver *s, const struct user *user, bool trusted, const char *method,
                const char *target, const json_t *body, json_t **ret_body) {
    struct request q;
    struct answer a = {0};
    char path[REQUEST_PATH_MAX];
    const char *mark = strchr(target, '?');
    int len = mark ? (int)(mark - target) : (int)strlen(target);
    snprintf(path, sizeof(path), "%.*s", len, target);
    q.exchange = NULL;
    q.json = body;
    q.body = "";
    q.body_len = 0;
    bool parsed = request_parse(&q, s, method, path, mark ? mark + 1 : "");
    q.user = user;
    q.trusted = trusted;
    if (parsed && str_eq(method, "PATCH"))
        q.content_type = "application/merge-patch+json";
    if (!user)
        answer_status(&a, 401, "Unauthorized", "Unauthorized");
    else if (!parsed)
        answer_bad_request(&a, "the path \"%s\" is malformed", path);
    else if (trusted || rbac_authorize(&q, &a))
        handle_serve(&q, &a);
    int status = a.status;
    if (ret_body)
        *ret_body = render_json(&q, &a);
    answer_release(&a);
    return status;
}

int apiserver_call(struct apiserver *s, const char *method, const char *target, const json_t *body,
                   json_t **ret_body) {
    static const char *const masters[] = {"system:masters", "system:authenticated"};
    const struct user user = {
        .name = "system:apiserver", .uid = "", .groups = masters, .group_count = 2};
    return call(s, &user, true, method, target, body, ret_body);
}

int apiserver_call_as(struct apiserver *s, const struct apiserver_login *login, const char *method,
                      const char *target, const json_t *body, json_t **ret_body) {
    struct auth_identity identity;
    return call(s, auth_login(s, login, &identity), false, method, target, body, ret_body);
}

int apiserver_may_watch(struct apiserver *s, const struct apiserver_login *login, const char *group,
                        const char *resource) {
    struct auth_identity identity;
    const struct user *user = auth_login(s, login, &identity);
    const struct rbac_attributes watch = {.verb = "watch",
                                          .is_resource = true,
                                          .group = group,
                                          .resource = resource,
                                          .subresource = "",
                                          .ns = "",
                                          .name = "",
                                          .path = ""};
    if (!user)
        return 401;
    return rbac_allows(s, user, &watch) ? 200 : 403;
}

int64_t apiserver_version(const struct apiserver *s) {
    return s->rv;
}

const json_t *apiserver_peek(const struct apiserver *s, const char *group, const char *resource,
                             const char *ns, const char *name) {
    const struct kind *k = store_kind_any(s, group, resource);
    const struct object *o = k ? collection_get(&k->objects, ns, name) : NULL;
    return o ? o->json : NULL;
}

bool apiserver_serves(const struct apiserver *s, const char *group, const char *resource) {
    return store_kind_any(s, group, resource) != NULL;
}

void apiserver_each(const struct apiserver *s, const char *group, const char *resource,
                    const char *ns, bool (*fn)(void *self, const json_t *object), void *self) {
    const struct kind *k = store_kind_any(s, group, resource);
    CLEANUP(str_freep) char *prefix = ns && ns[0] ? xasprintf("%s/", ns) : xstrdup("");
    size_t len = strlen(prefix);
    if (!k)
        return;
    for (struct slot *slot = collection_seek(&k->objects, prefix);
         slot && strncmp(slot->key, prefix, len) == 0; slot = slot->next[0])
        if (!fn(self, slot->object->json))
            return;
}
