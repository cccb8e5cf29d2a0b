#include "harness/commands/commands.h"
#include "harness/world/world_sim.h"

#include <getopt.h>
#include <stdio.h>

int down_main(int argc, char **argv) {
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    optind = 0;
    int option = getopt_long(argc, argv, "h", options, NULL);
    if (option == 'h') {
        printf("Usage: confed down DIR\n\nStops the simulated world that confed up started in DIR "
               "(or confed run --keep\nin RUN/world).\n");
        return COMMAND_GREEN;
    }
    if (option != -1 || argc - optind != 1) {
        fprintf(stderr, "confed down: expected one DIR\n");
        return commands_usage("down");
    }
    struct err err = {0};
    if (world_sim_down(argv[optind], &err) < 0)
        return commands_fail("down", &err);
    return COMMAND_GREEN;
}
