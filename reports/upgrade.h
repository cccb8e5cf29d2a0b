/* The answer to "may we upgrade?" (harness/judge/upgrade.h) for a terminal and for a CI job. */
#ifndef CONFED_REPORTS_UPGRADE_H
#define CONFED_REPORTS_UPGRADE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

void upgrade_text(const json_t *answer, bool color, FILE *out);
void upgrade_markdown(const json_t *answer, FILE *out);

#endif
