/*
 * The service-dns controller: zone, region and global names of federated services, written whenever
 * a service changes and never in between. A pass that fails is retried after 5 s to 60 s.
 */
#ifndef CONFED_FEDERATION_SERVICE_DNS_H
#define CONFED_FEDERATION_SERVICE_DNS_H

#include "mocks/federation/state.h"

/* The service changed (or is gone: deleted). items: borrowed; NULL: from its annotation. */
void service_dns_changed(struct federation *f, const json_t *service, const json_t *items,
                         bool deleted);
void service_dns_free_all(struct federation *f);

#endif
