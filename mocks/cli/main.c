/* confed-cli: the juju and the kubefed of a simulated world, by the name it is called by. */
#include "harness/core/str.h"
#include "mocks/cli/juju_cli.h"
#include "mocks/cli/kubefed_cli.h"

#include <signal.h>

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} programs[] = {{"juju", juju_cli_main}, {"kubefed", kubefed_cli_main}};

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    for (int named = 0; named < 2 && named < argc; named++)
        for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
            if (str_eq(base_of(argv[named]), programs[i].name))
                return programs[i].main(argc - named, argv + named);
    fprintf(stderr, "usage: confed-cli juju|kubefed ...; or call it by one of these names\n");
    return 2;
}
