#include "cases/unit/support/spdy_client.h"
#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "mocks/serve/spdy.h"
#include "mocks/serve/spdy_dictionary.h"

#include <stdlib.h>
#include <zlib.h>

enum { SYN_REPLY = 2, RST_STREAM = 3, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 9 };

struct world {
    struct spdy *spdy;
    struct spdy_deflater *deflater;
    struct buf wire; /* what the client will send */
    struct buf sent, log;
    bool echo;
};

static void keep_sent(void *self, const void *data, size_t len) {
    buf_add(&((struct world *)self)->sent, data, len);
}
static void on_stream(void *self, uint32_t id, const struct http_headers *headers) {
    struct world *w = self;
    const char *type = http_headers_get(headers, "streamtype");
    buf_addf(&w->log, "open %u %s|", id, type ? type : "-");
    spdy_reply(w->spdy, id);
}
static void on_data(void *self, uint32_t id, const void *data, size_t len) {
    struct world *w = self;
    buf_addf(&w->log, "data %u ", id);
    buf_add(&w->log, data, len < 10 ? len : 10);
    buf_addc(&w->log, '|');
    if (w->echo)
        spdy_data(w->spdy, id, data, len);
}
static void on_fin(void *self, uint32_t id) {
    struct world *w = self;
    buf_addf(&w->log, "fin %u|", id);
    if (w->echo)
        spdy_fin(w->spdy, id);
}
static void on_reset(void *self, uint32_t id) {
    buf_addf(&((struct world *)self)->log, "reset %u|", id);
}
static void on_failed(void *self, const char *problem) {
    buf_addf(&((struct world *)self)->log, "failed %s|", problem);
}
static const struct spdy_ops ops = {
    .write = keep_sent,
    .on_stream = on_stream,
    .on_data = on_data,
    .on_fin = on_fin,
    .on_reset = on_reset,
    .on_failed = on_failed,
};

static int setup(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->wire = w->sent = w->log = (struct buf)BUF_INIT;
    w->spdy = spdy_new(&ops, w);
    w->deflater = spdy_deflater_new();
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    spdy_free(w->spdy);
    spdy_deflater_free(w->deflater);
    buf_release(&w->wire);
    buf_release(&w->sent);
    buf_release(&w->log);
    free(w);
    return 0;
}

static void feed(struct world *w) {
    spdy_feed(w->spdy, w->wire.data, w->wire.len);
    buf_clear(&w->wire);
}

/* The text of the server's data on a stream; owned. */
static char *data_of(struct world *w, uint32_t id, bool *ret_fin) {
    struct buf data = BUF_INIT;
    spdy_client_read(&w->sent, id, 0, &data, ret_fin);
    return buf_detach(&data);
}

static size_t frames(struct world *w, unsigned type) {
    struct buf data = BUF_INIT;
    bool fin;
    size_t count = spdy_client_read(&w->sent, 0, type, &data, &fin);
    buf_release(&data);
    return count;
}

static void open_streams(struct world *w) {
    static const char *const types[] = {"error", "stdin", "stdout"};
    for (uint32_t i = 0; i < 3; i++)
        spdy_client_open(&w->wire, w->deflater, 1 + 2 * i,
                         (const char *const[]){"streamtype", types[i], NULL});
}

static void spdy__the_dictionary_is_that_of_version_3(void **state) {
    (void)state;
    /* The id that zlib puts into the first header block of every SPDY/3 session. */
    assert_int_equal(adler32(adler32(0, NULL, 0), spdy_dictionary, SPDY_DICTIONARY_LEN),
                     0xe3c6a7c2);
}

static void spdy__streams_open_echo_and_end_in_any_pieces(void **state) {
    struct world *w = *state;
    w->echo = true;
    open_streams(w);
    spdy_client_data(&w->wire, 3, "hello", false);
    spdy_client_data(&w->wire, 3, "", true);
    for (size_t i = 0; i < w->wire.len; i++)
        spdy_feed(w->spdy, w->wire.data + i, 1);
    assert_string_equal(w->log.data, "open 1 error|open 3 stdin|open 5 stdout|data 3 h|data 3 e|"
                                     "data 3 l|data 3 l|data 3 o|fin 3|");
    assert_int_equal(frames(w, SYN_REPLY), 3);
    bool fin;
    char *data = data_of(w, 3, &fin);
    assert_string_equal(data, "hello");
    assert_true(fin);
    free(data);
    assert_int_equal(spdy_streams(w->spdy), 2);
}

static void spdy__pings_of_the_client_are_answered(void **state) {
    struct world *w = *state;
    spdy_client_control(&w->wire, PING, 0, "\0\0\0\1", 4);
    spdy_client_control(&w->wire, PING, 0, "\0\0\0\2", 4);
    feed(w);
    assert_int_equal(w->sent.len, 12);
    assert_memory_equal(w->sent.data, "\x80\3\0\6\0\0\0\4\0\0\0\1", 12);
}

static void spdy__a_client_without_windows_is_not_held_up(void **state) {
    struct world *w = *state;
    open_streams(w);
    feed(w);
    char *big = xcalloc(1, 1 << 20);
    spdy_data(w->spdy, 5, big, 1 << 20);
    assert_int_equal(spdy_backlog(w->spdy), 0);
    free(big);
}

static void spdy__a_client_with_windows_is_obeyed(void **state) {
    struct world *w = *state;
    open_streams(w);
    spdy_client_control(&w->wire, 4, 0, "\0\0\0\1\0\0\0\7\0\0\0\x64", 12); /* window 100 */
    feed(w);
    char text[301] = "";
    memset(text, 'x', 300);
    spdy_data(w->spdy, 5, text, 300);
    spdy_fin(w->spdy, 5);
    assert_int_equal(spdy_backlog(w->spdy), 200);
    spdy_client_control(&w->wire, WINDOW_UPDATE, 0, "\0\0\0\5\0\0\0\x96", 8); /* 150 more */
    feed(w);
    assert_int_equal(spdy_backlog(w->spdy), 50);
    bool fin;
    char *data = data_of(w, 5, &fin);
    assert_int_equal(strlen(data), 250);
    assert_false(fin);
    free(data);
    spdy_client_control(&w->wire, WINDOW_UPDATE, 0, "\0\0\0\5\0\0\0\x96", 8);
    feed(w);
    data = data_of(w, 5, &fin);
    assert_int_equal(strlen(data), 300);
    assert_true(fin);
    free(data);
}

static void spdy__what_is_read_gives_credit_to_stream_and_session(void **state) {
    struct world *w = *state;
    open_streams(w);
    char text[4097] = "";
    memset(text, 'x', 4096);
    for (int i = 0; i < 8; i++)
        spdy_client_data(&w->wire, 3, text, false);
    feed(w);
    assert_int_equal(frames(w, WINDOW_UPDATE), 2);
}

static void spdy__resets_end_one_stream_only(void **state) {
    struct world *w = *state;
    open_streams(w);
    spdy_client_control(&w->wire, RST_STREAM, 0, "\0\0\0\3\0\0\0\5", 8);
    spdy_client_data(&w->wire, 3, "late", false);
    spdy_client_data(&w->wire, 5, "x", false);
    feed(w);
    assert_non_null(strstr(w->log.data, "reset 3|data 5 x|"));
    spdy_reset(w->spdy, 1, SPDY_CANCEL);
    assert_int_equal(frames(w, RST_STREAM), 1);
    assert_int_equal(spdy_streams(w->spdy), 1);
}

static void spdy__too_many_streams_are_refused(void **state) {
    struct world *w = *state;
    for (uint32_t i = 0; i < SPDY_STREAMS_MAX + 5; i++)
        spdy_client_open(&w->wire, w->deflater, 1 + 2 * i, NULL);
    feed(w);
    assert_int_equal(spdy_streams(w->spdy), SPDY_STREAMS_MAX);
    assert_int_equal(frames(w, RST_STREAM), 5);
}

static void spdy__broken_frames_end_the_session_with_goaway(void **state) {
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
    } rows[] = {
        {"version 2", "\x80\2\0\6\0\0\0\4\0\0\0\1", 12},
        {"short SYN_STREAM", "\x80\3\0\1\0\0\0\2\0\0", 10},
        {"header block is no zlib", "\x80\3\0\1\0\0\0\x0e\0\0\0\1\0\0\0\0\0\0junk", 22},
        {"long control frame", "\x80\3\0\6\0\xff\xff\xff", 8},
        {"short RST_STREAM", "\x80\3\0\3\0\0\0\4\0\0\0\1", 12},
        {"SETTINGS that lie", "\x80\3\0\4\0\0\0\4\xff\xff\xff\xff", 12},
        {"short PING", "\x80\3\0\6\0\0\0\1\0", 9},
        {"short WINDOW_UPDATE", "\x80\3\0\x09\0\0\0\4\0\0\0\1", 12},
        {"window overflow", "\x80\3\0\x09\0\0\0\x08\0\0\0\0\x7f\xff\xff\xff", 16},
        {"data before any stream", "\0\0\0\1\0\0\0\1x", 9},
        {"HTTP", "GET / HTTP/1.1\r\n", 16},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w = {.sent = BUF_INIT, .log = BUF_INIT};
        w.spdy = spdy_new(&ops, &w);
        spdy_feed(w.spdy, rows[i].bytes, rows[i].len);
        if (!strstr(buf_str(&w.log), "failed"))
            fail_msg("%s: \"%s\"", rows[i].name, buf_str(&w.log));
        assert_int_equal(frames(&w, GOAWAY), 1);
        spdy_feed(w.spdy, rows[i].bytes, rows[i].len);
        assert_int_equal(frames(&w, GOAWAY), 1);
        spdy_free(w.spdy);
        buf_release(&w.sent);
        buf_release(&w.log);
    }
}

static void spdy__stream_ids_must_be_odd_and_grow(void **state) {
    (void)state;
    static const uint32_t rows[][2] = {{1, 1}, {3, 1}, {1, 2}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        void *one = NULL;
        setup(&one);
        struct world *w = one;
        spdy_client_open(&w->wire, w->deflater, rows[i][0], NULL);
        spdy_client_open(&w->wire, w->deflater, rows[i][1], NULL);
        feed(w);
        assert_non_null(strstr(w->log.data, "failed stream id"));
        teardown(&one);
    }
}

static void spdy__a_header_bomb_is_refused(void **state) {
    struct world *w = *state;
    char *huge = xcalloc(1, SPDY_HEADERS_MAX + 1);
    memset(huge, 'a', SPDY_HEADERS_MAX);
    spdy_client_open(&w->wire, w->deflater, 1, (const char *const[]){"x", huge, NULL});
    free(huge);
    assert_true(w->wire.len < 4096);
    feed(w);
    assert_string_equal(w->log.data, "failed malformed SYN_STREAM|");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spdy__the_dictionary_is_that_of_version_3),
        CASE(spdy__streams_open_echo_and_end_in_any_pieces),
        CASE(spdy__pings_of_the_client_are_answered),
        CASE(spdy__a_client_without_windows_is_not_held_up),
        CASE(spdy__a_client_with_windows_is_obeyed),
        CASE(spdy__what_is_read_gives_credit_to_stream_and_session),
        CASE(spdy__resets_end_one_stream_only),
        CASE(spdy__too_many_streams_are_refused),
        cmocka_unit_test(spdy__broken_frames_end_the_session_with_goaway),
        cmocka_unit_test(spdy__stream_ids_must_be_odd_and_grow),
        CASE(spdy__a_header_bomb_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
