/*
 * The nslookup of a simulated busybox:1.35 beside the real program of that version, byte for byte:
 * both ask the same kube-dns on port 53 of a network namespace that this test makes for itself,
 * with the pod's /etc/resolv.conf mounted over the machine's. Exits 77 (skipped) where there is no
 * busybox 1.35 or no namespaces for the likes of us.
 */
#include "cases/unit/cluster/world.h"

#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "mocks/dns/dns_server.h"
#include "mocks/serve/dgram_client.h"
#include "mocks/serve/dgram_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { SKIPPED = 77, REAL_MS = 20000 };
#define SERVER "10.152.183.10"
#define ZONE "/skydns/com/juju-fed"

struct fixture {
    struct world *w;
    struct loop *loop;
    struct dns_server_ops ops, zone_ops;
    struct dns_server *kube, *zone;
    struct dgram_server *dgram;
    bool mute; /* kube-dns is silent */
};

/* --- a namespace of our own ----------------------------------------------------------------- */

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool add_address(const char *interface, const char *address) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
    struct sockaddr_in a = {.sin_family = AF_INET};
    inet_pton(AF_INET, address, &a.sin_addr);
    memcpy(&request.ifr_addr, &a, sizeof(a));
    bool ok = fd >= 0 && ioctl(fd, SIOCSIFADDR, &request) == 0;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* As root or as anybody who may make user namespaces. The reason why not, or NULL. */
static const char *enter_namespace(void) {
    static const char RESOLV_CONF[] =
        "nameserver " SERVER "\n"
        "search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";
    uid_t uid = getuid();
    gid_t gid = getgid();
    char map[64], file[] = "/tmp/confed-resolv-XXXXXX";
    if (uid != 0 && unshare(CLONE_NEWUSER) < 0)
        return "user namespaces are not allowed here";
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
        return "network namespaces are not allowed here";
    if (uid != 0) {
        (void)write_text("/proc/self/setgroups", "deny");
        snprintf(map, sizeof(map), "0 %u 1", uid);
        bool ok = write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof(map), "0 %u 1", gid);
        if (!ok || !write_text("/proc/self/gid_map", map))
            return "the user namespace cannot be mapped";
    }
    if (!add_address("lo", "127.0.0.1") || !add_address("lo:1", SERVER))
        return "the namespace's loopback cannot be brought up";
    int fd = mkostemp(file, O_CLOEXEC);
    bool ok = fd >= 0 && write_text(file, RESOLV_CONF) &&
              mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
              mount(file, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
    if (fd >= 0)
        close(fd);
    unlink(file);
    return ok ? NULL : "nothing can be mounted over /etc/resolv.conf";
}

/* --- the servers ---------------------------------------------------------------------------- */

static const json_t *object(void *self, const char *resource, const char *ns, const char *name) {
    const struct fixture *f = self;
    return *name ? apiserver_peek(f->w->api, "", resource, ns, name) : NULL;
}

static void each(void *self, const char *resource, const char *ns,
                 bool (*fn)(void *fn_self, const json_t *object), void *fn_self) {
    const struct fixture *f = self;
    apiserver_each(f->w->api, "", resource, ns && *ns ? ns : NULL, fn, fn_self);
}

static bool skydns(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self) {
    static const char *const LEAVES[][2] = {
        {ZONE "/a/1", "{\"host\":\"203.0.113.1\"}"},
        {ZONE "/a/2", "{\"host\":\"203.0.113.2\"}"},
        {ZONE "/six/1", "{\"host\":\"2001:db8::1\"}"},
        {ZONE "/dual/1", "{\"host\":\"203.0.113.7\"}"},
        {ZONE "/dual/2", "{\"host\":\"2001:db8::7\"}"},
        {ZONE "/c/1", "{\"host\":\"a.juju-fed.com\"}"},
        {ZONE "/cc/1", "{\"host\":\"c.juju-fed.com\"}"},
        {ZONE "/out/1", "{\"host\":\"nowhere.example.com\"}"},
        {ZONE "/text/1", "{\"text\":\"hello world\"}"},
        {ZONE "/srv/1", "{\"host\":\"203.0.113.1\",\"port\":80}"},
        {ZONE "/bad/1", "no json"},
    };
    (void)self, (void)endpoint;
    size_t len = strlen(key);
    for (size_t i = 0; i < ARRAY_LEN(LEAVES); i++)
        if (strncmp(LEAVES[i][0], key, len) == 0 &&
            (LEAVES[i][0][len] == '/' || LEAVES[i][0][len] == '\0'))
            fn(fn_self, LEAVES[i][0], LEAVES[i][1]);
    return true;
}

static bool forward(void *self, const char *server, const void *query, size_t len, bool tcp,
                    struct buf *reply) {
    const struct fixture *f = self;
    (void)server;
    return dns_server_answer(f->zone, query, len, tcp, reply);
}

static bool answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    const struct fixture *f = self;
    return !f->mute && dns_server_answer(f->kube, query, len, tcp, reply);
}

/* --- the simulated pod's side of the network ------------------------------------------------- */

static void *dns_send(void *self, const char *server, bool tcp, const void *query, size_t len) {
    const struct fixture *f = ((struct world *)self)->user;
    char host[64];
    snprintf(host, sizeof(host), "%.*s", (int)strcspn(server, ":"), server);
    struct dgram_client *c = dgram_client_new(host, 53, tcp, query, len, NULL);
    if (f->dgram)
        dgram_server_pump(f->dgram);
    return c;
}

static int dns_receive(void *self, void *exchange, struct buf *ret) {
    (void)self;
    return dgram_client_receive(exchange, ret);
}

static void dns_end(void *self, void *exchange) {
    (void)self;
    dgram_client_free(exchange);
}

/* --- what both print ------------------------------------------------------------------------ */

struct printed {
    struct buf out;
    int code; /* -1: still running */
};

static void on_output(void *self, int fd, const void *data, size_t len) {
    (void)fd;
    buf_add(&((struct printed *)self)->out, data, len);
}

static void on_exited(void *self, int code, const char *problem) {
    (void)problem;
    ((struct printed *)self)->code = code;
}

static void run_simulated(struct fixture *f, const char *const *argv, size_t argc,
                          struct printed *ret) {
    const struct kubelet_sink sink = {on_output, on_exited, ret};
    struct kubelet_process process;
    struct kubelet_request r = {.action = KUBELET_EXEC,
                                .command = argv,
                                .command_len = argc,
                                .pod = world_get(f->w, "", "pods", "box"),
                                .container = "main",
                                .wants_stdout = true,
                                .wants_stderr = true};
    struct err err = {0};
    if (f->w->kubelet.start(f->w->kubelet.self, &r, &sink, &process, &err) < 0)
        fail_msg("%s", err.text);
    for (int i = 0; i < 400 && ret->code < 0; i++)
        sched_advance(f->w->sched, 50);
}

static void run_real(struct fixture *f, const char *const *argv, struct printed *ret) {
    int pipes[2], status = 0;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(pipes[1], STDOUT_FILENO);
        dup2(pipes[1], STDERR_FILENO);
        union {
            const char *const *in;
            char *const *out;
        } words = {.in = argv};
        execvp("busybox", words.out);
        _exit(SKIPPED);
    }
    close(pipes[1]);
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    int64_t end_ms = clock_monotonic_ms() + REAL_MS;
    for (bool open = true; open;) {
        char room[4096];
        assert_int_equal(loop_run_once(f->loop, 5, NULL), 0);
        ssize_t n = read(pipes[0], room, sizeof(room));
        if (n > 0)
            buf_add(&ret->out, room, (size_t)n);
        open = n > 0 || (n < 0 && errno == EAGAIN);
        if (clock_monotonic_ms() > end_ms) {
            kill(child, SIGKILL);
            fail_msg("busybox does not end; so far: %s", buf_str(&ret->out));
        }
    }
    close(pipes[0]);
    waitpid(child, &status, 0);
    ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

/* A question on one line: "nslookup -type=srv name server". */
static bool prints_the_same(struct fixture *f, const char *line) {
    const char *argv[12] = {"busybox"};
    size_t argc = 1;
    char *copy = xstrdup(line), *rest = copy;
    for (char *word; argc < 11 && (word = str_next(&rest, ' '));)
        argv[argc++] = word;
    argv[argc] = NULL;
    struct printed real = {.out = BUF_INIT, .code = -1}, ours = real;
    run_real(f, argv, &real);
    run_simulated(f, argv + 1, argc - 1, &ours);
    bool same = str_eq(buf_str(&real.out), buf_str(&ours.out)) && real.code == ours.code;
    if (!same || getenv("CONFED_SHOW"))
        print_message("%s\nthe real one, exit %d:\n%sthe simulated one, exit %d:\n%s", line,
                      real.code, buf_str(&real.out), ours.code, buf_str(&ours.out));
    buf_release(&real.out);
    buf_release(&ours.out);
    free(copy);
    return same;
}

/* --- tests ---------------------------------------------------------------------------------- */

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct cluster_options o;
    world_options(&o);
    f->w = world_start(&o);
    f->w->user = f;
    f->w->ops.dns_send = dns_send;
    f->w->ops.dns_receive = dns_receive;
    f->w->ops.dns_end = dns_end;
    f->loop = loop_new();
    f->ops = (struct dns_server_ops){.object = object, .each = each, .forward = forward, .self = f};
    f->zone_ops = (struct dns_server_ops){.skydns = skydns, .self = f};
    f->kube = kube_dns_new(&(struct kube_dns_options){.upstream = "zone", .ops = &f->ops});
    f->zone = coredns_new(". {\n etcd juju-fed.com\n}\n", &f->zone_ops, NULL);
    f->dgram = dgram_server_new(
        f->loop,
        &(struct dgram_server_options){
            .address = SERVER, .port = 53, .udp = true, .tcp = true, .handler = answer, .self = f},
        NULL);
    assert_non_null(f->dgram);
    cluster_install_addons(f->w->cluster, SERVER, true);
    world_pod(f->w, "box", "busybox:1.35", "['sleep','3600']");
    world_call(f->w, "POST", "/api/v1/namespaces/default/services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'beacon'},'spec':{"
               "'clusterIP':'10.152.183.77','ports':[{'name':'http','port':80}]}}");
    world_call(f->w, "POST", "/api/v1/namespaces/default/services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'ext'},'spec':{"
               "'type':'ExternalName','externalName':'c.juju-fed.com'}}");
    world_call(f->w, "POST", "/api/v1/namespaces/default/services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'lost'},'spec':{"
               "'type':'ExternalName','externalName':'nowhere.example.com'}}");
    sched_advance(f->w->sched, 5000);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    world_stop(f->w);
    dgram_server_free(f->dgram);
    dns_server_free(f->kube);
    dns_server_free(f->zone);
    loop_free(f->loop);
    free(f);
    return 0;
}

static void busybox__nslookup_prints_what_the_real_one_prints(void **state) {
    static const char *const LINES[] = {
        "nslookup beacon",
        "nslookup beacon.default",
        "nslookup beacon.default.federation",
        "nslookup beacon.default.svc.cluster.local",
        "nslookup beacon.default.svc.cluster.local.",
        "nslookup BEACON.default.svc.cluster.local",
        "nslookup nosuch",
        "nslookup nosuch.default.svc.cluster.local",
        "nslookup ext.default.svc.cluster.local",
        "nslookup lost.default.svc.cluster.local",
        "nslookup 10.152.183.77",
        "nslookup 10.152.183.10",
        "nslookup 10.9.9.9",
        "nslookup 2001:db8::1",
        "nslookup a.juju-fed.com",
        "nslookup c.juju-fed.com",
        "nslookup cc.juju-fed.com",
        "nslookup six.juju-fed.com",
        "nslookup dual.juju-fed.com",
        "nslookup nosuch.juju-fed.com",
        "nslookup bad.juju-fed.com",
        "nslookup www.example.com",
        "nslookup beacon.default.svc.cluster.local " SERVER,
        "nslookup beacon.default.svc.cluster.local " SERVER ":53",
        "nslookup beacon " SERVER,
        "nslookup -type=a beacon.default.svc.cluster.local",
        "nslookup -type=aaaa beacon.default.svc.cluster.local",
        "nslookup -type=A beacon",
        "nslookup -type=srv _http._tcp.beacon.default.svc.cluster.local",
        "nslookup -type=cname ext.default.svc.cluster.local",
        "nslookup -type=ptr 77.183.152.10.in-addr.arpa",
        "nslookup -type=txt text.juju-fed.com",
        "nslookup -type=ns cluster.local",
        "nslookup -type=mx beacon.default.svc.cluster.local",
        "nslookup -type=any beacon.default.svc.cluster.local",
        "nslookup -type=a -type=txt text.juju-fed.com",
        "nslookup -querytype=a beacon.default.svc.cluster.local",
        "nslookup -port=53 beacon.default.svc.cluster.local",
        "nslookup -type=soa cluster.local",
        "nslookup localhost",
    };
    int differ = 0;
    for (size_t i = 0; i < ARRAY_LEN(LINES); i++)
        differ += !prints_the_same(*state, LINES[i]);
    assert_int_equal(differ, 0);
}

static void busybox__nslookup_gives_up_as_the_real_one_does(void **state) {
    struct fixture *f = *state;
    f->mute = true;
    assert_true(prints_the_same(f, "nslookup -timeout=1 beacon.default.svc.cluster.local"));
    assert_true(prints_the_same(f, "nslookup -timeout=1 -retry=1 beacon"));
}

static bool is_there(void) {
    FILE *in = popen("busybox 2>/dev/null", "r");
    char line[128] = "";
    bool found = in && fgets(line, sizeof(line), in) && str_has_prefix(line, "BusyBox v1.35.");
    if (in)
        pclose(in);
    return found;
}

int main(void) {
    if (!is_there()) {
        puts("skipped: there is no busybox 1.35 here");
        return SKIPPED;
    }
    const char *why = enter_namespace();
    if (why) {
        printf("skipped: %s\n", why);
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(busybox__nslookup_prints_what_the_real_one_prints, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(busybox__nslookup_gives_up_as_the_real_one_does, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
