/*
 * The file that remembers runs (SQLite; README.md has what it says). Several processes may use it
 * at once: each waits for the others, and each run is added whole or not at all.
 *
 *     struct history *h = history_open("nightly.db", true, err);
 *     if (!h || history_add(h, results, &added, err) < 0)
 *         ...
 *     history_free(h);
 */
#ifndef CONFED_HISTORY_HISTORY_H
#define CONFED_HISTORY_HISTORY_H

#include "harness/core/err.h"
#include "harness/core/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct history;

/* Owned. NULL: ERR_NOT_FOUND (there is none, and it is not to be made), ERR_INPUT (another kind of
 * file, or of a newer version), ERR_IO. */
struct history *history_open(const char *path, bool make, struct err *err);
void history_free(struct history *h);
DEFINE_OWNED(struct history, history)

/*
 * Adds a run, which is known by its id; *ret_added is false when it was there already, and then
 * nothing changes. results (borrowed) must be checked by results_check. ERR_INPUT: without an id.
 */
int history_add(struct history *h, const json_t *results, bool *ret_added, struct err *err);

struct history_query {
    int64_t last;           /* that many runs, the latest; 0: 100 */
    const char *cases;      /* only cases that this glob matches; NULL: all */
    const char *world;      /* only runs of it; NULL: all */
    const char *kubernetes; /* only runs of this release; NULL: all */
};
/* Owned; the shape is in README.md. */
json_t *history_read(struct history *h, const struct history_query *q, struct err *err);

#endif
