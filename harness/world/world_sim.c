#include "harness/world/world_sim.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/world/juju_dialect.h"
#include "harness/world/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READY_MS = 30000, /* for a world to become ready; it takes some 50 ms */
    STOP_MS = 5000,
    LINGER_S = 600,
    ARGS_MAX = 256,
    FLOOR_MS = 30000,
    SPEED_DEFAULT = 1000,
};

struct sim {
    char *program, *run_dir, *dir; /* owned */
    json_t *arguments;             /* of confed-sim, after --dir; owned */
    json_t *world;                 /* world.json; owned, NULL before it is ready */
    pid_t pid;                     /* of confed-sim; 0: none */
    bool fresh;
    char *prefix;   /* owned or NULL */
    json_t *passed; /* owned; variables that go on to commands */
    int64_t floor_ms;
};

static void add_each(json_t *arguments, const char *option, const json_t *list) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        json_array_append_new(arguments, json_string(option));
        json_array_append(arguments, one);
    }
}

static void add_one(json_t *arguments, const char *option, char *text) {
    json_array_append_new(arguments, json_string(option));
    json_array_append_new(arguments, json_string(text));
    free(text);
}

static json_t *arguments_for(const struct world_options *o) {
    json_t *arguments = json_array();
    if (o->profile)
        add_one(arguments, "--profile", xstrdup(o->profile));
    if (o->juju_version)
        add_one(arguments, "--juju-version", xstrdup(o->juju_version));
    if (o->speed > 0)
        add_one(arguments, "--speed", xasprintf("%g", o->speed));
    if (o->seed >= 0)
        add_one(arguments, "--seed", xasprintf("%lld", (long long)o->seed));
    add_each(arguments, "--quirk", o->quirks);
    add_each(arguments, "--offer", o->offers);
    add_each(arguments, "--fault", o->faults);
    add_each(arguments, "--clock", o->clocks);
    return arguments;
}

/* Runs in the child, after fork: only what is safe there. */
static void become(const char *program, char *const argv[], int log) {
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setpgid(0, 0); /* Ctrl-C is for the harness; it ends the world after the tear-down */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0)
        (void)execv(program, argv);
    _exit(127);
}

static int spawn(const char *program, const char *dir, const json_t *arguments,
                 const char *lifetime, const char *lifetime_value, pid_t *ret_pid,
                 struct err *err) {
    CLEANUP(str_freep) char *log_path = fs_join(dir, "confed-sim.log");
    union {
        const char *in;
        char *out;
    } argv[ARGS_MAX] = {{program}, {"world"}, {"--dir"}, {dir}, {lifetime}};
    size_t argc = 5, i;
    if (lifetime_value)
        argv[argc++].in = lifetime_value;
    json_t *one;
    json_array_foreach(arguments, i, one) {
        if (argc + 1 >= ARGS_MAX)
            return err_set(err, ERR_LIMIT, "more than %d arguments for the simulated world",
                           ARGS_MAX);
        argv[argc++].in = json_string_value(one);
    }
    int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0)
        return err_errno(err, "cannot write %s", log_path);
    char *vector[ARGS_MAX];
    for (i = 0; i < argc; i++)
        vector[i] = argv[i].out;
    vector[argc] = NULL;
    pid_t pid = fork();
    if (pid == 0)
        become(program, vector, log);
    (void)close(log);
    if (pid < 0)
        return err_errno(err, "cannot start %s", program);
    *ret_pid = pid;
    return 0;
}

/* The last line of the world's log, for a person who asks why it did not start. */
static char *last_words(const char *dir) {
    CLEANUP(str_freep) char *path = fs_join(dir, "confed-sim.log");
    struct buf text = BUF_INIT;
    char *line = NULL;
    if (fs_read(path, &text, NULL) == 0 && text.len > 0) {
        while (text.len > 0 && text.data[text.len - 1] == '\n')
            buf_truncate(&text, text.len - 1);
        const char *newline = text.len ? memrchr(text.data, '\n', text.len) : NULL;
        line = xstrdup(newline ? newline + 1 : buf_str(&text));
    }
    buf_release(&text);
    return line ? line : xstrdup("it said nothing");
}

static json_t *read_world(const char *dir) {
    CLEANUP(str_freep) char *path = fs_join(dir, "world.json");
    return fs_exists(path) ? json_load_path(path, NULL) : NULL;
}

static json_t *wait_ready(const char *dir, pid_t pid, struct err *err) {
    int64_t deadline = clock_monotonic_ms() + READY_MS;
    for (;;) {
        json_t *world = read_world(dir);
        if (world)
            return world;
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid) {
            CLEANUP(str_freep) char *words = last_words(dir);
            err_set(err, ERR_STATE, "the simulated world ended before it was ready: %s", words);
            return NULL;
        }
        if (clock_monotonic_ms() > deadline) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            err_set(err, ERR_TIMEOUT,
                    "the simulated world is not ready after %d s; see %s/confed-sim.log",
                    READY_MS / 1000, dir);
            return NULL;
        }
        (void)poll(NULL, 0, 1);
    }
}

static bool is_running(const json_t *world) {
    pid_t pid = (pid_t)json_int(world, 0, "pid", NULL);
    const char *socket = json_str(world, "socket", NULL);
    return pid > 1 && socket && fs_exists(socket) && (kill(pid, 0) == 0 || errno == EPERM);
}

static void sim_env(const void *self, json_t *env) {
    const struct sim *s = self;
    const json_t *own = json_object_get(s->world, "env");
    const char *bin = json_str(s->world, "bin", NULL);
    json_object_update(env, json_mutable(own));
    CLEANUP(str_freep)
    char *path =
        xasprintf("%s/bin:%s:/usr/local/bin:/usr/bin:/bin", s->run_dir, bin ? bin : "/nonexistent");
    json_set_str(env, "PATH", path);
    tools_pass(s->passed, env);
}

static int find_juju(struct sim *s, struct err *err) {
    CLEANUP(json_freep) json_t *env = json_object();
    sim_env(s, env);
    return juju_dialect_find(env, s->prefix, s->world, err);
}

static int sim_start(void *self, const struct world_place *place, struct err *err) {
    struct sim *s = self;
    s->run_dir = xstrdup(place->run_dir);
    s->dir = fs_join(place->run_dir, "world");
    if (place->resumed) {
        CLEANUP(json_freep) json_t *old = read_world(s->dir);
        if (old && is_running(old)) {
            s->world = json_take(&old);
            s->pid = (pid_t)json_int(s->world, 0, "pid", NULL);
            return find_juju(s, err);
        }
    }
    s->fresh = true;
    if (fs_remove_tree(s->dir, err) < 0 || fs_mkdir_p(s->dir, 0700, err) < 0)
        return err->code;
    CLEANUP(str_freep) char *linger = xasprintf("%d", LINGER_S);
    if (spawn(s->program, s->dir, s->arguments, place->keep ? "--stay" : "--linger",
              place->keep ? NULL : linger, &s->pid, err) < 0)
        return err->code;
    s->world = wait_ready(s->dir, s->pid, err);
    if (!s->world)
        s->pid = 0;
    return s->world ? find_juju(s, err) : err->code;
}

static double speed_of(const struct sim *s) {
    double speed = json_number_value(json_object_get(s->world, "speed"));
    return speed > 0 ? speed : SPEED_DEFAULT;
}

static int64_t sim_real_ms(const void *self, int64_t world_ms) {
    const struct sim *s = self;
    int64_t real = (int64_t)((double)world_ms / speed_of(s));
    return real > s->floor_ms ? real : s->floor_ms;
}

static int64_t sim_span_ms(const void *self, int64_t world_ms) {
    return (int64_t)((double)world_ms / speed_of(self));
}

static const json_t *sim_offers(const void *self) {
    const struct sim *s = self;
    return json_object_get(s->world, "offers");
}

static const json_t *sim_facts(const void *self) {
    const struct sim *s = self;
    return s->world;
}

static bool sim_is_fresh(const void *self) {
    const struct sim *s = self;
    return s->fresh;
}

static void sim_describe(const void *self, struct buf *out) {
    const struct sim *s = self;
    const char *profile = json_str(s->world, "profile", NULL);
    buf_addf(out, "simulated world, Kubernetes %s, speed %gx, seed %lld", profile ? profile : "?",
             speed_of(s), (long long)json_int(s->world, 0, "seed", NULL));
}

/* From /proc/PID/stat: the fields after the name, which may hold blanks and ends at the last ')'.
 */
static int64_t sim_cpu_ms(const void *self) {
    const struct sim *s = self;
    CLEANUP(str_freep) char *path = xasprintf("/proc/%d/stat", (int)s->pid);
    struct buf text = BUF_INIT;
    int64_t ms = -1;
    const char *after =
        s->pid > 0 && fs_read(path, &text, NULL) == 0 ? strrchr(buf_str(&text), ')') : NULL;
    long long user, system;
    if (after && sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user,
                        &system) == 2)
        ms = (user + system) * 1000 / sysconf(_SC_CLK_TCK);
    buf_release(&text);
    return ms;
}

/* TERM, then KILL. A world that another process has started is only watched until it is gone. */
static void end_process(pid_t pid) {
    int64_t deadline = clock_monotonic_ms() + STOP_MS;
    int status;
    (void)kill(pid, SIGTERM);
    for (;;) {
        if (waitpid(pid, &status, WNOHANG) == pid || kill(pid, 0) < 0)
            return;
        if (clock_monotonic_ms() > deadline)
            break;
        (void)poll(NULL, 0, 2);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
}

static void sim_stop(void *self, bool keep) {
    struct sim *s = self;
    if (s->pid > 0 && !keep)
        end_process(s->pid);
    s->pid = 0;
}

static void sim_free(void *self) {
    struct sim *s = self;
    sim_stop(s, false);
    free(s->program);
    free(s->run_dir);
    free(s->dir);
    free(s->prefix);
    json_decref(s->passed);
    json_decref(s->arguments);
    json_decref(s->world);
    free(s);
}

int world_sim_new(const struct world_options *options, struct world *ret, struct err *err) {
    static const struct world_ops ops = {
        .name = "sim",
        .start = sim_start,
        .env = sim_env,
        .real_ms = sim_real_ms,
        .span_ms = sim_span_ms,
        .offers = sim_offers,
        .facts = sim_facts,
        .is_fresh = sim_is_fresh,
        .cpu_ms = sim_cpu_ms,
        .describe = sim_describe,
        .stop = sim_stop,
        .free = sim_free,
    };
    if (options->kubeconfig || options->contexts)
        return err_set(err, ERR_USAGE, "--kubeconfig and --context are for --world existing");
    char *program = tools_own("confed-sim", "CONFED_SIM", err);
    if (!program)
        return err->code;
    struct sim *s = xcalloc(1, sizeof(*s));
    s->program = program;
    s->arguments = arguments_for(options);
    s->passed = options->env ? json_deep_copy(options->env) : NULL;
    s->prefix = options->prefix ? xstrdup(options->prefix) : NULL;
    s->floor_ms = options->floor_ms >= 0 ? options->floor_ms : FLOOR_MS;
    *ret = (struct world){.ops = &ops, .self = s};
    return 0;
}

json_t *world_sim_up(const struct world_options *options, const char *dir, struct err *err) {
    CLEANUP(str_freep) char *program = tools_own("confed-sim", "CONFED_SIM", err);
    if (!program || fs_mkdir_p(dir, 0700, err) < 0)
        return NULL;
    CLEANUP(str_freep) char *absolute = realpath(dir, NULL);
    CLEANUP(json_freep) json_t *old = read_world(absolute);
    if (old && is_running(old)) {
        err_set(err, ERR_STATE, "a world is already running in %s (confed down %s ends it)", dir,
                dir);
        return NULL;
    }
    CLEANUP(str_freep) char *stale = fs_join(absolute, "world.json");
    (void)unlink(stale);
    CLEANUP(json_freep) json_t *arguments = arguments_for(options);
    pid_t pid;
    if (spawn(program, absolute, arguments, "--stay", NULL, &pid, err) < 0)
        return NULL;
    return wait_ready(absolute, pid, err);
}

int world_sim_down(const char *dir, struct err *err) {
    CLEANUP(json_freep) json_t *world = read_world(dir);
    if (!world)
        return err_set(err, ERR_NOT_FOUND, "%s/world.json is not there: no world was started in it",
                       dir);
    if (!is_running(world))
        return err_set(err, ERR_NOT_FOUND, "the world of %s is not running any more", dir);
    end_process((pid_t)json_int(world, 0, "pid", NULL));
    CLEANUP(str_freep) char *path = fs_join(dir, "world.json");
    (void)unlink(path);
    return 0;
}
