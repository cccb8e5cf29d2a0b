#include "cases/unit/support/unit.h"

#include "harness/model/budget.h"

#include <string.h>

enum { MINUTE = 60 * 1000 };

struct fixture {
    struct budget budget;
    struct problems problems;
    struct scenario *s;
};

static int setup(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->problems = (struct problems)PROBLEMS_INIT;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    budget_release(&f->budget);
    problems_release(&f->problems);
    scenario_free(f->s);
    free(f);
    return 0;
}

static void lay(struct fixture *f, const char *text) {
    budget_lint(&f->budget, text, strlen(text), "b.yaml", &f->problems);
}

static const char common[] = "run: 2h\nteardown: 30m\nsteps:\n  default: 9m\n  settle: 40m\n"
                             "  run: 8m\n  run kubectl: 5m\n  run kubectl delete: 6m\n"
                             "  run kubefed init: 20m\n";

static void budget__the_longest_command_then_the_verb_then_the_default(void **state) {
    struct fixture *f = *state;
    static const char cases[] = "id: t.a\ntitle: t\nsteps:\n"
                                "  - run: [kubectl, get, pods]\n"
                                "  - run: [kubectl, --context=c1, delete, pod, x]\n"
                                "  - {run: [kubefed, init, federation, -v, \"9\"], job: init}\n"
                                "  - finish: init\n"
                                "  - settle: {model: f1}\n"
                                "  - await: {run: [kubectl, delete]}\n"
                                "    until: {exit: 0}\n"
                                "  - run: [juju, status]\n";
    static const int64_t minutes[] = {5, 6, 20, 20, 40, 9, 8};
    lay(f, common);
    f->s = scenario_parse(cases, strlen(cases), "t/a.yaml", &f->problems);
    if (f->problems.count)
        fail_msg("%s", buf_str(&f->problems.text));
    assert_int_equal(f->s->step_count, ARRAY_LEN(minutes));
    for (size_t i = 0; i < ARRAY_LEN(minutes); i++)
        if (budget_step_ms(&f->budget, f->s, &f->s->steps[i]) != minutes[i] * MINUTE)
            fail_msg("step %zu: %lld ms", i,
                     (long long)budget_step_ms(&f->budget, f->s, &f->s->steps[i]));
    assert_int_equal(budget_step_ms(NULL, f->s, &f->s->steps[0]), 10 * MINUTE);
}

static void budget__what_is_laid_over_changes_only_what_it_says(void **state) {
    struct fixture *f = *state;
    lay(f, common);
    lay(f, "run: 90s\nsteps: {settle: 1h}\n");
    assert_int_equal(f->problems.count, 0);
    assert_int_equal(f->budget.run_ms, 90000);
    assert_int_equal(f->budget.teardown_ms, 30 * MINUTE);
    struct budget again = {0};
    json_t *kept = budget_to_json(&f->budget);
    budget_from_json(&again, kept);
    json_t *same = budget_to_json(&again);
    bool equal = json_equal(kept, same);
    assert_int_equal(json_integer_value(json_object_get(again.steps, "settle")), 60 * MINUTE);
    assert_int_equal(json_integer_value(json_object_get(again.steps, "default")), 9 * MINUTE);
    json_decref(kept);
    json_decref(same);
    budget_release(&again);
    assert_true(equal);
}

static void budget__a_mistake_is_said_with_its_line(void **state) {
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"run: 1h\nsteps:\n  settle: soon\n",
         "b.yaml:3: settle is \"soon\", expected a duration like 40s, 9m or 1h"},
        {"run: 1h\nsteps:\n  setle: 1h\n", "b.yaml:3: \"setle\" is no kind of step"},
        {"steps:\n  juju deploy: 1h\n", "b.yaml:2: \"juju deploy\" is no kind of step"},
        {"steps: {\"run  x\": 1h}\n", "b.yaml:1: \"run  x\" is no kind of step"},
        {"run: 1h\ntear-down: 1h\n", "b.yaml:2: unknown key \"tear-down\" of a budget"},
        {"run: 0s\n", "b.yaml:1: run is \"0s\""},
        {"run: [1h]\n", "b.yaml:1: run is ["},
        {"steps: 1h\n", "b.yaml:1: steps is \"1h\", expected a mapping"},
        {"- run\n", "b.yaml: expected a budget"},
        {"run: \"1h\n", "b.yaml:"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        problems_release(&f->problems);
        f->problems = (struct problems)PROBLEMS_INIT;
        lay(f, rows[i].text);
        if (f->problems.count != 1 || !strstr(buf_str(&f->problems.text), rows[i].said))
            fail_msg("%s gave %zu problems: %s", rows[i].text, f->problems.count,
                     buf_str(&f->problems.text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(budget__the_longest_command_then_the_verb_then_the_default,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(budget__what_is_laid_over_changes_only_what_it_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(budget__a_mistake_is_said_with_its_line, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
