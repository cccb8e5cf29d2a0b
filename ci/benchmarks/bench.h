/* What the programs of the benchmarks share: a line of the table, and what the machine says of us.
 */
#ifndef CONFED_BENCH_H
#define CONFED_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_line {
    const char *name;
    double value;
    const char *unit;
    const char *yardstick; /* NULL: none, and no ratio */
    double ratio;
    const char *goal; /* NULL: none; then ok */
    bool ok;
};
/* Prints it as JSON. */
void bench_print(const struct bench_line *l);

/* Resident memory of a process (0: this one) in MB of a million bytes. */
double bench_resident_mb(int pid);
/* Processor time that the first thread of a process has used, in milliseconds. */
double bench_cpu_ms(int pid);
/* The most that was resident in this process since the reset, in the same MB. */
double bench_peak_mb(void);
void bench_reset_peak(void);
/* The middle one; sorts values. */
double bench_median(double *values, size_t count);

#endif
