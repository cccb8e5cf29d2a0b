/*
 * The results of the shards of one run put together. A case that was in several shards, because
 * others come after it, gets the verdict of the worst; what of the selection no shard has is
 * missing, and makes the whole red.
 */
#ifndef CONFED_JUDGE_MERGE_H
#define CONFED_JUDGE_MERGE_H

#include "harness/core/err.h"

#include <jansson.h>

/*
 * runs is an array of results (checked by results_check), borrowed. Owned results, or NULL with
 * ERR_INPUT: runs of different worlds or releases, shards of different selections, a run that is
 * there twice.
 */
json_t *merge_results(const json_t *runs, struct err *err);

#endif
