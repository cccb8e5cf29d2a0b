/*
 * usage: bench_verdicts FOLDER
 * Two results of a hundred thousand cases read and compared, and a history of a thousand runs of
 * five hundred cases asked.
 */
#include "ci/benchmarks/bench.h"
#include "harness/core/clock.h"
#include "harness/core/fs.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/history/history.h"
#include "harness/judge/compare.h"
#include "harness/model/results.h"

#include <stdio.h>
#include <stdlib.h>

enum { CASES = 100000, RUNS = 1000, CASES_OF_A_RUN = 500 };

static void stop(const struct err *err) {
    fprintf(stderr, "bench_verdicts: %s\n", err->text);
    exit(1);
}

static json_t *make_results(size_t run, size_t count) {
    static const char *const verdicts[] = {"passed", "passed",    "passed",  "passed", "passed",
                                           "failed", "known-gap", "blocked", "passed", "passed"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        CLEANUP(str_freep) char *id = xasprintf("area%zu.case-%zu", i % 100, i);
        /* One in a hundred ends differently from run to run. */
        const char *verdict = verdicts[(i % 100 == 0 ? run : i) % ARRAY_LEN(verdicts)];
        json_t *one =
            json_pack("{s:s,s:s,s:s,s:s,s:i,s:{s:s},s:[{s:s,s:s,s:s,s:i}]}", "case", id, "title",
                      "a case of a benchmark", "verdict", verdict, "message",
                      "expected an address; seen: NXDOMAIN", "elapsed_ms",
                      (int)((i * 7 + run * 13) % 900), "evidence", "rcode", "NXDOMAIN", "steps",
                      "verb", "run", "title", "asks", "outcome", "met", "elapsed_ms", 12);
        if (verdict == verdicts[6])
            json_object_set_new(one, "gap",
                                json_pack("{s:s, s:s}", "id", "FED-GAP-001", "title", "no record"));
        json_array_append_new(list, one);
    }
    CLEANUP(str_freep) char *id = xasprintf("run-%06zu", run);
    char started[CLOCK_TEXT_SIZE];
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:{s:i},s:o}", "version", 1, "run", id,
                     "world", "sim", "kubernetes", "1.6.2", "state", "finished", "started",
                     clock_format_utc_ms(1496394007000 + (int64_t)run * 86400000, started), "exit",
                     0, "elapsed_ms", 3000, "summary", "passed", (int)count, "results", list);
}

static json_t *written_and_read(const char *dir, size_t run, double *seconds) {
    struct err err = {0};
    CLEANUP(str_freep) char *name = xasprintf("results-%zu.json", run);
    CLEANUP(str_freep) char *path = fs_join(dir, name);
    CLEANUP(json_freep) json_t *made = make_results(run, CASES);
    if (json_dump_file(made, path, JSON_INDENT(2)) < 0) {
        err_set(&err, ERR_IO, "cannot write %s", path);
        stop(&err);
    }
    int64_t begin = clock_cpu_self_us();
    json_t *results = results_load(path, compare_needs, &err);
    if (!results)
        stop(&err);
    *seconds += (double)(clock_cpu_self_us() - begin) / 1e6;
    return results;
}

static void line(const char *name, double value, const char *unit, double goal) {
    CLEANUP(str_freep) char *text = goal > 0 ? xasprintf("< %g %s", goal, unit) : NULL;
    bench_print(&(struct bench_line){
        .name = name, .value = value, .unit = unit, .goal = text, .ok = goal <= 0 || value < goal});
}

static void measure_compare(const char *dir) {
    double reading = 0;
    json_t *base = json_array(), *candidate = json_array();
    json_array_append_new(base, written_and_read(dir, 1, &reading));
    json_array_append_new(candidate, written_and_read(dir, 2, &reading));
    int64_t begin = clock_cpu_self_us();
    json_t *comparison = compare_runs(base, candidate, &(struct compare_options){0});
    double comparing = (double)(clock_cpu_self_us() - begin) / 1e6;
    line("reports/compare two of 100,000 cases", comparing, "s", 2);
    line("reports/read and compare two of 100,000 cases", reading + comparing, "s", 2);
    json_decref(comparison);
    json_decref(base);
    json_decref(candidate);
}

static double ask(struct history *h, int64_t last, size_t *ret_cases) {
    struct err err = {0};
    int64_t begin = clock_cpu_self_us();
    CLEANUP(json_freep)
    json_t *document = history_read(h, &(struct history_query){.last = last}, &err);
    if (!document)
        stop(&err);
    *ret_cases = json_array_size(json_object_get(document, "cases"));
    return (double)(clock_cpu_self_us() - begin) / 1e3;
}

static void measure_history(const char *dir) {
    struct err err = {0};
    CLEANUP(str_freep) char *path = fs_join(dir, "history.db");
    CLEANUP(history_freep) struct history *h = history_open(path, true, &err);
    if (!h)
        stop(&err);
    int64_t spent = 0;
    for (size_t run = 0; run < RUNS; run++) {
        CLEANUP(json_freep) json_t *results = make_results(run, CASES_OF_A_RUN);
        bool added;
        int64_t begin = clock_cpu_self_us();
        if (history_add(h, results, &added, &err) < 0)
            stop(&err);
        spent += clock_cpu_self_us() - begin;
    }
    size_t cases;
    line("reports/history: add a run of 500 cases", (double)spent / 1e3 / RUNS, "ms", 0);
    line("reports/history of 1,000 runs: the latest 100", ask(h, 100, &cases), "ms", 100);
    line("reports/history of 1,000 runs: all of them", ask(h, RUNS, &cases), "ms", 100);
    if (cases != CASES_OF_A_RUN)
        exit(1);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: bench_verdicts FOLDER\n", stderr);
        return 2;
    }
    measure_compare(argv[1]);
    measure_history(argv[1]);
    return 0;
}
