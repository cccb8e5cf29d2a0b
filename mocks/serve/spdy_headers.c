#include "mocks/serve/spdy_headers.h"

#include "mocks/serve/spdy.h"
#include "mocks/serve/spdy_dictionary.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum { STEP = 4096, NAMES_MAX = 256 };

struct spdy_inflater {
    z_stream z;
};

struct spdy_deflater {
    z_stream z;
};

struct spdy_inflater *spdy_inflater_new(void) {
    struct spdy_inflater *i = xcalloc(1, sizeof(*i));
    int r = inflateInit(&i->z);
    assert(r == Z_OK);
    return i;
}

void spdy_inflater_free(struct spdy_inflater *i) {
    if (i)
        inflateEnd(&i->z);
    free(i);
}

static bool inflate_block(z_stream *z, const void *data, size_t len, struct buf *out) {
    z->next_in = data;
    z->avail_in = (uInt)len;
    do {
        char *room = buf_reserve(out, STEP);
        if (!room)
            return false;
        z->next_out = (Bytef *)room;
        z->avail_out = STEP;
        int r = inflate(z, Z_SYNC_FLUSH);
        if (r == Z_NEED_DICT) {
            if (inflateSetDictionary(z, spdy_dictionary, SPDY_DICTIONARY_LEN) != Z_OK)
                return false;
            continue;
        }
        if (r != Z_OK && r != Z_BUF_ERROR)
            return false;
        out->len += STEP - z->avail_out;
        if (r == Z_BUF_ERROR)
            break;
    } while (z->avail_in > 0 || z->avail_out == 0);
    return true;
}

struct reader {
    const unsigned char *at;
    size_t left;
    bool failed;
};

static uint32_t read_number(struct reader *r) {
    if (r->left < 4) {
        r->failed = true;
        return 0;
    }
    const unsigned char *p = r->at;
    r->at += 4;
    r->left -= 4;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Owned; up to the first NUL. */
static char *read_text(struct reader *r) {
    uint32_t len = read_number(r);
    if (r->failed || len > r->left) {
        r->failed = true;
        return NULL;
    }
    char *text = xstrndup((const char *)r->at, len);
    r->at += len;
    r->left -= len;
    return text;
}

static bool read_block(const struct buf *block, struct http_headers *ret) {
    struct reader r = {.at = (const unsigned char *)buf_str(block), .left = block->len};
    uint32_t count = read_number(&r);
    if (count > NAMES_MAX)
        return false;
    for (uint32_t i = 0; i < count && !r.failed; i++) {
        char *name = read_text(&r);
        char *value = r.failed ? NULL : read_text(&r);
        if (value)
            http_headers_add(ret, name, value);
        free(name);
        free(value);
    }
    return !r.failed;
}

bool spdy_inflater_run(struct spdy_inflater *i, const void *data, size_t len,
                       struct http_headers *ret) {
    struct buf block = BUF_INIT_LIMIT(SPDY_HEADERS_MAX);
    bool ok = inflate_block(&i->z, data, len, &block) && read_block(&block, ret);
    buf_release(&block);
    return ok;
}

struct spdy_deflater *spdy_deflater_new(void) {
    struct spdy_deflater *d = xcalloc(1, sizeof(*d));
    int r = deflateInit(&d->z, Z_BEST_SPEED);
    assert(r == Z_OK);
    r = deflateSetDictionary(&d->z, spdy_dictionary, SPDY_DICTIONARY_LEN);
    assert(r == Z_OK);
    return d;
}

void spdy_deflater_free(struct spdy_deflater *d) {
    if (d)
        deflateEnd(&d->z);
    free(d);
}

static void add_number(struct buf *b, size_t value) {
    const char bytes[4] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8),
                           (char)value};
    buf_add(b, bytes, sizeof(bytes));
}

static void add_text(struct buf *b, const char *text) {
    add_number(b, strlen(text));
    buf_adds(b, text);
}

void spdy_deflater_run(struct spdy_deflater *d, const struct http_headers *headers,
                       struct buf *out) {
    struct buf block = BUF_INIT;
    add_number(&block, headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        add_text(&block, headers->items[i].name);
        add_text(&block, headers->items[i].value);
    }
    d->z.next_in = (const Bytef *)block.data;
    d->z.avail_in = (uInt)block.len;
    do {
        char *room = buf_reserve(out, STEP);
        if (!room)
            break;
        d->z.next_out = (Bytef *)room;
        d->z.avail_out = STEP;
        int r = deflate(&d->z, Z_SYNC_FLUSH);
        assert(r == Z_OK || r == Z_BUF_ERROR);
        out->len += STEP - d->z.avail_out;
    } while (d->z.avail_out == 0);
    buf_release(&block);
}
