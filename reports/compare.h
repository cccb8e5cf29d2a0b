/*
 * What a comparison of runs (harness/judge/compare.h) looks like: for a terminal, for the page of a
 * CI job, for tools. Pure functions from the comparison's JSON to text, like the formats of
 * report.h.
 */
#ifndef CONFED_REPORTS_COMPARE_H
#define CONFED_REPORTS_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct compare_report_options {
    bool color; /* text: with terminal colours */
    bool all;   /* text, markdown: also the cases that are the same */
};

typedef void compare_report_fn(const json_t *comparison, const struct compare_report_options *o,
                               FILE *out);

struct compare_format {
    const char *name;      /* "markdown" */
    const char *file_name; /* "compare.md" */
    compare_report_fn *write;
};
const struct compare_format *compare_formats(size_t *ret_count);
const struct compare_format *compare_format_find(const char *name); /* NULL: no such format */

compare_report_fn compare_text, compare_markdown, compare_junit, compare_json;

/* "1.6.2 (run a, run b)": a side in one line. */
void compare_side(const json_t *side, FILE *out);

#endif
