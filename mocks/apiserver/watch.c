#include "mocks/apiserver/watch.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/apiserver/render.h"
#include "mocks/apiserver/rest.h"

/* A reader may be this far behind before it is cut off. */
#define BACKLOG_MAX ((size_t)8 << 20)
#define BOOKMARK_MS 60000
#define TIMEOUT_MIN_S 1800

struct watcher {
    struct apiserver *server;
    struct kind *kind;
    size_t home;
    struct watcher *prev, *next;
    struct http_exchange *exchange;
    struct selector labels, fields;
    char *ns;
    struct render_form form;
    bool bookmarks;
    bool all;        /* no namespace, no selector */
    bool started;    /* an event was sent */
    int64_t from_rv; /* events up to here are not wanted */
    struct sched_timer timeout, bookmark;
};

/* Lines of one change, made when the first watcher wants them. */
struct lines {
    struct http_chunk line[3][OBJECT_HOMES_MAX];
    struct object *left; /* owned; what left somebody's selection, as it was */
};

static void watcher_free(struct watcher *w) {
    sched_stop(w->server->o.sched, &w->timeout);
    sched_stop(w->server->o.sched, &w->bookmark);
    if (w->prev)
        w->prev->next = w->next;
    else if (w->kind->watchers == w)
        w->kind->watchers = w->next;
    if (w->next)
        w->next->prev = w->prev;
    selector_release(&w->labels);
    selector_release(&w->fields);
    free(w->ns);
    free(w);
}

static void on_closed(void *self) {
    watcher_free(self);
}

static void end(struct watcher *w) {
    struct http_exchange *x = w->exchange;
    x->on_closed = NULL;
    watcher_free(w);
    http_stream_end(x);
}

static const char *const type_names[] = {"ADDED", "MODIFIED", "DELETED"};

static void make_line(struct http_chunk *line, const char *type, const char *text, size_t len) {
    struct buf event = BUF_INIT;
    buf_addf(&event, "{\"type\":\"%s\",\"object\":", type);
    buf_add(&event, text, len);
    buf_adds(&event, "}\n");
    http_chunk_init(line, event.data, event.len);
    buf_release(&event);
}

static void send_object(struct watcher *w, enum apiserver_event type, struct object *o,
                        struct lines *lines) {
    if (w->form.as != RENDER_OBJECT) {
        struct http_chunk line = {0};
        CLEANUP(json_freep)
        json_t *json = render_event_object(w->kind, &w->form, o, w->home, !w->started);
        w->started = true;
        CLEANUP(str_freep) char *text = json_text(json);
        make_line(&line, type_names[type], text, strlen(text));
        http_stream_send(w->exchange, &line);
        http_chunk_release(&line);
        return;
    }
    struct http_chunk *line = &lines->line[type][w->home];
    if (!line->len) {
        const struct object_text *t = object_text(o, w->home);
        make_line(line, type_names[type], t->data, t->len - 1);
    }
    http_stream_send(w->exchange, line);
}

static void lines_release(struct lines *lines) {
    for (size_t t = 0; t < 3; t++)
        for (size_t h = 0; h < OBJECT_HOMES_MAX; h++)
            http_chunk_release(&lines->line[t][h]);
    object_unref(lines->left);
}

static bool wants(const struct watcher *w, const struct object *o) {
    return w->all || ((!w->ns[0] || str_eq(w->ns, object_ns(o))) &&
                      selector_matches_labels(&w->labels, o->json) &&
                      selector_matches_fields(&w->fields, o->json));
}

/* What the change is to this watcher: an object that begins to match is added to it, one that
 * stops to match is deleted, and told as it was when it matched (kubernetes: storage/cacher,
 * cacheWatcher.convertToWatchEvent). */
static void deliver(struct watcher *w, const struct change *c, struct lines *lines) {
    if (c->object->rv <= w->from_rv)
        return;
    bool selects = w->labels.count || w->fields.count;
    bool now = c->type != APISERVER_DELETED && wants(w, c->object);
    bool before = c->type == APISERVER_DELETED ? wants(w, c->object)
                  : c->type == APISERVER_ADDED ? false
                  : selects                    ? wants(w, c->old)
                                               : now;
    if (!now && !before)
        return;
    enum apiserver_event type = !before ? APISERVER_ADDED
                                : now   ? APISERVER_MODIFIED
                                        : APISERVER_DELETED;
    if (type == APISERVER_DELETED && c->old && !lines->left)
        lines->left = object_at_version(c->old, c->object->rv);
    send_object(w, type, type == APISERVER_DELETED && c->old ? lines->left : c->object, lines);
}

/* As the cacher of a real server does (kubernetes: storage/cacher, cacheWatcher.add): no more
 * events, and the watch ends, without an error, behind those that wait. */
static void cut_off_if_slow(struct watcher *w) {
    if (http_stream_backlog(w->exchange) > BACKLOG_MAX)
        end(w);
}

void watch_changed(struct apiserver *s, const struct change *c) {
    (void)s;
    struct lines lines = {0};
    struct watcher *next;
    for (struct watcher *w = c->kind->watchers; w; w = next) {
        next = w->next;
        deliver(w, c, &lines);
        cut_off_if_slow(w);
    }
    lines_release(&lines);
}

/* initial: what was there when the watch began has been told. */
static void send_bookmark(struct watcher *w, bool initial) {
    const struct resource *r = w->kind->resource;
    CLEANUP(str_freep) char *version = object_api_version(&r->homes[w->home]);
    CLEANUP(str_freep)
    char *line =
        xasprintf("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":"
                  "\"%s\",\"metadata\":{\"resourceVersion\":\"%lld\","
                  "\"creationTimestamp\":null%s}}}\n",
                  r->kind, version, (long long)w->server->rv,
                  initial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
    http_stream_write(w->exchange, line, strlen(line));
}

static void on_bookmark(void *self) {
    struct watcher *w = self;
    send_bookmark(w, false);
    sched_start(w->server->o.sched, &w->bookmark, BOOKMARK_MS, on_bookmark, w);
}

static void on_timeout(void *self) {
    struct watcher *w = self;
    if (w->bookmarks)
        send_bookmark(w, false);
    end(w);
}

static void send_state(struct watcher *w) {
    const char *name = selector_exact_name(&w->fields);
    bool namespaced = (w->kind->resource->flags & RESOURCE_NAMESPACED) != 0;
    if (name && (w->ns[0] || !namespaced)) { /* a single object needs no walk */
        struct lines lines = {0};
        struct object *o = collection_get(&w->kind->objects, w->ns, name);
        if (o && wants(w, o))
            send_object(w, APISERVER_ADDED, o, &lines);
        lines_release(&lines);
        return;
    }
    CLEANUP(str_freep) char *first = xasprintf("%s%s", w->ns, w->ns[0] ? "/" : "");
    size_t len = strlen(first);
    for (struct slot *slot = collection_seek(&w->kind->objects, first);
         slot && strncmp(slot->key, first, len) == 0; slot = slot->next[0]) {
        struct lines lines = {0};
        if (wants(w, slot->object))
            send_object(w, APISERVER_ADDED, slot->object, &lines);
        lines_release(&lines);
    }
}

static void send_history(struct watcher *w) {
    struct apiserver *s = w->server;
    for (int64_t rv = w->from_rv + 1; rv <= s->rv; rv++) {
        const struct change *c = &s->history[rv % SERVER_HISTORY_MAX];
        if (!c->kind || c->kind != w->kind)
            continue;
        struct lines lines = {0};
        deliver(w, c, &lines);
        lines_release(&lines);
    }
}

/* Since 1.6 "too old" comes as an event of a watch that was accepted, not as a status. */
static void send_gone(struct http_exchange *x, int64_t rv, int64_t oldest) {
    CLEANUP(str_freep)
    char *line = xasprintf(
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
        "\"status\":\"Failure\",\"message\":\"too old resource version: %lld (%lld)\",\"reason\":"
        "\"Gone\",\"code\":410}}\n",
        (long long)rv, (long long)oldest);
    http_stream_write(x, line, strlen(line));
    http_stream_end(x);
}

static bool read_selectors(struct request *q, struct watcher *w, struct answer *a) {
    struct err err = {0};
    CLEANUP(str_freep) char *labels = request_query(q, "labelSelector");
    CLEANUP(str_freep) char *fields = request_query(q, "fieldSelector");
    if ((labels && selector_parse_labels(labels, &w->labels, &err) < 0) ||
        (fields && selector_parse_fields(fields, q->kind->resource, q->kind->custom != NULL,
                                         &w->fields, &err) < 0)) {
        answer_bad_request(a, "%s", err.text);
        return false;
    }
    if (!fields && q->name[0]) { /* /watch/.../NAME */
        CLEANUP(str_freep) char *by_name = xasprintf("metadata.name=%s", q->name);
        (void)selector_parse_fields(by_name, q->kind->resource, true, &w->fields, &err);
    }
    return true;
}

static void start_timers(struct request *q, struct watcher *w) {
    struct apiserver *s = q->server;
    int64_t seconds = request_query_int(q, "timeoutSeconds", 0);
    if (q->fault.action == FAULT_CLOSE)
        seconds = 1;
    if (seconds <= 0 || seconds > INT32_MAX)
        seconds = TIMEOUT_MIN_S + rng_below(&s->rng, TIMEOUT_MIN_S);
    sched_start(s->o.sched, &w->timeout, seconds * 1000, on_timeout, w);
    if (w->bookmarks)
        sched_start(s->o.sched, &w->bookmark, BOOKMARK_MS, on_bookmark, w);
}

/* What was before: the state as ADDED events, or what came after a version. */
static void begin_events(struct request *q, struct watcher *w, int64_t rv) {
    CLEANUP(str_freep)
    char *initial =
        request_has(q, FEATURE_STREAMING_LISTS) ? request_query(q, "sendInitialEvents") : NULL;
    bool streams_list = initial && request_query_true(q, "sendInitialEvents");
    bool from_version = rv > 0 && !streams_list;
    w->from_rv = from_version ? rv : w->server->rv;
    if (from_version)
        send_history(w);
    else if (!initial || streams_list)
        send_state(w);
    if (streams_list && w->bookmarks)
        send_bookmark(w, true);
}

void watch_begin(struct request *q, struct answer *a) {
    struct apiserver *s = q->server;
    CLEANUP(str_freep) char *rv_text = request_query(q, "resourceVersion");
    int64_t rv = 0;
    if (!list_options_valid(q, true, a))
        return;
    if (rv_text && rv_text[0] && !str_to_int(rv_text, 0, INT64_MAX, &rv)) {
        answer_bad_request(a, "strconv.ParseUint: parsing \"%s\": invalid syntax", rv_text);
        return;
    }
    struct watcher *w = xcalloc(1, sizeof(*w));
    w->server = s;
    w->kind = q->kind;
    w->home = q->home;
    w->exchange = q->exchange;
    w->ns = xstrdup(str_eq(q->resource, "namespaces") ? "" : q->ns);
    w->form = render_negotiate(q);
    w->bookmarks =
        request_has(q, FEATURE_BOOKMARKS) && request_query_true(q, "allowWatchBookmarks");
    bool readable = read_selectors(q, w, a);
    w->all = !w->ns[0] && !w->labels.count && !w->fields.count;
    if (!readable || !render_acceptable(&w->form, a)) {
        watcher_free(w);
        return;
    }

    a->deferred = true;
    a->status = 200;
    http_stream_begin(q->exchange, 200, &s->json_headers);
    if ((rv > 0 && rv + 1 < s->history_first) || q->fault.action == FAULT_COMPACT) {
        watcher_free(w);
        send_gone(q->exchange, rv, s->history_first - 1);
        return;
    }
    begin_events(q, w, rv);
    w->next = w->kind->watchers;
    if (w->next)
        w->next->prev = w;
    w->kind->watchers = w;
    w->exchange->on_closed = on_closed;
    w->exchange->on_closed_self = w;
    start_timers(q, w);
}

void watch_end_all(struct apiserver *s, struct kind *k) {
    for (size_t i = 0; i < s->kind_count; i++)
        while ((!k || k == s->kinds[i]) && s->kinds[i]->watchers)
            end(s->kinds[i]->watchers);
}
