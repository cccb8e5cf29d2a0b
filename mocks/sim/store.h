/* The etcd servers of the world: the charm's, which speaks TLS, and plain ones for DNS records. */
#ifndef CONFED_SIM_STORE_H
#define CONFED_SIM_STORE_H

#include "harness/net/pki.h"
#include "mocks/etcd/etcd.h"
#include "mocks/sim/world.h"

#include <stdint.h>

struct store {
    struct store *next;
    char *model, *application, *address;
    uint16_t port;
    struct pki_pair ca, server; /* empty: plain HTTP */
    struct etcd *etcd;
};

/* Adds a store that will serve at address and port. */
struct store *store_add(struct world *w, const char *model, const char *application,
                        const char *address, uint16_t port, bool tls);
void store_remove_model(struct world *w, const char *model);
struct store *store_at(const struct world *w, const char *address, uint16_t port);
/* The store of an endpoint such as "http://127.42.10.21:4001"; NULL when there is none, its port is
 * closed, or (with the quirk etcd-tls) it speaks TLS. */
struct store *store_of_endpoint(const struct world *w, const char *endpoint);

#endif
