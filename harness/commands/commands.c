#include "harness/commands/commands.h"
#include "harness/core/mem.h"

#include <stdio.h>

const struct command *commands_all(void) {
    static const struct command table[] = {
        {"list", "[CASE...]", "list the cases", list_main},
        {"explain", "CASE...", "say what a case does, and why", explain_main},
        {"lint", "[FILE...]", "check the cases without running them", lint_main},
        {"help", "[COMMAND]", "show this, or what a command takes", help_main},
        {NULL, NULL, NULL, NULL},
    };
    return table;
}

int commands_fail(const char *command, const struct err *err) {
    (void)fflush(stdout);
    fprintf(stderr, "confed %s: %s\n", command, err->text);
    return err->code == ERR_USAGE ? COMMAND_USAGE : COMMAND_TROUBLE;
}

int commands_usage(const char *command) {
    (void)fflush(stdout);
    fprintf(stderr, "Try: confed %s --help\n", command);
    return COMMAND_USAGE;
}
