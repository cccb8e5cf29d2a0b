/*
 * The answer to "may we upgrade?" (harness/judge/upgrade.h) for a terminal, a CI job, a browser;
 * and for tools that know tests only, as its comparison (compare.h) with the answer of the whole.
 */
#ifndef CONFED_REPORTS_UPGRADE_H
#define CONFED_REPORTS_UPGRADE_H

#include "harness/core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* color: text with terminal colours. */
typedef void upgrade_report_fn(const json_t *answer, bool color, FILE *out);

struct upgrade_format {
    const char *name;      /* "markdown" */
    const char *file_name; /* "upgrade.md" */
    upgrade_report_fn *write;
};
const struct upgrade_format *upgrade_formats(size_t *ret_count);
const struct upgrade_format *upgrade_format_find(const char *name); /* NULL: no such format */
/* Writes every format's file into dir, each whole or not at all; stops at the first that fails. */
int upgrade_write_all(const json_t *answer, const char *dir, struct err *err);

upgrade_report_fn upgrade_text, upgrade_markdown, upgrade_html, upgrade_json, upgrade_junit,
    upgrade_tap, upgrade_ctrf;

#endif
