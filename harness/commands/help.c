#include "harness/commands/commands.h"
#include "harness/core/str.h"

#include <stdio.h>

static void print_commands(void) {
    printf("confed: end-to-end tests for Kubernetes federations delivered by Juju.\n\n"
           "Usage: confed COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
    for (const struct command *c = commands_all(); c->name; c++) {
        int width = printf("  %s %s", c->name, c->arguments);
        printf("%*s%s\n", width < 30 ? 30 - width : 2, "", c->summary);
    }
    printf("\nTo begin with:\n"
           "  confed run                  every case, in a simulated world (no cluster needed)\n"
           "  confed list                 what there is to run\n"
           "  confed COMMAND --help       what a command takes\n\n"
           "Exit codes: 0 green, 1 red, 2 wrong usage, 3 the harness could not work.\n");
}

int help_main(int argc, char **argv) {
    if (argc < 2 || argv[1][0] == '-') {
        print_commands();
        return COMMAND_GREEN;
    }
    for (const struct command *c = commands_all(); c->name; c++) {
        char option[] = "--help";
        char *arguments[] = {argv[1], option, NULL};
        if (str_eq(c->name, argv[1]) && c->main != help_main)
            return c->main(2, arguments);
    }
    fprintf(stderr, "confed help: there is no command \"%s\" (confed help shows them)\n", argv[1]);
    return COMMAND_USAGE;
}
