#include "mocks/sim/world_main.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/options.h"
#include "harness/core/str.h"
#include "mocks/sim/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct world_options options;
    json_t *quirks, *offers, *faults, *clocks; /* owned */
    int64_t seed;                              /* -1: from the system */
    bool stay;
    double linger_s;
};

/* "2.0" to "3.99", with more numbers behind it. */
static int take_juju_version(void *into, const char *text, struct err *err) {
    struct arguments *a = into;
    unsigned major, minor;
    int len = 0;
    if (sscanf(text, "%1u.%2u%n", &major, &minor, &len) != 2 || (major != 2 && major != 3) ||
        text[len + (int)strspn(text + len, ".0123456789")])
        return err_set(err, ERR_USAGE,
                       "--juju-version %s: expected a release of Juju like 2.1.3, 2.9.44 or 3.1.6",
                       text);
    a->options.juju_version = text;
    return 0;
}

/* "c2=3600": the clock of c2's machines is an hour ahead. */
static int take_clock(void *into, const char *text, struct err *err) {
    struct arguments *a = into;
    const char *equals = strchr(text, '=');
    int64_t ahead_s;
    if (!equals || equals == text || !str_to_int(equals + 1, -86400, 86400, &ahead_s))
        return err_set(err, ERR_USAGE,
                       "--clock %s: expected MODEL=SECONDS, at most a day ahead or behind", text);
    CLEANUP(str_freep) char *model = xstrndup(text, (size_t)(equals - text));
    json_set_int(a->clocks, model, ahead_s * 1000);
    return 0;
}

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("dir", "DIR", struct arguments, options.dir,
                    "where the world keeps its files (made when missing)"),
    OPTION_ROW_TEXT("profile", "RELEASE", struct arguments, options.profile,
                    "the Kubernetes release: 1.6.2 (default), 1.7.0, 1.8.0, 1.9.0 ..."),
    OPTION_ROW_OTHER("juju-version", "VERSION", take_juju_version,
                     "how juju speaks, 2.1.3 to 3.6.0 (default: as at the time of the release)"),
    OPTION_ROW_LIST("quirk", "NAME=on|off", struct arguments, quirks,
                    "switch one behaviour of the release (confed profiles lists them)"),
    OPTION_ROW_LIST("offer", "NAME", struct arguments, offers,
                    "also offer: loadbalancer, persistent-volumes"),
    OPTION_ROW_LIST("fault", "RULE", struct arguments, faults,
                    "let requests fail, like 'get /api/v1/nodes status=500 count=2'"),
    OPTION_ROW_OTHER("clock", "MODEL=SECONDS", take_clock,
                     "let the clocks of a model's machines be ahead (again for more)"),
    OPTION_ROW_REAL("speed", "N", struct arguments, options.speed, 0.01, 100000,
                    "world seconds in a real second (default 1000)"),
    OPTION_ROW_NUMBER("seed", "N", struct arguments, seed, 0, INT64_MAX,
                      "of everything random (default: from the system)"),
    OPTION_ROW_SWITCH("strict", struct arguments, options.strict,
                      "serve exactly the API groups of the release"),
    OPTION_ROW_SWITCH("stay", struct arguments, stay, "go on when the parent has gone"),
    OPTION_ROW_REAL("linger", "SECONDS", struct arguments, linger_s, 0, 86400,
                    "go on that long after the parent has gone and the last juju command has "
                    "come"),
};

static const struct options options = {
    .command = "confed-sim world",
    .arguments = "--dir DIR [OPTION...]",
    .about =
        "Runs a simulated world until its parent goes, it is told to stop or it gets SIGTERM.\n"
        "DIR/world.json appears when the world is ready and says how to use it.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands = "options only",
};

static void parent_gone(void *self) {
    world_orphan(self);
}

static void stop_by_signal(void *self, int signal_number) {
    (void)signal_number;
    loop_stop(self);
}

static int serve(struct loop *loop, const struct arguments *a, struct err *err) {
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

static int run(struct arguments *a, struct err *err) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    if (!data)
        return err_set(err, ERR_STATE,
                       "the folders cases and fixtures are not found; set CONFED_DATA");
    CLEANUP(str_freep) char *profiles = fs_join(data, "fixtures/profiles");
    CLEANUP(str_freep) char *charms = fs_join(data, "fixtures/bundle");
    a->options.profile_dir = profiles;
    a->options.charms_dir = charms;
    a->options.quirks = a->quirks;
    a->options.offers = a->offers;
    a->options.faults = a->faults;
    a->options.clocks = a->clocks;
    a->options.seed = a->seed < 0 ? rng_seed_from_os() : (uint64_t)a->seed;
    CLEANUP(loop_freep) struct loop *loop = loop_new();
    return serve(loop, a, err);
}

int world_main(int argc, char **argv) {
    struct arguments a = {
        .seed = -1, .clocks = json_object(), .options = {.profile = "1.6.2", .speed = 1000}};
    int first, code = options_parse(&options, argc, argv, &a, &first);
    struct err err = {0};
    if (code == OPTIONS_GO_ON && !a.options.dir)
        code = options_wrong(&options, "--dir DIR is missing");
    if (code == OPTIONS_GO_ON) {
        code = 0;
        if (run(&a, &err) < 0) {
            fprintf(stderr, "confed-sim world: %s\n", err.text);
            code = err.code == ERR_USAGE ? 2 : 3;
        }
    }
    json_decref(a.quirks);
    json_decref(a.offers);
    json_decref(a.faults);
    json_decref(a.clocks);
    return code;
}
