#include "mocks/cluster/resolver.h"

#include "mocks/cluster/files.h"
#include "mocks/cluster/pod.h"

#include "harness/dns/dns_query.h"

#include <arpa/inet.h>
#include <inttypes.h>

#define NDOTS 5

/* Field number index (from 0) after the keyword of a line of /etc/resolv.conf; owned or NULL. */
static char *setting(struct container *k, const char *keyword, size_t index) {
    struct buf text = BUF_INIT;
    char *found = NULL;
    (void)files_read(k, "/etc/resolv.conf", &text);
    char *rest = text.len ? text.data : NULL;
    for (char *line; rest && !found && (line = str_next(&rest, '\n'));) {
        char *words = line;
        const char *word = str_next(&words, ' ');
        if (!str_eq(word, keyword))
            continue;
        for (size_t i = 0; words && (word = str_next(&words, ' ')); i++) {
            if (i == index) {
                found = xstrdup(word);
                break;
            }
        }
    }
    buf_release(&text);
    return found;
}

char *resolver_server(struct container *k) {
    return setting(k, "nameserver", 0);
}

char *resolver_search(struct container *k, size_t index) {
    return setting(k, "search", index);
}

char *resolver_reverse_name(const char *ip) {
    struct in_addr a;
    if (inet_pton(AF_INET, ip, &a) != 1)
        return NULL;
    uint32_t v = ntohl(a.s_addr);
    return xasprintf("%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".%" PRIu32 ".in-addr.arpa.", v & 255,
                     v >> 8 & 255, v >> 16 & 255, v >> 24);
}

static enum resolver_result read_reply(const json_t *reply, const char *type, json_t *ret,
                                       char **ret_final) {
    const char *rcode = json_str(reply, "rcode", NULL);
    if (str_eq(rcode, "NXDOMAIN"))
        return RESOLVER_NXDOMAIN;
    if (!str_eq(rcode, "NOERROR"))
        return RESOLVER_SERVFAIL;
    size_t i, found = 0;
    json_t *record;
    json_array_foreach(json_at(reply, "answer", NULL), i, record) {
        const char *data = json_str(record, "data", NULL);
        if (!data || !str_eq(json_str(record, "type", NULL), type))
            continue;
        json_array_append_new(ret, json_string(data));
        if (found++ == 0 && ret_final) {
            const char *name = json_str(record, "name", NULL);
            *ret_final = name ? xstrdup(name) : NULL;
        }
    }
    return found ? RESOLVER_OK : RESOLVER_NODATA;
}

enum resolver_result resolver_ask(struct container *k, const char *name, const char *type,
                                  json_t *ret, char **ret_final) {
    struct cluster *c = k->pod->c;
    struct buf query = BUF_INIT, answer = BUF_INIT;
    enum resolver_result result = RESOLVER_TIMEOUT;
    CLEANUP(str_freep)
    char *absolute = xasprintf("%s%s", name, str_has_suffix(name, ".") ? "" : ".");
    if (ret_final)
        *ret_final = NULL;
    if (dns_query_build(absolute, type, (uint16_t)rng_u32(&c->rng), &query, NULL) < 0)
        result = RESOLVER_NXDOMAIN; /* no such name can exist */
    else if (c->ops && c->ops->resolve &&
             c->ops->resolve(c->ops->self, query.data, query.len, &answer)) {
        json_t *reply = dns_reply_parse(answer.data, answer.len, NULL);
        result = reply ? read_reply(reply, type, ret, ret_final) : RESOLVER_SERVFAIL;
        json_decref(reply);
    }
    buf_release(&query);
    buf_release(&answer);
    return result;
}

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

enum resolver_result resolver_lookup(struct container *k, const char *name, json_t *ret) {
    struct in_addr a;
    if (inet_pton(AF_INET, name, &a) == 1 || in_hosts(k, name, ret)) {
        if (json_array_size(ret) == 0)
            json_array_append_new(ret, json_string(name));
        return RESOLVER_OK;
    }
    bool absolute = str_has_suffix(name, "."), first_as_is = dots_in(name) >= NDOTS;
    enum resolver_result worst = RESOLVER_NXDOMAIN;
    if (absolute || first_as_is) {
        worst = resolver_ask(k, name, "A", ret, NULL);
        if (worst == RESOLVER_OK || absolute || worst == RESOLVER_TIMEOUT)
            return worst;
    }
    char *domain;
    for (size_t i = 0; i < 6 && (domain = resolver_search(k, i)); i++) {
        CLEANUP(str_freep) char *full = xasprintf("%s.%s", name, domain);
        free(domain);
        enum resolver_result r = resolver_ask(k, full, "A", ret, NULL);
        if (r == RESOLVER_OK || r == RESOLVER_TIMEOUT)
            return r;
        if (r == RESOLVER_NODATA || r == RESOLVER_SERVFAIL)
            worst = r;
    }
    if (first_as_is)
        return worst;
    enum resolver_result last = resolver_ask(k, name, "A", ret, NULL);
    return last == RESOLVER_NXDOMAIN ? worst : last;
}
