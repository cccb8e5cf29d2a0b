#include "mocks/dns/kube_config.h"

#include "harness/core/json.h"
#include "harness/core/str.h"

#include <string.h>

enum { SERVERS_MAX = 3 }; /* upstreamNameservers: more are refused */

static bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *s, size_t len) {
    if (len == 0 || len > 63 || !is_label_char(s[0]) || !is_label_char(s[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_label_char(s[i]) && s[i] != '-')
            return false;
    return true;
}

static bool is_domain(const char *s) {
    for (;;) {
        size_t len = strcspn(s, ".");
        if (!is_label(s, len))
            return false;
        if (!s[len])
            return true;
        s += len + 1;
    }
}

static char *trim(char *s) {
    s += strspn(s, " \t\n");
    size_t len = strlen(s);
    while (len > 0 && strchr(" \t\n", s[len - 1]))
        s[--len] = '\0';
    return s;
}

bool kube_config_federation(const char *federations, const char *name, bool dot_refused,
                            struct dns_name *ret_domain) {
    CLEANUP(str_freep) char *copy = xstrdup(federations);
    char *rest = copy;
    bool found = false;
    for (char *pair; (pair = str_next(&rest, ','));) {
        char *domain = strchr(pair, '=');
        if (!domain)
            return false;
        *domain++ = '\0';
        pair = trim(pair);
        domain = trim(domain);
        size_t len = strlen(domain);
        if (!dot_refused && len > 1 && domain[len - 1] == '.')
            domain[len - 1] = '\0';
        if (!is_label(pair, strlen(pair)) || !is_domain(domain))
            return false;
        if (str_eq(pair, name))
            found = dns_name_from_text(domain, ret_domain);
    }
    return found;
}

static json_t *json_of(const json_t *config_map, const char *key) {
    const char *text = json_str(config_map, "data", key, NULL);
    return text ? json_parse(text, strlen(text), key, NULL) : NULL;
}

static bool try_all(const json_t *servers, bool (*fn)(void *fn_self, const char *server),
                    void *fn_self) {
    size_t at;
    json_t *server;
    json_array_foreach(servers, at, server) if (json_is_string(server) &&
                                                fn(fn_self, json_string_value(server))) return true;
    return false;
}

/* The servers of the longest stub domain that name is in; borrowed or NULL. */
static const json_t *stub_servers(json_t *stubs, const struct dns_name *name) {
    const json_t *best = NULL;
    size_t best_len = 0;
    const char *domain;
    json_t *servers;
    json_object_foreach(stubs, domain, servers) {
        struct dns_name zone;
        if (dns_name_from_text(domain, &zone) && zone.len > best_len &&
            dns_name_is_below(name, &zone)) {
            best = servers;
            best_len = zone.len;
        }
    }
    return best;
}

bool kube_config_servers(const json_t *config_map, const struct dns_name *name,
                         const char *upstream, bool (*fn)(void *fn_self, const char *server),
                         void *fn_self) {
    CLEANUP(json_freep) json_t *stubs = json_of(config_map, "stubDomains");
    const json_t *servers = stub_servers(stubs, name);
    if (servers)
        return try_all(servers, fn, fn_self);
    CLEANUP(json_freep) json_t *upstreams = json_of(config_map, "upstreamNameservers");
    size_t count = json_array_size(upstreams);
    if (count > 0 && count <= SERVERS_MAX)
        return try_all(upstreams, fn, fn_self);
    return upstream && fn(fn_self, upstream);
}
