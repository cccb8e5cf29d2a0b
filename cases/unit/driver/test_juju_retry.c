#include "cases/unit/support/unit.h"
#include "cases/unit/support/texts.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/driver/juju_retry.h"

#include <string.h>

/* --- what is said, and what may be done ----------------------------------------------------------
 */

/* The words of a command line; owned. */
static json_t *words(const char *line) {
    json_t *argv = json_array();
    char *copy = xstrdup(line), *rest = copy, *word;
    while ((word = str_next(&rest, '|')) != NULL)
        json_array_append_new(argv, json_string(word));
    free(copy);
    return argv;
}

static void loss__is_what_each_release_says(void **state) {
    (void)state;
    static const struct {
        const char *program, *stderr_text;
        int exit;
        enum juju_loss loss;
    } rows[] = {
        {"juju",
         "ERROR unable to connect to API: dial tcp 10.10.0.2:17070: connect: connection "
         "refused\n",
         1, JUJU_REFUSED},
        {"/snap/bin/juju",
         "ERROR opening API connection: unable to connect to API: dial tcp "
         "10.100.0.54:17070: getsockopt: no route to host\n",
         1, JUJU_REFUSED},
        {"juju", "ERROR dial tcp 10.39.183.235:17070: i/o timeout\n", 1, JUJU_REFUSED},
        {"juju", "ERROR opening API connection: try was stopped\n", 1, JUJU_REFUSED},
        {"juju",
         "WARNING old\nERROR unable to connect to API: apiserver shutdown in progress "
         "(Service Unavailable)\n",
         1, JUJU_REFUSED},
        {"juju", "ERROR connection is shut down\n", 1, JUJU_LOST},
        {"juju", "ERROR cannot deploy bundle: cannot add unit: connection is shut down\n", 1,
         JUJU_LOST},
        {"juju",
         "ERROR codec.ReadHeader error: error receiving message: websocket: close 1006 "
         "(abnormal closure): unexpected EOF\n",
         1, JUJU_LOST},
        /* Not the controller's: it would not pass by waiting, or it is another's trouble. */
        {"juju", "ERROR unable to connect to API: x509: certificate signed by unknown authority\n",
         1, JUJU_ANSWERED},
        {"juju", "ERROR login expired\n\nTo log back in, run: juju login admin\n", 1,
         JUJU_ANSWERED},
        {"juju",
         "ERROR cannot resolve charm: Post \"https://api.example.org\": dial tcp: lookup "
         "api.example.org: no such host\n",
         1, JUJU_ANSWERED},
        {"juju", "the unit said: ERROR connection is shut down\n", 1, JUJU_ANSWERED},
        {"juju", "ERROR connection is shut down\n", 0, JUJU_ANSWERED},
        {"kubectl", "ERROR connection is shut down\n", 1, JUJU_ANSWERED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *argv = json_pack("[s,s]", rows[i].program, "status");
        json_t *seen = json_pack("{s:i, s:s}", "exit", rows[i].exit, "stderr", rows[i].stderr_text);
        if (juju_retry_loss(argv, seen) != rows[i].loss)
            fail_msg("%s: %s", rows[i].program, rows[i].stderr_text);
        json_decref(argv);
        json_decref(seen);
    }
}

static void way__is_never_to_do_something_twice(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum juju_way lost;
        const char *look;
    } rows[] = {
        {"juju|status|--format=json", JUJU_AGAIN, NULL},
        {"juju|scp|kubernetes-master/0:config|config.f1", JUJU_AGAIN, NULL},
        {"juju|config|-m|c1|kubernetes-worker|labels=a=b", JUJU_AGAIN, NULL},
        {"juju|unexpose|-m|f1|kubernetes-worker", JUJU_AGAIN, NULL},
        {"juju|deploy|-m|c1|/x/federated-kubernetes-core/bundle.yaml", JUJU_AGAIN, NULL},
        {"juju|run|--application|kubernetes-worker|open-port 30054/udp", JUJU_AGAIN, NULL},
        {"juju|exec|-m|f1|--application|kubernetes-worker|close-port 30054", JUJU_AGAIN, NULL},
        {"juju|exec|-m|f1|--unit|a/0|open-port 1; reboot", JUJU_NEVER, NULL},
        {"juju|run|--unit|etcd/0|etcdctl set a b", JUJU_NEVER, NULL},
        {"juju|add-unit|etcd", JUJU_NEVER, NULL},
        {"juju|add-model|--no-switch|--config|resource-tags=t=1|c1", JUJU_LOOK,
         "juju|model-config|-m|c1|resource-tags"},
        {"juju|destroy-model|-y|ctl:admin/c1", JUJU_LOOK,
         "juju|model-config|-m|ctl:admin/c1|resource-tags"},
        {"juju|deploy|-m|dns|cs:etcd-42|store", JUJU_LOOK, "juju|status|-m|dns|--format=json"},
        {"juju|deploy|etcd", JUJU_LOOK, "juju|status|--format=json"},
        {"juju|add-model", JUJU_NEVER, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *argv = words(rows[i].line);
        assert_int_equal(juju_retry_way(argv, JUJU_ANSWERED), JUJU_NEVER);
        assert_int_equal(juju_retry_way(argv, JUJU_REFUSED), JUJU_AGAIN);
        if (juju_retry_way(argv, JUJU_LOST) != rows[i].lost)
            fail_msg("%s", rows[i].line);
        if (rows[i].look) {
            json_t *look = juju_retry_look(argv), *wanted = words(rows[i].look);
            if (!json_equal(look, wanted))
                fail_msg("%s: looks otherwise", rows[i].line);
            json_decref(look);
            json_decref(wanted);
        }
        json_decref(argv);
    }
}

static void found__touches_only_what_is_this_runs(void **state) {
    (void)state;
    static const char *const add = "juju|add-model|--config|resource-tags=confed-run=r7|c1",
                             *const destroy = "juju|destroy-model|-y|c1";
    static const struct {
        const char *const *line, *seen;
        enum juju_found found;
    } rows[] = {
        {&add, "{'exit': 0, 'stdout': 'confed-run=r7\\n'}", JUJU_ARRIVED},
        {&add, "{'exit': 0, 'stdout': 'confed-run=r6\\n'}", JUJU_UNCLEAR},
        {&add, "{'exit': 1, 'stderr': 'ERROR model ctl:admin/c1 not found\\n'}", JUJU_NOT_ARRIVED},
        {&add, "{'exit': 1, 'stderr': 'ERROR login expired'}", JUJU_UNCLEAR},
        {&destroy, "{'exit': 0, 'stdout': 'confed-run=r7\\n'}", JUJU_NOT_ARRIVED},
        {&destroy, "{'exit': 0, 'stdout': '\\n'}", JUJU_UNCLEAR},
        {&destroy, "{'exit': 1, 'stderr': 'ERROR model ctl:admin/c1 not found\\n'}", JUJU_ARRIVED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *argv = words(*rows[i].line), *seen = quoted(rows[i].seen);
        if (juju_retry_found(argv, seen, "r7") != rows[i].found)
            fail_msg("%s: %s", *rows[i].line, rows[i].seen);
        json_decref(argv);
        json_decref(seen);
    }
}

static void found__knows_an_application_by_its_own_name_or_its_charms(void **state) {
    (void)state;
    static const struct {
        const char *line;
        enum juju_found found;
    } rows[] = {
        {"juju|deploy|cs:~who/etcd-42", JUJU_ARRIVED},
        {"juju|deploy|-n|2|etcd", JUJU_ARRIVED},
        {"juju|deploy|etcd-dns", JUJU_NOT_ARRIVED},
        {"juju|deploy|etcd|store", JUJU_NOT_ARRIVED},
    };
    json_t *seen = json_pack("{s:i, s:{s:{s:{}}}}", "exit", 0, "json", "applications", "etcd");
    json_t *nothing = json_pack("{s:i, s:s}", "exit", 0, "stdout", "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *argv = words(rows[i].line);
        if (juju_retry_found(argv, seen, "r7") != rows[i].found)
            fail_msg("%s", rows[i].line);
        assert_int_equal(juju_retry_found(argv, nothing, "r7"), JUJU_UNCLEAR);
        json_decref(argv);
    }
    json_decref(seen);
    json_decref(nothing);
}

/* --- a step ------------------------------------------------------------------------------------
 */

#define REFUSED \
    "ERROR unable to connect to API: dial tcp 10.0.0.1:17070: connect: connection refused"

/*
 * A juju that does one line of what after the other ("refuse", "lose": it does it, and does not
 * say so; "answer"), and answers from then on. What it has done is in the file done.
 */
static void juju(struct driver_fixture *f, const char *what) {
    char script[2000];
    (void)snprintf(script, sizeof(script),
                   "#!/bin/sh\n"
                   "cd \"$TMPDIR\"\n"
                   "n=$(cat n 2>/dev/null || echo 0)\n"
                   "n=$((n + 1)); echo $n >n\n"
                   "how=$(printf '%s' | sed -n \"${n}p\")\n"
                   "[ \"$how\" != refuse ] || { echo '" REFUSED "' >&2; exit 1; }\n"
                   "[ \"$1\" != model-config ] || [ \"$how\" = lose ] || {\n"
                   "  [ -e done ] || { echo 'ERROR model c1 not found' >&2; exit 1; }\n"
                   "  cat mark; exit; }\n"
                   "echo \"$*\" >>done\n"
                   "[ -e mark ] || echo \"${3#resource-tags=}\" >mark\n"
                   "[ \"$how\" != lose ] || { echo 'ERROR connection is shut down' >&2; exit 1; }\n"
                   "echo fine\n",
                   what);
    driver_fixture_program(f, "juju", script);
}

static const json_t *run(struct driver_fixture *f, const char *command) {
    static char text[500];
    (void)snprintf(text, sizeof(text), "id: t.a\ntitle: t\nsteps:\n  - run: [%s]\n", command);
    const char *const cases[] = {text, NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    return driver_fixture_event(f, "step-end", "t.a", 0);
}

static void run__gives_a_command_again_that_the_controller_refused(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "refuse\\nrefuse\\n");
    const json_t *end = run(f, "juju, add-unit, etcd");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_int_equal(json_int(end, 0, "retried", "tries", NULL), 3);
    assert_true(json_int(end, -1, "retried", "for_ms", NULL) >= 20); /* two pauses */
    assert_string_equal(json_str(end, "retried", "because", NULL), &REFUSED[strlen("ERROR ")]);
    assert_string_equal(json_str(driver_fixture_event(f, "step-progress", "t.a", 0), "text", NULL),
                        &REFUSED[strlen("ERROR ")]);
}

static void run__says_at_its_deadline_that_the_controller_is_gone(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 1500;
    char lines[1500] = "";
    for (size_t i = 0; i + 10 < sizeof(lines); i += strlen("refuse\\n"))
        memcpy(lines + i, "refuse\\n", sizeof("refuse\\n"));
    juju(f, lines);
    const json_t *end = run(f, "juju, expose, etcd");
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_string_equal(json_str(end, "reason", NULL), "environment");
    assert_string_equal(json_str(end, "expected", NULL), "the controller of juju answers");
    const char *seen = json_str(end, "seen", NULL);
    assert_non_null(strstr(seen, "connection refused, for 1."));
    assert_null(strchr(seen, '\n'));
}

static void run__does_not_add_a_model_twice_that_was_added(void **state) {
    struct driver_fixture *f = *state;
    /* The look is refused once, too. */
    juju(f, "lose\\nrefuse\\n");
    const json_t *end = run(f, "juju, add-model, --config, resource-tags=confed-run=r7, c1");
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_int_equal(json_int(end, 0, "retried", "tries", NULL), 1);
    assert_true(json_flag(end, "retried", "arrived", NULL));
}

static void run__does_not_take_a_model_for_its_own_that_bears_no_mark(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "lose\\n");
    const json_t *end = run(f, "juju, add-model, c1, aws, there");
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_non_null(strstr(json_str(end, "seen", NULL), "connection is shut down, and "));
}

static void run__does_not_do_again_what_may_be_done(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "lose\\n");
    const json_t *end = run(f, "juju, add-unit, etcd");
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_string_equal(json_str(end, "seen", NULL),
                        "connection is shut down, and it may have been done: it is not done again");
    assert_int_equal(json_int(end, 0, "attempts", NULL), 1);
}

static void run__takes_a_lost_controller_for_the_answer_where_it_is_expected(void **state) {
    struct driver_fixture *f = *state;
    juju(f, "refuse\\n");
    static const char *const cases[] = {"id: t.a\ntitle: t\nsteps:\n  - run: [juju, status]\n"
                                        "    expect: {exit: 1, stderr: {contains: refused}}\n",
                                        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_null(json_object_get(end, "retried"));
}

#define STEP(fn) cmocka_unit_test_setup_teardown(fn, driver_fixture_setup, driver_fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss__is_what_each_release_says),
        cmocka_unit_test(way__is_never_to_do_something_twice),
        cmocka_unit_test(found__touches_only_what_is_this_runs),
        cmocka_unit_test(found__knows_an_application_by_its_own_name_or_its_charms),
        STEP(run__gives_a_command_again_that_the_controller_refused),
        STEP(run__says_at_its_deadline_that_the_controller_is_gone),
        STEP(run__does_not_add_a_model_twice_that_was_added),
        STEP(run__does_not_take_a_model_for_its_own_that_bears_no_mark),
        STEP(run__does_not_do_again_what_may_be_done),
        STEP(run__takes_a_lost_controller_for_the_answer_where_it_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
