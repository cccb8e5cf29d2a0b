#include "mocks/dns/kube_config.h"

#include "harness/core/json.h"
#include "harness/core/str.h"
#include "harness/dns/dns_name.h"

#include <arpa/inet.h>
#include <string.h>

enum { SERVERS_MAX = 3 }; /* upstreamNameservers: more are refused */

/* A domain here is checked label by label, their lengths too. */
static bool is_domain(const char *s) {
    for (const char *at = s; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
        if (strcspn(at, ".") > DNS_LABEL_LEN_MAX)
            return false;
    return dns_subdomain_is_1123(s);
}

static char *trim(char *s) {
    s += strspn(s, " \t\n");
    size_t len = strlen(s);
    while (len > 0 && strchr(" \t\n", s[len - 1]))
        s[--len] = '\0';
    return s;
}

static char *validate_federations(const char *federations, bool dot_refused) {
    CLEANUP(str_freep) char *copy = xstrdup(federations);
    char *rest = copy;
    for (char *pair; (pair = str_next(&rest, ','));) {
        CLEANUP(str_freep) char *shown = xstrdup(pair);
        char *domain = strchr(pair, '=');
        if (!domain)
            return xasprintf("invalid format of federation \"%s\"", shown);
        *domain++ = '\0';
        pair = trim(pair);
        domain = trim(domain);
        size_t len = strlen(domain);
        if (!dot_refused && len > 1 && domain[len - 1] == '.')
            domain[len - 1] = '\0';
        if (!dns_label_is_1123(pair, strlen(pair)) || strlen(pair) > DNS_LABEL_LEN_MAX)
            return xasprintf("not a valid federation name: %s", pair);
        if (!is_domain(domain))
            return xasprintf("not a valid domain: %s", domain);
    }
    return NULL;
}

/* "10.1.0.21" or "10.1.0.21:30053"; names are not taken. */
static bool is_server(const json_t *server) {
    const char *text = json_string_value(server);
    unsigned char address[16];
    if (!text)
        return false;
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
        return true;
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || !str_to_int(colon + 1, 1, 65535, &port))
        return false;
    CLEANUP(str_freep) char *host = xstrndup(text, (size_t)(colon - text));
    return inet_pton(AF_INET, host, address) == 1;
}

static char *validate_servers(const json_t *servers) {
    size_t at;
    json_t *server;
    if (!json_is_array(servers))
        return xstrdup("nameservers are no list");
    json_array_foreach(servers, at, server) if (!is_server(server)) return xasprintf(
        "invalid nameserver: %s", json_is_string(server) ? json_string_value(server) : "no text");
    return NULL;
}

static json_t *json_of(const json_t *data, const char *key) {
    const char *text = json_string_value(json_object_get(data, key));
    return text ? json_parse(text, strlen(text), key, NULL) : NULL;
}

static char *validate_stubs(const json_t *data, bool dot_refused) {
    if (!json_object_get(data, "stubDomains"))
        return NULL;
    CLEANUP(json_freep) json_t *stubs = json_of(data, "stubDomains");
    const char *domain;
    json_t *servers;
    if (!json_is_object(stubs))
        return xstrdup("stubDomains is no JSON object");
    json_object_foreach(stubs, domain, servers) {
        CLEANUP(str_freep) char *name = xstrdup(domain);
        size_t len = strlen(name);
        if (!dot_refused && len > 1 && name[len - 1] == '.')
            name[len - 1] = '\0';
        if (!is_domain(name))
            return xasprintf("invalid domain name: %s", domain);
        char *problem = validate_servers(servers);
        if (problem)
            return problem;
    }
    return NULL;
}

static char *validate_upstreams(const json_t *data) {
    if (!json_object_get(data, "upstreamNameservers"))
        return NULL;
    CLEANUP(json_freep) json_t *servers = json_of(data, "upstreamNameservers");
    if (json_array_size(servers) > SERVERS_MAX)
        return xasprintf("upstreamNameserver cannot have more than three entries, got %zu",
                         json_array_size(servers));
    return validate_servers(servers);
}

char *kube_config_validate(const json_t *data, bool dot_refused) {
    const char *federations = json_string_value(json_object_get(data, "federations"));
    char *problem = federations ? validate_federations(federations, dot_refused) : NULL;
    if (!problem)
        problem = validate_stubs(data, dot_refused);
    return problem ? problem : validate_upstreams(data);
}

bool kube_config_federation(const json_t *data, const char *name, struct dns_name *ret_domain) {
    const char *federations = json_string_value(json_object_get(data, "federations"));
    CLEANUP(str_freep) char *copy = xstrdup(federations ? federations : "");
    char *rest = copy;
    bool found = false;
    for (char *pair; (pair = str_next(&rest, ','));) {
        char *domain = strchr(pair, '=');
        if (!domain)
            return false;
        *domain++ = '\0';
        if (str_eq(trim(pair), name))
            found = dns_name_from_text(trim(domain), ret_domain);
    }
    return found;
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

bool kube_config_servers(const json_t *data, const struct dns_name *name, const char *upstream,
                         bool (*fn)(void *fn_self, const char *server), void *fn_self) {
    CLEANUP(json_freep) json_t *stubs = json_of(data, "stubDomains");
    const json_t *servers = stub_servers(stubs, name);
    if (servers)
        return try_all(servers, fn, fn_self);
    CLEANUP(json_freep) json_t *upstreams = json_of(data, "upstreamNameservers");
    if (json_array_size(upstreams) > 0)
        return try_all(upstreams, fn, fn_self);
    return upstream && fn(fn_self, upstream);
}
