#include "cases/unit/support/unit.h"

#include "harness/core/mem.h"
#include "harness/core/rng.h"
#include "harness/core/map.h"

#include <stdbool.h>

static void map__agrees_with_a_plain_table_over_many_changes(void **state) {
    (void)state;
    struct map m = {0};
    static bool there[500];
    static char values[500];
    struct rng rng;
    rng_init(&rng, 1);
    for (size_t step = 0; step < 20000; step++) {
        size_t i = rng_below(&rng, 500);
        char key[16];
        snprintf(key, sizeof(key), "key-%zu", i);
        if (rng_below(&rng, 2) == 0) {
            map_set(&m, key, &values[i]);
            there[i] = true;
        } else {
            map_remove(&m, key);
            there[i] = false;
        }
        size_t other = rng_below(&rng, 500);
        snprintf(key, sizeof(key), "key-%zu", other);
        assert_ptr_equal(map_get(&m, key), there[other] ? &values[other] : NULL);
    }
    size_t count = 0;
    for (size_t i = 0; i < 500; i++)
        count += there[i];
    assert_int_equal(m.count, count);
    map_release(&m);
    assert_null(map_get(&m, "key-1"));
    map_remove(&m, "key-1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map__agrees_with_a_plain_table_over_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
