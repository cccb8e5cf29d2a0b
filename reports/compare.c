#include "reports/compare.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "reports/text.h"

#include <string.h>

enum { RUNS_SHOWN_MAX = 3 };

const struct compare_format *compare_formats(size_t *ret_count) {
    static const struct compare_format formats[] = {
        {"text", "compare.txt", compare_text},
        {"markdown", "compare.md", compare_markdown},
        {"json", "compare.json", compare_json},
        {"junit", "compare.xml", compare_junit},
    };
    *ret_count = ARRAY_LEN(formats);
    return formats;
}

const struct compare_format *compare_format_find(const char *name) {
    size_t count;
    const struct compare_format *formats = compare_formats(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

void compare_json(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    (void)o;
    (void)json_dumpf(comparison, out, JSON_INDENT(2) | JSON_SORT_KEYS);
    fputc('\n', out);
}

void compare_side(const json_t *side, FILE *out) {
    const json_t *runs = json_object_get(side, "runs");
    size_t count = json_array_size(runs);
    fprintf(out, "%s (", text_of(side, "name"));
    for (size_t i = 0; i < count && i < RUNS_SHOWN_MAX; i++)
        fprintf(out, "%s%s", i ? ", " : "", text_of(json_array_get(runs, i), "run"));
    if (count > RUNS_SHOWN_MAX)
        fprintf(out, " and %zu more runs", count - RUNS_SHOWN_MAX);
    fputc(')', out);
}
