#include "mocks/sim/world_main.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "mocks/sim/options.h"
#include "mocks/sim/world.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: confed-sim world --dir DIR [options]\n"
    "\n"
    "Runs a simulated world until its parent goes, it is told to stop or it gets SIGTERM. "
    "DIR/world.json\n"
    "appears when the world is ready and says how to use it.\n"
    "\n"
    "  --dir DIR           where the world keeps its files (made when missing)\n"
    "  --profile NAME      Kubernetes release: 1.6.2 (default), 1.7.0, 1.8.0, 1.9.0\n"
    "  --juju-version V    how juju speaks, 2.1.3 to 3.6.0 (default: as at the time of the "
    "release)\n"
    "  --quirk NAME=on|off switch a behaviour of the release (confed profiles lists them)\n"
    "  --offer NAME        also offer: loadbalancer, persistent-volumes\n"
    "  --fault RULE        let requests fail: 'get /api/v1/nodes status=500 count=2'\n"
    "  --speed N           world seconds in a real second (default 1000)\n"
    "  --seed N            of everything random (default: from the system)\n"
    "  --strict            serve exactly the API groups of the release\n"
    "  --stay              go on when the parent has gone\n"
    "  --linger SECONDS    go on that long after the parent has gone and the last juju command has "
    "come\n";

struct arguments {
    struct world_options options;
    json_t *quirks, *offers, *faults;
    bool stay;
    double linger_s;
};

/* "2.0" to "3.99", with more numbers behind it. */
static bool is_version(const char *text) {
    unsigned major, minor;
    int len = 0;
    return sscanf(text, "%1u.%2u%n", &major, &minor, &len) == 2 && (major == 2 || major == 3) &&
           text[len + (int)strspn(text + len, ".0123456789")] == '\0';
}

static int read_arguments(int argc, char **argv, struct arguments *a) {
    static const struct option longopts[] = {{"dir", required_argument, NULL, 'd'},
                                             {"profile", required_argument, NULL, 'p'},
                                             {"quirk", required_argument, NULL, 'q'},
                                             {"offer", required_argument, NULL, 'o'},
                                             {"fault", required_argument, NULL, 'f'},
                                             {"speed", required_argument, NULL, 's'},
                                             {"seed", required_argument, NULL, 'r'},
                                             {"strict", no_argument, NULL, 'S'},
                                             {"stay", no_argument, NULL, 'D'},
                                             {"linger", required_argument, NULL, 'l'},
                                             {"juju-version", required_argument, NULL, 'j'},
                                             {"help", no_argument, NULL, 'h'},
                                             {NULL, 0, NULL, 0}};
    int c;
    double number;
    while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
        switch (c) {
        case 'd':
            a->options.dir = optarg;
            break;
        case 'p':
            a->options.profile = optarg;
            break;
        case 'j':
            if (!is_version(optarg)) {
                fprintf(stderr,
                        "confed-sim world: --juju-version %s: expected a release of Juju like "
                        "2.1.3, 2.9.44 "
                        "or 3.1.6\n",
                        optarg);
                return 2;
            }
            a->options.juju_version = optarg;
            break;
        case 'q':
            json_array_append_new(a->quirks, json_string(optarg));
            break;
        case 'o':
            json_array_append_new(a->offers, json_string(optarg));
            break;
        case 'f':
            json_array_append_new(a->faults, json_string(optarg));
            break;
        case 's':
            if (!options_number("world", "speed", optarg, 0.01, 100000, &a->options.speed))
                return 2;
            break;
        case 'r':
            if (!options_number("world", "seed", optarg, 0, 9e15, &number))
                return 2;
            a->options.seed = (uint64_t)number;
            break;
        case 'S':
            a->options.strict = true;
            break;
        case 'D':
            a->stay = true;
            break;
        case 'l':
            if (!options_number("world", "linger", optarg, 0, 86400, &a->linger_s))
                return 2;
            break;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fputs("confed-sim world --help lists the options\n", stderr);
            return 2;
        }
    }
    if (optind < argc || !a->options.dir) {
        fprintf(stderr, "confed-sim world: %s\n",
                optind < argc ? "unexpected argument; options only" : "--dir DIR is missing");
        return 2;
    }
    return 0;
}

static void parent_gone(void *self) {
    world_orphan(self);
}

static void stop_by_signal(void *self, int signal_number) {
    (void)signal_number;
    loop_stop(self);
}

static int run(struct loop *loop, const struct arguments *a, struct err *err) {
    if (fs_mkdir_p(a->options.dir, 0755, err) < 0 ||
        loop_on_signal(loop, SIGTERM, stop_by_signal, loop, err) < 0 ||
        loop_on_signal(loop, SIGINT, stop_by_signal, loop, err) < 0)
        return err->code;

    struct world w;
    if (world_init(&w, loop, &a->options, err) < 0)
        return err->code;
    w.linger_s = a->linger_s;
    int rc = a->stay ? 0 : loop_on_parent_gone(loop, parent_gone, &w, err);
    if (rc == 0)
        rc = world_announce(&w, err);
    if (rc == 0)
        rc = loop_run(loop, err);
    world_release(&w);
    return rc;
}

int world_main(int argc, char **argv) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep) char *profiles = data ? fs_join(data, "fixtures/profiles") : NULL;
    CLEANUP(str_freep) char *charms = data ? fs_join(data, "fixtures/bundle") : NULL;
    CLEANUP(json_freep) json_t *quirks = json_array();
    CLEANUP(json_freep) json_t *offers = json_array();
    CLEANUP(json_freep) json_t *faults = json_array();
    struct arguments a = {.quirks = quirks,
                          .offers = offers,
                          .faults = faults,
                          .options = {.profile = "1.6.2",
                                      .profile_dir = profiles,
                                      .charms_dir = charms,
                                      .quirks = quirks,
                                      .offers = offers,
                                      .faults = faults,
                                      .speed = 1000,
                                      .seed = rng_seed_from_os()}};
    int rc = read_arguments(argc, argv, &a);
    if (rc)
        return rc == 1 ? 0 : rc;
    if (!data) {
        fputs("confed-sim world: the folders cases and fixtures are not found; set CONFED_DATA\n",
              stderr);
        return 3;
    }

    struct err err = {0};
    CLEANUP(loop_freep) struct loop *loop = loop_new();
    if (run(loop, &a, &err) < 0) {
        fprintf(stderr, "confed-sim world: %s\n", err.text);
        return err.code == ERR_USAGE ? 2 : 3;
    }
    return 0;
}
