#include "cases/unit/support/unit.h"

#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/dns/dns_chain.h"

#include <string.h>

static int set_up(void **state) {
    *state = dns_chain_new("A.example", "A");
    return 0;
}

static int tear_down(void **state) {
    dns_chain_free(*state);
    return 0;
}

/* "owner TYPE data" each, ends with NULL. */
static bool take(struct dns_chain *c, const char *rcode, const char *const records[]) {
    json_t *answer = json_array();
    for (; *records; records++) {
        char owner[64], type[16], data[64];
        assert_int_equal(sscanf(*records, "%63s %15s %63s", owner, type, data), 3);
        json_array_append_new(answer, json_pack("{s:s, s:s, s:i, s:s}", "name", owner, "type", type,
                                                "ttl", 180, "data", data));
    }
    json_t *reply =
        json_pack("{s:s, s:b, s:o, s:[]}", "rcode", rcode, "aa", 1, "answer", answer, "additional");
    bool more = dns_chain_read(c, reply);
    json_decref(reply);
    return more;
}

static void is(const struct dns_chain *c, const char *end, const char *final, size_t hops,
               size_t records) {
    json_t *r = dns_chain_result(c);
    assert_string_equal(json_str(r, "end", NULL), end);
    assert_string_equal(json_str(r, "final", NULL), final);
    assert_int_equal(json_array_size(json_object_get(r, "chain")), hops);
    assert_int_equal(json_array_size(json_object_get(r, "records")), records);
    json_decref(r);
}

#define RECORDS(...)        \
    (const char *const[]) { \
        __VA_ARGS__, NULL   \
    }
static const char *const none[] = {NULL};

static void dns_chain__one_reply_may_hold_the_whole_way(void **state) {
    struct dns_chain *c = *state;
    assert_string_equal(dns_chain_name(c), "A.example.");
    assert_false(take(c, "NOERROR",
                      RECORDS("c.example. A 10.0.0.1", "a.example. CNAME b.example.",
                              "b.example. CNAME C.example.", "c.example. A 10.0.0.2",
                              "d.example. A 10.0.0.3")));
    is(c, "found", "C.example.", 2, 2);
}

static void dns_chain__where_a_server_stops_the_next_name_is_asked(void **state) {
    struct dns_chain *c = *state;
    assert_true(take(c, "NOERROR", RECORDS("a.example. CNAME b.other.")));
    assert_string_equal(dns_chain_name(c), "b.other.");
    assert_false(take(c, "NOERROR", RECORDS("b.other. A 10.0.0.1")));
    is(c, "found", "b.other.", 1, 1);
}

static void dns_chain__no_address_at_the_end_is_nodata(void **state) {
    struct dns_chain *c = *state;
    assert_true(take(c, "NOERROR", RECORDS("a.example. CNAME b.other.")));
    assert_false(take(c, "NOERROR", none));
    is(c, "nodata", "b.other.", 1, 0);
}

static void dns_chain__an_error_of_the_target_is_the_result(void **state) {
    struct dns_chain *c = *state;
    assert_false(take(c, "NXDOMAIN", RECORDS("a.example. CNAME b.other.")));
    is(c, "error", "b.other.", 1, 0);
}

static void dns_chain__a_loop_within_a_reply_ends(void **state) {
    struct dns_chain *c = *state;
    assert_false(
        take(c, "NOERROR", RECORDS("a.example. CNAME b.example.", "b.example. CNAME a.EXAMPLE.")));
    is(c, "loop", "a.EXAMPLE.", 2, 0);
}

static void dns_chain__a_loop_over_several_replies_ends(void **state) {
    struct dns_chain *c = *state;
    assert_true(take(c, "NOERROR", RECORDS("a.example. CNAME b.example.")));
    assert_false(take(c, "NOERROR", RECORDS("b.example. CNAME a.example.")));
    is(c, "loop", "a.example.", 2, 0);
}

static void dns_chain__a_way_without_end_is_cut(void **state) {
    struct dns_chain *c = *state;
    char record[64];
    for (int i = 0; i < DNS_CHAIN_MAX; i++) {
        snprintf(record, sizeof(record), "%s CNAME n%d.example.", dns_chain_name(c), i);
        assert_int_equal(take(c, "NOERROR", RECORDS(record)), i < DNS_CHAIN_MAX - 1);
    }
    is(c, "long", "n15.example.", DNS_CHAIN_MAX, 0);
}

static void dns_chain__a_question_for_the_cname_itself_is_not_followed(void **state) {
    (void)state;
    struct dns_chain *c = dns_chain_new("a.example.", "CNAME");
    bool more = take(c, "NOERROR", RECORDS("a.example. CNAME b.example."));
    json_t *r = dns_chain_result(c);
    dns_chain_free(c);
    assert_false(more);
    assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
    assert_int_equal(json_array_size(json_object_get(r, "chain")), 0);
    json_decref(r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(dns_chain__one_reply_may_hold_the_whole_way),
        CASE(dns_chain__where_a_server_stops_the_next_name_is_asked),
        CASE(dns_chain__no_address_at_the_end_is_nodata),
        CASE(dns_chain__an_error_of_the_target_is_the_result),
        CASE(dns_chain__a_loop_within_a_reply_ends),
        CASE(dns_chain__a_loop_over_several_replies_ends),
        CASE(dns_chain__a_way_without_end_is_cut),
        CASE(dns_chain__a_question_for_the_cname_itself_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
