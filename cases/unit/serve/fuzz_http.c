/* Requests in pieces: the first byte is the size of a piece. */
#include "mocks/serve/http_codec.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    size_t step = data[0] ? data[0] : 1, at = 1;
    struct http_codec c;
    http_codec_init(&c, 4096);
    while (at < size && c.state != HTTP_CODEC_FAILED) {
        size_t len = size - at < step ? size - at : step;
        size_t used = http_codec_feed(&c, data + at, len);
        assert(used <= len && (used == len || c.state >= HTTP_CODEC_DONE));
        at += used;
        if (c.state == HTTP_CODEC_DONE) {
            assert(c.request.method && c.request.path && c.request.query);
            assert(c.request.body && strlen(c.request.body) <= c.request.body_len);
            assert(c.request.body_len <= 4096);
            http_codec_next(&c);
        }
    }
    http_codec_release(&c);
    return 0;
}
