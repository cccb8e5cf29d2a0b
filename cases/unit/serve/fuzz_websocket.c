/* Frames of a client: the first byte is the size of a piece. */
#include "mocks/serve/websocket.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct websocket *ws;
    bool closed;
};

static void on_write(void *self, const void *data, size_t len) {
    (void)self;
    assert(data || len == 0);
}
static void on_message(void *self, bool text, const void *data, size_t len) {
    struct world *w = self;
    assert(!w->closed && data && len <= WEBSOCKET_MESSAGE_MAX);
    websocket_send(w->ws, text, data, len);
}
static void on_close(void *self, int code) {
    struct world *w = self;
    assert(!w->closed && code >= 1000);
    w->closed = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct websocket_ops ops = {
        .write = on_write, .on_message = on_message, .on_close = on_close};
    if (size == 0)
        return 0;
    size_t step = data[0] ? data[0] : 1;
    struct world w = {0};
    w.ws = websocket_new(&ops, &w);
    for (size_t at = 1; at < size; at += step)
        websocket_feed(w.ws, data + at, size - at < step ? size - at : step);
    websocket_free(w.ws);
    return 0;
}
