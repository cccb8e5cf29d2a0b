/* exec, attach, port-forward and log against a kubelet of a few lines. */
#include "cases/unit/support/spdy_client.h"
#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "mocks/apiserver/remote.h"
#include "mocks/serve/memory_exchange.h"

#include <stdlib.h>

/* One process: echoes its input; "exit N" ends it. */
struct world {
    struct kubelet_ops kubelet;
    struct remote_options options;
    struct kubelet_sink sink;
    struct kubelet_request started_with;
    int started, killed, ended;
    struct buf input;
    unsigned width, height;
    struct err refusal;
    json_t *pod;
    struct memory_exchange *exchange;
    struct spdy_deflater *deflater;
    struct buf wire;
};

static void process_input(void *self, const void *data, size_t len) {
    struct world *w = self;
    buf_add(&w->input, data, len);
    int64_t code;
    if (str_has_prefix(w->input.data, "exit ") && str_to_int(w->input.data + 5, 0, 255, &code))
        w->sink.exited(w->sink.self, (int)code, NULL);
    else
        w->sink.output(w->sink.self, 1, data, len);
}
static void process_input_end(void *self) {
    ((struct world *)self)->ended++;
}
static void process_resize(void *self, uint16_t width, uint16_t height) {
    struct world *w = self;
    w->width = width;
    w->height = height;
}
static void process_kill(void *self) {
    ((struct world *)self)->killed++;
}

static int kubelet_start(void *self, const struct kubelet_request *request,
                         const struct kubelet_sink *sink, struct kubelet_process *ret,
                         struct err *err) {
    struct world *w = self;
    if (w->refusal.code)
        return err_set(err, w->refusal.code, "%s", w->refusal.text);
    w->started++;
    w->started_with = *request;
    w->sink = *sink;
    *ret = (struct kubelet_process){.input = process_input,
                                    .input_end = process_input_end,
                                    .resize = process_resize,
                                    .kill = process_kill,
                                    .self = w};
    return 0;
}

static const char *const command[] = {"sh"};

static int setup(void **state) {
    struct world *w = xcalloc(1, sizeof(*w));
    w->kubelet = (struct kubelet_ops){.start = kubelet_start, .self = w};
    w->pod = json_pack("{s:{s:s}}", "metadata", "name", "busybox");
    w->options = (struct remote_options){
        .kubelet = &w->kubelet,
        .request = {.action = KUBELET_EXEC,
                    .pod = w->pod,
                    .container = "main",
                    .command = command,
                    .command_len = 1,
                    .wants_stdin = true,
                    .wants_stdout = true,
                    .wants_stderr = true},
    };
    w->input = w->wire = (struct buf)BUF_INIT;
    w->deflater = spdy_deflater_new();
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    memory_exchange_free(w->exchange);
    json_decref(w->pod);
    spdy_deflater_free(w->deflater);
    buf_release(&w->input);
    buf_release(&w->wire);
    free(w);
    return 0;
}

static struct http_headers *ask(struct world *w, const char *method) {
    memory_exchange_free(w->exchange);
    w->exchange = memory_exchange_new(method, "/", NULL, 0);
    return &w->exchange->request.headers;
}

static void ask_spdy(struct world *w, const char *protocol) {
    struct http_headers *h = ask(w, "POST");
    http_headers_add(h, "Connection", "Upgrade");
    http_headers_add(h, "Upgrade", "SPDY/3.1");
    if (protocol)
        http_headers_add(h, "X-Stream-Protocol-Version", protocol);
    remote_handle(&w->options, &w->exchange->exchange);
}

static void ask_websocket(struct world *w, const char *protocol) {
    struct http_headers *h = ask(w, "GET");
    http_headers_add(h, "Connection", "Upgrade");
    http_headers_add(h, "Upgrade", "websocket");
    http_headers_add(h, "Sec-WebSocket-Version", "13");
    http_headers_add(h, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    if (protocol)
        http_headers_add(h, "Sec-WebSocket-Protocol", protocol);
    remote_handle(&w->options, &w->exchange->exchange);
}

static void send_wire(struct world *w) {
    struct http_tunnel *t = &w->exchange->tunnel;
    t->on_data(t->self, w->wire.data, w->wire.len);
    buf_clear(&w->wire);
}

static void open_stream(struct world *w, uint32_t id, const char *type) {
    spdy_client_open(&w->wire, w->deflater, id, (const char *const[]){"streamtype", type, NULL});
}

static void open_exec_streams(struct world *w) {
    open_stream(w, 1, "error");
    open_stream(w, 3, "stdin");
    open_stream(w, 5, "stdout");
    open_stream(w, 7, "stderr");
    send_wire(w);
}

static void expect_data(struct world *w, uint32_t id, const char *want, bool want_fin) {
    struct buf data = BUF_INIT;
    bool fin;
    spdy_client_read(&w->exchange->body, id, 0, &data, &fin);
    assert_string_equal(buf_str(&data), want);
    assert_int_equal(fin, want_fin);
    buf_release(&data);
}

/* A masked frame of a client; the mask is zero. */
static void message(struct world *w, char opcode, const char *data, size_t len) {
    buf_addc(&w->wire, (char)(0x80 | opcode));
    buf_addc(&w->wire, (char)(0x80 | len));
    buf_add(&w->wire, "\0\0\0\0", 4);
    buf_add(&w->wire, data, len);
}

static void remote__wrong_requests_get_a_status_as_of_the_kubelet(void **state) {
    struct world *w = *state;
    ask(w, "POST");
    remote_handle(&w->options, &w->exchange->exchange);
    assert_int_equal(w->exchange->status, 400);
    assert_non_null(strstr(w->exchange->body.data, "\"message\":\"Upgrade request required\""));
    w->options.request.command_len = 0;
    ask_spdy(w, "v4.channel.k8s.io");
    assert_int_equal(w->exchange->status, 400);
    struct kubelet_request *r = &w->options.request;
    r->wants_stdin = r->wants_stdout = r->wants_stderr = false;
    ask_spdy(w, "v4.channel.k8s.io");
    assert_int_equal(w->exchange->status, 400);
    assert_non_null(
        strstr(w->exchange->body.data, "you must specify at least 1 of stdin, stdout, stderr"));
    assert_int_equal(w->started, 0);
}

static void remote__protocols_are_agreed_in_the_order_of_the_client(void **state) {
    struct world *w = *state;
    static const struct {
        const char *offered, *agreed;
        bool websocket;
        int status;
    } rows[] = {
        {"v5.channel.k8s.io, v4.channel.k8s.io, channel.k8s.io", "v4.channel.k8s.io", false, 101},
        {"v2.channel.k8s.io,v4.channel.k8s.io", "v2.channel.k8s.io", false, 101},
        {NULL, NULL, false, 101},
        {"v9.channel.k8s.io", NULL, false, 403},
        {"v5.channel.k8s.io", "v5.channel.k8s.io", true, 101},
        {"x, base64.channel.k8s.io", "base64.channel.k8s.io", true, 101},
        {NULL, NULL, true, 101},
        {"v9.channel.k8s.io", NULL, true, 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (rows[i].websocket ? ask_websocket : ask_spdy)(w, rows[i].offered);
        assert_int_equal(w->exchange->status, rows[i].status);
        const char *name =
            rows[i].websocket ? "Sec-WebSocket-Protocol" : "X-Stream-Protocol-Version";
        const char *agreed = http_headers_get(&w->exchange->headers, name);
        assert_true(str_eq(agreed, rows[i].agreed));
    }
    ask_spdy(w, "v9.channel.k8s.io");
    assert_string_equal(w->exchange->body.data,
                        "unable to upgrade: unable to negotiate protocol: client supports "
                        "[v9.channel.k8s.io], server accepts [v4.channel.k8s.io "
                        "v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n");
}

static void remote__an_older_server_knows_no_v5(void **state) {
    struct world *w = *state;
    w->options.no_websocket_v5 = true;
    ask_websocket(w, "v5.channel.k8s.io");
    assert_int_equal(w->exchange->status, 400);
    assert_int_equal(w->started, 0);
    ask_websocket(w, "v5.channel.k8s.io, v4.channel.k8s.io");
    assert_int_equal(w->exchange->status, 101);
    assert_string_equal(http_headers_get(&w->exchange->headers, "Sec-WebSocket-Protocol"),
                        "v4.channel.k8s.io");
    w->options.request.action = KUBELET_PORT_FORWARD;
    ask_websocket(w, "SPDY/3.1+portforward.k8s.io");
    assert_int_equal(w->exchange->status, 400);
}

static void remote__what_the_kubelet_refuses_is_a_status(void **state) {
    struct world *w = *state;
    static const struct {
        int code, status;
    } rows[] = {{ERR_NOT_FOUND, 404}, {ERR_STATE, 400}, {ERR_USAGE, 400}, {ERR_IO, 500}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err_set(&w->refusal, rows[i].code, "container main is waiting");
        ask_spdy(w, "v4.channel.k8s.io");
        assert_int_equal(w->exchange->status, rows[i].status);
        assert_non_null(strstr(w->exchange->body.data, "container main is waiting"));
        ask(w, "GET");
        remote_log(&w->options, &w->exchange->exchange);
        assert_int_equal(w->exchange->status, rows[i].status);
    }
}

static void remote__exec_over_spdy_echoes_and_reports_the_exit_code(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v4.channel.k8s.io");
    assert_string_equal(http_headers_get(&w->exchange->headers, "Upgrade"), "SPDY/3.1");
    w->sink.output(w->sink.self, 1, "early ", 6); /* before the client has opened its streams */
    open_exec_streams(w);
    w->sink.output(w->sink.self, 2, "oops", 4);
    spdy_client_data(&w->wire, 3, "hello", false);
    send_wire(w);
    expect_data(w, 5, "early hello", false);
    expect_data(w, 7, "oops", false);
    spdy_client_data(&w->wire, 3, "", true);
    send_wire(w);
    assert_int_equal(w->ended, 1);
    w->sink.exited(w->sink.self, 3, NULL);
    expect_data(w, 5, "early hello", true);
    expect_data(w, 1,
                "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with "
                "non-zero exit code: Error executing in Docker Container: 3\",\"reason\":"
                "\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\","
                "\"message\":\"3\"}]}}",
                true);
    assert_false(w->exchange->tunnel_closed); /* the client closes */
    assert_int_equal(w->killed, 0);
}

static void remote__a_process_may_end_before_the_streams_are_open(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v4.channel.k8s.io");
    w->sink.output(w->sink.self, 1, "done", 4);
    w->sink.exited(w->sink.self, 0, NULL);
    open_stream(w, 5, "stdout");
    send_wire(w);
    expect_data(w, 5, "", false); /* kubectl does not read it before it has all streams */
    open_stream(w, 7, "error");
    open_stream(w, 9, "stdin");
    open_stream(w, 11, "stderr");
    send_wire(w);
    expect_data(w, 5, "done", true);
    expect_data(w, 7, "{\"metadata\":{},\"status\":\"Success\"}", true);
}

static void remote__a_process_may_end_within_its_input(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v4.channel.k8s.io");
    open_exec_streams(w);
    spdy_client_data(&w->wire, 3, "exit 7", false);
    spdy_client_data(&w->wire, 3, "more", false);
    send_wire(w);
    struct buf data = BUF_INIT;
    bool fin;
    spdy_client_read(&w->exchange->body, 1, 0, &data, &fin);
    assert_non_null(strstr(data.data, "\"message\":\"7\""));
    buf_release(&data);
    assert_string_equal(w->input.data, "exit 7");
}

static void remote__before_v4_errors_are_text(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v2.channel.k8s.io");
    open_exec_streams(w);
    w->sink.exited(w->sink.self, 0, "executable file not found");
    expect_data(w, 1,
                "Internal error occurred: error executing command in container: executable file "
                "not found",
                true);
}

static void remote__a_client_that_leaves_or_breaks_off_kills_the_process(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v4.channel.k8s.io");
    open_exec_streams(w);
    memory_exchange_free(w->exchange);
    w->exchange = NULL;
    assert_int_equal(w->killed, 1);
    ask_spdy(w, "v4.channel.k8s.io");
    buf_adds(&w->wire, "GET / HTTP/1.1\r\n\r\n");
    send_wire(w);
    assert_int_equal(w->killed, 2);
    assert_true(w->exchange->tunnel_closed);
    ask_websocket(w, "v4.channel.k8s.io");
    buf_add(&w->wire, "\x82\x00", 2);
    send_wire(w);
    assert_int_equal(w->killed, 3);
    assert_true(w->exchange->tunnel_closed);
}

static void remote__terminals_are_resized(void **state) {
    struct world *w = *state;
    w->options.request.tty = true;
    ask_spdy(w, "v3.channel.k8s.io");
    open_stream(w, 1, "resize");
    spdy_client_data(&w->wire, 1, "{\"Width\":80,\"Hei", false);
    spdy_client_data(&w->wire, 1, "ght\":24}\n{\"Width\":100000,\"Height\":1}\n{broken}", false);
    send_wire(w);
    assert_int_equal(w->width, 80);
    assert_int_equal(w->height, 24);
}

static void remote__exec_over_websocket_uses_numbered_channels(void **state) {
    struct world *w = *state;
    ask_websocket(w, "v5.channel.k8s.io");
    assert_memory_equal(w->exchange->body.data, "\x82\x01\x01", 3); /* the connection stands */
    buf_clear(&w->exchange->body);
    message(w, 2, "\0hello", 6);
    send_wire(w);
    assert_string_equal(w->input.data, "hello");
    assert_memory_equal(w->exchange->body.data, "\x82\x06\x01hello", 8);
    message(w, 2, "\xff\0", 2); /* v5: the input has ended */
    send_wire(w);
    assert_int_equal(w->ended, 1);
    buf_clear(&w->exchange->body);
    w->sink.exited(w->sink.self, 0, NULL);
    assert_memory_equal(w->exchange->body.data,
                        "\x82\x23\x03{\"metadata\":{},\"status\":\"Success\"}\x88\x02\x03\xe8", 41);
    assert_true(w->exchange->tunnel_closed);
}

static void remote__base64_channels_are_digits_and_text(void **state) {
    struct world *w = *state;
    ask_websocket(w, "base64.channel.k8s.io");
    buf_clear(&w->exchange->body);
    message(w, 1, "0aGk=", 5);
    message(w, 1, "0!!", 3);
    send_wire(w);
    assert_string_equal(w->input.data, "hi");
    assert_memory_equal(w->exchange->body.data,
                        "\x81\x05"
                        "1aGk=",
                        7);
    message(w, 1, "0ZXhpdCA1", 9);
    buf_clear(&w->input);
    send_wire(w);
    assert_true(w->exchange->tunnel_closed);
}

static void open_forward(struct world *w, uint32_t id, const char *type, const char *port) {
    spdy_client_open(
        &w->wire, w->deflater, id,
        (const char *const[]){"streamtype", type, "port", port, "requestid", "0", NULL});
}

static void remote__port_forward_makes_a_connection_of_two_streams(void **state) {
    struct world *w = *state;
    w->options.request.action = KUBELET_PORT_FORWARD;
    ask_spdy(w, "portforward.k8s.io");
    assert_int_equal(w->exchange->status, 101);
    open_forward(w, 1, "error", "80");
    send_wire(w);
    assert_int_equal(w->started, 0);
    open_forward(w, 3, "data", "80");
    spdy_client_data(&w->wire, 3, "ping", false);
    send_wire(w);
    assert_int_equal(w->started, 1);
    assert_int_equal(w->started_with.port, 80);
    expect_data(w, 3, "ping", false);
    w->sink.exited(w->sink.self, 0, NULL);
    expect_data(w, 3, "ping", true);
    expect_data(w, 1, "", true);
    open_forward(w, 5, "data", "0");
    open_forward(w, 7, "data", "x");
    send_wire(w);
    assert_int_equal(w->started, 1);
    open_forward(w, 9, "error", "81");
    open_forward(w, 11, "data", "81");
    err_set(&w->refusal, ERR_NET, "exit status 1");
    send_wire(w);
    expect_data(w, 9, "error forwarding port 81 to pod busybox, uid : exit status 1", true);
    expect_data(w, 11, "", true);
    w->refusal.code = 0;
    open_forward(w, 13, "error", "80");
    open_forward(w, 15, "data", "80");
    send_wire(w);
    memory_exchange_free(w->exchange);
    w->exchange = NULL;
    assert_int_equal(w->killed, 1);
}

static void remote__port_forward_works_through_a_websocket(void **state) {
    struct world *w = *state;
    w->options.request.action = KUBELET_PORT_FORWARD;
    ask_websocket(w, "v4.channel.k8s.io");
    assert_int_equal(w->exchange->status, 400); /* then kubectl tries SPDY */
    ask_websocket(w, "SPDY/3.1+portforward.k8s.io");
    assert_int_equal(w->exchange->status, 101);
    struct buf spdy = BUF_INIT;
    static const char *const types[] = {"error", "data"};
    for (uint32_t i = 0; i < 2; i++) {
        buf_clear(&spdy);
        spdy_client_open(&spdy, w->deflater, 1 + 2 * i,
                         (const char *const[]){"streamtype", types[i], "port", "80", NULL});
        message(w, 2, spdy.data, spdy.len);
    }
    buf_clear(&spdy);
    spdy_client_data(&spdy, 3, "exit 0", false);
    message(w, 2, spdy.data, spdy.len);
    send_wire(w);
    assert_int_equal(w->started, 1);
    assert_string_equal(w->input.data, "exit 0");
    buf_release(&spdy);
    message(w, 8, "", 0);
    send_wire(w);
    assert_true(w->exchange->tunnel_closed);
}

static void remote__a_log_streams_until_its_process_ends(void **state) {
    struct world *w = *state;
    w->options.request.action = KUBELET_LOG;
    w->options.request.follow = true;
    ask(w, "GET");
    remote_log(&w->options, &w->exchange->exchange);
    assert_int_equal(w->exchange->status, 200); /* before the first line */
    w->sink.output(w->sink.self, 1, "one\n", 4);
    w->sink.output(w->sink.self, 2, "two\n", 4);
    assert_string_equal(w->exchange->body.data, "one\ntwo\n");
    w->sink.exited(w->sink.self, 0, NULL);
    assert_true(w->exchange->ended);

    w->options.request.follow = false;
    ask(w, "GET");
    remote_log(&w->options, &w->exchange->exchange);
    w->sink.exited(w->sink.self, 0, "the disk is gone");
    assert_int_equal(w->exchange->status, 500);

    w->options.request.follow = true;
    ask(w, "GET");
    remote_log(&w->options, &w->exchange->exchange);
    memory_exchange_free(w->exchange);
    w->exchange = NULL;
    assert_int_equal(w->killed, 1);
}

static void remote__a_client_that_does_not_read_costs_bounded_memory(void **state) {
    struct world *w = *state;
    ask_spdy(w, "v4.channel.k8s.io");
    open_exec_streams(w);
    w->exchange->backlog = (64 << 20) + 1;
    w->sink.output(w->sink.self, 1, "a", 1);
    size_t before = w->exchange->body.len;
    w->sink.output(w->sink.self, 1, "b", 1);
    assert_int_equal(w->exchange->body.len, before);
    w->sink.exited(w->sink.self, 0, NULL);
    assert_true(w->exchange->tunnel_closed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(remote__wrong_requests_get_a_status_as_of_the_kubelet),
        CASE(remote__protocols_are_agreed_in_the_order_of_the_client),
        CASE(remote__an_older_server_knows_no_v5),
        CASE(remote__what_the_kubelet_refuses_is_a_status),
        CASE(remote__exec_over_spdy_echoes_and_reports_the_exit_code),
        CASE(remote__a_process_may_end_before_the_streams_are_open),
        CASE(remote__a_process_may_end_within_its_input),
        CASE(remote__before_v4_errors_are_text),
        CASE(remote__a_client_that_leaves_or_breaks_off_kills_the_process),
        CASE(remote__terminals_are_resized),
        CASE(remote__exec_over_websocket_uses_numbered_channels),
        CASE(remote__base64_channels_are_digits_and_text),
        CASE(remote__port_forward_makes_a_connection_of_two_streams),
        CASE(remote__port_forward_works_through_a_websocket),
        CASE(remote__a_log_streams_until_its_process_ends),
        CASE(remote__a_client_that_does_not_read_costs_bounded_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
