#include "mocks/apiserver/wire.h"

#include <string.h>

struct wire_reader wire_reader_of(const void *data, size_t len) {
    if (len == 0)
        data = ""; /* no arithmetic on NULL */
    return (struct wire_reader){.at = data, .end = (const uint8_t *)data + len};
}

bool wire_varint(struct wire_reader *r, uint64_t *ret_number) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end)
            return false;
        uint8_t byte = *r->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool take_fixed(struct wire_reader *r, size_t len, uint64_t *ret_number) {
    uint64_t number = 0;
    if ((size_t)(r->end - r->at) < len)
        return false;
    for (size_t i = 0; i < len; i++)
        number |= (uint64_t)r->at[i] << (8 * i);
    r->at += len;
    *ret_number = number;
    return true;
}

int wire_next(struct wire_reader *r, struct wire_field *ret_field) {
    struct wire_field field = {0};
    uint64_t key;
    if (r->at == r->end)
        return 0;
    if (!wire_varint(r, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
        return -1;
    field.tag = (uint32_t)(key >> 3);

    bool ok = false;
    switch (key & 7) {
    case WIRE_VARINT:
        field.type = WIRE_VARINT;
        ok = wire_varint(r, &field.number);
        break;
    case WIRE_FIXED64:
        field.type = WIRE_FIXED64;
        ok = take_fixed(r, 8, &field.number);
        break;
    case WIRE_FIXED32:
        field.type = WIRE_FIXED32;
        ok = take_fixed(r, 4, &field.number);
        break;
    case WIRE_BYTES:
        field.type = WIRE_BYTES;
        ok = wire_varint(r, &field.number) && field.number <= (uint64_t)(r->end - r->at);
        if (ok) {
            field.bytes = r->at;
            field.len = (size_t)field.number;
            r->at += field.len;
        }
        break;
    default: /* groups are long gone */
        break;
    }
    if (!ok)
        return -1;
    *ret_field = field;
    return 1;
}

static void add_varint(struct buf *out, uint64_t number) {
    while (number >= 0x80) {
        buf_addc(out, (char)(uint8_t)(number | 0x80));
        number >>= 7;
    }
    buf_addc(out, (char)(uint8_t)number);
}

static void add_key(struct buf *out, uint32_t tag, enum wire_type type) {
    add_varint(out, (uint64_t)tag << 3 | (uint64_t)type);
}

void wire_add_number(struct buf *out, uint32_t tag, uint64_t number) {
    add_key(out, tag, WIRE_VARINT);
    add_varint(out, number);
}

void wire_add_double(struct buf *out, uint32_t tag, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    add_key(out, tag, WIRE_FIXED64);
    for (int i = 0; i < 8; i++)
        buf_addc(out, (char)(uint8_t)(bits >> (8 * i)));
}

void wire_add_bytes(struct buf *out, uint32_t tag, const void *data, size_t len) {
    add_key(out, tag, WIRE_BYTES);
    add_varint(out, len);
    buf_add(out, data, len);
}

void wire_add_text(struct buf *out, uint32_t tag, const char *text) {
    wire_add_bytes(out, tag, text, strlen(text));
}

void wire_add_message(struct buf *out, uint32_t tag, struct buf *message) {
    wire_add_bytes(out, tag, buf_str(message), message->len);
    buf_release(message);
}
