/* The options of `confed run`, which confed doctor takes too: the same words, checked beforehand.
 */
#ifndef CONFED_COMMANDS_RUN_ARGS_H
#define CONFED_COMMANDS_RUN_ARGS_H

#include "harness/core/options.h"
#include "harness/commands/run_once.h"

struct run_args {
    struct run_request once;
    int64_t repeat; /* 0: not said */
    bool until_fail;
};

enum { RUN_ARGS_ROWS = 17 };
extern const struct option_row run_args_rows[RUN_ARGS_ROWS]; /* for a struct run_args */

#endif
