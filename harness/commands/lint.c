#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/commands/options.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/model/gap.h"

#include <stdio.h>

struct lint_args {
    const char *dir, *ledger;
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("cases", "DIR", struct lint_args, dir, "the folder of the cases"),
    OPTION_ROW_TEXT("ledger", "FILE", struct lint_args, ledger,
                    "the known gaps (default fixtures/gaps.json)"),
};

static const struct options options = {
    .command = "lint",
    .arguments = "[OPTION...] [FILE...]",
    .about =
        "Checks the cases without running them, each mistake as file:line: what. FILE checks\n"
        "only these files, each for itself; without FILE also what concerns more than one case\n"
        "(ids, order, variables that nothing binds or nothing uses) and the ledger of known\n"
        "gaps.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
};

static void lint_file(const char *path, struct problems *problems) {
    struct buf text = BUF_INIT;
    struct err err = {0};
    if (fs_read(path, &text, &err) < 0)
        problems_add(problems, path, 0, "%s", err.text);
    else
        scenario_free(scenario_parse(buf_str(&text), text.len, path, problems));
    buf_release(&text);
}

/* The ledger by itself, and whether the cases that it names exist. */
static void lint_ledger(const char *said, const struct case_graph *g, struct problems *problems) {
    CLEANUP(str_freep) char *path = said ? xstrdup(said) : verdicts_default_ledger();
    struct ledger ledger = {0};
    struct err err = {0};
    if (!path)
        return;
    if (ledger_load(path, &ledger, &err) < 0) {
        buf_addf(&problems->text, "%s\n", err.text); /* it names file and line itself */
        problems->count++;
        return;
    }
    for (size_t i = 0; i < ledger.count && g; i++) {
        size_t k;
        json_t *id;
        json_array_foreach(ledger.gaps[i].cases, k, id) {
            if (!case_graph_find(g, json_string_value(id)))
                problems_add(problems, path, 0, "%s names \"%s\", which is no case",
                             ledger.gaps[i].id, json_string_value(id));
        }
    }
    ledger_release(&ledger);
}

static int say(struct problems *problems, size_t cases) {
    fputs(buf_str(&problems->text), stderr);
    size_t count = problems->count;
    problems_release(problems);
    if (count == 0) {
        printf("%zu cases, no mistakes\n", cases);
        return COMMAND_GREEN;
    }
    fprintf(stderr, "confed lint: %zu mistakes\n", count);
    return COMMAND_RED;
}

int lint_main(int argc, char **argv) {
    struct lint_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    struct problems problems = PROBLEMS_INIT;
    if (first < argc) {
        for (int i = first; i < argc; i++)
            lint_file(argv[i], &problems);
        return say(&problems, (size_t)(argc - first));
    }
    struct err err = {0};
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load(args.dir, true, &problems, &err);
    if (!g && problems.count == 0)
        return commands_fail("lint", &err);
    if (args.ledger || !args.dir) /* another folder of cases has another ledger */
        lint_ledger(args.ledger, g, &problems);
    return say(&problems, g ? g->count : 0);
}
