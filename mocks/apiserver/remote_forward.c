#include "mocks/apiserver/remote_forward.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/serve/spdy.h"
#include "mocks/serve/websocket.h"

#include <stdlib.h>
#include <string.h>

enum { BACKLOG_MAX = 64 << 20 };

/* Two streams of one request id: the connection's bytes, and why it failed. */
struct pair {
    struct forwarder *forwarder;
    struct pair *next, **place;
    char *request_id; /* owned */
    uint32_t data_id, error_id;
    uint16_t port;
    bool running;
    struct kubelet_process process;
};

struct forwarder {
    const struct kubelet_ops *kubelet;
    struct kubelet_request request;
    json_t *pod;     /* a reference */
    char *container; /* owned */
    struct http_tunnel *tunnel;
    struct spdy *spdy;
    struct websocket *websocket; /* NULL: SPDY lies on the connection itself */
    struct pair *first;
    bool feeding, dead;
};

static void pair_free(struct pair *p) {
    *p->place = p->next;
    if (p->next)
        p->next->place = p->place;
    free(p->request_id);
    free(p);
}

static void pair_kill(struct pair *p) {
    if (p->running)
        p->process.kill(p->process.self);
    pair_free(p);
}

static void forwarder_free(struct forwarder *f) {
    while (f->first)
        pair_kill(f->first);
    f->dead = true;
    if (f->feeding) /* by on_data, on its way out */
        return;
    spdy_free(f->spdy);
    websocket_free(f->websocket);
    json_decref(f->pod);
    free(f->container);
    free(f);
}

static void close_tunnel(struct forwarder *f) {
    struct http_tunnel *t = f->tunnel;
    if (!t)
        return;
    f->tunnel = NULL;
    t->ops->close(t);
    forwarder_free(f);
}

static void write_spdy(void *self, const void *data, size_t len) {
    struct forwarder *f = self;
    if (!f->tunnel)
        return;
    if (f->websocket)
        websocket_send(f->websocket, false, data, len);
    else
        f->tunnel->ops->write(f->tunnel, data, len);
}

static void write_websocket(void *self, const void *data, size_t len) {
    struct forwarder *f = self;
    if (f->tunnel)
        f->tunnel->ops->write(f->tunnel, data, len);
}

/* The text is that of the kubelet (pkg/kubelet/server/portforward). */
static void end_pair(struct pair *p, const char *problem) {
    struct forwarder *f = p->forwarder;
    if (problem) {
        char *text = xasprintf("error forwarding port %u to pod %s, uid : %s", p->port,
                               json_str(f->pod, "metadata", "name", NULL), problem);
        spdy_data(f->spdy, p->error_id, text, strlen(text));
        free(text);
    }
    spdy_fin(f->spdy, p->error_id);
    spdy_fin(f->spdy, p->data_id);
    pair_free(p);
}

static void on_output(void *self, int fd, const void *data, size_t len) {
    struct pair *p = self;
    struct forwarder *f = p->forwarder;
    (void)fd;
    if (f->tunnel && f->tunnel->ops->backlog(f->tunnel) + spdy_backlog(f->spdy) < BACKLOG_MAX)
        spdy_data(f->spdy, p->data_id, data, len);
    else /* the bytes have a hole: the connection must not end as if it were whole */
        spdy_reset(f->spdy, p->data_id, SPDY_INTERNAL_ERROR);
}

static void on_exited(void *self, int code, const char *problem) {
    (void)code;
    end_pair(self, problem);
}

static void start_pair(struct pair *p) {
    struct forwarder *f = p->forwarder;
    struct kubelet_sink sink = {.output = on_output, .exited = on_exited, .self = p};
    struct kubelet_request request = f->request;
    request.port = p->port;
    struct err err = {0};
    if (f->kubelet->start(f->kubelet->self, &request, &sink, &p->process, &err) < 0)
        end_pair(p, err.text);
    else
        p->running = true;
}

static struct pair *pair_of_request(struct forwarder *f, const char *request_id) {
    for (struct pair *p = f->first; p; p = p->next)
        if (str_eq(p->request_id, request_id))
            return p;
    struct pair *p = xcalloc(1, sizeof(*p));
    p->forwarder = f;
    p->request_id = xstrdup(request_id);
    p->next = f->first;
    p->place = &f->first;
    if (p->next)
        p->next->place = &p->next;
    f->first = p;
    return p;
}

static struct pair *pair_of_data(struct forwarder *f, uint32_t id) {
    for (struct pair *p = f->first; p; p = p->next)
        if (p->data_id == id)
            return p;
    return NULL;
}

/* Clients of before 1.2 name no request: theirs are one error and one data stream each. */
static void on_stream(void *self, uint32_t id, const struct http_headers *headers) {
    struct forwarder *f = self;
    const char *type = http_headers_get(headers, "streamtype");
    const char *request_id = http_headers_get(headers, "requestid");
    int64_t port = 0;
    bool is_data = str_eq(type, "data");
    if (!str_to_int(http_headers_get(headers, "port"), 1, 65535, &port) ||
        (!is_data && !str_eq(type, "error"))) {
        spdy_reset(f->spdy, id, SPDY_REFUSED);
        return;
    }
    struct pair *p = pair_of_request(f, request_id ? request_id : "");
    uint32_t *place = is_data ? &p->data_id : &p->error_id;
    if (*place != 0) {
        spdy_reset(f->spdy, id, SPDY_REFUSED);
        return;
    }
    *place = id;
    p->port = (uint16_t)port;
    spdy_reply(f->spdy, id);
    if (p->data_id && p->error_id)
        start_pair(p);
}

static void on_data(void *self, uint32_t id, const void *data, size_t len) {
    struct pair *p = pair_of_data(self, id);
    if (p && p->running)
        p->process.input(p->process.self, data, len); /* p may be gone after it */
}

static void on_fin(void *self, uint32_t id) {
    struct pair *p = pair_of_data(self, id);
    if (p && p->running)
        p->process.input_end(p->process.self);
}

static void on_reset(void *self, uint32_t id) {
    struct forwarder *f = self;
    struct pair *p = pair_of_data(f, id);
    if (!p)
        return;
    spdy_fin(f->spdy, p->error_id);
    pair_kill(p);
}

static void on_failed(void *self, const char *problem) {
    (void)problem;
    close_tunnel(self);
}

static const struct spdy_ops spdy_callbacks = {
    .write = write_spdy,
    .on_stream = on_stream,
    .on_data = on_data,
    .on_fin = on_fin,
    .on_reset = on_reset,
    .on_failed = on_failed,
};

static void on_message(void *self, bool text, const void *data, size_t len) {
    struct forwarder *f = self;
    (void)text;
    spdy_feed(f->spdy, data, len);
}

static void on_websocket_close(void *self, int code) {
    (void)code;
    close_tunnel(self);
}

static const struct websocket_ops websocket_callbacks = {
    .write = write_websocket, .on_message = on_message, .on_close = on_websocket_close};

static void on_tunnel_data(void *self, const void *data, size_t len) {
    struct forwarder *f = self;
    f->feeding = true;
    if (f->websocket)
        websocket_feed(f->websocket, data, len);
    else
        spdy_feed(f->spdy, data, len);
    f->feeding = false;
    if (f->dead)
        forwarder_free(f);
}

static void on_tunnel_closed(void *self) {
    struct forwarder *f = self;
    f->tunnel = NULL;
    forwarder_free(f);
}

void remote_forward(const struct remote_options *o, bool in_websocket,
                    const struct http_headers *headers, struct http_exchange *x) {
    struct forwarder *f = xcalloc(1, sizeof(*f));
    f->kubelet = o->kubelet;
    f->pod = json_deep_copy(o->request.pod);
    f->container = xstrdup(o->request.container);
    f->request = o->request;
    f->request.pod = f->pod;
    f->request.container = f->container;
    f->request.command = NULL;
    f->request.command_len = 0;
    f->spdy = spdy_new(&spdy_callbacks, f);
    if (in_websocket)
        f->websocket = websocket_new(&websocket_callbacks, f);
    f->tunnel = http_upgrade(x, headers);
    f->tunnel->on_data = on_tunnel_data;
    f->tunnel->on_closed = on_tunnel_closed;
    f->tunnel->self = f;
}
