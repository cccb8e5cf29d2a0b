/*
 * How the programs of a pod ask for names: packets to the servers of /etc/resolv.conf, repeated and
 * given up on the world's clock.
 *
 * A program cannot block the world. It keeps one resolver for its whole run and asks as if answers
 * were there at once; RESOLVER_PENDING means that it returns, is called again after a while and
 * asks the same questions anew. What was answered once stays answered, so it comes further each
 * time.
 */
#ifndef CONFED_CLUSTER_RESOLVER_H
#define CONFED_CLUSTER_RESOLVER_H

#include "mocks/cluster/container.h"

enum resolver_result {
    RESOLVER_OK, /* a NOERROR with at least one record of the type */
    RESOLVER_NODATA,
    RESOLVER_NXDOMAIN,
    RESOLVER_SERVFAIL, /* and every other code, and what cannot be read */
    RESOLVER_TIMEOUT,
    RESOLVER_PENDING
};

enum { RESOLVER_POLL_MS = 50 /* until the program is called again */, RESOLVER_SEARCH_MAX = 6 };

/* How a program asks. */
struct resolver_policy {
    int64_t interval_ms; /* from one try to the next */
    unsigned tries;
    unsigned on_servfail; /* more tries, at once */
    bool tcp;             /* a truncated answer is asked for again by TCP */
};
extern const struct resolver_policy resolver_libc;    /* glibc: 5 s, twice */
extern const struct resolver_policy resolver_busybox; /* nslookup of 1.29 and later */

struct resolver_answer {
    enum resolver_result result;
    json_t *reply;  /* as dns_reply_parse gives it; NULL without one, or when it is malformed */
    bool heard;     /* any packet came, if only one that belongs to no question */
    unsigned order; /* of its coming among the answers of this resolver, from 1 */
};

struct resolver;
/* hurried: the program cannot wait, what is not answered at once has timed out. */
struct resolver *resolver_new(struct container *k, bool hurried);
void resolver_free(struct resolver *r);

/* One question to one server, as it is; the answer is borrowed from r, NULL while it is pending. */
enum resolver_result resolver_ask(struct resolver *r, const struct resolver_policy *policy,
                                  const char *server, const char *name, const char *type,
                                  const struct resolver_answer **ret);
/*
 * As getaddrinfo: /etc/hosts, then the search list before or after the name as given, A and AAAA,
 * each server in turn. The addresses are appended to ret, an array of strings.
 */
enum resolver_result resolver_lookup(struct resolver *r, const char *name, json_t *ret);
/* As getnameinfo: *ret is the name without its last dot, owned, or NULL. */
enum resolver_result resolver_lookup_address(struct resolver *r, const char *ip, char **ret);
/* server: asked instead of those of /etc/resolv.conf; borrowed while r lives; NULL: those. */
void resolver_use_server(struct resolver *r, const char *server);

/* What /etc/resolv.conf says, owned; NULL: no more. */
char *resolver_server(struct container *k, size_t index);
char *resolver_search(struct container *k, size_t index);
/* "4.3.2.1.in-addr.arpa" of "1.2.3.4", and the like of IPv6; owned; NULL: no address. */
char *resolver_reverse_name(const char *ip);

#endif
