#include "cases/unit/support/unit.h"

#include "mocks/serve/memory_exchange.h"

static void count_call(void *self) {
    ++*(int *)self;
}

static void memory_exchange__splits_the_target_and_keeps_the_answer(void **state) {
    (void)state;
    struct memory_exchange *m = memory_exchange_new("POST", "/api/v1/pods?watch=1", "{}", 2);
    assert_string_equal(m->exchange.request->path, "/api/v1/pods");
    assert_string_equal(m->exchange.request->query, "watch=1");
    assert_string_equal(m->exchange.request->body, "{}");
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", "application/json");
    int closed = 0;
    m->exchange.on_closed = count_call;
    m->exchange.on_closed_self = &closed;
    http_reply(&m->exchange, 201, &headers, "done", 4);
    http_headers_release(&headers);
    assert_int_equal(m->status, 201);
    assert_true(m->ended);
    assert_string_equal(buf_str(&m->body), "done");
    assert_string_equal(http_headers_get(&m->headers, "content-type"), "application/json");
    memory_exchange_free(m);
    assert_int_equal(closed, 0);
}

static void memory_exchange__a_running_stream_sees_its_client_leave(void **state) {
    (void)state;
    struct memory_exchange *m = memory_exchange_new("GET", "/watch", NULL, 0);
    assert_string_equal(m->exchange.request->query, "");
    assert_string_equal(m->exchange.request->body, "");
    int closed = 0;
    m->exchange.on_closed = count_call;
    m->exchange.on_closed_self = &closed;
    http_stream_begin(&m->exchange, 200, NULL);
    http_stream_write(&m->exchange, "a\n", 2);
    http_stream_write(&m->exchange, "b\n", 2);
    assert_true(m->streaming);
    assert_int_equal(m->chunks, 2);
    assert_string_equal(buf_str(&m->body), "a\nb\n");
    m->backlog = 77;
    assert_int_equal(http_stream_backlog(&m->exchange), 77);
    memory_exchange_free(m);
    assert_int_equal(closed, 1);
}

static void memory_exchange__an_open_tunnel_sees_its_client_leave(void **state) {
    (void)state;
    struct memory_exchange *m = memory_exchange_new("POST", "/exec", NULL, 0);
    struct http_tunnel *t = http_upgrade(&m->exchange, NULL);
    int closed = 0;
    t->on_closed = count_call;
    t->self = &closed;
    t->ops->write(t, "raw", 3);
    assert_int_equal(m->status, 101);
    assert_string_equal(buf_str(&m->body), "raw");
    memory_exchange_free(m);
    assert_int_equal(closed, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_exchange__splits_the_target_and_keeps_the_answer),
        cmocka_unit_test(memory_exchange__a_running_stream_sees_its_client_leave),
        cmocka_unit_test(memory_exchange__an_open_tunnel_sees_its_client_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
