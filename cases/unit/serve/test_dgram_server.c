#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
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
};

/* Says what it was asked, and over what; silence for "quiet". */
static bool answer(void *self, const void *query, size_t len, bool tcp, struct buf *reply) {
    (void)self;
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dgram_server__answers_datagrams_in_batches),
        CASE(dgram_server__tcp_has_a_length_in_front_and_pipelines),
        CASE(dgram_server__a_taken_port_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
