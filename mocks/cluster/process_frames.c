#include "mocks/cluster/process_frames.h"

#include "mocks/cluster/files.h"
#include "mocks/cluster/resolver.h"

struct frame *process_top(const struct process *p) {
    return p->depth ? p->frames[p->depth - 1] : NULL;
}

struct frame *process_push(struct process *p, const struct script *node, const struct io *io) {
    struct frame *f = xcalloc(1, sizeof(*f));
    f->node = node;
    f->io = *io;
    f->own_in = (struct buf)BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    f->pipe[0] = f->pipe[1] = (struct buf)BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    f->state = (struct buf)BUF_INIT_LIMIT(PROGRAM_OUTPUT_MAX);
    p->frames = xgrow(p->frames, p->depth, &p->frames_cap, sizeof(struct frame *));
    p->frames[p->depth++] = f;
    return f;
}

void process_pop(struct process *p) {
    struct frame *f = p->frames[--p->depth];
    for (size_t i = 0; i < f->argc; i++)
        free(f->argv[i]);
    free(f->argv);
    free(f->out_path);
    free(f->err_path);
    buf_release(&f->own_in);
    buf_release(&f->pipe[0]);
    buf_release(&f->pipe[1]);
    buf_release(&f->state);
    script_free(f->script);
    resolver_free(f->resolver);
    free(f);
}

void process_finish(struct process *p, int status) {
    p->status = status & 255;
    process_pop(p);
}

/* Output. */

void process_emit(struct process *p, int fd, const char *data, size_t len) {
    if (!p->sink.output || len == 0 || p->killed)
        return;
    if (!p->tty) {
        p->sink.output(p->sink.self, fd, data, len);
        return;
    }
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n')
            buf_addc(&b, '\r');
        buf_addc(&b, data[i]);
    }
    p->sink.output(p->sink.self, 1, b.data, b.len);
    buf_release(&b);
}

void process_write(struct process *p, const struct target *t, const void *data, size_t len) {
    switch (t->kind) {
    case TARGET_SINK:
        process_emit(p, t->fd, data, len);
        return;
    case TARGET_BUF:
        buf_add(t->buf, data, len);
        return;
    case TARGET_FILE:
        (void)files_write(p->container, t->path, data, len, true);
        return;
    }
}

void call_write(struct call *call, int fd, const void *data, size_t len) {
    const struct frame *f = process_top(call->process);
    process_write(call->process, fd == 2 ? &f->io.err : &f->io.out, data, len);
}

void call_out(struct call *call, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    call_write(call, 1, text, strlen(text));
}

void call_err(struct call *call, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    call_write(call, 2, text, strlen(text));
}

void process_complain(struct process *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    process_write(p, &process_top(p)->io.err, text, strlen(text));
}

/* Input. */

bool process_at_end(const struct process *p, const struct frame *f) {
    return f->io.in != &p->input || p->input_ended || p->capturing;
}

bool call_read(struct call *call, struct buf *ret) {
    const struct frame *f = process_top(call->process);
    buf_add(ret, f->io.in->data, f->io.in->len);
    buf_clear(f->io.in);
    bool ended = process_at_end(call->process, f);
    if (ended && call->process->tty)
        call->process->input_ended = call->process->hung_up;
    return ended;
}

int call_read_line(struct call *call, struct buf *ret) {
    struct process *p = call->process;
    const struct frame *f = process_top(p);
    const char *nl = f->io.in->len ? memchr(f->io.in->data, '\n', f->io.in->len) : NULL;
    bool ended = process_at_end(p, f);
    if (!nl && !ended)
        return PROGRAM_WAIT_INPUT;
    size_t len = nl ? (size_t)(nl - f->io.in->data) : f->io.in->len;
    bool any = nl || len;
    buf_add(ret, f->io.in->data, len);
    buf_consume(f->io.in, nl ? len + 1 : len);
    if (!any && p->tty)
        p->input_ended = p->hung_up;
    return any;
}

char *call_path(const struct call *call, const char *path) {
    return files_path(call->process->directory, path);
}

json_t *call_env(const struct call *call) {
    return call->process->vars;
}

struct resolver *call_resolver(struct call *call) {
    struct frame *f = process_top(call->process);
    if (!f->resolver)
        f->resolver = resolver_new(call->container, call->process->capturing);
    return f->resolver;
}

int call_again(struct call *call) {
    call->wait_ms = RESOLVER_POLL_MS;
    return PROGRAM_WAIT_TIME;
}
