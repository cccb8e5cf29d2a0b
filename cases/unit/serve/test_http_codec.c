#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "mocks/serve/http_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const get = "GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: a\r\nAccept: x\r\n\r\n";

static void http_codec__reads_a_request_whole_or_byte_by_byte(void **state) {
    (void)state;
    for (size_t step = 1; step <= strlen(get); step += strlen(get) - 1) {
        struct http_codec c;
        http_codec_init(&c, 0);
        for (size_t at = 0; at < strlen(get); at += step)
            assert_int_equal(http_codec_feed(&c, get + at, step), step);
        assert_int_equal(c.state, HTTP_CODEC_DONE);
        assert_string_equal(c.request.method, "GET");
        assert_string_equal(c.request.path, "/api/v1/pods");
        assert_string_equal(c.request.query, "watch=1");
        assert_string_equal(http_headers_get(&c.request.headers, "accept"), "x");
        assert_string_equal(c.request.body, "");
        assert_true(c.keep_alive);
        http_codec_release(&c);
    }
}

static void http_codec__leaves_the_next_request_to_the_caller(void **state) {
    (void)state;
    const char two[] =
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.0\r\n\r\n";
    struct http_codec c;
    http_codec_init(&c, 0);
    size_t used = http_codec_feed(&c, two, sizeof(two) - 1);
    assert_int_equal(c.state, HTTP_CODEC_DONE);
    assert_string_equal(c.request.body, "abc");
    http_codec_next(&c);
    assert_false(http_codec_is_between(&c));
    used += http_codec_feed(&c, two + used, sizeof(two) - 1 - used);
    assert_int_equal(used, sizeof(two) - 1);
    assert_int_equal(c.state, HTTP_CODEC_DONE);
    assert_string_equal(c.request.path, "/b");
    assert_int_equal(c.request.body_len, 0);
    assert_false(c.keep_alive);
    http_codec_release(&c);
}

static void http_codec__joins_chunks_and_drops_trailers(void **state) {
    (void)state;
    const char chunked[] = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "4;name=x\r\nWiki\r\nA\r\n0123456789\r\n0\r\nX-Trailer: y\r\n\r\nGET";
    for (size_t step = 1; step < sizeof(chunked); step += 7) {
        struct http_codec c;
        http_codec_init(&c, 0);
        size_t at = 0;
        while (at < sizeof(chunked) - 1 && c.state != HTTP_CODEC_DONE) {
            size_t left = sizeof(chunked) - 1 - at;
            at += http_codec_feed(&c, chunked + at, step < left ? step : left);
        }
        assert_int_equal(c.state, HTTP_CODEC_DONE);
        assert_int_equal(at, sizeof(chunked) - 1 - 3);
        assert_string_equal(c.request.body, "Wiki0123456789");
        http_codec_release(&c);
    }
}

static void http_codec__targets_lose_scheme_and_authority(void **state) {
    (void)state;
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        {"/", "/", ""},
        {"/a%2Fb?x=?y", "/a%2Fb", "x=?y"},
        {"http://h:80/a?b", "/a", "b"},
        {"http://h?b", "/", "b"},
        {"https://h", "/", ""},
        {"http://", "/", ""},
        {"//double", "//double", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_codec c;
        http_codec_init(&c, 0);
        char *text = xasprintf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", rows[i].target);
        http_codec_feed(&c, text, strlen(text));
        assert_int_equal(c.state, HTTP_CODEC_DONE);
        assert_string_equal(c.request.path, rows[i].path);
        assert_string_equal(c.request.query, rows[i].query);
        http_codec_release(&c);
        free(text);
    }
}

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

static void http_codec__malformed_input_gets_the_status_that_fits(void **state) {
    (void)state;
    static const struct {
        const char *name, *input;
        int status;
    } rows[] = {
        {"no words", "\x16\x03\x01\r\n\r\n", 400},
        {"one word", "GET\r\n\r\n", 400},
        {"HTTP/0.9", "GET /\r\n\r\n", 400},
        {"space in the target", "GET /a b HTTP/1.1\r\n\r\n", 400},
        {"two spaces", "GET  / HTTP/1.1\r\n\r\n", 400},
        {"method is no token", "G@T / HTTP/1.1\r\n\r\n", 400},
        {"empty method", " / HTTP/1.1\r\n\r\n", 400},
        {"no version", "GET / FTP/1.1\r\n\r\n", 400},
        {"version of letters", "GET / HTTP/a.b\r\n\r\n", 400},
        {"version without minor", "GET / HTTP/1\r\n\r\n", 400},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", 505},
        {"future version", "GET / HTTP/1.2\r\n\r\n", 505},
        {"relative target", "GET a HTTP/1.1\r\n" HOST "\r\n", 400},
        {"star is for OPTIONS", "GET * HTTP/1.1\r\n" HOST "\r\n", 400},
        {"control in the target", "GET /\x01 HTTP/1.1\r\n" HOST "\r\n", 400},
        {"authority form", "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 400},
        {"no Host", LINE "\r\n", 400},
        {"two Hosts", LINE HOST HOST "\r\n", 400},
        {"no colon", LINE HOST "nonsense\r\n\r\n", 400},
        {"empty name", LINE HOST ": x\r\n\r\n", 400},
        {"space before the colon", LINE HOST "A : x\r\n\r\n", 400},
        {"folded", LINE HOST "A: x\r\n y\r\n\r\n", 400},
        {"bare CR", LINE HOST "A: x\ry\r\n\r\n", 400},
        {"control in a value", LINE HOST "A: \x7f\r\n\r\n", 400},
        {"length is no number", LINE HOST "Content-Length: x\r\n\r\n", 400},
        {"length is negative", LINE HOST "Content-Length: -1\r\n\r\n", 400},
        {"length has a plus", LINE HOST "Content-Length: +1\r\n\r\n", 400},
        {"length is a list", LINE HOST "Content-Length: 1, 1\r\n\r\n", 400},
        {"length overflows", LINE HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"lengths differ", LINE HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"length and chunks", LINE HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"chunks twice",
         LINE HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"unknown encoding", LINE HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"chunks in 1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"unknown expectation", LINE HOST "Expect: tea\r\n\r\n", 417},
        {"body over the limit", LINE HOST "Content-Length: 101\r\n\r\n", 413},
        {"chunk over the limit", CHUNKED "65\r\n", 413},
        {"chunks over the limit together",
         CHUNKED "64\r\n" /* 100 bytes follow */
                 "012345678901234567890123456789012345678901234567890123456789012345678901234567890"
                 "1234567890123456789"
                 "\r\n1\r\n",
         413},
        {"chunk size overflows", CHUNKED "ffffffffffffffffff\r\n", 413},
        {"chunk size of zeros", CHUNKED "0000000000000000000\r\n", 400},
        {"no chunk size", CHUNKED "\r\n", 400},
        {"chunk size is no hex", CHUNKED "x\r\n", 400},
        {"chunk longer than said", CHUNKED "1\r\nab", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_codec c;
        http_codec_init(&c, 100);
        http_codec_feed(&c, rows[i].input, strlen(rows[i].input));
        if (c.state != HTTP_CODEC_FAILED || c.status != rows[i].status)
            fail_msg("%s: state %d status %d (%s), expected %d", rows[i].name, (int)c.state,
                     c.status, c.problem ? c.problem : "", rows[i].status);
        assert_non_null(c.problem);
        http_codec_release(&c);
    }
}

static void http_codec__a_head_without_end_stops_at_its_limit(void **state) {
    (void)state;
    static const char *const starts[] = {"GET /", LINE HOST "A: ", ""};
    static const char *const fillers[] = {"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct http_codec c;
        http_codec_init(&c, 0);
        http_codec_feed(&c, starts[i], strlen(starts[i]));
        size_t fed = 0;
        while (c.state == HTTP_CODEC_HEAD && fed < 1 << 20)
            fed += http_codec_feed(&c, fillers[i], strlen(fillers[i]));
        assert_int_equal(c.state, HTTP_CODEC_FAILED);
        assert_int_equal(c.status, i == 2 ? 400 : 431);
        assert_true(fed <= HTTP_CODEC_HEAD_MAX + 16);
        http_codec_release(&c);
    }
    struct http_codec c;
    http_codec_init(&c, 0);
    http_codec_feed(&c, LINE HOST, strlen(LINE HOST));
    for (int i = 0; i < HTTP_CODEC_HEADERS_MAX; i++)
        http_codec_feed(&c, "A: b\r\n", 6);
    http_codec_feed(&c, "\r\n", 2);
    assert_int_equal(c.status, 431);
    http_codec_release(&c);
}

static void http_codec__a_nul_is_refused(void **state) {
    (void)state;
    const char input[] = LINE HOST "A: x\0y\r\n\r\n";
    struct http_codec c;
    http_codec_init(&c, 0);
    http_codec_feed(&c, input, sizeof(input) - 1);
    assert_int_equal(c.status, 400);
    http_codec_release(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_codec__reads_a_request_whole_or_byte_by_byte),
        cmocka_unit_test(http_codec__leaves_the_next_request_to_the_caller),
        cmocka_unit_test(http_codec__joins_chunks_and_drops_trailers),
        cmocka_unit_test(http_codec__targets_lose_scheme_and_authority),
        cmocka_unit_test(http_codec__malformed_input_gets_the_status_that_fits),
        cmocka_unit_test(http_codec__a_head_without_end_stops_at_its_limit),
        cmocka_unit_test(http_codec__a_nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
