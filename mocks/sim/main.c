/* confed-sim: the simulated world, or one API server of it alone. */
#include "mocks/sim/apiserver_main.h"
#include "mocks/sim/world_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: confed-sim COMMAND [options]\n"
    "\n"
    "  apiserver  one API server alone, for tests of other people's clients\n"
    "  world      a whole simulated world: Juju, clusters, DNS, firewall\n"
    "\n"
    "confed-sim COMMAND --help says more.\n";

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc >= 2 && strcmp(argv[1], "world") == 0)
        return world_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "apiserver") == 0)
        return apiserver_main(argc - 1, argv + 1);
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc >= 2)
        fprintf(stderr, "confed-sim: unknown command '%s'\n", argv[1]);
    fputs(usage, stderr);
    return 2;
}
