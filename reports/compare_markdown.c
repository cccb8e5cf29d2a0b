/* A comparison for the page of a CI job: the answer first. */
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "reports/compare.h"

enum { SUMMARY_LEN_MAX = 1000 * 1000 }; /* GitHub shows a summary of 1 MiB at most */

void compare_markdown_list(struct pen *p, const char *title, const json_t *lines) {
    size_t i;
    json_t *line;
    if (!json_array_size(lines))
        return;
    pen_putf(p, "### %s\n\n", title);
    json_array_foreach(lines, i, line) {
        pen_put(p, "- ");
        pen_text(p, PEN_CELL, pen_str(json_string_value(line)));
        pen_put(p, "\n");
    }
    pen_put(p, "\n");
}

static void row(const json_t *r, struct pen *p) {
    static const char *const cells[] = {"class", "case", "text"};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        pen_put(p, "| ");
        pen_text(p, PEN_CELL, pen_member(r, cells[i]));
        pen_put(p, " ");
    }
    pen_put(p, "|\n");
}

static void rows(const json_t *comparison, bool all, struct pen *p) {
    size_t i, same = 0, left_out = 0;
    json_t *r;
    pen_put(p, "| what | case | |\n|---|---|---|\n");
    json_array_foreach(json_object_get(comparison, "cases"), i, r) {
        bool is_same = str_eq(json_str(r, "class", NULL), "same");
        same += is_same;
        if (!all && is_same)
            continue;
        if (p->written < SUMMARY_LEN_MAX)
            row(r, p);
        else
            left_out++;
    }
    pen_putf(p, "\n%zu cases are the same.\n", same);
    if (left_out)
        pen_putf(p, "\n%zu rows are left out here: compare.json has them.\n", left_out);
}

void compare_markdown(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    struct pen p;
    pen_begin(&p, out, COMPARE_TEXT_LEN_MAX);
    pen_putf(&p, "## %s: ", compare_is_go(comparison) ? "GO" : "NO-GO");
    compare_side(&p, PEN_CELL, json_object_get(comparison, "base"));
    pen_put(&p, " to ");
    compare_side(&p, PEN_CELL, json_object_get(comparison, "candidate"));
    pen_put(&p, "\n\n");
    compare_markdown_list(&p, "Reasons", json_object_get(comparison, "reasons"));
    compare_markdown_list(&p, "Warnings", json_object_get(comparison, "warnings"));
    compare_markdown_list(&p, "Notes", json_object_get(comparison, "notes"));
    rows(comparison, o->all, &p);
    pen_end(&p);
}
