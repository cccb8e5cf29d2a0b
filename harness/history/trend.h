/*
 * What the runs of one case say together: how often it flips between red and not red, and whether
 * it has become slower. Pure functions over arrays.
 */
#ifndef CONFED_HISTORY_TREND_H
#define CONFED_HISTORY_TREND_H

#include "harness/model/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trend_point {
    size_t kind; /* runs of the same world and release have the same */
    enum verdict verdict;
    int64_t elapsed_ms;
};

struct trend {
    size_t runs, judged, red, pairs, flips;
    double flake_rate; /* flips of pairs */
    bool flaky;
    double median_ms;             /* of the latest 100 times */
    double earlier_ms, recent_ms; /* 0 where nothing was measured */
    const char *direction;        /* "steady", "slower", "faster" or "unknown" */
};

/* The points are in the order in which the runs started. */
struct trend trend_of(const struct trend_point *points, size_t count);

#endif
