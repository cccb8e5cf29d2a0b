#include "mocks/sim/apiserver_main.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/options.h"
#include "harness/core/rng.h"
#include "mocks/sim/solo.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct arguments {
    struct solo_options options;
    json_t *quirks, *faults, *load; /* owned */
    const char *kubeconfig, *dump;
    int64_t port, seed; /* seed -1: from the system */
    bool background;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("kubeconfig", "FILE", struct arguments, kubeconfig,
                    "where to write the kubeconfig (default: a new file in TMPDIR or /tmp)"),
    OPTION_ROW_SWITCH("background", struct arguments, background,
                      "print the kubeconfig's path, go on in the background, stop with the shell"),
    OPTION_ROW_NUMBER("port", "N", struct arguments, port, 0, UINT16_MAX,
                      "listen there (default: a free port)"),
    OPTION_ROW_TEXT("profile", "RELEASE", struct arguments, options.profile,
                    "the Kubernetes release: 1.6.2 (default), 1.7.0, 1.8.0, 1.9.0 ..."),
    OPTION_ROW_SWITCH("strict", struct arguments, options.strict,
                      "serve exactly the API groups and wire of the release"),
    OPTION_ROW_LIST("quirk", "NAME=on|off", struct arguments, quirks,
                    "switch one behaviour of the release (again for more)"),
    OPTION_ROW_SWITCH("bare", struct arguments, options.bare,
                      "no controllers and kubelets: only what clients write"),
    OPTION_ROW_LIST("load", "FILE", struct arguments, load,
                    "objects to begin with, YAML or JSON, one or a List (again for more)"),
    OPTION_ROW_TEXT("dump", "FILE", struct arguments, dump, "save all objects there at the end"),
    OPTION_ROW_TEXT("transcript", "FILE", struct arguments, options.transcript,
                    "append one JSON object per exchange"),
    OPTION_ROW_LIST("fault", "RULE", struct arguments, faults,
                    "let requests fail, like 'get /api/v1/nodes status=500 count=2' (again for "
                    "more)"),
    OPTION_ROW_REAL("speed", "N", struct arguments, options.speed, 0.01, 100000,
                    "world seconds in a real second (default 10)"),
    OPTION_ROW_NUMBER("seed", "N", struct arguments, seed, 0, INT64_MAX,
                      "of everything random (default: from the system)"),
};

static const struct options options = {
    .command = "confed-sim apiserver",
    .arguments = "[OPTION...]",
    .about = "Runs one Kubernetes API server with a simulated one-node cluster behind it, on\n"
             "127.0.0.1. Prints the path of a kubeconfig when it is ready, and stops with its "
             "parent or\n"
             "on SIGTERM.\n"
             "\n"
             "    export KUBECONFIG=$(confed-sim apiserver --background)\n"
             "    kubectl get nodes",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands = "options only",
};

static void stop(void *self) {
    loop_stop(self);
}

static void stop_by_signal(void *self, int signal_number) {
    (void)signal_number;
    loop_stop(self);
}

static int save_dump(const struct solo *s, const char *path, struct err *err) {
    CLEANUP(json_freep) json_t *list = solo_dump(s);
    struct buf text = BUF_INIT;
    json_dump_to(list, true, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(path, buf_str(&text), text.len, 0600, err);
    buf_release(&text);
    return rc;
}

/*
 * Splits off the server. In the child, which is returned to with OPTIONS_GO_ON, ready is where it
 * says that it listens. In the parent: waits for that, prints what it said, and returns the exit
 * code.
 */
static int split_off(int *ret_ready) {
    int ends[2];
    char line[4096];
    if (pipe2(ends, O_CLOEXEC))
        return 3;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        *ret_ready = ends[1];
        setsid(); /* a Ctrl-C in the shell is not meant for the server */
        return OPTIONS_GO_ON;
    }
    close(ends[1]);
    ssize_t len = child > 0 ? read(ends[0], line, sizeof(line)) : 0;
    close(ends[0]);
    if (len <= 0)
        return 3;
    fwrite(line, 1, (size_t)len, stdout);
    return 0;
}

/* Says where the kubeconfig is; in the background, lets go of the shell's standard output. */
static void announce(const char *kubeconfig, int ready) {
    if (ready < 0) {
        printf("%s\n", kubeconfig);
        fflush(stdout);
        return;
    }
    dprintf(ready, "%s\n", kubeconfig);
    close(ready);
}

static int serve(struct arguments *a, const char *kubeconfig, pid_t shell, int ready,
                 struct err *err) {
    CLEANUP(loop_freep) struct loop *loop = loop_new();
    CLEANUP(solo_freep) struct solo *s = solo_new(loop, &a->options, err);
    if (!s || solo_write_kubeconfig(s, kubeconfig, err) < 0 ||
        loop_on_signal(loop, SIGTERM, stop_by_signal, loop, err) < 0 ||
        loop_on_signal(loop, SIGINT, stop_by_signal, loop, err) < 0 ||
        loop_on_process_gone(loop, shell, stop, loop, err) < 0)
        return err->code;
    if (a->dump && save_dump(s, a->dump, err) < 0) /* better now than when there is much to lose */
        return err->code;
    announce(kubeconfig, ready);
    int rc = loop_run(loop, err);
    if (rc == 0 && a->dump)
        rc = save_dump(s, a->dump, err);
    unlink(kubeconfig); /* its keys are worth nothing without the server */
    return rc;
}

static char *new_kubeconfig_path(void) {
    const char *dir = getenv("TMPDIR");
    return xasprintf("%s/confed-kubeconfig-%d-%lld", dir && *dir ? dir : "/tmp", (int)getpid(),
                     (long long)clock_wall_ms());
}

static int run(struct arguments *a, pid_t shell, int ready, struct err *err) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (!data)
        return err_set(err, ERR_STATE,
                       "the folders cases and fixtures are not found; set CONFED_DATA");
    CLEANUP(str_freep) char *profiles = fs_join(data, "fixtures/profiles");
    a->options.profile_dir = profiles;
    a->options.quirks = a->quirks;
    a->options.faults = a->faults;
    a->options.load = a->load;
    a->options.port = (uint16_t)a->port;
    a->options.seed = a->seed < 0 ? rng_seed_from_os() : (uint64_t)a->seed;

    if (a->background) /* the shell reads until every copy of its pipe is closed */
        close(STDOUT_FILENO);
    CLEANUP(str_freep)
    char *kubeconfig = a->kubeconfig ? xstrdup(a->kubeconfig) : new_kubeconfig_path();
    return serve(a, kubeconfig, shell, ready, err);
}

int apiserver_main(int argc, char **argv) {
    struct arguments a = {.seed = -1, .options = {.profile = "1.6.2", .speed = 10}};
    int first, ready = -1, code = options_parse(&options, argc, argv, &a, &first);
    struct err err = {0};
    pid_t shell = getppid();
    if (code == OPTIONS_GO_ON)
        code = a.background ? split_off(&ready) : OPTIONS_GO_ON;
    if (code == OPTIONS_GO_ON) {
        code = 0;
        if (run(&a, shell, ready, &err) < 0) {
            fprintf(stderr, "confed-sim apiserver: %s\n", err.text);
            code = err.code == ERR_USAGE ? 2 : 3;
        }
    }
    json_decref(a.quirks);
    json_decref(a.faults);
    json_decref(a.load);
    return code;
}
