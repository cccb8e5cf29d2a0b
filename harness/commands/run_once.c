#include "harness/commands/run_once.h"
#include "harness/commands/case_files.h"
#include "harness/commands/commands.h"
#include "harness/commands/run_budget.h"
#include "harness/commands/run_evidence.h"
#include "harness/commands/run_json.h"
#include "harness/commands/run_select.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mask.h"
#include "harness/core/str.h"
#include "harness/driver/driver.h"
#include "harness/driver/run_folder.h"
#include "harness/history/history.h"
#include "harness/model/observation.h"
#include "harness/model/results.h"
#include "harness/model/verdict.h"
#include "harness/world/tools.h"
#include "harness/world/world_sim.h"
#include "reports/live.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { VERSION_WAIT_MS = 5000 };

struct run {
    struct run_request *asked;
    struct case_graph *graph; /* owned */
    json_t *json;             /* run.json; owned */
    json_t *history;          /* owned; NULL: a new run */
    char *dir;                /* absolute; owned */
    struct budget budget;     /* owned */
    struct run_evidence evidence;
    struct world world;
    struct live *live; /* owned */
    bool finished;     /* resumed, and there is nothing to go on with but its reports */
};

static int load_budget(struct run *r, const json_t *kept, struct err *err) {
    if (run_budget_load(r->asked->world.world, kept, r->asked->budget, &r->budget, err) < 0)
        return err->code;
    json_object_set_new(r->json, "budget", budget_to_json(&r->budget));
    return 0;
}

static int load_new(struct run *r, int *ret_exit, struct err *err) {
    r->graph = case_files_load_or_say("run", r->asked->cases_dir, ret_exit);
    if (!r->graph)
        return ERR_INPUT;
    CLEANUP(json_freep) json_t *shard = NULL;
    int rc = run_select(r->graph, r->asked, &shard, err);
    if (rc < 0)
        return rc;
    CLEANUP(str_freep) char *id = run_folder_id();
    CLEANUP(str_freep)
    char *dir = r->asked->out ? xstrdup(r->asked->out) : fs_join("runs", id);
    r->json = json_object();
    json_set_int(r->json, "version", 1);
    json_set_str(r->json, "run", id);
    json_set_str(r->json, "world", r->asked->world.world);
    json_object_set_new(r->json, "asked", run_json_asked(&r->asked->world));
    json_t *arguments = json_array();
    for (int i = 0; i < r->asked->argc; i++)
        json_array_append_new(arguments, json_string(r->asked->argv[i]));
    json_object_set_new(r->json, "arguments", mask_json(arguments));
    json_decref(arguments);
    if (shard)
        json_object_set(r->json, "shard", shard);
    run_json_set_cases(r->json, r->graph);
    if (r->asked->keep)
        run_json_keep(r->json);
    if (load_budget(r, NULL, err) < 0)
        return err->code;
    r->dir = run_folder_make(dir, r->json, err);
    return r->dir ? 0 : err->code;
}

static bool is_finished(const json_t *events) {
    size_t count = json_array_size(events);
    const json_t *last = count ? json_array_get(events, count - 1) : NULL;
    return str_eq(json_str(last, "event", NULL), "run-end") &&
           str_eq(json_str(last, "outcome", NULL), "finished");
}

static int load_resumed(struct run *r, struct err *err) {
    CLEANUP(json_freep) json_t *events = NULL;
    r->dir = run_folder_find(r->asked->resume, &r->json, &events, err);
    if (!r->dir)
        return err->code;
    r->finished = !r->asked->only_teardown && is_finished(events);
    if (results_version_check(r->json, r->asked->resume, err) < 0)
        return err->code;
    r->history = observation_history(events);
    run_json_unkeep(r->json);
    r->graph = run_json_graph(r->json, err);
    if (!r->graph)
        return err->code;
    if (r->asked->keep)
        run_json_keep(r->json);
    run_json_take_asked(&r->asked->world, r->json);
    CLEANUP(json_freep) json_t *kept = json_incref(json_object_get(r->json, "budget"));
    return load_budget(r, kept, err);
}

/* Programs are killed with the run that started them, and leave the locks of kubeconfigs. */
static void clear_locks(const struct run *r) {
    static const char *const patterns[] = {"kubeconfig.lock", "work/*.lock"};
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        CLEANUP(str_freep) char *pattern = fs_join(r->dir, patterns[i]);
        glob_t found = {0};
        (void)glob(pattern, 0, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++)
            (void)unlink(found.gl_pathv[k]);
        globfree(&found);
    }
}

static int start_world(struct run *r, struct err *err) {
    if (r->history)
        clear_locks(r);
    if (tools_link(r->dir, r->asked->world.tools, err) < 0 ||
        world_args_open(&r->asked->world, &r->world, err) < 0)
        return err->code;
    CLEANUP(str_freep) char *kubeconfig = fs_join(r->dir, "kubeconfig");
    struct world_place place = {.run_dir = r->dir,
                                .kubeconfig = kubeconfig,
                                .resumed = r->history != NULL,
                                .keep = r->asked->keep || r->asked->keep_on_failure};
    if (r->world.ops->start(r->world.self, &place, err) < 0)
        return err->code;
    if (r->history && r->world.ops->is_fresh(r->world.self)) {
        fprintf(stderr, "confed run: the world of this run is gone: every case runs again\n");
        json_object_clear(r->history);
        (void)unlink(kubeconfig);
    }
    return 0;
}

/* "v1.20.2, /usr/bin/kubectl"; the path alone where it does not say. */
static void add_kubectl(const struct run *r, json_t *properties) {
    CLEANUP(str_freep) char *link = fs_join(r->dir, "bin/kubectl");
    CLEANUP(str_freep) char *path = realpath(link, NULL);
    if (!path)
        return;
    const char *const argv[] = {path, "version", "--client", NULL};
    CLEANUP(json_freep) json_t *env = json_object();
    r->world.ops->env(r->world.self, env);
    struct buf said = BUF_INIT;
    struct err ignored = {0};
    int rc = tools_ask(argv, env, VERSION_WAIT_MS, &said, &ignored);
    CLEANUP(str_freep) char *release = rc == 0 ? tools_release_in(buf_str(&said)) : NULL;
    CLEANUP(str_freep)
    char *text = release ? xasprintf("v%s, %s", release, path) : xstrdup(path);
    json_set_str(properties, "kubectl", text);
    buf_release(&said);
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
    add_kubectl(r, properties);
    if (json_str(facts, "juju", "version", NULL)) /* of a juju that was asked */
        json_set_str(properties, "juju", json_str(facts, "juju", "version", NULL));
    if (!str_eq(r->asked->world.world, "sim"))
        json_set_str(properties, "kubefed", json_str(facts, "kubernetes", NULL));
    return run_json_write(r->json, r->dir, err);
}

static void on_event(void *self, const json_t *event) {
    struct run *r = self;
    run_evidence_event(&r->evidence, event);
    if (r->live)
        live_event(r->live, event, clock_monotonic_ms());
}

static void on_tick(void *self) {
    struct run *r = self;
    if (r->live)
        live_tick(r->live, clock_monotonic_ms());
}

/* Whether a case that is over is red; those of the tear-down are not begun yet. */
static bool is_red_so_far(const struct run *r) {
    struct ledger_choice choice = {.ledger = r->asked->ledger, .beside = r->asked->gaps};
    CLEANUP(json_freep) json_t *results = verdicts_judge(r->dir, &choice, false, NULL);
    size_t i;
    const json_t *result;
    json_array_foreach(json_object_get(results, "results"), i, result) {
        enum verdict v = verdict_of_name(json_str(result, "verdict", NULL));
        if (verdict_is_red(v))
            return true;
    }
    return false;
}

static bool is_kept(void *self) {
    struct run *r = self;
    if (r->asked->keep)
        return true;
    if (!r->asked->keep_on_failure || r->asked->only_teardown || !is_red_so_far(r))
        return false;
    run_json_keep(r->json);
    struct err ignored = {0}; /* without it the tear-downs show as blocked */
    (void)run_json_write(r->json, r->dir, &ignored);
    return true;
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
    if (!r->asked->quiet)
        printf("%s\n", buf_str(&text));
    (void)fflush(stdout);
    buf_release(&text);
    if (!r->asked->quiet)
        r->live = live_new(stdout, terminal_columns());
    run_evidence_init(&r->evidence, r->json, r->dir, r->graph, r->asked->evidence_ms,
                      r->asked->evidence_bytes);
    const char *profile = json_str(r->json, "profile", NULL);
    struct driver_options how = {
        .run_dir = r->dir,
        .fixtures = fixtures,
        .graph = r->graph,
        .world = &r->world,
        .history = r->history,
        .jobs = (size_t)r->asked->jobs,
        .only_teardown = r->asked->only_teardown,
        .budget = &r->budget,
        .collector = run_evidence_collector(&r->evidence),
        .run_id = json_str(r->json, "run", NULL),
        .profile = profile ? profile : "",
        .seed = json_int(r->json, -1, "seed", NULL),
        .on_event = on_event,
        .on_tick = on_tick,
        .is_kept = is_kept,
        .self = r,
    };
    int rc = driver_run(&how, ret, err);
    live_free(r->live);
    r->live = NULL;
    return rc;
}

static int remember(const char *file, const json_t *results, struct err *err) {
    bool added;
    CLEANUP(history_freep) struct history *h = history_open(file, true, err);
    return h ? history_add(h, results, &added, err) : err->code;
}

static int conclude(struct run *r, struct run_done *ret, struct err *err) {
    struct ledger_choice choice = {.ledger = r->asked->ledger, .beside = r->asked->gaps};
    ret->results = verdicts_judge(r->dir, &choice, false, err);
    if (!ret->results || verdicts_write_reports(r->dir, ret->results, err) < 0)
        return commands_fail("run", err);
    if (!r->asked->silent) {
        verdicts_show(ret->results);
        printf("\n%s\n", r->dir);
        if (ret->kept)
            printf("kept as it is: confed run --resume %s goes on with it, confed down %s takes it "
                   "down\n",
                   r->dir, r->dir);
    }
    (void)fflush(stdout);
    if (r->asked->history && remember(r->asked->history, ret->results, err) < 0)
        return commands_fail("run", err);
    return verdicts_exit(ret->results);
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

/* A ledger that cannot be read is better known before an hour of running than behind it. */
static int read_ledger(struct run *r, struct err *err) {
    struct ledger_choice choice = {.ledger = r->asked->ledger, .beside = r->asked->gaps};
    return verdicts_ledger(&choice, &r->evidence.ledger, err);
}

/* A run that was killed behind its last event may have left its simulated world. */
static void end_world(const struct run *r) {
    CLEANUP(str_freep) char *dir = fs_join(r->dir, "world");
    struct err gone = {0};
    if (str_eq(json_str(r->json, "world", NULL), "sim"))
        (void)world_sim_down(dir, &gone);
}

/* The world is not what the run left: it is not touched. */
static int refuse(const struct run *r, struct driver_outcome *outcome) {
    size_t i;
    json_t *line;
    json_array_foreach(outcome->differences, i, line)
        fprintf(stderr, "confed run: %s\n", json_string_value(line));
    fprintf(stderr,
            "confed run: the world is not what %s left, so nothing was begun: mend it and resume "
            "again, or take down what is left with confed down %s\n",
            r->asked->resume, r->asked->resume);
    json_decref(outcome->differences);
    return COMMAND_TROUBLE;
}

static int run(struct run *r, struct run_done *ret) {
    struct err err = {0};
    int code = COMMAND_TROUBLE;
    if (read_ledger(r, &err) < 0)
        return commands_fail("run", &err);
    int rc = r->asked->resume ? load_resumed(r, &err) : load_new(r, &code, &err);
    if (rc == RUN_SELECT_NOTHING) {
        fprintf(stderr, "confed run: RED because %s\n", err.text);
        return COMMAND_RED;
    }
    if (rc < 0)
        return err.code ? commands_fail("run", &err) : code;
    if (r->finished) {
        end_world(r);
        return conclude(r, ret, &err);
    }
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
        r->world.ops->stop(r->world.self, outcome.kept || outcome.differences);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (rc < 0)
        return commands_fail("run", &err);
    if (outcome.differences)
        return refuse(r, &outcome);
    ret->interrupted = outcome.interrupted;
    ret->kept = outcome.kept;
    code = conclude(r, ret, &err);
    return outcome.interrupted && code == COMMAND_GREEN ? COMMAND_RED : code;
}

int run_once(struct run_request *asked, struct run_done *ret) {
    struct run r = {.asked = asked};
    *ret = (struct run_done){0};
    int code = run(&r, ret);
    case_graph_free(r.graph);
    if (r.world.ops)
        r.world.ops->free(r.world.self);
    json_decref(r.json);
    json_decref(r.history);
    run_evidence_release(&r.evidence);
    budget_release(&r.budget);
    ret->dir = r.dir;
    return code;
}

void run_done_release(struct run_done *d) {
    json_decref(d->results);
    free(d->dir);
    *d = (struct run_done){0};
}
