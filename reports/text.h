/* Text for formats that have their own ideas of special characters. */
#ifndef CONFED_REPORTS_TEXT_H
#define CONFED_REPORTS_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* For XML and HTML, in attributes and elements: escapes, and drops what XML 1.0 forbids. */
void text_xml(FILE *out, const char *s);
/* As a JSON string, with quotes. */
void text_json(FILE *out, const char *s);
/* One table cell of Markdown: pipes and newlines escaped. */
void text_markdown_cell(FILE *out, const char *s);
/* "### title" and an item for each of the texts; nothing when there are none. */
void text_markdown_list(FILE *out, const char *title, const json_t *texts);
/* Seconds with a dot, whatever the locale: "1.204". */
void text_seconds(FILE *out, int64_t ms);
/* "lifecycle" of "lifecycle.dns" as len, and the rest behind the dot. */
const char *text_slug(const char *case_id, int *ret_area_len);
/* json_str that is never NULL. */
const char *text_of(const json_t *object, const char *key);

#endif
