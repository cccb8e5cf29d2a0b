/* Both ends in one thread: the loop turns while the client waits. */
#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"
#include "harness/core/str.h"
#include "mocks/serve/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { WAIT_MS = 5000 };

struct world {
    struct loop *loop;
    struct http_server *server;
    struct http_exchange *held;
    struct http_tunnel *tunnel;
    int held_closed, accepts, accept_limit;
    struct buf got; /* what the client received */
    bool client_closed;
};

static void on_held_closed(void *self) {
    ((struct world *)self)->held_closed++;
}

static void echo_back(void *self, const void *data, size_t len) {
    struct world *w = self;
    w->tunnel->ops->write(w->tunnel, data, len);
    if (memchr(data, '!', len))
        w->tunnel->ops->close(w->tunnel);
}

/* The path says what the handler does. */
static void handle(void *self, struct http_exchange *x) {
    struct world *w = self;
    const struct http_request *r = x->request;
    if (str_has_prefix(r->path, "/echo")) {
        http_reply(x, 200, NULL, r->body, r->body_len);
    } else if (str_eq(r->path, "/hold")) {
        w->held = x;
        x->on_closed = on_held_closed;
        x->on_closed_self = w;
    } else if (str_eq(r->path, "/stream")) {
        http_stream_begin(x, 200, NULL);
        http_stream_write(x, "one\n", 4);
        w->held = x;
        x->on_closed = on_held_closed;
        x->on_closed_self = w;
    } else if (str_eq(r->path, "/tunnel")) {
        w->tunnel = http_upgrade(x, NULL);
        w->tunnel->on_data = echo_back;
        w->tunnel->on_closed = on_held_closed;
        w->tunnel->self = w;
    } else if (str_eq(r->path, "/abort")) {
        http_abort(x);
    } else if (str_eq(r->path, "/big")) {
        char *big = xcalloc(1, 1 << 20);
        memset(big, 'b', 1 << 20);
        http_reply(x, 200, NULL, big, 1 << 20);
        free(big);
    } else {
        http_reply(x, 200, NULL, r->path, strlen(r->path));
    }
}

static bool limit_accepts(void *self) {
    struct world *w = self;
    return w->accepts++ < w->accept_limit;
}

static int setup(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->loop = loop_new();
    w->got = (struct buf)BUF_INIT;
    *state = w;
    return 0;
}

static void serve(struct world *w, struct http_server_limits limits,
                  const struct http_server_faults *faults) {
    struct err err = {0};
    struct http_server_options o = {
        .address = "127.0.0.1", .handler = handle, .self = w, .limits = limits, .faults = faults};
    w->server = http_server_new(w->loop, &o, &err);
    if (!w->server)
        fail_msg("%s", err.text);
}

static int teardown(void **state) {
    struct world *w = *state;
    http_server_free(w->server);
    loop_free(w->loop);
    buf_release(&w->got);
    free(w);
    return 0;
}

static int dial(struct world *w) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(http_server_port(w->server))};
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    buf_clear(&w->got);
    w->client_closed = false;
    return fd;
}

static void turn(struct world *w, int fd) {
    struct err err = {0};
    assert_int_equal(loop_run_once(w->loop, 5, &err), 0);
    char room[65536];
    ssize_t n;
    while (fd >= 0 && (n = recv(fd, room, sizeof(room), MSG_DONTWAIT)) >= 0) {
        if (n == 0) {
            w->client_closed = true;
            return;
        }
        buf_add(&w->got, room, (size_t)n);
    }
    if (fd >= 0 && errno != EAGAIN)
        w->client_closed = true;
}

/* Turns until the answers hold text, or fails. */
static void await_text(struct world *w, int fd, const char *text) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (!strstr(buf_str(&w->got), text)) {
        if (clock_monotonic_ms() > end || w->client_closed)
            fail_msg("wanted \"%s\", closed %d, got \"%s\"", text, w->client_closed,
                     buf_str(&w->got));
        turn(w, fd);
    }
}

static void await_close(struct world *w, int fd) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (!w->client_closed && clock_monotonic_ms() < end)
        turn(w, fd);
    assert_true(w->client_closed);
}

static void await_value(struct world *w, const int *value, int want) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (*value != want && clock_monotonic_ms() < end)
        turn(w, -1);
    assert_int_equal(*value, want);
}

static void say(struct world *w, int fd, const char *text) {
    size_t len = strlen(text), sent = 0;
    while (sent < len) {
        ssize_t n = send(fd, text + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (errno != EAGAIN)
            return;
        else
            turn(w, fd);
    }
}

static void http_server__answers_with_length_and_date_and_keeps_the_connection(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "\r\n\r\n/a");
    assert_true(str_has_prefix(w->got.data, "HTTP/1.1 200 OK\r\nDate: "));
    assert_non_null(strstr(w->got.data, "Content-Length: 2\r\n"));
    assert_null(strstr(w->got.data, "Connection: close"));
    say(w, fd, "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await_text(w, fd, "\r\n\r\n/b");
    await_close(w, fd);
    close(fd);
}

static void http_server__pipelined_requests_are_answered_in_order(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd,
        "GET /hold HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nend");
    for (int i = 0; i < 200 && !w->held; i++)
        turn(w, fd);
    assert_non_null(w->held);
    assert_int_equal(w->got.len, 0);
    http_reply(w->held, 200, NULL, "first", 5);
    await_text(w, fd, "end");
    const char *first = strstr(w->got.data, "first"), *second = strstr(w->got.data, "/b");
    assert_true(first && second && first < second && second < strstr(w->got.data, "end"));
    close(fd);
}

static void http_server__many_pipelined_requests_all_get_an_answer(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    enum { REQUESTS = 5000 };
    for (int i = 0; i < REQUESTS; i++)
        say(w, fd, "GET /pipelined HTTP/1.1\r\nHost: x\r\n\r\n");
    say(w, fd, "GET /last HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "/last");
    size_t count = 0;
    for (const char *at = w->got.data; (at = strstr(at, "\r\n\r\n/pipelined")); at++)
        count++;
    assert_int_equal(count, REQUESTS);
    close(fd);
}

static void http_server__head_has_the_length_and_no_body(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "HEAD /abcd HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "/next");
    assert_non_null(strstr(w->got.data, "Content-Length: 5\r\n"));
    assert_null(strstr(w->got.data, "/abcd"));
    close(fd);
}

static void http_server__a_stream_comes_in_chunks_and_ends(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "\r\n\r\n4\r\none\n\r\n");
    http_stream_write(w->held, "two\n", 4);
    await_text(w, fd, "4\r\ntwo\n\r\n");
    http_stream_end(w->held);
    await_text(w, fd, "0\r\n\r\n");
    say(w, fd, "GET /after HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "/after");
    assert_int_equal(w->held_closed, 0);
    close(fd);
}

static void http_server__a_stream_to_http_1_0_ends_with_the_connection(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.0\r\n\r\n");
    await_text(w, fd, "\r\n\r\none\n");
    http_stream_end(w->held);
    await_close(w, fd);
    assert_null(strstr(w->got.data, "chunked"));
    close(fd);
}

static void send_text(struct world *w, const char *text) {
    struct http_chunk chunk;
    http_chunk_init(&chunk, text, strlen(text));
    http_stream_send(w->held, &chunk);
    http_chunk_release(&chunk);
}

static void http_server__a_shared_chunk_is_framed_as_the_client_needs_it(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "one");
    send_text(w, "a line that is shared\n");
    await_text(w, fd, "4\r\none\n\r\n16\r\na line that is shared\n\r\n");
    http_stream_end(w->held);
    await_text(w, fd, "0\r\n\r\n");
    close(fd);

    fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.0\r\n\r\n");
    await_text(w, fd, "one");
    send_text(w, "a line that is shared\n");
    http_stream_end(w->held);
    await_close(w, fd);
    assert_non_null(strstr(w->got.data, "\r\n\r\none\na line that is shared\n"));
    close(fd);
}

static void http_server__shared_and_own_chunks_keep_their_order_for_a_late_reader(void **state) {
    enum { CHUNKS = 80, SIZE = 200 << 10 };
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.0\r\n\r\n");
    await_text(w, fd, "one\n");
    buf_clear(&w->got);
    char *text = xcalloc(1, SIZE + 1);
    memset(text, '.', SIZE);
    for (int i = 0; i < CHUNKS; i++) {
        snprintf(text, 16, "%d", i);
        text[strlen(text)] = '.';
        if (i % 3 == 2)
            http_stream_write(w->held, text, SIZE);
        else
            send_text(w, text);
    }
    assert_true(http_stream_backlog(w->held) > 0); /* more than the kernel took */
    http_stream_end(w->held);
    await_close(w, fd);
    assert_int_equal(w->got.len, (size_t)CHUNKS * SIZE);
    for (int i = 0; i < CHUNKS; i++)
        assert_int_equal(strtol(w->got.data + (size_t)i * SIZE, NULL, 10), i);
    free(text);
    close(fd);
}

static void http_server__a_shared_chunk_does_not_call_back_when_the_client_has_left(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "one");
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
    send_text(w, "lost\n");
    send_text(w, "lost as well\n");
    assert_int_equal(w->held_closed, 0);
    await_value(w, &w->held_closed, 1);
    assert_int_equal(http_server_connections(w->server), 0);
}

static void http_server__a_handler_learns_that_its_client_left(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "one");
    close(fd);
    await_value(w, &w->held_closed, 1);
    assert_int_equal(http_server_connections(w->server), 0);
}

static void http_server__big_bodies_arrive_whole_both_ways(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    enum { SIZE = 3 << 20 };
    char *body = xcalloc(1, SIZE + 1);
    memset(body, 'x', SIZE);
    body[SIZE - 1] = '$';
    int fd = dial(w);
    char head[128];
    snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
             SIZE);
    say(w, fd, head);
    say(w, fd, body);
    await_text(w, fd, "$");
    const char *start = strstr(w->got.data, "\r\n\r\n") + 4;
    assert_memory_equal(start, body, SIZE);
    free(body);
    close(fd);
}

static void http_server__what_is_too_large_or_broken_is_refused_and_closed(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){.body_max = 1000}, NULL);
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n",
         "HTTP/1.1 413 Request Entity Too Large\r\n"},
        {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"},
        {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
        {"\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = dial(w);
        say(w, fd, rows[i].request);
        await_text(w, fd, rows[i].answer);
        assert_non_null(strstr(w->got.data, "Connection: close\r\n"));
        await_close(w, fd);
        close(fd);
    }
}

static void http_server__a_client_that_dribbles_its_head_is_cut_off(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){.head_timeout_ms = 50}, NULL);
    int fd = dial(w), silent = dial(w);
    int64_t start = clock_monotonic_ms();
    while (!strstr(buf_str(&w->got), "408 Request Timeout") &&
           clock_monotonic_ms() < start + WAIT_MS) {
        (void)!send(fd, "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        turn(w, fd);
    }
    assert_non_null(strstr(buf_str(&w->got), "408 Request Timeout"));
    w->client_closed = false;
    await_close(w, silent);
    close(fd);
    close(silent);
}

static void http_server__a_body_that_dribbles_is_cut_off(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){.head_timeout_ms = 50, .body_timeout_ms = 50}, NULL);
    int fd = dial(w);
    say(w, fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    await_text(w, fd, "408 Request Timeout");
    close(fd);
}

static void http_server__an_idle_connection_is_closed_without_a_word(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){.head_timeout_ms = 50, .idle_timeout_ms = 50}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    await_close(w, fd);
    assert_null(strstr(buf_str(&w->got), "408"));
    assert_non_null(strstr(buf_str(&w->got), "/a"));
    close(fd);
}

static void http_server__expect_100_is_answered_before_the_body(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd,
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await_text(w, fd, "HTTP/1.1 100 Continue\r\n\r\n");
    say(w, fd, "hi");
    await_text(w, fd, "\r\n\r\nhi");
    close(fd);
}

static void http_server__an_upgrade_becomes_a_tunnel(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd,
        "POST /tunnel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: t\r\n\r\nearly");
    await_text(w, fd, "HTTP/1.1 101 Switching Protocols\r\n");
    await_text(w, fd, "\r\n\r\nearly");
    say(w, fd, "late");
    await_text(w, fd, "earlylate");
    say(w, fd, "bye!");
    await_text(w, fd, "bye!");
    await_close(w, fd);
    assert_int_equal(w->held_closed, 0);
    close(fd);
    fd = dial(w);
    say(w, fd, "POST /tunnel HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "101");
    close(fd);
    await_value(w, &w->held_closed, 1);
}

static void http_server__large_answers_are_compressed_for_those_who_ask(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd,
        "GET /big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
    await_close(w, fd);
    close(fd);
    assert_non_null(strstr(w->got.data, "Content-Encoding: gzip\r\n"));
    char *start = strstr(w->got.data, "\r\n\r\n") + 4;
    z_stream z = {.next_in = (Bytef *)start, .avail_in = (uInt)(w->got.data + w->got.len - start)};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    char *plain = xcalloc(1, 2 << 20);
    z.next_out = (Bytef *)plain;
    z.avail_out = 2 << 20;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, 1 << 20);
    assert_int_equal(plain[12345], 'b');
    inflateEnd(&z);
    free(plain);
    fd = dial(w);
    say(w, fd, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await_close(w, fd);
    assert_non_null(strstr(w->got.data, "Content-Length: 1048576\r\n"));
    close(fd);
}

static void http_server__an_aborted_exchange_is_a_reset(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /abort HTTP/1.1\r\nHost: x\r\n\r\n");
    await_close(w, fd);
    assert_int_equal(w->got.len, 0);
    close(fd);
}

static void http_server__faults_refuse_connections(void **state) {
    struct world *w = *state;
    struct http_server_faults faults = {.accept = limit_accepts, .self = w};
    w->accept_limit = 1;
    serve(w, (struct http_server_limits){0}, &faults);
    int first = dial(w);
    say(w, first, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, first, "/a");
    int second = dial(w);
    await_close(w, second);
    close(first);
    close(second);
}

static void http_server__a_taken_port_is_named(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    struct err err = {0};
    struct http_server_options o = {
        .address = "127.0.0.1", .port = http_server_port(w->server), .handler = handle, .self = w};
    assert_null(http_server_new(w->loop, &o, &err));
    assert_int_equal(err.code, ERR_IO);
    char want[64];
    snprintf(want, sizeof(want), "127.0.0.1:%u", http_server_port(w->server));
    assert_non_null(strstr(err.text, want));
    o.address = "localhost";
    assert_null(http_server_new(w->loop, &o, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

static void http_server__freeing_it_tells_the_handlers(void **state) {
    struct world *w = *state;
    serve(w, (struct http_server_limits){0}, NULL);
    int fd = dial(w);
    say(w, fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await_text(w, fd, "one");
    http_server_free(w->server);
    w->server = NULL;
    assert_int_equal(w->held_closed, 1);
    await_close(w, fd);
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(http_server__answers_with_length_and_date_and_keeps_the_connection),
        CASE(http_server__pipelined_requests_are_answered_in_order),
        CASE(http_server__many_pipelined_requests_all_get_an_answer),
        CASE(http_server__head_has_the_length_and_no_body),
        CASE(http_server__a_stream_comes_in_chunks_and_ends),
        CASE(http_server__a_stream_to_http_1_0_ends_with_the_connection),
        CASE(http_server__a_shared_chunk_is_framed_as_the_client_needs_it),
        CASE(http_server__shared_and_own_chunks_keep_their_order_for_a_late_reader),
        CASE(http_server__a_shared_chunk_does_not_call_back_when_the_client_has_left),
        CASE(http_server__a_handler_learns_that_its_client_left),
        CASE(http_server__big_bodies_arrive_whole_both_ways),
        CASE(http_server__what_is_too_large_or_broken_is_refused_and_closed),
        CASE(http_server__a_client_that_dribbles_its_head_is_cut_off),
        CASE(http_server__a_body_that_dribbles_is_cut_off),
        CASE(http_server__an_idle_connection_is_closed_without_a_word),
        CASE(http_server__expect_100_is_answered_before_the_body),
        CASE(http_server__an_upgrade_becomes_a_tunnel),
        CASE(http_server__large_answers_are_compressed_for_those_who_ask),
        CASE(http_server__an_aborted_exchange_is_a_reset),
        CASE(http_server__faults_refuse_connections),
        CASE(http_server__a_taken_port_is_named),
        CASE(http_server__freeing_it_tells_the_handlers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
