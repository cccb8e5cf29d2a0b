#include "cases/unit/support/unit.h"
#include "cases/unit/support/listener.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/net/http_client.h"
#include "harness/net/pki.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* OpenSSL has a type of this name, harness/core/err.h a code. */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/pem.h>
#include <openssl/ssl.h>
#undef ERR_STATE

/*
 * A server in a child process: answers each connection with a text that depends on the path, and
 * repeats the request's head to the client when asked for /echo.
 */
struct fixture {
    pid_t child;
    char server[64];
    struct pki_pair ca, pair;
    struct buf trace;
};

static const char ECHO[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";

struct peer {
    int fd;
    SSL *ssl;
};

static ssize_t peer_read(struct peer *p, char *data, size_t len) {
    return p->ssl ? SSL_read(p->ssl, data, (int)len) : read(p->fd, data, len);
}
static void peer_write(struct peer *p, const char *data, size_t len) {
    ssize_t n = p->ssl ? SSL_write(p->ssl, data, (int)len) : write(p->fd, data, len);
    (void)n;
}

static void serve_one(struct peer *p) {
    char head[4096];
    size_t len = 0;
    while (len < sizeof(head) - 1) {
        ssize_t n = peer_read(p, head + len, sizeof(head) - 1 - len);
        if (n <= 0)
            return;
        len += (size_t)n;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n"))
            break;
    }
    if (strstr(head, " /echo")) {
        peer_write(p, ECHO, sizeof(ECHO) - 1);
        peer_write(p, head, len);
    } else if (strstr(head, " /short ")) {
        static const char TEXT[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
        peer_write(p, TEXT, sizeof(TEXT) - 1);
    } else if (strstr(head, " /slow ")) {
        char byte;
        peer_read(p, &byte, 1); /* until the client gives up */
    } else if (strstr(head, " /missing ")) {
        static const char TEXT[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope";
        peer_write(p, TEXT, sizeof(TEXT) - 1);
    }
}

static _Noreturn void serve(int listener, const struct pki_pair *pair) {
    SSL_CTX *ctx = NULL;
    if (pair) {
        ctx = SSL_CTX_new(TLS_server_method());
        BIO *cert = BIO_new_mem_buf(pair->cert, -1), *key = BIO_new_mem_buf(pair->key, -1);
        SSL_CTX_use_certificate(ctx, PEM_read_bio_X509(cert, NULL, NULL, NULL));
        SSL_CTX_use_PrivateKey(ctx, PEM_read_bio_PrivateKey(key, NULL, NULL, NULL));
    }
    for (;;) {
        struct peer p = {.fd = accept(listener, NULL, NULL)};
        if (p.fd < 0)
            _exit(0);
        if (ctx) {
            p.ssl = SSL_new(ctx);
            SSL_set_fd(p.ssl, p.fd);
        }
        if (!ctx || SSL_accept(p.ssl) == 1)
            serve_one(&p);
        if (p.ssl)
            SSL_shutdown(p.ssl);
        SSL_free(p.ssl);
        close(p.fd);
    }
}

static struct fixture *start(bool tls, const char *san) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->trace = (struct buf)BUF_INIT;
    if (tls) {
        struct pki_request request = {
            .common_name = "server", .names = &san, .name_count = 1, .server = true};
        assert_int_equal(pki_new_ca("ca", &f->ca, NULL), 0);
        assert_int_equal(pki_issue(&f->ca, &request, &f->pair, NULL), 0);
    }
    uint16_t port;
    int listener = listen_somewhere(&port);
    f->child = fork();
    if (f->child == 0)
        serve(listener, tls ? &f->pair : NULL);
    close(listener);
    snprintf(f->server, sizeof(f->server), "%s://127.0.0.1:%d/", tls ? "https" : "http", port);
    return f;
}

static int set_up_plain(void **state) {
    *state = start(false, NULL);
    return 0;
}
static int set_up_tls(void **state) {
    *state = start(true, "127.0.0.1");
    return 0;
}
static int set_up_wrong_name(void **state) {
    *state = start(true, "127.0.0.2");
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    kill(f->child, SIGKILL);
    waitpid(f->child, NULL, 0);
    pki_pair_release(&f->ca);
    pki_pair_release(&f->pair);
    buf_release(&f->trace);
    free(f);
    return 0;
}

static struct http_answer ask(const struct http_target *target, const struct http_call *call) {
    struct http_client *c = http_client_new(target);
    struct http_answer a = {0};
    struct err err = {0};
    assert_int_equal(http_client_do(c, call, &a, &err), 0);
    http_client_free(c);
    return a;
}

static void http_client__sends_method_path_headers_and_body(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server, .token = "t0k"};
    struct http_call call = {.method = "PATCH",
                             .path = "/echo?a=b",
                             .body = "{}",
                             .body_len = 2,
                             .content_type = "application/merge-patch+json"};
    struct http_answer a = ask(&target, &call);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.content_type, "text/plain");
    static const char *const WANT[] = {"PATCH /echo?a=b HTTP/1.1\r\n",
                                       "Authorization: Bearer t0k",
                                       "User-Agent: confed",
                                       "Accept: application/json",
                                       "Content-Type: application/merge-patch+json",
                                       "Content-Length: 2"};
    for (size_t i = 0; i < ARRAY_LEN(WANT); i++)
        if (!strstr(buf_str(&a.body), WANT[i]))
            fail_msg("not sent: %s", WANT[i]);
    http_answer_release(&a);
}

static void http_client__says_shortly_why_there_is_no_answer(void **state) {
    struct fixture *f = *state;
    uint16_t port;
    int fd = listen_somewhere(&port);
    close(fd); /* nobody listens there now */
    char closed[64];
    snprintf(closed, sizeof(closed), "http://127.0.0.1:%d", port);
    const struct {
        const char *server, *path, *problem;
        int64_t timeout_ms;
    } rows[] = {
        {closed, "/", "connection refused", 0},
        {f->server, "/slow", "timed out", 50},
        {f->server, "/short", "the server broke off in the middle of the answer", 0},
        {f->server, "/nothing", "the server closed the connection without an answer", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_target target = {.server = rows[i].server};
        struct http_call call = {
            .method = "GET", .path = rows[i].path, .timeout_ms = rows[i].timeout_ms};
        struct http_answer a = ask(&target, &call);
        assert_int_equal(a.status, 0);
        assert_string_equal(a.problem, rows[i].problem);
        http_answer_release(&a);
    }
}

static void http_client__refuses_what_cannot_be_sent(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server};
    static const char *const PATHS[] = {"no-slash", "/a b", "/a\r\nX: y"};
    for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
        struct http_client *c = http_client_new(&target);
        struct http_call call = {.method = "GET", .path = PATHS[i]};
        struct http_answer a = {0};
        struct err err = {0};
        int r = http_client_do(c, &call, &a, &err);
        http_client_free(c);
        assert_int_equal(r, ERR_USAGE);
    }
}

static void http_client__trusts_only_the_targets_authority(void **state) {
    struct fixture *f = *state;
    struct http_call call = {.method = "GET", .path = "/missing"};
    struct http_target target = {.server = f->server, .ca_pem = f->ca.cert};
    struct http_answer a = ask(&target, &call);
    assert_int_equal(a.status, 404);
    assert_string_equal(buf_str(&a.body), "nope");
    http_answer_release(&a);

    struct pki_pair other;
    assert_int_equal(pki_new_ca("other", &other, NULL), 0);
    target.ca_pem = other.cert;
    a = ask(&target, &call);
    pki_pair_release(&other);
    assert_int_equal(a.status, 0);
    assert_true(str_has_prefix(a.problem, "certificate not valid for 127.0.0.1: "));
    http_answer_release(&a);

    target = (struct http_target){.server = f->server, .insecure = true};
    a = ask(&target, &call);
    assert_int_equal(a.status, 404);
    http_answer_release(&a);
}

static void http_client__refuses_a_certificate_for_another_address(void **state) {
    struct fixture *f = *state;
    struct http_call call = {.method = "GET", .path = "/missing"};
    struct http_target target = {.server = f->server, .ca_pem = f->ca.cert};
    struct http_answer a = ask(&target, &call);
    assert_int_equal(a.status, 0);
    assert_true(str_has_prefix(a.problem, "certificate not valid for 127.0.0.1: "));
    http_answer_release(&a);
}

static void keep_line(void *self, const char *line) {
    buf_adds(self, line);
    buf_addc(self, '\n');
}

static void http_client__traces_like_kubectl_without_secrets(void **state) {
    struct fixture *f = *state;
    struct http_target target = {
        .server = f->server, .token = "t0k", .trace = keep_line, .trace_self = &f->trace};
    struct http_call call = {.method = "GET", .path = "/missing"};
    struct http_answer a = ask(&target, &call);
    http_answer_release(&a);
    char want[128];
    snprintf(want, sizeof(want), "] GET %smissing 404 Not Found in ", f->server);
    assert_non_null(strstr(buf_str(&f->trace), want));
    assert_non_null(strstr(buf_str(&f->trace), "] curl -k -v -XGET  -H \"Accept: "));
    assert_non_null(strstr(buf_str(&f->trace), "Response Body: nope"));
    assert_non_null(strstr(buf_str(&f->trace), "]     Content-Length: 4"));
    assert_null(strstr(buf_str(&f->trace), "t0k"));
}

struct seen {
    struct buf data;
    int status, calls, inheritable;
    char problem[128];
    struct http_pool *pool;
    struct http_target *target;
    struct http_pending *to_cancel;
};

static void on_done(void *self, struct http_answer *answer) {
    struct seen *s = self;
    s->calls++;
    s->status = answer->status;
    snprintf(s->problem, sizeof(s->problem), "%s", answer->problem ? answer->problem : "");
}

/* How many sockets a program that is started now would have. */
static int inheritable_sockets(void) {
    int count = 0;
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++) {
        struct stat s;
        if (fstat(fd, &s) == 0 && S_ISSOCK(s.st_mode) && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
            count++;
    }
    return count;
}

static void on_data_look_at_sockets(void *self, const void *data, size_t len) {
    struct seen *s = self;
    buf_add(&s->data, data, len);
    s->inheritable = inheritable_sockets();
}

static void on_data(void *self, const void *data, size_t len) {
    buf_add(&((struct seen *)self)->data, data, len);
}

static void run(struct http_pool *p, const struct seen *s) {
    for (int i = 0; i < 200 && !s->calls; i++)
        assert_int_equal(http_pool_wait(p, NULL, 0, 100, NULL), 0);
    assert_int_equal(s->calls, 1);
}

/* A kubectl with the harness's connection would keep it open when the harness has closed it. */
static void http_pool__connections_are_not_inherited_by_programs(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server};
    struct seen s = {.data = BUF_INIT};
    struct http_pool *p = http_pool_new();
    struct http_call call = {.method = "GET", .path = "/echo"};
    int before = inheritable_sockets();
    http_pool_start(p, &target, &call, on_data_look_at_sockets, on_done, &s);
    run(p, &s);
    http_pool_free(p);
    assert_true(s.data.len > 0);
    assert_int_equal(s.inheritable, before);
    buf_release(&s.data);
}

static void http_pool__pieces_go_to_the_caller_and_the_end_is_told_once(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server};
    struct seen s = {.data = BUF_INIT};
    struct http_pool *p = http_pool_new();
    struct http_call call = {.method = "GET", .path = "/echo", .timeout_ms = -1};
    http_pool_start(p, &target, &call, on_data, on_done, &s);
    run(p, &s);
    http_pool_free(p);
    assert_int_equal(s.status, 200);
    assert_true(str_has_prefix(buf_str(&s.data), "GET /echo HTTP/1.1"));
    buf_release(&s.data);
}

static void on_done_start_another(void *self, struct http_answer *answer) {
    struct seen *s = self;
    http_pending_cancel(s->to_cancel);
    struct http_call call = {.method = "GET", .path = "/missing"};
    http_pool_start(s->pool, s->target, &call, NULL, on_done, self);
    (void)answer;
}

static void http_pool__callbacks_may_start_and_cancel(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server};
    struct seen s = {.pool = http_pool_new(), .target = &target}, cancelled = {0};
    /* Not begun yet when it is cancelled: the server takes one connection at a time. */
    struct http_call echo = {.method = "GET", .path = "/echo"};
    struct http_call bad = {.method = "GET", .path = "bad"};
    s.to_cancel = http_pool_start(s.pool, &target, &echo, NULL, on_done, &cancelled);
    http_pool_start(s.pool, &target, &bad, NULL, on_done_start_another, &s);
    run(s.pool, &s);
    http_pool_free(s.pool);
    assert_int_equal(s.status, 404);
    assert_int_equal(cancelled.calls, 0);
}

static void http_pool__tells_what_happened_on_other_descriptors(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct http_pool *p = http_pool_new();
    struct pollfd fd = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(http_pool_wait(p, &fd, 1, 0, NULL), 0);
    assert_int_equal(fd.revents, 0);
    close(ends[1]);
    assert_int_equal(http_pool_wait(p, &fd, 1, 10000, NULL), 0);
    http_pool_free(p);
    close(ends[0]);
    assert_true(fd.revents & POLLHUP);
}

static void http_pool__freeing_cancels_without_calling_back(void **state) {
    struct fixture *f = *state;
    struct http_target target = {.server = f->server};
    struct seen s = {0};
    struct http_pool *p = http_pool_new();
    struct http_call call = {.method = "GET", .path = "/slow", .timeout_ms = -1};
    http_pool_start(p, &target, &call, NULL, on_done, &s);
    assert_int_equal(http_pool_wait(p, NULL, 0, 10, NULL), 0);
    http_pool_free(p);
    assert_int_equal(s.calls, 0);
}

#define PLAIN(name) cmocka_unit_test_setup_teardown(name, set_up_plain, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLAIN(http_client__sends_method_path_headers_and_body),
        PLAIN(http_client__says_shortly_why_there_is_no_answer),
        PLAIN(http_client__refuses_what_cannot_be_sent),
        PLAIN(http_client__traces_like_kubectl_without_secrets),
        PLAIN(http_pool__pieces_go_to_the_caller_and_the_end_is_told_once),
        PLAIN(http_pool__connections_are_not_inherited_by_programs),
        PLAIN(http_pool__callbacks_may_start_and_cancel),
        PLAIN(http_pool__freeing_cancels_without_calling_back),
        cmocka_unit_test(http_pool__tells_what_happened_on_other_descriptors),
        cmocka_unit_test_setup_teardown(http_client__trusts_only_the_targets_authority, set_up_tls,
                                        tear_down),
        cmocka_unit_test_setup_teardown(http_client__refuses_a_certificate_for_another_address,
                                        set_up_wrong_name, tear_down),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
