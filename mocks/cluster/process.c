/*
 * Runs scripts as a machine with a stack of frames, so that a sleep or a read in the depth of a
 * loop can wait without a thread and be killed without a leak.
 */
#include "mocks/cluster/process.h"

#include "mocks/cluster/expand.h"
#include "mocks/cluster/pod.h"
#include "mocks/cluster/process_frames.h"

#include <assert.h>

#define PAUSE_MS 10 /* what a busy loop waits then */
#define INPUT_MAX ((size_t)32 << 20)

static void unlink_process(struct process *p) {
    *p->prev = p->next;
    if (p->next)
        p->next->prev = p->prev;
}

void process_kill(struct process *p) {
    sched_stop(p->container->pod->c->sched, &p->timer);
    if (p->running) { /* from one of its own callbacks: run() frees it */
        p->killed = true;
        return;
    }
    unlink_process(p);
    while (p->depth)
        process_pop(p);
    expand_release(p);
    free(p->frames);
    free(p->directory);
    json_decref(p->vars);
    buf_release(&p->input);
    buf_release(&p->line);
    free(p);
}

static void run(void *self) {
    struct process *p = self;
    size_t steps = 0;
    p->running = true;
    p->waits_for_input = false;
    while (p->depth && !p->killed && steps < PROCESS_STEPS_MAX && process_step(p))
        steps++;
    p->running = false;
    if (p->killed) {
        process_kill(p);
    } else if (p->depth == 0) {
        struct process_sink sink = p->sink;
        int status = p->status;
        process_kill(p);
        if (sink.exited)
            sink.exited(sink.self, status);
    } else if (steps == PROCESS_STEPS_MAX) {
        process_run_later(p, PAUSE_MS);
    }
}

void process_run_later(struct process *p, int64_t ms) {
    sched_start(p->container->pod->c->sched, &p->timer, ms, run, p);
}

struct process *process_start(struct container *k, const struct process_options *o,
                              const struct process_sink *sink) {
    assert(o->argc > 0);
    struct process *p = xcalloc(1, sizeof(*p));
    p->container = k;
    p->sink = *sink;
    p->tty = o->tty;
    p->input_ended = p->hung_up = !o->has_stdin;
    p->input = (struct buf)BUF_INIT_LIMIT(INPUT_MAX);
    p->line = (struct buf)BUF_INIT_LIMIT(4096);
    p->vars = expand_environment(k);
    p->directory = xstrdup("/");
    p->io = (struct io){.in = &p->input,
                        .out = {.kind = TARGET_SINK, .fd = 1},
                        .err = {.kind = TARGET_SINK, .fd = 2}};
    struct frame *f = process_push(p, NULL, &p->io);
    f->argv = xcalloc(o->argc + 1, sizeof(char *));
    for (size_t i = 0; i < o->argc; i++)
        f->argv[i] = xstrdup(o->argv[i] ? o->argv[i] : "");
    f->argc = o->argc;
    p->next = k->running;
    p->prev = &k->running;
    if (p->next)
        p->next->prev = &p->next;
    k->running = p;
    process_run_later(p, o->after_ms);
    return p;
}

static void wake(struct process *p) {
    if (p->waits_for_input && !sched_is_running(&p->timer))
        process_run_later(p, 0);
}

/* ^C ends what runs in front of the shell, or the process. */
static void interrupt(struct process *p) {
    process_emit(p, 1, "^C\n", 3);
    buf_clear(&p->line);
    buf_clear(&p->input);
    while (p->depth && process_top(p)->step != FRAME_READS_COMMANDS)
        process_pop(p);
    p->status = 130;
    p->prompt = p->tty;
    if (!p->running)
        process_run_later(p, 0);
}

static void type_character(struct process *p, char ch) {
    if (ch == '\r')
        ch = '\n';
    if (ch == 3) {
        interrupt(p);
    } else if (ch == 4) {
        if (p->line.len == 0)
            p->input_ended = true;
        buf_add(&p->input, p->line.data, p->line.len);
        buf_clear(&p->line);
    } else if (ch == 127 || ch == 8) {
        if (p->line.len) {
            buf_truncate(&p->line, p->line.len - 1);
            process_emit(p, 1, "\b \b", 3);
        }
    } else {
        buf_addc(&p->line, ch);
        process_emit(p, 1, &ch, 1);
        if (ch == '\n') {
            buf_add(&p->input, p->line.data, p->line.len);
            buf_clear(&p->line);
        }
    }
}

void process_input(struct process *p, const void *data, size_t len) {
    if (!p->tty) {
        buf_add(&p->input, data, len);
    } else {
        const char *text = data;
        for (size_t i = 0; i < len; i++)
            type_character(p, text[i]);
    }
    wake(p);
}

void process_input_end(struct process *p) {
    buf_add(&p->input, p->line.data, p->line.len);
    buf_clear(&p->line);
    p->input_ended = p->hung_up = true;
    wake(p);
}

void process_signal(struct process *p, int signal_number) {
    while (p->depth)
        process_pop(p);
    p->status = 128 + signal_number;
    process_run_later(p, 0);
}
