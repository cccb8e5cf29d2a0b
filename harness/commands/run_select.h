/* Which cases a run takes in: what was named, less what a filter or a shard leaves out. */
#ifndef CONFED_COMMANDS_RUN_SELECT_H
#define CONFED_COMMANDS_RUN_SELECT_H

#include "harness/commands/run_once.h"
#include "harness/core/err.h"
#include "harness/model/case_graph.h"

enum { RUN_SELECT_NOTHING = -100 };

/*
 * Selects cases of the graph. RUN_SELECT_NOTHING, with err, when nothing is left; ERR_USAGE when
 * what was asked for is wrong; ERR_INPUT for a ledger that is. For a shard, *ret_shard (owned) is
 * what the results of all shards are put together by: {"index", "count", "selection": [ids]}.
 */
int run_select(struct case_graph *g, const struct run_request *asked, json_t **ret_shard,
               struct err *err);

#endif
