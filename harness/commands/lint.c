#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/verdicts.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"

#include <stdio.h>

struct lint_args {
    const char *dir, *ledger;
    json_t *gaps; /* owned */
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("cases", "DIR", struct lint_args, dir, "the folder of the cases"),
    LEDGER_ROWS(struct lint_args),
};

static const struct options options = {
    .command = "confed lint",
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

/* The ledgers by themselves, and whether the cases that they name exist. */
static void lint_ledgers(const struct lint_args *args, const struct case_graph *g,
                         struct problems *problems) {
    struct ledger_choice choice = {.ledger = args->ledger, .beside = args->gaps};
    CLEANUP(json_freep) json_t *paths = verdicts_ledger_paths(&choice);
    struct ledger ledger = {0};
    size_t i, k;
    json_t *path, *id;
    json_array_foreach(paths, i, path) {
        struct buf text = BUF_INIT;
        struct err err = {0};
        const char *name = json_string_value(path);
        if (fs_read(name, &text, &err) < 0)
            problems_add(problems, name, 0, "%s", err.text);
        else
            ledger_lint(&ledger, buf_str(&text), text.len, name, problems);
        buf_release(&text);
    }
    for (i = 0; i < ledger.count && g; i++) {
        json_array_foreach(ledger.gaps[i].cases, k, id) {
            if (!case_graph_find(g, json_string_value(id)))
                problems_add(problems, ledger.gaps[i].file, ledger.gaps[i].line,
                             "%s names \"%s\", which is no case", ledger.gaps[i].id,
                             json_string_value(id));
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

static int lint(const struct lint_args *args, char **files, int count) {
    struct problems problems = PROBLEMS_INIT;
    for (int i = 0; i < count; i++)
        lint_file(files[i], &problems);
    if (count > 0)
        return say(&problems, (size_t)count);
    struct err err = {0};
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load(args->dir, true, &problems, &err);
    if (!g && problems.count == 0)
        return commands_fail("lint", &err);
    if (args->ledger || args->gaps || !args->dir) /* another folder of cases has another ledger */
        lint_ledgers(args, g, &problems);
    return say(&problems, g ? g->count : 0);
}

int lint_main(int argc, char **argv) {
    struct lint_args args = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON)
        code = lint(&args, argv + first, argc - first);
    json_decref(args.gaps);
    return code;
}
