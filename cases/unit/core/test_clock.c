#include "cases/unit/support/unit.h"

#include "harness/core/clock.h"

static void clock__formats_utc_and_reads_it_back(void **state) {
    (void)state;
    char text[CLOCK_TEXT_SIZE];
    assert_string_equal(clock_format_utc(1496394007123, text), "2017-06-02T09:00:07Z");
    assert_string_equal(clock_format_utc_ms(1496394007123, text), "2017-06-02T09:00:07.123Z");
    assert_true(clock_parse_utc(text) == 1496394007123);
    assert_string_equal(clock_format_juju(1496394007123, text), "02 Jun 2017 09:00:07Z");
}

static void clock__refuses_other_times(void **state) {
    (void)state;
    assert_true(clock_parse_utc("2017-06-02 09:00:07Z") == -1);
    assert_true(clock_parse_utc("2017-06-02T09:00:07+02:00") == -1);
    assert_true(clock_parse_utc("") == -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__formats_utc_and_reads_it_back),
        cmocka_unit_test(clock__refuses_other_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
