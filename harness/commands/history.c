#include "harness/history/history.h"
#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/run_files.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/verdict.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 40 }; /* runs of the table: the latest of those that were asked for */

struct history_args {
    const char *file;
    struct history_query query;
    bool json;
};

static void print_letters(void) {
    printf(
        "\nThe table shows each case's latest runs, oldest first: . passed, g known gap, F "
        "failed,\n"
        "E error, V gap vanished, C gap changed, X gap expired, - unsupported, b blocked. The\n"
        "share is of pairs of runs of one world and release between which it went from red to\n"
        "not red or back; durations are medians of the earlier and the later half of its runs.\n");
}

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("file", "FILE", struct history_args, file,
                    "the history (default runs/history.db)"),
    OPTION_ROW_NUMBER("last", "N", struct history_args, query.last, 1, 1000000,
                      "only the latest N runs (default 100)"),
    OPTION_ROW_TEXT("cases", "GLOB", struct history_args, query.cases,
                    "only cases like 'lifecycle.*'"),
    OPTION_ROW_TEXT("world", "WORLD", struct history_args, query.world, "only runs in this world"),
    OPTION_ROW_TEXT("release", "VERSION", struct history_args, query.kubernetes,
                    "only runs of this Kubernetes release"),
    OPTION_ROW_SWITCH("json", struct history_args, json,
                      "one JSON document (harness/history/README.md)"),
};

static const struct options options = {
    .command = "confed history",
    .arguments = "[OPTION...]\nadd [--file FILE] RUN...",
    .about =
        "Shows what many runs say together: the state of each case over time, how flaky it is,\n"
        "where its duration goes, and when each known gap was first and last seen. add puts\n"
        "runs into it (folders, results.json or JUnit files); a run that is there already\n"
        "changes nothing. confed run --history FILE adds its run itself.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
    .more = print_letters,
};

/* --- adding ----------------------------------------------------------------------------------- */

static int add(const struct history_args *args, char **paths, int count, struct err *err) {
    CLEANUP(history_freep) struct history *h = NULL;
    size_t added = 0, known = 0;
    for (int i = 0; i < count; i++) {
        CLEANUP(json_freep) json_t *runs = run_files_load(paths[i], NULL, err);
        if (!runs)
            return commands_fail("history", err);
        if (!h && !(h = history_open(args->file, true, err)))
            return commands_fail("history", err);
        size_t k;
        json_t *run;
        json_array_foreach(runs, k, run) {
            bool is_new = false;
            if (history_add(h, run, &is_new, err) < 0)
                return commands_fail("history", err);
            added += is_new;
            known += !is_new;
        }
    }
    printf("%zu added, %zu were there already: %s\n", added, known, args->file);
    return COMMAND_GREEN;
}

/* --- showing ------------------------------------------------------------------------- */

static char letter_of(const json_t *verdict) {
    static const char letters[VERDICT_COUNT] = {'.', 'F', 'E', 'g', 'V', 'C', 'X', '-', 'b'};
    return json_is_string(verdict) ? letters[verdict_of_name(json_string_value(verdict))] : ' ';
}

static void show_case(const json_t *c, int width) {
    const json_t *verdicts = json_object_get(c, "verdicts");
    size_t count = json_array_size(verdicts), from = count > SHOWN_MAX ? count - SHOWN_MAX : 0;
    printf("%-*s  ", width, json_str(c, "case", NULL));
    for (size_t i = from; i < count; i++)
        (void)putchar(letter_of(json_array_get(verdicts, i)));
    double rate = json_number_value(json_object_get(c, "flake_rate"));
    const json_t *d = json_object_get(c, "duration");
    printf("  %3.0f %%%s", rate * 100, json_flag(c, "flaky", NULL) ? " flaky" : "");
    printf("  %.0f ms", json_number_value(json_object_get(d, "median_ms")));
    const char *trend = json_str(d, "trend", NULL);
    if (str_eq(trend, "slower") || str_eq(trend, "faster"))
        printf(", %s: %.0f to %.0f ms", trend, json_number_value(json_object_get(d, "earlier_ms")),
               json_number_value(json_object_get(d, "recent_ms")));
    printf("\n");
}

static const char *moment(const json_t *gap, const char *key) {
    const char *at = json_str(gap, key, "started", NULL);
    return at ? at : "never";
}

static void show_gap(const json_t *g) {
    printf("%s  %s: first seen %.16s, last %.16s, in %lld runs", json_str(g, "gap", NULL),
           json_str(g, "state", NULL), moment(g, "first_seen"), moment(g, "last_seen"),
           (long long)json_int(g, 0, "seen", NULL));
    if (!json_is_null(json_object_get(g, "vanished")))
        printf(", vanished %.16s", moment(g, "vanished"));
    printf("  %s\n", json_str(g, "title", NULL));
}

static void show(const json_t *document) {
    const json_t *runs = json_object_get(document, "runs");
    const json_t *cases = json_object_get(document, "cases");
    size_t i, count = json_array_size(runs), red = 0;
    json_t *one;
    int width = 0;
    json_array_foreach(runs, i, one) red += json_int(one, 0, "exit", NULL) != 0;
    json_array_foreach(cases, i, one) {
        int len = (int)strlen(json_str(one, "case", NULL));
        width = len > width ? len : width;
    }
    json_array_foreach(cases, i, one) show_case(one, width);
    printf("\n");
    json_array_foreach(json_object_get(document, "gaps"), i, one) show_gap(one);
    printf("\n%zu runs, %zu of them red", count, red);
    if (count > 0)
        printf(", from %.16s to %.16s", json_str(json_array_get(runs, 0), "started", NULL),
               json_str(json_array_get(runs, count - 1), "started", NULL));
    printf("\n");
}

static int print(const struct history_args *args, struct err *err) {
    CLEANUP(history_freep) struct history *h = history_open(args->file, false, err);
    CLEANUP(json_freep) json_t *document = h ? history_read(h, &args->query, err) : NULL;
    if (!document)
        return commands_fail("history", err);
    if (!args->json) {
        show(document);
        return COMMAND_GREEN;
    }
    (void)json_dumpf(document, stdout, JSON_COMPACT);
    printf("\n");
    return COMMAND_GREEN;
}

int history_main(int argc, char **argv) {
    struct history_args args = {.file = "runs/history.db"};
    struct err err = {0};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code != OPTIONS_GO_ON)
        return code;
    if (first == argc)
        return print(&args, &err);
    if (!str_eq(argv[first], "add"))
        return options_wrong(&options, "\"%s\": expected nothing, or add RUN...", argv[first]);
    if (first + 1 == argc)
        return options_wrong(&options, "add: expected RUN...");
    return add(&args, argv + first + 1, argc - first - 1, &err);
}
