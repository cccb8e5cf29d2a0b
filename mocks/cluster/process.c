/*
 * Runs scripts as a machine with a stack of frames, so that a sleep or a read in the depth of a
 * loop can wait without a thread and be killed without a leak.
 */
#include "mocks/cluster/process.h"

#include "mocks/cluster/expand.h"
#include "mocks/cluster/files.h"
#include "mocks/cluster/pod.h"
#include "mocks/cluster/process_frames.h"
#include "mocks/cluster/resolver.h"

#include <assert.h>

#define STEPS_MAX 2000 /* before the world gets a turn */
#define PAUSE_MS 10    /* what a busy loop waits then */
#define DEPTH_MAX 200
#define INPUT_MAX ((size_t)32 << 20)

static void run(void *self);

/* Frames. */

static struct frame *top(const struct process *p) {
    return p->depth ? p->frames[p->depth - 1] : NULL;
}

static struct frame *push(struct process *p, const struct script *node, const struct io *io) {
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

static void pop(struct process *p) {
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

static void finish(struct process *p, int status) {
    p->status = status & 255;
    pop(p);
}

/* Output. */

static void emit(struct process *p, int fd, const char *data, size_t len) {
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

static void write_to(struct process *p, const struct target *t, const void *data, size_t len) {
    switch (t->kind) {
    case TARGET_SINK:
        emit(p, t->fd, data, len);
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
    const struct frame *f = top(call->process);
    write_to(call->process, fd == 2 ? &f->io.err : &f->io.out, data, len);
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

static void complain(struct process *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct process *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(str_freep) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    write_to(p, &top(p)->io.err, text, strlen(text));
}

/* Input. */

static bool at_end(const struct process *p, const struct frame *f) {
    return f->io.in != &p->input || p->input_ended || p->capturing;
}

bool call_read(struct call *call, struct buf *ret) {
    const struct frame *f = top(call->process);
    buf_add(ret, f->io.in->data, f->io.in->len);
    buf_clear(f->io.in);
    bool ended = at_end(call->process, f);
    if (ended && call->process->tty)
        call->process->input_ended = call->process->hung_up;
    return ended;
}

int call_read_line(struct call *call, struct buf *ret) {
    struct process *p = call->process;
    const struct frame *f = top(p);
    const char *nl = f->io.in->len ? memchr(f->io.in->data, '\n', f->io.in->len) : NULL;
    bool ended = at_end(p, f);
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
    struct frame *f = top(call->process);
    if (!f->resolver)
        f->resolver = resolver_new(call->container, call->process->capturing);
    return f->resolver;
}

int call_again(struct call *call) {
    call->wait_ms = RESOLVER_POLL_MS;
    return PROGRAM_WAIT_TIME;
}

/* Leaving in the middle. */

/* Ends frames up to and with the nearest shell; exit 0..255. */
static void leave_shell(struct process *p, int status) {
    while (p->depth && !top(p)->is_shell)
        pop(p);
    if (p->depth)
        pop(p);
    p->status = status & 255;
}

static bool is_loop(const struct frame *f) {
    return f->node && (f->node->type == SCRIPT_WHILE || f->node->type == SCRIPT_UNTIL ||
                       f->node->type == SCRIPT_FOR);
}

static void leave_loop(struct process *p, bool again) {
    size_t at = p->depth;
    while (at > 0 && !is_loop(p->frames[at - 1]) && !p->frames[at - 1]->is_shell)
        at--;
    if (at == 0 || !is_loop(p->frames[at - 1])) {
        finish(p, 0);
        return;
    }
    while (p->depth > at)
        pop(p);
    p->status = 0;
    if (!again)
        finish(p, 0);
    else if (top(p)->node->type != SCRIPT_FOR)
        top(p)->step = 0;
}

/* Shell commands that are no programs. Returns false when the name is none of them. */

static void run_script(struct process *p, struct frame *f, const char *text) {
    char *near = NULL;
    enum script_result result = script_parse(text, &f->script, &near);
    if (result != SCRIPT_OK) {
        complain(p,
                 result == SCRIPT_ERROR ? "sh: syntax error: unexpected \"%s\"\n"
                                        : "sh: syntax error: unexpected end of file%s\n",
                 near ? near : "");
        free(near);
        finish(p, 2);
        return;
    }
    f->step = FRAME_WAITS_FOR_SCRIPT;
    push(p, f->script, &f->io);
}

static void start_shell(struct process *p, struct frame *f) {
    f->is_shell = true;
    size_t i = 1;
    while (i < f->argc && f->argv[i][0] == '-' && !strchr(f->argv[i], 'c'))
        i++;
    if (i + 1 < f->argc && f->argv[i][0] == '-') {
        run_script(p, f, f->argv[i + 1]);
        return;
    }
    if (i < f->argc && f->argv[i][0] != '-') {
        CLEANUP(str_freep) char *path = files_path(p->directory, f->argv[i]);
        struct buf text = BUF_INIT;
        if (files_read(p->container, path, &text)) {
            run_script(p, f, buf_str(&text));
        } else {
            complain(p, "sh: can't open '%s'\n", f->argv[i]);
            finish(p, 2);
        }
        buf_release(&text);
        return;
    }
    if (i < f->argc) {
        complain(p, "sh: -c requires an argument\n");
        finish(p, 2);
        return;
    }
    f->step = FRAME_READS_COMMANDS;
    p->prompt = p->tty;
}

static void change_directory(struct process *p, const struct frame *f) {
    const char *to = f->argc > 1 ? f->argv[1] : "/root";
    CLEANUP(str_freep) char *path = files_path(p->directory, to);
    if (!files_is_dir(p->container, path)) {
        complain(p, "sh: cd: can't cd to %s\n", to);
        finish(p, 2);
        return;
    }
    free(p->directory);
    p->directory = str_take(&path);
    json_set_str(p->vars, "PWD", p->directory);
    finish(p, 0);
}

static void set_variables(struct process *p, const struct frame *f, bool remove) {
    for (size_t i = 1; i < f->argc; i++) {
        char *equals = strchr(f->argv[i], '=');
        if (remove)
            json_object_del(p->vars, f->argv[i]);
        if (!equals || remove)
            continue;
        *equals = '\0';
        json_set_str(p->vars, f->argv[i], equals + 1);
    }
    finish(p, 0);
}

static int exit_code(const struct process *p, const struct frame *f) {
    int64_t code = p->status;
    if (f->argc > 1 && !str_to_int(f->argv[1], INT32_MIN, INT32_MAX, &code))
        code = 2;
    return (int)(code & 255);
}

static bool run_builtin(struct process *p, struct frame *f) {
    const char *name = f->argv[0];
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    if (str_eq(base, "sh") || str_eq(base, "ash") ||
        (str_eq(base, "bash") && p->container->kind->tools != IMAGE_TOOLS_BUSYBOX))
        start_shell(p, f);
    else if (str_eq(name, "exit"))
        leave_shell(p, exit_code(p, f));
    else if (str_eq(name, "cd"))
        change_directory(p, f);
    else if (str_eq(name, "export") || str_eq(name, "readonly") || str_eq(name, "local"))
        set_variables(p, f, false);
    else if (str_eq(name, "unset"))
        set_variables(p, f, true);
    else if (str_eq(name, "break") || str_eq(name, "continue"))
        leave_loop(p, str_eq(name, "continue"));
    else if (str_eq(name, "set") || str_eq(name, "trap") || str_eq(name, "wait") ||
             str_eq(name, ":") || str_eq(name, "umask"))
        finish(p, 0);
    else
        return false;
    return true;
}

bool process_can_run(const struct container *k, const char *program) {
    const char *slash = strrchr(program, '/');
    const char *base = slash ? slash + 1 : program;
    if (k->kind->tools == IMAGE_TOOLS_NONE || base[0] == '\0')
        return false;
    bool debian = k->kind->tools == IMAGE_TOOLS_DEBIAN;
    if (str_eq(base, "sh") || (debian && str_eq(base, "bash")) || (!debian && str_eq(base, "ash")))
        return true;
    return programs_find(base) && (!debian || programs_is_debian(base));
}

/* Redirections. */

static bool open_target(struct process *p, struct frame *f, const struct redirect *r) {
    CLEANUP(str_freep) char *word = expand_word(p, r->target);
    char *path = files_path(p->directory, word);
    if (r->fd == 0) {
        bool there = files_read(p->container, path, &f->own_in);
        if (!there)
            complain(p, "sh: can't open %s: no such file\n", word);
        f->io.in = &f->own_in;
        free(path);
        return there;
    }
    const char *why = files_write(p->container, path, "", 0, r->append);
    if (why) {
        complain(p, "sh: can't create %s: %s\n", word, why);
        free(path);
        return false;
    }
    char **slot = r->fd == 2 ? &f->err_path : &f->out_path;
    struct target t = {.kind = TARGET_FILE, .path = path};
    if (r->fd == 2)
        f->io.err = t;
    else
        f->io.out = t;
    if (r->fd == 3)
        f->io.err = t;
    /* The old path may still be in use by the other descriptor; it lives as long as the frame. */
    if (*slot)
        expand_keep(p, *slot);
    *slot = path;
    return true;
}

static bool apply_redirects(struct process *p, struct frame *f) {
    for (size_t i = 0; f->node && i < f->node->redirect_count; i++) {
        const struct redirect *r = &f->node->redirects[i];
        if (r->from_fd == 1 && r->fd == 2)
            f->io.err = f->io.out;
        else if (r->from_fd == 2 && r->fd == 1)
            f->io.out = f->io.err;
        else if (r->from_fd < 0 && !open_target(p, f, r))
            return false;
    }
    return true;
}

/* Steps, one function for each type of node. */

static void start_program(struct process *p, struct frame *f) {
    if (run_builtin(p, f))
        return;
    const char *slash = strrchr(f->argv[0], '/');
    const char *base = slash ? slash + 1 : f->argv[0];
    f->program = process_can_run(p->container, f->argv[0]) ? programs_find(base) : NULL;
    if (!f->program) {
        complain(p, slash ? "sh: %s: not found\n" : "sh: %s: not found\n", f->argv[0]);
        finish(p, 127);
        return;
    }
    f->step = FRAME_RUNS_PROGRAM;
}

static bool is_assignment(const char *word) {
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return n > 0 && word[n] == '=' && (word[0] < '0' || word[0] > '9');
}

static void start_simple(struct process *p, struct frame *f) {
    size_t first = 0;
    while (first < f->node->word_count && is_assignment(f->node->words[first])) {
        CLEANUP(str_freep) char *word = expand_word(p, f->node->words[first++]);
        char *equals = strchr(word, '=');
        *equals = '\0';
        json_set_str(p->vars, word, equals + 1);
    }
    for (size_t i = first; i < f->node->word_count; i++)
        expand_fields(p, f->node->words[i], &f->argv, &f->argc, &f->argv_cap);
    f->argv = xrealloc(f->argv, (f->argc + 1) * sizeof(char *));
    f->argv[f->argc] = NULL;
    f->argv_cap = f->argc;
    if (f->argc == 0)
        finish(p, first ? 0 : p->status);
    else
        start_program(p, f);
}

/* Returns false when the process must wait. */
static bool step_program(struct process *p, struct frame *f) {
    struct call call = {.process = p,
                        .container = p->container,
                        .argc = f->argc,
                        .argv = f->argv,
                        .state = &f->state,
                        .calls = f->calls++};
    int code = f->program(&call);
    if (p->killed)
        return false;
    if (code >= 0 || (code == PROGRAM_WAIT_INPUT && at_end(p, f))) {
        finish(p, code >= 0 ? code : 1);
        return true;
    }
    if (p->capturing)
        return true;
    p->waits_for_input = code == PROGRAM_WAIT_INPUT;
    if (code == PROGRAM_WAIT_TIME)
        sched_start(p->container->pod->c->sched, &p->timer, call.wait_ms, run, p);
    return false;
}

/* The shell that reads its commands. */
static bool step_reader(struct process *p, struct frame *f) {
    struct call call = {.process = p, .container = p->container};
    if (p->prompt) {
        const char *mark = p->container->kind->tools == IMAGE_TOOLS_DEBIAN ? "# " : "/ # ";
        write_to(p, &f->io.out, f->state.len ? "> " : mark, strlen(f->state.len ? "> " : mark));
        p->prompt = false;
    }
    int got = call_read_line(&call, &f->state);
    if (got == PROGRAM_WAIT_INPUT) {
        p->waits_for_input = true;
        return false;
    }
    if (got == 0 && f->state.len == 0) {
        finish(p, p->status);
        return true;
    }
    script_free(f->script);
    char *near = NULL;
    enum script_result result = script_parse(buf_str(&f->state), &f->script, &near);
    p->prompt = p->tty;
    if (result == SCRIPT_INCOMPLETE && got) {
        buf_addc(&f->state, '\n');
        return true;
    }
    buf_clear(&f->state);
    if (result == SCRIPT_OK) {
        push(p, f->script, &f->io);
    } else {
        complain(p, "sh: syntax error: unexpected %s\n", near ? near : "end of file");
        p->status = 2;
    }
    free(near);
    return true;
}

static void step_pipe(struct process *p, struct frame *f) {
    if (f->step == f->node->kid_count) {
        finish(p, p->status);
        return;
    }
    struct io io = f->io;
    struct buf *mine = &f->pipe[f->step % 2], *before = &f->pipe[(f->step + 1) % 2];
    if (f->step > 0)
        io.in = before;
    if (f->step + 1 < f->node->kid_count) {
        buf_clear(mine);
        io.out = (struct target){.kind = TARGET_BUF, .buf = mine};
    }
    push(p, f->node->kids[f->step++], &io);
}

static void step_and_or(struct process *p, struct frame *f) {
    bool stop = f->step == 1 && (f->node->type == SCRIPT_AND ? p->status != 0 : p->status == 0);
    if (f->step == 2 || stop)
        finish(p, p->status);
    else
        push(p, f->node->kids[f->step++], &f->io);
}

static void step_if(struct process *p, struct frame *f) {
    size_t n = f->node->kid_count;
    if (f->step & FRAME_IF_DONE) {
        finish(p, p->status);
    } else if (f->step % 2 == 1) { /* a condition was run */
        if (p->status == 0) {
            push(p, f->node->kids[f->step], &f->io);
            f->step |= FRAME_IF_DONE;
        } else {
            f->step++;
        }
    } else if (f->step + 1 < n) {
        push(p, f->node->kids[f->step++], &f->io);
    } else if (f->step < n) { /* else */
        push(p, f->node->kids[f->step], &f->io);
        f->step |= FRAME_IF_DONE;
    } else {
        finish(p, 0);
    }
}

static void step_while(struct process *p, struct frame *f) {
    if (f->step == 0) {
        f->step = 1;
        push(p, f->node->kids[0], &f->io);
        return;
    }
    if (f->step == 1) {
        if ((p->status == 0) != (f->node->type == SCRIPT_WHILE)) {
            finish(p, 0);
            return;
        }
        f->step = 2;
        push(p, f->node->kids[1], &f->io);
        return;
    }
    f->step = 0;
}

static void step_for(struct process *p, struct frame *f) {
    if (f->step == 0) {
        for (size_t i = 1; i < f->node->word_count; i++)
            expand_fields(p, f->node->words[i], &f->argv, &f->argc, &f->argv_cap);
    }
    if (f->step == f->argc) {
        finish(p, f->argc ? p->status : 0);
        return;
    }
    json_set_str(p->vars, f->node->words[0], f->argv[f->step++]);
    push(p, f->node->kids[0], &f->io);
}

static void step_node(struct process *p, struct frame *f) {
    switch (f->node->type) {
    case SCRIPT_SIMPLE:
        start_simple(p, f);
        return;
    case SCRIPT_PIPE:
        step_pipe(p, f);
        return;
    case SCRIPT_AND:
    case SCRIPT_OR:
        step_and_or(p, f);
        return;
    case SCRIPT_NOT:
        if (f->step++ == 0)
            push(p, f->node->kids[0], &f->io);
        else
            finish(p, p->status == 0);
        return;
    case SCRIPT_SEQUENCE:
        if (f->step < f->node->kid_count)
            push(p, f->node->kids[f->step++], &f->io);
        else
            finish(p, f->node->kid_count ? p->status : 0);
        return;
    case SCRIPT_IF:
        step_if(p, f);
        return;
    case SCRIPT_WHILE:
    case SCRIPT_UNTIL:
        step_while(p, f);
        return;
    case SCRIPT_FOR:
        step_for(p, f);
        return;
    }
}

/* One step; false when the process must wait. */
static bool step(struct process *p) {
    struct frame *f = top(p);
    if (p->depth > DEPTH_MAX) {
        complain(p, "sh: too deeply nested\n");
        leave_shell(p, 2);
        return true;
    }
    if (f->step == FRAME_RUNS_PROGRAM)
        return step_program(p, f);
    if (f->step == FRAME_READS_COMMANDS)
        return step_reader(p, f);
    if (f->step == FRAME_WAITS_FOR_SCRIPT) {
        finish(p, p->status);
        return true;
    }
    if (!f->opened) {
        f->opened = true;
        if (!apply_redirects(p, f)) {
            finish(p, 1);
            return true;
        }
    }
    if (f->node)
        step_node(p, f);
    else
        start_program(p, f);
    return true;
}

void process_capture(struct process *p, const char *text, struct buf *ret) {
    struct script *s = NULL;
    char *near = NULL;
    if (p->capturing < 10 && script_parse(text, &s, &near) == SCRIPT_OK) {
        size_t base = p->depth;
        struct io io = base ? top(p)->io : p->io;
        io.out = (struct target){.kind = TARGET_BUF, .buf = ret};
        p->capturing++;
        push(p, s, &io)->is_shell = true;
        for (size_t n = 0; n < STEPS_MAX && p->depth > base; n++)
            (void)step(p);
        while (p->depth > base)
            pop(p);
        p->capturing--;
    }
    free(near);
    script_free(s);
}

/* Life. */

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
        pop(p);
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
    while (p->depth && !p->killed && steps < STEPS_MAX && step(p))
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
    } else if (steps == STEPS_MAX) {
        sched_start(p->container->pod->c->sched, &p->timer, PAUSE_MS, run, p);
    }
}

struct process *process_start(struct container *k, const char *const *argv, size_t argc,
                              bool has_stdin, bool tty, const struct process_sink *sink) {
    assert(argc > 0);
    struct process *p = xcalloc(1, sizeof(*p));
    p->container = k;
    p->sink = *sink;
    p->tty = tty;
    p->input_ended = p->hung_up = !has_stdin;
    p->input = (struct buf)BUF_INIT_LIMIT(INPUT_MAX);
    p->line = (struct buf)BUF_INIT_LIMIT(4096);
    p->vars = expand_environment(k);
    p->directory = xstrdup("/");
    p->io = (struct io){.in = &p->input,
                        .out = {.kind = TARGET_SINK, .fd = 1},
                        .err = {.kind = TARGET_SINK, .fd = 2}};
    struct frame *f = push(p, NULL, &p->io);
    f->argv = xcalloc(argc + 1, sizeof(char *));
    for (size_t i = 0; i < argc; i++)
        f->argv[i] = xstrdup(argv[i] ? argv[i] : "");
    f->argc = argc;
    p->next = k->running;
    p->prev = &k->running;
    if (p->next)
        p->next->prev = &p->next;
    k->running = p;
    sched_start(k->pod->c->sched, &p->timer, 0, run, p);
    return p;
}

static void wake(struct process *p) {
    if (p->waits_for_input && !sched_is_running(&p->timer))
        sched_start(p->container->pod->c->sched, &p->timer, 0, run, p);
}

/* ^C ends what runs in front of the shell, or the process. */
static void interrupt(struct process *p) {
    emit(p, 1, "^C\n", 3);
    buf_clear(&p->line);
    buf_clear(&p->input);
    while (p->depth && top(p)->step != FRAME_READS_COMMANDS)
        pop(p);
    p->status = 130;
    p->prompt = p->tty;
    if (!p->running)
        sched_start(p->container->pod->c->sched, &p->timer, 0, run, p);
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
            emit(p, 1, "\b \b", 3);
        }
    } else {
        buf_addc(&p->line, ch);
        emit(p, 1, &ch, 1);
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
        pop(p);
    p->status = 128 + signal_number;
    sched_start(p->container->pod->c->sched, &p->timer, 0, run, p);
}
