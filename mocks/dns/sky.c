#include "mocks/dns/sky.h"

#include <arpa/inet.h>
#include <string.h>

enum { CNAMES_MAX = 8, LOOKUPS_MAX = 64, PRIORITIES_MAX = 16 };

struct front {
    struct dns_reply *r;
    const struct sky_source *source;
    uint16_t type; /* A or AAAA while addresses are looked up */
    enum dns_section section;
    unsigned depth, lookups; /* bounds of following CNAMEs, which may fan out and loop */
};

struct level { /* one name on the way along a chain of CNAMEs */
    struct front *front;
    const struct dns_name *name;
};

static enum sky_found add_addresses(struct front *f, const struct dns_name *name);

static int family_of(const char *host, uint8_t address[16]) {
    if (inet_pton(AF_INET, host, address) == 1)
        return AF_INET;
    return strchr(host, ':') && inet_pton(AF_INET6, host, address) == 1 ? AF_INET6 : 0;
}

/* Asks the other server, by TCP when the answer over UDP was cut. */
static bool ask_elsewhere(const struct sky_source *source, const struct dns_name *target,
                          const struct buf *query, struct buf *reply, struct dns_reader *ret) {
    for (int tcp = 0; tcp <= 1; tcp++) {
        buf_clear(reply);
        if (!source->forward(source->self, target, query->data, query->len, tcp, reply) ||
            !dns_reader_init(ret, reply->data, reply->len) || ret->rcode != DNS_NOERROR)
            return false;
        if (!ret->tc)
            return true;
    }
    return true;
}

/* What another server answers about target; false: it cannot be resolved there. */
static bool add_from_elsewhere(struct front *f, const struct dns_name *target) {
    if (!f->source->forward)
        return false;
    struct buf query = BUF_INIT_LIMIT(1024), reply = BUF_INIT_LIMIT(1 << 17);
    dns_query_write(target, f->type, f->r->query->id, &query);
    struct dns_reader reader;
    bool ok = ask_elsewhere(f->source, target, &query, &reply, &reader);
    struct dns_record record;
    while (ok && dns_reader_next(&reader, &record))
        dns_reply_copy(f->r, f->section, &record);
    buf_release(&query);
    buf_release(&reply);
    return ok;
}

static void follow(struct level *level, const struct sky_record *record) {
    struct front *f = level->front;
    struct dns_name target;
    if (!dns_name_from_text(record->host, &target) || dns_name_equal(&target, level->name) ||
        f->depth >= CNAMES_MAX || f->lookups >= LOOKUPS_MAX)
        return;

    struct dns_reply before = *f->r;
    dns_reply_name(f->r, f->section, level->name, DNS_CNAME, record->ttl, &target);
    unsigned count = f->r->counts[f->section];
    f->depth++;
    bool complete;
    if (dns_name_is_below(&target, f->source->zone))
        complete = add_addresses(f, &target) == SKY_FOUND && f->r->counts[f->section] > count;
    else
        complete = add_from_elsewhere(f, &target);
    f->depth--;
    if (!complete && !f->r->tc)
        *f->r = before;
}

static void add_address(void *self, const struct sky_record *record) {
    struct level *level = self;
    struct front *f = level->front;
    uint8_t address[16];
    int family = family_of(record->host, address);
    if (family == AF_INET && f->type == DNS_A)
        dns_reply_a(f->r, f->section, level->name, record->ttl, address);
    else if (family == AF_INET6 && f->type == DNS_AAAA)
        dns_reply_aaaa(f->r, f->section, level->name, record->ttl, address);
    else if (family == 0 && *record->host)
        follow(level, record);
}

static enum sky_found add_addresses(struct front *f, const struct dns_name *name) {
    f->lookups++;
    struct level level = {f, name};
    return f->source->records(f->source->self, name, false, false, add_address, &level);
}

struct totals { /* weights are shares of 100 among the records of one priority */
    uint16_t priority[PRIORITIES_MAX];
    unsigned weight[PRIORITIES_MAX];
    size_t count;
};

static unsigned weight_of(const struct sky_record *record) {
    return record->weight ? record->weight : 100;
}

static void add_weight(void *self, const struct sky_record *record) {
    struct totals *t = self;
    size_t i = 0;
    while (i < t->count && t->priority[i] != record->priority)
        i++;
    if (i == PRIORITIES_MAX)
        return;
    if (i == t->count) {
        t->priority[t->count++] = record->priority;
        t->weight[i] = 0;
    }
    t->weight[i] += weight_of(record);
}

struct srv_pass {
    struct front *front;
    struct totals totals;
    bool additional; /* the second pass, over the same records */
};

static bool srv_target(const struct sky_record *record, int family, struct dns_name *ret) {
    if (family && record->srv_name) {
        *ret = *record->srv_name;
        return true;
    }
    return !family && *record->host && dns_name_from_text(record->host, ret);
}

static void add_srv(void *self, const struct sky_record *record) {
    struct srv_pass *pass = self;
    struct front *f = pass->front;
    uint8_t address[16];
    int family = family_of(record->host, address);
    struct dns_name target;
    if (!srv_target(record, family, &target))
        return;

    if (!pass->additional) {
        unsigned total = weight_of(record);
        for (size_t i = 0; i < pass->totals.count; i++)
            if (pass->totals.priority[i] == record->priority)
                total = pass->totals.weight[i];
        struct dns_srv srv = {record->priority, (uint16_t)(100 * weight_of(record) / total),
                              record->port, &target};
        dns_reply_srv(f->r, DNS_ANSWER, &f->r->query->name, record->ttl, &srv);
    } else if (family == AF_INET) {
        dns_reply_a(f->r, DNS_ADDITIONAL, &target, record->ttl, address);
    } else if (family == AF_INET6) {
        dns_reply_aaaa(f->r, DNS_ADDITIONAL, &target, record->ttl, address);
    } else if (dns_name_is_below(&target, f->source->zone) && f->lookups < LOOKUPS_MAX) {
        add_addresses(f, &target);
    }
}

static enum sky_found answer_srv(struct front *f) {
    const struct sky_source *s = f->source;
    const struct dns_name *name = &f->r->query->name;
    struct srv_pass pass = {.front = f};
    enum sky_found found = s->records(s->self, name, false, true, add_weight, &pass.totals);
    if (found != SKY_FOUND)
        return found;
    s->records(s->self, name, false, true, add_srv, &pass);
    pass.additional = true;
    f->section = DNS_ADDITIONAL;
    f->type = DNS_A;
    s->records(s->self, name, false, true, add_srv, &pass);
    return SKY_FOUND;
}

static void add_txt(void *self, const struct sky_record *record) {
    struct front *f = self;
    if (record->text && *record->text)
        dns_reply_txt(f->r, &f->r->query->name, DNS_IN, record->ttl, record->text);
}

/* A name has one CNAME at most: the first counts. */
static void add_cname(void *self, const struct sky_record *record) {
    struct front *f = self;
    uint8_t address[16];
    struct dns_name target;
    if (f->r->counts[DNS_ANSWER] == 0 && *record->host && !family_of(record->host, address) &&
        dns_name_from_text(record->host, &target))
        dns_reply_name(f->r, DNS_ANSWER, &f->r->query->name, DNS_CNAME, record->ttl, &target);
}

static void add_ptr(void *self, const struct sky_record *record) {
    struct front *f = self;
    uint8_t address[16];
    struct dns_name target;
    if (*record->host && !family_of(record->host, address) &&
        dns_name_from_text(record->host, &target))
        dns_reply_name(f->r, DNS_ANSWER, &f->r->query->name, DNS_PTR, record->ttl, &target);
}

static void ignore(void *self, const struct sky_record *record) {
    (void)self, (void)record;
}

enum sky_found sky_answer(struct dns_reply *r, const struct sky_source *s) {
    struct front f = {.r = r, .source = s, .type = r->query->type, .section = DNS_ANSWER};
    const struct dns_name *name = &r->query->name;
    switch (r->query->type) {
    case DNS_A:
    case DNS_AAAA:
        return add_addresses(&f, name);
    case DNS_SRV:
        return answer_srv(&f);
    case DNS_TXT:
        return s->records(s->self, name, false, false, add_txt, &f);
    case DNS_CNAME:
        return s->records(s->self, name, true, false, add_cname, &f);
    case DNS_PTR:
        return s->records(s->self, name, false, false, add_ptr, &f);
    default: /* whether the name is there at all */
        return s->records(s->self, name, false, false, ignore, NULL);
    }
}
