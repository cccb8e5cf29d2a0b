/*
 * The formats in which results are written, by name. Each writes the whole report to a stream; the
 * caller checks the stream for errors once, at the end.
 */
#ifndef CONFED_REPORTS_REPORT_H
#define CONFED_REPORTS_REPORT_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct report_options {
    bool strict; /* junit: without testcase properties, which some schemas refuse */
    bool color;  /* table: with terminal colours */
};

typedef void report_fn(const json_t *results, const struct report_options *o, FILE *out);

struct report_format {
    const char *name;      /* "junit" */
    const char *file_name; /* "junit.xml", in the run's folder */
    report_fn *write;
};
/* All formats; *ret_count of them. */
const struct report_format *report_formats(size_t *ret_count);
const struct report_format *report_find(const char *name); /* NULL: no such format */

/* Writes the format's file into dir, whole or not at all. */
int report_write_file(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *dir, struct err *err);

/* The formats. */
report_fn report_table, report_junit, report_tap, report_ctrf, report_markdown, report_html;

#endif
