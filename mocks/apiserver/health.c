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

static int by_text(const void *a, const void *b) {
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static json_t *sorted_take(json_t *texts) {
    size_t count = json_array_size(texts);
    json_t **items = xcalloc(count + 1, sizeof(json_t *)), *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(texts, i);
    qsort(items, count, sizeof(json_t *), by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !json_equal(items[i], items[i - 1]))
            json_array_append(sorted, items[i]);
    free(items);
    json_decref(texts);
    return sorted;
}

static json_t *all_paths(const struct apiserver *s) {
    static const char *const fixed[] = {"/api",
                                        "/api/v1",
                                        "/apis",
                                        "/healthz",
                                        "/metrics",
                                        "/swagger-2.0.0.json",
                                        "/swagger-2.0.0.pb-v1",
                                        "/swagger.json",
                                        "/version",
                                        "/livez",
                                        "/readyz"};
    json_t *paths = json_array();
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        json_array_append_new(paths, json_string(fixed[i]));
    size_t i, count;
    json_t *item;
    json_array_foreach(s->group_versions, i, item) {
        const char *text = json_string_value(item), *slash = strchr(text, '/');
        if (!slash)
            continue;
        json_array_append_new(paths, json_sprintf("/apis/%.*s", (int)(slash - text), text));
        json_array_append_new(paths, json_sprintf("/apis/%s", text));
    }
    const char *const *names = checks_of(s, &count);
    for (i = 0; i < count; i++)
        json_array_append_new(paths, json_sprintf("/healthz/%s", names[i]));
    return sorted_take(paths);
}

void health_paths(struct request *q, struct answer *a) {
    answer_json_take(a, 404, json_pack("{s:o}", "paths", all_paths(q->server)));
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
            health_paths(q, a);
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
    for (size_t i = 0; i < count; i++)
        buf_addf(&b, "[+]%s ok\n", names[i]);
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

void health_serve(struct request *q, struct answer *a) {
    static const char *const roots[] = {"healthz", "livez", "readyz"};
    const char *path = q->path;
    bool read = str_eq(q->method, "GET") || str_eq(q->method, "HEAD");
    if (!read) {
        answer_method_not_allowed(a);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        size_t len = strlen(roots[i]);
        if (strncmp(path + 1, roots[i], len) == 0 &&
            (path[len + 1] == '\0' || path[len + 1] == '/')) {
            health(q, roots[i], path + len + 1, a);
            return;
        }
    }
    if (str_eq(path, "/version") || str_eq(path, "/version/"))
        answer_json_take(a, 200, json_incref(q->server->version));
    else if (str_eq(path, "/metrics"))
        metrics(q, a);
    else if (str_eq(path, "/"))
        answer_json_take(a, 200, json_pack("{s:o}", "paths", all_paths(q->server)));
    else
        health_paths(q, a);
}
