/* Several runs of the same cases, each in a world and a folder of its own. */
#ifndef CONFED_COMMANDS_REPEAT_H
#define CONFED_COMMANDS_REPEAT_H

#include "harness/commands/run_once.h"

enum { REPEAT_MAX = 100000 };

/*
 * Runs count times (0: until it fails), with until_fail no longer than until a run is red; then
 * says which cases did not end alike. Red when one of the runs was.
 */
int repeat_runs(struct run_request *asked, int64_t count, bool until_fail);

#endif
