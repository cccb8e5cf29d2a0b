#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/results.h"
#include "reports/report.h"

#include <stdio.h>
#include <string.h>

struct report_args {
    const struct report_format *format;
    struct report_options how;
    const char *output, *history; /* borrowed from argv */
};

static int take_format(void *into, const char *value, struct err *err) {
    struct report_args *args = into;
    args->format = report_find(value);
    return args->format ? 0 : err_set(err, ERR_USAGE, "there is no format \"%s\"", value);
}

static void print_formats(void) {
    size_t count;
    const struct report_format *formats = report_formats(&count);
    printf("\nFormats, each with its file in the run's folder:\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-13s %-17s %s\n", formats[i].name, formats[i].file_name, formats[i].help);
}

static const struct option_row rows[] = {
    OPTION_ROW_OTHER("format", "NAME", take_format,
                     "write only this one, to standard output unless --output says where"),
    OPTION_ROW_TEXT("output", "PATH", struct report_args, output,
                    "with --format: the file (- is standard output); without: the folder for all "
                    "of them (default: the run's own)"),
    OPTION_ROW_TEXT("history", "FILE", struct report_args, history,
                    "what `confed history --json` printed, for the page's section about it"),
    OPTION_ROW_SWITCH("strict", struct report_args, how.strict,
                      "JUnit without properties, which some readers refuse"),
};

static const struct options options = {
    .command = "confed report",
    .arguments = "[OPTION...] RUN",
    .about = "Writes the reports of a run that was judged. RUN is its folder, or a results.json.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_min = 1,
    .operands_max = 1,
    .operands = "one RUN, a run's folder",
    .more = print_formats,
};

/* The folder of a run, or of its results; owned. */
static char *folder_of(const char *run) {
    if (fs_is_dir(run))
        return xstrdup(run);
    const char *slash = strrchr(run, '/');
    return slash ? xstrndup(run, (size_t)(slash - run)) : xstrdup(".");
}

/* A run that was never judged, because it was killed, is judged first. */
static json_t *load(const char *run, struct err *err) {
    if (!fs_is_dir(run))
        return results_load(run, NULL, err);
    CLEANUP(str_freep) char *path = fs_join(run, "results.json");
    return fs_exists(path) ? results_load(path, NULL, err) : verdicts_judge(run, NULL, false, err);
}

static json_t *load_history(const char *path, struct err *err) {
    CLEANUP(json_freep) json_t *history = json_load_path(path, err);
    if (!history || results_version_check(history, path, err) < 0)
        return NULL;
    if (!json_is_array(json_object_get(history, "runs"))) {
        err_set(err, ERR_INPUT, "%s: has no list \"runs\": not what confed history --json prints",
                path);
        return NULL;
    }
    return json_take(&history);
}

static int write_reports(const struct report_args *a, const json_t *results, const char *folder,
                         struct err *err) {
    if (a->format && (!a->output || str_eq(a->output, "-")))
        return report_write_stream(a->format, results, &a->how, stdout, "standard output", err);
    if (a->format)
        return report_write_path(a->format, results, &a->how, a->output, err);
    if (a->output && fs_mkdir_p(a->output, 0755, err) < 0)
        return err->code;
    return report_write_all(results, &a->how, a->output ? a->output : folder, err);
}

int report_main(int argc, char **argv) {
    struct report_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    struct err err = {0};
    CLEANUP(str_freep) char *folder = folder_of(argv[first]);
    CLEANUP(json_freep) json_t *results = load(argv[first], &err);
    CLEANUP(json_freep)
    json_t *history = results && args.history ? load_history(args.history, &err) : NULL;
    if (!results || (args.history && !history))
        return commands_fail("report", &err);
    args.how.run_dir = folder;
    args.how.history = history;
    return write_reports(&args, results, folder, &err) < 0 ? commands_fail("report", &err)
                                                           : COMMAND_GREEN;
}
