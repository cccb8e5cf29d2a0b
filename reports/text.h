/* Text for formats that have their own ideas of special characters. */
#ifndef CONFED_REPORTS_TEXT_H
#define CONFED_REPORTS_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* One table cell of Markdown: pipes and newlines escaped. */
void text_markdown_cell(FILE *out, const char *s);
/* Whether it leads to the web: what is in a ledger or a list is not to run anything. NULL: no. */
bool text_is_web(const char *url);
/* json_str that is never NULL. */
const char *text_of(const json_t *object, const char *key);

#endif
