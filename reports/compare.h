/*
 * What a comparison of runs (harness/judge/compare.h) looks like: for a terminal, for the page of a
 * CI job, for tools, for a browser. Pure functions from the comparison's JSON to text, like the
 * formats of report.h.
 */
#ifndef CONFED_REPORTS_COMPARE_H
#define CONFED_REPORTS_COMPARE_H

#include "harness/core/err.h"
#include "reports/pen.h"

struct compare_report_options {
    bool color; /* text: with terminal colours */
    bool all;   /* text, markdown: also the cases that are the same */
};

typedef void compare_report_fn(const json_t *document, const struct compare_report_options *o,
                               FILE *out);

struct compare_format {
    const char *name;      /* "markdown" */
    const char *file_name; /* "compare.md" */
    compare_report_fn *write;
};
/* The formats of one kind of document: of a comparison, or of what is made of it (upgrade.h). */
struct compare_formats {
    const struct compare_format *list;
    size_t count;
};
extern const struct compare_formats compare_formats;
/* Borrowed; NULL with ERR_USAGE, which says what there is. */
const struct compare_format *compare_format_find(const struct compare_formats *formats,
                                                 const char *name, struct err *err);
/* Writes every format's file into dir, each whole or not at all; stops at the first that fails. */
int compare_write_all(const struct compare_formats *formats, const json_t *document,
                      const char *dir, struct err *err);

compare_report_fn compare_text, compare_markdown, compare_junit, compare_tap, compare_ctrf,
    compare_json, compare_html;

/* --- what the formats share ------------------------------------------------------------------- */

enum { COMPARE_TEXT_LEN_MAX = 4096 };

bool compare_is_go(const json_t *comparison);
/* "1.6.2 (run a, run b)": a side in one line. */
void compare_side(struct pen *p, enum pen_form form, const json_t *side);

/* "reason:  text", a line for each of the texts; and in Markdown "### title" and an item for each.
 */
void compare_text_lines(struct pen *p, const char *word, const json_t *texts);
void compare_markdown_list(struct pen *p, const char *title, const json_t *texts);

/*
 * What a row is for a tool that knows tests only. The job is red exactly when the answer is no-go;
 * what did not pass is no pass either because it did not pass before.
 */
enum compare_outcome {
    COMPARE_OUTCOME_FAILED,  /* a reason for no-go */
    COMPARE_OUTCOME_TODO,    /* a warning, a known gap, red before and now */
    COMPARE_OUTCOME_SKIPPED, /* not judged */
    COMPARE_OUTCOME_PASSED,
    COMPARE_OUTCOMES,
};
enum compare_outcome compare_outcome_of(const json_t *comparison, const json_t *row);
void compare_count(const json_t *comparison, size_t ret_of[COMPARE_OUTCOMES]);
/* The medians of both sides; false: not both are known. */
bool compare_times(const json_t *row, int64_t *ret_before_ms, int64_t *ret_now_ms);
/* "lifecycle" and "dns" of the row's case "lifecycle.dns"; the area may be empty. */
struct pen_span compare_slug(const json_t *row, struct pen_span *ret_area);

#endif
