#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "reports/clean.h"
#include "reports/pen.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *in, *out;
} rows[] = {
    {"plain text stays", "a b\n\tc", "a b\n\tc"},
    {"characters of two, three and four bytes stay", "\xc3\xa9\xe4\xb8\x96\xf0\x9f\x94\xb4",
     "\xc3\xa9\xe4\xb8\x96\xf0\x9f\x94\xb4"},
    {"a colour goes", "\033[1;31mred\033[0m", "red"},
    {"a window's title goes", "\033]0;title\007x\033]8;;http://a\033\\y", "xy"},
    {"a character set's choice goes", "\033(Bx", "x"},
    {"a lone escape goes", "a\033", "a"},
    {"an unfinished sequence goes", "a\033[31", "a"},
    {"an unfinished title keeps what follows", "a\033]0;b", "a0;b"},
    {"controls go", "a\001\002\b\vb\177", "ab"},
    {"ends of lines become one kind", "a\r\nb\rc", "a\nb\nc"},
    {"controls of C1 go",
     "a\xc2\x9b"
     "b",
     "ab"},
    {"what XML forbids goes",
     "a\xef\xbf\xbe\xef\xbf\xbf"
     "b",
     "ab"},
    {"a lone tail is replaced",
     "a\x80"
     "b",
     "a\xef\xbf\xbd"
     "b"},
    {"a character cut short is replaced", "a\xe4\xb8", "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"an overlong form is replaced", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"a surrogate is replaced", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"beyond Unicode is replaced", "\xf4\x90\x80\x80",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

static void clean__leaves_only_what_can_be_shown(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf out = BUF_INIT;
        clean_add(&out, rows[i].in, strlen(rows[i].in), 1000);
        if (strcmp(buf_str(&out), rows[i].out) != 0)
            fail_msg("%s: \"%s\"", rows[i].name, buf_str(&out));
        buf_release(&out);
    }
}

static void clean__makes_utf8_of_every_pair_of_bytes(void **state) {
    (void)state;
    for (int first = 0; first < 256; first++) {
        struct buf out = BUF_INIT;
        for (int second = 0; second < 256; second++) {
            char pair[] = {(char)first, (char)second, 'x'};
            buf_clear(&out);
            clean_add(&out, pair, sizeof(pair), 100);
            assert_true(str_is_utf8(buf_str(&out), out.len));
            assert_int_equal(strlen(buf_str(&out)), out.len);
            for (size_t i = 0; i < out.len; i++) {
                unsigned char c = (unsigned char)out.data[i];
                assert_true(c >= 0x20 || c == '\n' || c == '\t');
            }
        }
        buf_release(&out);
    }
}

static void clean__cuts_between_characters_and_says_so(void **state) {
    (void)state;
    const char *text = "ab\xe4\xb8\x96"
                       "cd";
    static const char *const wanted[] = {" [cut: 7 bytes in all]",
                                         "a [cut: 7 bytes in all]",
                                         "ab [cut: 7 bytes in all]",
                                         "ab [cut: 7 bytes in all]",
                                         "ab [cut: 7 bytes in all]",
                                         "ab\xe4\xb8\x96 [cut: 7 bytes in all]",
                                         "ab\xe4\xb8\x96"
                                         "c [cut: 7 bytes in all]",
                                         "ab\xe4\xb8\x96"
                                         "cd"};
    for (size_t max = 0; max < ARRAY_LEN(wanted); max++) {
        struct buf out = BUF_INIT;
        clean_add(&out, text, strlen(text), max);
        assert_string_equal(buf_str(&out), wanted[max]);
        buf_release(&out);
    }
}

static void pen__needs_no_memory_for_a_hundred_megabytes(void **state) {
    (void)state;
    size_t len = (size_t)100 << 20;
    char *huge = malloc(len);
    assert_non_null(huge);
    memset(huge, '\033', len);
    memset(huge, 'x', 5000);
    json_t *value = json_stringn_nocheck(huge, len);
    free(huge);
    char *text = NULL;
    size_t text_len = 0;
    FILE *out = open_memstream(&text, &text_len);
    struct pen p;
    pen_begin(&p, out, 4096);
    p.clean.limit = 8192; /* more would latch, and be seen as a text without its end */
    pen_text(&p, PEN_XML, (struct pen_span){json_string_value(value), json_string_length(value)});
    pen_end(&p);
    fclose(out);
    assert_non_null(strstr(text, "x [cut: 104857600 bytes in all]"));
    assert_true(text_len < 4200);
    free(text);
    json_decref(value);
}

static void pen__cuts_a_value_and_says_so(void **state) {
    (void)state;
    json_t *value = json_pack("{s:s,s:s}", "a", "\xe4\xb8\x96\xe4\xb8\x96\xe4\xb8\x96", "b", "c");
    for (size_t max = 1; max < 30; max++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        struct pen p;
        pen_begin(&p, out, 4096);
        pen_value(&p, PEN_PLAIN, value, false, max);
        pen_end(&p);
        fclose(out);
        assert_null(strstr(text, "\xef\xbf\xbd"));
        assert_int_equal(strstr(text, "[cut: 25 bytes in all]") == NULL, max >= 25);
        free(text);
    }
    json_decref(value);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean__leaves_only_what_can_be_shown),
        cmocka_unit_test(clean__makes_utf8_of_every_pair_of_bytes),
        cmocka_unit_test(clean__cuts_between_characters_and_says_so),
        cmocka_unit_test(pen__needs_no_memory_for_a_hundred_megabytes),
        cmocka_unit_test(pen__cuts_a_value_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
