#include "mocks/apiserver/health.h"

#include "harness/core/str.h"

static const char *const checks[] = {"ping",
                                     "etcd",
                                     "poststarthook/bootstrap-controller",
                                     "poststarthook/ca-registration",
                                     "poststarthook/generic-apiserver-start-informers",
                                     "poststarthook/rbac/bootstrap-roles",
                                     "poststarthook/start-ref-informers"};
static const char *const federation_checks[] = {"ping", "etcd",
                                                "poststarthook/generic-apiserver-start-informers"};

static const char *const *checks_of(const struct apiserver *s, size_t *ret_count) {
    *ret_count = s->federation ? ARRAY_LEN(federation_checks) : ARRAY_LEN(checks);
    return s->federation ? federation_checks : checks;
}

static void add_component(struct apiserver *s, const char *name, const char *message) {
    size_t home;
    struct kind *k = store_kind(s, "", "v1", "componentstatuses", &home);
    if (k)
        (void)store_put_take(s, k,
                             json_pack("{s:s,s:s,s:{s:s,s:n},s:[{s:s,s:s,s:s}]}", "kind",
                                       "ComponentStatus", "apiVersion", "v1", "metadata", "name",
                                       name, "creationTimestamp", "conditions", "type", "Healthy",
                                       "status", "True", "message", message));
}

/* The real server asks its neighbours at each list; these are there as long as it is. */
void health_bootstrap(struct apiserver *s) {
    add_component(s, "controller-manager", "ok");
    add_component(s, "scheduler", "ok");
    add_component(s, "etcd-0", "{\"health\": \"true\"}");
}

/* /healthz?verbose lists the checks; one of them can be asked for alone. */
static void health(struct request *q, const char *root, const char *check, struct answer *a) {
    size_t count;
    const char *const *names = checks_of(q->server, &count);
    if (*check == '/') {
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known |= str_eq(check + 1, names[i]);
        if (!known) {
            answer_no_such_resource(a);
            return;
        }
    }
    a->status = 200;
    CLEANUP(str_freep) char *verbose = request_query(q, "verbose");
    if (*check == '/' || !verbose) {
        a->text = "ok";
        return;
    }
    struct buf b = BUF_INIT;
    CLEANUP(str_freep)
    char *excluded = request_has(q, FEATURE_LIVEZ) ? request_query(q, "exclude") : NULL;
    bool found = !excluded;
    for (size_t i = 0; i < count; i++) {
        bool left_out = excluded && str_eq(excluded, names[i]);
        buf_addf(&b, "[+]%s %sok\n", names[i], left_out ? "excluded: " : "");
        found |= left_out;
    }
    if (!found)
        buf_addf(&b, "warn: some health checks cannot be excluded: no matches for \"%s\"\n",
                 excluded);
    buf_addf(&b, "%s check passed\n", root);
    a->owned_text = buf_detach(&b);
}

static void metrics(struct request *q, struct answer *a) {
    struct apiserver *s = q->server;
    struct buf b = BUF_INIT;
    buf_adds(&b, "# HELP etcd_object_counts Number of stored objects split by kind.\n"
                 "# TYPE etcd_object_counts gauge\n");
    for (size_t i = 0; i < s->kind_count; i++) {
        const struct resource *r = s->kinds[i]->resource;
        const char *group = r->homes[0].group;
        buf_addf(&b, "etcd_object_counts{resource=\"%s%s%s\"} %zu\n", r->name, group[0] ? "." : "",
                 group, s->kinds[i]->objects.count);
    }
    a->status = 200;
    a->owned_text = buf_detach(&b);
}

/* The part behind "/healthz" or one of its later names; NULL when path is none of them. */
static const char *health_check_of(const char *path, const char **ret_root) {
    static const char *const roots[] = {"healthz", "livez", "readyz"};
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        size_t len = strlen(roots[i]) + 1;
        *ret_root = roots[i];
        if (strncmp(path + 1, roots[i], len - 1) == 0 && (!path[len] || path[len] == '/'))
            return path + len;
    }
    return NULL;
}

bool health_is_served(const struct request *q) {
    const char *root;
    if (health_check_of(q->path, &root))
        return str_eq(root, "healthz") || request_has(q, FEATURE_LIVEZ);
    return str_eq(q->path, "/version") || str_eq(q->path, "/version/") ||
           str_eq(q->path, "/metrics");
}

void health_serve(struct request *q, struct answer *a) {
    const char *root, *check = health_check_of(q->path, &root);
    if (!str_eq(q->method, "GET") && !str_eq(q->method, "HEAD"))
        answer_method_not_allowed(a);
    else if (check)
        health(q, root, check, a);
    else if (str_has_prefix(q->path, "/version"))
        answer_json_take(a, 200, json_incref(q->server->version));
    else if (str_eq(q->path, "/metrics"))
        metrics(q, a);
    else
        answer_no_such_resource(a);
}
