#include "cases/unit/support/unit.h"

#include "harness/core/base64.h"

#include <stdlib.h>
#include <string.h>

static void base64__encodes_the_vectors_of_rfc_4648(void **state) {
    (void)state;
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = base64_encode(rows[i][0], strlen(rows[i][0]));
        assert_string_equal(text, rows[i][1]);
        size_t len;
        char *data = base64_decode(text, &len);
        assert_non_null(data);
        assert_int_equal(len, strlen(rows[i][0]));
        assert_memory_equal(data, rows[i][0], len);
        free(data);
        free(text);
    }
}

static void base64__refuses_what_is_not_base64(void **state) {
    (void)state;
    static const char *const rows[] = {"Zg=", "Z", "Zg==Zg==", "Z!==", "====", "Zg=a"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len;
        assert_null(base64_decode(rows[i], &len));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64__encodes_the_vectors_of_rfc_4648),
        cmocka_unit_test(base64__refuses_what_is_not_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
