#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/dns/dns_query.h"

#include <string.h>

static void dns_query__is_built_with_recursion_desired(void **state) {
    (void)state;
    struct buf b = BUF_INIT;
    static const char WANT[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\0\1a\7example\0\0\x21\0\1";
    assert_int_equal(dns_query_build("a.example.", "SRV", 0x1234, &b, NULL), 0);
    bool equal = b.len == sizeof(WANT) - 1 && memcmp(b.data, WANT, b.len) == 0;
    buf_release(&b);
    assert_true(equal);
}

static void dns_query__bad_names_and_types_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *type;
    } rows[] = {
        {"a.example", "NOSUCH"},
        {"a..example", "A"},
        {"", "A"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", "A"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT;
        struct err err = {0};
        int r = dns_query_build(rows[i].name, rows[i].type, 1, &b, &err);
        buf_release(&b);
        if (r != ERR_USAGE)
            fail_msg("row %zu: %d", i, r);
    }
}

static void dns_reply__what_is_no_reply_is_refused(void **state) {
    (void)state;
    struct buf b = BUF_INIT;
    struct err err = {0};
    assert_int_equal(dns_query_build("a.example", "A", 1, &b, NULL), 0);
    json_t *query = dns_reply_parse(b.data, b.len, &err);
    json_t *half = dns_reply_parse(b.data, b.len - 1, NULL);
    json_t *none = dns_reply_parse("", 0, NULL);
    buf_release(&b);
    assert_null(query);
    assert_null(half);
    assert_null(none);
    assert_int_equal(err.code, ERR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_query__is_built_with_recursion_desired),
        cmocka_unit_test(dns_query__bad_names_and_types_are_refused),
        cmocka_unit_test(dns_reply__what_is_no_reply_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
