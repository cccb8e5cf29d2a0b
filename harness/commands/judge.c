#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/verdicts.h"
#include "harness/core/json.h"

struct judge_args {
    const char *ledger;
    json_t *gaps; /* owned */
    bool fine;
};

static const struct option_row rows[] = {
    LEDGER_ROWS(struct judge_args),
    OPTION_ROW_SWITCH("vanished-is-fine", struct judge_args, fine,
                      "a gap that vanished does not make the run red"),
};

static const struct options options = {
    .command = "confed judge",
    .arguments = "[OPTION...] RUN",
    .about = "Judges a run again from what was observed, writes RUN/results.json and the reports,\n"
             "and shows the table. RUN is a run's folder, also of a run that was killed.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one RUN, a run's folder",
};

static int judge(const char *run, const struct judge_args *args) {
    struct err err = {0};
    struct ledger_choice choice = {.ledger = args->ledger, .beside = args->gaps};
    CLEANUP(json_freep) json_t *results = verdicts_judge(run, &choice, args->fine, &err);
    if (!results || verdicts_write_reports(run, results, &err) < 0)
        return commands_fail("judge", &err);
    verdicts_show(results);
    return verdicts_exit(results);
}

int judge_main(int argc, char **argv) {
    struct judge_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON)
        code = judge(argv[first], &args);
    json_decref(args.gaps);
    return code;
}
