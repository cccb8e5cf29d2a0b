#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/yaml.h"
#include "harness/model/predicate.h"

#include <string.h>

static json_t *yaml(const char *text) {
    struct err err = {0};
    json_t *value = yaml_parse(text, strlen(text), "test", &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static const char seen_text[] =
    "{exit: 0, stdout: \"nginx 1/1\\nRunning\", answers: [10.152.183.21, 10.1.2.3], empty: [],"
    " port: \"30229\", json: {status: {replicas: 3, ready: true}, items: [{name: c1, n: 1},"
    " {name: c2, n: 2}], metadata: {annotations: {\"a.b/c\": x}}}}";

static void predicate__says_whether_every_member_holds(void **state) {
    (void)state;
    static const struct {
        const char *predicate;
        bool holds;
    } rows[] = {
        {"{exit: 0}", true},
        {"{exit: 1}", false},
        {"{exit: \"0\"}", false},
        {"{exit: 0, stdout: {contains: nginx}}", true},
        {"{exit: 1, stdout: {contains: nginx}}", false},
        {"{stdout: {matches: \"^Running$\"}}", true},
        {"{stdout: {contains: apache}}", false},
        {"{json: {status: {replicas: 3}}}", true},
        {"{json: {status: {replicas: {at_least: 4}}}}", false},
        {"{json.status.replicas: {at_least: 3, less_than: 4}}", true},
        {"{port: {at_least: 30000}}", true},
        {"{stdout: {at_least: 0}}", false},
        {"{\"json.items[1].name\": c2}", true},
        {"{\"json.items[name=c2].n\": 2}", true},
        {"{\"json.items[name=c3]\": {exists: false}}", true},
        {"{'json.metadata.annotations[\"a.b/c\"]': x}", true},
        {"{json: {items: [{name: c2}]}}", true},
        {"{json: {items: [{name: c3}]}}", false},
        {"{json.items: []}", false},
        {"{empty: []}", true},
        {"{stderr: {exists: false}}", true},
        {"{stderr: {exists: true}}", false},
        {"{stderr: {not_equals: x}}", true},
        {"{stderr: {contains: x}}", false},
        {"{exit: {in: [0, 1]}}", true},
        {"{exit: {in: [2]}}", false},
        {"{answers: {count: 2}}", true},
        {"{answers: {contains: 10.1.2.3}}", true},
        {"{answers: {in_cidr: 10.0.0.0/8}}", true},
        {"{answers: {in_cidr: 10.152.0.0/16}}", false},
        {"{answers: {not_in_cidr: 10.152.0.0/16}}", false},
        {"{answers: {not_in_cidr: \"fd00::/8\"}}", true},
        {"{stdout: {not_in_cidr: 10.0.0.0/8}}", false},
        {"{answers: {every: {in_cidr: 10.0.0.0/8}}}", true},
        {"{empty: {every: {in_cidr: 10.0.0.0/8}}}", false},
        {"{json.items: {some: {name: c2, n: {at_least: 2}}}}", true},
        {"{json.items: {every: {n: {at_least: 2}}}}", false},
        {"{answers: {same_set: [10.1.2.3, 10.152.183.21]}}", true},
        {"{answers: {same_set: [10.1.2.3]}}", false},
        {"{any: [{exit: 1}, {exit: 0}]}", true},
        {"{any: [{exit: 1}, {exit: 2}]}", false},
        {"{all: [{exit: 0}, {exit: 1}]}", false},
        {"{not: {exit: 1}}", true},
        {"{not: {exit: 0}}", false},
        {"{json.status.ready: true}", true},
        {"{answers: {count: {at_least: 2}}}", true},
        {"{answers: {count: {at_least: 3}}}", false},
        {"{stderr: {count: {at_least: 0}}}", false},
        {"{json: {not: {status: {replicas: 4}}}}", true},
        {"{json: {not: {items: {some: {name: c1}}}}}", false},
        {"{json: {status: {any: [{replicas: 4}, {ready: true}]}}}", true},
        {"{json: {status: {all: [{replicas: 4}, {ready: true}]}}}", false},
        {"{json.status: {equals: {replicas: 3}}}", false},
    };
    json_t *seen = yaml(seen_text);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *predicate = yaml(rows[i].predicate);
        struct err err = {0};
        struct predicate_difference d = {0};
        if (predicate_check(predicate, NULL, false, &err) < 0)
            fail_msg("%s: %s", rows[i].predicate, err.text);
        if (predicate_holds(predicate, seen, &d) != rows[i].holds)
            fail_msg("%s: expected %d", rows[i].predicate, rows[i].holds);
        if (!rows[i].holds && (!d.expected || !d.seen))
            fail_msg("%s: no explanation", rows[i].predicate);
        predicate_difference_release(&d);
        json_decref(predicate);
    }
    json_decref(seen);
}

static void predicate__explains_the_first_difference_in_one_line(void **state) {
    (void)state;
    static const struct {
        const char *predicate, *expected, *seen;
    } rows[] = {
        {"{exit: 1}", "exit is 1", "exit is 0"},
        {"{stdout: {contains: apache}}", "stdout contains \"apache\"",
         "stdout is \"nginx 1/1\\nRunning\""},
        {"{json: {status: {replicas: 2}}}", "json.status.replicas is 2",
         "json.status.replicas is 3"},
        {"{stderr: x}", "stderr is \"x\"", "there is no stderr"},
        {"{any: [{exit: 1}, {exit: 2}]}", "exit is 1 or exit is 2", "exit is 0; exit is 0"},
        {"{not: {exit: 0}}", "not: exit is 0", "just that"},
        {"{json.items: {every: {n: {at_least: 2}}}}",
         "every element of json.items: n is at least 2",
         "json.items is [{\"name\":\"c1\",\"n\":1},{\"name\":\"c2\",\"n\":2}]"},
    };
    json_t *seen = yaml(seen_text);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *predicate = yaml(rows[i].predicate);
        struct predicate_difference d = {0};
        assert_false(predicate_holds(predicate, seen, &d));
        assert_string_equal(d.expected, rows[i].expected);
        assert_string_equal(d.seen, rows[i].seen);
        predicate_difference_release(&d);
        json_decref(predicate);
    }
    json_decref(seen);
}

static void predicate__that_is_malformed_is_refused_with_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *predicate, *why;
    } rows[] = {
        {"[exit]", "expected a predicate"},
        {"{}", "expected a predicate"},
        {"{exti: 0}", "there is no \"exti\" to look at here"},
        {"{stdout: {matches: \"(\"}}", "no regular expression"},
        {"{stdout: {matches: 3}}", "takes a regular expression"},
        {"{exit: {at_least: many}}", "takes a number"},
        {"{stdout: {contains: x, foo: y}}", "mixes conditions"},
        {"{stdout: {in_cidr: 10.0.0.0/33}}", "takes a network"},
        {"{stdout: {exists: maybe}}", "takes true or false"},
        {"{any: {exit: 0}}", "any takes a list"},
        {"{not: [{exit: 0}]}", "not takes a predicate"},
        {"{stdout: {not: 3}}", "not takes a mapping"},
        {"{stdout: {count: {at_least: x}}}", "takes a number"},
        {"{\"stdout[\": x}", "path"},
        {"{stdout: {every: 3}}", "every takes a predicate"},
    };
    static const char *const roots[] = {"exit", "stdout", NULL};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *predicate = yaml(rows[i].predicate);
        struct err err = {0};
        assert_int_equal(predicate_check(predicate, roots, false, &err), ERR_INPUT);
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: \"%s\" lacks \"%s\"", rows[i].predicate, err.text, rows[i].why);
        json_decref(predicate);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicate__says_whether_every_member_holds),
        cmocka_unit_test(predicate__explains_the_first_difference_in_one_line),
        cmocka_unit_test(predicate__that_is_malformed_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
