/*
 * The answer to "may we upgrade?" (harness/judge/upgrade.h) for a terminal, a CI job, a browser;
 * and for tools that know tests only, as its comparison (compare.h) with the answer of the whole.
 */
#ifndef CONFED_REPORTS_UPGRADE_H
#define CONFED_REPORTS_UPGRADE_H

#include "reports/compare.h"

extern const struct compare_formats upgrade_formats;

compare_report_fn upgrade_text, upgrade_markdown, upgrade_html, upgrade_json, upgrade_junit,
    upgrade_tap, upgrade_ctrf;

#endif
