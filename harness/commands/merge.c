#include "harness/judge/merge.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/run_files.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"

#include <stdio.h>

struct merge_args {
    const char *out;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("out", "DIR", struct merge_args, out,
                    "where results.json and the reports of the whole are written"),
};

static const struct options options = {
    .command = "confed merge",
    .arguments = "--out DIR RUN...",
    .about =
        "Puts the shards of a run (confed run --shard I/N) together: the results and reports\n"
        "of the whole are written into DIR, and the table is shown. The whole is red when one\n"
        "of the shards is, when a shard is missing, or a case that was selected is in none.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = SIZE_MAX,
    .operands = "the RUNs of all shards",
};

int merge_main(int argc, char **argv) {
    struct merge_args args = {0};
    struct err err = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON && !args.out)
        code = options_wrong(&options, "expected --out DIR, where the whole is written");
    if (code != OPTIONS_GO_ON)
        return code;
    CLEANUP(json_freep) json_t *paths = json_array();
    for (int i = first; i < argc; i++)
        run_files_add(&paths, argv[i]);
    CLEANUP(json_freep) json_t *runs = run_files_load_all(paths, NULL, &err);
    CLEANUP(json_freep) json_t *whole = runs ? merge_results(runs, &err) : NULL;
    if (!whole || fs_mkdir_p(args.out, 0755, &err) < 0 ||
        verdicts_write(args.out, whole, &err) < 0 ||
        verdicts_write_reports(args.out, whole, &err) < 0)
        return commands_fail("merge", &err);
    verdicts_show(whole);
    printf("\n%s\n", args.out);
    return verdicts_exit(whole);
}
