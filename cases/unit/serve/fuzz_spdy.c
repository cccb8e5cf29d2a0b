/* A session that echoes: the first byte is the size of a piece. */
#include "mocks/serve/spdy.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct spdy *session_of(void *self) {
    return *(struct spdy **)self;
}
static void on_write(void *self, const void *data, size_t len) {
    (void)self;
    assert(data || len == 0);
}
static void on_stream(void *self, uint32_t id, const struct http_headers *headers) {
    (void)headers;
    spdy_reply(session_of(self), id);
    if (id % 4 == 1)
        spdy_fin(session_of(self), id);
}
static void on_data(void *self, uint32_t id, const void *data, size_t len) {
    spdy_data(session_of(self), id, data, len);
}
static void on_fin(void *self, uint32_t id) {
    spdy_fin(session_of(self), id);
}
static void on_reset(void *self, uint32_t id) {
    spdy_data(session_of(self), id, "late", 4);
}
static void on_failed(void *self, const char *problem) {
    (void)self;
    assert(problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct spdy_ops ops = {.write = on_write,
                                        .on_stream = on_stream,
                                        .on_data = on_data,
                                        .on_fin = on_fin,
                                        .on_reset = on_reset,
                                        .on_failed = on_failed};
    if (size == 0)
        return 0;
    size_t step = data[0] ? data[0] : 1;
    struct spdy *s = NULL;
    s = spdy_new(&ops, &s);
    for (size_t at = 1; at < size; at += step)
        spdy_feed(s, data + at, size - at < step ? size - at : step);
    assert(spdy_streams(s) <= SPDY_STREAMS_MAX);
    spdy_free(s);
    return 0;
}
