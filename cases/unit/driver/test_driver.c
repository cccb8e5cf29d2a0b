#include "cases/unit/support/unit.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/model/observation.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void driver__runs_cases_in_their_order_and_hands_values_on(void **state) {
    struct driver_fixture *f = *state;
    driver_fixture_program(f, "greet", "echo \"hello $1 from $HOME\"; echo \"token: s3cr3t\" >&2");
    static const char *const cases[] = {
        "id: t.a\ntitle: a\nneeds: [exec]\nsteps:\n"
        "  - run: [greet, \"${world.profile}\"]\n"
        "    bind: {word: {in: stdout, matches: \"^(hello)\"}}\n"
        "    evidence: {line: stdout, nothing: json.x}\n",
        "id: t.b\ntitle: b\nafter: [t.a]\nsteps:\n"
        "  - write: {file: d/x, text: \"${word}!\", mode: \"0600\"}\n"
        "  - run: [cat, d/x]\n"
        "    expect: {stdout: {equals: \"hello!\"}}\n"
        "    bind: {all: stdout}\n"
        "  - bind: {copy: \"${all}\", first: {in: \"${all}\", matches: \"^(.)\"}}\n"
        "  - assert: {\"${copy}\": \"hello!\", \"${first}\": h}\n",
        "id: t.c\ntitle: c\nneeds: [exec, loadbalancer]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.d\ntitle: d\nafter: [t.c]\nsteps: [{run: [\"true\"]}]\n", NULL};
    driver_fixture_cases(f, cases);
    struct driver_outcome outcome = driver_fixture_run(f, NULL);
    assert_int_equal(outcome.met, 2);
    assert_int_equal(outcome.other, 2);
    assert_string_equal(driver_fixture_outcome(f, "t.b"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.c"), "unsupported");
    assert_string_equal(driver_fixture_outcome(f, "t.d"), "blocked");
    const json_t *skipped = driver_fixture_event(f, "case-end", "t.c", -1);
    assert_int_equal(json_array_size(json_object_get(skipped, "missing")), 1);
    assert_string_equal(json_str(skipped, "missing", "[0]", NULL), "loadbalancer");
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    char *line = xasprintf("hello 1.6.2 from %s/home\n", f->run_dir);
    assert_string_equal(json_str(end, "evidence", "line", NULL), line);
    free(line);
    assert_null(json_at(end, "evidence", "nothing", NULL));
    assert_string_equal(json_str(end, "files", "[1]", NULL), "steps/t.a/00.stderr");
    assert_string_equal(
        json_str(driver_fixture_event(f, "case-end", "t.d", -1), "blocked_by", NULL), "t.c");
    assert_string_equal(json_str(driver_fixture_event(f, "run-end", NULL, -1), "outcome", NULL),
                        "finished");
    char *path = fs_join(f->run_dir, "steps/t.a/00.stderr");
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(path, &text, NULL), 0);
    assert_string_equal(buf_str(&text), "token: <secret>\n");
    buf_release(&text);
    free(path);
}

static void driver__outcomes_say_who_is_to_blame(void **state) {
    struct driver_fixture *f = *state;
    static const struct {
        const char *id, *steps, *outcome, *reason, *seen;
    } rows[] = {
        {"t.fail", "[{run: [sh, -c, \"echo why >&2; exit 3\"]}]", "unmet", NULL, "exit is 3: why"},
        {"t.wanted", "[{run: [sh, -c, exit 3], expect: {exit: 3}}]", "met", NULL, ""},
        {"t.output", "[{run: [echo, x], expect: {stdout: {contains: z}}}]", "unmet", NULL,
         "stdout is \"x\\n\""},
        {"t.crash", "[{run: [sh, -c, \"kill -SEGV $$\"]}]", "error", "crash",
         "killed by signal 11"},
        {"t.killed", "[{run: [sh, -c, \"kill -KILL $$\"], expect: {signal: 9}}]", "met", NULL, ""},
        {"t.tool", "[{run: [no-such-tool]}]", "error", "tool-missing", "no-such-tool"},
        {"t.bind", "[{run: [\"true\"], bind: {x: json.y}}]", "unmet", NULL, "there is no json.y"},
        {"t.assert", "[{bind: {n: 2}}, {assert: {\"${n}\": {at_least: 3}}}]", "unmet", NULL,
         "${n} is 2"},
        {"t.may-fail",
         "[{run: [\"false\"], may_fail: true}, {run: [sh, -c, \"kill -KILL $$\"], "
         "may_fail: true}, {run: [\"true\"]}]",
         "met", NULL, ""},
        {"t.goes-on", "[{run: [\"false\"], go_on: true}, {run: [\"true\"]}]", "unmet", NULL, ""},
        {"t.context", "[{probe: {address: nowhere, port: 1}}]", "error", "environment",
         "an IP address"},
        {"t.port", "[{probe: {address: 127.0.0.1, port: 1}, expect: {state: refused}}]", "met",
         NULL, ""},
        {"t.open", "[{probe: {address: 127.0.0.1, port: 1}}]", "unmet", NULL,
         "state is \"refused\""},
    };
    char *texts[ARRAY_LEN(rows) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        texts[i] = xasprintf("id: %s\ntitle: t\nsteps: %s\n", rows[i].id, rows[i].steps);
    driver_fixture_cases(f, (const char *const *)texts);
    (void)driver_fixture_run(f, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const json_t *end = driver_fixture_event(f, "step-end", rows[i].id, -1);
        const char *reason = json_str(end, "reason", NULL), *seen = json_str(end, "seen", NULL);
        if (!str_eq(driver_fixture_outcome(f, rows[i].id), rows[i].outcome) ||
            !str_eq(reason, rows[i].reason) || !strstr(seen, rows[i].seen))
            fail_msg("%s: %s, %s: %s", rows[i].id, driver_fixture_outcome(f, rows[i].id),
                     reason ? reason : "-", seen);
        free(texts[i]);
    }
}

static void driver__what_hangs_is_ended_by_its_deadline(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 300;
    static const char *const cases[] = {
        "id: t.hang\ntitle: t\nsteps: [{run: [sh, -c, \"echo here; exec sleep 100\"]}]\n",
        "id: t.deaf\ntitle: t\nsteps: [{run: [sh, -c, \"trap '' TERM; echo deaf; sleep 100 & wait; "
        "wait\"]}]\n",
        "id: t.never\ntitle: t\nsteps: [{await: {run: [cat, nothing]}, until: {exit: 0}}]\n",
        "id: t.nobody\ntitle: t\nsteps: [{await: {context: c9, path: /api}, until: {status: "
        "200}}]\n",
        "id: t.job\ntitle: t\nsteps: [{run: [sleep, \"100\"], job: j}, {finish: j}]\n",
        NULL};
    static const struct {
        const char *id, *outcome, *reason, *seen;
    } rows[] = {
        {"t.hang", "error", "timeout", "last line: here"},
        {"t.deaf", "error", "timeout", "last line: deaf"},
        {"t.never", "unmet", NULL, "exit is 1"},
        {"t.nobody", "error", "timeout", "nothing answered"},
        {"t.job", "error", "timeout", "job j still running"},
    };
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const json_t *end = driver_fixture_event(f, "step-end", rows[i].id, -1);
        const char *reason = json_str(end, "reason", NULL), *seen = json_str(end, "seen", NULL);
        if (!str_eq(driver_fixture_outcome(f, rows[i].id), rows[i].outcome) ||
            !str_eq(reason, rows[i].reason) || !strstr(seen, rows[i].seen))
            fail_msg("%s: %s, %s: %s", rows[i].id, driver_fixture_outcome(f, rows[i].id),
                     reason ? reason : "-", seen);
    }
    assert_true(json_int(driver_fixture_event(f, "step-end", "t.never", 0), 0, "attempts", NULL) >
                1);
}

static void driver__jobs_go_on_while_other_steps_run(void **state) {
    struct driver_fixture *f = *state;
    /* The job waits for a file that a later step of the case writes. */
    driver_fixture_program(f, "wait-for", "until [ -e \"$1\" ]; do sleep 0.01; done; echo found");
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps:\n"
        "  - {run: [wait-for, flag], job: waiter}\n"
        "  - {write: {file: flag, text: x}}\n"
        "  - {await: {run: [cat, flag]}, until: {stdout: x}, stays: 20s}\n"
        "  - {finish: waiter, expect: {stdout: {contains: found}}, bind: {o: stdout}}\n"
        "  - {run: [sleep, \"100\"], job: forgotten}\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "met");
}

static void driver__interrupted_tears_down_what_had_begun(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        "id: t.up\ntitle: t\nsteps: [{run: [\"true\"]}]\n",
        "id: t.hang\ntitle: t\nafter: [t.up]\nsteps: [{run: [sh, -c, \"kill -INT $PPID; exec sleep "
        "100\"]}]\n",
        "id: t.later\ntitle: t\nafter: [t.hang]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down\ntitle: t\nteardown: true\nafter: [t.up]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down-later\ntitle: t\nteardown: true\nafter: [t.later]\nsteps: [{run: "
        "[\"true\"]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    struct driver_outcome outcome = driver_fixture_run(f, NULL);
    assert_true(outcome.interrupted);
    assert_string_equal(driver_fixture_outcome(f, "t.up"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.hang"), "interrupted");
    assert_string_equal(driver_fixture_outcome(f, "t.later"), "");
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.down-later"), "blocked");
    assert_string_equal(json_str(driver_fixture_event(f, "run-end", NULL, -1), "outcome", NULL),
                        "interrupted");
}

static void driver__interrupted_twice_stops_at_once(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        "id: t.up\ntitle: t\nsteps: [{run: [sh, -c, \"kill -INT $PPID; exec sleep 100\"]}]\n",
        "id: t.down\ntitle: t\nteardown: true\nafter: [t.up]\nsteps: [{run: [sh, -c, \"kill -INT "
        "$PPID; exec sleep 100\"]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    assert_true(driver_fixture_run(f, NULL).interrupted);
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "interrupted");
}

static void driver__tears_down_after_a_failure_and_not_what_never_began(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        "id: t.up\ntitle: t\nsteps: [{bind: {v: 1}}, {run: [\"false\"]}, {bind: {w: 1}}]\n",
        "id: t.sees\ntitle: t\nteardown: true\nsteps: [{assert: {\"${v}\": 1}}]\n",
        "id: t.misses\ntitle: t\nteardown: true\nsteps: [{assert: {\"${w}\": 1}}]\n",
        "id: t.use\ntitle: t\nafter: [t.up]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down-use\ntitle: t\nteardown: true\nafter: [t.use]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down\ntitle: t\nteardown: true\nafter: [t.up, t.down-use]\nsteps: [{run: "
        "[\"true\"]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    assert_string_equal(driver_fixture_outcome(f, "t.sees"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.misses"), "unmet");
    assert_string_equal(driver_fixture_outcome(f, "t.use"), "blocked");
    assert_string_equal(driver_fixture_outcome(f, "t.down-use"), "blocked");
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "met");
}

static void driver__killed_run_is_resumed_where_it_stopped(void **state) {
    struct driver_fixture *f = *state;
    driver_fixture_program(f, "count", "echo x >>$1; wc -l <$1");
    driver_fixture_program(f, "die-once",
                           "[ -e died ] && exit 0; : >died; kill -KILL $PPID; sleep "
                           "100");
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps: [{run: [count, a], bind: {n: {in: stdout, matches: "
        "\"([0-9]+)\"}}}]\n",
        "id: t.b\ntitle: t\nafter: [t.a]\nsteps: [{run: [count, b]}, {run: [die-once]}]\n",
        "id: t.c\ntitle: t\nafter: [t.b]\nsteps: [{run: [cat, a, b]}, {assert: {\"${n}\": "
        "\"1\"}}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    pid_t pid = fork();
    if (pid == 0) {
        (void)driver_fixture_run(f, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    driver_fixture_read_events(f);
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.b"), "");
    json_t *history = observation_history(f->events);
    (void)driver_fixture_run(f, history);
    json_decref(history);
    assert_string_equal(driver_fixture_outcome(f, "t.b"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.c"), "met");
    assert_true(json_flag(driver_fixture_event(f, "run-begin", NULL, -1), "resumed", NULL));
    char *path = fs_join(f->run_dir, "steps/t.c/00.stdout");
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(path, &text, NULL), 0);
    assert_string_equal(buf_str(&text), "x\nx\nx\n"); /* a once, b twice */
    buf_release(&text);
    free(path);
}

static void driver__two_runs_cannot_write_one_folder(void **state) {
    struct driver_fixture *f = *state;
    driver_fixture_program(f, "holds", "exec 9<>\"$1\"; flock -n 9 && echo free || echo held");
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps: [{run: [holds, \"${run}/observations.jsonl\"], expect: {stdout: "
        "{contains: held}}}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "met");
}

static void driver__killed_in_its_tear_down_only_that_is_resumed(void **state) {
    struct driver_fixture *f = *state;
    driver_fixture_program(f, "note", "echo \"$1\" >>log");
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps: [{run: [note, a]}]\nstill: [{run: [\"false\"]}]\n",
        "id: t.bad\ntitle: t\nsteps: [{run: [note, bad]}, {run: [\"false\"]}]\n",
        "id: t.fails\ntitle: t\nafter: [t.a]\nteardown: true\n"
        "steps: [{run: [note, fails]}, {run: [\"false\"]}]\n",
        "id: t.looks\ntitle: t\nafter: [t.fails]\nteardown: true\nonce: true\n"
        "steps: [{run: [note, looks]}, {run: [\"false\"]}]\n",
        "id: t.first\ntitle: t\nafter: [t.looks]\nteardown: true\nsteps: [{run: [note, first]}]\n",
        "id: t.last\ntitle: t\nafter: [t.first, t.fails]\nteardown: true\n"
        "steps: [{run: [note, last]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    size_t count = 0; /* as if killed when the last step of the tear-down had begun */
    while (!str_eq(json_str(json_array_get(f->events, count), "case", NULL), "t.last"))
        count++;
    while (json_array_size(f->events) > count + 2)
        (void)json_array_remove(f->events, count + 2);
    json_t *history = observation_history(f->events);
    struct driver_outcome outcome = driver_fixture_run(f, history);
    json_decref(history);
    assert_null(outcome.differences); /* what was torn down is not looked for */
    char *path = fs_join(f->run_dir, "work/log");
    struct buf text = BUF_INIT;
    assert_int_equal(fs_read(path, &text, NULL), 0);
    free(path);
    /* What failed is tried again, but not what only looked at something that may be gone now. */
    const char *first = strstr(buf_str(&text), "fails\n");
    assert_string_equal(first ? first : "", "fails\nlooks\nfirst\nlast\nfails\nlast\n");
    buf_release(&text);
}

static void driver__a_world_that_has_changed_is_not_touched(void **state) {
    struct driver_fixture *f = *state;
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps: [{write: {file: a, text: x}, title: make}]\n"
        "still:\n  - {title: a is there, run: [test, -e, a]}\n  - {title: b is there, run: [test, "
        "-e, "
        "b]}\n  - {title: all is well, run: [\"true\"]}\n",
        "id: t.b\ntitle: t\nafter: [t.a]\nsteps: [{run: [test, -e, good]}]\n",
        "id: t.down\ntitle: t\nafter: [t.a]\nteardown: true\nsteps: [{run: [touch, down]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    f->kept = true;
    struct driver_outcome outcome = driver_fixture_run(f, NULL);
    assert_true(outcome.kept);
    assert_null(outcome.differences);
    json_t *history = observation_history(f->events);
    size_t events = json_array_size(f->events);
    outcome = driver_fixture_run(f, history);
    assert_int_equal(json_array_size(outcome.differences), 1);
    assert_string_equal(json_string_value(json_array_get(outcome.differences, 0)),
                        "t.a: not so any more: b is there: expected exit is 0; seen: exit is 1");
    json_decref(outcome.differences);
    assert_int_equal(json_array_size(f->events), events + 1); /* the refusal */
    char *b = fs_join(f->run_dir, "work/b");
    assert_int_equal(fs_write_atomic(b, "", 0, 0600, NULL), 0);
    free(b);
    f->kept = false;
    outcome = driver_fixture_run(f, history);
    json_decref(history);
    assert_null(outcome.differences);
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "met");
}

static void driver__the_budget_is_for_steps_that_say_nothing(void **state) {
    struct driver_fixture *f = *state;
    f->scaled = true;
    f->budget.steps =
        json_pack("{s:I, s:I}", "default", (json_int_t)7000000, "run true", (json_int_t)5000000);
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps:\n  - run: [\"true\"]\n  - run: [echo, x]\n"
        "  - {run: [\"true\"], deadline: 2h}\n",
        "id: t.b\ntitle: t\ndeadline: 1h\nsteps: [{run: [\"true\"]}, {run: [\"true\"], "
        "deadline: 20m}]\n",
        NULL};
    static const struct {
        const char *id;
        int step, most, least;
    } rows[] = {{"t.a", 0, 5000, 5000},
                {"t.a", 1, 7000, 7000},
                {"t.a", 2, 7200, 7200},
                {"t.b", 0, 3600, 3000}, /* what is left of the case's hour */
                {"t.b", 1, 1200, 1200}};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = json_int(driver_fixture_event(f, "step-begin", rows[i].id, rows[i].step), 0,
                              "deadline_ms", NULL);
        if (ms > rows[i].most || ms < rows[i].least)
            fail_msg("%s %d: %lld", rows[i].id, rows[i].step, (long long)ms);
    }
}

static void driver__a_step_ends_at_the_budgets_deadline_neither_earlier_nor_later(void **state) {
    enum { DEADLINE_MS = 400 };
    struct driver_fixture *f = *state;
    f->scaled = true;
    f->budget.steps = json_pack("{s:I}", "default", (json_int_t)DEADLINE_MS * 1000);
    static const char *const cases[] = {
        "id: t.hangs\ntitle: t\nsteps: [{run: [sleep, \"100\"]}]\n",
        "id: t.never\ntitle: t\nsteps: [{await: {run: [cat, nothing]}, until: {exit: 0}}]\n",
        /* Three times as long: whoever has that deadline ends before it, however slow we are. */
        "id: t.clock\ntitle: t\nsteps: [{run: [sleep, \"1.2\"], deadline: 10h}]\n", NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    const json_t *clock = driver_fixture_event(f, "step-end", "t.clock", 0);
    assert_string_equal(json_str(clock, "outcome", NULL), "met");
    static const char *const ids[] = {"t.hangs", "t.never"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        const json_t *end = driver_fixture_event(f, "step-end", ids[i], 0);
        if (json_int(end, 0, "elapsed_ms", NULL) < DEADLINE_MS ||
            strcmp(json_str(end, "at", NULL), json_str(clock, "at", NULL)) >= 0)
            fail_msg("%s took %d ms", ids[i], (int)json_int(end, 0, "elapsed_ms", NULL));
    }
}

static void driver__the_runs_deadline_leaves_errors_and_tears_down(void **state) {
    struct driver_fixture *f = *state;
    f->budget.run_ms = 200;
    static const char *const cases[] = {
        "id: t.done\ntitle: t\nsteps: [{run: [\"true\"]}]\n",
        "id: t.hangs\ntitle: t\nafter: [t.done]\nsteps: [{run: [sleep, \"100\"], go_on: true}, "
        "{run: [touch, never]}]\n",
        "id: t.behind\ntitle: t\nafter: [t.hangs]\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down\ntitle: t\nafter: [t.done]\nteardown: true\nsteps: [{run: [\"true\"]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    struct driver_outcome outcome = driver_fixture_run(f, NULL);
    assert_false(outcome.interrupted);
    assert_string_equal(driver_fixture_outcome(f, "t.done"), "met");
    assert_string_equal(driver_fixture_outcome(f, "t.hangs"), "error");
    assert_string_equal(driver_fixture_outcome(f, "t.behind"), "blocked");
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "met");
    const json_t *end = driver_fixture_event(f, "step-end", "t.hangs", -1);
    assert_string_equal(json_str(end, "reason", NULL), "run-deadline");
    assert_int_equal(json_int(end, -1, "step", NULL), 0);
}

static void driver__a_case_that_could_begin_is_an_error_when_the_time_is_over(void **state) {
    struct driver_fixture *f = *state;
    f->budget.run_ms = 200;
    f->jobs = 1;
    static const char *const cases[] = {"id: t.hangs\ntitle: t\nsteps: [{run: [sleep, \"100\"]}]\n",
                                        "id: t.waits\ntitle: t\nsteps: [{run: [\"true\"]}]\n",
                                        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    assert_string_equal(driver_fixture_outcome(f, "t.waits"), "error");
    const json_t *end = driver_fixture_event(f, "case-end", "t.waits", -1);
    assert_string_equal(json_str(end, "reason", NULL), "run-deadline");
    assert_string_equal(json_str(end, "seen", NULL),
                        "the 0.2 s of the whole run were over before it began");
}

static void driver__a_tear_down_that_hangs_comes_to_its_end(void **state) {
    struct driver_fixture *f = *state;
    f->budget.teardown_ms = 200;
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps: [{run: [\"true\"]}]\n",
        "id: t.down\ntitle: t\nafter: [t.a]\nteardown: true\nsteps: [{run: [sleep, \"100\"], "
        "go_on: "
        "true}, {run: [touch, gone]}]\n",
        "id: t.last\ntitle: t\nafter: [t.down]\nteardown: true\nsteps: [{run: [ls, gone]}]\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    assert_string_equal(driver_fixture_outcome(f, "t.down"), "error");
    assert_string_equal(driver_fixture_outcome(f, "t.last"), "met");
    const json_t *end = driver_fixture_event(f, "step-end", "t.down", 0);
    assert_string_equal(json_str(end, "reason", NULL), "timeout");
    assert_true(json_int(end, 0, "elapsed_ms", NULL) < f->real_ms); /* not by its own deadline */
}

#define IN_FIXTURE(test) \
    cmocka_unit_test_setup_teardown(test, driver_fixture_setup, driver_fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(driver__runs_cases_in_their_order_and_hands_values_on),
        IN_FIXTURE(driver__outcomes_say_who_is_to_blame),
        IN_FIXTURE(driver__what_hangs_is_ended_by_its_deadline),
        IN_FIXTURE(driver__jobs_go_on_while_other_steps_run),
        IN_FIXTURE(driver__interrupted_tears_down_what_had_begun),
        IN_FIXTURE(driver__interrupted_twice_stops_at_once),
        IN_FIXTURE(driver__tears_down_after_a_failure_and_not_what_never_began),
        IN_FIXTURE(driver__killed_run_is_resumed_where_it_stopped),
        IN_FIXTURE(driver__two_runs_cannot_write_one_folder),
        IN_FIXTURE(driver__killed_in_its_tear_down_only_that_is_resumed),
        IN_FIXTURE(driver__a_world_that_has_changed_is_not_touched),
        IN_FIXTURE(driver__the_budget_is_for_steps_that_say_nothing),
        IN_FIXTURE(driver__a_step_ends_at_the_budgets_deadline_neither_earlier_nor_later),
        IN_FIXTURE(driver__the_runs_deadline_leaves_errors_and_tears_down),
        IN_FIXTURE(driver__a_case_that_could_begin_is_an_error_when_the_time_is_over),
        IN_FIXTURE(driver__a_tear_down_that_hangs_comes_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
