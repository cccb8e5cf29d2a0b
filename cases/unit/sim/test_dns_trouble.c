/* Every fault of queries as a client on a socket sees it. */
#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/dns/dns_query.h"
#include "mocks/sim/dns_trouble.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 5000, SILENCE_TURNS = 5 };
#define NAME "beacon.default.fed.svc.juju-fed.com"

struct world {
    struct loop *loop;
    struct sched *sched;
    struct fault_table *faults;
    struct dns_trouble *trouble;
    struct dns_server_ops ops;
    struct dns_server *server;
    struct dgram_server *dgram;
    const char *leaf;
    struct buf query, raw;
    json_t *reply;
};

static bool skydns(void *self, const char *endpoint, const char *key,
                   void (*fn)(void *fn_self, const char *key, const char *value), void *fn_self) {
    const struct world *w = self;
    (void)endpoint;
    fn(fn_self, key, w->leaf);
    return true;
}

static bool answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    struct world *w = self;
    const struct dns_trouble_query q = {"f1/coredns", w->server, query, len, tcp};
    int64_t delay_ms;
    if (!dns_trouble_answer(w->trouble, &q, reply, &delay_ms))
        return false;
    if (delay_ms == 0)
        return true;
    dns_trouble_send_later(w->trouble, dgram_server_hold(w->dgram), reply, delay_ms);
    return false;
}

static int set_up(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->loop = loop_new();
    w->sched = sched_new();
    w->faults = fault_table_new(7);
    w->trouble = dns_trouble_new(w->faults, w->sched);
    w->leaf = "{\"host\":\"203.0.113.11\",\"ttl\":180}";
    w->ops = (struct dns_server_ops){.skydns = skydns, .self = w};
    w->server = coredns_new(". {\n etcd juju-fed.com\n}\n", &w->ops, NULL);
    w->dgram = dgram_server_new(
        w->loop,
        &(struct dgram_server_options){
            .address = "127.0.0.1", .udp = true, .tcp = true, .handler = answer, .self = w},
        NULL);
    w->query = w->raw = (struct buf)BUF_INIT;
    assert_non_null(w->server);
    assert_non_null(w->dgram);
    *state = w;
    return 0;
}

static int tear_down(void **state) {
    struct world *w = *state;
    json_decref(w->reply);
    dns_trouble_free(w->trouble);
    dgram_server_free(w->dgram);
    dns_server_free(w->server);
    fault_table_free(w->faults);
    sched_free(w->sched);
    loop_free(w->loop);
    buf_release(&w->query);
    buf_release(&w->raw);
    free(w);
    return 0;
}

static int dial(const struct world *w, int type) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(dgram_server_port(w->dgram))};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static void send_query(struct world *w, int fd, bool tcp) {
    buf_clear(&w->query);
    assert_int_equal(dns_query_build(NAME, "A", 0x1234, &w->query, NULL), 0);
    char size[2] = {(char)(w->query.len >> 8), (char)w->query.len};
    if (tcp)
        assert_int_equal(send(fd, size, 2, 0), 2);
    assert_int_equal(send(fd, w->query.data, w->query.len, 0), w->query.len);
}

/* false: nothing comes within a few turns, and so nothing will. */
static bool receive(struct world *w, int fd, bool tcp, bool expected) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    char room[4096];
    ssize_t n = -1;
    for (int i = 0;
         n <= (tcp ? 2 : 0) && (expected ? clock_monotonic_ms() < end : i < SILENCE_TURNS); i++) {
        assert_int_equal(loop_run_once(w->loop, 5, NULL), 0);
        n = recv(fd, room, sizeof(room), MSG_DONTWAIT | (tcp ? MSG_PEEK : 0));
    }
    json_decref(w->reply);
    w->reply = NULL;
    buf_clear(&w->raw);
    if (n <= 0)
        return false;
    buf_add(&w->raw, room + (tcp ? 2 : 0), (size_t)n - (tcp ? 2 : 0));
    w->reply = dns_reply_parse(w->raw.data, w->raw.len, NULL);
    return true;
}

/* One question and what came: "RCODE flags; TYPE data ...", "malformed" or "silence". */
static char *ask(struct world *w, bool tcp, bool expected) {
    int fd = dial(w, tcp ? SOCK_STREAM : SOCK_DGRAM);
    send_query(w, fd, tcp);
    bool came = receive(w, fd, tcp, expected);
    close(fd);
    if (!came)
        return xstrdup("silence");
    if (!w->reply)
        return xasprintf("malformed %zu", w->raw.len);
    struct buf b = BUF_INIT;
    buf_addf(&b, "%s%s%s%s", json_str(w->reply, "rcode", NULL),
             json_flag(w->reply, "aa", NULL) ? " aa" : "",
             json_flag(w->reply, "tc", NULL) ? " tc" : "",
             memcmp(w->raw.data, w->query.data, 2) == 0 ? "" : " wrong-id");
    static const char *const SECTIONS[] = {"answer", "authority"};
    for (size_t s = 0; s < 2; s++) {
        size_t i;
        json_t *record;
        json_array_foreach(json_object_get(w->reply, SECTIONS[s]), i, record)
            buf_addf(&b, "; %s %s %s", json_str(record, "name", NULL),
                     json_str(record, "type", NULL), json_str(record, "data", NULL));
    }
    return buf_detach(&b);
}

static void check(struct world *w, const char *rule, bool tcp, const char *want) {
    struct err err = {0};
    fault_table_clear(w->faults);
    dns_trouble_forget(w->trouble);
    if (*rule && fault_table_add(w->faults, rule, &err) < 0)
        fail_msg("%s", err.text);
    char *got = ask(w, tcp, strcmp(want, "silence") != 0);
    if (strcmp(got, want) != 0)
        fail_msg("[%s] by %s: got \"%s\", expected \"%s\"", rule, tcp ? "TCP" : "UDP", got, want);
    free(got);
}

#define A "NOERROR aa; " NAME ". A 203.0.113.11"

static void dns_trouble__each_fault_is_seen_on_the_wire(void **state) {
    struct world *w = *state;
    static const struct {
        const char *rule, *udp, *tcp;
    } rows[] = {
        {"", A, A},
        {"query * drop", "silence", "silence"},
        {"query * servfail", "SERVFAIL", "SERVFAIL"},
        {"query * refused", "REFUSED", "REFUSED"},
        {"query * nxdomain", "NXDOMAIN aa", "NXDOMAIN aa"},
        {"query * nodata", "NOERROR aa", "NOERROR aa"},
        {"query * lame", "NOERROR; . NS a.root-servers.net.", "NOERROR; . NS a.root-servers.net."},
        {"query * truncate", "NOERROR tc", A},
        {"query * truncate=20", "malformed 20", A},
        {"query * wrong-id", "NOERROR aa wrong-id; " NAME ". A 203.0.113.11",
         "NOERROR aa wrong-id; " NAME ". A 203.0.113.11"},
        {"query * loop",
         "NOERROR aa; " NAME ". CNAME loop." NAME ".; loop." NAME ". CNAME " NAME ".",
         "NOERROR aa; " NAME ". CNAME loop." NAME ".; loop." NAME ". CNAME " NAME "."},
        {"query example.com servfail", A, A},
        {"query juju-fed.com servfail at=f1", "SERVFAIL", "SERVFAIL"},
        {"query juju-fed.com servfail at=c1", A, A},
        {"get * drop", A, A},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check(w, rows[i].rule, false, rows[i].udp);
        check(w, rows[i].rule, true, rows[i].tcp);
    }
}

static void dns_trouble__a_delay_runs_on_the_worlds_clock(void **state) {
    struct world *w = *state;
    assert_int_equal(fault_table_add(w->faults, "query * delay=3000", NULL), 0);
    for (int tcp = 0; tcp <= 1; tcp++) {
        int fd = dial(w, tcp ? SOCK_STREAM : SOCK_DGRAM);
        send_query(w, fd, tcp);
        assert_false(receive(w, fd, tcp, false));
        sched_advance(w->sched, 2999);
        assert_false(receive(w, fd, tcp, false));
        sched_advance(w->sched, 1);
        assert_true(receive(w, fd, tcp, true));
        assert_string_equal(json_str(w->reply, "answer", "[0]", "data", NULL), "203.0.113.11");
        close(fd);
    }
}

static void dns_trouble__a_late_answer_to_one_that_left_is_dropped(void **state) {
    struct world *w = *state;
    assert_int_equal(fault_table_add(w->faults, "query * delay=1000", NULL), 0);
    for (int tcp = 0; tcp <= 1; tcp++) {
        int fd = dial(w, tcp ? SOCK_STREAM : SOCK_DGRAM);
        send_query(w, fd, tcp);
        assert_false(receive(w, fd, tcp, false));
        close(fd);
        for (int i = 0; i < SILENCE_TURNS; i++)
            assert_int_equal(loop_run_once(w->loop, 5, NULL), 0);
    }
    sched_advance(w->sched, 1000);
    check(w, "", false, A);
}

static void dns_trouble__a_stale_answer_stays_when_the_records_change(void **state) {
    struct world *w = *state;
    check(w, "query * stale", false, A);
    w->leaf = "{\"host\":\"203.0.113.99\",\"ttl\":180}";
    char *got = ask(w, false, true);
    assert_string_equal(got, A);
    free(got);
    check(w, "", false, "NOERROR aa; " NAME ". A 203.0.113.99");
}

static void dns_trouble__a_seed_decides_which_queries_are_struck(void **state) {
    struct world *w = *state;
    char first[65] = "", again[65] = "";
    for (int run = 0; run < 2; run++) {
        fault_table_free(w->faults);
        dns_trouble_free(w->trouble);
        w->faults = fault_table_new(42);
        w->trouble = dns_trouble_new(w->faults, w->sched);
        assert_int_equal(fault_table_add(w->faults, "query * servfail p=0.5", NULL), 0);
        for (int i = 0; i < 32; i++) {
            char *got = ask(w, false, true);
            (run ? again : first)[i] = got[0] == 'S' ? 's' : '.';
            free(got);
        }
    }
    assert_string_equal(first, again);
    assert_non_null(strchr(first, 's'));
    assert_non_null(strchr(first, '.'));
}

static bool forward(void *self, const char *server, const void *query, size_t len, bool tcp,
                    struct buf *reply) {
    struct world *w = self;
    (void)server;
    const struct dns_trouble_query q = {"f1/coredns", w->server, query, len, tcp};
    return dns_trouble_forward(w->trouble, &q, reply);
}

/* kube-dns asks the faulty server: what befalls that answer, its own client pays for. */
static void dns_trouble__a_server_that_asks_another_waits_for_it(void **state) {
    struct world *w = *state;
    static const struct {
        const char *rule, *rcode;
        int64_t delay_ms;
    } rows[] = {
        {"query * nodata at=c1", "NOERROR", 0},
        {"query * servfail at=f1", "SERVFAIL", 0},
        {"query * delay=700 at=f1", "NOERROR", 700},
        {"query * delay=700", "NOERROR", 1400}, /* both are late */
        {"query * drop at=f1", "SERVFAIL", 5000},
        {"query * wrong-id at=f1", "SERVFAIL", 5000},
        {"query * delay=5000 at=f1", "SERVFAIL", 5000},
    };
    const struct dns_server_ops ops = {.forward = forward, .self = w};
    struct dns_server *kube =
        kube_dns_new(&(struct kube_dns_options){.upstream = "10.1.0.21:30053", .ops = &ops});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t delay_ms = -1;
        fault_table_clear(w->faults);
        assert_int_equal(fault_table_add(w->faults, rows[i].rule, NULL), 0);
        buf_clear(&w->query);
        buf_clear(&w->raw);
        assert_int_equal(dns_query_build(NAME, "A", 1, &w->query, NULL), 0);
        const struct dns_trouble_query q = {"c1/kube-dns", kube, w->query.data, w->query.len,
                                            false};
        assert_true(dns_trouble_answer(w->trouble, &q, &w->raw, &delay_ms));
        json_decref(w->reply);
        w->reply = dns_reply_parse(w->raw.data, w->raw.len, NULL);
        if (!str_eq(json_str(w->reply, "rcode", NULL), rows[i].rcode))
            fail_msg("%s: %s", rows[i].rule, json_str(w->reply, "rcode", NULL));
        assert_int_equal(delay_ms, rows[i].delay_ms);
    }
    dns_server_free(kube);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dns_trouble__each_fault_is_seen_on_the_wire),
        CASE(dns_trouble__a_delay_runs_on_the_worlds_clock),
        CASE(dns_trouble__a_late_answer_to_one_that_left_is_dropped),
        CASE(dns_trouble__a_stale_answer_stays_when_the_records_change),
        CASE(dns_trouble__a_seed_decides_which_queries_are_struck),
        CASE(dns_trouble__a_server_that_asks_another_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
