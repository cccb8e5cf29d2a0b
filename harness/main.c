/* The program confed: finds the subcommand and leaves the rest to it. */
#include "harness/commands/commands.h"
#include "harness/core/str.h"

#include <signal.h>
#include <stdio.h>

#ifndef CONFED_VERSION
#define CONFED_VERSION "0"
#endif

int main(int argc, char **argv) {
    (void)signal(SIGPIPE,
                 SIG_IGN); /* a peer or pager that goes away is an error code, not a death */
    if (argc < 2) {
        char *none[] = {argv[0], NULL};
        (void)help_main(1, none);
        return COMMAND_USAGE;
    }
    if (str_eq(argv[1], "--version")) {
        printf("confed %s\n", CONFED_VERSION);
        return COMMAND_GREEN;
    }
    if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))
        return help_main(1, argv);
    for (const struct command *c = commands_all(); c->name; c++)
        if (str_eq(c->name, argv[1]))
            return c->main(argc - 1, argv + 1);
    fprintf(stderr, "confed: there is no command \"%s\"\n", argv[1]);
    fprintf(stderr, "Try: confed --help\n");
    return COMMAND_USAGE;
}
