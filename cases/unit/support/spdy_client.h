/* A client's SPDY/3.1 frames, for tests: appended to a buffer that is then fed to the server. */
#ifndef CONFED_SPDY_CLIENT_H
#define CONFED_SPDY_CLIENT_H

#include "mocks/serve/spdy_headers.h"

#include <stdint.h>
#include <string.h>

static inline void spdy_client_32(struct buf *out, uint32_t value) {
    const char bytes[4] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8),
                           (char)value};
    buf_add(out, bytes, 4);
}

static inline void spdy_client_control(struct buf *out, unsigned type, unsigned flags,
                                       const void *payload, size_t len) {
    spdy_client_32(out, 0x80030000u | type);
    spdy_client_32(out, (uint32_t)flags << 24 | (uint32_t)len);
    buf_add(out, payload, len);
}

/* headers: name, value, ..., NULL */
static inline void spdy_client_open(struct buf *out, struct spdy_deflater *d, uint32_t id,
                                    const char *const *headers) {
    struct http_headers h = {0};
    for (; headers && *headers; headers += 2)
        http_headers_add(&h, headers[0], headers[1]);
    struct buf payload = BUF_INIT;
    spdy_client_32(&payload, id);
    spdy_client_32(&payload, 0);
    buf_add(&payload, "\0\0", 2);
    spdy_deflater_run(d, &h, &payload);
    spdy_client_control(out, 1, 0, payload.data, payload.len);
    buf_release(&payload);
    http_headers_release(&h);
}

static inline void spdy_client_data(struct buf *out, uint32_t id, const char *text, bool fin) {
    spdy_client_32(out, id);
    spdy_client_32(out, (fin ? 1u << 24 : 0) | (uint32_t)strlen(text));
    buf_adds(out, text);
}

/*
 * Adds to ret the data of stream id among the server's frames; returns how many frames of control
 * type there are (0: data frames of the stream), and whether the stream ended in *ret_fin.
 */
static inline size_t spdy_client_read(const struct buf *in, uint32_t id, unsigned type,
                                      struct buf *ret, bool *ret_fin) {
    const unsigned char *p = (const unsigned char *)in->data;
    size_t left = in->len, count = 0;
    *ret_fin = false;
    while (left >= 8) {
        size_t len = (size_t)p[5] << 16 | (size_t)p[6] << 8 | p[7];
        uint32_t first = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        if (left < 8 + len)
            return count;
        if (first & 0x80000000u) {
            count += type && (first & 0xffff) == type;
        } else if (first == id) {
            count += type == 0;
            buf_add(ret, p + 8, len);
            *ret_fin |= p[4] & 1;
        }
        p += 8 + len;
        left -= 8 + len;
    }
    return count;
}

#endif
