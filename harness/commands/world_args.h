/* The options that say which world, and what of it: shared by run and up. */
#ifndef CONFED_COMMANDS_WORLD_ARGS_H
#define CONFED_COMMANDS_WORLD_ARGS_H

#include "harness/core/options.h"
#include "harness/core/err.h"
#include "harness/world/world.h"

struct world_args {
    const char *world;            /* borrowed from argv */
    struct world_options options; /* its lists are owned */
    json_t *tools;                /* owned */
};

/* Their options (options.h), for a group whose struct is world_args: what a simulated world takes,
 * and what chooses among worlds and concerns the others. */
enum { WORLD_ARGS_SIMULATED = 8, WORLD_ARGS_CHOICE = 7 };
extern const struct option_row world_args_simulated[WORLD_ARGS_SIMULATED];
extern const struct option_row world_args_choice[WORLD_ARGS_CHOICE];

void world_args_init(struct world_args *a);
void world_args_release(struct world_args *a);
/* Makes the world that was asked for (sim when none was). */
int world_args_open(const struct world_args *a, struct world *ret, struct err *err);

#endif
