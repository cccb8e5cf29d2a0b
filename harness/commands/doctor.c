#include "harness/commands/commands.h"
#include "harness/commands/options.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/world/tools.h"

#include <stdio.h>
#include <stdlib.h>

struct need {
    const char *program, *what_for, *install;
    bool simulated; /* the simulated world cannot do without */
};

static const struct options options = {
    .command = "doctor",
    .arguments = "",
    .about = "Says which programs are here, what they are for, and the command that installs what\n"
             "is missing. Exit code 1 when the simulated world cannot run.",
};

static bool check(const struct need *n) {
    CLEANUP(str_freep) char *found = tools_find(n->program, getenv("PATH"));
    printf("%-8s %-10s %s\n",
           found          ? "ok"
           : n->simulated ? "MISSING"
                          : "missing",
           n->program, found ? found : n->what_for);
    if (!found)
        printf("         %-10s   %s\n", "", n->install);
    return found || !n->simulated;
}

static bool check_own(const char *name, const char *variable) {
    struct err err = {0};
    CLEANUP(str_freep) char *found = tools_own(name, variable, &err);
    printf("%-8s %-10s %s\n", found ? "ok" : "MISSING", name, found ? found : err.text);
    if (!found)
        printf("         %-10s   cmake --workflow --preset dev\n", "");
    return found != NULL;
}

static bool check_data(void) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    printf("%-8s %-10s %s\n", data ? "ok" : "MISSING", "data",
           data ? data : "the folder with cases/ and fixtures/: set CONFED_DATA");
    return data != NULL;
}

int doctor_main(int argc, char **argv) {
    static const struct need needs[] = {
        {"kubectl", "talks to the clusters, in every world", "apt-get install kubernetes-client",
         true},
        {"juju", "only for --world juju", "snap install juju --classic", false},
        {"kubefed", "only for --world juju and existing",
         "from https://dl.k8s.io/v1.6.2/kubernetes-client-linux-amd64.tar.gz", false},
        {"dig", "only to look at DNS by hand", "apt-get install bind9-dnsutils", false},
    };
    int first, code = options_parse(&options, argc, argv, NULL, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    bool able = true;
    for (size_t i = 0; i < ARRAY_LEN(needs); i++)
        able &= check(&needs[i]);
    able &= check_own("confed-sim", "CONFED_SIM");
    able &= check_data();
    printf("%s\n", able ? "The simulated world can run: confed run"
                        : "The simulated world cannot run: install what is MISSING");
    return able ? COMMAND_GREEN : COMMAND_RED;
}
