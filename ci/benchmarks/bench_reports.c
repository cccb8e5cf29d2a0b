/*
 * usage: bench_reports FOLDER
 * A hundred thousand results in each format: how long writing takes, and how much memory it needs
 * beside the results themselves.
 */
#include "ci/benchmarks/bench.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "reports/report.h"

#include <stdlib.h>

#define RESULTS 100000
#define MEMORY_MB_MAX 10

static const char *const verdicts[] = {"passed",  "passed",      "passed",      "passed",
                                       "failed",  "error",       "known-gap",   "gap-vanished",
                                       "blocked", "gap-changed", "gap-expired", "unsupported"};

static json_t *make_result(size_t i) {
    const char *verdict = verdicts[i % ARRAY_LEN(verdicts)];
    CLEANUP(str_freep) char *id = xasprintf("area%zu.case-%zu", i % 100, i);
    CLEANUP(str_freep) char *title = xasprintf("case %zu holds <what> it \"says\" & more", i);
    json_t *result = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:i,s:{s:s},s:[{s:s,s:s,s:s,s:i,s:i,s:s,s:s}]}", "case", id, "title",
        title, "verdict", verdict, "message", "expected an address; seen: NXDOMAIN", "started",
        "2017-06-02T09:00:07.000Z", "elapsed_ms", (int)(i % 5000), "evidence", "rcode", "NXDOMAIN",
        "steps", "verb", "run", "title", "asks", "outcome", "met", "elapsed_ms", 12, "attempts", 1,
        "expected", "exit 0", "seen", "exit 0");
    if (i % ARRAY_LEN(verdicts) >= 6)
        json_object_set_new(result, "gap",
                            json_pack("{s:s,s:s,s:s}", "id", "FED-GAP-001", "url",
                                      "https://example.org/1", "review_by", "2027-06-30"));
    return result;
}

static json_t *make_results(void) {
    json_t *results = json_array(), *summary = json_object();
    for (size_t i = 0; i < RESULTS; i++) {
        const char *verdict = verdicts[i % ARRAY_LEN(verdicts)];
        json_array_append_new(results, make_result(i));
        json_set_int(summary, verdict, json_int(summary, 0, verdict, NULL) + 1);
    }
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:i,s:{s:s},s:o,s:{s:[]},s:o}", "version", 1,
                     "run", "r1", "world", "sim", "profile", "1.6.2", "state", "finished",
                     "started", "2017-06-02T09:00:07.000Z", "elapsed_ms", (json_int_t)100000,
                     "exit", 1, "properties", "kubectl", "v1.20.2", "summary", summary, "truth",
                     "required_missing", "results", results);
}

static void measure(const struct report_format *format, const json_t *results, const char *dir) {
    struct err err = {0};
    bench_reset_peak();
    double before = bench_peak_mb();
    int64_t begin = clock_cpu_self_us();
    if (report_write_file(format, results, &(struct report_options){0}, dir, &err) < 0) {
        fprintf(stderr, "bench_reports: %s\n", err.text);
        exit(1);
    }
    double seconds = (double)(clock_cpu_self_us() - begin) / 1e6;
    double grown = bench_peak_mb() - before;
    CLEANUP(str_freep) char *time = xasprintf("reports/100,000 results to %s", format->name);
    CLEANUP(str_freep)
    char *memory = xasprintf("reports/memory beside the results, %s", format->name);
    bench_print(&(struct bench_line){
        .name = time, .value = seconds, .unit = "s", .goal = "< 1 s", .ok = seconds < 1});
    bench_print(&(struct bench_line){.name = memory,
                                     .value = grown,
                                     .unit = "MB at most",
                                     .goal = "flat (< 10 MB)",
                                     .ok = grown < MEMORY_MB_MAX});
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: bench_reports FOLDER\n", stderr);
        return 2;
    }
    size_t count;
    const struct report_format *formats = report_formats(&count);
    double before = bench_resident_mb(0);
    CLEANUP(json_freep) json_t *results = make_results();
    bench_print(&(struct bench_line){.name = "reports/the results themselves",
                                     .value = bench_resident_mb(0) - before,
                                     .unit = "MB resident"});
    for (size_t i = 0; i < count; i++)
        measure(&formats[i], results, argv[1]);
    return 0;
}
