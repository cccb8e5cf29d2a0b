#include "harness/commands/commands.h"
#include "harness/core/options.h"
#include "harness/commands/run_files.h"
#include "harness/commands/run_once.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/run_folder.h"
#include "harness/judge/upgrade.h"
#include "harness/judge/upgrade_list.h"
#include "reports/compare.h"
#include "reports/upgrade.h"
#include "reports/whole.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct upgrade_args {
    const char *from, *to, *out, *cases_dir, *ledger;
    json_t *gaps, *offers, *quirks, *faults; /* owned */
    json_t *base, *candidate;                /* paths; owned */
    int64_t repeat;
    const struct compare_format *format; /* NULL: text */
    bool strict;
};

static int take_format(void *into, const char *value, struct err *err) {
    struct upgrade_args *args = into;
    args->format = compare_format_find(&upgrade_formats, value, err);
    return args->format ? 0 : err->code;
}

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("from", "RELEASE", struct upgrade_args, from,
                    "the release that runs now (default 1.6.2)"),
    OPTION_ROW_TEXT("to", "RELEASE", struct upgrade_args, to,
                    "the release to go to (default 1.7.0)"),
    OPTION_ROW_NUMBER("repeat", "N", struct upgrade_args, repeat, 1, 100,
                      "run each release N times (default 1)"),
    OPTION_ROW_LIST("offer", "NAME", struct upgrade_args, offers,
                    "something more that both simulated worlds offer (again for more)"),
    OPTION_ROW_LIST("to-quirk", "NAME=on|off", struct upgrade_args, quirks,
                    "switch one behaviour of the newer world (again for more)"),
    OPTION_ROW_LIST("to-fault", "RULE", struct upgrade_args, faults,
                    "something that goes wrong in the newer world, as for confed run"),
    OPTION_ROW_LIST("base", "RUN", struct upgrade_args, base,
                    "a recorded run of the older release, instead of running it (again for more)"),
    OPTION_ROW_LIST("candidate", "RUN", struct upgrade_args, candidate,
                    "a recorded run of the newer release (again for more)"),
    OPTION_ROW_TEXT("cases", "DIR", struct upgrade_args, cases_dir, "the folder of the cases"),
    LEDGER_ROWS(struct upgrade_args),
    OPTION_ROW_TEXT("out", "DIR", struct upgrade_args, out,
                    "where runs and reports go (default runs/upgrade-<id>)"),
    OPTION_ROW_OTHER("format", "NAME", take_format,
                     "how it is shown: text (default), markdown, html, json, junit, tap, ctrf"),
    OPTION_ROW_SWITCH("strict", struct upgrade_args, strict,
                      "what only warns (a known gap that opens, slower, flaky, a point that is not "
                      "as listed) is a no-go too"),
};

static const struct options options = {
    .command = "confed upgrade-check",
    .arguments = "[OPTION...]\n[OPTION...] BASE CANDIDATE",
    .about =
        "May we upgrade? Runs the cases in a simulated world of each release, or takes recorded\n"
        "runs (of real clusters, say), compares them, and goes through the upgrade list point by\n"
        "point with the evidence that the runs hold: what the newer release mends, what it does\n"
        "not, what it newly breaks. Exit code 0 is go, 1 no-go.",
    .groups = {{.rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = 2,
    .operands = "nothing, or BASE and CANDIDATE",
};

/* --- runs ---------------------------------------------------------------------------- */

static int run_release(const struct upgrade_args *args, const char *release, const char *dir,
                       bool newer, json_t *into) {
    for (int64_t i = 1; i <= args->repeat; i++) {
        CLEANUP(str_freep)
        char *name =
            args->repeat > 1 ? xasprintf("%s-%03lld", release, (long long)i) : xstrdup(release);
        CLEANUP(str_freep) char *out = fs_join(dir, name);
        struct run_request asked = {.cases_dir = args->cases_dir,
                                    .ledger = args->ledger,
                                    .gaps = args->gaps,
                                    .out = out,
                                    .quiet = true,
                                    .silent = true};
        world_args_init(&asked.world);
        asked.world.options.profile = release;
        asked.world.options.offers = json_incref(args->offers);
        asked.world.options.quirks = newer ? json_incref(args->quirks) : NULL;
        asked.world.options.faults = newer ? json_incref(args->faults) : NULL;
        struct run_done done;
        int code = run_once(&asked, &done);
        if (done.results) {
            fprintf(stderr, "ran %s: %s, %s\n", release, code ? "RED" : "GREEN", out);
            json_array_append(into, done.results);
        }
        bool interrupted = done.interrupted;
        run_done_release(&done);
        world_args_release(&asked.world);
        if (code > COMMAND_RED || interrupted)
            return interrupted ? COMMAND_TROUBLE : code;
    }
    return COMMAND_GREEN;
}

/* The runs of one side, recorded or made now. */
static int take_side(const struct upgrade_args *args, const char *dir, bool newer, json_t **ret) {
    struct err err = {0};
    const json_t *recorded = newer ? args->candidate : args->base;
    if (recorded) {
        *ret = run_files_load_all(recorded, NULL, &err);
        return *ret ? COMMAND_GREEN : commands_fail("upgrade-check", &err);
    }
    *ret = json_array();
    return run_release(args, newer ? args->to : args->from, dir, newer, *ret);
}

/* --- the list and the forecasts ------------------------------------------------------ */

/* The first list that is about these releases; NULL when there is none, or with err. Owned. */
static json_t *find_list(const json_t *base, const json_t *candidate, struct err *err) {
    const char *from = json_str(json_array_get(base, 0), "kubernetes", NULL);
    const char *to = json_str(json_array_get(candidate, 0), "kubernetes", NULL);
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep) char *pattern = data ? fs_join(data, "fixtures/upgrades/*.json") : NULL;
    glob_t files = {0};
    json_t *found = NULL;
    if (!pattern || glob(pattern, 0, NULL, &files) != 0)
        return NULL;
    for (size_t i = 0; i < files.gl_pathc && !found && err->code == 0; i++) {
        CLEANUP(json_freep) json_t *list = upgrade_list_load(files.gl_pathv[i], err);
        if (list && upgrade_list_is_for(list, from, to))
            found = json_take(&list);
    }
    globfree(&files);
    return found;
}

static json_t *forecasts_of(const struct upgrade_args *args, struct err *err) {
    struct ledger_choice choice = {.ledger = args->ledger, .beside = args->gaps};
    struct ledger ledger = {0};
    json_t *forecasts = json_object();
    if (verdicts_ledger(&choice, &ledger, err) == 0)
        for (size_t i = 0; i < ledger.count; i++)
            if (ledger.gaps[i].expect_after)
                json_object_set_new(forecasts, ledger.gaps[i].id,
                                    json_deep_copy(ledger.gaps[i].expect_after));
    ledger_release(&ledger);
    return forecasts;
}

/* --- showing ------------------------------------------------------------------------- */

struct shown {
    const json_t *answer;
    const struct upgrade_args *args;
};

static void write_shown(void *self, FILE *out) {
    const struct shown *s = self;
    compare_report_fn *write = s->args->format ? s->args->format->write : upgrade_text;
    struct compare_report_options how = {.all = true,
                                         .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    write(s->answer, &how, out);
}

static int write_files(const json_t *answer, const char *dir, struct err *err) {
    if (fs_mkdir_p(dir, 0755, err) < 0 || compare_write_all(&upgrade_formats, answer, dir, err) < 0)
        return err->code;
    return compare_write_all(&compare_formats, json_object_get(answer, "comparison"), dir, err);
}

static int conclude(const struct upgrade_args *args, const char *dir, const json_t *base,
                    const json_t *candidate) {
    struct err err = {0};
    CLEANUP(json_freep) json_t *list = find_list(base, candidate, &err);
    CLEANUP(json_freep) json_t *forecasts = err.code ? NULL : forecasts_of(args, &err);
    if (err.code)
        return commands_fail("upgrade-check", &err);
    struct upgrade_options how = {.list = list, .forecasts = forecasts, .strict = args->strict};
    CLEANUP(json_freep) json_t *answer = upgrade_check(base, candidate, &how);
    if ((dir && write_files(answer, dir, &err) < 0) ||
        whole_write_stream(stdout, "to standard output", write_shown, &(struct shown){answer, args},
                           &err) < 0)
        return commands_fail("upgrade-check", &err);
    if (dir && (!args->format || args->format->write == upgrade_text))
        printf("\n%s\n", dir);
    return json_int(answer, 1, "exit", NULL) ? COMMAND_RED : COMMAND_GREEN;
}

static int check(const struct upgrade_args *args) {
    CLEANUP(str_freep) char *id = run_folder_id();
    CLEANUP(str_freep) char *name = xasprintf("upgrade-%s", id);
    bool records = args->base && args->candidate;
    CLEANUP(str_freep)
    char *dir = args->out ? xstrdup(args->out)
                : records ? NULL /* nothing is run, so nothing is left */
                          : fs_join("runs", name);
    CLEANUP(json_freep) json_t *base = NULL;
    CLEANUP(json_freep) json_t *candidate = NULL;
    int code = take_side(args, dir, false, &base);
    if (code == COMMAND_GREEN)
        code = take_side(args, dir, true, &candidate);
    return code == COMMAND_GREEN ? conclude(args, dir, base, candidate) : code;
}

int upgrade_check_main(int argc, char **argv) {
    struct upgrade_args args = {.from = "1.6.2", .to = "1.7.0", .repeat = 1};
    int first, code = options_parse(&options, argc, argv, &args, &first);
    if (code == OPTIONS_GO_ON && argc - first == 1)
        code = options_wrong(&options, "expected BASE and CANDIDATE, got only \"%s\"", argv[first]);
    if (code == OPTIONS_GO_ON && argc - first == 2) {
        run_files_add(&args.base, argv[first]);
        run_files_add(&args.candidate, argv[first + 1]);
    }
    if (code == OPTIONS_GO_ON)
        code = check(&args);
    json_t *const owned[] = {args.gaps,   args.offers, args.quirks,
                             args.faults, args.base,   args.candidate};
    for (size_t i = 0; i < ARRAY_LEN(owned); i++)
        json_decref(owned[i]);
    return code;
}
