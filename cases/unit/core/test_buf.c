#include "cases/unit/support/unit.h"

#include "harness/core/buf.h"

#include <stdlib.h>

static void buf__past_its_limit_latches_and_keeps_what_it_had(void **state) {
    (void)state;
    struct buf b = BUF_INIT_LIMIT(4);
    buf_adds(&b, "abc");
    buf_adds(&b, "de");
    buf_adds(&b, "f");
    assert_true(buf_failed(&b));
    assert_string_equal(buf_str(&b), "abc");
    buf_clear(&b);
    buf_adds(&b, "wxyz");
    assert_false(buf_failed(&b));
    assert_string_equal(buf_str(&b), "wxyz");
    buf_release(&b);
}

static void buf__formats_consumes_and_detaches(void **state) {
    (void)state;
    struct buf b = BUF_INIT;
    buf_addf(&b, "%s-%d", "port", 30229);
    buf_consume(&b, 5);
    buf_truncate(&b, 3);
    assert_string_equal(buf_str(&b), "302");
    char *text = buf_detach(&b);
    assert_string_equal(text, "302");
    assert_string_equal(buf_str(&b), "");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf__past_its_limit_latches_and_keeps_what_it_had),
        cmocka_unit_test(buf__formats_consumes_and_detaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
