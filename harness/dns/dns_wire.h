/*
 * DNS messages as bytes (RFC 1035, 6891), for the servers of the simulated world: a query is read
 * and a reply written in one pass, without memory from the heap but the reply's own.
 *
 *     struct dns_query q;
 *     switch (dns_query_read(data, len, &q)) ...
 *     struct dns_reply r;
 *     dns_reply_begin(&r, &q, tcp, out);
 *     dns_reply_a(&r, DNS_ANSWER, &q.name, 30, address);
 *     dns_reply_end(&r);                           out has the message
 *
 * A record that does not fit is left out and the reply marked truncated; sections must be filled in
 * their order.
 */
#ifndef CONFED_DNS_DNS_WIRE_H
#define CONFED_DNS_DNS_WIRE_H

#include "harness/core/buf.h"
#include "harness/dns/dns_name.h"

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_OPT = 41,
    DNS_AXFR = 252,
    DNS_ANY = 255
};
enum { DNS_IN = 1, DNS_CHAOS = 3 };
enum dns_rcode {
    DNS_NOERROR,
    DNS_FORMERR,
    DNS_SERVFAIL,
    DNS_NXDOMAIN,
    DNS_NOTIMP,
    DNS_REFUSED,
    DNS_BADVERS = 16
};
enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL };

struct dns_query {
    uint16_t id, flags;
    uint8_t opcode;
    struct dns_name name; /* case as asked; len 0 when there is no readable question */
    uint16_t type, class;
    bool edns, dnssec_ok;
    uint8_t edns_version;
    uint16_t udp_size; /* of EDNS */
};

enum dns_query_kind {
    DNS_QUERY_OK,
    DNS_QUERY_DROP,      /* not even a header, or a reply: answering could make a loop */
    DNS_QUERY_MALFORMED, /* answer FORMERR */
    DNS_QUERY_NOTIMP,    /* another opcode than QUERY */
};
enum dns_query_kind dns_query_read(const void *data, size_t len, struct dns_query *ret);

/* Appends a query with recursion desired and EDNS, so that the reply is not cut early. */
void dns_query_write(const struct dns_name *name, uint16_t type, uint16_t id, struct buf *out);

/*
 * A reply under way. It may be copied and put back as it was, to take back what was written in
 * between; only dns_reply_end() touches out.
 */
struct dns_reply {
    struct buf *out;
    uint8_t *data; /* the message, in out */
    size_t len, len_max;
    const struct dns_query *query;
    uint16_t counts[3]; /* of the sections */
    uint16_t names[48]; /* where names and their tails stand, for compression */
    size_t name_count;
    enum dns_rcode rcode;
    bool aa, ra, tc;
};

/* q is borrowed until dns_reply_end. The message is appended to out. */
void dns_reply_begin(struct dns_reply *r, const struct dns_query *q, bool tcp, struct buf *out);
void dns_reply_end(struct dns_reply *r);

void dns_reply_a(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                 uint32_t ttl, const uint8_t address[4]);
void dns_reply_aaaa(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                    uint32_t ttl, const uint8_t address[16]);
/* CNAME, PTR or NS. */
void dns_reply_name(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                    enum dns_type type, uint32_t ttl, const struct dns_name *target);
struct dns_srv {
    uint16_t priority, weight, port;
    const struct dns_name *target;
};
void dns_reply_srv(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                   uint32_t ttl, const struct dns_srv *srv);
/* Cut into character strings of 255 bytes. class is IN or CHAOS. */
void dns_reply_txt(struct dns_reply *r, const struct dns_name *owner, uint16_t class, uint32_t ttl,
                   const char *text);
struct dns_soa {
    struct dns_name mname, rname;
    uint32_t serial, refresh, retry, expire, minimum;
};
void dns_reply_soa(struct dns_reply *r, enum dns_section s, const struct dns_name *owner,
                   uint32_t ttl, const struct dns_soa *soa);

/* Reading the records of another server's reply. */
struct dns_record {
    struct dns_name owner;
    uint16_t type, class;
    uint32_t ttl;
    const uint8_t *data; /* in the message */
    size_t data_len;
    struct dns_name target; /* of CNAME, NS, PTR, SRV; else len 0 */
};
struct dns_reader {
    const uint8_t *data;
    size_t len, at;
    unsigned left; /* records of the answer section */
    enum dns_rcode rcode;
    bool tc;
};
/* false: it is no reply. Stands before the first answer. */
bool dns_reader_init(struct dns_reader *d, const void *data, size_t len);
/* The next record of the answer section; false: no more, or malformed. */
bool dns_reader_next(struct dns_reader *d, struct dns_record *ret);
/* Appends a record as it was read, when it is of a type of enum dns_type. */
void dns_reply_copy(struct dns_reply *r, enum dns_section s, const struct dns_record *record);

#endif
