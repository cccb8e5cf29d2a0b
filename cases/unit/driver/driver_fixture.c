#include "cases/unit/support/unit.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/run_folder.h"
#include "harness/model/observation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void fake_env(const void *self, json_t *env) {
    const struct driver_fixture *f = self;
    char *path = xasprintf("%s/bin:/usr/bin:/bin", f->dir);
    json_set_str(env, "PATH", path);
    free(path);
}

static int64_t fake_real_ms(const void *self, int64_t world_ms) {
    const struct driver_fixture *f = self;
    return f->scaled ? world_ms / 1000 : f->real_ms;
}

static int64_t fake_span_ms(const void *self, int64_t world_ms) {
    (void)self;
    return world_ms / 1000;
}

static bool fake_is_kept(void *self) {
    return ((const struct driver_fixture *)self)->kept;
}

static const json_t *fake_offers(const void *self) {
    return ((const struct driver_fixture *)self)->offers;
}

static const json_t *fake_facts(const void *self) {
    return ((const struct driver_fixture *)self)->facts;
}

int driver_fixture_setup(void **state) {
    static const struct world_ops ops = {.name = "fake",
                                         .env = fake_env,
                                         .real_ms = fake_real_ms,
                                         .span_ms = fake_span_ms,
                                         .offers = fake_offers,
                                         .facts = fake_facts};
    struct driver_fixture *f = xcalloc(1, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/confed-driver-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->real_ms = 20000;
    f->offers = json_pack("[s]", "exec");
    f->facts = json_pack("{s:s}", "profile", "1.6.2");
    f->world = (struct world){.ops = &ops, .self = f};
    char *dir = fs_join(f->dir, "run");
    json_t *run = json_object();
    f->run_dir = run_folder_make(dir, run, NULL);
    json_decref(run);
    free(dir);
    dir = fs_join(f->dir, "bin");
    (void)fs_mkdir_p(dir, 0700, NULL);
    free(dir);
    *state = f;
    return f->run_dir ? 0 : -1;
}

int driver_fixture_teardown(void **state) {
    struct driver_fixture *f = *state;
    case_graph_free(f->graph);
    json_decref(f->events);
    budget_release(&f->budget);
    json_decref(f->offers);
    json_decref(f->facts);
    (void)fs_remove_tree(f->dir, NULL);
    free(f->run_dir);
    free(f);
    return 0;
}

void driver_fixture_program(struct driver_fixture *f, const char *name, const char *script) {
    char *path = xasprintf("%s/bin/%s", f->dir, name);
    char *text = xasprintf("#!/bin/sh\n%s\n", script);
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0755, NULL), 0);
    free(text);
    free(path);
}

void driver_fixture_cases(struct driver_fixture *f, const char *const texts[]) {
    struct scenario *scenarios[32];
    struct problems problems = PROBLEMS_INIT;
    size_t count = 0;
    for (; texts[count]; count++) {
        scenarios[count] = scenario_parse(texts[count], strlen(texts[count]), "test", &problems);
        if (!scenarios[count])
            fail_msg("%s", buf_str(&problems.text));
    }
    case_graph_free(f->graph);
    f->graph = case_graph_new(scenarios, count, false, &problems);
    if (!f->graph)
        fail_msg("%s", buf_str(&problems.text));
    problems_release(&problems);
}

void driver_fixture_read_events(struct driver_fixture *f) {
    struct buf text = BUF_INIT;
    char *path = fs_join(f->run_dir, "observations.jsonl");
    assert_int_equal(fs_read(path, &text, NULL), 0);
    json_decref(f->events);
    f->events = observation_parse_log(buf_str(&text), text.len, path, NULL);
    assert_non_null(f->events);
    buf_release(&text);
    free(path);
}

struct driver_outcome driver_fixture_run(struct driver_fixture *f, const json_t *history) {
    struct driver_options options = {.run_dir = f->run_dir,
                                     .fixtures = "/nonexistent",
                                     .graph = f->graph,
                                     .world = &f->world,
                                     .history = history,
                                     .collector = f->collector,
                                     .budget = &f->budget,
                                     .jobs = f->jobs,
                                     .is_kept = fake_is_kept,
                                     .self = f,
                                     .run_id = "test",
                                     .profile = "1.6.2"};
    struct driver_outcome outcome = {0};
    struct err err = {0};
    if (driver_run(&options, &outcome, &err) < 0)
        fail_msg("%s", err.text);
    driver_fixture_read_events(f);
    return outcome;
}

const json_t *driver_fixture_event(const struct driver_fixture *f, const char *name,
                                   const char *case_id, int step) {
    for (size_t i = json_array_size(f->events); i-- > 0;) {
        const json_t *event = json_array_get(f->events, i);
        if (str_eq(json_str(event, "event", NULL), name) &&
            (!case_id || str_eq(json_str(event, "case", NULL), case_id)) &&
            (step < 0 || json_int(event, -1, "step", NULL) == step))
            return event;
    }
    fail_msg("no %s of %s %d", name, case_id ? case_id : "the run", step);
    return NULL;
}

const char *driver_fixture_outcome(const struct driver_fixture *f, const char *case_id) {
    json_t *history = observation_history(f->events);
    const char *outcome = json_str(history, case_id, "outcome", NULL);
    static char text[32]; /* the test's, until it asks again */
    (void)snprintf(text, sizeof(text), "%s", outcome ? outcome : "");
    json_decref(history);
    return text;
}
