#include "harness/judge/compare.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/run_files.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"
#include "reports/whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct compare_args {
    json_t *base, *candidate; /* lists of paths, owned; NULL: none said */
    const struct compare_format *format;
    const char *out;
    int64_t confidence;
    bool strict, all;
};

static int take_format(void *into, const char *value, struct err *err) {
    struct compare_args *args = into;
    args->format = compare_format_find(&compare_formats, value, err);
    return args->format ? 0 : err->code;
}

static void print_classes(void) {
    printf(
        "\nA no-go: regressed, gap-changed, missing, a new case that is red, a candidate that is\n"
        "not whole. A warning: flaky, gap-opened, slower. Else: new, fixed, gap-closed, same.\n"
        "With several runs of a side, a difference counts when Fisher's exact test says so, and\n"
        "where it does not, how many more runs would tell.\n\n"
        "Exit codes: 0 go, 1 no-go, 2 wrong usage, 3 the harness could not work.\n");
}

static const struct option_row rows[] = {
    OPTION_ROW_LIST("base", "RUN", struct compare_args, base, "one more run of the base"),
    OPTION_ROW_LIST("candidate", "RUN", struct compare_args, candidate,
                    "one more run of the candidate"),
    OPTION_ROW_OTHER("format", "NAME", take_format,
                     "how it is shown: text (default), markdown, html, json, junit, tap, ctrf"),
    OPTION_ROW_TEXT("out", "DIR", struct compare_args, out,
                    "also write it in every format into this folder: compare.html ..."),
    OPTION_ROW_NUMBER("confidence", "PERCENT", struct compare_args, confidence, 50, 99,
                      "how sure to be of a difference between several runs (default 95)"),
    OPTION_ROW_SWITCH("strict", struct compare_args, strict, "what only warns is a no-go too"),
    OPTION_ROW_SWITCH("all", struct compare_args, all, "show also the cases that are the same"),
};

static const struct options options = {
    .command = "confed compare",
    .arguments = "[OPTION...] BASE CANDIDATE",
    .about = "Compares two runs, or several of each, case by case, and answers: go or no-go. BASE\n"
             "and CANDIDATE are runs' folders, results.json or JUnit files; a folder of several\n"
             "runs (confed run --repeat) stands for all of them.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = 2,
    .operands = "BASE and CANDIDATE",
    .more = print_classes,
};

struct shown {
    const json_t *comparison;
    const struct compare_args *args;
};

static void write_shown(void *self, FILE *out) {
    const struct shown *s = self;
    struct compare_report_options how = {.all = s->args->all,
                                         .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    compare_report_fn *write = s->args->format ? s->args->format->write : compare_text;
    write(s->comparison, &how, out);
}

static int compare(const struct compare_args *args, struct err *err) {
    CLEANUP(json_freep) json_t *base = run_files_load_all(args->base, compare_needs, err);
    CLEANUP(json_freep)
    json_t *candidate = base ? run_files_load_all(args->candidate, compare_needs, err) : NULL;
    if (!candidate)
        return commands_fail("compare", err);
    struct compare_options how = {.confidence = (double)args->confidence / 100,
                                  .strict = args->strict};
    CLEANUP(json_freep) json_t *comparison = compare_runs(base, candidate, &how);
    if ((args->out && (fs_mkdir_p(args->out, 0755, err) < 0 ||
                       compare_write_all(&compare_formats, comparison, args->out, err) < 0)) ||
        whole_write_stream(stdout, "to standard output", write_shown,
                           &(struct shown){comparison, args}, err) < 0)
        return commands_fail("compare", err);
    return json_int(comparison, 1, "exit", NULL) ? COMMAND_RED : COMMAND_GREEN;
}

int compare_main(int argc, char **argv) {
    struct compare_args args = {0};
    struct err err = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON && argc - first == 2) {
        run_files_add(&args.base, argv[first]);
        run_files_add(&args.candidate, argv[first + 1]);
    } else if (code == OPTIONS_GO_ON && (argc > first || !args.base || !args.candidate)) {
        code = options_wrong(&options, "expected BASE and CANDIDATE, or --base and --candidate");
    }
    if (code == OPTIONS_GO_ON)
        code = compare(&args, &err);
    json_decref(args.base);
    json_decref(args.candidate);
    return code;
}
