/* Small questions about strings, and numbers read strictly. */
#ifndef CONFED_CORE_STR_H
#define CONFED_CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_has_prefix(const char *s, const char *prefix);
bool str_has_suffix(const char *s, const char *suffix);
/* The whole of s as a decimal number in [min, max]; false leaves *ret_value alone. */
bool str_to_int(const char *s, int64_t min, int64_t max, int64_t *ret_value);
/* The next field of *rest up to sep, which is replaced by NUL; NULL when there is none left. */
char *str_next(char **rest, char sep);
/*
 * The next line of the bytes from *at up to end, of *ret_len bytes without its newline; borrowed.
 * *at goes behind it. NULL: none is left.
 */
const char *str_line(const char **at, const char *end, size_t *ret_len);
/* Whether the len bytes are well-formed UTF-8 (RFC 3629). */
bool str_is_utf8(const char *s, size_t len);
/* Percent-decoding in place (RFC 3986; '+' as space when form). false for a bad escape or NUL. */
bool str_url_decode(char *s, bool form);
/* The candidate (ends with NULL) that name is most likely a misspelling of; borrowed, NULL when
 * none is near. */
const char *str_nearest(const char *name, const char *const candidates[]);

#endif
