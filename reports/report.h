/*
 * The formats in which results are written, by name. Each writes the whole report to a stream, and
 * is a function of what it is given: the same results give the same bytes, whatever the time, the
 * host and the folder. The caller checks the stream for errors once, at the end (a writer that
 * failed leaves errno as the failed write set it).
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
    /* html only; all borrowed, NULL: the page does without. */
    const char *run_dir;   /* where the files of the results are, to show what commands printed */
    const json_t *history; /* what the section "History" shows; see README.md */
};

typedef void report_fn(const json_t *results, const struct report_options *o, FILE *out);

struct report_format {
    const char *name;      /* "junit" */
    const char *file_name; /* "junit.xml", in the run's folder */
    report_fn *write;
    const char *help; /* for whom it is, in a few words */
};
/* All formats; *ret_count of them. */
const struct report_format *report_formats(size_t *ret_count);
const struct report_format *report_find(const char *name); /* NULL: no such format */

/* Writes the format's file into dir, whole or not at all: what was there stays when it fails. */
int report_write_file(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *dir, struct err *err);
/* Writes every format's file into dir; stops at the first that cannot be written. */
int report_write_all(const json_t *results, const struct report_options *o, const char *dir,
                     struct err *err);
/* One format to a path; a device or a pipe is written to as it is. */
int report_write_path(const struct report_format *f, const json_t *results,
                      const struct report_options *o, const char *path, struct err *err);
/* To a stream that is open; name is what messages call it. */
int report_write_stream(const struct report_format *f, const json_t *results,
                        const struct report_options *o, FILE *out, const char *name,
                        struct err *err);

/* The formats. */
report_fn report_table, report_junit, report_junit_strict, report_tap, report_ctrf,
    report_conformance, report_markdown, report_html, report_prometheus, report_mail;

#endif
