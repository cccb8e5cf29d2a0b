/*
 * run.json: what a run was asked for and its cases as they were, so that it can be judged, resumed
 * and taken down without their files and in another folder. "cases" are those of the run,
 * "left_out" those that are only there because others are after them (a tear-down of what nobody
 * set up), and "kept" names the tear-downs that did not run because what they take down was to
 * stay.
 */
#ifndef CONFED_COMMANDS_RUN_JSON_H
#define CONFED_COMMANDS_RUN_JSON_H

#include "harness/commands/world_args.h"
#include "harness/core/err.h"
#include "harness/model/case_graph.h"

#include <jansson.h>

void run_json_set_cases(json_t *run, const struct case_graph *g);
/* The graph of the run; owned. NULL: ERR_INPUT. */
struct case_graph *run_json_graph(const json_t *run, struct err *err);
/* Its tear-downs are not to run, and after all they are. */
void run_json_keep(json_t *run);
void run_json_unkeep(json_t *run);

/* What is asked of a world; owned. */
json_t *run_json_asked(const struct world_args *w);
/* What the run was asked for counts again where nothing else is said now. */
void run_json_take_asked(struct world_args *w, const json_t *run);

int run_json_write(const json_t *run, const char *dir, struct err *err);

#endif
