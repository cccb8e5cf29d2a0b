#include "cases/unit/support/unit.h"
#include "cases/unit/support/listener.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/json.h"

#include <string.h>
#include <unistd.h>

/* A juju whose worker has these addresses, as a JSON list, the first of them public. */
static void juju(struct driver_fixture *f, const char *public, const char *addresses,
                 uint16_t opened) {
    char script[1000];
    (void)snprintf(script, sizeof(script),
                   "#!/bin/sh\n"
                   "[ \"$*\" = 'status -m f1 --format=json' ] || exit 2\n"
                   "echo 'WARNING key {a} is deprecated'\n"
                   "echo '{\"model\": {\"name\": \"f1\"}, \"machines\": {\"1\": {\"ip-addresses\": "
                   "%s}}, \"applications\": {\"worker\": {\"exposed\": true, \"units\": "
                   "{\"worker/0\": {\"machine\": \"1\", \"public-address\": \"%s\", "
                   "\"open-ports\": [\"%u/tcp\"]}}}}}'\n",
                   addresses, public, (unsigned)opened);
    driver_fixture_program(f, "juju", script);
}

static const json_t *step(struct driver_fixture *f, const char *format, uint16_t port) {
    static char text[600], line[300];
    (void)snprintf(line, sizeof(line), "reach: {model: f1, application: worker, port: %u}",
                   (unsigned)port);
    (void)snprintf(text, sizeof(text), "id: t.a\ntitle: t\nsteps:\n  - %s\n", format);
    char *mark = strstr(text, "REACH");
    memmove(mark + strlen(line), mark + strlen("REACH"), strlen(mark + strlen("REACH")) + 1);
    memcpy(mark, line, strlen(line));
    const char *const cases[] = {text, NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    return driver_fixture_event(f, "step-end", "t.a", 0);
}

static void reach__of_an_open_port_is_met(void **state) {
    struct driver_fixture *f = *state;
    uint16_t port;
    int fd = listen_somewhere(&port);
    juju(f, "127.0.0.1", "[\"127.0.0.1\"]", port);
    const json_t *end = step(f, "REACH\n    evidence: {ways: ways}", port);
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_string_equal(json_str(end, "evidence", "ways", "[0]", "state", NULL), "open");
    (void)close(fd);
}

/* A port that is open at 127.0.0.1 is, being free there, closed at 127.0.0.2 of any Linux. */
static void reach__of_a_port_that_is_open_privately_says_so(void **state) {
    struct driver_fixture *f = *state;
    uint16_t port;
    int fd = listen_somewhere(&port);
    juju(f, "127.0.0.2", "[\"127.0.0.2\", \"127.0.0.1\"]", port);
    const json_t *end = step(f, "REACH", port);
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_non_null(strstr(json_str(end, "seen", NULL), "partly"));
    assert_non_null(
        strstr(json_str(end, "seen", NULL),
               "closed at the public address: 127.0.0.2 of worker/0 (public, refused)"));
    (void)close(fd);
}

static void reach__says_that_ipv6_is_missing(void **state) {
    struct driver_fixture *f = *state;
    uint16_t port;
    int fd = listen_somewhere(&port);
    /* TEST-NET of IPv6: without a route, or without anybody there. */
    juju(f, "127.0.0.1", "[\"127.0.0.1\", \"2001:db8::21\"]", port);
    const json_t *end = step(f, "REACH\n    expect: {IPv4: open, IPv6: open}", port);
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_non_null(strstr(json_str(end, "seen", NULL), "no rule lets IPv6 in: 2001:db8::21"));
    (void)close(fd);
}

static void reach__says_that_the_port_is_not_opened(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 1500;
    juju(f, "127.0.0.2", "[\"127.0.0.2\"]", 80);
    /* Nothing listens on port 1 of a loopback address that nobody uses. */
    const json_t *end = step(f, "await: {REACH}\n    until: {public: open}", 1);
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_non_null(strstr(json_str(end, "seen", NULL),
                           "1/tcp is not opened on worker/0 (open there: 80/tcp)"));
}

static void reach__without_a_status_says_what_juju_said(void **state) {
    struct driver_fixture *f = *state;
    f->real_ms = 1500;
    driver_fixture_program(f, "juju", "#!/bin/sh\necho 'ERROR no controller' >&2\nexit 1\n");
    const json_t *end = step(f, "await: {REACH}\n    until: {public: open}", 1);
    assert_string_equal(json_str(end, "outcome", NULL), "error");
    assert_non_null(strstr(json_str(end, "seen", NULL), "ERROR no controller"));
}

int main(void) {
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, driver_fixture_setup, driver_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(reach__of_an_open_port_is_met),
        TEST(reach__of_a_port_that_is_open_privately_says_so),
        TEST(reach__says_that_ipv6_is_missing),
        TEST(reach__says_that_the_port_is_not_opened),
        TEST(reach__without_a_status_says_what_juju_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
