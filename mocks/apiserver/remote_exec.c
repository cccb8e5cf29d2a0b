#include "mocks/apiserver/remote_exec.h"

#include "harness/core/json.h"
#include "mocks/apiserver/remote_status.h"
#include "mocks/apiserver/remote_wire.h"

#include <stdlib.h>
#include <string.h>

enum { RESIZE_MAX = 4096, STATUS_JSON_VERSION = 4, RESIZE_VERSION = 3, HALF_CLOSE_VERSION = 5 };

/* Freed when the process has exited or the client has gone, whichever is first. */
struct session {
    struct remote_wire *wire;
    struct kubelet_process process;
    int version;
    struct buf resize; /* JSON values, one after the other */
};

static void session_free(struct session *s) {
    buf_release(&s->resize);
    free(s);
}

static void on_output(void *self, int fd, const void *data, size_t len) {
    struct session *s = self;
    remote_wire_output(s->wire, fd == 2 ? REMOTE_STDERR : REMOTE_STDOUT, data, len);
}

static void on_exited(void *self, int code, const char *problem) {
    struct session *s = self;
    char *status = remote_exit_status(s->version >= STATUS_JSON_VERSION, code, problem);
    struct remote_wire *wire = s->wire;
    session_free(s);
    remote_wire_finish(wire, status);
    free(status);
}

/* Terminal sizes come as a sequence of {"Width":80,"Height":24}. */
static void on_resize(struct session *s, const char *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        buf_addc(&s->resize, data[i]);
        if (data[i] != '}')
            continue;
        json_t *size = json_parse(s->resize.data, s->resize.len, "resize", NULL);
        int64_t width = json_int(size, -1, "Width", NULL);
        int64_t height = json_int(size, -1, "Height", NULL);
        json_decref(size);
        buf_clear(&s->resize);
        if (width >= 0 && width <= UINT16_MAX && height >= 0 && height <= UINT16_MAX)
            s->process.resize(s->process.self, (uint16_t)width, (uint16_t)height);
    }
}

static void on_input(void *self, enum remote_channel channel, const void *data, size_t len) {
    struct session *s = self;
    if (channel == REMOTE_RESIZE)
        on_resize(s, data, len);
    else
        s->process.input(s->process.self, data, len); /* s may be gone after it */
}

static void on_input_end(void *self, enum remote_channel channel) {
    struct session *s = self;
    (void)channel;
    s->process.input_end(s->process.self);
}

static void on_gone(void *self) {
    struct session *s = self;
    s->process.kill(s->process.self);
    session_free(s);
}

static const struct remote_wire_ops wire_ops = {
    .on_input = on_input, .on_input_end = on_input_end, .on_gone = on_gone};

void remote_exec(const struct remote_options *o, const struct remote_protocol *protocol,
                 const struct http_headers *headers, struct http_exchange *x) {
    struct session *s = xcalloc(1, sizeof(*s));
    s->version = protocol->version;
    s->resize = (struct buf)BUF_INIT_LIMIT(RESIZE_MAX);
    struct kubelet_sink sink = {.output = on_output, .exited = on_exited, .self = s};
    struct err err = {0};
    if (o->kubelet->start(o->kubelet->self, &o->request, &sink, &s->process, &err) < 0) {
        session_free(s);
        remote_refuse_err(x, &err);
        return;
    }
    struct remote_wire_options wire = {
        .ops = &wire_ops,
        .self = s,
        .wanted = {[REMOTE_STDIN] = o->request.wants_stdin,
                   [REMOTE_STDOUT] = o->request.wants_stdout,
                   [REMOTE_STDERR] = o->request.wants_stderr && !o->request.tty,
                   [REMOTE_ERROR] = true,
                   [REMOTE_RESIZE] = o->request.tty && protocol->version >= RESIZE_VERSION},
        .websocket = protocol->websocket,
        .base64 = protocol->base64,
        .half_close = protocol->version >= HALF_CLOSE_VERSION,
    };
    s->wire = remote_wire_new(http_upgrade(x, headers), &wire);
}
