/*
 * Preloaded into confed by killed_steps.sh: ends it by SIGKILL at the first thing that the file
 * KILLED does not name yet, and names it there. So a run that is gone on with again and again is
 * killed at each once, which a kill from outside cannot promise. KILL_HOW says when:
 *
 *   begin    a step's begin is written down, its command is not on its way
 *   command  20 ms after that, unless something else is written down first: the command is
 *   end      a step is over, its effect is there, and nobody has written that down
 *   every    with every event when it is written, not only those of steps
 *   mixed    one after the other of the first three
 *
 * and, whatever it says, before each command that a resumed run starts to look at the world, 20 ms
 * behind a step that went wrong, when evidence is collected, and when the run ends. A line of
 * KILLED is "EVENT CASE STEP", or "look" and the command.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, LIST_MAX_BYTES = 1 << 20, COMMAND_MS = 20, STEPS_MAX = 64 };
enum how { AT_BEGIN, AT_COMMAND, AT_END, AT_EVERY, HOWS_MIXED = AT_EVERY };
struct line {
    char text[LINE_MAX_BYTES];
};

ssize_t write(int fd, const void *data, size_t len);
int flock(int fd, int operation);
int execve(const char *path, char *const argv[], char *const envp[]);

/* Between taking the lock of observations and the first event of its own a resumed run looks. */
static bool looking;
static struct line awaited[STEPS_MAX]; /* the begins of steps that it is killed at the end of */
static bool dying;                     /* in a moment, and before anything else is written down */

static bool is_observations(int fd) {
    char link[32], target[4096];
    static const char name[] = "/observations.jsonl";
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    if (n < (ssize_t)sizeof(name))
        return false;
    target[n] = '\0';
    return strcmp(target + n - (ssize_t)sizeof(name) + 1, name) == 0;
}

/* The lines of the file that has them; how many, or -1 when line is one of them. */
static long count_unless_named(const char *line) {
    static char text[LIST_MAX_BYTES];
    const char *file = getenv("KILLED");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    long count = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, count++) {
        *end = '\0';
        if (strcmp(at, line) == 0)
            return -1;
    }
    return count;
}

static void name_it(const char *line) {
    char text[LINE_MAX_BYTES + 1];
    int len = snprintf(text, sizeof(text), "%s\n", line);
    int fd = open(getenv("KILLED"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || len < 0 || syscall(SYS_write, fd, text, (size_t)len) != len)
        abort();
    (void)close(fd);
}

static void die_later(void) {
    struct sigevent how = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = {.tv_nsec = COMMAND_MS * 1000000L}};
    timer_t timer;
    dying = true;
    if (timer_create(CLOCK_MONOTONIC, &how, &timer) < 0 || timer_settime(timer, 0, &when, NULL) < 0)
        (void)kill(getpid(), SIGKILL);
}

static enum how how_now(long killed) {
    static const char *const names[] = {"begin", "command", "end", "every"};
    const char *said = getenv("KILL_HOW");
    for (size_t i = 0; said && i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(said, names[i]) == 0)
            return (enum how)i;
    return (enum how)(killed % HOWS_MIXED);
}

/* The text of a member of an event, which is one line of JSON. */
static void member(const char *event, size_t len, const char *name, char ret[static 256]) {
    char key[64];
    int key_len = snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = memmem(event, len, key, (size_t)key_len), *end = event + len;
    ret[0] = '\0';
    if (!at)
        return;
    at += key_len;
    at += at < end && *at == '"';
    size_t n = 0;
    while (at < end && n < 255 && !strchr("\",}\n", *at))
        ret[n++] = *at++;
    ret[n] = '\0';
}

static struct line *find(struct line *lines, const char *text) {
    for (size_t i = 0; i < STEPS_MAX; i++)
        if (strcmp(lines[i].text, text) == 0)
            return &lines[i];
    return NULL;
}

static void add(struct line *lines, const char *text) {
    struct line *free_one = find(lines, "");
    if (!free_one)
        abort();
    memcpy(free_one->text, text, strlen(text) + 1);
}

/* Whether the event, which is not named yet, is one to be killed at. */
static bool is_wanted(const char *event, enum how how) {
    static const char *const names[] = {"step-begin", "wrong", "run-end"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(event, names[i]) == 0)
            return true;
    return how == AT_EVERY;
}

/* A step is over: does not return when that is not to be written down. */
static void meet_end(const char *scenario, const char *step) {
    char line[LINE_MAX_BYTES];
    (void)snprintf(line, sizeof(line), "step-begin %s %s", scenario, step);
    if (find(awaited, line)) {
        name_it(line);
        (void)kill(getpid(), SIGKILL);
    }
}

/* Before the event is written: true when this is to be the last one. */
static bool meet(const char *data, size_t len, bool *ret_later) {
    char event[256], scenario[256], step[256], outcome[256], line[LINE_MAX_BYTES];
    member(data, len, "event", event);
    member(data, len, "case", scenario);
    member(data, len, "step", step);
    member(data, len, "outcome", outcome);
    bool ends = strcmp(event, "step-end") == 0, begins = strcmp(event, "step-begin") == 0;
    if (ends)
        meet_end(scenario, step);
    bool wrong = ends && strcmp(outcome, "met") != 0 && !memmem(data, len, "\"may_fail\"", 10);
    if (wrong)
        memcpy(event, "wrong", sizeof("wrong"));
    (void)snprintf(line, sizeof(line), "%s %s %s", event, scenario, step);
    long killed = count_unless_named(line);
    enum how how = how_now(killed);
    if (killed < 0 || !is_wanted(event, how))
        return false;
    if (begins && how == AT_END) {
        add(awaited, line);
        return false;
    }
    name_it(line);
    *ret_later = wrong || (begins && how == AT_COMMAND);
    return true;
}

ssize_t write(int fd, const void *data, size_t len) {
    bool later = false;
    bool observed = getenv("KILLED") && is_observations(fd);
    if (observed && dying)
        (void)kill(getpid(), SIGKILL);
    bool last = observed && meet(data, len, &later);
    looking = looking && !observed;
    ssize_t written = syscall(SYS_write, fd, data, len);
    if (last && later)
        die_later();
    else if (last)
        (void)kill(getpid(), SIGKILL);
    return written;
}

int flock(int fd, int operation) {
    struct stat info;
    long rc = syscall(SYS_flock, fd, operation);
    looking = rc == 0 && getenv("KILLED") && is_observations(fd) && fstat(fd, &info) == 0 &&
              info.st_size > 0;
    return (int)rc;
}

/* In the child that becomes the command: its parent is the run. */
int execve(const char *path, char *const argv[], char *const envp[]) {
    char line[LINE_MAX_BYTES] = "look";
    size_t len = strlen(line);
    for (size_t i = 0; looking && argv[i] && len < sizeof(line); i++)
        len += (size_t)snprintf(line + len, sizeof(line) - len, " %s", argv[i]);
    if (looking && count_unless_named(line) >= 0) {
        name_it(line);
        (void)kill(getppid(), SIGKILL);
        _exit(127);
    }
    return (int)syscall(SYS_execve, path, argv, envp);
}
