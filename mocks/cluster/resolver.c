#include "mocks/cluster/resolver.h"

#include "mocks/cluster/files.h"
#include "mocks/cluster/pod.h"

#include "harness/dns/dns_query.h"

#include <arpa/inet.h>

enum { NDOTS = 5, SERVERS_MAX = 3, QUESTIONS_MAX = 256, PACKETS_MAX = 16, UNDER_WAY_MAX = 8 };

const struct resolver_policy resolver_libc = {.interval_ms = 5000, .tries = 2, .tcp = true};
const struct resolver_policy resolver_busybox = {.interval_ms = 2500, .tries = 2, .on_servfail = 2};

struct question {
    char *server, *name, *type;
    struct buf query;
    /* Of the cluster's ops. An answer to an earlier try is as good as one to the last. */
    void *exchanges[UNDER_WAY_MAX];
    size_t exchange_count;
    bool tcp;
    unsigned tries, servfails;
    int64_t sent_ms;
    struct resolver_answer answer; /* result RESOLVER_PENDING until it is known */
};

struct resolver {
    struct container *container;
    bool hurried;
    const char *server;
    struct question **questions;
    size_t count, cap;
    unsigned answered;
};

/* --- /etc/resolv.conf ----------------------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* The next word of the line; NULL: no more. */
static const char *next_word(char **rest) {
    char *word = *rest;
    while (is_blank(*word))
        word++;
    if (!*word)
        return NULL;
    char *end = word;
    while (*end && !is_blank(*end))
        end++;
    *rest = end + (*end != '\0');
    *end = '\0';
    return word;
}

/* Word number index (from 0) among those that follow the keyword, or of its last line; owned. */
static char *setting(struct container *k, const char *keyword, bool last_line, size_t index) {
    struct buf text = BUF_INIT;
    char *found = NULL;
    size_t at = 0;
    (void)files_read(k, "/etc/resolv.conf", &text);
    char *rest = text.len ? text.data : NULL;
    for (char *line; rest && (line = str_next(&rest, '\n'));) {
        char *words = line;
        if (!str_eq(next_word(&words), keyword))
            continue;
        if (last_line) {
            free(str_take(&found));
            at = 0;
        }
        for (const char *word; (word = next_word(&words)); at++) {
            if (at == index && !found)
                found = xstrdup(word);
        }
    }
    buf_release(&text);
    return found;
}

char *resolver_server(struct container *k, size_t index) {
    return index < SERVERS_MAX ? setting(k, "nameserver", false, index) : NULL;
}

char *resolver_search(struct container *k, size_t index) {
    return index < RESOLVER_SEARCH_MAX ? setting(k, "search", true, index) : NULL;
}

char *resolver_reverse_name(const char *ip) {
    unsigned char a[16];
    if (inet_pton(AF_INET, ip, a) == 1)
        return xasprintf("%u.%u.%u.%u.in-addr.arpa", a[3], a[2], a[1], a[0]);
    if (inet_pton(AF_INET6, ip, a) != 1)
        return NULL;
    struct buf name = BUF_INIT;
    for (size_t i = 16; i-- > 0;)
        buf_addf(&name, "%x.%x.", a[i] & 15u, a[i] >> 4);
    buf_adds(&name, "ip6.arpa");
    return buf_detach(&name);
}

/* --- one question --------------------------------------------------------------------------- */

static void hang_up(const struct resolver *r, struct question *q) {
    const struct cluster_ops *ops = r->container->pod->c->ops;
    while (q->exchange_count)
        ops->dns_end(ops->self, q->exchanges[--q->exchange_count]);
}

static void question_free(const struct resolver *r, struct question *q) {
    hang_up(r, q);
    free(q->server);
    free(q->name);
    free(q->type);
    buf_release(&q->query);
    json_decref(q->answer.reply);
    free(q);
}

struct resolver *resolver_new(struct container *k, bool hurried) {
    struct resolver *r = xcalloc(1, sizeof(*r));
    r->container = k;
    r->hurried = hurried;
    return r;
}

void resolver_free(struct resolver *r) {
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        question_free(r, r->questions[i]);
    free(r->questions);
    free(r);
}

void resolver_use_server(struct resolver *r, const char *server) {
    r->server = server;
}

static struct question *find(struct resolver *r, const char *server, const char *name,
                             const char *type) {
    for (size_t i = 0; i < r->count; i++) {
        struct question *q = r->questions[i];
        if (str_eq(q->server, server) && str_eq(q->name, name) && str_eq(q->type, type))
            return q;
    }
    return NULL;
}

static struct question *add(struct resolver *r, const char *server, const char *name,
                            const char *type) {
    struct question *q = xcalloc(1, sizeof(*q));
    *q = (struct question){.server = xstrdup(server),
                           .name = xstrdup(name),
                           .type = xstrdup(type),
                           .query = BUF_INIT,
                           .answer = {.result = RESOLVER_PENDING}};
    CLEANUP(str_freep)
    char *absolute = xasprintf("%s%s", name, str_has_suffix(name, ".") ? "" : ".");
    uint16_t id = (uint16_t)rng_u32(&r->container->pod->c->rng);
    if (r->count == QUESTIONS_MAX)
        q->answer.result = RESOLVER_TIMEOUT;
    else if (dns_query_build(absolute, type, id, &q->query, NULL) < 0)
        q->answer.result = RESOLVER_NXDOMAIN; /* no such name can exist */
    r->questions = xgrow(r->questions, r->count, &r->cap, sizeof(*r->questions));
    r->questions[r->count++] = q;
    return q;
}

static void send_now(const struct resolver *r, struct question *q, bool tcp) {
    const struct cluster *c = r->container->pod->c;
    if (tcp || q->exchange_count == UNDER_WAY_MAX)
        hang_up(r, q);
    q->tcp = tcp;
    q->sent_ms = sched_now_ms(c->sched);
    void *exchange = c->ops && c->ops->dns_send ? c->ops->dns_send(c->ops->self, q->server, tcp,
                                                                   q->query.data, q->query.len)
                                                : NULL;
    if (exchange)
        q->exchanges[q->exchange_count++] = exchange;
}

static enum resolver_result result_of(const json_t *reply, const char *type) {
    const char *rcode = json_str(reply, "rcode", NULL);
    if (str_eq(rcode, "NXDOMAIN"))
        return RESOLVER_NXDOMAIN;
    if (!str_eq(rcode, "NOERROR"))
        return RESOLVER_SERVFAIL;
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(reply, "answer"), i, record) {
        if (str_eq(json_str(record, "type", NULL), type))
            return RESOLVER_OK;
    }
    return RESOLVER_NODATA;
}

static void finish(struct resolver *r, struct question *q, enum resolver_result result) {
    hang_up(r, q);
    q->answer.result = result;
    if (result != RESOLVER_TIMEOUT)
        q->answer.order = ++r->answered;
}

/* A packet came: true when it is the end of the question, or of waiting for more on this socket. */
static bool take_packet(struct resolver *r, struct question *q, const struct resolver_policy *p,
                        const struct buf *packet) {
    q->answer.heard = true;
    if (packet->len < 4 || memcmp(packet->data, q->query.data, 2) != 0)
        return false; /* belongs to another question */
    bool truncated = packet->data[2] & 2;
    if (truncated && p->tcp && !q->tcp) {
        send_now(r, q, true);
        return true;
    }
    if ((packet->data[3] & 15) == 2 && q->servfails < p->on_servfail) {
        q->servfails++;
        send_now(r, q, false);
        return true;
    }
    q->answer.reply = dns_reply_parse(packet->data, packet->len, NULL);
    finish(r, q, q->answer.reply ? result_of(q->answer.reply, q->type) : RESOLVER_SERVFAIL);
    return true;
}

/* The next packet of any try: 1 with it in ret; 0: none yet. */
static int receive(const struct resolver *r, struct question *q, struct buf *ret) {
    const struct cluster *c = r->container->pod->c;
    for (size_t i = 0; i < q->exchange_count; i++) {
        int got = c->ops->dns_receive(c->ops->self, q->exchanges[i], ret);
        if (got == 1)
            return 1;
        if (got == CLUSTER_DNS_ON_ITS_WAY)
            q->sent_ms = sched_now_ms(c->sched);
    }
    return 0;
}

/* Reads what has come. Bounded: a server that sends for ever is not listened to for ever. */
static void listen_to(struct resolver *r, struct question *q, const struct resolver_policy *p) {
    struct buf packet = BUF_INIT;
    for (int i = 0; i < PACKETS_MAX && receive(r, q, &packet); i++) {
        if (take_packet(r, q, p, &packet) && q->answer.result != RESOLVER_PENDING)
            break;
        buf_clear(&packet);
    }
    buf_release(&packet);
}

static void go_on(struct resolver *r, struct question *q, const struct resolver_policy *p) {
    int64_t now_ms = sched_now_ms(r->container->pod->c->sched);
    if (q->tries == 0) {
        send_now(r, q, false);
        q->tries = 1;
    }
    listen_to(r, q, p);
    if (q->answer.result != RESOLVER_PENDING)
        return;
    bool is_late = now_ms - q->sent_ms >= p->interval_ms;
    if (r->hurried || (is_late && q->tries >= p->tries)) {
        finish(r, q, RESOLVER_TIMEOUT);
    } else if (is_late) {
        send_now(r, q, q->tcp);
        q->tries++;
        listen_to(r, q, p);
    }
}

enum resolver_result resolver_ask(struct resolver *r, const struct resolver_policy *policy,
                                  const char *server, const char *name, const char *type,
                                  const struct resolver_answer **ret) {
    struct question *q = find(r, server, name, type);
    if (!q)
        q = add(r, server, name, type);
    if (q->answer.result == RESOLVER_PENDING)
        go_on(r, q, policy);
    if (ret)
        *ret = q->answer.result == RESOLVER_PENDING ? NULL : &q->answer;
    return q->answer.result;
}

/* --- as libc asks --------------------------------------------------------------------------- */

static size_t dots_in(const char *name) {
    size_t n = 0;
    for (; *name; name++)
        n += *name == '.';
    return n;
}

static bool in_hosts(const struct container *k, const char *name, json_t *ret) {
    if (!str_eq(name, "localhost") && !str_eq(name, k->pod->name))
        return false;
    const char *ip = str_eq(name, "localhost") || !k->pod->ip ? "127.0.0.1" : k->pod->ip;
    json_array_append_new(ret, json_string(ip));
    return true;
}

/* The question to each server in turn until one answers it. */
static enum resolver_result ask_each(struct resolver *r, const char *name, const char *type,
                                     const struct resolver_answer **ret) {
    if (r->server)
        return resolver_ask(r, &resolver_libc, r->server, name, type, ret);
    enum resolver_result result = RESOLVER_TIMEOUT;
    char *server;
    *ret = NULL;
    for (size_t i = 0; (server = resolver_server(r->container, i)); i++) {
        enum resolver_result one = resolver_ask(r, &resolver_libc, server, name, type, ret);
        free(server);
        if (one != RESOLVER_TIMEOUT && one != RESOLVER_SERVFAIL)
            return one;
        result = one == RESOLVER_SERVFAIL ? one : result;
    }
    return result;
}

static void add_data(const struct resolver_answer *answer, const char *type, json_t *ret) {
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(answer ? answer->reply : NULL, "answer"), i, record) {
        const char *data = json_str(record, "data", NULL);
        if (data && str_eq(json_str(record, "type", NULL), type))
            json_array_append_new(ret, json_string(data));
    }
}

/* A and AAAA of one name, asked side by side. */
static enum resolver_result ask_both(struct resolver *r, const char *name, json_t *ret) {
    const struct resolver_answer *a4, *a6;
    enum resolver_result r4 = ask_each(r, name, "A", &a4), r6 = ask_each(r, name, "AAAA", &a6);
    if (r4 == RESOLVER_PENDING || r6 == RESOLVER_PENDING)
        return RESOLVER_PENDING;
    if (r4 != RESOLVER_OK && r6 != RESOLVER_OK)
        return r4;
    add_data(a4, "A", ret);
    add_data(a6, "AAAA", ret);
    return RESOLVER_OK;
}

/* The name below each suffix. *worst is what the failure is called when no other name is there. */
static enum resolver_result search(struct resolver *r, const char *name, json_t *ret,
                                   enum resolver_result *worst) {
    char *domain;
    for (size_t i = 0; (domain = resolver_search(r->container, i)); i++) {
        CLEANUP(str_freep) char *full = xasprintf("%s.%s", name, domain);
        free(domain);
        enum resolver_result one = ask_both(r, full, ret);
        if (one == RESOLVER_OK || one == RESOLVER_TIMEOUT || one == RESOLVER_PENDING)
            return one;
        if (one == RESOLVER_NODATA || one == RESOLVER_SERVFAIL)
            *worst = one;
    }
    return RESOLVER_NXDOMAIN;
}

enum resolver_result resolver_lookup(struct resolver *r, const char *name, json_t *ret) {
    unsigned char address[16];
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
        json_array_append_new(ret, json_string(name));
        return RESOLVER_OK;
    }
    if (in_hosts(r->container, name, ret))
        return RESOLVER_OK;
    bool absolute = str_has_suffix(name, "."), first_as_is = dots_in(name) >= NDOTS;
    enum resolver_result worst = RESOLVER_NXDOMAIN, one;
    if (absolute || first_as_is) {
        one = ask_both(r, name, ret);
        if (absolute || one == RESOLVER_OK || one == RESOLVER_TIMEOUT || one == RESOLVER_PENDING)
            return one;
        worst = one;
    }
    one = search(r, name, ret, &worst);
    if (one != RESOLVER_NXDOMAIN || first_as_is)
        return one == RESOLVER_NXDOMAIN ? worst : one;
    one = ask_both(r, name, ret);
    return one == RESOLVER_NXDOMAIN ? worst : one;
}

enum resolver_result resolver_lookup_address(struct resolver *r, const char *ip, char **ret) {
    const struct resolver_answer *answer = NULL;
    CLEANUP(str_freep) char *reverse = resolver_reverse_name(ip);
    CLEANUP(json_freep) json_t *names = json_array();
    *ret = NULL;
    if (!reverse)
        return RESOLVER_NXDOMAIN;
    enum resolver_result result = ask_each(r, reverse, "PTR", &answer);
    if (result != RESOLVER_OK)
        return result;
    add_data(answer, "PTR", names);
    const char *name = json_string_value(json_array_get(names, 0));
    size_t len = strlen(name);
    *ret = xstrndup(name, len && name[len - 1] == '.' ? len - 1 : len);
    return RESOLVER_OK;
}
