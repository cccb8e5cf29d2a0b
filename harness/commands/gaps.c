#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/run_files.h"
#include "harness/commands/verdicts.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/history/history.h"
#include "harness/judge/gap_states.h"

#include <glob.h>
#include <stdio.h>

struct gaps_args {
    const char *ledger, *cases_dir, *runs, *history;
    json_t *gaps; /* owned */
    int64_t last;
    bool json, strict;
};

static const struct option_row rows[] = {
    LEDGER_ROWS(struct gaps_args),
    OPTION_ROW_TEXT("runs", "DIR", struct gaps_args, runs,
                    "the folder whose latest runs are looked at (default runs)"),
    OPTION_ROW_NUMBER("last", "N", struct gaps_args, last, 1, 1000, "how many of them (default 5)"),
    OPTION_ROW_TEXT("history", "FILE", struct gaps_args, history,
                    "a history (confed history), which has seen more than the last runs"),
    OPTION_ROW_TEXT("cases", "DIR", struct gaps_args, cases_dir, "the folder of the cases"),
    OPTION_ROW_SWITCH("strict", struct gaps_args, strict,
                      "check: an entry that no run could have shown is wrong too"),
    OPTION_ROW_SWITCH("json", struct gaps_args, json, "one JSON document"),
};

static const struct options options = {
    .command = "confed gaps",
    .arguments = "[OPTION...] [RUN...]\ncheck [OPTION...] [RUN...]",
    .about =
        "Lists the known gaps with their state in the last runs (or in each RUN: folders or\n"
        "results.json). check says which entries nobody needs or has looked at: those that no\n"
        "case uses, that are past their review, or whose signature has never matched; its exit\n"
        "code is 1 when there is one.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
};

/* --- what is looked at ------------------------------------------------------------------------ */

/* The latest runs of a folder: their names begin with their time. A run that was never judged, or
 * cannot be read, is passed over: it says nothing. */
static void add_latest(json_t *runs, const char *dir, int64_t last) {
    CLEANUP(str_freep) char *pattern = xasprintf("%s/*/results.json", dir);
    glob_t found = {0};
    (void)glob(pattern, 0, NULL, &found);
    size_t count = found.gl_pathc, from = count > (size_t)last ? count - (size_t)last : 0;
    for (size_t i = from; i < count; i++) {
        struct err err = {0};
        CLEANUP(json_freep) json_t *some = run_files_load(found.gl_pathv[i], NULL, &err);
        if (some)
            json_array_extend(runs, some);
        else
            fprintf(stderr, "confed gaps: passed over: %s\n", err.text);
    }
    globfree(&found);
}

static json_t *load_runs(const struct gaps_args *args, char **paths, int count, struct err *err) {
    CLEANUP(json_freep) json_t *runs = json_array();
    for (int i = 0; i < count; i++) {
        CLEANUP(json_freep) json_t *some = run_files_load(paths[i], NULL, err);
        if (!some)
            return NULL;
        json_array_extend(runs, some);
    }
    if (count == 0)
        add_latest(runs, args->runs, args->last);
    return json_take(&runs);
}

/* gap id -> how many runs of the history showed it; owned, NULL with err. */
static json_t *load_seen(const char *file, struct err *err) {
    CLEANUP(history_freep) struct history *h = history_open(file, false, err);
    CLEANUP(json_freep)
    json_t *document = h ? history_read(h, &(struct history_query){.last = 1}, err) : NULL;
    if (!document)
        return NULL;
    json_t *seen = json_object(), *gap;
    size_t i;
    json_array_foreach(json_object_get(document, "gaps"), i, gap)
        json_object_set(seen, json_str(gap, "gap", NULL), json_object_get(gap, "seen"));
    return seen;
}

static json_t *case_ids(const struct case_graph *g) {
    json_t *ids = json_object();
    for (size_t i = 0; i < g->count; i++)
        json_object_set_new(ids, g->nodes[i].scenario->id, json_true());
    return ids;
}

/* --- showing ---------------------------------------------------------------------------------- */

static void show(const json_t *states) {
    size_t i;
    json_t *s;
    json_array_foreach(states, i, s) {
        printf("%-12s  %s: %s\n", json_str(s, "state", NULL), json_str(s, "gap", NULL),
               json_str(s, "title", NULL));
        printf("              releases %s, review by %s, matched in %lld of %lld runs%s%s\n",
               *json_str(s, "versions", NULL) ? json_str(s, "versions", NULL) : "all",
               json_str(s, "review_by", NULL), (long long)json_int(s, 0, "matched", NULL),
               (long long)json_int(s, 0, "judged", NULL), json_str(s, "run", NULL) ? ", last " : "",
               json_str(s, "run", NULL) ? json_str(s, "run", NULL) : "");
        printf("              %s\n", json_str(s, "url", NULL));
    }
}

/* One line for each thing to do, as confed lint has them; how many. */
static size_t show_list(const json_t *states, const char *key, const char *word) {
    size_t i, k, count = 0;
    json_t *s, *line;
    json_array_foreach(states, i, s) {
        json_array_foreach(json_object_get(s, key), k, line) {
            printf("%s:%lld: %s%s: %s\n", json_str(s, "file", NULL),
                   (long long)json_int(s, 0, "line", NULL), word, json_str(s, "gap", NULL),
                   json_string_value(line));
            count++;
        }
    }
    return count;
}

static int check(const json_t *states, const struct gaps_args *args, size_t runs) {
    size_t problems = show_list(states, "problems", "");
    size_t notes = show_list(states, "notes", args->strict ? "" : "note: ");
    if (args->strict)
        problems += notes;
    printf("%zu entries beside %zu runs: %zu to look at\n", json_array_size(states), runs,
           problems);
    return problems ? COMMAND_RED : COMMAND_GREEN;
}

static int gaps(const struct gaps_args *args, bool is_check, char **paths, int count) {
    struct err err = {0};
    int code = COMMAND_TROUBLE;
    struct ledger_choice choice = {.ledger = args->ledger, .beside = args->gaps};
    struct ledger ledger = {0};
    CLEANUP(case_graph_freep)
    struct case_graph *g = case_files_load_or_say("gaps", args->cases_dir, &code);
    if (!g)
        return code;
    CLEANUP(json_freep) json_t *ids = case_ids(g);
    CLEANUP(json_freep) json_t *runs = load_runs(args, paths, count, &err);
    CLEANUP(json_freep)
    json_t *seen = runs && args->history ? load_seen(args->history, &err) : NULL;
    if (err.code || verdicts_ledger(&choice, &ledger, &err) < 0) {
        ledger_release(&ledger);
        return commands_fail("gaps", &err);
    }
    struct gap_states_options how = {.now_ms = clock_wall_ms(), .seen = seen, .case_ids = ids};
    CLEANUP(json_freep) json_t *states = gap_states(&ledger, runs, &how);
    ledger_release(&ledger);
    code = COMMAND_GREEN;
    if (args->json) {
        (void)json_dumpf(states, stdout, JSON_INDENT(2));
        printf("\n");
    } else if (is_check) {
        code = check(states, args, json_array_size(runs));
    } else {
        show(states);
    }
    return code;
}

int gaps_main(int argc, char **argv) {
    struct gaps_args args = {.runs = "runs", .last = 5};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON) {
        bool is_check = first < argc && str_eq(argv[first], "check");
        code = gaps(&args, is_check, argv + first + is_check, argc - first - is_check);
    }
    json_decref(args.gaps);
    return code;
}
