#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "mocks/serve/dgram_client.h"
#include "mocks/serve/dgram_server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 5000 };

struct world {
    struct loop *loop;
    struct dgram_server *server;
    struct dgram_ticket *held; /* of "later" */
};

/* Says what it was asked, and over what; silence for "quiet". */
static bool answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    struct world *w = self;
    if (len == 5 && memcmp(query, "later", 5) == 0) {
        dgram_ticket_free(w->held);
        w->held = dgram_server_hold(w->server);
        return false;
    }
    if (len == 5 && memcmp(query, "quiet", 5) == 0)
        return false;
    buf_adds(reply, tcp ? "tcp:" : "udp:");
    buf_add(reply, query, len);
    return true;
}

static struct dgram_server_options options_of(struct world *w, uint16_t port) {
    return (struct dgram_server_options){.address = "127.0.0.1",
                                         .port = port,
                                         .udp = true,
                                         .tcp = true,
                                         .handler = answer,
                                         .self = w};
}

static int setup(void **state) {
    struct world *w = calloc(1, sizeof(*w));
    struct err err = {0};
    w->loop = loop_new();
    struct dgram_server_options options = options_of(w, 0);
    w->server = dgram_server_new(w->loop, &options, &err);
    *state = w;
    return w->server ? 0 : -1;
}

static int teardown(void **state) {
    struct world *w = *state;
    dgram_server_free(w->server);
    dgram_ticket_free(w->held); /* outlives its server */
    loop_free(w->loop);
    free(w);
    return 0;
}

static int dial(struct world *w, int type) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(dgram_server_port(w->server))};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Turns the loop until len bytes came. */
static void await_bytes(struct world *w, int fd, char *room, size_t len) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    size_t got = 0;
    struct err err = {0};
    while (got < len && clock_monotonic_ms() < end) {
        assert_int_equal(loop_run_once(w->loop, 5, &err), 0);
        ssize_t n = recv(fd, room + got, len - got, MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
    }
    assert_int_equal(got, len);
    room[len] = '\0';
}

static void dgram_server__answers_datagrams_in_batches(void **state) {
    struct world *w = *state;
    int fd = dial(w, SOCK_DGRAM);
    enum { COUNT = 100 };
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(send(fd, "quiet", 5, 0), 5);
        assert_int_equal(send(fd, "hello", 5, 0), 5);
    }
    for (int i = 0; i < COUNT; i++) {
        char room[16];
        await_bytes(w, fd, room, 9);
        assert_string_equal(room, "udp:hello");
    }
    close(fd);
}

static void dgram_server__tcp_has_a_length_in_front_and_pipelines(void **state) {
    struct world *w = *state;
    int fd = dial(w, SOCK_STREAM);
    static const char questions[] = "\0\2ab\0\5quiet\0\3c";
    assert_int_equal(send(fd, questions, sizeof(questions) - 1, 0), sizeof(questions) - 1);
    char room[32];
    await_bytes(w, fd, room, 8);
    assert_memory_equal(room, "\0\6tcp:ab", 8);
    assert_int_equal(send(fd, "de", 2, 0), 2);
    await_bytes(w, fd, room, 9);
    assert_memory_equal(room, "\0\7tcp:cde", 9);
    close(fd);
}

static void dgram_server__a_taken_port_is_named(void **state) {
    struct world *w = *state;
    struct err err = {0};
    uint16_t port = dgram_server_port(w->server);
    struct dgram_server_options options = options_of(w, port);
    assert_null(dgram_server_new(w->loop, &options, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "127.0.0.1:"));
}

static struct dgram_client *ask(struct world *w, bool tcp, const char *text) {
    struct err err = {0};
    struct dgram_client *c =
        dgram_client_new("127.0.0.1", dgram_server_port(w->server), tcp, text, strlen(text), &err);
    if (!c)
        fail_msg("%s", err.text);
    return c;
}

/* Turns the loop until the client has an answer, or for a few turns when none is expected. */
static void expect(struct world *w, struct dgram_client *c, const char *want) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    struct buf got = BUF_INIT;
    int result = 0;
    for (int i = 0; result == 0 && (want ? clock_monotonic_ms() < end : i < 5); i++) {
        result = dgram_client_receive(c, &got);
        assert_int_equal(loop_run_once(w->loop, 5, NULL), 0);
    }
    assert_int_equal(result, want != NULL);
    if (want)
        assert_string_equal(buf_str(&got), want);
    buf_release(&got);
}

static void dgram_server__an_answer_may_come_later(void **state) {
    struct world *w = *state;
    for (int tcp = 0; tcp <= 1; tcp++) {
        struct dgram_client *c = ask(w, tcp, "later");
        expect(w, c, NULL);
        assert_non_null(w->held);
        dgram_ticket_send(w->held, "now", 3);
        expect(w, c, "now");
        dgram_client_free(c);
        for (int i = 0; i < 5; i++)
            assert_int_equal(loop_run_once(w->loop, 5, NULL), 0);
        dgram_ticket_send(w->held, "to nobody", 9);
    }
    dgram_server_free(w->server);
    w->server = NULL;
    dgram_ticket_send(w->held, "by nobody", 9);
}

static void dgram_server__is_pumped_without_a_turn_of_the_loop(void **state) {
    struct world *w = *state;
    struct dgram_client *c = ask(w, false, "hello");
    struct buf got = BUF_INIT;
    assert_int_equal(dgram_client_receive(c, &got), 0);
    dgram_server_pump(w->server);
    assert_int_equal(dgram_client_receive(c, &got), 1);
    assert_string_equal(buf_str(&got), "udp:hello");
    dgram_client_free(c);
    buf_release(&got);
}

static void dgram_client__hears_that_nobody_listens(void **state) {
    struct world *w = *state;
    struct dgram_client *c[2];
    uint16_t port = dgram_server_port(w->server);
    dgram_server_free(w->server);
    w->server = NULL;
    for (int tcp = 0; tcp <= 1; tcp++) {
        struct buf got = BUF_INIT;
        int64_t end = clock_monotonic_ms() + WAIT_MS;
        int result = 0;
        c[tcp] = dgram_client_new("127.0.0.1", port, tcp, "x", 1, NULL);
        while (c[tcp] && result == 0 && clock_monotonic_ms() < end)
            result = dgram_client_receive(c[tcp], &got);
        assert_true(!c[tcp] || result == -1);
        dgram_client_free(c[tcp]);
        buf_release(&got);
    }
    struct err err = {0};
    assert_null(dgram_client_new("somewhere", 53, false, "x", 1, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dgram_server__answers_datagrams_in_batches),
        CASE(dgram_server__tcp_has_a_length_in_front_and_pipelines),
        CASE(dgram_server__a_taken_port_is_named),
        CASE(dgram_server__an_answer_may_come_later),
        CASE(dgram_server__is_pumped_without_a_turn_of_the_loop),
        CASE(dgram_client__hears_that_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
