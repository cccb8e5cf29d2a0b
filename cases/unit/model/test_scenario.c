#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/model/case_graph.h"
#include "harness/model/scenario.h"

#include <string.h>

static const char whole[] = "id: lifecycle.init\n"
                            "title: kubefed init\n"
                            "needs: [juju]\n"
                            "deadline: 20m\n"
                            "required: true\n"
                            "steps:\n"
                            "  - run: [kubefed, init, 3]\n"
                            "    job: init\n"
                            "  - title: the port\n"
                            "    await: {context: f1, path: /api/v1/x}\n"
                            "    until: {status: 200}\n"
                            "    stays: 5s\n"
                            "    bind: {port: json.spec.port}\n"
                            "  - run: [juju, \"open-port ${port}\"]\n"
                            "    expect: {exit: 0, stdout: {contains: x}}\n"
                            "  - finish: init\n"
                            "  - bind: {zone: juju-fed.com.}\n"
                            "  - assert: {\"${zone}\": {matches: fed}}\n";

static void scenario__is_read_whole(void **state) {
    (void)state;
    struct problems problems = PROBLEMS_INIT;
    struct scenario *s =
        scenario_parse(whole, strlen(whole), "cases/lifecycle/init.yaml", &problems);
    assert_string_equal(buf_str(&problems.text), "");
    assert_non_null(s);
    assert_string_equal(s->id, "lifecycle.init");
    assert_true(s->deadline_ms == 1200000 && s->required && !s->teardown);
    assert_int_equal(s->step_count, 6);
    assert_string_equal(step_verb_name(s->steps[1].verb), "await");
    assert_int_equal(s->steps[1].ask, ASK_API);
    assert_int_equal(s->steps[1].line, 9);
    assert_true(s->steps[1].stays_ms == 5000);
    assert_string_equal(s->steps[3].job, "init");
    scenario_free(s);
    problems_release(&problems);
}

static void scenario__mistakes_are_named_by_line(void **state) {
    (void)state;
    static const struct {
        const char *step, *problem; /* the step begins on line 4 */
    } rows[] = {
        {"- run: [x]\n  expcet: {exit: 0}", "l/x.yaml:5: unknown key \"expcet\" of a run; is "
                                            "\"expect\" meant?"},
        {"- run: [x]\n  deadline: 9 minutes", "l/x.yaml:5: deadline is \"9 minutes\""},
        {"- run: x y", "l/x.yaml:4: run is \"x y\", expected a list"},
        {"- run: []", "l/x.yaml:4: run is empty"},
        {"- run: [x, [y]]", "argument 1 of run"},
        {"- rnu: [x]", "l/x.yaml:4: a step without a verb"},
        {"- run: [x]\n  await: {run: [y]}\n  until: {exit: 0}", "a step has one verb"},
        {"- await: {context: c, path: /x}", "until is missing"},
        {"- await: {context: c, path: x}\n  until: {status: 200}", "does not begin with /"},
        {"- await: {context: c, path: /x, until: {status: 200}}",
         "unknown key \"until\" of a await"},
        {"- await: {context: c, path: /x, kubeconfig: ../x}\n  until: {status: 200}",
         "kubeconfig \"../x\" leaves the work folder"},
        {"- finish: init", "no run before it has job: init"},
        {"- run: [x]\n  expect: {exti: 0}", "l/x.yaml:5: expect: there is no \"exti\""},
        {"- run: [x]\n  expect:\n    stdout: {matches: \"(\"}", "l/x.yaml:5: expect: stdout"},
        {"- run: [x]\n  bind: {\"a.b\": stdout}", "is no name"},
        {"- run: [x]\n  bind: {a: stdotu}", "there is no \"stdotu\""},
        {"- resolve: {name: x}", "server is missing"},
        {"- probe: {address: x, port: 1, htpt: /}", "is \"http\" meant?"},
        {"- settle: {looks: 3}", "model is missing"},
        {"- settle: {model: f1, looks: 0}", "looks is the number of looks at a settled model"},
        {"- settle: {model: f1, retries: 101}",
         "how often Juju may try a failed hook again, 0 to 100"},
        {"- settle: {model: f1, answer: soon}", "answer"},
        {"- reach: {model: f1, port: 1}", "application is missing"},
        {"- reach: {model: f1, application: a, port: []}", "port is []"},
        {"- reach: {model: f1, application: a, port: 1}\n  expect: {publik: open}",
         "there is no \"publik\""},
        {"- await: {reach: {model: f1, application: a, prot: 1}}\n  until: {public: open}",
         "is \"port\" meant?"},
        {"- write: {file: ../x, text: y}", "leaves the work folder"},
        {"- write: {file: x, text: y, mode: 0600}", "mode is 384, expected a text"},
        {"- assert: {}", "expected a predicate"},
        {"- x", "a step is a mapping"},
        {"- run: [x]\n  job: a\n  expect: {exit: 0}", "belong to its finish"},
        {"- run: [\"${x\"]", ""}, /* a file by itself is fine; the graph checks variables */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = xasprintf("id: l.x\ntitle: t\nsteps:\n%s\n", rows[i].step);
        struct problems problems = PROBLEMS_INIT;
        struct scenario *s = scenario_parse(text, strlen(text), "l/x.yaml", &problems);
        if (!strstr(buf_str(&problems.text), rows[i].problem) || (*rows[i].problem && s))
            fail_msg("%s: \"%s\" lacks \"%s\"", rows[i].step, buf_str(&problems.text),
                     rows[i].problem);
        scenario_free(s);
        problems_release(&problems);
        free(text);
    }
}

static void scenario__heads_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"[]", "expected a case"},
        {"a: [", "l/x.yaml:2: not YAML"},
        {"title: t\nsteps: [{run: [x]}]", "id is missing"},
        {"id: l.y\ntitle: t\nsteps: [{run: [x]}]", "belongs into a file l/y.yaml"},
        {"id: X\ntitle: t\nsteps: [{run: [x]}]", "is not area.slug"},
        {"id: l.x\ntitle: t\nsteps: []", "steps has 0 elements"},
        {"id: l.x\ntitle: 3\nsteps: [{run: [x]}]", "title is 3, expected a text"},
        {"id: l.x\ntitle: t\nafter: l.y\nsteps: [{run: [x]}]", "l/x.yaml:3: after is \"l.y\""},
        {"id: l.x\ntitle: t\nid: l.z\nsteps: [{run: [x]}]", "appears twice"},
        {"id: l.x\ntitle: t\nonce: true\nsteps: [{run: [x]}]",
         "l/x.yaml:3: once is for a case with"},
        {"", "expected one YAML document"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct problems problems = PROBLEMS_INIT;
        struct scenario *s =
            scenario_parse(rows[i].text, strlen(rows[i].text), "l/x.yaml", &problems);
        assert_null(s);
        if (!strstr(buf_str(&problems.text), rows[i].problem))
            fail_msg("%s: \"%s\" lacks \"%s\"", rows[i].text, buf_str(&problems.text),
                     rows[i].problem);
        problems_release(&problems);
    }
}

/* A graph of cases in a shorthand: "a.x<a.y,a.z run-word" with "*" after the id for a teardown. */
static struct scenario *make(const char *id, const char *after, const char *steps, bool teardown) {
    char *text = xasprintf("id: %s\ntitle: t\nafter: [%s]\nteardown: %s\nsteps: %s\n", id, after,
                           teardown ? "true" : "false", steps);
    struct problems problems = PROBLEMS_INIT;
    struct scenario *s = scenario_parse(text, strlen(text), id, &problems);
    if (!s)
        fail_msg("%s", buf_str(&problems.text));
    problems_release(&problems);
    free(text);
    return s;
}

static void case_graph__orders_cases_and_selects_what_comes_before(void **state) {
    (void)state;
    static const char step[] = "[{run: [x]}]";
    struct scenario *list[] = {make("a.a", "b.b", step, false), make("b.b", "a.z", step, false),
                               make("a.z", "", step, false), make("a.end", "", step, true),
                               make("c.c", "", step, false)};
    struct problems problems = PROBLEMS_INIT;
    struct case_graph *g = case_graph_new(list, 5, false, &problems);
    assert_non_null(g);
    assert_string_equal(g->nodes[0].scenario->id, "a.z");
    assert_string_equal(g->nodes[1].scenario->id, "b.b");
    assert_string_equal(g->nodes[2].scenario->id, "a.a");
    static const struct {
        const char *selector, *ids; /* NULL: refused */
    } rows[] = {{"a.a", "a.z b.b a.a a.end"},   {"c", "c.c"},  {"b.*", "a.z b.b a.end"},
                {"*", "a.z b.b a.a a.end c.c"}, {"b.a", NULL}, {"nothing", NULL}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        int rc = case_graph_select(g, &rows[i].selector, 1, &err);
        assert_int_equal(rc, rows[i].ids ? 0 : ERR_USAGE);
        struct buf ids = BUF_INIT;
        for (size_t k = 0; rc == 0 && k < g->count; k++)
            if (g->nodes[k].selected)
                buf_addf(&ids, "%s%s", ids.len ? " " : "", g->nodes[k].scenario->id);
        if (rc == 0)
            assert_string_equal(buf_str(&ids), rows[i].ids);
        buf_release(&ids);
    }
    case_graph_free(g);
    problems_release(&problems);
}

static void case_graph__refuses_what_cannot_be_run(void **state) {
    (void)state;
    static const struct {
        const char *id[2], *after[2], *steps[2], *problem;
    } rows[] = {
        {{"a.a", "a.b"}, {"a.b", "a.a"}, {"[{run: [x]}]", "[{run: [x]}]"}, "comes after itself"},
        {{"a.a", "a.a"}, {"", ""}, {"[{run: [x]}]", "[{run: [x]}]"}, "is already the id of"},
        {{"a.a", "a.bb"}, {"a.b", ""}, {"[{run: [x]}]", "[{run: [x]}]"}, "is \"a.bb\" meant?"},
        {{"a.a", "a.b"},
         {"", ""},
         {"[{bind: {v: 1}}]", "[{run: [\"${v}\"]}]"},
         "${v} is not bound"},
        {{"a.a", "a.b"}, {"", "a.a"}, {"[{bind: {v: 1}}]", "[{run: [\"${w}\"]}]"}, "${w}"},
        {{"a.a", "a.b"}, {"", "a.a"}, {"[{bind: {v: 1}}]", "[{run: [x]}]"}, "never used"},
        {{"a.a", "a.b"}, {"", "a.a"}, {"[{bind: {v: 1}}]", "[{run: [\"${v}\"]}]"}, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario *list[2];
        for (size_t k = 0; k < 2; k++)
            list[k] = make(rows[i].id[k], rows[i].after[k], rows[i].steps[k], false);
        struct problems problems = PROBLEMS_INIT;
        struct case_graph *g = case_graph_new(list, 2, true, &problems);
        assert_int_equal(g != NULL, rows[i].problem == NULL);
        if (rows[i].problem && !strstr(buf_str(&problems.text), rows[i].problem))
            fail_msg("\"%s\" lacks \"%s\"", buf_str(&problems.text), rows[i].problem);
        case_graph_free(g);
        problems_release(&problems);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenario__is_read_whole),
        cmocka_unit_test(scenario__mistakes_are_named_by_line),
        cmocka_unit_test(scenario__heads_are_checked),
        cmocka_unit_test(case_graph__orders_cases_and_selects_what_comes_before),
        cmocka_unit_test(case_graph__refuses_what_cannot_be_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
