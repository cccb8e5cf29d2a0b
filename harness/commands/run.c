#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/commands/options.h"
#include "harness/commands/verdicts.h"
#include "harness/commands/world_args.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/driver.h"
#include "harness/driver/run_folder.h"
#include "harness/model/observation.h"
#include "harness/world/tools.h"
#include "reports/live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct run_args {
    struct world_args world;
    const char *cases_dir, *ledger, *out, *resume; /* borrowed from argv */
    int64_t jobs;
    bool keep, quiet;
    int argc, first; /* operands are from argv[first] on */
    char **argv;
};

struct run {
    struct run_args args;
    struct case_graph *graph; /* owned */
    json_t *json;             /* run.json; owned */
    json_t *history;          /* owned; NULL: a new run */
    char *dir;                /* absolute; owned */
    struct world world;
    struct live *live; /* owned */
};

static const struct option_row rows[] = {
    OPTION_ROW_TEXT("cases", "DIR", struct run_args, cases_dir, "the folder of the cases"),
    OPTION_ROW_TEXT("ledger", "FILE", struct run_args, ledger,
                    "the known gaps (default fixtures/gaps.json)"),
    OPTION_ROW_TEXT("out", "DIR", struct run_args, out, "the run's folder (default runs/<id>)"),
    OPTION_ROW_TEXT("resume", "RUN", struct run_args, resume,
                    "go on with a run that was killed or stopped: cases that have passed are not "
                    "run again"),
    OPTION_ROW_NUMBER("jobs", "N", struct run_args, jobs, 1, 1000,
                      "how many cases run at once (default 8)"),
    OPTION_ROW_SWITCH("keep", struct run_args, keep,
                      "no tear-down; the simulated world stays up (confed down RUN/world ends "
                      "it)"),
    OPTION_ROW_SWITCH("quiet", struct run_args, quiet, "only the table at the end"),
};

static void print_exit_codes(void) {
    printf("\nExit codes: 0 green, 1 red, 2 wrong usage, 3 the harness could not work.\n");
}

static const struct options options = {
    .command = "run",
    .arguments = "[OPTION...] [CASE...]",
    .about =
        "Runs cases in a world, shows what came of them, and leaves everything that was\n"
        "observed in a folder. CASE is an id, a glob like 'lifecycle.*' or an area; what comes\n"
        "before a case runs too. Without CASE, every case runs.",
    .groups = {{.heading = "The world:",
                .rows = world_args_choice,
                .count = WORLD_ARGS_CHOICE,
                .at = offsetof(struct run_args, world)},
               {.rows = world_args_simulated,
                .count = WORLD_ARGS_SIMULATED,
                .at = offsetof(struct run_args, world)},
               {.heading = "The run:", .rows = rows, .count = ARRAY_LEN(rows)}},
    .operands_max = SIZE_MAX,
    .more = print_exit_codes,
};

/* The cases as run.json keeps them, so that a run can be judged and resumed without their files. */
static void add_cases(json_t *run, const struct case_graph *g, bool keep) {
    json_t *cases = json_array(), *files = json_array();
    for (size_t i = 0; i < g->count; i++) {
        const struct scenario *s = g->nodes[i].scenario;
        if (!g->nodes[i].selected || (keep && s->teardown))
            continue;
        json_array_append(cases, s->source);
        json_array_append_new(files, json_string(s->file));
    }
    json_object_set_new(run, "cases", cases);
    json_object_set_new(run, "files", files);
}

static json_t *world_json(const struct world_args *w) {
    json_t *asked = json_object();
    const struct world_options *o = &w->options;
    json_set_str(asked, "profile", o->profile);
    json_set_str(asked, "kubeconfig", o->kubeconfig);
    if (o->quirks)
        json_object_set(asked, "quirks", o->quirks);
    if (o->offers)
        json_object_set(asked, "offers", o->offers);
    if (o->faults)
        json_object_set(asked, "faults", o->faults);
    if (o->contexts)
        json_object_set(asked, "contexts", o->contexts);
    if (json_object_size(w->tools))
        json_object_set(asked, "tools", w->tools);
    if (o->speed > 0)
        json_object_set_new(asked, "speed", json_real(o->speed));
    if (o->seed >= 0)
        json_set_int(asked, "seed", o->seed);
    if (o->floor_ms >= 0)
        json_set_int(asked, "floor_ms", o->floor_ms);
    return asked;
}

static int load_new(struct run *r, int *ret_exit, struct err *err) {
    r->graph = case_files_load_or_say("run", r->args.cases_dir, ret_exit);
    if (!r->graph)
        return ERR_INPUT;
    union {
        char **in;
        const char *const *out;
    } selectors = {.in = r->args.argv + r->args.first};
    if (case_graph_select(r->graph, selectors.out, (size_t)(r->args.argc - r->args.first), err) < 0)
        return err->code;
    CLEANUP(str_freep) char *id = run_folder_id();
    CLEANUP(str_freep) char *dir = r->args.out ? xstrdup(r->args.out) : fs_join("runs", id);
    r->json = json_object();
    json_set_int(r->json, "version", 1);
    json_set_str(r->json, "run", id);
    json_set_str(r->json, "world", r->args.world.world);
    json_object_set_new(r->json, "asked", world_json(&r->args.world));
    json_t *arguments = json_array();
    for (int i = 0; i < r->args.argc; i++)
        json_array_append_new(arguments, json_string(r->args.argv[i]));
    json_object_set_new(r->json, "arguments", arguments);
    add_cases(r->json, r->graph, r->args.keep);
    r->dir = run_folder_make(dir, r->json, err);
    return r->dir ? 0 : err->code;
}

/* The graph of a run that is there, from its run.json. */
static struct case_graph *graph_of(const json_t *run, struct err *err) {
    const json_t *cases = json_object_get(run, "cases"), *files = json_object_get(run, "files");
    struct problems problems = PROBLEMS_INIT;
    struct scenario **scenarios = xcalloc(json_array_size(cases) + 1, sizeof(struct scenario *));
    size_t i, count = 0;
    json_t *source;
    json_array_foreach(cases, i, source) {
        const char *file = json_string_value(json_array_get(files, i));
        scenarios[count] = scenario_from_json(source, NULL, file ? file : "run.json", &problems);
        count += scenarios[count] != NULL;
    }
    struct case_graph *g =
        problems.count ? NULL : case_graph_new(scenarios, count, false, &problems);
    if (problems.count) {
        CLEANUP(str_freep)
        char *first = xstrndup(buf_str(&problems.text), strcspn(buf_str(&problems.text), "\n"));
        err_set(err, ERR_INPUT, "run.json: %s", first);
    }
    free(scenarios);
    problems_release(&problems);
    return g;
}

/* What the run was asked for counts again where nothing else is said now. */
static void take_asked(struct world_args *w, const json_t *run) {
    const json_t *asked = json_object_get(run, "asked");
    struct world_options *o = &w->options;
    w->world = json_str(run, "world", NULL);
    if (!w->world)
        w->world = "sim";
    if (!o->profile)
        o->profile = json_str(asked, "profile", NULL);
    if (!o->kubeconfig)
        o->kubeconfig = json_str(asked, "kubeconfig", NULL);
    if (!o->quirks)
        o->quirks = json_incref(json_object_get(asked, "quirks"));
    if (!o->offers)
        o->offers = json_incref(json_object_get(asked, "offers"));
    if (!o->faults)
        o->faults = json_incref(json_object_get(asked, "faults"));
    if (!o->contexts)
        o->contexts = json_incref(json_object_get(asked, "contexts"));
    json_object_update_missing(w->tools, json_object_get(asked, "tools"));
    if (!(o->speed > 0))
        o->speed = json_number_value(json_object_get(asked, "speed"));
    if (o->seed < 0)
        o->seed = json_int(asked, -1, "seed", NULL);
    if (o->floor_ms < 0)
        o->floor_ms = json_int(asked, -1, "floor_ms", NULL);
}

static int load_resumed(struct run *r, struct err *err) {
    CLEANUP(json_freep) json_t *events = NULL;
    r->dir = run_folder_find(r->args.resume, &r->json, &events, err);
    if (!r->dir)
        return err->code;
    size_t count = json_array_size(events);
    const json_t *last = count ? json_array_get(events, count - 1) : NULL;
    if (str_eq(json_str(last, "event", NULL), "run-end") &&
        str_eq(json_str(last, "outcome", NULL), "finished"))
        return err_set(err, ERR_STATE,
                       "%s is finished: there is nothing to go on with (confed "
                       "judge shows it)",
                       r->args.resume);
    r->history = observation_history(events);
    r->graph = graph_of(r->json, err);
    if (!r->graph)
        return err->code;
    take_asked(&r->args.world, r->json);
    return 0;
}

static int start_world(struct run *r, struct err *err) {
    if (tools_link(r->dir, r->args.world.tools, err) < 0 ||
        world_args_open(&r->args.world, &r->world, err) < 0)
        return err->code;
    CLEANUP(str_freep) char *kubeconfig = fs_join(r->dir, "kubeconfig");
    struct world_place place = {.run_dir = r->dir,
                                .kubeconfig = kubeconfig,
                                .resumed = r->history != NULL,
                                .keep = r->args.keep};
    if (r->world.ops->start(r->world.self, &place, err) < 0)
        return err->code;
    if (r->history && r->world.ops->is_fresh(r->world.self)) {
        fprintf(stderr, "confed run: the world of this run is gone: every case runs again\n");
        json_object_clear(r->history);
        (void)unlink(kubeconfig);
    }
    return 0;
}

/* What is only known once the world is up. */
static int complete_run_json(struct run *r, struct err *err) {
    const json_t *facts = r->world.ops->facts(r->world.self);
    static const char *const names[] = {"profile", "kubernetes", "seed", "quirks"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_object_get(facts, names[i]))
            json_object_set(r->json, names[i], json_object_get(facts, names[i]));
    json_t *properties = json_ensure_object(r->json, "properties");
    struct buf text = BUF_INIT;
    r->world.ops->describe(r->world.self, &text);
    json_set_str(properties, "world", buf_str(&text));
    buf_release(&text);
    CLEANUP(str_freep)
    char *seed =
        json_object_get(r->json, "seed") ? json_text(json_object_get(r->json, "seed")) : NULL;
    json_set_str(properties, "seed", seed);
    CLEANUP(str_freep) char *link = fs_join(r->dir, "bin/kubectl");
    CLEANUP(str_freep) char *kubectl = realpath(link, NULL);
    json_set_str(properties, "kubectl", kubectl);
    CLEANUP(str_freep) char *file = fs_join(r->dir, "run.json");
    json_dump_to(r->json, false, &text);
    buf_addc(&text, '\n');
    int rc = fs_write_atomic(file, buf_str(&text), text.len, 0644, err);
    buf_release(&text);
    return rc;
}

static void on_event(void *self, const json_t *event) {
    struct run *r = self;
    if (r->live)
        live_event(r->live, event, clock_monotonic_ms());
}

static void on_tick(void *self) {
    struct run *r = self;
    if (r->live)
        live_tick(r->live, clock_monotonic_ms());
}

static int terminal_columns(void) {
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO) || str_eq(getenv("TERM"), "dumb"))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
        return 80;
    return size.ws_col;
}

static int drive(struct run *r, struct driver_outcome *ret, struct err *err) {
    CLEANUP(str_freep) char *data = fs_data_dir();
    CLEANUP(str_freep) char *fixtures = data ? fs_join(data, "fixtures") : xstrdup("");
    struct buf text = BUF_INIT;
    r->world.ops->describe(r->world.self, &text);
    if (!r->args.quiet)
        printf("%s\n", buf_str(&text));
    (void)fflush(stdout);
    buf_release(&text);
    if (!r->args.quiet)
        r->live = live_new(stdout, terminal_columns());
    const char *profile = json_str(r->json, "profile", NULL);
    struct driver_options how = {
        .run_dir = r->dir,
        .fixtures = fixtures,
        .graph = r->graph,
        .world = &r->world,
        .history = r->history,
        .jobs = (size_t)r->args.jobs,
        .keep = r->args.keep,
        .run_id = json_str(r->json, "run", NULL),
        .profile = profile ? profile : "",
        .seed = json_int(r->json, -1, "seed", NULL),
        .on_event = on_event,
        .on_tick = on_tick,
        .self = r,
    };
    int rc = driver_run(&how, ret, err);
    live_free(r->live);
    r->live = NULL;
    return rc;
}

static int conclude(struct run *r, struct err *err) {
    CLEANUP(json_freep) json_t *results = verdicts_judge(r->dir, r->args.ledger, false, err);
    if (!results || verdicts_write_reports(r->dir, results, err) < 0)
        return commands_fail("run", err);
    verdicts_show(results);
    printf("\n%s\n", r->dir);
    return verdicts_exit(results);
}

static sigset_t block_signals(void) {
    sigset_t set, before;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, &before);
    return before;
}

static int run_all(struct run *r) {
    struct err err = {0};
    int code = COMMAND_TROUBLE;
    int rc = r->args.resume ? load_resumed(r, &err) : load_new(r, &code, &err);
    if (rc < 0)
        return err.code ? commands_fail("run", &err) : code;
    struct driver_outcome outcome = {0};
    /* A Ctrl-C from here on waits for the driver, which tears down: the world must not be left
     * alone. */
    sigset_t before = block_signals();
    rc = start_world(r, &err);
    if (rc == 0)
        rc = complete_run_json(r, &err);
    if (rc == 0)
        rc = drive(r, &outcome, &err);
    if (r->world.ops)
        r->world.ops->stop(r->world.self, r->args.keep);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (rc < 0)
        return commands_fail("run", &err);
    code = conclude(r, &err);
    return outcome.interrupted && code == COMMAND_GREEN ? COMMAND_RED : code;
}

int run_main(int argc, char **argv) {
    struct run r = {.args = {.argc = argc, .argv = argv}};
    world_args_init(&r.args.world);
    int code = options_parse(&options, argc, argv, &r.args, &r.args.first);
    if (code == OPTIONS_GO_ON && r.args.resume &&
        (r.args.out || r.args.cases_dir || r.args.first < argc))
        code = options_wrong("run", "--resume takes its cases and its folder from the run: no "
                                    "--out, --cases or CASE with it");
    if (code == OPTIONS_GO_ON)
        code = run_all(&r);
    case_graph_free(r.graph);
    if (r.world.ops)
        r.world.ops->free(r.world.self);
    world_args_release(&r.args.world);
    json_decref(r.json);
    json_decref(r.history);
    free(r.dir);
    return code;
}
