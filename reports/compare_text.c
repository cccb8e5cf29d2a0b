/* A comparison for a terminal: the answer last, where one looks. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"
#include "reports/text.h"

#include <string.h>

static const char *color_of(const json_t *row) {
    if (json_flag(row, "blocks", NULL))
        return "\033[31m";
    return json_flag(row, "warns", NULL) ? "\033[33m" : "\033[32m";
}

static void rows(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    const json_t *cases = json_object_get(comparison, "cases");
    size_t i;
    json_t *row;
    int width = 0;
    json_array_foreach(cases, i, row) {
        int len = (int)strlen(text_of(row, "case"));
        width = len > width ? len : width;
    }
    json_array_foreach(cases, i, row) {
        if (!o->all && str_eq(text_of(row, "class"), "same"))
            continue;
        fprintf(out, "%s%-12s%s  %-*s  %s\n", o->color ? color_of(row) : "", text_of(row, "class"),
                o->color ? "\033[0m" : "", width, text_of(row, "case"), text_of(row, "text"));
    }
}

static void lines(const json_t *list, const char *word, FILE *out) {
    size_t i;
    json_t *line;
    json_array_foreach(list, i, line) fprintf(out, "%s %s\n", word, json_string_value(line));
}

void compare_text(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    fputs("base:      ", out);
    compare_side(json_object_get(comparison, "base"), out);
    fputs("\ncandidate: ", out);
    compare_side(json_object_get(comparison, "candidate"), out);
    fputs("\n\n", out);
    rows(comparison, o, out);

    const char *name, *joint = "\n";
    json_t *count;
    json_object_foreach(json_object_get(comparison, "summary"), name, count) {
        if (json_integer_value(count) == 0)
            continue;
        fprintf(out, "%s%lld %s", joint, (long long)json_integer_value(count), name);
        joint = ", ";
    }
    fputs("\n\n", out);
    lines(json_object_get(comparison, "notes"), "note:   ", out);
    lines(json_object_get(comparison, "warnings"), "warning:", out);
    lines(json_object_get(comparison, "reasons"), "reason: ", out);
    bool go = json_int(comparison, 1, "exit", NULL) == 0;
    fprintf(out, "%s%s%s\n", o->color ? go ? "\033[32m" : "\033[31m" : "", go ? "GO" : "NO-GO",
            o->color ? "\033[0m" : "");
}
