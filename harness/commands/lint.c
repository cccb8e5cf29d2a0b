#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/model/gap.h"

#include <getopt.h>
#include <stdio.h>

static void print_help(void) {
    printf("Usage: confed lint [--cases DIR] [--ledger FILE] [FILE...]\n\n"
           "Checks the cases without running them, each mistake as file:line: what. FILE checks\n"
           "only these files, each for itself; without FILE also what concerns more than one case\n"
           "(ids, order, variables that nothing binds or nothing uses) and the ledger of known\n"
           "gaps (fixtures/gaps.json).\n");
}

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
    static const struct option options[] = {{"cases", required_argument, NULL, 'c'},
                                            {"ledger", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *dir = NULL, *ledger = NULL;
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return COMMAND_GREEN;
        }
        if (option == '?')
            return commands_usage("lint");
        if (option == 'l')
            ledger = optarg;
        else
            dir = optarg;
    }
    struct problems problems = PROBLEMS_INIT;
    if (optind < argc) {
        for (int i = optind; i < argc; i++)
            lint_file(argv[i], &problems);
        return say(&problems, (size_t)(argc - optind));
    }
    struct err err = {0};
    CLEANUP(case_graph_freep) struct case_graph *g = case_files_load(dir, true, &problems, &err);
    if (!g && problems.count == 0)
        return commands_fail("lint", &err);
    if (ledger || !dir) /* another folder of cases has another ledger */
        lint_ledger(ledger, g, &problems);
    return say(&problems, g ? g->count : 0);
}
