#include "cases/unit/support/unit.h"

#include "harness/core/rng.h"

#include <string.h>

static void rng__the_same_seed_gives_the_same_numbers(void **state) {
    (void)state;
    struct rng a, b, c;
    rng_init(&a, 7);
    rng_init(&b, 7);
    rng_init(&c, 8);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        uint32_t n = rng_u32(&a);
        assert_int_equal(n, rng_u32(&b));
        same += n == rng_u32(&c);
    }
    assert_true(same < 3);
}

static void rng__stays_below_its_bound_and_reaches_it(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 1);
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t n = rng_below(&r, 5);
        assert_true(n < 5);
        seen |= 1u << n;
        double unit = rng_unit(&r);
        assert_true(unit >= 0 && unit < 1);
    }
    assert_int_equal(seen, 31);
}

static void rng__uuids_are_version_4(void **state) {
    (void)state;
    struct rng r;
    rng_init(&r, 1);
    for (int i = 0; i < 100; i++) {
        char text[37];
        rng_uuid(&r, text);
        assert_int_equal(strlen(text), 36);
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng__the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(rng__stays_below_its_bound_and_reaches_it),
        cmocka_unit_test(rng__uuids_are_version_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
