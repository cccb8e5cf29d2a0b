#include "cases/unit/support/unit.h"

#include "harness/core/hash.h"

#include <string.h>

/* Placements and leaves seen on a real federation. */
static void hash__matches_what_a_real_federation_computed(void **state) {
    (void)state;
    assert_int_equal(hash_fnv1_32("c1default/nginx", 15), 0xd9c950b5u);
    assert_int_equal(hash_fnv1_32("c2default/nginx", 15), 0x8d170914u);
    assert_int_equal(hash_fnv1_32("c3default/nginx", 15), 0x53b4ac97u);
    assert_int_equal(hash_fnv1a_32("203.0.113.11", 12), 0x389da9d9u);
    assert_int_equal(hash_fnv1a_32("127.0.0.1", 9), 0x08a3d11eu);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash__matches_what_a_real_federation_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
