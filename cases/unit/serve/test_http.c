#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "mocks/serve/http.h"

#include <stdlib.h>

static void http__headers_are_found_without_case_and_the_first_wins(void **state) {
    (void)state;
    struct http_headers h = {0};
    http_headers_add(&h, "Accept", "application/json");
    http_headers_add(&h, "accept", "text/html");
    assert_string_equal(http_headers_get(&h, "ACCEPT"), "application/json");
    assert_null(http_headers_get(&h, "Accep"));
    http_headers_release(&h);
    assert_null(http_headers_get(&h, "Accept"));
}

static void http__a_token_is_a_whole_element_of_any_such_header(void **state) {
    (void)state;
    static const struct {
        const char *value, *token;
        bool there;
    } rows[] = {
        {"Upgrade", "upgrade", true},
        {"keep-alive, Upgrade", "upgrade", true},
        {" keep-alive ,close", "keep-alive", true},
        {"upgraded", "upgrade", false},
        {"", "upgrade", false},
        {",,,", "upgrade", false},
        {"gzip;q=0", "gzip", false},
        {"a", "", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_headers h = {0};
        http_headers_add(&h, "Connection", "first");
        http_headers_add(&h, "connection", rows[i].value);
        assert_int_equal(http_headers_has_token(&h, "Connection", rows[i].token), rows[i].there);
        http_headers_release(&h);
    }
}

static void http__query_values_are_decoded_by_name_and_number(void **state) {
    (void)state;
    static const struct {
        const char *query, *name;
        size_t index;
        const char *want;
    } rows[] = {
        {"watch=1&limit=500", "limit", 0, "500"},
        {"labelSelector=app%3Dnginx%2Ctier+x", "labelSelector", 0, "app=nginx,tier x"},
        {"command=sh&command=-c&command=a%26b", "command", 2, "a&b"},
        {"command=sh", "command", 1, NULL},
        {"watch", "watch", 0, ""},
        {"watch=", "watch", 0, ""},
        {"a=b=c", "a", 0, "b=c"},
        {"%77atch=1", "watch", 0, "1"},
        {"watch=%zz", "watch", 0, NULL},
        {"watch=%zz&watch=2", "watch", 0, "2"},
        {"", "watch", 0, NULL},
        {"&&=x&", "watch", 0, NULL},
        {"unwatch=1", "watch", 0, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *got = http_query_get_nth(rows[i].query, rows[i].name, rows[i].index);
        if (rows[i].want) {
            assert_non_null(got);
            assert_string_equal(got, rows[i].want);
        } else {
            assert_null(got);
        }
        free(got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__headers_are_found_without_case_and_the_first_wins),
        cmocka_unit_test(http__a_token_is_a_whole_element_of_any_such_header),
        cmocka_unit_test(http__query_values_are_decoded_by_name_and_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
