/* The planted results with every verdict in them, and reports of results as text. */
#ifndef CONFED_UNIT_REPORTS_SAMPLE_H
#define CONFED_UNIT_REPORTS_SAMPLE_H

#include "reports/report.h"

#include <sys/resource.h>

/* every_verdict.json; owned. */
json_t *sample_load(void);
/* Results with these cases, {case, verdict, message}; the list is stolen; owned. */
json_t *sample_of(json_t *list);
/* A report as text, owned; *ret_len may be NULL. */
char *sample_written(const char *format, const json_t *results, const struct report_options *o,
                     size_t *ret_len);

/* upgrade.json, the answer of an upgrade with a comparison that has every class; owned. */
json_t *sample_upgrade(void);

/*
 * Fails unless the text is that of golden/<name>, but for the style and the script of a page, which
 * have tests of their own and change often: they are cut out of the text. CONFED_GOLDEN=write
 * writes the goldens anew.
 */
void sample_check_golden(char *text, const char *name);
/* Fails unless it is UTF-8 without control characters. */
void sample_check_showable(const char *text, size_t len, const char *format);

/* Fails if the page asks for anything from outside. */
void sample_check_quiet_page(const char *text);
/* Files may not grow past len_max, as on a full disk; the old limit comes back with RLIM_INFINITY.
 */
void sample_limit_files(rlim_t len_max);

#endif
