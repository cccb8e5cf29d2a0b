/*
 * The subcommands of confed, one file each. Each takes its own argument vector (argv[0] is its
 * name), prints, and returns the exit code: 0 green, 1 red, 2 wrong usage, 3 the harness could not
 * work.
 */
#ifndef CONFED_COMMANDS_COMMANDS_H
#define CONFED_COMMANDS_COMMANDS_H

#include "harness/core/err.h"

#include <jansson.h>

enum { COMMAND_GREEN = 0, COMMAND_RED = 1, COMMAND_USAGE = 2, COMMAND_TROUBLE = 3 };

struct command {
    const char *name, *arguments, *summary;
    int (*main)(int argc, char **argv);
};
/* Borrowed; ends with a NULL name. */
const struct command *commands_all(void);

int run_main(int argc, char **argv);
int list_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int lint_main(int argc, char **argv);
int judge_main(int argc, char **argv);
int report_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int gaps_main(int argc, char **argv);
int merge_main(int argc, char **argv);
int history_main(int argc, char **argv);
int upgrade_check_main(int argc, char **argv);
int profiles_main(int argc, char **argv);
int dns_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int up_main(int argc, char **argv);
int down_main(int argc, char **argv);
int merge_kubeconfig_main(int argc, char **argv);
int help_main(int argc, char **argv);

/* Prints "confed <command>: <err>" to stderr; the exit code for err. */
int commands_fail(const char *command, const struct err *err);

#endif
