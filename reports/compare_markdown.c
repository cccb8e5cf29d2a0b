/* A comparison for the page of a CI job: the answer first. */
#include "harness/core/json.h"
#include "harness/core/str.h"
#include "reports/compare.h"
#include "reports/text.h"

static void row(const json_t *r, FILE *out) {
    const char *const cells[] = {text_of(r, "class"), text_of(r, "case"), text_of(r, "text")};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        fputs("| ", out);
        text_markdown_cell(out, cells[i]);
        fputc(' ', out);
    }
    fputs("|\n", out);
}

void compare_markdown(const json_t *comparison, const struct compare_report_options *o, FILE *out) {
    bool go = json_int(comparison, 1, "exit", NULL) == 0;
    fprintf(out, "## %s: ", go ? "GO" : "NO-GO");
    compare_side(json_object_get(comparison, "base"), out);
    fputs(" to ", out);
    compare_side(json_object_get(comparison, "candidate"), out);
    fputs("\n\n", out);
    text_markdown_list(out, "Reasons", json_object_get(comparison, "reasons"));
    text_markdown_list(out, "Warnings", json_object_get(comparison, "warnings"));
    text_markdown_list(out, "Notes", json_object_get(comparison, "notes"));

    size_t i, same = 0;
    json_t *r;
    fputs("| what | case | |\n|---|---|---|\n", out);
    json_array_foreach(json_object_get(comparison, "cases"), i, r) {
        bool is_same = str_eq(text_of(r, "class"), "same");
        same += is_same;
        if (o->all || !is_same)
            row(r, out);
    }
    fprintf(out, "\n%zu cases are the same.\n", same);
}
