#include "harness/commands/commands.h"
#include "harness/commands/verdicts.h"
#include "harness/core/json.h"

#include <getopt.h>
#include <stdio.h>

static void print_help(void) {
    printf("Usage: confed judge [OPTION...] RUN\n\n"
           "Judges a run again from what was observed, writes RUN/results.json and the reports,\n"
           "and shows the table. RUN is a run's folder, also of a run that was killed.\n\n"
           "  --ledger FILE       the known gaps (default fixtures/gaps.json)\n"
           "  --vanished-is-fine  a gap that vanished does not make the run red\n");
}

int judge_main(int argc, char **argv) {
    static const struct option options[] = {{"ledger", required_argument, NULL, 'l'},
                                            {"vanished-is-fine", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *ledger = NULL;
    bool fine = false;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return COMMAND_GREEN;
        }
        if (option == '?')
            return commands_usage("judge");
        if (option == 'l')
            ledger = optarg;
        else
            fine = true;
    }
    if (argc - optind != 1) {
        fprintf(stderr, "confed judge: expected one RUN, a run's folder\n");
        return commands_usage("judge");
    }
    struct err err = {0};
    CLEANUP(json_freep) json_t *results = verdicts_judge(argv[optind], ledger, fine, &err);
    if (!results || verdicts_write_reports(argv[optind], results, &err) < 0)
        return commands_fail("judge", &err);
    verdicts_show(results);
    return verdicts_exit(results);
}
