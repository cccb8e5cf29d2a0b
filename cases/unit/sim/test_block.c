#include "cases/unit/support/unit.h"

#include "mocks/sim/block.h"

#include <stdlib.h>
#include <string.h>

static void block__two_worlds_never_share_addresses(void **state) {
    (void)state;
    struct rng a, b;
    rng_init(&a, 7);
    rng_init(&b, 7); /* the same seed: they try in the same order */
    struct err err = {0};
    struct block *first = block_claim(&a, &err), *second = block_claim(&b, &err);
    assert_non_null(first);
    assert_non_null(second);
    assert_string_not_equal(block_prefix(first), block_prefix(second));

    char *address = block_address(first, 10, 11);
    assert_int_equal(strncmp(address, block_prefix(first), strlen(block_prefix(first))), 0);
    assert_non_null(strstr(address, ".10.11"));
    free(address);

    /* What one gives back another can have. */
    char *freed = strdup(block_prefix(first));
    block_free(first);
    rng_init(&a, 7);
    first = block_claim(&a, &err);
    assert_string_equal(block_prefix(first), freed);
    free(freed);
    block_free(first);
    block_free(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block__two_worlds_never_share_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
