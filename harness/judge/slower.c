#include "harness/judge/slower.h"
#include "harness/core/mem.h"
#include "harness/judge/stats.h"

#include <math.h>
#include <stdlib.h>

/* Less than this is no matter to anybody, and within what a scheduler does. */
#define LEAST_MS 100.0
#define LEAST_SINGLE_MS 500.0
#define LEAST_SHARE 1.25
#define LEAST_SINGLE_SHARE 2.0
#define DEVIATIONS 3.0
enum { RUNS_ENOUGH = 3, CASES_ENOUGH = 10 };

/* Below a few milliseconds a ratio is the clock's grain. */
static double log_ratio(const struct sample *base, const struct sample *candidate) {
    return log((candidate->median_ms + 5) / (base->median_ms + 5));
}

static bool has_times(const struct sample *s) {
    return s && s->ms_count > 0;
}

struct slower_scale slower_scale_of(const struct samples *base, const struct samples *candidate) {
    double *ratios = xcalloc(candidate->count + 1, sizeof(*ratios));
    size_t count = 0;
    for (size_t i = 0; i < candidate->count; i++) {
        const struct sample *before = samples_find(base, candidate->list[i].id);
        if (has_times(before) && has_times(&candidate->list[i]))
            ratios[count++] = log_ratio(before, &candidate->list[i]);
    }
    struct slower_scale scale = {.known = count >= CASES_ENOUGH};
    scale.usual = stats_median(ratios, count);
    scale.noise = stats_deviation(ratios, count);
    free(ratios);
    return scale;
}

static double deviation_of(const struct sample *s) {
    double *copy = xmemdup(s->ms, s->ms_count * sizeof(*copy));
    double deviation = stats_deviation(copy, s->ms_count);
    free(copy);
    return deviation;
}

bool slower_is(const struct slower_scale *scale, const struct sample *base,
               const struct sample *candidate) {
    if (!has_times(base) || !has_times(candidate))
        return false;
    double before = base->median_ms, now = candidate->median_ms;
    if (base->ms_count >= RUNS_ENOUGH && candidate->ms_count >= RUNS_ENOUGH) {
        double noise = fmax(deviation_of(base), deviation_of(candidate));
        return now - before > fmax(DEVIATIONS * noise, LEAST_MS) && now > before * LEAST_SHARE;
    }
    if (now - before < LEAST_SINGLE_MS || now < before * LEAST_SINGLE_SHARE)
        return false;
    /* Where the whole machine was slower, that is taken off first. */
    return !scale->known ||
           log_ratio(base, candidate) >
               fmax(scale->usual, 0) + fmax(DEVIATIONS * scale->noise, log(LEAST_SINGLE_SHARE));
}
