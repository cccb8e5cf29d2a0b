#include "harness/commands/commands.h"
#include "harness/commands/doctor_checks.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/world/tools.h"

#include <stdlib.h>

struct need {
    const char *program, *what_for, *install;
    bool simulated; /* the simulated world cannot do without */
};

static const struct option_row rows[] = {
    OPTION_ROW_SWITCH("json", struct doctor, json, "one JSON document"),
};

static const struct options options = {
    .command = "confed doctor",
    .arguments = "[OPTION...] [option or CASE of confed run...]",
    .about = "Says which programs are here, what they are for, and the command that installs what\n"
             "is missing. With --world juju also whether the controller is there and logged in,\n"
             "what room there is, and every model, charm, image and URL that the run takes. It\n"
             "takes the options of confed run, so that what is checked is what that would do.\n"
             "Exit code 1 when the run cannot work.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)},
               {.heading = "The world:",
                .rows = world_args_choice,
                .count = WORLD_ARGS_CHOICE,
                .at = offsetof(struct doctor, run.once.world)},
               {.rows = world_args_simulated,
                .count = WORLD_ARGS_SIMULATED,
                .at = offsetof(struct doctor, run.once.world),
                .hidden = true},
               {.rows = run_args_rows,
                .count = RUN_ARGS_ROWS,
                .at = offsetof(struct doctor, run),
                .hidden = true}},
    .operands_max = SIZE_MAX,
};

static void check(struct doctor *d, const struct need *n) {
    CLEANUP(str_freep) char *found = tools_find(n->program, getenv("PATH"));
    enum doctor_state absent = n->simulated ? DOCTOR_MISSING : DOCTOR_WISHED;
    doctor_add(d, n->program, found ? DOCTOR_OK : absent, found ? NULL : n->install, "%s",
               found ? found : n->what_for);
}

static void check_own(struct doctor *d, const char *name, const char *variable) {
    struct err err = {0};
    CLEANUP(str_freep) char *found = tools_own(name, variable, &err);
    doctor_add(d, name, found ? DOCTOR_OK : DOCTOR_MISSING,
               found ? NULL : "cmake --workflow --preset dev", "%s", found ? found : err.text);
}

static void check_data(struct doctor *d) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    doctor_add(d, "data", data ? DOCTOR_OK : DOCTOR_MISSING, data ? NULL : "set CONFED_DATA", "%s",
               data ? data : "the folder with cases/ and fixtures/");
}

static void check_programs(struct doctor *d) {
    static const struct need needs[] = {
        {"kubectl", "talks to the clusters, in every world", "apt-get install kubernetes-client",
         true},
        {"juju", "only for --world juju", "snap install juju --classic", false},
        {"kubefed", "only for --world juju and existing",
         "from https://dl.k8s.io/v1.6.2/kubernetes-client-linux-amd64.tar.gz", false},
        {"dig", "only to look at DNS by hand", "apt-get install bind9-dnsutils", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(needs); i++)
        check(d, &needs[i]);
    check_own(d, "confed-sim", "CONFED_SIM");
    check_data(d);
}

int doctor_main(int argc, char **argv) {
    struct doctor d = {.run.once = {.argc = argc, .argv = argv}, .checks = json_array()};
    world_args_init(&d.run.once.world);
    int code = options_parse(&options, argc, argv, &d, &d.run.once.first);
    if (code == OPTIONS_GO_ON) {
        if (str_eq(d.run.once.world.world, "juju"))
            doctor_juju(&d);
        else
            check_programs(&d);
        doctor_print(&d);
        code = d.unable ? COMMAND_RED : COMMAND_GREEN;
    }
    world_args_release(&d.run.once.world);
    json_decref(d.run.once.gaps);
    json_decref(d.checks);
    json_decref(d.uses);
    return code;
}
