/* The little statistics that comparing runs needs. Values only. */
#ifndef CONFED_JUDGE_STATS_H
#define CONFED_JUDGE_STATS_H

#include <stddef.h>

struct counted { /* of so many runs, so many were good */
    size_t good, all;
};

/*
 * Fisher's exact test, one-sided, as mid-p: how likely a clearer difference in favour of a than
 * this one would be if both were equally good, and half of how likely this very one. The plain test
 * counts this one whole, which with a few runs makes it err on the careful side far more often than
 * it says (Lancaster, "Significance tests in discrete distributions", JASA 56, 1961; Lydersen,
 * Fagerland and Laake, "Recommended tests for association in 2x2 tables", Statistics in Medicine
 * 28, 2009). 1 when one of them has no run.
 */
double stats_fisher(struct counted a, struct counted b);

/*
 * How many more runs of each side would make stats_fisher(a, b) at most alpha if both go on with
 * the shares of good runs that they show; 0 when it is so now. 0 < alpha < 1. At most 10,000: more
 * means that the shares do not differ, or too little to be told apart.
 */
size_t stats_runs_needed(struct counted a, struct counted b, double alpha);

/* The median; the values are sorted by it. 0 for none. */
double stats_median(double *values, size_t count);
/* The median distance from the median, scaled to be a standard deviation where values are normal;
 * the values are changed. */
double stats_deviation(double *values, size_t count);

#endif
