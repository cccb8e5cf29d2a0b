/*
 * One step of the machine: a function for each type of a script's node, and what starts a program.
 */
#include "mocks/cluster/expand.h"
#include "mocks/cluster/files.h"
#include "mocks/cluster/process_frames.h"

enum { DEPTH_MAX = 200, CAPTURES_MAX = 10 };

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
            process_complain(p, "sh: can't open %s: no such file\n", word);
        f->io.in = &f->own_in;
        free(path);
        return there;
    }
    const char *why = files_write(p->container, path, "", 0, r->append);
    if (why) {
        process_complain(p, "sh: can't create %s: %s\n", word, why);
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
    if (process_run_builtin(p, f))
        return;
    const char *slash = strrchr(f->argv[0], '/');
    const char *base = slash ? slash + 1 : f->argv[0];
    f->program = process_can_run(p->container, f->argv[0]) ? programs_find(base) : NULL;
    if (!f->program) {
        process_complain(p, "sh: %s: not found\n", f->argv[0]);
        process_finish(p, 127);
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
        process_finish(p, first ? 0 : p->status);
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
    if (code >= 0 || (code == PROGRAM_WAIT_INPUT && process_at_end(p, f))) {
        process_finish(p, code >= 0 ? code : 1);
        return true;
    }
    if (p->capturing)
        return true;
    p->waits_for_input = code == PROGRAM_WAIT_INPUT;
    if (code == PROGRAM_WAIT_TIME)
        process_run_later(p, call.wait_ms);
    return false;
}

/* The shell that reads its commands. */
static bool step_reader(struct process *p, struct frame *f) {
    struct call call = {.process = p, .container = p->container};
    if (p->prompt) {
        const char *mark = p->container->kind->tools == IMAGE_TOOLS_DEBIAN ? "# " : "/ # ";
        process_write(p, &f->io.out, f->state.len ? "> " : mark,
                      strlen(f->state.len ? "> " : mark));
        p->prompt = false;
    }
    int got = call_read_line(&call, &f->state);
    if (got == PROGRAM_WAIT_INPUT) {
        p->waits_for_input = true;
        return false;
    }
    if (got == 0 && f->state.len == 0) {
        process_finish(p, p->status);
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
        process_push(p, f->script, &f->io);
    } else {
        process_complain(p, "sh: syntax error: unexpected %s\n", near ? near : "end of file");
        p->status = 2;
    }
    free(near);
    return true;
}

static void step_pipe(struct process *p, struct frame *f) {
    if (f->step == f->node->kid_count) {
        process_finish(p, p->status);
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
    process_push(p, f->node->kids[f->step++], &io);
}

static void step_and_or(struct process *p, struct frame *f) {
    bool stop = f->step == 1 && (f->node->type == SCRIPT_AND ? p->status != 0 : p->status == 0);
    if (f->step == 2 || stop)
        process_finish(p, p->status);
    else
        process_push(p, f->node->kids[f->step++], &f->io);
}

static void step_if(struct process *p, struct frame *f) {
    size_t n = f->node->kid_count;
    if (f->step & FRAME_IF_DONE) {
        process_finish(p, p->status);
    } else if (f->step % 2 == 1) { /* a condition was run */
        if (p->status == 0) {
            process_push(p, f->node->kids[f->step], &f->io);
            f->step |= FRAME_IF_DONE;
        } else {
            f->step++;
        }
    } else if (f->step + 1 < n) {
        process_push(p, f->node->kids[f->step++], &f->io);
    } else if (f->step < n) { /* else */
        process_push(p, f->node->kids[f->step], &f->io);
        f->step |= FRAME_IF_DONE;
    } else {
        process_finish(p, 0);
    }
}

static void step_while(struct process *p, struct frame *f) {
    if (f->step == 0) {
        f->step = 1;
        process_push(p, f->node->kids[0], &f->io);
        return;
    }
    if (f->step == 1) {
        if ((p->status == 0) != (f->node->type == SCRIPT_WHILE)) {
            process_finish(p, 0);
            return;
        }
        f->step = 2;
        process_push(p, f->node->kids[1], &f->io);
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
        process_finish(p, f->argc ? p->status : 0);
        return;
    }
    json_set_str(p->vars, f->node->words[0], f->argv[f->step++]);
    process_push(p, f->node->kids[0], &f->io);
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
            process_push(p, f->node->kids[0], &f->io);
        else
            process_finish(p, p->status == 0);
        return;
    case SCRIPT_SEQUENCE:
        if (f->step < f->node->kid_count)
            process_push(p, f->node->kids[f->step++], &f->io);
        else
            process_finish(p, f->node->kid_count ? p->status : 0);
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

bool process_step(struct process *p) {
    struct frame *f = process_top(p);
    if (p->depth > DEPTH_MAX) {
        process_complain(p, "sh: too deeply nested\n");
        process_leave_shell(p, 2);
        return true;
    }
    if (f->step == FRAME_RUNS_PROGRAM)
        return step_program(p, f);
    if (f->step == FRAME_READS_COMMANDS)
        return step_reader(p, f);
    if (f->step == FRAME_WAITS_FOR_SCRIPT) {
        process_finish(p, p->status);
        return true;
    }
    if (!f->opened) {
        f->opened = true;
        if (!apply_redirects(p, f)) {
            process_finish(p, 1);
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
    if (p->capturing < CAPTURES_MAX && script_parse(text, &s, &near) == SCRIPT_OK) {
        size_t base = p->depth;
        struct io io = base ? process_top(p)->io : p->io;
        io.out = (struct target){.kind = TARGET_BUF, .buf = ret};
        p->capturing++;
        process_push(p, s, &io)->is_shell = true;
        for (size_t n = 0; n < PROCESS_STEPS_MAX && p->depth > base; n++)
            (void)process_step(p);
        while (p->depth > base)
            process_pop(p);
        p->capturing--;
    }
    free(near);
    script_free(s);
}
