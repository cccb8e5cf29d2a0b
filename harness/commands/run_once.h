/* One run, from what is asked for to its reports: what `confed run` does once or again and again.
 */
#ifndef CONFED_COMMANDS_RUN_ONCE_H
#define CONFED_COMMANDS_RUN_ONCE_H

#include "harness/commands/verdicts.h"
#include "harness/commands/world_args.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct run_request { /* texts are borrowed from argv */
    struct world_args world;
    const char *cases_dir, *ledger, *out, *resume, *filter, *history, *budget;
    json_t *gaps; /* paths of more ledgers; owned, or NULL */
    int64_t jobs;
    int64_t evidence_ms, evidence_bytes; /* of one case; 0 ms: none is collected */
    int64_t shard, shards;               /* from 1; 0: all of it */
    bool keep, keep_on_failure;
    bool only_teardown; /* with resume, also of a run that is finished */
    bool quiet, silent; /* silent: not even the table */
    int argc, first;    /* selectors are from argv[first] on */
    char **argv;
};

struct run_done {
    char *dir;       /* owned; NULL when there is none */
    json_t *results; /* owned; NULL when it could not be judged */
    bool interrupted, kept;
};
void run_done_release(struct run_done *d);

/* Runs, judges, writes the reports and shows the table; the exit code. */
int run_once(struct run_request *asked, struct run_done *ret);

#endif
