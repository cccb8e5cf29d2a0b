/* The table at the end of a run. */
#include "harness/core/json.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"
#include "reports/truth.h"

#include <string.h>

static const char *color_of(enum verdict v) {
    if (verdict_is_red(v))
        return "\033[31m";
    return v == VERDICT_PASSED ? "\033[32m" : "\033[33m";
}

/* " [W01 W02]": the steps of the walk-through that the case is. */
static void covers(const json_t *r, FILE *out) {
    const json_t *list = json_object_get(r, "covers");
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word) {
        fprintf(out, "%s%s", i ? " " : " [",
                json_string_value(word) ? json_string_value(word) : "?");
    }
    if (json_array_size(list))
        fputc(']', out);
}

/* What its truth tables say in one line each, and the tables that are not as expected. */
static void findings(const json_t *r, FILE *out) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(r, "findings"), i, one) {
        if (!strstr(text_of(r, "message"), json_string_value(one)))
            fprintf(out, "              %s\n", json_string_value(one));
    }
    json_array_foreach(json_object_get(r, "truth_tables"), i, one) {
        if (json_int(one, 0, "wrong", NULL) > 0)
            truth_text(one, false, "              ", out);
    }
}

static void row(const json_t *r, int width, bool color, FILE *out) {
    enum verdict v = verdict_of_name(text_of(r, "verdict"));
    fprintf(out, "%s%-12s%s  %-*s  ", color ? color_of(v) : "", verdict_name(v),
            color ? "\033[0m" : "", width, text_of(r, "case"));
    int64_t ms = json_int(r, 0, "elapsed_ms", NULL);
    fprintf(out, "%4lld.%03lld s  ", (long long)(ms / 1000), (long long)(ms % 1000));
    fputs(text_of(r, "title"), out);
    covers(r, out);
    fputc('\n', out);
    if (v != VERDICT_PASSED && *text_of(r, "message"))
        fprintf(out, "              %s\n", text_of(r, "message"));
    findings(r, out);
}

void report_table(const json_t *results, const struct report_options *o, FILE *out) {
    const json_t *list = json_object_get(results, "results");
    size_t i;
    json_t *r;
    int width = 0;
    json_array_foreach(list, i, r) {
        int len = (int)strlen(text_of(r, "case"));
        width = len > width ? len : width;
    }
    json_array_foreach(list, i, r) row(r, width, o->color, out);

    fputc('\n', out);
    bool first = true;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        int64_t n = json_int(results, 0, "summary", verdict_name((enum verdict)v), NULL);
        if (!n)
            continue;
        fprintf(out, "%s%lld %s", first ? "" : ", ", (long long)n, verdict_name((enum verdict)v));
        first = false;
    }
    const json_t *missing = json_at(results, "truth", "required_missing", NULL);
    if (json_array_size(missing))
        fprintf(out, "; %zu required did not run", json_array_size(missing));
    int64_t ms = json_int(results, 0, "elapsed_ms", NULL);
    fprintf(out, " in %lld.%03lld s: %s\n", (long long)(ms / 1000), (long long)(ms % 1000),
            json_int(results, 1, "exit", NULL) ? "RED" : "GREEN");
}
