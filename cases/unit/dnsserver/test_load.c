/*
 * Under load: hundreds of questions at once, by many sockets, over UDP and TCP, to a server that
 * keeps answers. Each must get the answer that it gets alone from a server that keeps none. Both
 * ends are in one thread.
 */
#include "cases/unit/dnsserver/world.h"

#include "harness/core/clock.h"
#include "mocks/serve/dgram_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SERVICES = 12,
    QUESTIONS = SERVICES * 7 + 2,
    SOCKETS = 6,
    BURST = 32, /* what the smallest usual socket buffers hold */
    ROUNDS = 40,
    WAIT_MS = 10000,
    ANSWER_MAX = 4096,
};

struct load {
    struct world *w;
    struct dns_server *keeping; /* w->server keeps nothing */
    struct dns_server_ops keeping_ops;
    struct loop *loop;
    struct dgram_server *server;
    struct buf questions[QUESTIONS], udp_answers[QUESTIONS], tcp_answers[QUESTIONS];
};

static uint64_t unchanged(void *self) {
    (void)self;
    return 1;
}

static void add_question(struct load *l, size_t i, const char *name, const char *type) {
    struct err err = {0};
    l->questions[i] = l->udp_answers[i] = l->tcp_answers[i] = (struct buf)BUF_INIT;
    assert_int_equal(dns_query_build(name, type, 0, &l->questions[i], &err), 0);
}

/* Addresses, services, aliases, names that are not there, other types, other letters. */
static void add_questions(struct load *l) {
    static const struct {
        const char *front, *ns, *type;
    } rows[] = {{"s", "default", "A"},  {"S", "Default", "A"}, {"s", "default", "AAAA"},
                {"c", "default", "A"},  {"x", "default", "A"}, {"_http._tcp.s", "default", "SRV"},
                {"s", "default", "TXT"}};
    size_t at = 0;
    for (int i = 0; i < SERVICES; i++) {
        for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
            char name[128];
            snprintf(name, sizeof(name), "%s%d.%s.svc.cluster.local", rows[k].front, i, rows[k].ns);
            add_question(l, at++, name, rows[k].type);
        }
    }
    add_question(l, at++, "cluster.local", "SOA");
    add_question(l, at, "cluster.local", "A");
    l->questions[at].data[5] = 3; /* three questions are announced: FORMERR */
    assert_int_equal(at + 1, QUESTIONS);
}

static void add_services(struct world *w) {
    for (int i = 0; i < SERVICES; i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "{'metadata':{'name':'s%d','namespace':'default'},'spec':{'clusterIP':"
                 "'10.3.0.%d','ports':[{'name':'http','port':80}]}}",
                 i, i + 1);
        world_add(w, "services", text);
        snprintf(text, sizeof(text),
                 "{'metadata':{'name':'c%d','namespace':'default'},'spec':{'type':'ExternalName',"
                 "'externalName':'s%d.default.svc.cluster.local'}}",
                 i, i);
        world_add(w, "services", text);
    }
}

static int setup(void **state) {
    struct load *l = *state = xcalloc(1, sizeof(*l));
    struct err err = {0};
    l->w = world_new();
    add_services(l->w);
    add_questions(l);
    l->w->server =
        kube_dns_new(&(struct kube_dns_options){.domain = "cluster.local", .ops = &l->w->ops});
    l->keeping_ops = l->w->ops;
    l->keeping_ops.version = unchanged;
    l->keeping =
        kube_dns_new(&(struct kube_dns_options){.domain = "cluster.local", .ops = &l->keeping_ops});
    for (size_t i = 0; i < QUESTIONS; i++) {
        const struct buf *q = &l->questions[i];
        assert_true(dns_server_answer(l->w->server, q->data, q->len, false, &l->udp_answers[i]));
        assert_true(dns_server_answer(l->w->server, q->data, q->len, true, &l->tcp_answers[i]));
    }
    l->loop = loop_new();
    l->server = dgram_server_new(l->loop,
                                 &(struct dgram_server_options){.address = "127.0.0.1",
                                                                .udp = true,
                                                                .tcp = true,
                                                                .handler = dns_server_answer,
                                                                .self = l->keeping},
                                 &err);
    if (!l->server)
        fail_msg("%s", err.text);
    return 0;
}

static int teardown(void **state) {
    struct load *l = *state;
    void *w = l->w;
    dgram_server_free(l->server);
    loop_free(l->loop);
    dns_server_free(l->keeping);
    for (size_t i = 0; i < QUESTIONS; i++) {
        buf_release(&l->questions[i]);
        buf_release(&l->udp_answers[i]);
        buf_release(&l->tcp_answers[i]);
    }
    free(l);
    return world_free(&w);
}

static int dial(struct load *l, int type) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(dgram_server_port(l->server))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* The id says which question it is, and in its high bits which asking of it. */
static void set_id(char *message, unsigned id) {
    message[0] = (char)(id >> 8);
    message[1] = (char)id;
}

static void check(const char *answer, size_t len, const struct buf *wanted, unsigned question) {
    if (len != wanted[question].len || memcmp(answer + 2, wanted[question].data + 2, len - 2) != 0)
        fail_msg("question %u is answered otherwise than alone", question);
}

static size_t take_datagrams(int fd, const struct load *l, unsigned turn) {
    char answer[ANSWER_MAX];
    size_t taken = 0;
    for (ssize_t n; (n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0; taken++) {
        unsigned id = (unsigned)(unsigned char)answer[0] << 8 | (unsigned char)answer[1];
        assert_int_equal(id / QUESTIONS, turn);
        check(answer, (size_t)n, l->udp_answers, id % QUESTIONS);
    }
    return taken;
}

static void load__each_datagram_is_answered_as_it_is_alone(void **state) {
    struct load *l = *state;
    int fds[SOCKETS];
    struct err err = {0};
    for (size_t s = 0; s < SOCKETS; s++)
        fds[s] = dial(l, SOCK_DGRAM);
    for (unsigned turn = 0; turn < ROUNDS; turn++) {
        for (unsigned i = 0; i < SOCKETS * BURST; i++) {
            unsigned question = (turn * 31 + i) % QUESTIONS;
            struct buf *q = &l->questions[question];
            set_id(q->data, turn * QUESTIONS + question);
            assert_int_equal(send(fds[i % SOCKETS], q->data, q->len, 0), q->len);
        }
        size_t answered = 0, of[SOCKETS] = {0};
        int64_t end_ms = clock_monotonic_ms() + WAIT_MS;
        while (answered < SOCKETS * BURST && clock_monotonic_ms() < end_ms) {
            assert_int_equal(loop_run_once(l->loop, 5, &err), 0);
            for (size_t s = 0; s < SOCKETS; s++) {
                size_t taken = take_datagrams(fds[s], l, turn);
                of[s] += taken;
                answered += taken;
            }
        }
        for (size_t s = 0; s < SOCKETS; s++)
            assert_int_equal(of[s], BURST);
    }
    for (size_t s = 0; s < SOCKETS; s++)
        close(fds[s]);
}

static void load__pipelined_questions_over_tcp_are_answered_as_alone_and_in_order(void **state) {
    struct load *l = *state;
    struct buf questions = BUF_INIT, answers = BUF_INIT;
    struct err err = {0};
    int fd = dial(l, SOCK_STREAM);
    for (unsigned i = 0; i < 2 * QUESTIONS; i++) {
        struct buf *q = &l->questions[i % QUESTIONS];
        set_id(q->data, i);
        buf_addc(&questions, (char)(q->len >> 8));
        buf_addc(&questions, (char)q->len);
        buf_add(&questions, q->data, q->len);
    }
    assert_int_equal(send(fd, questions.data, questions.len, 0), questions.len);
    unsigned answered = 0;
    int64_t end_ms = clock_monotonic_ms() + WAIT_MS;
    while (answered < 2 * QUESTIONS && clock_monotonic_ms() < end_ms) {
        char room[ANSWER_MAX];
        assert_int_equal(loop_run_once(l->loop, 5, &err), 0);
        for (ssize_t n; (n = recv(fd, room, sizeof(room), MSG_DONTWAIT)) > 0;)
            buf_add(&answers, room, (size_t)n);
        for (;;) {
            const unsigned char *p = (const unsigned char *)answers.data;
            size_t len = answers.len < 2 ? 0 : (size_t)p[0] << 8 | p[1];
            if (answers.len < 4 || answers.len < 2 + len)
                break;
            assert_int_equal((unsigned)p[2] << 8 | p[3], answered);
            check(answers.data + 2, len, l->tcp_answers, answered++ % QUESTIONS);
            buf_consume(&answers, 2 + len);
        }
    }
    assert_int_equal(answered, 2 * QUESTIONS);
    buf_release(&questions);
    buf_release(&answers);
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(load__each_datagram_is_answered_as_it_is_alone),
        CASE(load__pipelined_questions_over_tcp_are_answered_as_alone_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
