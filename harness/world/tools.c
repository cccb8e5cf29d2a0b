#include "harness/world/tools.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK_OUTPUT_MAX = 1000000, ASK_WAIT_MS = 20000 };

static bool is_program(const char *path) {
    return access(path, X_OK) == 0 && !fs_is_dir(path);
}

char *tools_find(const char *name, const char *path) {
    if (strchr(name, '/'))
        return is_program(name) ? realpath(name, NULL) : NULL;
    CLEANUP(str_freep) char *folders = xstrdup(path ? path : "");
    char *rest = folders, *folder;
    while ((folder = str_next(&rest, ':')) != NULL) {
        if (*folder != '/')
            continue; /* an empty or relative entry means the working folder: not for us */
        CLEANUP(str_freep) char *file = fs_join(folder, name);
        if (is_program(file))
            return str_take(&file);
    }
    return NULL;
}

static int put_link(const char *bin, const char *name, const char *target, struct err *err) {
    CLEANUP(str_freep) char *link = fs_join(bin, name);
    (void)unlink(link);
    if (symlink(target, link) < 0)
        return err_errno(err, "cannot link %s to %s", link, target);
    return 0;
}

static int link_asked(const char *bin, const json_t *tools, struct err *err) {
    const char *name;
    json_t *path;
    json_object_foreach(json_mutable(tools), name, path) {
        CLEANUP(str_freep) char *found = tools_find(json_string_value(path), getenv("PATH"));
        if (!found)
            return err_set(err, ERR_NOT_FOUND, "--tool %s=%s: there is no such program", name,
                           json_string_value(path));
        if (put_link(bin, name, found, err) < 0)
            return err->code;
    }
    return 0;
}

int tools_link(const char *run_dir, const json_t *tools, struct err *err) {
    CLEANUP(str_freep) char *bin = fs_join(run_dir, "bin");
    if (fs_mkdir_p(bin, 0755, err) < 0)
        return err->code;
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len > 0) {
        self[len] = '\0';
        if (put_link(bin, "confed", self, err) < 0)
            return err->code;
    }
    if (!json_object_get(tools, "kubectl")) {
        CLEANUP(str_freep) char *kubectl = tools_find("kubectl", getenv("PATH"));
        if (kubectl && put_link(bin, "kubectl", kubectl, err) < 0)
            return err->code;
    }
    return link_asked(bin, tools, err);
}

json_t *tools_own_env(void) {
    json_t *env = json_object();
    for (char **one = environ; *one; one++) {
        const char *equals = strchr(*one, '=');
        CLEANUP(str_freep) char *name = equals ? xstrndup(*one, (size_t)(equals - *one)) : NULL;
        if (name && *name && str_is_utf8(*one, strlen(*one)))
            json_set_str(env, name, equals + 1);
    }
    return env;
}

void tools_pass(const json_t *names, json_t *env) {
    size_t i;
    json_t *one;
    json_array_foreach(names, i, one) {
        const char *text = json_string_value(one), *equals = strchr(text, '=');
        CLEANUP(str_freep) char *name = xstrndup(text, strcspn(text, "="));
        const char *value = equals ? equals + 1 : getenv(name);
        if (value)
            json_set_str(env, name, value);
    }
}

json_t *tools_passed(const json_t *names) {
    static const char *const proxies[] = {"http_proxy", "https_proxy", "no_proxy",
                                          "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"};
    json_t *all = json_array();
    for (size_t i = 0; i < ARRAY_LEN(proxies); i++)
        json_array_append_new(all, json_string(proxies[i]));
    size_t i;
    json_t *one;
    json_array_foreach(names, i, one) json_array_append(all, one);
    return all;
}

/* "NAME=TEXT" for each of env, in the form that execve takes; owned, ends with NULL. */
static char **environment(const json_t *env) {
    char **list = xcalloc(json_object_size(env) + 1, sizeof(*list));
    const char *name;
    json_t *value;
    size_t i = 0;
    json_object_foreach(json_mutable(env), name, value) list[i++] =
        xasprintf("%s=%s", name, json_string_value(value));
    return list;
}

static void environment_free(char **list) {
    for (char **one = list; *one; one++)
        free(*one);
    free(list);
}

static int start(const char *program, const char *const argv[], const json_t *env, int output,
                 pid_t *ret_pid, struct err *err) {
    posix_spawn_file_actions_t actions;
    char **vector = environment(env);
    union {
        const char *const *in;
        char *const *out;
    } arguments = {.in = argv};
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, output, 1);
    (void)posix_spawn_file_actions_adddup2(&actions, output, 2);
    int rc = posix_spawn(ret_pid, program, &actions, NULL, arguments.out, vector);
    (void)posix_spawn_file_actions_destroy(&actions);
    environment_free(vector);
    return rc == 0 ? 0 : err_set(err, ERR_STATE, "cannot start %s: %s", program, strerror(rc));
}

/* Reads until the end or the deadline (false). */
static bool read_all(int fd, int64_t deadline, struct buf *out) {
    char chunk[4096];
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return false;
        ssize_t len = read(fd, chunk, sizeof(chunk));
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return true;
        if (out->len < ASK_OUTPUT_MAX)
            buf_add(out, chunk, (size_t)len);
    }
}

int tools_ask(const char *const argv[], const json_t *env, int64_t timeout_ms, struct buf *out,
              struct err *err) {
    CLEANUP(str_freep) char *program = tools_find(argv[0], json_str(env, "PATH", NULL));
    if (!program)
        return err_set(err, ERR_NOT_FOUND, "%s is not in PATH; install it (confed doctor says how)",
                       argv[0]);
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, "cannot make a pipe for %s", argv[0]);
    int rc = start(program, argv, env, ends[1], &pid, err);
    (void)close(ends[1]);
    bool ended = rc == 0 && read_all(ends[0], clock_monotonic_ms() + timeout_ms, out);
    (void)close(ends[0]);
    if (rc < 0)
        return rc;
    if (!ended)
        (void)kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!ended)
        return err_set(err, ERR_TIMEOUT, "%s %s gave no answer in %d s", argv[0],
                       argv[1] ? argv[1] : "", (int)(timeout_ms / 1000));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, ERR_STATE, "%s %s failed: %s", argv[0], argv[1] ? argv[1] : "",
                       out->len ? buf_str(out) : "it printed nothing");
    return 0;
}

char *tools_release_in(const char *said) {
    /* GitVersion:"v1.20.2" in the one long line of "Client Version: version.Info{", since 1.28
     * "Client Version: v1.28.0" */
    static const char *const before[] = {"GitVersion:\"v", "Version: v"};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        const char *found = strstr(said, before[i]);
        if (found) {
            found += strlen(before[i]);
            return xstrndup(found, strcspn(found, "\"\n "));
        }
    }
    return NULL;
}

int tools_find_release(const json_t *env, json_t *facts, struct err *err) {
    static const char *const argv[] = {"kubefed", "version", "--client", NULL};
    struct buf said = BUF_INIT;
    int rc = tools_ask(argv, env, ASK_WAIT_MS, &said, err);
    CLEANUP(str_freep) char *release = rc == 0 ? tools_release_in(buf_str(&said)) : NULL;
    if (release) {
        release[strcspn(release, "+")] = '\0'; /* who built it */
        json_set_str(facts, "kubernetes", release);
        const char *profile = json_str(facts, "profile", NULL);
        if (!profile || !*profile)
            json_set_str(facts, "profile", release);
    } else if (rc == 0) {
        rc = err_set(
            err, ERR_INPUT,
            "kubefed version --client does not say its release (GitVersion:\"v...\"): %.200s",
            buf_str(&said));
    }
    buf_release(&said);
    return rc;
}

char *tools_own(const char *name, const char *variable, struct err *err) {
    const char *said = getenv(variable);
    if (said && *said) {
        char *found = tools_find(said, getenv("PATH"));
        if (!found)
            err_set(err, ERR_NOT_FOUND, "%s=%s: there is no such program", variable, said);
        return found;
    }
    CLEANUP(str_freep) char *dir = fs_program_dir();
    CLEANUP(str_freep) char *beside = fs_join(dir ? dir : ".", name);
    if (is_program(beside))
        return str_take(&beside);
    char *found = tools_find(name, getenv("PATH"));
    if (!found)
        err_set(err, ERR_NOT_FOUND,
                "the program %s is neither beside confed nor in PATH (or say %s=FILE)", name,
                variable);
    return found;
}
