#include "harness/history/trend.h"
#include "harness/core/mem.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_SHARE 0.25
#define LEAST_MS 50.0
#define DEVIATIONS 3.0
enum { MEDIAN_MAX = 100, HALF_MAX = 20, TIMES_ENOUGH = 6, FLIPS_OF_A_FLAKE = 2 };

static bool is_judged(enum verdict v) {
    return v != VERDICT_UNSUPPORTED && v != VERDICT_BLOCKED;
}

/* Between two runs next to each other only where world and release are the same: a change from one
 * release to another is no flake. */
static void count_flips(const struct trend_point *points, size_t count, struct trend *t) {
    for (size_t i = 0; i < count; i++) {
        if (!is_judged(points[i].verdict))
            continue;
        t->judged++;
        t->red += verdict_is_red(points[i].verdict);
        size_t k = i; /* the run before of the same kind */
        while (k-- > 0 && (points[k].kind != points[i].kind || !is_judged(points[k].verdict)))
            ;
        if (k == SIZE_MAX)
            continue;
        t->pairs++;
        t->flips += verdict_is_red(points[k].verdict) != verdict_is_red(points[i].verdict);
    }
    t->flake_rate = t->pairs ? (double)t->flips / (double)t->pairs : 0;
    t->flaky = t->flips >= FLIPS_OF_A_FLAKE;
}

static int order(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Sorts the values. */
static double median(double *values, size_t count) {
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), order);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double deviation(double *values, size_t count, double middle) {
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - middle);
    return 1.4826 * median(values, count);
}

static void measure(double *times, size_t count, struct trend *t) {
    t->direction = "unknown";
    if (count == 0)
        return;
    size_t half = count / 2 < HALF_MAX ? count / 2 : HALF_MAX;
    double earlier[HALF_MAX], recent[HALF_MAX];
    for (size_t i = 0; i < half; i++) {
        recent[i] = times[count - half + i];
        earlier[i] = times[count - 2 * half + i];
    }
    t->earlier_ms = half ? median(earlier, half) : times[0];
    t->recent_ms = half ? median(recent, half) : times[0];
    size_t latest = count < MEDIAN_MAX ? count : MEDIAN_MAX;
    t->median_ms = median(times + count - latest, latest);
    if (count < TIMES_ENOUGH)
        return;
    double noise =
        fmax(deviation(earlier, half, t->earlier_ms), deviation(recent, half, t->recent_ms));
    double change = t->recent_ms - t->earlier_ms;
    bool matters = fabs(change) > LEAST_MS && fabs(change) > LEAST_SHARE * t->earlier_ms &&
                   fabs(change) > DEVIATIONS * noise;
    t->direction = !matters ? "steady" : change > 0 ? "slower" : "faster";
}

struct trend trend_of(const struct trend_point *points, size_t count) {
    struct trend t = {.runs = count};
    double *times = xcalloc(count + 1, sizeof(*times));
    size_t measured = 0;
    for (size_t i = 0; i < count; i++)
        if (points[i].verdict == VERDICT_PASSED || points[i].verdict == VERDICT_KNOWN_GAP)
            times[measured++] = (double)points[i].elapsed_ms;
    count_flips(points, count, &t);
    measure(times, measured, &t);
    free(times);
    return t;
}
