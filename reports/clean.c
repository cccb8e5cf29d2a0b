#include "reports/clean.h"

#include <string.h>

enum { SEQUENCE_LEN_MAX = 4096 };

/* Tab and newline besides what is printable in ASCII. */
static bool is_plain(unsigned char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';
}

bool clean_is(const char *data, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!is_plain((unsigned char)data[i]))
            return false;
    return true;
}

static bool is_tail(const unsigned char *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* Bytes of the well-formed character at p, or 0 (RFC 3629: no overlong form, no surrogate). */
static size_t character_len(const unsigned char *p, size_t len) {
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return len >= 2 && is_tail(p + 1, 1) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        if (len < 3 || !is_tail(p + 1, 2))
            return 0;
        bool overlong = p[0] == 0xe0 && p[1] < 0xa0, surrogate = p[0] == 0xed && p[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (len < 4 || !is_tail(p + 1, 3))
            return 0;
        bool overlong = p[0] == 0xf0 && p[1] < 0x90, beyond = p[0] == 0xf4 && p[1] > 0x8f;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

/* C1 controls, and U+FFFE and U+FFFF, which XML 1.0 forbids. */
static bool is_unshowable(const unsigned char *p, size_t character) {
    if (character == 2)
        return p[0] == 0xc2 && p[1] < 0xa0;
    return character == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

/*
 * Bytes of the terminal's sequence at p, which is ESC (ECMA-48): CSI up to its final byte, OSC and
 * its like up to BEL or ST, others to theirs. An ESC that begins none is one byte.
 */
static size_t sequence_len(const unsigned char *p, size_t len) {
    size_t max = len < SEQUENCE_LEN_MAX ? len : SEQUENCE_LEN_MAX, i = 2;
    if (max < 2)
        return 1;
    if (p[1] == '[') {
        while (i < max && p[i] >= 0x20 && p[i] <= 0x3f)
            i++;
        return i < max && p[i] >= 0x40 && p[i] <= 0x7e ? i + 1 : i;
    }
    if (strchr("]PX^_", p[1])) {
        for (; i < max; i++) {
            if (p[i] == 0x07)
                return i + 1;
            if (p[i] == 0x1b)
                return i + 1 < max && p[i + 1] == '\\' ? i + 2 : i;
        }
        return 2;
    }
    i = 1;
    while (i < max && p[i] >= 0x20 && p[i] <= 0x2f)
        i++;
    return i < max && p[i] >= 0x30 && p[i] <= 0x7e ? i + 1 : 1;
}

/* One character, or what is dropped in its place; the bytes that it took. */
static size_t add_one(struct buf *out, const unsigned char *p, size_t len) {
    if (p[0] == 0x1b)
        return sequence_len(p, len);
    if (p[0] == '\r') {
        buf_addc(out, '\n');
        return len >= 2 && p[1] == '\n' ? 2 : 1;
    }
    size_t character = character_len(p, len);
    if (character == 0) {
        buf_adds(out, "\xef\xbf\xbd");
        return 1;
    }
    if ((character > 1 && !is_unshowable(p, character)) || (character == 1 && is_plain(p[0])))
        buf_add(out, p, character);
    return character;
}

void clean_add(struct buf *out, const char *data, size_t len, size_t max) {
    const unsigned char *p = (const unsigned char *)data;
    size_t start = out->len, i = 0, used = 0;
    while (i < len && used < max) {
        size_t plain = i;
        while (plain < len && plain - i < max - used && is_plain(p[plain]))
            plain++;
        if (plain > i) {
            buf_add(out, p + i, plain - i);
            i = plain;
        } else {
            size_t before = out->len, taken = add_one(out, p + i, len - i);
            if (out->len - start > max) { /* it does not fit whole */
                buf_truncate(out, before);
                break;
            }
            i += taken;
        }
        used = out->len - start;
    }
    if (i < len)
        buf_addf(out, " [cut: %zu bytes in all]", len);
}
