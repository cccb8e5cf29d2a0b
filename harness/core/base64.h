/* Base64 (RFC 4648, padded), as in kubeconfigs and secrets. */
#ifndef CONFED_CORE_BASE64_H
#define CONFED_CORE_BASE64_H

#include <stddef.h>

/* Owned text. */
char *base64_encode(const void *data, size_t len);
/* The same in the alphabet for URLs, without padding, as in JSON web tokens. Owned text. */
char *base64_url_encode(const void *data, size_t len);
/* Owned bytes with a NUL after them, or NULL when text is not base64; newlines are skipped. */
char *base64_decode(const char *text, size_t *ret_len);

#endif
