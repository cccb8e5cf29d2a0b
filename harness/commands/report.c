#include "harness/commands/commands.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "reports/report.h"

#include <getopt.h>
#include <stdio.h>

static void print_help(void) {
    size_t count;
    const struct report_format *formats = report_formats(&count);
    printf("Usage: confed report [OPTION...] RUN\n\n"
           "Writes the reports of a run that was judged (RUN/results.json) into its folder.\n\n"
           "  --format NAME  write only this one, to standard output:");
    for (size_t i = 0; i < count; i++)
        printf(" %s", formats[i].name);
    printf("\n  --strict       JUnit without properties, which some readers refuse\n");
}

int report_main(int argc, char **argv) {
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"strict", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const struct report_format *format = NULL;
    struct report_options how = {0};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return COMMAND_GREEN;
        }
        if (option == '?')
            return commands_usage("report");
        if (option == 's') {
            how.strict = true;
            continue;
        }
        format = report_find(optarg);
        if (!format) {
            fprintf(stderr, "confed report: there is no format \"%s\"\n", optarg);
            return commands_usage("report");
        }
    }
    if (argc - optind != 1) {
        fprintf(stderr, "confed report: expected one RUN, a run's folder\n");
        return commands_usage("report");
    }
    struct err err = {0};
    CLEANUP(str_freep) char *path = fs_join(argv[optind], "results.json");
    CLEANUP(json_freep)
    json_t *results = fs_exists(path) ? json_load_path(path, &err)
                                      : verdicts_judge(argv[optind], NULL, false, &err);
    if (!results)
        return commands_fail("report", &err);
    if (!format && verdicts_write_reports(argv[optind], results, &err) < 0)
        return commands_fail("report", &err);
    if (format)
        format->write(results, &how, stdout);
    return COMMAND_GREEN;
}
