#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"

#include <string.h>

static void str__numbers_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {{"30229", true},
                {"-1", false},
                {"65536", false},
                {"", false},
                {" 1", false},
                {"1 ", false},
                {"0x1", false},
                {"+1", false},
                {NULL, false},
                {"0", true},
                {"99999999999999999999", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t value = -7;
        assert_int_equal(str_to_int(rows[i].text, 0, 65535, &value), rows[i].ok);
        if (!rows[i].ok)
            assert_true(value == -7);
    }
}

static void str__lines_are_what_is_between_newlines(void **state) {
    (void)state;
    static const char text[] = "one\n\ntwo\0\nthree";
    static const struct {
        const char *line;
        size_t len;
    } rows[] = {{"one", 3}, {"", 0}, {"two\0", 4}, {"thr", 3}};
    const char *at = text, *end = text + sizeof(text) - 3, *line; /* cut in its last */
    size_t len = 99;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        line = str_line(&at, end, &len);
        assert_non_null(line);
        assert_int_equal(len, rows[i].len);
        assert_memory_equal(line, rows[i].line, len);
    }
    assert_null(str_line(&at, end, &len));
    at = text;
    assert_non_null(str_line(&at, text + 4, &len)); /* nothing is behind the last newline */
    assert_null(str_line(&at, text + 4, &len));
}

static void str__utf8_follows_rfc_3629(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {{"plain", true},
                {"gr\xc3\xbcn", true},
                {"\xe2\x82\xac", true},
                {"\xf0\x9f\x98\x80", true},
                {"\xc0\x80", false},
                {"\xed\xa0\x80", false},
                {"\xf4\x90\x80\x80", false},
                {"\xe2\x82", false},
                {"\x80", false},
                {"\xff", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(str_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].ok);
}

static void str__percent_escapes_are_decoded_or_refused(void **state) {
    (void)state;
    char good[] = "app%3Dnginx%2Ctier+x";
    assert_true(str_url_decode(good, true));
    assert_string_equal(good, "app=nginx,tier x");
    char bad[][8] = {"%", "%4", "%zz", "a%00b"};
    for (size_t i = 0; i < 4; i++)
        assert_false(str_url_decode(bad[i], false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str__numbers_are_read_strictly),
        cmocka_unit_test(str__lines_are_what_is_between_newlines),
        cmocka_unit_test(str__utf8_follows_rfc_3629),
        cmocka_unit_test(str__percent_escapes_are_decoded_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
