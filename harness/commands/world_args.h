/* The options that say which world, and what of it: shared by run and up. */
#ifndef CONFED_COMMANDS_WORLD_ARGS_H
#define CONFED_COMMANDS_WORLD_ARGS_H

#include "harness/core/err.h"
#include "harness/world/world.h"

#include <getopt.h>
#include <stdio.h>

struct world_args {
    const char *world;            /* borrowed from argv */
    struct world_options options; /* its lists are owned */
    json_t *tools;                /* owned */
};

/* Values of getopt_long's options, above every character. */
enum {
    WORLD_ARG_WORLD = 1000,
    WORLD_ARG_PROFILE,
    WORLD_ARG_QUIRK,
    WORLD_ARG_OFFER,
    WORLD_ARG_SPEED,
    WORLD_ARG_SEED,
    WORLD_ARG_FLOOR,
    WORLD_ARG_TOOL,
    WORLD_ARG_FAULT,
    WORLD_ARG_KUBECONFIG,
    WORLD_ARG_CONTEXT,
};
#define WORLD_ARGS_OPTIONS                                               \
    {"world", required_argument, NULL, WORLD_ARG_WORLD},                 \
        {"profile", required_argument, NULL, WORLD_ARG_PROFILE},         \
        {"quirk", required_argument, NULL, WORLD_ARG_QUIRK},             \
        {"offer", required_argument, NULL, WORLD_ARG_OFFER},             \
        {"speed", required_argument, NULL, WORLD_ARG_SPEED},             \
        {"seed", required_argument, NULL, WORLD_ARG_SEED},               \
        {"floor", required_argument, NULL, WORLD_ARG_FLOOR},             \
        {"tool", required_argument, NULL, WORLD_ARG_TOOL},               \
        {"fault", required_argument, NULL, WORLD_ARG_FAULT},             \
        {"kubeconfig", required_argument, NULL, WORLD_ARG_KUBECONFIG}, { \
        "context", required_argument, NULL, WORLD_ARG_CONTEXT            \
    }

void world_args_init(struct world_args *a);
void world_args_release(struct world_args *a);
/* Takes one option; ERR_USAGE says what is wrong with its value. Values are borrowed from argv. */
int world_args_take(struct world_args *a, int option, const char *value, struct err *err);
/* Makes the world that was asked for (sim when none was). */
int world_args_open(const struct world_args *a, struct world *ret, struct err *err);
/* The help lines of these options; with every: also those that `up` does not have. */
void world_args_help(bool every);

#endif
