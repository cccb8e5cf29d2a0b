#include "cases/unit/support/unit.h"
#include "cases/unit/support/listener.h"

#include "cases/unit/driver/driver_fixture.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 20 };

/* An API server in a child process: it answers what the nth request for an object gets. */
struct server {
    int fd;
    uint16_t port;
    pid_t pid;
};

static void answer(int fd, const char *status, const char *body) {
    char text[1000];
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: "
                       "%zu\r\nConnection: close\r\n\r\n%s",
                       status, strlen(body), body);
    (void)!write(fd, text, (size_t)len);
}

/* Serves until it is killed: 404 first, and once somebody watches, the object. */
static void serve(int listener) {
    bool there = false;
    int watch = -1;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        int fd = accept(listener, NULL, NULL);
        char request[4000];
        ssize_t len = read(fd, request, sizeof(request) - 1);
        request[len > 0 ? len : 0] = '\0';
        if (strstr(request, "watch=true")) {
            static const char event[] = "{\"type\":\"ADDED\",\"object\":{}}\n";
            char text[500];
            int n = snprintf(text, sizeof(text),
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n",
                             strlen(event), event);
            there = strstr(request, "fieldSelector=metadata.name%3Dp") != NULL;
            (void)!write(fd, text, (size_t)n);
            watch = fd; /* stays open: the child's end closes it */
            continue;
        }
        if (there)
            answer(fd, "200 OK", "{\"kind\":\"Pod\",\"status\":{\"phase\":\"Running\"}}");
        else
            answer(fd, "404 Not Found", "{\"kind\":\"Status\",\"code\":404}");
        (void)close(fd);
    }
    (void)close(watch);
}

static void server_start(struct server *s) {
    s->fd = listen_somewhere(&s->port);
    s->pid = fork();
    if (s->pid == 0) {
        serve(s->fd);
        _exit(0);
    }
}

static void server_stop(struct server *s) {
    (void)kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    (void)close(s->fd);
}

static void write_kubeconfig(const struct driver_fixture *f, const char *name, int port) {
    char *path = fs_join(f->run_dir, name);
    char *text =
        xasprintf("apiVersion: v1\nkind: Config\nclusters:\n- name: c1\n  cluster: {server: "
                  "\"http://127.0.0.1:%d\"}\nusers:\n- name: u\n  user: {token: "
                  "abc}\ncontexts:\n- name: c1\n  context: {cluster: c1, user: u}\n",
                  port);
    assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    free(text);
    free(path);
}

static void await__is_woken_by_a_watch(void **state) {
    struct driver_fixture *f = *state;
    struct server server;
    server_start(&server);
    write_kubeconfig(f, "kubeconfig", server.port);
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps:\n"
        "  - await: {context: c1, path: /api/v1/namespaces/default/pods/p}\n"
        "    until: {status: 200, json: {status: {phase: Running}}}\n"
        "    bind: {phase: json.status.phase}\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    server_stop(&server);
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "met");
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    assert_int_equal(json_int(end, 0, "attempts", NULL), 2);
    assert_true(json_int(end, 0, "elapsed_ms", NULL) < 1900); /* else it was the timer */
    assert_string_equal(json_str(end, "bound", "phase", NULL), "Running");
}

static void await__asks_by_a_kubeconfig_of_the_work_folder(void **state) {
    struct driver_fixture *f = *state;
    struct server server;
    server_start(&server);
    write_kubeconfig(f, "kubeconfig", 1); /* nobody is there */
    write_kubeconfig(f, "work/own", server.port);
    static const char *const cases[] = {
        "id: t.a\ntitle: t\nsteps:\n"
        "  - await: {kubeconfig: own, context: c1, path: /api/v1/namespaces/default/pods/p}\n"
        "    until: {status: 200, json: {status: {phase: Running}}}\n",
        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    server_stop(&server);
    assert_string_equal(driver_fixture_outcome(f, "t.a"), "met");
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    assert_true(json_int(end, 0, "elapsed_ms", NULL) < 1900); /* its watch asks there too */
}

static void await__says_what_it_last_saw(void **state) {
    struct driver_fixture *f = *state;
    struct server server;
    server_start(&server);
    write_kubeconfig(f, "kubeconfig", server.port);
    f->real_ms = 200;
    static const char *const cases[] = {"id: t.a\ntitle: t\nsteps:\n"
                                        "  - await: {context: c1, path: /healthz}\n"
                                        "    until: {status: 200}\n",
                                        "id: t.b\ntitle: t\nsteps:\n"
                                        "  - await: {probe: {address: 127.0.0.1, port: 1}}\n"
                                        "    until: {state: open}\n"
                                        "    evidence: {state: state}\n",
                                        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    server_stop(&server);
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_string_equal(json_str(end, "expected", NULL), "status is 200");
    assert_non_null(strstr(json_str(end, "seen", NULL), "status is 404"));
    end = driver_fixture_event(f, "step-end", "t.b", 0);
    assert_string_equal(json_str(end, "outcome", NULL), "unmet");
    assert_string_equal(json_str(end, "evidence", "state", NULL), "refused");
}

static void await__that_must_stay_so_starts_again_when_it_does_not(void **state) {
    struct driver_fixture *f = *state;
    /* Holds at first, not at the third look, and then for good. */
    driver_fixture_program(f, "flaps", "echo x >>looks; n=$(wc -l <looks); [ $n -ne 3 ]");
    static const char *const cases[] = {"id: t.a\ntitle: t\nsteps:\n"
                                        "  - await: {run: [flaps]}\n"
                                        "    until: {exit: 0}\n"
                                        "    stays: 200s\n", /* 200 ms of this world */
                                        NULL};
    driver_fixture_cases(f, cases);
    (void)driver_fixture_run(f, NULL);
    const json_t *end = driver_fixture_event(f, "step-end", "t.a", 0);
    assert_string_equal(json_str(end, "outcome", NULL), "met");
    assert_true(json_int(end, 0, "attempts", NULL) >= 4);
    assert_true(json_int(end, 0, "elapsed_ms", NULL) >= 200);
}

#define IN_FIXTURE(test) \
    cmocka_unit_test_setup_teardown(test, driver_fixture_setup, driver_fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(await__is_woken_by_a_watch),
        IN_FIXTURE(await__asks_by_a_kubeconfig_of_the_work_folder),
        IN_FIXTURE(await__says_what_it_last_saw),
        IN_FIXTURE(await__that_must_stay_so_starts_again_when_it_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
