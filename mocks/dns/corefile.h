/*
 * A Corefile: server blocks with their zones, and of the directives those that decide an answer.
 * The others that CoreDNS has and that change no answer here (errors, log, cache, ...) are
 * accepted; those that would change one and are not simulated are errors, never silence.
 */
#ifndef CONFED_DNSSERVER_COREFILE_H
#define CONFED_DNSSERVER_COREFILE_H

#include "harness/core/err.h"
#include "harness/dns/dns_name.h"

enum {
    CORE_ZONES_MAX = 16,
    CORE_SERVERS_MAX = 16,
    CORE_PROXIES_MAX = 8,
    CORE_BLOCKS_MAX = 32,
    CORE_FEDERATIONS_MAX = 16
};

struct core_zones {
    struct dns_name item[CORE_ZONES_MAX];
    size_t count;
};
struct core_servers { /* owned texts */
    char *item[CORE_SERVERS_MAX];
    size_t count;
};

struct core_kubernetes {
    bool on, pods, fallthrough;
    struct core_zones zones;
    uint32_t ttl;
    struct core_servers upstream;
};
struct core_etcd {
    bool on, fallthrough;
    struct core_zones zones;
    char *path; /* owned; "/skydns" */
    struct core_servers endpoints, upstream;
};
struct core_federation {
    bool on;
    struct core_zones zones;
    struct {
        char *name; /* owned, lower case */
        struct dns_name domain;
    } item[CORE_FEDERATIONS_MAX];
    size_t count;
    struct core_servers upstream;
};
struct core_proxy { /* proxy or forward */
    struct dns_name from;
    struct core_servers to;
};
struct core_block {
    struct core_zones zones;
    bool serves; /* has a directive that answers */
    bool loadbalance;
    char *chaos; /* the version that is told; owned or NULL */
    struct core_kubernetes kubernetes;
    struct core_etcd etcd;
    struct core_federation federation;
    struct core_proxy proxies[CORE_PROXIES_MAX];
    size_t proxy_count;
};
struct corefile {
    struct core_block *blocks; /* owned */
    size_t count;
};

/* ERR_INPUT: "Corefile:3: ...". */
int corefile_parse(const char *text, struct corefile *ret, struct err *err);
void corefile_release(struct corefile *c);
/* The longest of the zones that name is in; NULL: none. */
const struct dns_name *core_zones_match(const struct core_zones *zones,
                                        const struct dns_name *name);

#endif
