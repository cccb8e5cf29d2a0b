#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/world/world_sim.h"

static const struct options options = {
    .command = "confed down",
    .arguments = "DIR",
    .about = "Stops the simulated world that confed up started in DIR (or confed run --keep in\n"
             "RUN/world).",
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one DIR",
};

int down_main(int argc, char **argv) {
    int first, code = options_parse(&options, argc, argv, NULL, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    struct err err = {0};
    if (world_sim_down(argv[first], &err) < 0)
        return commands_fail("down", &err);
    return COMMAND_GREEN;
}
