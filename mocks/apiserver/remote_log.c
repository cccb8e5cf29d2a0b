#include "mocks/apiserver/remote.h"
#include "mocks/apiserver/remote_status.h"

#include "harness/core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BACKLOG_MAX = 64 << 20 };

/* Freed when the process has exited or the client has gone, whichever is first. */
struct log {
    struct http_exchange *exchange;
    struct kubelet_process process;
    bool begun;
    bool overrun; /* the client reads too slowly: what follows is dropped, and the end is no end */
};

static void begin(struct log *l) {
    if (l->begun)
        return;
    l->begun = true;
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", "text/plain");
    http_stream_begin(l->exchange, 200, &headers);
    http_headers_release(&headers);
}

static void on_output(void *self, int fd, const void *data, size_t len) {
    struct log *l = self;
    (void)fd;
    begin(l);
    l->overrun |= http_stream_backlog(l->exchange) > BACKLOG_MAX;
    if (!l->overrun && len > 0)
        http_stream_write(l->exchange, data, len);
}

static void on_exited(void *self, int code, const char *problem) {
    struct log *l = self;
    (void)code;
    l->exchange->on_closed = NULL;
    if (problem && !l->begun) {
        remote_refuse(l->exchange, 500, problem);
    } else if (problem || l->overrun) {
        http_abort(l->exchange);
    } else {
        begin(l);
        http_stream_end(l->exchange);
    }
    free(l);
}

static void on_closed(void *self) {
    struct log *l = self;
    l->process.kill(l->process.self);
    free(l);
}

void remote_log(const struct remote_options *o, struct http_exchange *x) {
    struct log *l = xcalloc(1, sizeof(*l));
    l->exchange = x;
    struct kubelet_sink sink = {.output = on_output, .exited = on_exited, .self = l};
    struct err err = {0};
    if (o->kubelet->start(o->kubelet->self, &o->request, &sink, &l->process, &err) < 0) {
        free(l);
        remote_refuse_err(x, &err);
        return;
    }
    x->on_closed = on_closed;
    x->on_closed_self = l;
    if (o->request.follow) /* the client waits for the headers */
        begin(l);
}
