#include "harness/judge/stats.h"

#include <math.h>
#include <stdlib.h>

enum { RUNS_NEEDED_MAX = 10000 };

/* The logarithm of n choose k. */
static double log_choose(size_t n, size_t k) {
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

double stats_fisher(struct counted a, struct counted b) {
    if (a.all == 0 || b.all == 0)
        return 1;
    size_t all = a.all + b.all, good = a.good + b.good;
    double whole = log_choose(all, good), sum = 0;
    size_t most = good < a.all ? good : a.all;
    for (size_t x = a.good; x <= most; x++) {
        double chance = exp(log_choose(a.all, x) + log_choose(b.all, good - x) - whole);
        sum += x == a.good ? chance / 2 : chance;
    }
    return sum < 1 ? sum : 1;
}

static struct counted grown(struct counted c, size_t more) {
    size_t all = c.all + more;
    double share = (double)c.good / (double)c.all;
    return (struct counted){.good = (size_t)lround(share * (double)all), .all = all};
}

size_t stats_runs_needed(struct counted a, struct counted b, double alpha) {
    if (a.all == 0 || b.all == 0)
        return RUNS_NEEDED_MAX;
    /* Doubling first: the share that is rounded makes it no strictly falling function, but nearly.
     */
    size_t high = 0;
    while (stats_fisher(grown(a, high), grown(b, high)) > alpha) {
        high = high ? high * 2 : 1;
        if (high > RUNS_NEEDED_MAX)
            return RUNS_NEEDED_MAX;
    }
    size_t from = high / 2;
    for (size_t more = from; more < high; more++)
        if (stats_fisher(grown(a, more), grown(b, more)) <= alpha)
            return more;
    return high;
}

static int order(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

double stats_median(double *values, size_t count) {
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), order);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double stats_deviation(double *values, size_t count) {
    double median = stats_median(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - median);
    return 1.4826 * stats_median(values, count);
}
