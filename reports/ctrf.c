/* CTRF, the Common Test Report Format: a known gap is status "other" with its own raw status. */
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/model/verdict.h"
#include "reports/report.h"
#include "reports/text.h"

static const char *status_of(enum verdict v) {
    if (v == VERDICT_PASSED)
        return "passed";
    if (v == VERDICT_KNOWN_GAP)
        return "other";
    return verdict_is_red(v) ? "failed" : "skipped";
}

static void member(FILE *out, const char *name, const char *value) {
    fprintf(out, ",\"%s\":", name);
    text_json(out, value);
}

static void test_of(const json_t *r, FILE *out) {
    enum verdict v = verdict_of_name(text_of(r, "verdict"));
    fputs("{\"name\":", out);
    text_json(out, text_of(r, "case"));
    fprintf(out, ",\"status\":\"%s\",\"duration\":%lld,\"rawStatus\":\"%s\"", status_of(v),
            (long long)json_int(r, 0, "elapsed_ms", NULL), verdict_name(v));
    if (*text_of(r, "message"))
        member(out, "message", text_of(r, "message"));
    if (json_object_get(r, "gap")) {
        fputs(",\"labels\":{\"gap\":", out);
        text_json(out, json_str(r, "gap", "id", NULL));
        fputc('}', out);
    }
    fputc('}', out);
}

void report_ctrf(const json_t *results, const struct report_options *o, FILE *out) {
    (void)o;
    const json_t *list = json_object_get(results, "results");
    int counts[4] = {0}; /* passed, failed, skipped, other */
    size_t i;
    json_t *r;
    json_array_foreach(list, i, r) {
        const char *status = status_of(verdict_of_name(text_of(r, "verdict")));
        counts[*status == 'p' ? 0 : *status == 'f' ? 1 : *status == 's' ? 2 : 3]++;
    }
    int64_t start_ms = clock_parse_utc(text_of(results, "started"));
    if (start_ms < 0)
        start_ms = 0;
    fprintf(out,
            "{\"reportFormat\":\"CTRF\",\"specVersion\":\"0.0.0\",\"results\":{\"tool\":{\"name\":"
            "\"confed\"},"
            "\"summary\":{\"tests\":%zu,\"passed\":%d,\"failed\":%d,\"pending\":0,\"skipped\":%d,"
            "\"other\":%d,\"start\":%lld,\"stop\":%lld},\"tests\":[",
            json_array_size(list), counts[0], counts[1], counts[2], counts[3], (long long)start_ms,
            (long long)(start_ms + json_int(results, 0, "elapsed_ms", NULL)));
    json_array_foreach(list, i, r) {
        fputs(i ? ",\n" : "\n", out);
        test_of(r, out);
    }
    fputs("\n]}}\n", out);
}
