/*
 * Whether a case has become slower by more than the noise. With runs enough of each side, the noise
 * is what the case itself shows; with one run of each, it is what all cases together show: a
 * machine that is busier makes all of them slower, and none of them is to blame. Private to
 * compare.
 */
#ifndef CONFED_JUDGE_SLOWER_H
#define CONFED_JUDGE_SLOWER_H

#include "harness/judge/samples.h"

struct slower_scale {
    double usual; /* the logarithm of candidate's to base's time that is usual among all cases */
    double noise; /* its deviation */
    bool known;   /* there are cases enough to say so */
};
struct slower_scale slower_scale_of(const struct samples *base, const struct samples *candidate);
bool slower_is(const struct slower_scale *scale, const struct sample *base,
               const struct sample *candidate);

#endif
