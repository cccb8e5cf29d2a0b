/*
 * SPDY/3 header blocks: names and values, compressed by one zlib stream for each direction of a
 * session that is primed with a dictionary. A block that does not inflate ends the session, for
 * all that follow depend on it. Kubernetes sends several values of a name joined by NUL; the first
 * is kept.
 */
#ifndef CONFED_SERVE_SPDY_HEADERS_H
#define CONFED_SERVE_SPDY_HEADERS_H

#include "mocks/serve/http.h"

struct spdy_inflater;
struct spdy_inflater *spdy_inflater_new(void);
void spdy_inflater_free(struct spdy_inflater *i);
/* Adds the block's headers to ret; false: malformed, or larger than SPDY_HEADERS_MAX. */
bool spdy_inflater_run(struct spdy_inflater *i, const void *data, size_t len,
                       struct http_headers *ret);

struct spdy_deflater;
struct spdy_deflater *spdy_deflater_new(void);
void spdy_deflater_free(struct spdy_deflater *d);
void spdy_deflater_run(struct spdy_deflater *d, const struct http_headers *headers,
                       struct buf *out);

#endif
