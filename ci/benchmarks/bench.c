#include "ci/benchmarks/bench.h"

#include "harness/core/buf.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"

#include <stdlib.h>

void bench_print(const struct bench_line *l) {
    CLEANUP(json_freep) json_t *line = json_object();
    json_set_str(line, "name", l->name);
    json_object_set_new(line, "value", json_real(l->value));
    json_set_str(line, "unit", l->unit);
    json_object_set_new(line, "yardstick", l->yardstick ? json_string(l->yardstick) : json_null());
    json_object_set_new(line, "ratio", l->yardstick ? json_real(l->ratio) : json_null());
    json_object_set_new(line, "goal", l->goal ? json_string(l->goal) : json_null());
    json_set_bool(line, "ok", l->ok || !l->goal);
    CLEANUP(str_freep) char *text = json_text(line);
    printf("%s\n", text);
    fflush(stdout);
}

double bench_resident_mb(int pid) {
    CLEANUP(str_freep)
    char *path = pid ? xasprintf("/proc/%d/statm", pid) : xstrdup("/proc/self/statm");
    struct buf text = BUF_INIT;
    long long pages = 0;
    if (fs_read(path, &text, NULL) == 0)
        (void)sscanf(buf_str(&text), "%*d %lld", &pages);
    buf_release(&text);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

double bench_cpu_ms(int pid) {
    CLEANUP(str_freep) char *path = xasprintf("/proc/%d/schedstat", pid);
    struct buf text = BUF_INIT;
    long long ns = 0;
    if (fs_read(path, &text, NULL) == 0)
        (void)sscanf(buf_str(&text), "%lld", &ns);
    buf_release(&text);
    return (double)ns / 1e6;
}

double bench_peak_mb(void) {
    struct buf text = BUF_INIT;
    long long kib = 0;
    const char *line =
        fs_read("/proc/self/status", &text, NULL) == 0 ? strstr(buf_str(&text), "VmHWM:") : NULL;
    if (line)
        (void)sscanf(line, "VmHWM: %lld", &kib);
    buf_release(&text);
    return (double)kib * 1024 / 1e6;
}

void bench_reset_peak(void) {
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f)
        return;
    (void)fputs("5", f);
    (void)fclose(f);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}
