#include "harness/commands/commands.h"
#include "harness/commands/options.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/model/results.h"
#include "reports/report.h"

#include <stdio.h>

struct report_args {
    const struct report_format *format;
    struct report_options how;
};

static int take_format(void *into, const char *value, struct err *err) {
    struct report_args *args = into;
    args->format = report_find(value);
    return args->format ? 0 : err_set(err, ERR_USAGE, "there is no format \"%s\"", value);
}

static void print_formats(void) {
    size_t count;
    const struct report_format *formats = report_formats(&count);
    printf("\nFormats:");
    for (size_t i = 0; i < count; i++)
        printf(" %s", formats[i].name);
    printf("\n");
}

static const struct option_row rows[] = {
    OPTION_ROW_OTHER("format", "NAME", take_format, "write only this one, to standard output"),
    OPTION_ROW_SWITCH("strict", struct report_args, how.strict,
                      "JUnit without properties, which some readers refuse"),
};

static const struct options options = {
    .command = "report",
    .arguments = "[OPTION...] RUN",
    .about = "Writes the reports of a run that was judged (RUN/results.json) into its folder.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one RUN, a run's folder",
    .more = print_formats,
};

int report_main(int argc, char **argv) {
    struct report_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    const char *run = argv[first];
    struct err err = {0};
    CLEANUP(str_freep) char *path = fs_join(run, "results.json");
    CLEANUP(json_freep)
    json_t *results =
        fs_exists(path) ? results_load(path, &err) : verdicts_judge(run, NULL, false, &err);
    if (!results)
        return commands_fail("report", &err);
    if (!args.format && verdicts_write_reports(run, results, &err) < 0)
        return commands_fail("report", &err);
    if (args.format)
        args.format->write(results, &args.how, stdout);
    return COMMAND_GREEN;
}
