/* A comparison for a terminal: the answer last, where one looks. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"

enum { ID_WIDTH_MAX = 60 };

static const char *color_of(const json_t *row) {
    if (json_flag(row, "blocks", NULL))
        return "\033[31m";
    return json_flag(row, "warns", NULL) ? "\033[33m" : "\033[32m";
}

static void padded(struct pen *p, struct pen_span text, size_t width) {
    uint64_t before = p->written;
    pen_text(p, PEN_LINE, text);
    for (uint64_t len = p->written - before; len < width; len++)
        pen_put(p, " ");
}

static void rows(const json_t *comparison, const struct compare_report_options *o, struct pen *p) {
    const json_t *cases = json_object_get(comparison, "cases");
    size_t i, width = 0;
    json_t *row;
    json_array_foreach(cases, i, row) {
        size_t len = pen_member(row, "case").len;
        width = len > width ? len : width;
    }
    width = width < ID_WIDTH_MAX ? width : ID_WIDTH_MAX;
    json_array_foreach(cases, i, row) {
        if (!o->all && str_eq(json_str(row, "class", NULL), "same"))
            continue;
        pen_put(p, o->color ? color_of(row) : "");
        padded(p, pen_member(row, "class"), 12);
        pen_put(p, o->color ? "\033[0m  " : "  ");
        padded(p, pen_member(row, "case"), width);
        pen_put(p, "  ");
        pen_text(p, PEN_LINE, pen_member(row, "text"));
        pen_put(p, "\n");
    }
}

void compare_text_lines(struct pen *p, const char *word, const json_t *list) {
    size_t i;
    json_t *line;
    json_array_foreach(list, i, line) {
        pen_putf(p, "%s ", word);
        pen_text(p, PEN_LINE, pen_str(json_string_value(line)));
        pen_put(p, "\n");
    }
}

static void summary(const json_t *comparison, struct pen *p) {
    const char *name, *joint = "\n";
    json_t *count;
    json_object_foreach(json_object_get(comparison, "summary"), name, count) {
        if (json_integer_value(count) == 0)
            continue;
        pen_putf(p, "%s%lld %s", joint, (long long)json_integer_value(count), name);
        joint = ", ";
    }
    pen_put(p, "\n\n");
}

void compare_text(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    struct pen p;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_put(&p, "base:      ");
    compare_side(&p, PEN_LINE, json_object_get(comparison, "base"));
    pen_put(&p, "\ncandidate: ");
    compare_side(&p, PEN_LINE, json_object_get(comparison, "candidate"));
    pen_put(&p, "\n\n");
    rows(comparison, o, &p);
    summary(comparison, &p);
    compare_text_lines(&p, "note:   ", json_object_get(comparison, "notes"));
    compare_text_lines(&p, "warning:", json_object_get(comparison, "warnings"));
    compare_text_lines(&p, "reason: ", json_object_get(comparison, "reasons"));
    bool go = compare_is_go(comparison);
    pen_putf(&p, "%s%s%s\n", o->color ? go ? "\033[32m" : "\033[31m" : "", go ? "GO" : "NO-GO",
             o->color ? "\033[0m" : "");
    pen_end(&p);
}
