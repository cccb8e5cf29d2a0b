#include "mocks/sim/dns_trouble.h"

#include "harness/core/str.h"
#include "harness/dns/dns_wire.h"

#include <string.h>

enum {
    HEADER_SIZE = 12,
    FORWARD_TIMEOUT_MS = 5000, /* what a server waits for another */
    KEPT_MAX = 1024,
    LATE_MAX = 4096,
};

struct kept {              /* an answer that has gone stale */
    char *part, *question; /* type, and the name in lower case */
    struct buf reply;
};

struct late {
    struct dns_trouble *owner;
    struct late *next, **place;
    struct sched_timer timer;
    struct dgram_ticket *ticket;
    struct buf reply;
};

struct dns_trouble {
    struct fault_table *faults;
    struct sched *sched;
    struct kept *kept;
    size_t kept_count, kept_cap;
    struct late *late;
    size_t late_count;
    int64_t spent_ms; /* waiting for others, of the answer that is being made */
};

struct dns_trouble *dns_trouble_new(struct fault_table *faults, struct sched *sched) {
    struct dns_trouble *t = xcalloc(1, sizeof(*t));
    t->faults = faults;
    t->sched = sched;
    return t;
}

void dns_trouble_forget(struct dns_trouble *t) {
    for (size_t i = 0; i < t->kept_count; i++) {
        free(t->kept[i].part);
        free(t->kept[i].question);
        buf_release(&t->kept[i].reply);
    }
    t->kept_count = 0;
}

static void late_free(struct late *l) {
    struct dns_trouble *t = l->owner;
    *l->place = l->next;
    if (l->next)
        l->next->place = l->place;
    t->late_count--;
    sched_stop(t->sched, &l->timer);
    dgram_ticket_free(l->ticket);
    buf_release(&l->reply);
    free(l);
}

void dns_trouble_free(struct dns_trouble *t) {
    if (!t)
        return;
    while (t->late)
        late_free(t->late);
    dns_trouble_forget(t);
    free(t->kept);
    free(t);
}

/* --- answers that are made up --------------------------------------------------------------- */

static void write_referral(struct dns_reply *r) {
    struct dns_name root, server;
    if (dns_name_from_text(".", &root) && dns_name_from_text("a.root-servers.net", &server))
        dns_reply_name(r, DNS_AUTHORITY, &root, DNS_NS, 518400, &server);
}

static void write_loop(struct dns_reply *r) {
    const struct dns_name *name = &r->query->name;
    struct dns_name other = *name;
    if (!dns_name_prepend(&other, "loop")) {
        dns_reply_name(r, DNS_ANSWER, name, DNS_CNAME, 30, name);
        return;
    }
    dns_reply_name(r, DNS_ANSWER, name, DNS_CNAME, 30, &other);
    dns_reply_name(r, DNS_ANSWER, &other, DNS_CNAME, 30, name);
}

static bool make_up(enum fault_action action, const struct dns_query *query, bool tcp,
                    struct buf *reply) {
    struct dns_reply r;
    dns_reply_begin(&r, query, tcp, reply);
    r.ra = true;
    r.aa = action == FAULT_NXDOMAIN || action == FAULT_NODATA || action == FAULT_LOOP;
    r.tc = action == FAULT_TRUNCATE;
    if (action == FAULT_SERVFAIL)
        r.rcode = DNS_SERVFAIL;
    else if (action == FAULT_REFUSED)
        r.rcode = DNS_REFUSED;
    else if (action == FAULT_NXDOMAIN)
        r.rcode = DNS_NXDOMAIN;
    else if (action == FAULT_LAME)
        write_referral(&r);
    else if (action == FAULT_LOOP)
        write_loop(&r);
    dns_reply_end(&r);
    return true;
}

/* --- answers that are spoilt ---------------------------------------------------------------- */

static char *key_of(const struct dns_query *query) {
    char text[DNS_NAME_TEXT_SIZE];
    dns_name_to_text(&query->name, text);
    for (char *p = text; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    return xasprintf("%u %s", query->type, text);
}

static const struct kept *find_kept(const struct dns_trouble *t, const char *part,
                                    const char *question) {
    for (size_t i = 0; i < t->kept_count; i++)
        if (str_eq(t->kept[i].part, part) && str_eq(t->kept[i].question, question))
            return &t->kept[i];
    return NULL;
}

/* Keeps what the server says now, whole, whoever asks and how. NULL: it says nothing. */
static const struct kept *keep(struct dns_trouble *t, const struct dns_trouble_query *q,
                               const struct dns_query *query, const char *question) {
    struct buf whole = BUF_INIT, reply = BUF_INIT_LIMIT(1 << 17);
    dns_query_write(&query->name, query->type, query->id, &whole);
    bool ok = t->kept_count < KEPT_MAX &&
              dns_server_answer(q->server, whole.data, whole.len, true, &reply);
    buf_release(&whole);
    if (!ok) {
        buf_release(&reply);
        return NULL;
    }
    t->kept = xgrow(t->kept, t->kept_count, &t->kept_cap, sizeof(*t->kept));
    struct kept *k = &t->kept[t->kept_count++];
    *k = (struct kept){xstrdup(q->part), xstrdup(question), reply};
    return k;
}

/* The records as they were, the rest as it is asked for today. */
static bool answer_stale(struct dns_trouble *t, const struct dns_trouble_query *q,
                         const struct dns_query *query, struct buf *reply) {
    CLEANUP(str_freep) char *question = key_of(query);
    const struct kept *kept = find_kept(t, q->part, question);
    struct dns_reader reader;
    struct dns_record record;
    if (!kept)
        kept = keep(t, q, query, question);
    if (!kept || query->class != DNS_IN ||
        !dns_reader_init(&reader, kept->reply.data, kept->reply.len))
        return dns_server_answer(q->server, q->data, q->len, q->tcp, reply);
    struct dns_reply r;
    dns_reply_begin(&r, query, q->tcp, reply);
    r.aa = kept->reply.data[2] & 4;
    r.ra = true;
    r.rcode = reader.rcode;
    while (dns_reader_next(&reader, &record)) {
        if (dns_name_equal(&record.owner, &query->name))
            record.owner = query->name; /* in today's spelling */
        dns_reply_copy(&r, DNS_ANSWER, &record);
    }
    dns_reply_end(&r);
    return true;
}

static bool answer_spoilt(const struct fault *f, const struct dns_trouble_query *q,
                          struct buf *reply) {
    size_t before = reply->len;
    if (!dns_server_answer(q->server, q->data, q->len, q->tcp, reply))
        return false;
    if (f->action == FAULT_WRONG_ID)
        reply->data[before] = (char)(reply->data[before] ^ 0x55);
    else if (!q->tcp && reply->len - before > (size_t)f->value)
        buf_truncate(reply, before + (size_t)f->value);
    return true;
}

/* --- what befalls a query ------------------------------------------------------------------- */

static struct fault draw(struct dns_trouble *t, const struct dns_trouble_query *q,
                         struct dns_query *query) {
    static const struct fault none = {.action = FAULT_NONE};
    char name[DNS_NAME_TEXT_SIZE];
    if (fault_table_is_empty(t->faults) || dns_query_read(q->data, q->len, query) != DNS_QUERY_OK)
        return none;
    return fault_table_next_query(t->faults, q->part, dns_name_to_text(&query->name, name));
}

static bool answer(struct dns_trouble *t, const struct dns_trouble_query *q, struct buf *reply,
                   int64_t *delay_ms) {
    struct dns_query query;
    struct fault f = draw(t, q, &query);
    switch (f.action) {
    case FAULT_DROP:
        return false;
    case FAULT_DELAY:
        *delay_ms = f.value;
        break;
    case FAULT_TRUNCATE:
        if (f.value >= 0)
            return answer_spoilt(&f, q, reply);
        if (q->tcp)
            break;
        return make_up(f.action, &query, q->tcp, reply);
    case FAULT_WRONG_ID:
        return answer_spoilt(&f, q, reply);
    case FAULT_STALE:
        return answer_stale(t, q, &query, reply);
    case FAULT_SERVFAIL:
    case FAULT_REFUSED:
    case FAULT_NXDOMAIN:
    case FAULT_NODATA:
    case FAULT_LAME:
    case FAULT_LOOP:
        return make_up(f.action, &query, q->tcp, reply);
    case FAULT_NONE:
    case FAULT_REFUSE:
    case FAULT_RESET:
    case FAULT_STATUS:
    case FAULT_CONFLICT:
    case FAULT_CLOSE:
    case FAULT_COMPACT:
    case FAULT_GARBLE:
    case FAULT_EXPIRE: /* these are Juju's */
    case FAULT_WARN:
    case FAULT_FAIL:
    case FAULT_BLOCK:
    case FAULT_LOST:
        break;
    }
    return dns_server_answer(q->server, q->data, q->len, q->tcp, reply);
}

bool dns_trouble_answer(struct dns_trouble *t, const struct dns_trouble_query *q, struct buf *reply,
                        int64_t *ret_delay_ms) {
    int64_t of_asker_ms = t->spent_ms, delay_ms = 0;
    t->spent_ms = 0;
    bool ok = answer(t, q, reply, &delay_ms);
    *ret_delay_ms = delay_ms + t->spent_ms;
    t->spent_ms = of_asker_ms;
    return ok;
}

bool dns_trouble_forward(struct dns_trouble *t, const struct dns_trouble_query *q,
                         struct buf *reply) {
    size_t before = reply->len;
    int64_t delay_ms;
    bool ok = dns_trouble_answer(t, q, reply, &delay_ms) && delay_ms < FORWARD_TIMEOUT_MS &&
              reply->len - before >= HEADER_SIZE && memcmp(reply->data + before, q->data, 2) == 0;
    t->spent_ms += ok ? delay_ms : FORWARD_TIMEOUT_MS;
    if (!ok)
        buf_truncate(reply, before);
    return ok;
}

static void send_late(void *self) {
    struct late *l = self;
    dgram_ticket_send(l->ticket, l->reply.data, l->reply.len);
    late_free(l);
}

void dns_trouble_send_later(struct dns_trouble *t, struct dgram_ticket *ticket,
                            const struct buf *reply, int64_t delay_ms) {
    if (t->late_count == LATE_MAX) {
        dgram_ticket_free(ticket);
        return;
    }
    struct late *l = xcalloc(1, sizeof(*l));
    l->owner = t;
    l->ticket = ticket;
    l->reply = (struct buf)BUF_INIT;
    buf_add(&l->reply, reply->data, reply->len);
    l->next = t->late;
    l->place = &t->late;
    if (l->next)
        l->next->place = &l->next;
    t->late = l;
    t->late_count++;
    sched_start(t->sched, &l->timer, delay_ms, send_late, l);
}
