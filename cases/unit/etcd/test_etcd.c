#include "cases/unit/support/unit.h"

#include "cases/unit/etcd/exchanges.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "mocks/etcd/etcd.h"
#include "mocks/serve/memory_exchange.h"

#include <string.h>

struct fixture {
    struct sched *sched;
    struct etcd *etcd;
    struct memory_exchange *m, *other;
    json_t *body;
};

static int set_up(void **state) {
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->sched = sched_new();
    f->etcd = etcd_new(f->sched);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    memory_exchange_free(f->m);
    memory_exchange_free(f->other);
    json_decref(f->body);
    etcd_free(f->etcd);
    sched_free(f->sched);
    free(f);
    return 0;
}

static struct memory_exchange *ask(const struct fixture *f, const char *method, const char *target,
                                   const char *form) {
    struct memory_exchange *m = memory_exchange_new(method, target, form, form ? strlen(form) : 0);
    if (form)
        http_headers_add(&m->request.headers, "Content-Type", "application/x-www-form-urlencoded");
    etcd_handle(f->etcd, &m->exchange);
    return m;
}

static int call(struct fixture *f, const char *method, const char *target, const char *form) {
    json_decref(f->body);
    f->body = NULL;
    return etcd_call(f->etcd, method, target, form, &f->body);
}

static void etcd__answers_as_the_real_one(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(EXCHANGES); i++) {
        const struct exchange *row = &EXCHANGES[i];
        memory_exchange_free(f->m);
        f->m = ask(f, row->method, row->target, row->form);
        size_t len = f->m->body.len;
        if (len && f->m->body.data[len - 1] == '\n')
            buf_truncate(&f->m->body, len - 1);
        if (f->m->status != row->status || !f->m->ended ||
            !str_eq(buf_str(&f->m->body), row->body) ||
            !str_eq(http_headers_get(&f->m->headers, "X-Etcd-Index"), row->index))
            fail_msg("row %zu, %s %s: %d %s", i, row->method, row->target, f->m->status,
                     buf_str(&f->m->body));
    }
}

static void etcd__a_form_counts_only_with_its_content_type(void **state) {
    struct fixture *f = *state;
    f->m = memory_exchange_new("PUT", "/v2/keys/z", "value=1", 7);
    http_headers_add(&f->m->request.headers, "Content-Type", "application/json");
    etcd_handle(f->etcd, &f->m->exchange);
    assert_int_equal(f->m->status, 201);
    assert_string_equal(etcd_get(f->etcd, "/z"), "");
}

static void etcd__a_long_poll_waits_for_the_next_change_only(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "PUT", "/v2/keys/a/b", "value=1"), 201);
    f->m = ask(f, "GET", "/v2/keys/a?wait=true&recursive=true", NULL);
    assert_int_equal(f->m->status, 200);
    assert_true(f->m->streaming);
    assert_int_equal(call(f, "PUT", "/v2/keys/ab", "value=1"), 201);   /* a neighbour */
    assert_int_equal(call(f, "PUT", "/v2/keys/a/_h", "value=1"), 201); /* hidden */
    assert_int_equal(f->m->body.len, 0);
    assert_int_equal(call(f, "PUT", "/v2/keys/a/c", "value=2"), 201);
    assert_true(f->m->ended);
    assert_string_equal(buf_str(&f->m->body),
                        "{\"action\":\"set\",\"node\":{\"key\":\"/a/c\",\"value\":\"2\","
                        "\"modifiedIndex\":7,\"createdIndex\":7}}\n");
}

static void etcd__a_watch_on_one_key_is_not_told_of_what_is_below(void **state) {
    struct fixture *f = *state;
    f->m = ask(f, "GET", "/v2/keys/a?wait=true", NULL);
    assert_int_equal(call(f, "PUT", "/v2/keys/a/b", "value=1"), 201);
    assert_true(f->m->streaming);
    assert_int_equal(call(f, "DELETE", "/v2/keys/a?recursive=true", NULL), 200);
    assert_true(f->m->ended);
}

static void etcd__a_stream_goes_on_until_the_client_leaves(void **state) {
    struct fixture *f = *state;
    f->m = ask(f, "GET", "/v2/keys/a?wait=true&stream=true&recursive=true", NULL);
    assert_int_equal(call(f, "PUT", "/v2/keys/a/b", "value=1"), 201);
    assert_int_equal(call(f, "PUT", "/v2/keys/a/b", "value=2"), 200);
    assert_int_equal(f->m->chunks, 2);
    memory_exchange_free(f->m);
    f->m = NULL;
    assert_int_equal(call(f, "PUT", "/v2/keys/a/b", "value=3"), 200);
}

static void etcd__forgotten_history_is_an_error(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 1010; i++)
        assert_true(call(f, "PUT", "/v2/keys/n", "value=1") < 300);
    f->m = ask(f, "GET", "/v2/keys/n?wait=true&waitIndex=5", NULL);
    assert_int_equal(f->m->status, 400);
    assert_string_equal(buf_str(&f->m->body),
                        "{\"errorCode\":401,\"message\":\"The event in requested index is outdated "
                        "and cleared\",\"cause\":\"the requested history has been cleared [14/5]\","
                        "\"index\":1013}\n");
}

static void etcd__keys_expire_on_the_worlds_clock_and_are_told(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "PUT", "/v2/keys/t", "value=1&ttl=100"), 201);
    assert_int_equal(json_int(f->body, 0, "node", "ttl", NULL), 100);
    assert_non_null(json_str(f->body, "node", "expiration", NULL));
    sched_advance(f->sched, 60500);
    assert_int_equal(call(f, "GET", "/v2/keys/t", NULL), 200);
    assert_int_equal(json_int(f->body, 0, "node", "ttl", NULL), 40);
    f->m = ask(f, "GET", "/v2/keys/t?wait=true", NULL);
    sched_advance(f->sched, 39499);
    assert_true(f->m->streaming);
    sched_advance(f->sched, 1);
    assert_non_null(
        strstr(buf_str(&f->m->body), "{\"action\":\"expire\",\"node\":{\"key\":\"/t\","));
    assert_int_equal(call(f, "GET", "/v2/keys/t", NULL), 404);
}

static void etcd__a_refresh_keeps_the_value_and_tells_nobody(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "PUT", "/v2/keys/t", "value=1&ttl=10"), 201);
    f->m = ask(f, "GET", "/v2/keys/t?wait=true", NULL);
    assert_int_equal(call(f, "PUT", "/v2/keys/t", "refresh=true&ttl=50&prevExist=true"), 200);
    sched_advance(f->sched, 20000);
    assert_string_equal(etcd_get(f->etcd, "/t"), "1");
    assert_true(f->m->streaming);
    assert_int_equal(call(f, "PUT", "/v2/keys/u", "refresh=true&ttl=5"), 404);
}

static void etcd__a_folder_takes_its_timers_with_it(void **state) {
    struct fixture *f = *state;
    assert_int_equal(call(f, "PUT", "/v2/keys/d/t", "value=1&ttl=10"), 201);
    assert_int_equal(call(f, "PUT", "/v2/keys/d", "dir=true&ttl=5&prevExist=true"), 200);
    sched_advance(f->sched, 5000);
    assert_int_equal(call(f, "GET", "/v2/keys/d", NULL), 404);
    sched_advance(f->sched, 10000);
    assert_int_equal(sched_next_ms(f->sched), -1);
}

static void etcd__too_long_and_too_deep_keys_are_refused(void **state) {
    struct fixture *f = *state;
    struct buf deep = BUF_INIT;
    buf_adds(&deep, "/v2/keys");
    for (int i = 0; i < 200; i++)
        buf_adds(&deep, "/x");
    int status = call(f, "PUT", buf_str(&deep), "value=1");
    buf_release(&deep);
    assert_int_equal(status, 400);
    assert_int_equal(call(f, "PUT", "/v2/keys/%00", "value=1"), 400);
    assert_int_equal(call(f, "PUT", "/v2/keys/../../x", "value=1"), 201);
    assert_string_equal(etcd_get(f->etcd, "/x"), "1");
}

static void add_key(void *self, const char *key, const char *value) {
    buf_addf(self, "%s=%s ", key, value);
}

static void etcd__leaves_are_visited_in_order_without_hidden_ones(void **state) {
    struct fixture *f = *state;
    static const char *const KEYS[] = {"/v2/keys/s/b", "/v2/keys/s/a/x", "/v2/keys/s/_h/x",
                                       "/v2/keys/sx"};
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++)
        assert_int_equal(call(f, "PUT", KEYS[i], "value=1"), 201);
    struct buf seen = BUF_INIT;
    etcd_each(f->etcd, "/s", add_key, &seen);
    etcd_each(f->etcd, "/sx", add_key, &seen);
    etcd_each(f->etcd, "/nope", add_key, &seen);
    bool as_expected = str_eq(buf_str(&seen), "/s/a/x=1 /s/b=1 /sx=1 ");
    buf_release(&seen);
    assert_true(as_expected);
    assert_null(etcd_get(f->etcd, "/s"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(etcd__answers_as_the_real_one),
        CASE(etcd__a_form_counts_only_with_its_content_type),
        CASE(etcd__a_long_poll_waits_for_the_next_change_only),
        CASE(etcd__a_watch_on_one_key_is_not_told_of_what_is_below),
        CASE(etcd__a_stream_goes_on_until_the_client_leaves),
        CASE(etcd__forgotten_history_is_an_error),
        CASE(etcd__keys_expire_on_the_worlds_clock_and_are_told),
        CASE(etcd__a_refresh_keeps_the_value_and_tells_nobody),
        CASE(etcd__a_folder_takes_its_timers_with_it),
        CASE(etcd__too_long_and_too_deep_keys_are_refused),
        CASE(etcd__leaves_are_visited_in_order_without_hidden_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
