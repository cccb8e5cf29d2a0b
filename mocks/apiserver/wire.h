/*
 * The wire format of protobuf: fields in front of a reader, fields behind a buffer. It knows no
 * schema.
 */
#ifndef CONFED_APISERVER_WIRE_H
#define CONFED_APISERVER_WIRE_H

#include "harness/core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_reader {
    const uint8_t *at, *end; /* borrowed */
};

struct wire_field {
    uint32_t tag;
    enum wire_type type;
    uint64_t number;      /* VARINT, FIXED64, FIXED32 */
    const uint8_t *bytes; /* BYTES: borrowed from the reader's memory */
    size_t len;
};

/* data may be NULL when len is 0. */
struct wire_reader wire_reader_of(const void *data, size_t len);
/* 1: *ret_field is the next field; 0: the end; -1: malformed. */
int wire_next(struct wire_reader *r, struct wire_field *ret_field);
/* One number of a packed list; false when it is malformed. */
bool wire_varint(struct wire_reader *r, uint64_t *ret_number);

void wire_add_number(struct buf *out, uint32_t tag, uint64_t number);
void wire_add_double(struct buf *out, uint32_t tag, double number);
void wire_add_bytes(struct buf *out, uint32_t tag, const void *data, size_t len);
void wire_add_text(struct buf *out, uint32_t tag, const char *text);
/* Appends message as a field and empties it for the next one. */
void wire_add_message(struct buf *out, uint32_t tag, struct buf *message);

#endif
