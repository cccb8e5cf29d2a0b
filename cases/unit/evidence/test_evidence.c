#include "cases/unit/support/unit.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/evidence/evidence.h"

#include <string.h>
#include <unistd.h>

#define ADD "  - run: [juju, add-model, f1]\n  - run: [juju, add-model, c1]\n"
#define HEAD "id: t.a\ntitle: a\nsteps:\n" ADD
#define STATUS                                                                              \
    "echo '{\"model\":{\"name\":\"m\"},\"applications\":{\"etcd\":{\"units\":{\"etcd/0\":{" \
    "\"public-address\":\"127.0.0.1\",\"open-ports\":[\"1/tcp\"]}}}}}'"

/* Runs the cases with a juju that is a script; the evidence event of t.a, borrowed, or NULL. */
static const json_t *run(struct driver_fixture *f, const char *juju, const char *const cases[],
                         const struct evidence_options *options) {
    driver_fixture_program(f, "juju", juju);
    driver_fixture_program(f, "kubectl", "echo '{}'");
    driver_fixture_program(f, "kubefed", "echo v1");
    json_decref(f->offers);
    f->offers = json_pack("[s]", "juju");
    json_object_set_new(f->facts, "juju",
                        json_pack("{s:s, s:s}", "version", "3.1.6", "remote", "exec"));
    driver_fixture_cases(f, cases);
    struct evidence_options o = *options;
    o.run_dir = f->run_dir;
    o.graph = f->graph;
    struct evidence *e = evidence_new(&o);
    f->collector = evidence_collector(e);
    (void)driver_fixture_run(f, NULL);
    evidence_free(e);
    f->collector = NULL;
    size_t i;
    json_t *event;
    json_array_foreach(f->events, i, event) {
        if (str_eq(json_str(event, "event", NULL), "evidence"))
            return event;
    }
    return NULL;
}

static json_t *manifest(const struct driver_fixture *f) {
    char *path = xasprintf("%s/evidence/t.a/manifest.json", f->run_dir);
    json_t *value = json_load_path(path, NULL);
    free(path);
    assert_non_null(value);
    return value;
}

static const json_t *source_of(const json_t *m, const char *source, const char *model) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(m, "sources"), i, one) {
        if (str_eq(json_str(one, "source", NULL), source) &&
            str_eq(json_str(one, "model", NULL), model))
            return one;
    }
    return NULL;
}

/* The state of a source of a model (NULL: of the run); "" when it is not in the manifest. */
static const char *state_of(const json_t *m, const char *source, const char *model) {
    const char *state = json_str(source_of(m, source, model), "state", NULL);
    return state ? state : "";
}

static int64_t elapsed_of(const struct driver_fixture *f, const char *source, const char *model) {
    json_t *m = manifest(f);
    const json_t *one = source_of(m, source, model);
    int64_t ms = json_int(one, -1, "elapsed_ms", NULL);
    json_decref(m);
    return ms;
}

static void read_file(const struct driver_fixture *f, const char *name, struct buf *ret) {
    char *path = xasprintf("%s/evidence/t.a/%s", f->run_dir, name);
    (void)fs_read(path, ret, NULL);
    free(path);
}

/* In whichever order they ended. */
static bool is_missing(const json_t *missing, const char *source) {
    size_t i;
    json_t *one;
    json_array_foreach(missing, i,
                       one) if (str_eq(json_str(one, "source", NULL), source)) return true;
    return false;
}

static void evidence__one_model_that_does_not_answer_costs_only_itself(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        HEAD "  - run: [juju, add-model, c2]\n  - run: [\"false\"]\n", NULL};
    static const char juju[] = "case \"$*\" in\n"
                               "add-model*) ;;\n"
                               "*\"-m c2\"*) exec sleep 60;;\n"
                               "status*) " STATUS ";;\n"
                               "*) echo \"$*\";;\nesac";
    int64_t begin = clock_monotonic_ms();
    const json_t *event = run(f, juju, cases, &(struct evidence_options){.time_ms = 8000});
    assert_true(clock_monotonic_ms() - begin < 20000);
    assert_true(json_int(event, 99999, "elapsed_ms", NULL) < 9000);
    /* One question does not get all of the time: what follows from it would have none. */
    assert_true(elapsed_of(f, "status", "c2") < 7000);
    json_t *m = manifest(f);
    static const char *const sources[] = {"status", "debug-log", "errors", "unit logs"};
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        assert_string_equal(state_of(m, sources[i], "f1"), "whole");
        assert_string_equal(state_of(m, sources[i], "c1"), "whole");
        assert_string_equal(state_of(m, sources[i], "c2"), "timeout");
    }
    assert_string_equal(state_of(m, "show-unit", "c1"), "whole");
    assert_string_equal(state_of(m, "ports", "c1"), "whole");
    assert_string_equal(state_of(m, "show-unit", "c2"), "");
    json_decref(m);
    const json_t *missing = json_object_get(event, "missing");
    assert_int_equal(json_array_size(missing), 4);
    assert_true(is_missing(missing, "status c2"));
    assert_int_equal(json_int(event, -1, "step", NULL), 3);
    struct buf text = BUF_INIT;
    read_file(f, "models/f1/ports.jsonl", &text);
    assert_non_null(strstr(buf_str(&text), "\"state\":\"refused\""));
    buf_release(&text);
}

static void evidence__a_source_that_fails_is_named_with_its_reason(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {HEAD "  - run: [\"false\"]\n", NULL};
    static const char juju[] = "case \"$*\" in\n"
                               "add-model*) ;;\n"
                               "status*) echo 'ERROR model lab:admin/f1 not found' >&2; exit 1;;\n"
                               "debug-log*) kill -KILL $$;;\n"
                               "*) echo x;;\nesac";
    const json_t *event = run(f, juju, cases, &(struct evidence_options){0});
    const json_t *missing = json_object_get(event, "missing");
    assert_int_equal(json_array_size(missing), 6);
    bool said = false, killed = false;
    size_t i;
    json_t *one;
    json_array_foreach(missing, i, one) {
        const char *why = json_str(one, "why", NULL);
        said |= str_eq(why, "exit code 1: ERROR model lab:admin/f1 not found");
        killed |= str_eq(why, "killed by signal 9");
    }
    assert_true(said && killed);
    json_t *m = manifest(f);
    assert_string_equal(state_of(m, "unit logs", "f1"), "whole");
    json_decref(m);
}

static void evidence__stays_within_its_budget_of_bytes(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {HEAD "  - run: [\"false\"]\n", NULL};
    static const char juju[] =
        "case \"$*\" in\n"
        "add-model*) ;;\n"
        "debug-log*) i=0; while [ $i -lt 3000 ]; do echo \"line $i of a log that is long\"; "
        "i=$((i + 1)); done;;\n"
        "*) echo x;;\nesac";
    const json_t *event = run(f, juju, cases, &(struct evidence_options){.bytes_max = 65536});
    assert_true(json_int(event, 0, "bytes", NULL) > 30000);
    assert_true(json_int(event, 99999, "bytes", NULL) <= 65536);
    json_t *m = manifest(f);
    assert_non_null(m); /* and it has had room */
    json_decref(m);
    struct buf log = BUF_INIT;
    read_file(f, "models/f1/debug-log.txt", &log);
    assert_non_null(strstr(buf_str(&log), "line 2999 of"));
    assert_null(strstr(buf_str(&log), "line 0 of"));
    buf_release(&log);
}

static void evidence__is_there_before_anything_is_torn_down(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        HEAD "  - run: [\"false\"]\n    go_on: true\n"
             "  - run: [ls, \"${run}/evidence/t.a/manifest.json\"]\n    go_on: true\n",
        "id: t.down\ntitle: d\nteardown: true\nafter: [t.a]\nsteps:\n"
        "  - run: [ls, \"${run}/evidence/t.a/manifest.json\"]\n",
        NULL};
    assert_non_null(run(f, "echo x", cases, &(struct evidence_options){0}));
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "unmet");
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "met");
    assert_string_equal(json_str(driver_fixture_event(f, "step-end", "t.a", 3), "outcome", NULL),
                        "met");
}

static void evidence__is_collected_of_what_the_run_has_no_time_left_for(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {HEAD "  - run: [sleep, \"60\"]\n", NULL};
    f->budget.run_ms = 300;
    const json_t *event = run(f, "echo x", cases, &(struct evidence_options){0});
    assert_non_null(event);
    assert_string_equal(json_str(event, "folder", NULL), "evidence/t.a");
    const json_t *end = driver_fixture_event(f, "case-end", "t.a", -1);
    assert_string_equal(json_str(end, "reason", NULL), "run-deadline");
    assert_string_equal(json_str(end, "outcome", NULL), "error");
}

static bool never(void *self, const char *case_id, enum outcome outcome, bool ended) {
    char *asked = self;
    (void)case_id;
    asked[0] = ended ? 'e' : asked[0];
    asked[1] = ended ? asked[1] : 'b';
    asked[2] = outcome == OUTCOME_UNMET ? 'u' : '?';
    return false;
}

static void evidence__is_not_collected_of_what_is_met_or_not_wanted(void **state) {
    struct driver_fixture *f = *state;
    static const char *const met[] = {HEAD, NULL};
    static const char *const unmet[] = {HEAD "  - run: [\"false\"]\n    go_on: true\n"
                                             "  - run: [\"true\"]\n",
                                        NULL};
    char asked[] = "...";
    assert_null(run(f, "echo x", met, &(struct evidence_options){0}));
    char *path = fs_join(f->run_dir, "observations.jsonl");
    (void)unlink(path);
    free(path);
    assert_null(run(f, "echo x", unmet, &(struct evidence_options){.wants = never, .self = asked}));
    assert_string_equal(asked, "ebu"); /* before the step that follows, and at the end */
    path = fs_join(f->run_dir, "evidence");
    assert_false(fs_exists(path));
    free(path);
}

static void evidence__of_a_whole_run_has_an_end(void **state) {
    struct driver_fixture *f = *state;
    char texts[24][96];
    const char *cases[25] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        (void)snprintf(texts[i], sizeof(texts[i]),
                       "id: t.c%zu\ntitle: c\nsteps:\n  - run: [\"false\"]\n", i);
        cases[i] = texts[i];
    }
    (void)run(f, "echo x", cases, &(struct evidence_options){0});
    size_t i, folders = 0, refused = 0;
    json_t *event;
    json_array_foreach(f->events, i, event) {
        if (!str_eq(json_str(event, "event", NULL), "evidence"))
            continue;
        folders += json_str(event, "folder", NULL) != NULL;
        refused += str_eq(json_str(event, "missing", "[0]", "why", NULL),
                          "twenty cases have their evidence already");
    }
    assert_int_equal(folders, 20);
    assert_int_equal(refused, 4);
}

static void ignore_event(void *self, json_t *event, bool sync) {
    (void)sync;
    json_decref(*(json_t **)self);
    *(json_t **)self = event;
}

static void never_done(void *self) {
    (void)self;
    fail_msg("what was cancelled has ended");
}

static void evidence__that_nobody_waits_for_any_more_keeps_what_there_is(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {HEAD "  - run: [\"false\"]\n", NULL};
    driver_fixture_program(f, "juju", "case \"$*\" in status*) exec sleep 60;; *) echo x;; esac");
    driver_fixture_program(f, "kubectl", "exec sleep 60");
    json_decref(f->offers);
    f->offers = json_pack("[s]", "juju");
    json_object_set_new(f->facts, "juju",
                        json_pack("{s:s, s:s}", "version", "2.1.3", "remote", "run"));
    driver_fixture_cases(f, cases);
    struct evidence *e = evidence_new(
        &(struct evidence_options){.run_dir = f->run_dir, .graph = f->graph, .time_ms = 60000});
    struct loop *loop = loop_new();
    json_t *env = json_object(), *event = NULL;
    f->world.ops->env(f->world.self, env);
    const struct ask_place place = {
        .loop = loop, .env = env, .work_dir = f->dir, .kubeconfig = "/nonexistent"};
    json_t *visible = json_pack("{s:O}", "world", f->facts);
    const struct collector_request request = {.place = &place,
                                              .world = &f->world,
                                              .scenario = f->graph->nodes[0].scenario,
                                              .visible = visible,
                                              .write = ignore_event,
                                              .write_self = &event,
                                              .done = never_done};
    const struct collector *c = evidence_collector(e);
    c->begin(c->self, &request);
    char *path = xasprintf("%s/evidence/t.a/models/c1/debug-log.txt", f->run_dir);
    for (int64_t end = clock_monotonic_ms() + 10000;
         !fs_exists(path) && clock_monotonic_ms() < end;)
        assert_int_equal(loop_turn(loop, 100, NULL), 0);
    c->cancel(c->self, &request);
    assert_true(fs_exists(path));
    free(path);
    assert_string_equal(json_str(event, "event", NULL), "evidence");
    json_t *m = manifest(f);
    assert_string_equal(state_of(m, "status", "f1"), "timeout");
    assert_string_equal(state_of(m, "debug-log", "c1"), "whole");
    json_decref(m);
    json_decref(event);
    evidence_free(e);
    for (int64_t end = clock_monotonic_ms() + 10000;
         loop_held(loop) > 0 && clock_monotonic_ms() < end;)
        assert_int_equal(loop_turn(loop, 100, NULL), 0);
    assert_int_equal(loop_held(loop), 0); /* no process is left */
    loop_free(loop);
    json_decref(env);
    json_decref(visible);
}

static void evidence__has_no_secrets(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {HEAD "  - run: [\"false\"]\n", NULL};
    static const char juju[] =
        "case \"$*\" in\n"
        "add-model*) ;;\n"
        "status*) echo "
        "'{\"token\":\"s3cr3t\",\"applications\":{},\"x\":\"http://a:s3cr3t@h/\"}';;\n"
        "*) echo 'kind: Secret\ndata:\n  a: s3cr3t\nOS_PASSWORD=s3cr3t --token s3cr3t';\n"
        "   echo '-----BEGIN RSA PRIVATE KEY-----\ns3cr3t' >&2; exit 1;;\nesac";
    assert_non_null(run(f, juju, cases, &(struct evidence_options){0}));
    char *command = xasprintf("grep -rq 's3cr3t' %s/evidence %s/observations.jsonl %s/steps",
                              f->run_dir, f->run_dir, f->run_dir);
    assert_int_equal(system(command), 1 << 8);
    free(command);
    struct buf text = BUF_INIT;
    read_file(f, "models/f1/debug-log.txt", &text);
    assert_non_null(strstr(buf_str(&text), "OS_PASSWORD=<secret>"));
    buf_release(&text);
}

#define IN_FIXTURE(test) \
    cmocka_unit_test_setup_teardown(test, driver_fixture_setup, driver_fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(evidence__one_model_that_does_not_answer_costs_only_itself),
        IN_FIXTURE(evidence__a_source_that_fails_is_named_with_its_reason),
        IN_FIXTURE(evidence__stays_within_its_budget_of_bytes),
        IN_FIXTURE(evidence__is_there_before_anything_is_torn_down),
        IN_FIXTURE(evidence__is_collected_of_what_the_run_has_no_time_left_for),
        IN_FIXTURE(evidence__is_not_collected_of_what_is_met_or_not_wanted),
        IN_FIXTURE(evidence__of_a_whole_run_has_an_end),
        IN_FIXTURE(evidence__that_nobody_waits_for_any_more_keeps_what_there_is),
        IN_FIXTURE(evidence__has_no_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
