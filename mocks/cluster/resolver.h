/*
 * How a pod's libc asks: the search list of /etc/resolv.conf and ndots, over the cluster's own DNS.
 */
#ifndef CONFED_CLUSTER_RESOLVER_H
#define CONFED_CLUSTER_RESOLVER_H

#include "mocks/cluster/container.h"

enum resolver_result {
    RESOLVER_OK,
    RESOLVER_NODATA,
    RESOLVER_NXDOMAIN,
    RESOLVER_SERVFAIL,
    RESOLVER_TIMEOUT
};

/* One question, as it is: the addresses (A, AAAA) or names (PTR) of the answer are appended to
 * ret, an array of strings; *ret_final (owned, may be NULL) is the name that they belong to. */
enum resolver_result resolver_ask(struct container *k, const char *name, const char *type,
                                  json_t *ret, char **ret_final);
/* As getaddrinfo: the search list before or after the name as given, IPv4. */
enum resolver_result resolver_lookup(struct container *k, const char *name, json_t *ret);
/* "4.3.2.1.in-addr.arpa." of "1.2.3.4"; owned, NULL: no IPv4 address. */
char *resolver_reverse_name(const char *ip);
/* The name server and the search list, by number from 0; owned, NULL: no more. */
char *resolver_server(struct container *k);
char *resolver_search(struct container *k, size_t index);

#endif
