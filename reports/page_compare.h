/* The page of a comparison: the answer with its reasons, durations, every case on both sides. */
#ifndef CONFED_REPORTS_PAGE_COMPARE_H
#define CONFED_REPORTS_PAGE_COMPARE_H

#include "reports/page_frame.h"

/*
 * The whole page. answer has the verdict, reasons, warnings and notes: the comparison itself, or
 * what was made of it, which then writes sections of its own behind the band (NULL: none).
 */
typedef void page_compare_sections(struct pen *p, const json_t *answer);
void page_compare(struct pen *p, const json_t *comparison, const json_t *answer,
                  page_compare_sections *sections);

#endif
