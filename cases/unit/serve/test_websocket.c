#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "mocks/serve/websocket.h"

#include <stdlib.h>
#include <string.h>

struct world {
    struct websocket *ws;
    struct buf sent, messages; /* messages: T or B, the bytes, '|' */
    int closed_with;
};

static void keep_sent(void *self, const void *data, size_t len) {
    buf_add(&((struct world *)self)->sent, data, len);
}
static void keep_message(void *self, bool text, const void *data, size_t len) {
    struct world *w = self;
    buf_addc(&w->messages, text ? 'T' : 'B');
    buf_add(&w->messages, data, len);
    buf_addc(&w->messages, '|');
}
static void keep_close(void *self, int code) {
    struct world *w = self;
    assert_int_equal(w->closed_with, 0);
    w->closed_with = code;
}
static const struct websocket_ops ops = {
    .write = keep_sent, .on_message = keep_message, .on_close = keep_close};

static int setup(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->sent = w->messages = (struct buf)BUF_INIT;
    w->ws = websocket_new(&ops, w);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    websocket_free(w->ws);
    buf_release(&w->sent);
    buf_release(&w->messages);
    free(w);
    return 0;
}

/* A client's frame: masked. */
static void frame(struct buf *out, int first, const void *data, size_t len) {
    static const char mask[4] = {0x12, 0x34, 0x56, 0x78};
    buf_addc(out, (char)first);
    if (len < 126) {
        buf_addc(out, (char)(0x80 | len));
    } else if (len < 65536) {
        buf_addc(out, (char)(0x80 | 126));
        buf_addc(out, (char)(len >> 8));
        buf_addc(out, (char)len);
    } else {
        buf_addc(out, (char)(0x80 | 127));
        for (int i = 7; i >= 0; i--)
            buf_addc(out, (char)((uint64_t)len >> (8 * i)));
    }
    buf_add(out, mask, 4);
    for (size_t i = 0; i < len; i++)
        buf_addc(out, (char)(((const char *)data)[i] ^ mask[i % 4]));
}

static void websocket__the_accept_key_is_that_of_rfc_6455(void **state) {
    (void)state;
    struct http_request r = {.method = "GET"};
    http_headers_add(&r.headers, "Connection", "keep-alive, Upgrade");
    http_headers_add(&r.headers, "Upgrade", "websocket");
    http_headers_add(&r.headers, "Sec-WebSocket-Version", "13");
    http_headers_add(&r.headers, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    http_headers_add(&r.headers, "Sec-WebSocket-Protocol", "x, v4.channel.k8s.io");
    http_headers_add(&r.headers, "Sec-WebSocket-Protocol", "v5.channel.k8s.io");
    assert_true(websocket_is_asked_for(&r));
    assert_null(websocket_check(&r));
    static const char *const supported[] = {"v5.channel.k8s.io", "v4.channel.k8s.io"};
    bool offered;
    const char *protocol = websocket_select(&r, supported, 2, &offered);
    assert_string_equal(protocol, "v4.channel.k8s.io"); /* the client's order counts */
    assert_null(websocket_select(&r, supported, 0, &offered));
    assert_true(offered);
    struct http_headers answer = {0};
    websocket_answer(&r, protocol, &answer);
    assert_string_equal(http_headers_get(&answer, "Sec-WebSocket-Accept"),
                        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_string_equal(http_headers_get(&answer, "Sec-WebSocket-Protocol"), protocol);
    http_headers_release(&answer);
    http_headers_release(&r.headers);
}

static void websocket__a_wrong_handshake_is_named(void **state) {
    (void)state;
    static const struct {
        const char *method, *version, *key;
    } rows[] = {{"POST", "13", "dGhlIHNhbXBsZSBub25jZQ=="},
                {"GET", "8", "dGhlIHNhbXBsZSBub25jZQ=="},
                {"GET", NULL, "dGhlIHNhbXBsZSBub25jZQ=="},
                {"GET", "13", NULL},
                {"GET", "13", "c2hvcnQ="},
                {"GET", "13", "!"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request r = {.method = rows[i].method};
        if (rows[i].version)
            http_headers_add(&r.headers, "Sec-WebSocket-Version", rows[i].version);
        if (rows[i].key)
            http_headers_add(&r.headers, "Sec-WebSocket-Key", rows[i].key);
        assert_non_null(websocket_check(&r));
        http_headers_release(&r.headers);
    }
}

static void websocket__messages_of_any_length_arrive_in_any_pieces(void **state) {
    struct world *w = *state;
    static const size_t lengths[] = {0, 1, 125, 126, 65535, 65536, 100000};
    struct buf wire = BUF_INIT, want = BUF_INIT;
    char *big = xcalloc(1, 100001);
    memset(big, 'x', 100000);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        frame(&wire, 0x82, big, lengths[i]);
        buf_addc(&want, 'B');
        buf_add(&want, big, lengths[i]);
        buf_addc(&want, '|');
    }
    frame(&wire, 0x01, "Hel", 3); /* fragments, with a ping in between */
    frame(&wire, 0x89, "p", 1);
    frame(&wire, 0x80, "lo", 2);
    buf_adds(&want, "THello|");
    for (size_t at = 0, step = 1; at < wire.len; at += step, step = step % 977 + 1)
        websocket_feed(w->ws, wire.data + at, at + step < wire.len ? step : wire.len - at);
    assert_int_equal(w->messages.len, want.len);
    assert_memory_equal(w->messages.data, want.data, want.len);
    assert_memory_equal(w->sent.data, "\x8a\x01p", 3); /* the pong */
    assert_int_equal(w->closed_with, 0);
    free(big);
    buf_release(&wire);
    buf_release(&want);
}

static void websocket__ours_have_the_shortest_length_and_no_mask(void **state) {
    struct world *w = *state;
    websocket_send(w->ws, true, "hi", 2);
    assert_memory_equal(w->sent.data, "\x81\x02hi", 4);
    buf_clear(&w->sent);
    char *big = xcalloc(1, 65536);
    websocket_send(w->ws, false, big, 126);
    assert_memory_equal(w->sent.data, "\x82\x7e\x00\x7e", 4);
    buf_clear(&w->sent);
    websocket_send(w->ws, false, big, 65536);
    assert_memory_equal(w->sent.data, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
    assert_int_equal(w->sent.len, 65536 + 10);
    free(big);
}

static void websocket__broken_frames_close_with_the_code_that_fits(void **state) {
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        int code;
    } rows[] = {
        {"reserved bit", "\xc2\x80", 2, 1002},
        {"not masked", "\x82\x00", 2, 1002},
        {"unknown opcode", "\x83\x80", 2, 1002},
        {"unknown control", "\x8b\x80", 2, 1002},
        {"fragmented ping", "\x09\x80", 2, 1002},
        {"long ping", "\x89\xfe", 2, 1002},
        {"continuation of nothing", "\x80\x80", 2, 1002},
        {"text within text", "\x01\x80....\x81\x80", 8, 1002},
        {"huge", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff....", 14, 1009},
        {"too big", "\x82\xff\0\0\0\0\1\0\0\0....", 14, 1009},
        {"text that is no UTF-8", "\x81\x81\0\0\0\0\xff", 7, 1007},
        {"close of one byte", "\x88\x81\0\0\0\0\1", 7, 1002},
        {"close with a code of no one", "\x88\x82\0\0\0\0\x03\xed", 8, 1002},
        {"close", "\x88\x80\0\0\0\0", 6, 1000},
        {"close with a code", "\x88\x82\0\0\0\0\x03\xe9", 8, 1001},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w = {.sent = BUF_INIT, .messages = BUF_INIT};
        w.ws = websocket_new(&ops, &w);
        websocket_feed(w.ws, rows[i].bytes, rows[i].len);
        if (w.closed_with != rows[i].code)
            fail_msg("%s: closed with %d, expected %d", rows[i].name, w.closed_with, rows[i].code);
        assert_int_equal((unsigned char)w.sent.data[0], 0x88);
        size_t sent = w.sent.len;
        websocket_feed(w.ws, "\x89\x80....", 6); /* nothing is heard or said after the close */
        websocket_send(w.ws, true, "x", 1);
        assert_int_equal(w.sent.len, sent);
        websocket_free(w.ws);
        buf_release(&w.sent);
        buf_release(&w.messages);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(websocket__the_accept_key_is_that_of_rfc_6455),
        cmocka_unit_test(websocket__a_wrong_handshake_is_named),
        CASE(websocket__messages_of_any_length_arrive_in_any_pieces),
        CASE(websocket__ours_have_the_shortest_length_and_no_mask),
        cmocka_unit_test(websocket__broken_frames_close_with_the_code_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
