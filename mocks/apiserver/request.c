#include "mocks/apiserver/request.h"

#include "harness/core/str.h"

#define SEGMENTS_MAX 64

char *request_query(const struct request *q, const char *name) {
    if (!q->query[0])
        return NULL;
    return http_query_get(q->query, name);
}

bool request_query_true(const struct request *q, const char *name) {
    CLEANUP(str_freep) char *value = request_query(q, name);
    return value && !str_eq(value, "false") && !str_eq(value, "0");
}

int64_t request_query_int(const struct request *q, const char *name, int64_t otherwise) {
    CLEANUP(str_freep) char *value = request_query(q, name);
    int64_t number = otherwise;
    if (value)
        (void)str_to_int(value, 0, INT64_MAX, &number);
    return number;
}

bool request_has(const struct request *q, enum feature feature) {
    return !(q->server->o.ways.lacks & (unsigned)feature);
}

bool request_group_served(const struct apiserver *s, const char *group, const char *version) {
    size_t i;
    json_t *item;
    json_array_foreach(s->group_versions, i, item) {
        const char *text = json_string_value(item);
        size_t len = strlen(group);
        if (!group[0] && str_eq(text, version))
            return true;
        if (group[0] && strncmp(text, group, len) == 0 && text[len] == '/' &&
            (!version || str_eq(text + len + 1, version)))
            return true;
    }
    for (i = 0; i < s->kind_count; i++) {
        const struct kind *k = s->kinds[i];
        for (const struct resource_home *h = k->resource->homes; k->custom && !k->gone && h->group;
             h++)
            if (str_eq(h->group, group) && (!version || str_eq(h->version, version)))
                return true;
    }
    return false;
}

/* Splits the path in place; 0 when a segment is malformed. */
static size_t split(char *path, char *segments[SEGMENTS_MAX]) {
    size_t count = 0;
    char *rest = path, *segment;
    while ((segment = str_next(&rest, '/'))) {
        if (!*segment)
            continue;
        if (count == SEGMENTS_MAX || (strchr(segment, '%') && !str_url_decode(segment, false)))
            return 0;
        segments[count++] = segment;
    }
    return count;
}

static const char *collection_verb(const struct request *q) {
    const char *m = q->method;
    if (str_eq(m, "GET") || str_eq(m, "HEAD"))
        return q->watch_path || request_query_true(q, "watch") ? "watch" : "list";
    return str_eq(m, "POST")     ? "create"
           : str_eq(m, "DELETE") ? "deletecollection"
           : str_eq(m, "PUT")    ? "update"
           : str_eq(m, "PATCH")  ? "patch"
                                 : "";
}

static const char *object_verb(const struct request *q) {
    const char *m = q->method;
    if (str_eq(m, "GET") || str_eq(m, "HEAD"))
        return q->watch_path || (!q->subresource[0] && request_query_true(q, "watch")) ? "watch"
                                                                                       : "get";
    return str_eq(m, "POST")     ? "create"
           : str_eq(m, "PUT")    ? "update"
           : str_eq(m, "PATCH")  ? "patch"
           : str_eq(m, "DELETE") ? "delete"
                                 : "";
}

static const char *plain_verb(const char *method) {
    static const char *const verbs[][2] = {
        {"GET", "get"},     {"POST", "post"}, {"PUT", "put"},        {"DELETE", "delete"},
        {"PATCH", "patch"}, {"HEAD", "head"}, {"OPTIONS", "options"}};
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_eq(method, verbs[i][0]))
            return verbs[i][1];
    return "";
}

/* The segments behind the version: [watch] [namespaces NS] RESOURCE [NAME [SUB [REST]]] */
static void parse_resource(struct request *q, char **seg, size_t count) {
    if (count > 0 && str_eq(seg[0], "watch")) {
        q->watch_path = true;
        seg++;
        count--;
    }
    bool subresource_of_namespace =
        count == 3 && (str_eq(seg[2], "finalize") || str_eq(seg[2], "status"));
    if (count >= 3 && str_eq(seg[0], "namespaces") && !subresource_of_namespace) {
        q->ns = seg[1];
        seg += 2;
        count -= 2;
    }
    if (count == 0)
        return;
    q->resource = seg[0];
    q->name = count > 1 ? seg[1] : "";
    q->subresource = count > 2 ? seg[2] : "";
    if (count > 3)
        q->rest = q->path + (seg[3] - q->buffer);
    if (str_eq(q->resource, "namespaces") && q->name[0])
        q->ns = q->name;
    q->is_resource = true;
    q->verb = q->name[0] ? object_verb(q) : collection_verb(q);
}

bool request_parse(struct request *q, struct apiserver *s, const char *method, const char *path,
                   const char *query) {
    q->server = s;
    q->method = method;
    q->path = path;
    q->query = query ? query : "";
    q->group = q->version = q->ns = q->resource = q->name = q->subresource = q->rest = "";
    q->content_type = "";
    q->verb = plain_verb(method);
    q->is_resource = q->watch_path = q->trusted = false;
    q->kind = NULL;
    q->home = 0;
    q->fault = (struct fault){.action = FAULT_NONE};
    q->told = NULL;
    size_t len = strlen(path);
    if (len >= sizeof(q->buffer) || path[0] != '/')
        return false;
    memcpy(q->buffer, path, len + 1);

    char *seg[SEGMENTS_MAX];
    size_t count = split(q->buffer, seg);
    if (count == 0)
        return len == 1;
    size_t skip = 0;
    if (str_eq(seg[0], "api") && count >= 3) {
        q->version = seg[1];
        skip = 2;
    } else if (str_eq(seg[0], "apis") && count >= 4) {
        q->group = seg[1];
        q->version = seg[2];
        skip = 3;
    }
    if (!skip)
        return true;
    parse_resource(q, seg + skip, count - skip);
    if (q->is_resource)
        q->kind = store_kind(s, q->group, q->version, q->resource, &q->home);
    /* What is cluster-scoped is not served below a namespace, and the other way round only lists
     * and watches of all namespaces are. */
    if (q->kind) {
        bool namespaced = (q->kind->resource->flags & RESOURCE_NAMESPACED) != 0;
        bool below = q->ns[0] && !str_eq(q->resource, "namespaces");
        if ((!namespaced && below) || (namespaced && !below && q->name[0]))
            q->kind = NULL;
    }
    return true;
}
