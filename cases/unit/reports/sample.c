#include "cases/unit/reports/sample.h"
#include "harness/core/json.h"

#include <stdio.h>
#include <stdlib.h>

json_t *sample_load(void) {
    struct err err = {0};
    json_t *results =
        json_load_path(CONFED_SOURCE_DIR "/cases/unit/reports/every_verdict.json", &err);
    if (!results) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return results;
}

json_t *sample_of(json_t *list) {
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:{s:[]},s:o}", "version", 1, "run", "r1",
                     "world", "sim", "profile", "1.6.2", "state", "finished", "started",
                     "2017-06-02T09:00:07.000Z", "elapsed_ms", 3120, "exit", 1, "truth",
                     "required_missing", "results", list);
}

char *sample_written(const char *format, const json_t *results, const struct report_options *o,
                     size_t *ret_len) {
    static const struct report_options none = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    report_find(format)->write(results, o ? o : &none, out);
    fclose(out);
    if (ret_len)
        *ret_len = len;
    return text;
}
