#include "harness/driver/process.h"
#include "harness/core/json.h"
#include "harness/model/value.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GRACE_MS = 2000, /* from TERM to KILL */
    DRAIN_MS = 500,  /* for output after the end, when someone else holds the pipe */
    LOOK_MS = 20,    /* between looks at a process where the kernel has no pidfd */
    READ_CHUNK = 64 << 10,
    READS_MAX = 16, /* of one turn: a program that writes for ever must not starve the rest */
};

static char **vector_of(const json_t *list) {
    char **vector = xcalloc(json_array_size(list) + 1, sizeof(char *));
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) vector[i] = value_to_text(one);
    return vector;
}

static char **environment_of(const json_t *env) {
    char **vector = xcalloc(json_object_size(env) + 1, sizeof(char *));
    size_t i = 0;
    const char *name;
    json_t *value;
    json_object_foreach(json_mutable(env), name, value) {
        CLEANUP(str_freep) char *text = value_to_text(value);
        vector[i++] = xasprintf("%s=%s", name, text);
    }
    return vector;
}

static void vector_free(char **vector) {
    for (size_t i = 0; vector[i]; i++)
        free(vector[i]);
    free(vector);
}

struct child {
    const char *program, *dir;
    char **argv, **env;
    int out[2], err[2], trouble[2]; /* pipes */
    pid_t parent;
};

/* Runs in the child, after fork: only what is safe there. */
static void become(const struct child *c) {
    static const int reset[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    sigset_t none;
    for (size_t i = 0; i < ARRAY_LEN(reset); i++)
        (void)signal(reset[i], SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != c->parent)
        _exit(127); /* the harness died between fork and prctl */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(c->out[1], 1) >= 0 && dup2(c->err[1], 2) >= 0 &&
        chdir(c->dir) == 0)
        (void)execve(c->program, c->argv, c->env);
    int why = errno;
    (void)!write(c->trouble[1], &why, sizeof(why));
    _exit(127);
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            (void)close(pair[i]);
        pair[i] = -1;
    }
}

/* Forks; 0 with *ret_pid, or negative when the program could not be executed. */
static int launch(struct child *c, pid_t *ret_pid, struct err *err) {
    c->parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(c);
    if (pid < 0)
        return err_errno(err, "cannot start %s", c->program);
    (void)setpgid(pid, pid);
    (void)close(c->trouble[1]);
    c->trouble[1] = -1;
    int why = 0;
    ssize_t len;
    do
        len = read(c->trouble[0], &why, sizeof(why));
    while (len < 0 && errno == EINTR);
    if (len != (ssize_t)sizeof(why)) {
        *ret_pid = pid;
        return 0;
    }
    (void)waitpid(pid, NULL, 0);
    errno = why;
    return err_errno(err, "cannot execute %s in %s", c->program, c->dir);
}

static bool is_done(const struct process *p) {
    return p->exited && p->pipes[0] < 0 && p->pipes[1] < 0;
}

static void destroy(struct process *p) {
    for (int i = 0; i < 2; i++) {
        loop_unwatch(p->loop, &p->pipe_watches[i]);
        if (p->pipes[i] >= 0)
            (void)close(p->pipes[i]);
        buf_release(&p->output[i]);
    }
    loop_unwatch(p->loop, &p->exit_watch);
    loop_stop(p->loop, &p->timer);
    if (p->pidfd >= 0)
        (void)close(p->pidfd);
    free(p->name);
    free(p);
}

static void finish(struct process *p) {
    if (!is_done(p) || p->ended)
        return;
    p->ended = true;
    loop_stop(p->loop, &p->timer);
    p->done(p->self);
}

static void close_pipe(struct process *p, int i) {
    loop_unwatch(p->loop, &p->pipe_watches[i]);
    if (p->pipes[i] >= 0)
        (void)close(p->pipes[i]);
    p->pipes[i] = -1;
}

static void read_pipe(struct process *p, int i) {
    char chunk[READ_CHUNK];
    for (int reads = 0; reads < READS_MAX; reads++) {
        ssize_t len = read(p->pipes[i], chunk, sizeof(chunk));
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return;
        if (len <= 0) {
            close_pipe(p, i);
            return;
        }
        size_t room = PROCESS_OUTPUT_MAX - p->output[i].len;
        size_t taken = (size_t)len < room ? (size_t)len : room;
        buf_add(&p->output[i], chunk, taken);
        p->cut[i] |= taken < (size_t)len;
    }
}

static void on_stdout(void *self, short revents) {
    (void)revents;
    struct process *p = self;
    read_pipe(p, 0);
    if (p->heard && !p->abandoned)
        p->heard(p->self);
    finish(p);
}

static void on_stderr(void *self, short revents) {
    (void)revents;
    struct process *p = self;
    read_pipe(p, 1);
    finish(p);
}

static void on_drain_end(void *self) {
    struct process *p = self;
    close_pipe(p, 0);
    close_pipe(p, 1);
    finish(p);
}

static void look(struct process *p);

static void on_look(void *self) {
    look(self);
}

static void on_exit_event(void *self, short revents) {
    (void)revents;
    look(self);
}

/* What it and the children it waited for have used goes to the account of its name. */
static void book(struct process *p, const struct rusage *used) {
    if (!p->cpu_us)
        return;
    int64_t us = (int64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000000 +
                 used->ru_utime.tv_usec + used->ru_stime.tv_usec;
    json_set_int(p->cpu_us, p->name, json_int(p->cpu_us, 0, p->name, NULL) + us);
}

/* Whether it has ended; then its group is killed before the reaping gives its number back. */
static void look(struct process *p) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || info.si_pid == 0) {
        if (p->pidfd < 0)
            loop_start(p->loop, &p->timer, LOOK_MS, on_look, p);
        return;
    }
    (void)kill(-p->pid, SIGKILL);
    int status = 0;
    struct rusage used = {0};
    (void)wait4(p->pid, &status, 0, &used);
    book(p, &used);
    p->exited = true;
    p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    loop_hold(p->loop, -1);
    loop_unwatch(p->loop, &p->exit_watch);
    if (p->abandoned) { /* nobody waits for the rest of its output */
        destroy(p);
        return;
    }
    loop_start(p->loop, &p->timer, DRAIN_MS, on_drain_end, p);
    finish(p);
}

static void on_grace_end(void *self) {
    struct process *p = self;
    (void)kill(-p->pid, SIGKILL);
    if (p->pidfd < 0)
        look(p);
}

static void watch(struct process *p) {
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd >= 0) {
        (void)fcntl(p->pidfd, F_SETFD, FD_CLOEXEC);
        loop_watch(p->loop, &p->exit_watch, p->pidfd, POLLIN, on_exit_event, p);
    } else {
        loop_start(p->loop, &p->timer, LOOK_MS, on_look, p);
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(p->pipes[i], F_SETFL, O_NONBLOCK);
        loop_watch(p->loop, &p->pipe_watches[i], p->pipes[i], POLLIN,
                   i == 0 ? on_stdout : on_stderr, p);
    }
}

struct process *process_start(struct loop *loop, const struct process_spec *spec,
                              void (*done)(void *self), void *self, struct err *err) {
    struct child c = {.program = spec->program,
                      .dir = spec->dir,
                      .out = {-1, -1},
                      .err = {-1, -1},
                      .trouble = {-1, -1}};
    struct process *p = NULL;
    pid_t pid = 0;
    c.argv = vector_of(spec->argv);
    c.env = environment_of(spec->env);
    if (pipe2(c.out, O_CLOEXEC) < 0 || pipe2(c.err, O_CLOEXEC) < 0 ||
        pipe2(c.trouble, O_CLOEXEC) < 0)
        err_errno(err, "cannot start %s: no pipes", spec->program);
    else if (launch(&c, &pid, err) == 0) {
        p = xcalloc(1, sizeof(*p));
        *p = (struct process){.pid = pid,
                              .exit_code = -1,
                              .loop = loop,
                              .done = done,
                              .self = self,
                              .name = xstrdup(basename(spec->program)),
                              .cpu_us = spec->cpu_us,
                              .pipes = {c.out[0], c.err[0]},
                              .output = {BUF_INIT_LIMIT(PROCESS_OUTPUT_MAX + 1),
                                         BUF_INIT_LIMIT(PROCESS_OUTPUT_MAX + 1)}};
        c.out[0] = c.err[0] = -1;
        loop_hold(loop, 1);
        watch(p);
    }
    close_pair(c.out);
    close_pair(c.err);
    close_pair(c.trouble);
    vector_free(c.argv);
    vector_free(c.env);
    return p;
}

void process_free(struct process *p) {
    if (!p)
        return;
    if (p->ended || p->exited) { /* exited: only output is to come that nobody waits for any more */
        destroy(p);
        return;
    }
    p->abandoned = true;
    (void)kill(-p->pid, SIGTERM);
    (void)kill(p->pid, SIGCONT); /* a stopped program would not see the TERM */
    loop_start(p->loop, &p->timer, GRACE_MS, on_grace_end, p);
}
