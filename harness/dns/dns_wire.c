/* Reading: queries of clients, and replies of other servers. */
#include "harness/dns/dns_wire.h"

#include <string.h>

enum { HEADER_SIZE = 12, FLAG_QR = 0x8000, FLAG_TC = 0x0200 };

static uint16_t get16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static uint32_t get32(const uint8_t *p) {
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/*
 * Reads the name at *at and moves *at behind it. Pointers must go back, which bounds the loop: each
 * jump lands before the place where the name read so far began.
 */
static bool read_name(const uint8_t *data, size_t len, size_t *at, struct dns_name *ret) {
    size_t pos = *at, floor = *at, out = 0;
    bool jumped = false;
    for (;;) {
        if (pos >= len)
            return false;
        size_t label = data[pos];
        if (label >= 0xc0) {
            if (pos + 2 > len)
                return false;
            size_t target = (label & 0x3f) << 8 | data[pos + 1];
            if (!jumped)
                *at = pos + 2;
            if (target >= floor)
                return false;
            jumped = true;
            pos = floor = target;
            continue;
        }
        if (label > DNS_LABEL_LEN_MAX || pos + 1 + label > len || out + 1 + label > DNS_NAME_SIZE)
            return false;
        memcpy(ret->data + out, data + pos, 1 + label);
        out += 1 + label;
        pos += 1 + label;
        if (label == 0)
            break;
    }
    if (!jumped)
        *at = pos;
    ret->len = (uint8_t)out;
    return true;
}

/* A record's fixed part after its owner; data points at the rdata. */
static bool read_record(const uint8_t *data, size_t len, size_t *at, struct dns_record *ret) {
    if (!read_name(data, len, at, &ret->owner) || *at + 10 > len)
        return false;
    const uint8_t *fixed = data + *at;
    ret->type = get16(fixed);
    ret->class = get16(fixed + 2);
    ret->ttl = get32(fixed + 4);
    ret->data_len = get16(fixed + 8);
    ret->data = fixed + 10;
    *at += 10 + ret->data_len;
    return *at <= len;
}

static bool read_edns(const uint8_t *data, size_t len, size_t at, unsigned skip, unsigned count,
                      struct dns_query *q) {
    struct dns_record record;
    for (unsigned i = 0; i < skip + count; i++) {
        if (!read_record(data, len, &at, &record))
            return false;
        if (i < skip || record.type != DNS_OPT)
            continue;
        if (q->edns || record.owner.len != 1)
            return false; /* at most one, at the root (RFC 6891 §6.1.1) */
        q->edns = true;
        q->udp_size = record.class;
        q->edns_version = (uint8_t)(record.ttl >> 16);
        q->dnssec_ok = record.ttl & 0x8000;
    }
    return true;
}

enum dns_query_kind dns_query_read(const void *bytes, size_t len, struct dns_query *ret) {
    const uint8_t *data = bytes;
    if (len < HEADER_SIZE || get16(data + 2) & FLAG_QR)
        return DNS_QUERY_DROP;
    ret->id = get16(data);
    ret->flags = get16(data + 2);
    ret->opcode = (uint8_t)(ret->flags >> 11 & 15);
    ret->name.len = 0;
    ret->type = ret->class = ret->udp_size = 0;
    ret->edns = ret->dnssec_ok = false;
    ret->edns_version = 0;
    if (ret->opcode != 0)
        return DNS_QUERY_NOTIMP;
    if (get16(data + 4) != 1)
        return DNS_QUERY_MALFORMED;

    size_t at = HEADER_SIZE;
    if (!read_name(data, len, &at, &ret->name) || at + 4 > len) {
        ret->name.len = 0;
        return DNS_QUERY_MALFORMED;
    }
    ret->type = get16(data + at);
    ret->class = get16(data + at + 2);
    at += 4;
    unsigned others = (unsigned)get16(data + 6) + get16(data + 8), additional = get16(data + 10);
    if (!read_edns(data, len, at, others, additional, ret))
        return DNS_QUERY_MALFORMED;
    return DNS_QUERY_OK;
}

bool dns_reader_init(struct dns_reader *d, const void *bytes, size_t len) {
    const uint8_t *data = bytes;
    if (len < HEADER_SIZE || !(get16(data + 2) & FLAG_QR))
        return false;
    *d = (struct dns_reader){.data = data, .len = len, .at = HEADER_SIZE, .left = get16(data + 6)};
    d->rcode = (enum dns_rcode)(data[3] & 15);
    d->tc = get16(data + 2) & FLAG_TC;
    for (unsigned i = get16(data + 4); i > 0; i--) {
        struct dns_name name;
        if (!read_name(data, len, &d->at, &name) || d->at + 4 > len)
            return false;
        d->at += 4;
    }
    return true;
}

bool dns_reader_next(struct dns_reader *d, struct dns_record *ret) {
    if (d->left == 0 || !read_record(d->data, d->len, &d->at, ret)) {
        d->left = 0;
        return false;
    }
    d->left--;
    ret->target.len = 0;
    size_t at = (size_t)(ret->data - d->data), end = at + ret->data_len;
    if (ret->type == DNS_SRV)
        at += 6;
    if (ret->type != DNS_CNAME && ret->type != DNS_NS && ret->type != DNS_PTR &&
        ret->type != DNS_SRV)
        return true;
    bool ok = at < end && read_name(d->data, d->len, &at, &ret->target) && at == end;
    if (!ok)
        d->left = 0;
    return ok;
}
