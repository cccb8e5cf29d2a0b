#include "mocks/sim/apiserver_main.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/rng.h"
#include "mocks/sim/options.h"
#include "mocks/sim/solo.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: confed-sim apiserver [options]\n"
    "\n"
    "Runs one Kubernetes API server with a simulated one-node cluster behind it, on 127.0.0.1. "
    "Prints the\n"
    "path of a kubeconfig when it is ready, and stops with its parent or on SIGTERM.\n"
    "\n"
    "    export KUBECONFIG=$(confed-sim apiserver --background)\n"
    "    kubectl get nodes\n"
    "\n"
    "  --kubeconfig FILE   where to write the kubeconfig (default: a new file in TMPDIR or /tmp)\n"
    "  --background        print the kubeconfig's path, go on in the background, stop with the "
    "shell\n"
    "  --port N            listen there (default: a free port)\n"
    "  --profile NAME      Kubernetes release: 1.6.2 (default), 1.7.0, 1.8.0, 1.9.0\n"
    "  --strict            serve exactly the API groups of the release\n"
    "  --quirk NAME=on|off switch a behaviour of the release\n"
    "  --bare              no controllers and kubelets: only what clients write\n"
    "  --load FILE         objects to begin with, YAML or JSON, one or a List (repeatable)\n"
    "  --dump FILE         save all objects there at the end\n"
    "  --transcript FILE   append one JSON object per exchange\n"
    "  --fault RULE        let requests fail: 'get /api/v1/nodes status=500 count=2' (repeatable)\n"
    "  --speed N           world seconds in a real second (default 10)\n"
    "  --seed N            of everything random (default: from the system)\n";

struct arguments {
    struct solo_options options;
    json_t *quirks, *faults, *load;
    const char *kubeconfig, *dump;
    bool background;
};

enum {
    OPT_KUBECONFIG = 1,
    OPT_BACKGROUND,
    OPT_PORT,
    OPT_PROFILE,
    OPT_STRICT,
    OPT_QUIRK,
    OPT_BARE,
    OPT_LOAD,
    OPT_DUMP,
    OPT_TRANSCRIPT,
    OPT_FAULT,
    OPT_SPEED,
    OPT_SEED,
    OPT_HELP
};

static const struct option longopts[] = {{"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
                                         {"background", no_argument, NULL, OPT_BACKGROUND},
                                         {"port", required_argument, NULL, OPT_PORT},
                                         {"profile", required_argument, NULL, OPT_PROFILE},
                                         {"strict", no_argument, NULL, OPT_STRICT},
                                         {"quirk", required_argument, NULL, OPT_QUIRK},
                                         {"bare", no_argument, NULL, OPT_BARE},
                                         {"load", required_argument, NULL, OPT_LOAD},
                                         {"dump", required_argument, NULL, OPT_DUMP},
                                         {"transcript", required_argument, NULL, OPT_TRANSCRIPT},
                                         {"fault", required_argument, NULL, OPT_FAULT},
                                         {"speed", required_argument, NULL, OPT_SPEED},
                                         {"seed", required_argument, NULL, OPT_SEED},
                                         {"help", no_argument, NULL, OPT_HELP},
                                         {NULL, 0, NULL, 0}};

static bool take_option(struct arguments *a, int c) {
    double number;
    switch (c) {
    case OPT_KUBECONFIG:
        a->kubeconfig = optarg;
        return true;
    case OPT_BACKGROUND:
        a->background = true;
        return true;
    case OPT_PROFILE:
        a->options.profile = optarg;
        return true;
    case OPT_STRICT:
        a->options.strict = true;
        return true;
    case OPT_BARE:
        a->options.bare = true;
        return true;
    case OPT_DUMP:
        a->dump = optarg;
        return true;
    case OPT_TRANSCRIPT:
        a->options.transcript = optarg;
        return true;
    case OPT_QUIRK:
        json_array_append_new(a->quirks, json_string(optarg));
        return true;
    case OPT_LOAD:
        json_array_append_new(a->load, json_string(optarg));
        return true;
    case OPT_FAULT:
        json_array_append_new(a->faults, json_string(optarg));
        return true;
    case OPT_PORT:
        if (!options_number("apiserver", "port", optarg, 0, 65535, &number))
            return false;
        a->options.port = (uint16_t)number;
        return true;
    case OPT_SPEED:
        return options_number("apiserver", "speed", optarg, 0.01, 100000, &a->options.speed);
    case OPT_SEED:
        if (!options_number("apiserver", "seed", optarg, 0, 9e15, &number))
            return false;
        a->options.seed = (uint64_t)number;
        return true;
    default:
        fputs("confed-sim apiserver --help lists the options\n", stderr);
        return false;
    }
}

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
 * Splits off the server. In the child, which is returned to with 0, ready is where it says that it
 * listens. In the parent: waits for that, prints what it said, and returns its exit code + 1.
 */
static int split_off(int *ret_ready) {
    int ends[2];
    char line[4096];
    if (pipe2(ends, O_CLOEXEC))
        return 4;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        *ret_ready = ends[1];
        setsid(); /* a Ctrl-C in the shell is not meant for the server */
        return 0;
    }
    close(ends[1]);
    ssize_t len = child > 0 ? read(ends[0], line, sizeof(line)) : 0;
    close(ends[0]);
    if (len <= 0)
        return 4;
    fwrite(line, 1, (size_t)len, stdout);
    return 1;
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

int apiserver_main(int argc, char **argv) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep) char *profiles = data ? fs_join(data, "fixtures/profiles") : NULL;
    CLEANUP(json_freep) json_t *quirks = json_array();
    CLEANUP(json_freep) json_t *faults = json_array();
    CLEANUP(json_freep) json_t *load = json_array();
    struct arguments a = {.quirks = quirks,
                          .faults = faults,
                          .load = load,
                          .options = {.profile_dir = profiles,
                                      .profile = "1.6.2",
                                      .quirks = quirks,
                                      .faults = faults,
                                      .load = load,
                                      .speed = 10,
                                      .seed = rng_seed_from_os()}};
    int c;
    while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (c == OPT_HELP) {
            fputs(usage, stdout);
            return 0;
        }
        if (!take_option(&a, c))
            return 2;
    }
    if (optind < argc) {
        fprintf(stderr, "confed-sim apiserver: unexpected argument '%s'; options only\n",
                argv[optind]);
        return 2;
    }
    if (!data) {
        fputs(
            "confed-sim apiserver: the folders cases and fixtures are not found; set CONFED_DATA\n",
            stderr);
        return 3;
    }

    struct err err = {0};
    pid_t shell = getppid();
    int ready = -1, split = a.background ? split_off(&ready) : 0;
    if (split > 0)
        return split - 1;
    if (a.background) /* the shell reads until every copy of its pipe is closed */
        close(STDOUT_FILENO);
    CLEANUP(str_freep)
    char *kubeconfig = a.kubeconfig ? xstrdup(a.kubeconfig) : new_kubeconfig_path();
    if (serve(&a, kubeconfig, shell, ready, &err) < 0) {
        fprintf(stderr, "confed-sim apiserver: %s\n", err.text);
        return err.code == ERR_USAGE ? 2 : 3;
    }
    return 0;
}
