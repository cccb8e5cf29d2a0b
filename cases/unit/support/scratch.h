/* A folder of its own as the state of a test: cmocka_unit_test_setup_teardown(test, scratch_make,
 * scratch_remove). */
#ifndef CONFED_UNIT_SCRATCH_H
#define CONFED_UNIT_SCRATCH_H

#include "harness/core/fs.h"
#include "harness/core/mem.h"

#include <stdlib.h>

static inline int scratch_make(void **state) {
    char *dir = xstrdup("/tmp/confed-unit.XXXXXX");
    *state = dir;
    return mkdtemp(dir) ? 0 : -1;
}

static inline int scratch_remove(void **state) {
    int rc = fs_remove_tree(*state, NULL);
    free(*state);
    return rc;
}

#endif
