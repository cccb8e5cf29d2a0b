/* Holds exchanges.h against a real etcd, started for this. Exits 77 (skipped) without one. */
#include "cases/unit/support/unit.h"
#include "cases/unit/support/listener.h"

#include "cases/unit/etcd/exchanges.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/net/http_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { SKIPPED = 77, START_MS = 20000 };

struct fixture {
    pid_t child;
    char dir[64], client[64], peer[64];
    struct http_client *http;
};

static uint16_t free_port(void) {
    uint16_t port;
    close(listen_somewhere(&port));
    return port;
}

static _Noreturn void run_etcd(const struct fixture *f) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    char *cluster = xasprintf("default=%s", f->peer);
    execlp("etcd", "etcd", "--enable-v2", "--data-dir", f->dir, "--listen-client-urls", f->client,
           "--advertise-client-urls", f->client, "--listen-peer-urls", f->peer,
           "--initial-advertise-peer-urls", f->peer, "--initial-cluster", cluster, (char *)NULL);
    _exit(SKIPPED);
}

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/confed-etcd-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->client, sizeof(f->client), "http://127.0.0.1:%u", free_port());
    snprintf(f->peer, sizeof(f->peer), "http://127.0.0.1:%u", free_port());
    f->child = fork();
    if (f->child == 0)
        run_etcd(f);
    struct http_target target = {.server = f->client};
    f->http = http_client_new(&target);
    *state = f;

    int64_t deadline_ms = clock_monotonic_ms() + START_MS;
    for (bool up = false; !up;) {
        struct http_call call = {.method = "GET", .path = "/health", .timeout_ms = 1000};
        struct http_answer a = {0};
        assert_int_equal(http_client_do(f->http, &call, &a, NULL), 0);
        up = a.status == 200;
        http_answer_release(&a);
        assert_true(clock_monotonic_ms() < deadline_ms);
        poll(NULL, 0, up ? 0 : 50);
    }
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    kill(f->child, SIGKILL);
    waitpid(f->child, NULL, 0);
    fs_remove_tree(f->dir, NULL);
    http_client_free(f->http);
    free(f);
    return 0;
}

static void etcd_conformance__the_real_one_answers_as_recorded(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(EXCHANGES); i++) {
        const struct exchange *row = &EXCHANGES[i];
        struct http_call call = {.method = row->method,
                                 .path = row->target,
                                 .body = row->form,
                                 .body_len = row->form ? strlen(row->form) : 0,
                                 .content_type = "application/x-www-form-urlencoded"};
        struct http_answer a = {0};
        assert_int_equal(http_client_do(f->http, &call, &a, NULL), 0);
        if (a.body.len && a.body.data[a.body.len - 1] == '\n')
            buf_truncate(&a.body, a.body.len - 1);
        if (a.status != row->status || !str_eq(buf_str(&a.body), row->body))
            fail_msg("row %zu, %s %s: %d %s", i, row->method, row->target, a.status,
                     buf_str(&a.body));
        http_answer_release(&a);
    }
}

static bool is_there(const char *program) {
    const char *path = getenv("PATH");
    char *copy = xstrdup(path ? path : ""), *rest = copy;
    bool found = false;
    for (char *dir; !found && (dir = str_next(&rest, ':'));) {
        char *file = fs_join(dir, program);
        found = access(file, X_OK) == 0;
        free(file);
    }
    free(copy);
    return found;
}

int main(void) {
    if (!is_there("etcd"))
        return SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(etcd_conformance__the_real_one_answers_as_recorded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
