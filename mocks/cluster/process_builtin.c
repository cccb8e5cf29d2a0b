/* The commands that a shell itself carries out, and the ways out of it and of its loops. */
#include "mocks/cluster/files.h"
#include "mocks/cluster/process_frames.h"

void process_leave_shell(struct process *p, int status) {
    while (p->depth && !process_top(p)->is_shell)
        process_pop(p);
    if (p->depth)
        process_pop(p);
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
        process_finish(p, 0);
        return;
    }
    while (p->depth > at)
        process_pop(p);
    p->status = 0;
    if (!again)
        process_finish(p, 0);
    else if (process_top(p)->node->type != SCRIPT_FOR)
        process_top(p)->step = 0;
}

static void run_script(struct process *p, struct frame *f, const char *text) {
    char *near = NULL;
    enum script_result result = script_parse(text, &f->script, &near);
    if (result != SCRIPT_OK) {
        process_complain(p,
                         result == SCRIPT_ERROR ? "sh: syntax error: unexpected \"%s\"\n"
                                                : "sh: syntax error: unexpected end of file%s\n",
                         near ? near : "");
        free(near);
        process_finish(p, 2);
        return;
    }
    f->step = FRAME_WAITS_FOR_SCRIPT;
    process_push(p, f->script, &f->io);
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
            process_complain(p, "sh: can't open '%s'\n", f->argv[i]);
            process_finish(p, 2);
        }
        buf_release(&text);
        return;
    }
    if (i < f->argc) {
        process_complain(p, "sh: -c requires an argument\n");
        process_finish(p, 2);
        return;
    }
    f->step = FRAME_READS_COMMANDS;
    p->prompt = p->tty;
}

static void change_directory(struct process *p, const struct frame *f) {
    const char *to = f->argc > 1 ? f->argv[1] : "/root";
    CLEANUP(str_freep) char *path = files_path(p->directory, to);
    if (!files_is_dir(p->container, path)) {
        process_complain(p, "sh: cd: can't cd to %s\n", to);
        process_finish(p, 2);
        return;
    }
    free(p->directory);
    p->directory = str_take(&path);
    json_set_str(p->vars, "PWD", p->directory);
    process_finish(p, 0);
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
    process_finish(p, 0);
}

static int exit_code(const struct process *p, const struct frame *f) {
    int64_t code = p->status;
    if (f->argc > 1 && !str_to_int(f->argv[1], INT32_MIN, INT32_MAX, &code))
        code = 2;
    return (int)(code & 255);
}

bool process_run_builtin(struct process *p, struct frame *f) {
    const char *name = f->argv[0];
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    if (str_eq(base, "sh") || str_eq(base, "ash") ||
        (str_eq(base, "bash") && p->container->kind->tools != IMAGE_TOOLS_BUSYBOX))
        start_shell(p, f);
    else if (str_eq(name, "exit"))
        process_leave_shell(p, exit_code(p, f));
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
        process_finish(p, 0);
    else
        return false;
    return true;
}
