#include "harness/driver/api_watch.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

struct api_watch {
    const struct ask_place *place;
    struct kubeconfig_target target;
    struct http_pending *pending;
    void (*on_event)(void *self);
    void *self;
    struct sched_timer soon;
    bool closed, over; /* over: it closed as watches do, and can be opened again */
};

static void on_soon(void *self) {
    struct api_watch *w = self;
    w->on_event(w->self);
}

static void on_data(void *self, const void *data, size_t len) {
    (void)data;
    struct api_watch *w = self;
    if (len > 0 && !sched_is_running(&w->soon)) /* never from inside the client */
        loop_start(w->place->loop, &w->soon, 0, on_soon, w);
}

static void on_closed(void *self, struct http_answer *answer) {
    struct api_watch *w = self;
    w->pending = NULL;
    w->closed = true;
    w->over = answer->status == 200; /* servers close watches after a while */
    if (w->over)
        loop_start(w->place->loop, &w->soon, 0, on_soon, w);
}

/*
 * The watch of a path: a collection by its own list, an object by its collection and its name.
 * Owned; NULL when it is neither.
 */
static char *watch_path(const char *path, const json_t *body) {
    bool is_api = str_has_prefix(path, "/api/") || str_has_prefix(path, "/apis/");
    const char *query = strchr(path, '?');
    const char *kind = json_str(body, "kind", NULL);
    const char *version = json_str(body, "metadata", "resourceVersion", NULL);
    if (!is_api)
        return NULL;
    if (kind && str_has_suffix(kind, "List"))
        return xasprintf("%s%swatch=true%s%s", path, query ? "&" : "?",
                         version ? "&resourceVersion=" : "", version ? version : "");
    const char *slash = strrchr(path, '/');
    if (query || !slash || !slash[1])
        return NULL;
    bool is_object = kind && !str_eq(kind, "Status") && version;
    return xasprintf("%.*s?watch=true&fieldSelector=metadata.name%%3D%s%s%s", (int)(slash - path),
                     path, slash + 1, is_object ? "&resourceVersion=" : "",
                     is_object ? version : "");
}

struct api_watch *api_watch_start(const struct ask_place *place, const json_t *args,
                                  const json_t *body, void (*on_event)(void *self), void *self) {
    CLEANUP(str_freep) char *path = watch_path(json_str(args, "path", NULL), body);
    if (!path)
        return NULL;
    struct api_watch *w = xcalloc(1, sizeof(*w));
    *w = (struct api_watch){.place = place, .on_event = on_event, .self = self};
    CLEANUP(str_freep) char *file = ask_api_kubeconfig(place, args);
    CLEANUP(json_freep) json_t *config = kubeconfig_load(file, true, NULL);
    if (!config ||
        kubeconfig_target(config, json_str(args, "context", NULL), &w->target, NULL) < 0) {
        w->closed = true;
        return w;
    }
    struct http_call call = {.method = "GET", .path = path, .timeout_ms = -1};
    w->pending =
        http_pool_start(loop_pool(place->loop), &w->target.http, &call, on_data, on_closed, w);
    return w;
}

bool api_watch_is_open(const struct api_watch *w) {
    return !w->closed;
}

bool api_watch_is_over(const struct api_watch *w) {
    return w->over;
}

void api_watch_free(struct api_watch *w) {
    if (!w)
        return;
    if (w->pending)
        http_pending_cancel(w->pending);
    loop_stop(w->place->loop, &w->soon);
    kubeconfig_target_release(&w->target);
    free(w);
}
