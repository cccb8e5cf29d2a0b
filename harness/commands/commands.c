#include "harness/commands/commands.h"
#include "harness/core/mem.h"

#include <stdio.h>

const struct command *commands_all(void) {
    static const struct command table[] = {
        {"run", "[CASE...]", "run cases in a world and show what came of them", run_main},
        {"list", "[CASE...]", "list the cases", list_main},
        {"explain", "CASE...", "say what a case does, and why", explain_main},
        {"lint", "[FILE...]", "check the cases without running them", lint_main},
        {"judge", "RUN", "judge a run again from what was observed", judge_main},
        {"report", "RUN", "write a run's reports again, or show one", report_main},
        {"compare", "BASE CANDIDATE", "may we go from one run to the other: go or no-go",
         compare_main},
        {"upgrade-check", "", "may we upgrade: what a release mends, does not mend and breaks",
         upgrade_check_main},
        {"gaps", "[check] [RUN...]", "the known gaps and their state; which entries nobody needs",
         gaps_main},
        {"merge", "RUN...", "put the shards of a run together", merge_main},
        {"history", "[add RUN...]", "what many runs say: states over time, flakes, durations, gaps",
         history_main},
        {"profiles", "[NAME...]", "list the releases and their quirks, or what an upgrade changes",
         profiles_main},
        {"dns", "SERVICE", "ask every name of a federated service of every cluster, and say why",
         dns_main},
        {"doctor", "", "say what is missing on this machine, and what installs it", doctor_main},
        {"up", "DIR", "start a simulated world to use by hand", up_main},
        {"down", "DIR", "stop it", down_main},
        {"merge-kubeconfig", "FILE NAME", "merge a cluster's kubeconfig under a name of its own",
         merge_kubeconfig_main},
        {"help", "[COMMAND]", "show this, or what a command takes", help_main},
        {NULL, NULL, NULL, NULL},
    };
    return table;
}

int commands_fail(const char *command, const struct err *err) {
    (void)fflush(stdout);
    fprintf(stderr, "confed %s: %s\n", command, err->text);
    return err->code == ERR_USAGE ? COMMAND_USAGE : COMMAND_TROUBLE;
}
