/* Writing replies: compression, limits, EDNS. */
#include "harness/dns/dns_wire.h"

#include <assert.h>
#include <string.h>

enum {
    HEADER_SIZE = 12,
    OPT_SIZE = 11,
    UDP_SIZE_MIN = 512,
    UDP_SIZE_MAX = 4096, /* what we offer and at most use */
    TCP_SIZE_MAX = 65535,
    FLAG_QR = 0x80,
    FLAG_RD = 0x01,
    FLAG_AA = 0x04,
    FLAG_TC = 0x02,
    FLAG_RA = 0x80,
};

static void put16(uint8_t *p, unsigned value) {
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}
static void put32(uint8_t *p, uint32_t value) {
    put16(p, value >> 16);
    put16(p + 2, value & 0xffff);
}

/* Room for n more bytes; NULL latches tc for the record that is being written. */
static uint8_t *room(struct dns_reply *r, size_t n) {
    if (r->len + n > r->len_max)
        return NULL;
    uint8_t *p = r->data + r->len;
    r->len += n;
    return p;
}

static uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Whether the name that stands at offset at of the message is the wire name. Our own pointers only.
 */
static bool stands_at(const struct dns_reply *r, size_t at, const uint8_t *name) {
    for (;;) {
        while (r->data[at] >= 0xc0)
            at = (size_t)(r->data[at] & 0x3f) << 8 | r->data[at + 1];
        size_t len = *name;
        if (r->data[at] != len)
            return false;
        if (len == 0)
            return true;
        for (size_t i = 1; i <= len; i++)
            if (lower(r->data[at + i]) != lower(name[i]))
                return false;
        at += 1 + len;
        name += 1 + len;
    }
}

static bool put_name(struct dns_reply *r, const struct dns_name *name) {
    size_t known = r->name_count; /* a name has no tail of its own to point at */
    for (const uint8_t *p = name->data;; p += 1 + *p) {
        if (*p == 0) {
            uint8_t *root = room(r, 1);
            if (root)
                *root = 0;
            return root != NULL;
        }
        for (size_t i = 0; i < known; i++) {
            if (!stands_at(r, r->names[i], p))
                continue;
            uint8_t *pointer = room(r, 2);
            if (pointer)
                put16(pointer, 0xc000u | r->names[i]);
            return pointer != NULL;
        }
        size_t at = r->len;
        uint8_t *label = room(r, 1u + *p);
        if (!label)
            return false;
        memcpy(label, p, 1u + *p);
        if (at < 0x4000 && r->name_count < sizeof(r->names) / sizeof(r->names[0]))
            r->names[r->name_count++] = (uint16_t)at;
    }
}

void dns_query_write(const struct dns_name *name, uint16_t type, uint16_t id, struct buf *out) {
    uint8_t head[HEADER_SIZE] = {0}, question[4], opt[OPT_SIZE] = {0};
    put16(head, id);
    head[2] = FLAG_RD;
    put16(head + 4, 1);
    put16(head + 10, 1);
    put16(question, type);
    put16(question + 2, DNS_IN);
    put16(opt + 1, DNS_OPT);
    put16(opt + 3, UDP_SIZE_MAX);
    buf_add(out, head, sizeof(head));
    buf_add(out, name->data, name->len);
    buf_add(out, question, sizeof(question));
    buf_add(out, opt, sizeof(opt));
}

void dns_reply_begin(struct dns_reply *r, const struct dns_query *q, bool tcp, struct buf *out) {
    size_t limit = tcp                          ? TCP_SIZE_MAX
                   : !q->edns                   ? UDP_SIZE_MIN
                   : q->udp_size < UDP_SIZE_MIN ? UDP_SIZE_MIN
                   : q->udp_size > UDP_SIZE_MAX ? UDP_SIZE_MAX
                                                : q->udp_size;
    size_t left = out->limit - out->len;
    if (limit > left)
        limit = left;              /* a longer answer is cut, as for a small EDNS size */
    assert(limit >= UDP_SIZE_MIN); /* the caller gives a buffer that holds one message */
    r->out = out;
    r->data = (uint8_t *)buf_reserve(out, limit);
    assert(r->data);
    r->len = HEADER_SIZE;
    r->len_max = limit - (q->edns ? OPT_SIZE : 0);
    r->query = q;
    memset(r->counts, 0, sizeof(r->counts));
    r->name_count = 0;
    r->rcode = DNS_NOERROR;
    r->aa = r->ra = r->tc = false;
    if (q->name.len == 0)
        return;

    put_name(r, &q->name);
    uint8_t *p = room(r, 4);
    assert(p); /* 12 + 255 + 4 is below every limit */
    put16(p, q->type);
    put16(p + 2, q->class);
}

void dns_reply_end(struct dns_reply *r) {
    const struct dns_query *q = r->query;
    uint8_t *h = r->data;
    put16(h, q->id);
    h[2] = (uint8_t)(FLAG_QR | (q->flags >> 8 & 0x79) | (r->aa ? FLAG_AA : 0) |
                     (r->tc ? FLAG_TC : 0)); /* opcode and RD as asked */
    h[3] = (uint8_t)((r->ra ? FLAG_RA : 0) | (q->flags & 0x10) | (r->rcode & 15)); /* CD too */
    put16(h + 4, q->name.len ? 1 : 0);
    put16(h + 6, r->counts[DNS_ANSWER]);
    put16(h + 8, r->counts[DNS_AUTHORITY]);
    put16(h + 10, r->counts[DNS_ADDITIONAL] + (q->edns ? 1u : 0u));
    if (q->edns) {
        uint8_t *opt = r->data + r->len;
        r->len += OPT_SIZE;
        opt[0] = 0;
        put16(opt + 1, DNS_OPT);
        put16(opt + 3, UDP_SIZE_MAX);
        put32(opt + 5, (uint32_t)(r->rcode >> 4) << 24 | (q->dnssec_ok ? 0x8000u : 0));
        put16(opt + 9, 0);
    }
    r->out->len += r->len;
    r->out->data[r->out->len] = '\0';
}

struct mark {
    size_t len, name_count;
};

/* Owner and fixed part; the rdata follows and record_end() sets its length. */
static bool record_begin(struct dns_reply *r, const struct dns_name *owner, uint16_t type,
                         uint16_t class, uint32_t ttl, struct mark *mark) {
    *mark = (struct mark){r->len, r->name_count};
    uint8_t *p;
    if (r->tc || !put_name(r, owner) || !(p = room(r, 10)))
        return false;
    put16(p, type);
    put16(p + 2, class);
    put32(p + 4, ttl);
    return true;
}

static void record_end(struct dns_reply *r, enum dns_section s, const struct mark *mark, bool ok,
                       size_t data_at) {
    if (ok) {
        put16(r->data + data_at - 2, (unsigned)(r->len - data_at));
        r->counts[s]++;
        return;
    }
    r->len = mark->len;
    r->name_count = mark->name_count;
    /* Additional records are a courtesy: without them the reply is whole (RFC 2181 §9). */
    if (s != DNS_ADDITIONAL)
        r->tc = true;
}

static void put_bytes(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                      uint16_t type, uint32_t ttl, const void *data, size_t len) {
    struct mark mark;
    bool ok = record_begin(r, owner, type, DNS_IN, ttl, &mark);
    size_t at = r->len;
    uint8_t *p = ok ? room(r, len) : NULL;
    if (p && len)
        memcpy(p, data, len);
    record_end(r, s, &mark, p != NULL, at);
}

void dns_reply_a(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                 uint32_t ttl, const uint8_t address[4]) {
    put_bytes(r, s, owner, DNS_A, ttl, address, 4);
}

void dns_reply_aaaa(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                    uint32_t ttl, const uint8_t address[16]) {
    put_bytes(r, s, owner, DNS_AAAA, ttl, address, 16);
}

void dns_reply_name(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                    enum dns_type type, uint32_t ttl, const struct dns_name *target) {
    struct mark mark;
    bool ok = record_begin(r, owner, (uint16_t)type, DNS_IN, ttl, &mark);
    size_t at = r->len;
    record_end(r, s, &mark, ok && put_name(r, target), at);
}

void dns_reply_srv(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                   uint32_t ttl, const struct dns_srv *srv) {
    struct mark mark;
    bool ok = record_begin(r, owner, DNS_SRV, DNS_IN, ttl, &mark);
    size_t at = r->len;
    uint8_t *p = ok ? room(r, 6 + (size_t)srv->target->len) : NULL;
    if (p) {
        put16(p, srv->priority);
        put16(p + 2, srv->weight);
        put16(p + 4, srv->port);
        memcpy(p + 6, srv->target->data, srv->target->len); /* not compressed: RFC 2782 */
    }
    record_end(r, s, &mark, p != NULL, at);
}

void dns_reply_txt(struct dns_reply *r, const struct dns_name *owner, uint16_t class, uint32_t ttl,
                   const char *text) {
    struct mark mark;
    bool ok = record_begin(r, owner, DNS_TXT, class, ttl, &mark);
    size_t at = r->len, left = strlen(text);
    do {
        size_t piece = left < 255 ? left : 255;
        uint8_t *p = ok ? room(r, 1 + piece) : NULL;
        ok = p != NULL;
        if (ok) {
            *p = (uint8_t)piece;
            memcpy(p + 1, text, piece);
        }
        text += piece;
        left -= piece;
    } while (ok && left > 0);
    record_end(r, DNS_ANSWER, &mark, ok, at);
}

void dns_reply_soa(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                   uint32_t ttl, const struct dns_soa *soa) {
    struct mark mark;
    bool ok = record_begin(r, owner, DNS_SOA, DNS_IN, ttl, &mark);
    size_t at = r->len;
    ok = ok && put_name(r, &soa->mname) && put_name(r, &soa->rname);
    uint8_t *p = ok ? room(r, 20) : NULL;
    if (p) {
        put32(p, soa->serial);
        put32(p + 4, soa->refresh);
        put32(p + 8, soa->retry);
        put32(p + 12, soa->expire);
        put32(p + 16, soa->minimum);
    }
    record_end(r, s, &mark, p != NULL, at);
}

void dns_reply_copy(struct dns_reply *r, enum dns_section s, const struct dns_record *record) {
    switch (record->type) {
    case DNS_CNAME:
    case DNS_NS:
    case DNS_PTR:
        dns_reply_name(r, s, &record->owner, (enum dns_type)record->type, record->ttl,
                       &record->target);
        break;
    case DNS_SRV: {
        const uint8_t *d = record->data;
        struct dns_srv srv = {(uint16_t)(d[0] << 8 | d[1]), (uint16_t)(d[2] << 8 | d[3]),
                              (uint16_t)(d[4] << 8 | d[5]), &record->target};
        dns_reply_srv(r, s, &record->owner, record->ttl, &srv);
        break;
    }
    case DNS_A:
    case DNS_AAAA:
    case DNS_TXT:
        put_bytes(r, s, &record->owner, record->type, record->ttl, record->data, record->data_len);
        break;
    default: /* others may hold compressed names, which cannot be moved blindly */
        break;
    }
}
