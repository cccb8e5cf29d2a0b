/* The planted results with every verdict in them, and reports of results as text. */
#ifndef CONFED_UNIT_REPORTS_SAMPLE_H
#define CONFED_UNIT_REPORTS_SAMPLE_H

#include "reports/report.h"

/* every_verdict.json; owned. */
json_t *sample_load(void);
/* Results with these cases, {case, verdict, message}; the list is stolen; owned. */
json_t *sample_of(json_t *list);
/* A report as text, owned; *ret_len may be NULL. */
char *sample_written(const char *format, const json_t *results, const struct report_options *o,
                     size_t *ret_len);

#endif
