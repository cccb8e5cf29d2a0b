#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/repeat.h"
#include "harness/commands/run_args.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/evidence/evidence.h"
#include "harness/model/value.h"

#include <stdio.h>
#include <string.h>

static int take_shard(void *into, const char *value, struct err *err) {
    struct run_args *args = into;
    const char *slash = strchr(value, '/');
    CLEANUP(str_freep) char *index = xstrndup(value, slash ? (size_t)(slash - value) : 0);
    if (slash && str_to_int(slash + 1, 1, 10000, &args->once.shards) &&
        str_to_int(index, 1, args->once.shards, &args->once.shard))
        return 0;
    return err_set(err, ERR_USAGE, "--shard %s: expected I/N, like 1/3 for the first of three",
                   value);
}

static int take_evidence(void *into, const char *value, struct err *err) {
    struct run_args *args = into;
    if (!value_duration_ms(value, &args->once.evidence_ms))
        return err_set(err, ERR_USAGE, "--evidence %s: expected a duration like 60s", value);
    return 0;
}

const struct option_row run_args_rows[RUN_ARGS_ROWS] = {
    OPTION_ROW_TEXT("cases", "DIR", struct run_args, once.cases_dir, "the folder of the cases"),
    OPTION_ROW_TEXT("filter", "EXPR", struct run_args, once.filter,
                    "of the cases that are named only those for which this holds, like 'area=gaps "
                    "and not needs=loadbalancer' (cases/README.md)"),
    OPTION_ROW_OTHER("shard", "I/N", take_shard,
                     "the I-th of N parts of the cases, with what comes before them; confed merge "
                     "puts the parts together"),
    OPTION_ROW_NUMBER("jobs", "N", struct run_args, once.jobs, 1, 1000,
                      "how many cases run at once (default 8)"),
    OPTION_ROW_NUMBER("repeat", "N", struct run_args, repeat, 1, REPEAT_MAX,
                      "run N times, each in a world and a folder of its own"),
    OPTION_ROW_SWITCH("until-fail", struct run_args, until_fail,
                      "run again and again until a run is red (at most --repeat times)"),
    OPTION_ROW_TEXT("ledger", "FILE", struct run_args, once.ledger,
                    "the known gaps (default fixtures/gaps.json)"),
    OPTION_ROW_LIST("gaps", "FILE", struct run_args, once.gaps,
                    "a ledger of your own beside it (again for more)"),
    OPTION_ROW_TEXT("history", "FILE", struct run_args, once.history,
                    "add the run to this file, which confed history shows"),
    OPTION_ROW_TEXT("out", "DIR", struct run_args, once.out,
                    "the run's folder (default runs/<id>); of several runs the folder of their "
                    "folders"),
    OPTION_ROW_TEXT("resume", "RUN", struct run_args, once.resume,
                    "go on with a run that was killed or stopped: cases that have passed are not "
                    "run again"),
    OPTION_ROW_TEXT("budget", "FILE", struct run_args, once.budget,
                    "how long steps, the run and its tear-down may take, over what the world says "
                    "(fixtures/README.md)"),
    OPTION_ROW_SWITCH("keep", struct run_args, once.keep,
                      "no tear-down: models, objects and the simulated world stay until confed "
                      "down RUN"),
    OPTION_ROW_SWITCH("keep-on-failure", struct run_args, once.keep_on_failure,
                      "the same, but only when a case was red"),
    OPTION_ROW_OTHER("evidence", "DURATION", take_evidence,
                     "how long collecting evidence of a case that failed may take (60s; 0s: none "
                     "is collected)"),
    OPTION_ROW_NUMBER("evidence-bytes", "N", struct run_args, once.evidence_bytes, 1 << 16,
                      1LL << 32, "how large it may be (16 MiB)"),
    OPTION_ROW_SWITCH("quiet", struct run_args, once.quiet, "only the table at the end"),
};

static void print_exit_codes(void) {
    printf("\nExit codes: 0 green, 1 red, 2 wrong usage, 3 the harness could not work.\n");
}

static const struct options options = {
    .command = "confed run",
    .arguments = "[OPTION...] [CASE...]",
    .about =
        "Runs cases in a world, shows what came of them, and leaves everything that was\n"
        "observed in a folder. CASE is an id, a glob like 'lifecycle.*' or an area; what comes\n"
        "before a case runs too. Without CASE, every case runs.",
    .groups = {{.heading = "The world:",
                .rows = world_args_choice,
                .count = WORLD_ARGS_CHOICE,
                .at = offsetof(struct run_args, once.world)},
               {.rows = world_args_simulated,
                .count = WORLD_ARGS_SIMULATED,
                .at = offsetof(struct run_args, once.world)},
               {.heading = "The run:", .rows = run_args_rows, .count = RUN_ARGS_ROWS}},
    .operands_max = SIZE_MAX,
    .more = print_exit_codes,
};

/* What cannot be said together; NULL when all is well. */
static const char *contradiction(const struct run_args *a) {
    const struct run_request *once = &a->once;
    if (once->resume &&
        (once->out || once->cases_dir || once->filter || once->shards || once->first < once->argc))
        return "--resume takes its cases and its folder from the run: no --out, --cases, "
               "--filter, --shard or CASE with it";
    if ((a->repeat || a->until_fail) && (once->resume || once->keep || once->keep_on_failure))
        return "--repeat and --until-fail make new runs, each torn down: no --resume, --keep or "
               "--keep-on-failure with them";
    return NULL;
}

int run_main(int argc, char **argv) {
    struct run_args args = {.once = {.argc = argc, .argv = argv, .evidence_ms = EVIDENCE_TIME_MS}};
    world_args_init(&args.once.world);
    int code = options_parse(&options, argc, argv, &args, &args.once.first);
    const char *wrong = code == OPTIONS_GO_ON ? contradiction(&args) : NULL;
    if (wrong)
        code = options_wrong(&options, "%s", wrong);
    if (code == OPTIONS_GO_ON && (args.repeat || args.until_fail)) {
        code = repeat_runs(&args.once, args.repeat, args.until_fail);
    } else if (code == OPTIONS_GO_ON) {
        struct run_done done;
        code = run_once(&args.once, &done);
        run_done_release(&done);
    }
    world_args_release(&args.once.world);
    json_decref(args.once.gaps);
    return code;
}
