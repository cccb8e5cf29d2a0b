/* The running world as its clients see it: world.json, named by CONFED_WORLD. */
#ifndef CONFED_CLI_WORLD_FILE_H
#define CONFED_CLI_WORLD_FILE_H

#include "harness/core/err.h"
#include "harness/profile/profile.h"

#include <jansson.h>

/* Owned; NULL with one line that says what to do when CONFED_WORLD names no world. */
json_t *world_file_load(struct err *err);
/* World milliseconds per real millisecond; 1 without a world. */
double world_file_speed(const json_t *world);
/*
 * The profile of $CONFED_PROFILE, else of the world (with its quirks), else the oldest; owned.
 * world may be NULL.
 */
struct profile *world_file_profile(const json_t *world, struct err *err);

#endif
