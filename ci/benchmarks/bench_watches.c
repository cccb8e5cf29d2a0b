/*
 * usage: bench_watches COUNT OBJECTS [--tls]
 * That many watches of one process that holds that many pods, over real sockets: how long an event
 * takes to reach them all.
 * The server is a process of its own, as one descriptor for each end would be too many for one.
 */
#include "ci/benchmarks/bench.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/net/pki.h"
#include "mocks/apiserver/apiserver.h"
#include "mocks/serve/http_server.h"
#include "mocks/serve/openssl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define EVENTS 11
#define WATCHES_MAX 20000
#define PODS_MAX 1000000
#define MARK "\"type\":\"MODIFIED\""

struct client {
    int fd;
    SSL *ssl;
    size_t matched; /* of MARK, by the bytes read so far */
};

static void fail(const char *what) {
    fprintf(stderr, "bench_watches: %s\n", what);
    exit(1);
}

/* --- the server ------------------------------------------------------------------------------ */

static void add_pods(struct apiserver *api, int64_t count) {
    json_t *pod = json_pack("{s:s, s:s, s:{s:{s:s}}, s:{s:[{s:s, s:s}]}}", "kind", "Pod",
                            "apiVersion", "v1", "metadata", "labels", "app", "web", "spec",
                            "containers", "name", "nginx", "image", "nginx:1.13");
    for (int64_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "pod-%lld", (long long)i);
        json_set_str(json_object_get(pod, "metadata"), "name", name);
        if (apiserver_call(api, "POST", "/api/v1/namespaces/default/pods", pod, NULL) != 201)
            fail("the server took no pod");
    }
    json_decref(pod);
}

static void serve(int ready, int64_t pods, bool tls) {
    static const char *const groups[] = {"system:masters"}, *const names[] = {"127.0.0.1"};
    struct err err = {0};
    struct pki_pair ca = {0}, pair = {0};
    struct loop *loop = loop_new();
    struct sched *sched = sched_new();
    loop_drive_sched(loop, sched, 1);
    struct apiserver *api =
        apiserver_new(&(struct apiserver_options){.name = "bench",
                                                  .sched = sched,
                                                  .seed = 1,
                                                  .rbac = true,
                                                  .service_cidr = "10.152.183.0/24"});
    apiserver_add_token(api, "t", "bench", groups, 1);
    add_pods(api, pods);
    if (tls &&
        (pki_new_ca("bench", &ca, &err) < 0 ||
         pki_issue(&ca,
                   &(struct pki_request){
                       .common_name = "bench", .names = names, .name_count = 1, .server = true},
                   &pair, &err) < 0))
        fail(err.text);
    struct http_server *server =
        http_server_new(loop,
                        &(struct http_server_options){.address = "127.0.0.1",
                                                      .cert_pem = pair.cert,
                                                      .key_pem = pair.key,
                                                      .client_ca_pem = ca.cert,
                                                      .handler = apiserver_handle,
                                                      .self = api},
                        &err);
    if (!server)
        fail(err.text);
    uint16_t port = http_server_port(server);
    if (write(ready, &port, sizeof(port)) != sizeof(port) || loop_run(loop, &err) < 0)
        fail("the server ended");
    exit(0);
}

static pid_t start_server(int64_t pods, bool tls, uint16_t *ret_port) {
    int ends[2];
    if (pipe(ends) < 0)
        fail("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(ends[1], pods, tls);
    }
    (void)close(ends[1]);
    if (read(ends[0], ret_port, sizeof(*ret_port)) != sizeof(*ret_port))
        fail("no server");
    (void)close(ends[0]);
    return pid;
}

/* --- the clients ----------------------------------------------------------------------------- */

static ssize_t client_read(struct client *c, char *data, size_t size) {
    if (!c->ssl)
        return recv(c->fd, data, size, 0);
    int n = SSL_read(c->ssl, data, (int)size);
    if (n <= 0 && SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
        errno = EAGAIN;
    return n;
}

static void client_send(struct client *c, const char *text) {
    size_t len = strlen(text);
    ssize_t n = c->ssl ? SSL_write(c->ssl, text, (int)len) : send(c->fd, text, len, 0);
    if (n != (ssize_t)len)
        fail("cannot send");
}

/* resumed: the session of another connection, or NULL. */
static void client_open(struct client *c, uint16_t port, SSL_CTX *ctx, SSL_SESSION *resumed) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        fail("cannot connect");
    int one = 1; /* as Go's clients do: a request does not wait for the handshake's last ACK */
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (!ctx)
        return;
    c->ssl = SSL_new(ctx);
    if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1 ||
        (resumed && SSL_set_session(c->ssl, resumed) != 1) || SSL_connect(c->ssl) != 1)
        fail("no TLS");
}

/* Reads until text has come; the connection still blocks. */
static void client_expect(struct client *c, const char *text) {
    char data[16384];
    size_t len = 0;
    while (len + 1 < sizeof(data)) {
        ssize_t n = client_read(c, data + len, sizeof(data) - 1 - len);
        if (n <= 0)
            fail("the server closed");
        len += (size_t)n;
        data[len] = '\0';
        if (strstr(data, text))
            return;
    }
    fail("not the answer that was expected");
}

#define HEAD "HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer t\r\n"

static void change(struct client *c, size_t turn) {
    char text[512], body[128];
    int len =
        snprintf(body, sizeof(body), "{\"metadata\":{\"annotations\":{\"turn\":\"%zu\"}}}", turn);
    snprintf(text, sizeof(text),
             "PATCH /api/v1/namespaces/default/services/kubernetes " HEAD
             "Content-Type: application/merge-patch+json\r\nContent-Length: %d\r\n\r\n%s",
             len, body);
    client_send(c, text);
}

static void begin_watch(struct client *c, int poll_fd) {
    client_send(c, "GET /api/v1/services?watch=1 " HEAD "\r\n");
    client_expect(c, "\"ADDED\"");
    int one = 1;
    if (ioctl(c->fd, FIONBIO, &one) < 0)
        fail("cannot make a socket non-blocking");
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = c}};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
        fail("cannot poll");
}

/* MARK may come in two reads. It repeats nothing of itself but its quote. */
static size_t count_marks(struct client *c, const char *data, size_t len) {
    size_t found = 0;
    for (size_t i = 0; i < len; i++) {
        if (c->matched == 0) { /* on to where it may begin */
            const char *next = memchr(data + i, MARK[0], len - i);
            if (!next)
                break;
            i = (size_t)(next - data);
        }
        c->matched = data[i] == MARK[c->matched] ? c->matched + 1 : data[i] == MARK[0];
        if (c->matched == sizeof(MARK) - 1) {
            found++;
            c->matched = 0;
        }
    }
    return found;
}

/* Polled by edges: what has come must be read. A read that is not full has read it. */
static size_t drain(struct client *c) {
    char data[8192];
    size_t found = 0;
    for (;;) {
        ssize_t n = client_read(c, data, sizeof(data));
        if (n <= 0 && errno != EAGAIN)
            fail("a watch was closed");
        if (n <= 0)
            return found;
        found += count_marks(c, data, (size_t)n);
        if (!c->ssl && (size_t)n < sizeof(data))
            return found;
    }
}

/*
 * Milliseconds from the change to the last watch that has seen it. While nothing is there the
 * clients look again after a millisecond: a client that sleeps in epoll would be woken for each of
 * them anew, in the server's time, as no ten thousand clients of other machines are.
 */
static double spread(struct client *writer, int poll_fd, size_t count, size_t turn) {
    struct epoll_event ready[512];
    size_t seen = 0;
    int64_t begin = clock_monotonic_us();
    change(writer, turn);
    while (seen < count) {
        int n = epoll_wait(poll_fd, ready, ARRAY_LEN(ready), 0);
        if (n < 0 || clock_monotonic_us() - begin > 10000000)
            fail("an event did not come to all watches within 10 s");
        if (n == 0)
            (void)poll(NULL, 0, 1);
        for (int i = 0; i < n; i++)
            seen += drain(ready[i].data.ptr);
    }
    double ms = (double)(clock_monotonic_us() - begin) / 1e3;
    client_expect(writer, "\"turn\"");
    return ms;
}

int main(int argc, char **argv) {
    bool tls = argc > 3 && str_eq(argv[3], "--tls");
    int64_t count = 0, pods = 0;
    uint16_t port = 0;
    struct rlimit files = {0};
    if (argc < 3 || !str_to_int(argv[1], 1, WATCHES_MAX, &count) ||
        !str_to_int(argv[2], 0, PODS_MAX, &pods))
        fail("expected a number of watches and one of pods");
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < (rlim_t)count + 100)
        fail("the limit of open files (ulimit -n) is too low");

    pid_t server = start_server(pods, tls, &port);
    double before_mb = bench_resident_mb(server);
    SSL_CTX *ctx = tls ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (ctx) { /* one read for a record, into a buffer that the next one uses too */
        SSL_CTX_set_read_ahead(ctx, 1);
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    }
    struct client writer = {0}, *clients = xcalloc((size_t)count, sizeof(*clients));
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    client_open(&writer, port, ctx, NULL);
    change(&writer, 0);
    client_expect(&writer, "\"turn\"");
    SSL_SESSION *session = tls ? SSL_get1_session(writer.ssl) : NULL;
    for (int64_t i = 0; i < count; i++) {
        client_open(&clients[i], port, ctx, session);
        begin_watch(&clients[i], poll_fd);
    }
    double ms[EVENTS], cpu_ms[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        double before_ms = bench_cpu_ms(server);
        ms[i] = spread(&writer, poll_fd, (size_t)count, i + 1);
        cpu_ms[i] = bench_cpu_ms(server) - before_ms;
    }
    double resident = bench_resident_mb(server) - before_mb, median = bench_median(ms, EVENTS);
    const char *how = tls ? "TLS" : "plain";
    CLEANUP(str_freep)
    char *name = xasprintf("apiserver/event to %lld watches beside %lld pods, %s", (long long)count,
                           (long long)pods, how);
    CLEANUP(str_freep) char *cpu = xasprintf("%s, server's CPU", name);
    CLEANUP(str_freep) char *memory = xasprintf("apiserver/memory of a watch, %s", how);
    bench_print(&(struct bench_line){
        .name = name, .value = median, .unit = "ms", .goal = "< 100 ms", .ok = median < 100});
    bench_print(&(struct bench_line){
        .name = cpu, .value = bench_median(cpu_ms, EVENTS), .unit = "ms of CPU"});
    bench_print(&(struct bench_line){
        .name = memory, .value = resident * 1e3 / (double)count, .unit = "kB resident"});
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    return 0;
}
