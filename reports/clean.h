/*
 * Text that every format can show: well-formed UTF-8 without control characters (XML 1.0 forbids
 * them) and without a terminal's sequences. Bytes that are no UTF-8 become U+FFFD, "\r\n" and "\r"
 * become "\n".
 */
#ifndef CONFED_REPORTS_CLEAN_H
#define CONFED_REPORTS_CLEAN_H

#include "harness/core/buf.h"

#include <stdbool.h>

/* Whether the text can be shown as it is. */
bool clean_is(const char *data, size_t len);
/*
 * Appends the text, cleaned, max bytes of it at most: what is longer ends in "[cut: N bytes in
 * all]". Takes time for what it appends only, however long the text is.
 */
void clean_add(struct buf *out, const char *data, size_t len, size_t max);

#endif
