#include "mocks/etcd/etcd.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/etcd/etcd_params.h"
#include "mocks/etcd/etcd_store.h"
#include "mocks/etcd/etcd_text.h"

#include <string.h>

#define PREFIX "/v2/keys"
#define MEMBERS "/v2/members"
#define CLUSTER_ID "cdf818194e3a8c32"

struct watch {
    struct watch *next, **link;
    struct etcd *etcd;
    struct http_exchange *x;
    char *key;
    bool recursive, stream;
    uint64_t since;
};

struct etcd {
    struct etcd_store store;
    struct watch *watches;
};

static void watch_free(struct watch *w) {
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    free(w->key);
    free(w);
}

static void on_client_left(void *self) {
    watch_free(self);
}

static void send_event(struct watch *w, const struct etcd_event *event) {
    CLEANUP(str_freep) char *line = xasprintf("%s\n", event->text);
    http_stream_write(w->x, line, strlen(line));
}

static void on_event(void *self, const struct etcd_event *event) {
    struct etcd *e = self;
    for (struct watch *w = e->watches, *next; w; w = next) {
        next = w->next;
        if (event->index < w->since || !etcd_event_concerns(event, w->key, w->recursive))
            continue;
        send_event(w, event);
        if (w->stream)
            continue;
        struct http_exchange *x = w->x;
        watch_free(w);
        http_stream_end(x);
    }
}

struct etcd *etcd_new(struct sched *sched) {
    struct etcd *e = xcalloc(1, sizeof(*e));
    etcd_store_init(&e->store, sched);
    e->store.on_event = on_event;
    e->store.on_event_self = e;
    return e;
}

void etcd_free(struct etcd *e) {
    if (!e)
        return;
    while (e->watches) {
        struct http_exchange *x = e->watches->x;
        watch_free(e->watches);
        x->on_closed = NULL;
        http_stream_end(x);
    }
    etcd_store_release(&e->store);
    free(e);
}

static void add_number(struct http_headers *h, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    http_headers_add(h, name, text);
}

static void add_cors(struct http_headers *h) {
    http_headers_add(h, "Access-Control-Allow-Headers", "accept, content-type, authorization");
    http_headers_add(h, "Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
    http_headers_add(h, "Access-Control-Allow-Origin", "*");
}

static void add_headers(struct http_headers *h, uint64_t index, bool with_raft) {
    add_cors(h);
    http_headers_add(h, "Content-Type", "application/json");
    http_headers_add(h, "X-Etcd-Cluster-Id", CLUSTER_ID);
    add_number(h, "X-Etcd-Index", index);
    if (with_raft) {
        add_number(h, "X-Raft-Index", index + 1);
        add_number(h, "X-Raft-Term", 2);
    }
}

/* The key of a decoded path below /v2/keys: without a slash at its end; NULL: too long or deep. */
static char *clean_key(const char *path) {
    struct buf key = BUF_INIT;
    CLEANUP(str_freep) char *copy = xstrdup(path);
    char *rest = copy;
    size_t depth = 0;
    for (char *part; (part = str_next(&rest, '/'));) {
        if (!*part || str_eq(part, "."))
            continue;
        if (str_eq(part, "..")) {
            char *slash = key.len ? strrchr(key.data, '/') : NULL;
            buf_truncate(&key, slash ? (size_t)(slash - key.data) : 0);
            depth -= slash ? 1 : 0;
            continue;
        }
        buf_addf(&key, "/%s", part);
        depth++;
    }
    bool fits = key.len <= ETCD_KEY_LEN_MAX && depth < ETCD_DEPTH_MAX;
    if (key.len == 0)
        buf_addc(&key, '/');
    char *text = buf_detach(&key);
    if (fits)
        return text;
    free(text);
    return NULL;
}

static char *key_of_path(const char *path) {
    CLEANUP(str_freep) char *decoded = xstrdup(path + strlen(PREFIX));
    return str_url_decode(decoded, false) ? clean_key(decoded) : NULL;
}

static void error_result(struct etcd_result *r, uint64_t index) {
    buf_clear(&r->text);
    etcd_text_error(r->code, r->cause, index, &r->text);
}

static void apply(struct etcd *e, const char *method, const char *key, const struct etcd_params *p,
                  struct etcd_result *r) {
    if (str_eq(method, "PUT"))
        etcd_store_put(&e->store, key, &p->change, r);
    else if (str_eq(method, "POST"))
        etcd_store_post(&e->store, key, &p->change, r);
    else if (str_eq(method, "DELETE"))
        etcd_store_delete(&e->store, key, &p->change, r);
    else
        etcd_store_get(&e->store, key, p->change.recursive, r);
}

static bool is_method(const char *method) {
    static const char *const METHODS[] = {"HEAD", "GET", "PUT", "POST", "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++)
        if (str_eq(method, METHODS[i]))
            return true;
    return false;
}

static int status_of(const struct etcd_result *r) {
    if (r->code)
        return etcd_text_status(r->code);
    return r->created ? 201 : 200;
}

static void reply_result(struct etcd *e, struct http_exchange *x, struct etcd_result *r,
                         bool of_store) {
    uint64_t index = of_store ? e->store.index : 0; /* what a bad request's parameters get is 0 */
    if (r->code)
        error_result(r, index);
    buf_addc(&r->text, '\n');
    struct http_headers headers = {0};
    add_headers(&headers, index, !r->code);
    http_reply(x, status_of(r), &headers, r->text.data, r->text.len);
    http_headers_release(&headers);
}

static void start_watch(struct etcd *e, struct http_exchange *x, const char *key,
                        const struct etcd_params *p) {
    const struct etcd_event *event = NULL;
    struct etcd_result r = {.text = BUF_INIT};
    uint64_t since = p->wait_index ? p->wait_index : e->store.index + 1;
    bool recursive = p->change.recursive;
    r.code = etcd_store_scan(&e->store, key, recursive, since, &event, &r.cause);
    if (r.code) {
        reply_result(e, x, &r, true);
        etcd_result_release(&r);
        return;
    }

    struct http_headers headers = {0};
    add_headers(&headers, e->store.index, true);
    http_stream_begin(x, 200, &headers);
    http_headers_release(&headers);
    struct watch *w = xcalloc(1, sizeof(*w));
    *w = (struct watch){.etcd = e,
                        .x = x,
                        .key = xstrdup(key),
                        .recursive = recursive,
                        .stream = p->stream,
                        .since = since};
    w->next = e->watches;
    w->link = &e->watches;
    if (w->next)
        w->next->link = &w->next;
    e->watches = w;
    x->on_closed = on_client_left;
    x->on_closed_self = w;
    if (!event)
        return;
    send_event(w, event);
    if (!w->stream) {
        watch_free(w);
        http_stream_end(x);
    }
}

static const char *form_of(const struct http_request *request) {
    bool has_form = str_eq(request->method, "PUT") || str_eq(request->method, "POST");
    const char *type = http_headers_get(&request->headers, "Content-Type");
    static const char FORM[] = "application/x-www-form-urlencoded";
    if (!has_form || !type || !str_has_prefix(type, FORM))
        return NULL;
    char after = type[sizeof(FORM) - 1];
    return after == '\0' || after == ';' || after == ' ' ? request->body : NULL;
}

static void reply_text(struct http_exchange *x, int status, const char *type, const char *allow,
                       const char *text) {
    struct http_headers headers = {0};
    add_cors(&headers);
    if (allow)
        http_headers_add(&headers, "Allow", allow);
    if (type)
        http_headers_add(&headers, "Content-Type", type);
    if (type && status >= 400 && str_has_prefix(type, "text/plain"))
        http_headers_add(&headers, "X-Content-Type-Options", "nosniff"); /* Go's http.Error */
    http_reply(x, status, &headers, text, strlen(text));
    http_headers_release(&headers);
}

/* As Go's path.Clean of the decoded path, but that a slash at the end stays; owned. */
static char *clean_path(const char *path) {
    CLEANUP(str_freep) char *copy = xstrdup(path);
    char *rest = copy;
    struct buf out = BUF_INIT;
    for (char *part; (part = str_next(&rest, '/'));) {
        if (!*part || str_eq(part, "."))
            continue;
        if (str_eq(part, "..")) {
            const char *slash = out.len ? strrchr(out.data, '/') : NULL;
            buf_truncate(&out, slash ? (size_t)(slash - out.data) : 0);
        } else {
            buf_addf(&out, "/%s", part);
        }
    }
    if (out.len == 0 || str_has_suffix(path, "/"))
        buf_addc(&out, '/');
    return buf_detach(&out);
}

static void add_escaped(struct buf *out, const char *path) {
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
            strchr("-_.~/$&+,:;=@", *p))
            buf_addc(out, (char)*p);
        else
            buf_addf(out, "%%%02X", *p);
    }
}

/* Go's router sends who asks for "//" or "/../" to the path that is meant. false: it is clean. */
static bool redirect(struct http_exchange *x) {
    const struct http_request *request = x->request;
    CLEANUP(str_freep) char *path = xstrdup(request->path);
    if (!str_url_decode(path, false))
        return false; /* told elsewhere */
    CLEANUP(str_freep) char *clean = clean_path(path);
    if (str_eq(path, clean))
        return false;
    struct buf to = BUF_INIT, body = BUF_INIT;
    add_escaped(&to, clean);
    if (*request->query)
        buf_addf(&to, "?%s", request->query);
    bool is_get = str_eq(request->method, "GET"), is_head = str_eq(request->method, "HEAD");
    if (is_get)
        buf_adds(&body, "<a href=\"");
    for (const char *p = buf_str(&to); is_get && *p; p++)
        *p == '&' ? (void)buf_adds(&body, "&amp;") : buf_addc(&body, *p);
    if (is_get)
        buf_adds(&body, "\">Moved Permanently</a>.\n\n");
    struct http_headers headers = {0};
    add_cors(&headers);
    if (is_get || is_head)
        http_headers_add(&headers, "Content-Type", "text/html; charset=utf-8");
    http_headers_add(&headers, "Location", buf_str(&to));
    http_reply(x, 301, &headers, buf_str(&body), body.len);
    http_headers_release(&headers);
    buf_release(&to);
    buf_release(&body);
    return true;
}

static void handle_keys(struct etcd *e, struct http_exchange *x) {
    const struct http_request *request = x->request;
    if (!is_method(request->method)) {
        reply_text(x, 405, "text/plain; charset=utf-8", "HEAD,GET,PUT,POST,DELETE",
                   "Method Not Allowed\n");
        return;
    }
    CLEANUP(str_freep) char *key = key_of_path(request->path);
    if (!key) {
        reply_text(x, 400, "text/plain; charset=utf-8", NULL, "400 Bad Request\n");
        return;
    }
    struct etcd_params p;
    struct etcd_result r = {.text = BUF_INIT};
    r.code = etcd_params_read(request->method, request->query, form_of(request), &p, &r.cause);
    if (r.code) {
        reply_result(e, x, &r, false);
    } else if (p.wait) {
        start_watch(e, x, key, &p);
        etcd_params_release(&p);
    } else {
        apply(e, request->method, key, &p, &r);
        reply_result(e, x, &r, true);
        etcd_params_release(&p);
    }
    etcd_result_release(&r);
}

#define MEMBER_ID "8e9e05c52164694d"

/* The one member, whose address is the one that the client has reached it by: etcdctl asks for it
 * before anything else. */
static char *member_text(const struct http_request *request) {
    const char *host = http_headers_get(&request->headers, "Host");
    const char *scheme = request->peer.tls ? "https" : "http";
    struct buf url = BUF_INIT, text = BUF_INIT;
    CLEANUP(str_freep) char *plain = xasprintf("%s://%s", scheme, host ? host : "localhost:2379");
    etcd_text_string(plain, &url);
    buf_addf(&text,
             "{\"id\":\"" MEMBER_ID "\",\"name\":\"default\",\"peerURLs\":["
             "\"http://localhost:2380\"],\"clientURLs\":[%s]}",
             buf_str(&url));
    buf_release(&url);
    return buf_detach(&text);
}

static void reply_members(struct http_exchange *x, int status, const char *text) {
    struct http_headers headers = {0};
    add_cors(&headers);
    http_headers_add(&headers, "Content-Type", "application/json");
    http_headers_add(&headers, "X-Etcd-Cluster-Id", CLUSTER_ID);
    http_reply(x, status, &headers, text, strlen(text));
    http_headers_release(&headers);
}

static void handle_members(struct http_exchange *x, const char *rest) {
    const struct http_request *request = x->request;
    CLEANUP(str_freep) char *member = member_text(request);
    CLEANUP(str_freep) char *text = NULL;
    if (!str_eq(request->method, "GET") && !str_eq(request->method, "HEAD")) {
        reply_text(x, 405, "text/plain; charset=utf-8", "HEAD,GET", "Method Not Allowed\n");
        return;
    }
    if (str_eq(rest, "") || str_eq(rest, "/"))
        text = xasprintf("{\"members\":[%s]}\n", member);
    else if (str_eq(rest, "/leader"))
        text = xasprintf("%s\n", member);
    reply_members(x, text ? 200 : 404, text ? text : "{\"message\":\"Not found\"}");
}

static void handle_machines(struct http_exchange *x) {
    const char *host = http_headers_get(&x->request->headers, "Host");
    CLEANUP(str_freep)
    char *text = xasprintf("%s://%s", x->request->peer.tls ? "https" : "http",
                           host ? host : "localhost:2379");
    reply_text(x, 200, "text/plain; charset=utf-8", NULL, text);
}

void etcd_handle(void *self, struct http_exchange *x) {
    struct etcd *e = self;
    const char *path = x->request->path;
    bool only_get = str_eq(path, "/version") || str_eq(path, "/health");
    if (str_eq(x->request->method, "OPTIONS"))
        reply_text(x, 200, NULL, NULL, "");
    else if (redirect(x))
        return;
    else if (only_get && !str_eq(x->request->method, "GET"))
        reply_text(x, 405, "text/plain; charset=utf-8", "GET", "Method Not Allowed\n");
    else if (str_eq(path, PREFIX) || str_has_prefix(path, PREFIX "/"))
        handle_keys(e, x);
    else if (str_eq(path, MEMBERS) || str_has_prefix(path, MEMBERS "/"))
        handle_members(x, path + strlen(MEMBERS));
    else if (str_eq(path, "/v2/machines"))
        handle_machines(x);
    else if (str_eq(path, "/v2/stats/leader"))
        reply_text(x, 200, "application/json", NULL,
                   "{\"leader\":\"" MEMBER_ID "\",\"followers\":{}}");
    else if (str_eq(path, "/version"))
        reply_text(x, 200, "application/json", NULL,
                   "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}");
    else if (str_eq(path, "/health"))
        reply_text(x, 200, "text/plain; charset=utf-8", NULL, "{\"health\":\"true\"}");
    else
        reply_text(x, 404, "text/plain; charset=utf-8", NULL, "404 page not found\n");
}

int etcd_call(struct etcd *e, const char *method, const char *target, const char *form,
              json_t **ret_body) {
    *ret_body = NULL;
    size_t path_len = strcspn(target, "?");
    CLEANUP(str_freep) char *path = xstrndup(target, path_len);
    const char *query = target[path_len] ? target + path_len + 1 : "";
    if (!str_eq(path, PREFIX) && !str_has_prefix(path, PREFIX "/"))
        return 404;
    if (!is_method(method))
        return 405;
    CLEANUP(str_freep) char *key = key_of_path(path);
    if (!key)
        return 400;

    struct etcd_params p;
    struct etcd_result r = {.text = BUF_INIT};
    r.code = etcd_params_read(method, query, form, &p, &r.cause);
    uint64_t index = 0;
    if (!r.code) {
        apply(e, method, key, &p, &r); /* a wait is a get here: there is nobody to wait */
        index = e->store.index;
        etcd_params_release(&p);
    }
    if (r.code)
        error_result(&r, index);
    int status = status_of(&r);
    *ret_body = json_parse(buf_str(&r.text), r.text.len, "etcd", NULL);
    etcd_result_release(&r);
    return status;
}

const char *etcd_get(const struct etcd *e, const char *key) {
    const struct etcd_node *n = key[0] == '/' ? etcd_store_find(&e->store, key) : NULL;
    return n ? n->value : NULL;
}

static void each(const struct etcd_node *n,
                 void (*fn)(void *self, const char *key, const char *value), void *self) {
    if (!n->dir) {
        fn(self, n->key, n->value);
        return;
    }
    for (size_t i = 0; i < n->child_count; i++)
        if (n->children[i]->name[0] != '_')
            each(n->children[i], fn, self);
}

uint64_t etcd_changes(const struct etcd *e) {
    return e->store.index;
}

void etcd_each(const struct etcd *e, const char *key,
               void (*fn)(void *self, const char *key, const char *value), void *self) {
    const struct etcd_node *n = key[0] == '/' ? etcd_store_find(&e->store, key) : NULL;
    if (n)
        each(n, fn, self);
}
