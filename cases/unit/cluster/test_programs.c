#include "cases/unit/cluster/world.h"

#include "harness/dns/dns_query.h"

/* A client of the kubelet. */
struct client {
    struct kubelet_process process;
    struct buf out, err;
    int code; /* -1: still running */
    char *problem;
};

static void on_output(void *self, int fd, const void *data, size_t len) {
    struct client *c = self;
    buf_add(fd == 2 ? &c->err : &c->out, data, len);
}

static void on_exited(void *self, int code, const char *problem) {
    struct client *c = self;
    assert_int_equal(c->code, -1);
    c->code = code;
    c->problem = problem ? xstrdup(problem) : NULL;
}

static void client_init(struct client *c) {
    *c = (struct client){.out = BUF_INIT, .err = BUF_INIT, .code = -1};
}

static void client_release(struct client *c) {
    buf_release(&c->out);
    buf_release(&c->err);
    free(c->problem);
}

static int start(struct world *w, struct client *c, struct kubelet_request *r, const char *pod,
                 struct err *err) {
    const struct kubelet_sink sink = {on_output, on_exited, c};
    client_init(c);
    r->pod = world_get(w, "", "pods", pod);
    r->container = "main";
    r->wants_stdout = r->wants_stderr = true;
    return w->kubelet.start(w->kubelet.self, r, &sink, &c->process, err);
}

static void exec(struct world *w, struct client *c, const char *pod, const char *const *argv,
                 size_t argc, const char *input) {
    struct kubelet_request r = {
        .action = KUBELET_EXEC, .command = argv, .command_len = argc, .wants_stdin = input != NULL};
    struct err err = {0};
    if (start(w, c, &r, pod, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(c->out.len, 0);
    if (input) {
        c->process.input(c->process.self, input, strlen(input));
        c->process.input_end(c->process.self);
    }
    sched_advance(w->sched, 100);
}

/* sh -c script in a busybox; its standard output must be this. */
static void check_script(struct world *w, const char *script, const char *want, int code) {
    const char *const argv[] = {"sh", "-c", script};
    struct client c;
    exec(w, &c, "box", argv, 3, NULL);
    if (strcmp(buf_str(&c.out), want) != 0 || c.code != code)
        fail_msg("%s: code %d, out [%s], err [%s]", script, c.code, buf_str(&c.out),
                 buf_str(&c.err));
    client_release(&c);
}

/* Answers A of "beacon.default.svc.cluster.local" and two reverse names; notes what was asked. */
static void put16(struct buf *b, unsigned v) {
    buf_addc(b, (char)(v >> 8));
    buf_addc(b, (char)v);
}

static void put_name(struct buf *b, const char *name) {
    while (*name) {
        size_t n = strcspn(name, ".");
        buf_addc(b, (char)n);
        buf_add(b, name, n);
        name += n + (name[n] == '.');
    }
    buf_addc(b, 0);
}

static bool resolve(struct world *w, const char *server, bool tcp, const void *query, size_t len,
                    struct buf *reply) {
    (void)server;
    (void)tcp;
    const unsigned char *q = query;
    struct buf name = BUF_INIT;
    size_t at = 12;
    for (; at < len && q[at]; at += q[at] + 1u)
        buf_addf(&name, "%.*s.", (int)q[at], (const char *)q + at + 1);
    unsigned type = (unsigned)q[at + 1] << 8 | q[at + 2];
    buf_addf(&w->asked, "%s %u\n", buf_str(&name), type);
    const char *ptr = str_eq(buf_str(&name), "10.183.152.10.in-addr.arpa.")
                          ? "kube-dns.kube-system.svc.cluster.local"
                      : str_eq(buf_str(&name), "77.183.152.10.in-addr.arpa.")
                          ? "beacon.default.svc.cluster.local"
                          : NULL;
    bool is_beacon = str_eq(buf_str(&name), "beacon.default.svc.cluster.local.");
    bool answers = (type == 12 && ptr) || (type == 1 && is_beacon);
    buf_add(reply, q, 2);
    put16(reply, answers || is_beacon ? 0x8580 : 0x8583);
    put16(reply, 1);
    put16(reply, answers);
    put16(reply, 0);
    put16(reply, 0);
    buf_add(reply, q + 12, at + 5 - 12);
    if (answers) {
        struct buf data = BUF_INIT;
        if (type == 1)
            buf_add(&data, "\x0a\x98\xb7\x4d", 4);
        else
            put_name(&data, ptr);
        put16(reply, 0xc00c);
        put16(reply, type);
        put16(reply, 1);
        put16(reply, 0);
        put16(reply, 30);
        put16(reply, (unsigned)data.len);
        buf_add(reply, data.data, data.len);
        buf_release(&data);
    }
    buf_release(&name);
    return true;
}

static int setup(void **state) {
    world_setup(state);
    struct world *w = *state;
    w->resolve = resolve;
    world_pod(w, "box", "busybox:1.26", "['sleep','3600']");
    world_pod(w, "web", "nginx", NULL);
    sched_advance(w->sched, 4000);
    return 0;
}

static void shell__does_what_scripts_need(void **state) {
    static const struct {
        const char *script, *want;
        int code;
    } rows[] = {
        {"echo hello world", "hello world\n", 0},
        {"echo a; echo b && echo c || echo d", "a\nb\nc\n", 0},
        {"false && echo no || echo yes", "yes\n", 0},
        {"exit 42", "", 42},
        {"false", "", 1},
        {"nosuch", "", 127},
        {"X=1; echo \"$X${X}2\" '$X' $(echo sub) `echo tick`", "112 $X sub tick\n", 0},
        {"echo one two | wc -w", "2\n", 0},
        {"printf 'a\\nb\\nc\\n' | tail -n 2 | head -n 1", "b\n", 0},
        {"for i in 1 2 3; do echo $i; done", "1\n2\n3\n", 0},
        {"i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n", 0},
        {"if test -f /etc/hosts; then echo yes; else echo no; fi", "yes\n", 0},
        {"if false; then echo a; elif true; then echo b; else echo c; fi", "b\n", 0},
        {"echo hi > /tmp/x; echo ho >> /tmp/x; cat /tmp/x; rm /tmp/x; cat /tmp/x 2>/dev/null; echo "
         "$?",
         "hi\nho\n1\n", 0},
        {"cat < /etc/hostname", "box\n", 0},
        {"hostname", "box\n", 0},
        {"echo oops >&2", "", 0},
        {"nosuch 2>&1", "sh: nosuch: not found\n", 127},
        {"(echo a; echo b) | grep b", "b\n", 0},
        {"! true; echo $?", "1\n", 0},
        {"for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; [ $i = 3 ] && break; done", "1\n3\n",
         0},
        {"sh -c 'exit 3'; echo $?", "3\n", 0},
        {"echo ${NO:-other}", "other\n", 0},
        {"cat /etc/resolv.conf | head -n 2",
         "nameserver 10.152.183.10\nsearch default.svc.cluster.local svc.cluster.local "
         "cluster.local\n",
         0},
        {"cat /var/run/secrets/kubernetes.io/serviceaccount/namespace", "default", 0},
        {"echo 'unended", "", 2},
        {"if true; then", "", 2},
        {"echo a | cat | cat", "a\n", 0},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_script(w, rows[i].script, rows[i].want, rows[i].code);
}

static void shell__reads_commands_from_its_input(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"sh"};
    struct client c;
    exec(w, &c, "box", argv, 1, "echo one\nfor i in 2 3; do\necho $i\ndone\nexit 7\necho no\n");
    assert_string_equal(buf_str(&c.out), "one\n2\n3\n");
    assert_int_equal(c.code, 7);
    client_release(&c);
}

static void shell__on_a_terminal_echoes_and_prompts(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"sh"};
    struct kubelet_request r = {.action = KUBELET_EXEC,
                                .command = argv,
                                .command_len = 1,
                                .wants_stdin = true,
                                .tty = true};
    struct client c;
    assert_int_equal(start(w, &c, &r, "box", NULL), 0);
    sched_advance(w->sched, 10);
    assert_string_equal(buf_str(&c.out), ""); /* the runtime is still at it */
    sched_advance(w->sched, 90);
    assert_string_equal(buf_str(&c.out), "/ # ");
    c.process.input(c.process.self, "echx\177o hi\r", 10);
    sched_advance(w->sched, 10);
    assert_string_equal(buf_str(&c.out), "/ # echx\b \bo hi\r\nhi\r\n/ # ");
    c.process.input(c.process.self, "sleep 100\r\003", 11);
    sched_advance(w->sched, 10);
    assert_int_equal(c.code, -1);
    c.process.input(c.process.self, "\004", 1);
    sched_advance(w->sched, 10);
    assert_int_equal(c.code, 130);
    client_release(&c);
}

static void exec__of_what_the_image_has_not_ends_with_126(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"nslookup", "beacon"};
    struct client c;
    exec(w, &c, "web", argv, 2, NULL);
    assert_non_null(strstr(buf_str(&c.out), "executable file not found in $PATH"));
    assert_int_equal(c.code, 126);
    client_release(&c);
}

static void exec__sleeps_on_the_clock_of_the_world(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"sh", "-c", "echo a; sleep 10; echo b"};
    struct client c;
    exec(w, &c, "box", argv, 3, NULL);
    assert_string_equal(buf_str(&c.out), "a\n");
    assert_int_equal(c.code, -1);
    sched_advance(w->sched, 10000);
    assert_string_equal(buf_str(&c.out), "a\nb\n");
    assert_int_equal(c.code, 0);
    client_release(&c);
}

static void exec__that_is_killed_or_whose_pod_goes_ends_cleanly(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"sh", "-c", "while true; do sleep 1; done"};
    struct client a, b;
    exec(w, &a, "box", argv, 3, NULL);
    exec(w, &b, "box", argv, 3, NULL);
    a.process.kill(a.process.self);
    assert_int_equal(world_status(w, "DELETE", "/api/v1/namespaces/default/pods/box",
                                  "{'gracePeriodSeconds':0}"),
                     200);
    sched_advance(w->sched, 1000);
    assert_int_equal(a.code, -1);
    assert_int_equal(b.code, 137);
    client_release(&a);
    client_release(&b);
}

static void busy_loop__leaves_the_world_its_turn(void **state) {
    struct world *w = *state;
    const char *const argv[] = {"sh", "-c", "while true; do true; done"};
    struct client c;
    exec(w, &c, "box", argv, 3, NULL);
    assert_int_equal(c.code, -1);
    c.process.kill(c.process.self);
    client_release(&c);
}

static void tar__packs_what_it_unpacks(void **state) {
    struct world *w = *state;
    const char *const pack[] = {"tar", "cf", "-", "/tmp/d"};
    const char *const unpack[] = {"tar", "xmf", "-", "-C", "/home"};
    check_script(w, "mkdir -p /tmp/d/e; echo one > /tmp/d/1; echo two > /tmp/d/e/2", "", 0);
    struct client c, d;
    exec(w, &c, "box", pack, 4, NULL);
    assert_int_equal(c.code, 0);
    assert_int_equal(c.out.len % 512, 0);
    struct kubelet_request r = {
        .action = KUBELET_EXEC, .command = unpack, .command_len = 5, .wants_stdin = true};
    assert_int_equal(start(w, &d, &r, "box", NULL), 0);
    d.process.input(d.process.self, c.out.data, 700);
    d.process.input(d.process.self, c.out.data + 700, c.out.len - 700);
    d.process.input_end(d.process.self);
    sched_advance(w->sched, 100);
    assert_int_equal(d.code, 0);
    check_script(w, "cat /home/tmp/d/1 /home/tmp/d/e/2", "one\ntwo\n", 0);
    client_release(&c);
    client_release(&d);
}

static void nslookup__speaks_as_the_busybox_of_its_tag(void **state) {
    static const struct {
        const char *image, *name, *out;
        int code;
    } rows[] = {
        {"busybox:1.26", "beacon",
         "Server:    10.152.183.10\n"
         "Address 1: 10.152.183.10 kube-dns.kube-system.svc.cluster.local\n\n"
         "Name:      beacon\nAddress 1: 10.152.183.77 beacon.default.svc.cluster.local\n",
         0},
        {"busybox:1.26", "nosuch",
         "Server:    10.152.183.10\n"
         "Address 1: 10.152.183.10 kube-dns.kube-system.svc.cluster.local\n\n",
         1},
        {"busybox:1.28", "beacon",
         "Server:    10.152.183.10\n"
         "Address 1: 10.152.183.10 kube-dns.kube-system.svc.cluster.local\n\n"
         "Name:      beacon\nAddress 1: 10.152.183.77 beacon.default.svc.cluster.local\n",
         0},
        {"busybox:1.31", "beacon",
         "Server:\t\t10.152.183.10\nAddress:\t10.152.183.10:53\n\n"
         "** server can't find beacon: NXDOMAIN\n\n*** Can't find beacon: No answer\n\n",
         1},
        {"busybox:1.31", "beacon.default.svc.cluster.local",
         "Server:\t\t10.152.183.10\nAddress:\t10.152.183.10:53\n\n"
         "Name:\tbeacon.default.svc.cluster.local\nAddress: 10.152.183.77\n\n"
         "*** Can't find beacon.default.svc.cluster.local: No answer\n\n",
         0},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char name[8];
        (void)snprintf(name, sizeof(name), "n%zu", i);
        world_pod(w, name, rows[i].image, "['sleep','3600']");
        sched_advance(w->sched, 4000);
        const char *const argv[] = {"nslookup", rows[i].name};
        struct client c;
        exec(w, &c, name, argv, 2, NULL);
        assert_string_equal(buf_str(&c.out), rows[i].out);
        assert_int_equal(c.code, rows[i].code);
        client_release(&c);
    }
}

static void nslookup__of_1_35_asks_each_suffix_and_fails(void **state) {
    struct world *w = *state;
    world_pod(w, "new", "busybox:1.35", "['sleep','3600']");
    sched_advance(w->sched, 4000);
    const char *const argv[] = {"nslookup", "beacon"};
    struct client c;
    exec(w, &c, "new", argv, 2, NULL);
    assert_int_equal(c.code, 1);
    assert_non_null(strstr(buf_str(&c.out), "Address: 10.152.183.77\n"));
    assert_string_equal(buf_str(&w->asked), "beacon.default.svc.cluster.local. 1\n"
                                            "beacon.svc.cluster.local. 1\n"
                                            "beacon.cluster.local. 1\n"
                                            "beacon.default.svc.cluster.local. 28\n"
                                            "beacon.svc.cluster.local. 28\n"
                                            "beacon.cluster.local. 28\n");
    client_release(&c);
}

static bool silence(struct world *w, const char *server, bool tcp, const void *query, size_t len,
                    struct buf *reply) {
    (void)query, (void)len, (void)reply;
    buf_addf(&w->asked, "%s %s\n", server, tcp ? "tcp" : "udp");
    return false;
}

/* Cut over UDP, whole by TCP. */
static bool cut(struct world *w, const char *server, bool tcp, const void *query, size_t len,
                struct buf *reply) {
    bool answered = resolve(w, server, tcp, query, len, reply);
    if (!tcp) {
        buf_truncate(reply, 12);
        reply->data[2] = (char)(reply->data[2] | 2);
        memset(reply->data + 4, 0, 8);
    }
    return answered;
}

static void resolver__tries_twice_and_gives_up_on_the_worlds_clock(void **state) {
    struct world *w = *state;
    w->resolve = silence;
    world_pod(w, "new", "busybox:1.35", "['sleep','3600']");
    sched_advance(w->sched, 4000);
    const char *const argv[] = {"nslookup", "a.b"};
    struct client c;
    exec(w, &c, "new", argv, 2, NULL);
    sched_advance(w->sched, 4800);
    assert_int_equal(c.code, -1);
    sched_advance(w->sched, 200);
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&c.out),
                        ";; connection timed out; no servers could be reached\n\n");
    assert_string_equal(buf_str(&w->asked), "10.152.183.10:53 udp\n10.152.183.10:53 udp\n"
                                            "10.152.183.10:53 udp\n10.152.183.10:53 udp\n");
    client_release(&c);
    const char *const old[] = {"wget", "-qO-", "http://10-1-1-1.a.b.c.d.e/"};
    exec(w, &c, "box", old, 3, NULL);
    sched_advance(w->sched, 9800);
    assert_int_equal(c.code, -1);
    sched_advance(w->sched, 200);
    assert_int_equal(c.code, 1);
    assert_string_equal(buf_str(&c.err), "wget: bad address '10-1-1-1.a.b.c.d.e'\n");
    client_release(&c);
}

static void resolver__is_killed_while_it_waits(void **state) {
    struct world *w = *state;
    w->resolve = silence;
    const char *const argv[] = {"nslookup", "beacon"};
    struct client c;
    exec(w, &c, "box", argv, 2, NULL);
    assert_int_equal(c.code, -1);
    c.process.kill(c.process.self);
    sched_advance(w->sched, 60000);
    client_release(&c);
    check_script(w, "echo [$(nslookup beacon 2>&1 | grep -c resolve)]", "[1]\n", 0);
}

static void resolver__of_libc_asks_by_tcp_for_what_was_cut(void **state) {
    struct world *w = *state;
    w->resolve = cut;
    check_script(w, "nslookup beacon | tail -n 1",
                 "Address 1: 10.152.183.77 beacon.default.svc.cluster.local\n", 0);
    world_pod(w, "new", "busybox:1.35", "['sleep','3600']");
    sched_advance(w->sched, 4000);
    /* Its own resolver takes the answer as it is. */
    const char *const argv[] = {"nslookup", "beacon.default.svc.cluster.local"};
    struct client c;
    exec(w, &c, "new", argv, 2, NULL);
    assert_null(strstr(buf_str(&c.out), "10.152.183.77"));
    client_release(&c);
}

static void nc__tells_open_ports_from_closed_ones(void **state) {
    struct world *w = *state;
    world_call(w, "POST", "/api/v1/namespaces/default/services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'beacon'},'spec':{"
               "'clusterIP':'10.152.183.77','selector':{'app':'web'},'ports':[{'port':8080,"
               "'targetPort':80}]}}");
    sched_advance(w->sched, 100);
    check_script(w, "nc -z -w 1 beacon 8080", "", 0);
    check_script(w, "nc -zv beacon 8080 2>&1", "beacon (10.152.183.77:8080) open\n", 0);
    check_script(w, "nc -zv beacon 81 2>&1",
                 "nc: can't connect to remote host (10.152.183.77): Connection refused\n", 1);
    check_script(w, "nc -z nosuch 80 2>&1", "nc: bad address 'nosuch'\n", 1);
    check_script(w, "nc -z beacon 2>&1", "Usage: nc [-vz] [-w SEC] HOST PORT\n", 1);
    check_script(
        w, "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc beacon 8080 | grep -c 'Welcome to nginx!'",
        "2\n", 0);
}

static void wget__reaches_pods_and_services(void **state) {
    struct world *w = *state;
    world_call(w, "POST", "/api/v1/namespaces/default/services",
               "{'apiVersion':'v1','kind':'Service','metadata':{'name':'beacon'},'spec':{"
               "'clusterIP':'10.152.183.77','selector':{'app':'web'},'ports':[{'port':8080,"
               "'targetPort':80}]}}");
    sched_advance(w->sched, 100);
    check_script(w, "wget -qO- http://beacon:8080/ | grep -c 'Welcome to nginx!'", "2\n", 0);
    check_script(w, "wget -qO- http://beacon:81/", "", 1);
    check_script(w, "wget -qO- http://nosuch/ 2>&1", "wget: bad address 'nosuch'\n", 1);
    check_script(w, "wget -qO- beacon:8080/none 2>&1",
                 "wget: server returned error: HTTP/1.1 404 Not Found\n", 1);
    struct kubelet_request r = {
        .action = KUBELET_LOG, .tail_lines = 1, .limit_bytes = -1, .since_seconds = -1};
    struct client c;
    assert_int_equal(start(w, &c, &r, "web", NULL), 0);
    sched_advance(w->sched, 10);
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(buf_str(&c.out), "\"GET /none HTTP/1.1\" 404 "));
    client_release(&c);
}

static struct kubelet_request log_request(void) {
    return (struct kubelet_request){
        .action = KUBELET_LOG, .tail_lines = -1, .limit_bytes = -1, .since_seconds = -1};
}

static void logs__follow_a_program_that_writes(void **state) {
    struct world *w = *state;
    world_pod(w, "clock", "busybox",
              "['sh','-c','i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done']");
    sched_advance(w->sched, 5500);
    struct kubelet_request all = log_request(), follow = log_request();
    struct client a, f;
    follow.follow = true;
    follow.tail_lines = 1;
    all.limit_bytes = 10;
    assert_int_equal(start(w, &a, &all, "clock", NULL), 0);
    assert_int_equal(start(w, &f, &follow, "clock", NULL), 0);
    sched_advance(w->sched, 10);
    assert_string_equal(buf_str(&a.out), "tick 1\ntic");
    assert_int_equal(a.code, 0);
    assert_string_equal(buf_str(&f.out), "tick 3\n");
    sched_advance(w->sched, 2000);
    assert_string_equal(buf_str(&f.out), "tick 3\ntick 4\ntick 5\n");
    assert_int_equal(f.code, -1);
    assert_int_equal(world_status(w, "DELETE", "/api/v1/namespaces/default/pods/clock",
                                  "{'gracePeriodSeconds':0}"),
                     200);
    sched_advance(w->sched, 100);
    assert_int_equal(f.code, 0);
    client_release(&a);
    client_release(&f);
}

static void container__that_crashes_is_restarted_and_backs_off(void **state) {
    struct world *w = *state;
    world_pod(w, "crash", "busybox", "['sh','-c','echo dying; exit 3']");
    sched_advance(w->sched, 8000);
    const json_t *pod = world_get(w, "", "pods", "crash");
    assert_string_equal(
        json_str(pod, "status", "containerStatuses", "[0]", "state", "waiting", "reason", NULL),
        "CrashLoopBackOff");
    assert_int_equal(json_int(pod, -1, "status", "containerStatuses", "[0]", "lastState",
                              "terminated", "exitCode", NULL),
                     3);
    assert_int_equal(json_int(pod, -1, "status", "containerStatuses", "[0]", "restartCount", NULL),
                     1);
    struct kubelet_request r = log_request();
    struct client c;
    r.previous = true;
    assert_int_equal(start(w, &c, &r, "crash", NULL), 0);
    sched_advance(w->sched, 10);
    assert_string_equal(buf_str(&c.out), "dying\n");
    client_release(&c);
}

static void container__that_ends_after_an_hour_is_started_again_at_once_each_time(void **state) {
    struct world *w = *state;
    world_pod(w, "hourly", "busybox", "['sleep','3600']");
    for (int hours = 1; hours <= 3; hours++) {
        sched_advance(w->sched, 3605 * 1000);
        const json_t *pod = world_get(w, "", "pods", "hourly");
        assert_int_equal(
            json_int(pod, -1, "status", "containerStatuses", "[0]", "restartCount", NULL), hours);
        assert_non_null(
            json_at(pod, "status", "containerStatuses", "[0]", "state", "running", NULL));
    }
}

static void attach__talks_to_the_main_program(void **state) {
    struct world *w = *state;
    world_call(w, "POST", "/api/v1/namespaces/default/pods",
               "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'cat'},'spec':{'restartPolicy':"
               "'Never','containers':[{'name':'main','image':'busybox','command':['cat'],'stdin':"
               "true,'stdinOnce':true}]}}");
    sched_advance(w->sched, 4000);
    struct kubelet_request r = {.action = KUBELET_ATTACH, .wants_stdin = true};
    struct client c;
    assert_int_equal(start(w, &c, &r, "cat", NULL), 0);
    c.process.input(c.process.self, "meow\n", 5);
    sched_advance(w->sched, 10);
    assert_string_equal(buf_str(&c.out), "meow\n");
    c.process.input_end(c.process.self);
    sched_advance(w->sched, 100);
    assert_int_equal(c.code, 0);
    assert_string_equal(json_str(world_get(w, "", "pods", "cat"), "status", "phase", NULL),
                        "Succeeded");
    client_release(&c);
}

static void portforward__serves_http_and_refuses_closed_ports(void **state) {
    struct world *w = *state;
    struct kubelet_request r = {.action = KUBELET_PORT_FORWARD, .port = 80};
    struct client c;
    struct err err = {0};
    assert_int_equal(start(w, &c, &r, "web", NULL), 0);
    c.process.input(c.process.self, "GET / HTTP/1.1\r\nHo", 18);
    sched_advance(w->sched, 10);
    assert_int_equal(c.out.len, 0);
    c.process.input(c.process.self, "st: x\r\n\r\nGET /x HTTP/1.0\r\n\r\n", 28);
    sched_advance(w->sched, 10);
    assert_memory_equal(c.out.data, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(buf_str(&c.out), "HTTP/1.1 404 Not Found\r\n"));
    assert_int_equal(c.code, 0);
    client_release(&c);
    r.port = 81;
    assert_int_equal(start(w, &c, &r, "web", &err), ERR_STATE);
    assert_non_null(strstr(err.text, "Connection refused"));
    client_release(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(shell__does_what_scripts_need),
        TEST(shell__reads_commands_from_its_input),
        TEST(shell__on_a_terminal_echoes_and_prompts),
        TEST(exec__of_what_the_image_has_not_ends_with_126),
        TEST(exec__sleeps_on_the_clock_of_the_world),
        TEST(exec__that_is_killed_or_whose_pod_goes_ends_cleanly),
        TEST(busy_loop__leaves_the_world_its_turn),
        TEST(tar__packs_what_it_unpacks),
        TEST(nslookup__speaks_as_the_busybox_of_its_tag),
        TEST(nslookup__of_1_35_asks_each_suffix_and_fails),
        TEST(resolver__tries_twice_and_gives_up_on_the_worlds_clock),
        TEST(resolver__is_killed_while_it_waits),
        TEST(resolver__of_libc_asks_by_tcp_for_what_was_cut),
        TEST(nc__tells_open_ports_from_closed_ones),
        TEST(wget__reaches_pods_and_services),
        TEST(logs__follow_a_program_that_writes),
        TEST(container__that_crashes_is_restarted_and_backs_off),
        TEST(container__that_ends_after_an_hour_is_started_again_at_once_each_time),
        TEST(attach__talks_to_the_main_program),
        TEST(portforward__serves_http_and_refuses_closed_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
